"""Pipe mode and the past: --last, and a --follow that outlives the line."""

import asyncio
import json

import pytest

from client.core.session import Identity, Session, Settings
from client.core.view import ViewOptions
from client.ui.pipe import PipeFace, PipeOptions
from tests.support.irc_keeper import CAPS, KeepingServer
from tests.support.keeper_stage import KeeperTransport


@pytest.fixture
def server():
    made = KeepingServer()
    for number in range(5):
        made.say("bob", "#lobby", f"text {number}")
    made.say("bob", "ana", "psst")
    return made


def play(server, options, script=None):
    """One run; exit code, what was printed, and the complaints."""
    out, errors = [], []

    async def run():
        settings = Settings(rooms=("#lobby",), history_count=options.last)
        session = Session(Identity("ana", "ana", "secret"), settings)
        view = ViewOptions(clock=lambda _ms: "20:31")
        face = PipeFace(session, options, view, write=out.append, complain=errors.append)
        transport = KeeperTransport(server, session, face)
        running = asyncio.create_task(face.run(transport))
        await asyncio.sleep(0)
        transport.connect()
        if script is not None:
            script(transport)
            face.stop()
        async with asyncio.timeout(5):
            return await running

    return asyncio.run(run()), b"".join(out).decode(), errors


def texts(out):
    """What was said, of JSON lines."""
    return [event["text"] for event in map(json.loads, out.splitlines()) if "text" in event]


def test_last_of_a_room(server):
    """--to ROOM --last N prints the last messages and ends; standard input is not read (4.10)."""
    code, out, errors = play(server, PipeOptions(to="#lobby", last=2))
    assert (code, errors) == (0, [])
    assert out == "20:31 #lobby bob: text 3\n20:31 #lobby bob: text 4\n"


def test_last_of_a_person_as_json(server):
    """Only messages are printed, so a script need not sort them out; nothing counts as read."""
    code, out, _errors = play(server, PipeOptions(to="bob", last=5, is_json=True))
    (event,) = map(json.loads, out.splitlines())
    assert code == 0
    assert (event["type"], event["text"], event["is_history"]) == ("message", "psst", True)
    assert server.markers == {}


def test_last_and_follow(server):
    """With --follow it goes on with what is said now."""

    def script(transport):
        server.say("bob", "#lobby", "live")
        transport.pump()

    options = PipeOptions(follow="#lobby", last=2, is_json=True)
    _code, out, _errors = play(server, options, script)
    assert texts(out) == ["text 3", "text 4", "live"]


def test_follow_misses_nothing(server):
    """A lost line: what was said meanwhile is printed once, in order, and marked as history."""

    def script(transport):
        server.say("bob", "#lobby", "live")
        transport.pump()
        transport.cut()
        server.say("bob", "#lobby", "meanwhile")
        server.say("bob", "ana", "to you")
        transport.connect()
        server.say("bob", "#lobby", "again")
        transport.pump()

    _code, out, _errors = play(server, PipeOptions(follow="", is_json=True), script)
    messages = [json.loads(line) for line in out.splitlines() if '"type": "message"' in line]
    said = [event["text"] for event in messages]
    assert sorted(said) == sorted(["live", "meanwhile", "to you", "again"])
    assert said[0] == "live" and said[-1] == "again"
    assert {event["text"]: event["is_history"] for event in messages}["meanwhile"]


def test_no_history_here(server):
    """A server that keeps nothing: 65, and it says so at once."""
    server.caps = CAPS.replace("draft/chathistory ", "")
    code, out, errors = play(server, PipeOptions(to="#lobby", last=2))
    assert (code, out, errors) == (65, "", ["this server keeps no history for us"])


def test_server_that_does_not_tell(server):
    """The wait is bounded."""
    server.silent = frozenset({"CHATHISTORY"})
    code, _out, errors = play(server, PipeOptions(to="#lobby", last=2, timeout_s=0.05))
    assert (code, errors) == (65, ["the server did not tell what was said before"])
