"""The past in the faces for people: where it shows, how it looks, what it says (UX 9, 10, 4.8)."""

import asyncio
import os
import re

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from client.core.input import DEFAULT_ALIASES
from client.core.session import Identity, Session, Settings
from client.core.view import ViewOptions
from client.ui.line import LineFace, LineOptions
from client.ui.plain import PlainFace, PlainOptions
from tests.support.irc_keeper import KeepingServer
from tests.support.keeper_stage import KeeperTransport, settle
from tests.support.stage import Recorder

DAY_MS = 86_400_000
VIEW = ViewOptions(clock=lambda _ms: "20:31", day=lambda ms: f"day{ms // DAY_MS}")


@pytest.fixture
def server():
    made = KeepingServer(now_ms=10 * DAY_MS)
    for number in range(3):
        made.say("bob", "#lobby", f"text {number}")
    made.say("bob", "#ops", "in ops")
    return made


def plain(server, script):
    """What the plain face prints while `script(transport, type)` plays; without the times."""
    out = []

    async def run():
        reading, writing = os.pipe()
        session = Session(
            Identity("ana", "ana", "secret"), Settings(rooms=("#lobby", "#ops"), history_count=50)
        )
        face = PlainFace(session, PlainOptions(DEFAULT_ALIASES, VIEW), out.append, reading)
        transport = KeeperTransport(server, session, face)
        running = asyncio.create_task(face.run(transport))
        await asyncio.sleep(0)
        transport.connect()

        async def enter(text, seen):
            os.write(writing, text.encode() + b"\n")
            await settle(lambda: seen in b"".join(out).decode())

        await script(transport, enter)
        face.stop()
        os.close(writing)
        await running
        os.close(reading)

    asyncio.run(run())
    return [line.removeprefix("20:31 ") for line in b"".join(out).decode().splitlines()]


async def nothing(_transport, _enter):
    """Only the opening."""


def test_opening_screen(server):
    """The room's name, what was said there before under its days, then who is there."""
    printed = plain(server, nothing)
    start = printed.index("window #lobby")
    assert printed[start : start + 6] == [
        "window #lobby",
        "day day10",
        "bob: text 0",
        "bob: text 1",
        "bob: text 2",
        "1 here: ana",
    ]
    assert "in ops" not in "".join(printed)


def test_other_rooms_show_when_somebody_goes_there(server):
    """What was said in a room that nobody looks at waits; it shows once."""

    async def script(_transport, enter):
        await enter("/join #ops", "in ops")
        await enter("/join #lobby", "window #lobby")
        await enter("/join #ops", "window #ops")
        await enter("done", "ana: done")

    printed = plain(server, script)
    start = printed.index("window #ops")
    assert printed[start + 1] == "bob: in ops"
    assert sum("in ops" in line for line in printed) == 1


def test_back_after_a_loss(server):
    """What was said meanwhile shows at once, wherever it was, with how much it is."""

    async def script(transport, _enter):
        transport.cut()
        server.say("bob", "#lobby", "meanwhile")
        server.say("bob", "#ops", "ana: look")
        server.say("bob", "ana", "psst")
        transport.connect()

    printed = plain(server, script)
    back = printed[printed.index("back on Tea as ana") + 1 :]
    assert [line for line in back if "member" not in line] == [
        "1 message with bob while you were away:",
        "private from bob: psst",
        "1 message in #lobby while you were away:",
        "bob: meanwhile",
        "1 message in #ops while you were away:",
        "mention #ops bob: ana: look",
    ]


def test_asking_for_more(server):
    """/history says where it begins and ends; /search has its own list; /delete says what went."""

    async def script(_transport, enter):
        await enter("/history", "there is nothing older in #lobby")
        await enter("/search text 1", "1 message with")
        await enter("oops", "ana: oops")
        await enter("/delete", "ana deleted this message: oops")
        await enter("/history x", "/history [NUMBER]")

    printed = plain(server, script)
    assert "day10 20:31 #lobby bob: text 1" in printed


def test_gap_is_told(server):
    """Only when the server's numbers say so."""

    async def script(transport, _enter):
        transport.cut()
        for number in range(3, 6):
            server.say("bob", "#lobby", f"text {number}")
        del server.log[-2]
        transport.connect()

    printed = plain(server, script)
    assert printed[printed.index("bob: text 3") + 1] == "1 message is missing here"


def test_line_face_draws_rules(server):
    """In the line face the parts of the past are set apart by rules, and it is dim."""

    async def run():
        import pyte

        screen = pyte.Screen(80, 40)
        recorder = Recorder(screen)
        output = Vt100_Output(recorder, lambda: Size(rows=40, columns=80), term="xterm-256color")
        session = Session(Identity("ana", "ana", "secret"), Settings(rooms=("#lobby",)))
        with create_pipe_input() as keys:
            face = LineFace(session, LineOptions(DEFAULT_ALIASES, VIEW), keys, output)
            transport = KeeperTransport(server, session, face)
            running = asyncio.create_task(face.run(transport))
            await asyncio.sleep(0)
            server.markers["ana", "#lobby"] = server.log[1].at_ms
            server.say("bob", "ana", "psst")
            server.markers["ana", "bob"] = server.log[-1].at_ms
            transport.connect()
            await settle(lambda: "1 here" in "\n".join(screen.display))
            keys.send_text("/history\r")
            await settle(lambda: "nothing older" in "\n".join(screen.display))
            keys.send_text("/query bob\r")
            await settle(lambda: "psst" in "\n".join(screen.display))
            face.stop()
            await running
        return [line.rstrip() for line in screen.display], recorder.raw

    shown, raw = asyncio.run(run())
    rules = [line for line in shown if line.startswith("── ")]
    assert [rule.strip("─ ") for rule in rules] == [
        "#lobby",
        "day10",
        "new since you were here:",
        "bob",  # and no heading of its own for what was said there
    ]
    assert re.search(r"\x1b\[[0-9;]*38;5;244m[^\x1b]*text|38;5;244m", raw)
