"""The plain face: one event, one line, in words; nothing else ever comes out."""

import asyncio
import os
import signal

import pytest

from client.core.input import DEFAULT_ALIASES
from client.core.session import Identity, Session
from client.core.view import ViewOptions
from client.ui.plain import PlainFace, PlainOptions
from tests.support.stage import LOBBY, WELCOME, FakeTransport


class PlainStage:
    """A plain face with a pipe for its input."""

    def __init__(self, reading: int) -> None:
        self.out = b""
        self.news = asyncio.Event()
        self.session = Session(Identity("ana"))
        view = ViewOptions(clock=lambda _ms: "20:31", day=lambda _ms: "2026-11-20")
        options = PlainOptions(DEFAULT_ALIASES, view)
        self.face = PlainFace(self.session, options, self.write, reading)
        self.transport = FakeTransport(self.session, self.face)

    def write(self, octets: bytes) -> None:
        self.out += octets
        self.news.set()

    def server(self, *lines: str) -> None:
        self.session.receive("".join(f"{line}\r\n" for line in lines).encode(), 0)
        self.transport.pump()

    async def see(self, wanted: str) -> None:
        async with asyncio.timeout(5):
            while wanted not in self.out.decode():
                self.news.clear()
                await self.news.wait()


def play(script):
    async def run():
        reading, writing = os.pipe()
        stage = PlainStage(reading)
        running = asyncio.create_task(stage.face.run(stage.transport))
        await asyncio.sleep(0)  # the face is up before the server speaks, as in a real run
        stage.session.connected(0)
        stage.server(*WELCOME, *LOBBY)
        try:
            with os.fdopen(writing, "wb", buffering=0) as keyboard:
                await script(stage, keyboard)
            async with asyncio.timeout(5):
                code = await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            os.close(reading)
        return code, stage

    return asyncio.run(run())


def test_words_for_everything():
    """Where, who, private, mention: all in words, in the order a screen reader says them (5.5)."""

    async def script(stage, _keyboard):
        stage.server(
            ":bob!b@h PRIVMSG #lobby :hi",
            ":bob!b@h PRIVMSG #lobby :ana: look",
            ":bob!b@h PRIVMSG ana :psst",
            ":dave!d@h JOIN #lobby",
        )
        await stage.see("dave joined")

    code, stage = play(script)
    assert stage.out.decode().split("\n") == [
        "20:31 on testnet as ana",
        "window #lobby",
        "3 here: ana, bob, carol",
        "topic: Friday release",
        "/help lists the commands, /quit leaves",
        "20:31 bob: hi",
        "20:31 mention bob: ana: look",
        "20:31 private from bob: psst",
        "20:31 dave joined #lobby",
        "",
    ]
    assert code == 0


def test_lines_are_commands_and_text():
    """Typed lines do what they do in the line face; the end of input leaves, messages first."""

    async def script(stage, keyboard):
        keyboard.write(b"hello\n/names\n\n/psas hunter2\n")
        await stage.see("ana: hello")
        await stage.see("/psas")

    code, stage = play(script)
    assert code == 0
    assert any(line.startswith("PRIVMSG #lobby") for line in stage.transport.said)
    assert "NAMES #lobby" in stage.transport.said
    assert not any("hunter2" in line for line in stage.transport.said)
    assert stage.transport.said[-1] == "QUIT"


def test_end_of_input_waits_for_the_echo():
    """What was said last is confirmed before we leave."""

    async def script(stage, keyboard):
        stage.transport.answers_pings = False
        keyboard.write(b"last words\n")
        async with asyncio.timeout(5):
            while not len(stage.session.outbox):
                await asyncio.sleep(0)
        keyboard.close()
        await asyncio.sleep(0)
        assert not stage.transport.is_leaving
        stage.server(f":s PONG s {stage.transport.said[-1][5:]}")

    code, stage = play(script)
    assert code == 0
    assert "ana: last words" in stage.out.decode()
    assert stage.face.unsent() == []


def test_too_long_a_line():
    """A line beyond all limits is refused, and nothing of it is sent."""

    async def script(stage, keyboard):
        await asyncio.to_thread(keyboard.write, b"x" * 100_000 + b"\n")
        await stage.see("too long")

    _code, stage = play(script)
    assert not any("PRIVMSG" in line for line in stage.transport.said)


def test_closed_output_leaves():
    """Nobody reads any more: say goodbye, without a word."""

    async def script(stage, _keyboard):
        def write(_octets):
            raise BrokenPipeError

        stage.face._write = write
        stage.server(":bob!b@h PRIVMSG #lobby :hi")
        assert stage.transport.is_leaving

    code, _stage = play(script)
    assert code == 0


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_say_goodbye(name, code):
    """Ctrl-C, kill and a closed window end the run with QUIT and the shell's exit code (5.4)."""

    async def script(stage, _keyboard):
        await stage.see("/help")
        os.kill(os.getpid(), getattr(signal, name))
        async with asyncio.timeout(5):
            while not stage.transport.is_leaving:
                await asyncio.sleep(0)

    exit_code, stage = play(script)
    assert exit_code == code
    assert stage.transport.said[-1] == "QUIT"


def test_the_shells_prompt_gets_a_row_of_its_own(monkeypatch):
    """At a terminal, which shows ^C and stays in that row."""
    monkeypatch.setattr("client.ui.plain.os.isatty", lambda _descriptor: True)

    async def script(stage, _keyboard):
        await stage.see("/help")
        os.kill(os.getpid(), signal.SIGINT)
        async with asyncio.timeout(5):
            while not stage.transport.is_leaving:
                await asyncio.sleep(0)

    _code, stage = play(script)
    assert stage.out.endswith(b"\n\n")
