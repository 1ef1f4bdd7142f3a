"""Pipe mode against a TLS server: what goes in is confirmed, what comes out is exact."""

import asyncio
import json
import os
import threading

import pytest

from client import net
from client.core.session import Identity, Session, Settings
from client.core.view import ViewOptions
from client.identity import Endpoint
from client.runner import _play
from client.trust import CaFile
from client.ui.pipe import PipeFace, PipeOptions
from tests.support.chat_server import ChatServer
from tests.support.tls_servers import server_context


@pytest.fixture
def server(leaf):
    with ChatServer(server_context(leaf)) as running:
        yield running


class Result:
    """What a run left behind."""

    def __init__(self):
        self.out = b""
        self.errors = []
        self.code = None
        self.ending = None

    @property
    def events(self):
        return [json.loads(line) for line in self.out.splitlines()]


def run_pipe(server, ca_file, options, stdin=b"", write=None, during=None):
    """One run of pipe mode; `during(result)` plays on a thread of its own."""
    result = Result()

    def keep(octets):
        result.out += octets

    async def run():
        reading, writing = os.pipe()
        feeder = threading.Thread(target=_feed, args=(writing, stdin))
        feeder.start()
        rooms = tuple(room for room in (options.to, options.follow) if room and room[0] == "#")
        session = Session(Identity("bot"), Settings(rooms=rooms))
        face = PipeFace(
            session,
            options,
            ViewOptions(clock=lambda _ms: "20:31"),
            write=write or keep,
            complain=result.errors.append,
            stdin_fd=reading,
        )
        endpoint = Endpoint("localhost", server.port)
        playing = asyncio.to_thread(during, result) if during else asyncio.sleep(0)
        try:
            async with asyncio.timeout(20):
                (result.ending, result.code), _none = await asyncio.gather(
                    _play(session, lambda: net.connect(endpoint, CaFile(ca_file)), face, False),
                    playing,
                )
        finally:
            feeder.join()
            os.close(reading)

    asyncio.run(run())
    return result


def _feed(descriptor, octets):
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(octets)


def said(server):
    messages = [line.partition("PRIVMSG ")[2] for line in server.lines if "PRIVMSG" in line]
    return [message.replace(" :", " ", 1) for message in messages]


def test_confirmed_lines_are_success(server, ca_file):
    """Each line is a message, in order; 0 only after the server's echo of every one (4.10)."""
    result = run_pipe(server, ca_file, PipeOptions(to="#ops"), b"deploy ok\n\nall fine\n/not a cmd")
    assert (result.ending.exit_code, result.code, result.errors) == (0, 0, [])
    assert said(server) == ["#ops deploy ok", "#ops all fine", "#ops /not a cmd"]
    assert result.out == b""
    assert any(line.startswith("QUIT") for line in server.lines)


def test_many_lines(server, ca_file):
    """More lines than may be out at once arrive all, once, in order."""
    lines = b"".join(b"line %d\n" % number for number in range(300))
    result = run_pipe(server, ca_file, PipeOptions(to="#lobby"), lines)
    assert result.code == 0
    assert said(server) == [f"#lobby line {number}" for number in range(300)]


def test_a_taken_name_sends_nothing(server, ca_file):
    """A guest whose name is taken would speak under another one: 65, and not a word was said."""
    server.taken_nicks = {"bot"}
    result = run_pipe(server, ca_file, PipeOptions(to="#lobby"), b"hi\n")
    assert (result.code, result.errors) == (65, ['the name "bot" is taken; nothing was sent'])
    assert not any(line.startswith("PRIVMSG") for line in server.lines)


def test_a_taken_name_may_listen(server, ca_file):
    """Who only reads is content with another one."""
    server.taken_nicks = {"bot"}

    def say(result):
        while not any(line.startswith("JOIN") for line in server.lines):
            pass
        server.say("ana", "#lobby", "hello")
        while b"hello" not in result.out:
            pass
        server.hang_up()

    result = run_pipe(server, ca_file, PipeOptions(follow="#lobby"), during=say)
    assert b"hello" in result.out


def test_no_echo_is_failure(server, ca_file):
    """A server that never confirms: 69 after the time-out, and how many are in doubt."""
    server.echoes = False
    options = PipeOptions(to="#lobby", timeout_s=0.2)
    result = run_pipe(server, ca_file, options, b"one\ntwo\n")
    assert (result.ending.exit_code, result.code) == (0, 69)
    assert result.errors == ["2 messages were not confirmed in 0.2 s"]


def test_lost_line_is_failure(server, ca_file):
    """The line breaks before the echo: 69, never sent again."""
    server.echoes = False

    def during(_result):
        while not said(server):
            threading.Event().wait(0.01)
        server.hang_up()

    result = run_pipe(server, ca_file, PipeOptions(to="#lobby"), b"one\n", during=during)
    assert result.ending.exit_code == 69
    assert said(server) == ["#lobby one"]


def test_refused_message(server, ca_file):
    """A message to nobody: 65 with the reason; the others still go."""
    result = run_pipe(server, ca_file, PipeOptions(to="nobody"), b"hi\n")
    assert result.code == 65
    assert result.errors == ['not sent to nobody: There is nobody called "nobody" here.']


def test_overlong_line(server, ca_file):
    """A line that is no message is refused and not cut; those around it arrive."""
    stdin = b"before\n" + b"x" * 200_000 + b"\n" + b"y" * 20_000 + b"\nafter\n"
    result = run_pipe(server, ca_file, PipeOptions(to="#lobby"), stdin)
    assert result.code == 65
    assert result.errors[0] == "a line is too long to be a message"
    assert "too long" in result.errors[1]
    assert said(server) == ["#lobby before", "#lobby after"]


def test_json_of_own_messages(server, ca_file):
    """--to with --json prints what became of our messages, with the server's id."""
    result = run_pipe(server, ca_file, PipeOptions(to="#lobby", is_json=True), b"hi\n")
    (event,) = result.events
    assert (event["type"], event["text"], event["msgid"]) == ("message", "hi", "m1")


def test_follow_json_is_raw(server, ca_file):
    """--follow --json: NDJSON with the text as it was sent, controls and all; ends with 69."""
    text = "a\x1b]52;c;x\x07b \u202e"

    def during(result):
        while b'"joined"' not in result.out:
            threading.Event().wait(0.01)
        server.say("bob", "#other", "not this")
        server.say("bob", "#lobby", text)
        while b'"text"' not in result.out:
            threading.Event().wait(0.01)
        server.hang_up()

    options = PipeOptions(follow="#lobby", is_json=True)
    result = run_pipe(server, ca_file, options, during=during)
    (message,) = [event for event in result.events if event["type"] == "message"]
    assert message["text"] == text
    assert message["nick"] == "bob"
    assert b"\x1b" not in result.out
    assert result.ending.exit_code == 69


def test_follow_plain_is_clean(server, ca_file):
    """--follow without --json is for eyes: lines of clean text, without the server's preamble."""

    def during(result):
        while b"you are in #lobby" not in result.out:
            threading.Event().wait(0.01)
        server.say("bob", "#lobby", "hi \x1b[2J")
        while b"hi" not in result.out:
            threading.Event().wait(0.01)
        server.hang_up()

    result = run_pipe(server, ca_file, PipeOptions(follow=""), during=during)
    assert "20:31 #lobby bob: hi ␛[2J\n" in result.out.decode()
    assert b"\x1b" not in result.out


def test_closed_pipe_is_quiet(server, ca_file):
    """`| head -1`: the run ends like a death by SIGPIPE, without a word."""

    def write(_octets):
        raise BrokenPipeError

    result = run_pipe(server, ca_file, PipeOptions(follow="", is_json=True), write=write)
    assert (result.ending.exit_code, result.code, result.errors) == (0, 141, [])


def test_driver_ends_the_wait_for_registration(server, ca_file):
    """A refusal before we are in ends the run, though the input was not read."""
    server.accounts = {"ana": "x"}
    result = run_pipe(server, ca_file, PipeOptions(to="#lobby"), b"hi\n")
    assert result.ending.exit_code == 77
    assert said(server) == []
