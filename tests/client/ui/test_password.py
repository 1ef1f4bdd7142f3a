"""/password: asked three times, seen never (UX 5.4, "history file"), in both faces."""

import asyncio
import os
import pty
import termios

from client.core.input import DEFAULT_ALIASES
from client.core.session import Identity, Session
from client.core.view import ViewOptions
from client.ui.line import LineOptions
from client.ui.password import ask_new_password
from client.ui.plain import PlainFace, PlainOptions
from client.ui.stdin import Echo
from tests.support.stage import LOBBY, WELCOME, FakeTransport, play

OPTIONS = LineOptions(aliases=DEFAULT_ALIASES, view=ViewOptions(clock=lambda _ms: "20:31"))
LOGGED_IN = ":s 900 ana ana!a@h ana :You are now logged in as ana"
CHANGED = ":NickServ!NickServ@s NOTICE ana :Your password is changed."


def play_answers(*answers, can_hide=True):
    """What was asked, what came of it, and what was said against it."""
    asked, done, failed = [], [], []
    left = list(answers)

    def ask(question, then):
        asked.append(question)
        if can_hide:
            then(left.pop(0))
        return can_hide

    ask_new_password(ask, lambda old, new: done.append((old, new)), failed.append)
    return asked, done, failed


def test_three_questions():
    """The old one, and the new one twice."""
    asked, done, failed = play_answers("old", "new", "new")
    assert asked == ["Old password: ", "New password: ", "New password again: "]
    assert (done, failed) == ([("old", "new")], [])


def test_giving_up():
    """An empty answer at any place, or two that differ, change nothing."""
    for answers in [("",), ("old", ""), ("old", "new", "now")]:
        _asked, done, failed = play_answers(*answers)
        assert done == []
        assert len(failed) == 1 and "stays as it is" in failed[0]


def test_nowhere_to_hide():
    """Then it is not asked for at all."""
    _asked, done, failed = play_answers(can_hide=False)
    assert (done, len(failed)) == ([], 1)


def test_line_face_shows_stars():
    """What is typed is not on the screen, nor in the typed lines; the answer is shown."""

    async def script(stage):
        stage.server(LOGGED_IN)
        for text, question in [
            ("/password\r", "Old password:"),
            ("hunter2\r", "New password:"),
            ("sesame seeds\r", "New password again:"),
        ]:
            await stage.type(text, until=question)
        await stage.type("sesame", until="******")
        await stage.type(" seeds\r", until="#lobby ›")
        await stage.see(
            lambda: 'PRIVMSG NickServ :PASSWD "hunter2" "sesame seeds"' in stage.transport.said
        )
        stage.server(CHANGED)
        await stage.see("Your password is changed.")
        await stage.type("\x1b[A", until="› /password")  # what was typed last
        for secret in ("hunter2", "sesame"):
            assert secret not in stage.recorder.raw

    play(script, options=OPTIONS)


def test_line_face_gives_up_on_escape():
    """Nothing is sent, and the keys are the line's again."""

    async def script(stage):
        stage.server(LOGGED_IN)
        for key in ("\x1b", "\x03", "\x04", "\r"):
            await stage.type("/password\r", until="Old password:")
            await stage.type(key, until=lambda: "#lobby ›" in stage.text)
        await stage.see("The password stays as it is.")
        await stage.type("hello\r")
        await stage.see(lambda: stage.has_said("#lobby", "hello"))
        assert not any("NickServ" in line for line in stage.transport.said)

    play(script, options=OPTIONS)


def test_a_cut_piece_cannot_be_pasted():
    """Ctrl-W keeps what it cuts; not a password."""

    async def script(stage):
        stage.server(LOGGED_IN)
        await stage.type("/password\r", until="Old password:")
        await stage.type("hunter2\x17\r", until="#lobby ›")
        await stage.type("x\x19y", until="› xy")

    play(script, options=OPTIONS)


def test_guests_have_none():
    """It is said, and not asked."""

    async def script(stage):
        await stage.type("/password\r", until="You are a guest here")
        assert "Old password" not in stage.text

    play(script, options=OPTIONS)


def play_plain(script, open_input):
    """Run the plain face with an input of two ends; what came out."""

    async def run():
        reading, writing = open_input()
        out = []
        session = Session(Identity("ana"))
        options = PlainOptions(DEFAULT_ALIASES, ViewOptions())
        face = PlainFace(session, options, lambda octets: out.append(octets.decode()), reading)
        transport = FakeTransport(session, face)
        running = asyncio.create_task(face.run(transport))
        await asyncio.sleep(0)
        session.connected(0)
        lines = (*WELCOME, *LOBBY, LOGGED_IN)
        session.receive("".join(f"{line}\r\n" for line in lines).encode(), 0)
        transport.pump()

        async def see(wanted):
            async with asyncio.timeout(5):
                while wanted not in "".join(out):
                    await asyncio.sleep(0)

        try:
            await script(writing, reading, see, transport)
            os.write(writing, b"/quit\n")
            async with asyncio.timeout(5):
                await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            os.close(reading)
            os.close(writing)
        return "".join(out)

    return asyncio.run(run())


def is_echoing(descriptor):
    return bool(termios.tcgetattr(descriptor)[3] & termios.ECHO)


def open_terminal():
    ours, theirs = pty.openpty()
    return theirs, ours


def test_plain_face_hides_the_typing():
    """The terminal shows nothing while it is asked, and all as before afterwards."""

    async def script(writing, reading, see, transport):
        os.write(writing, b"/password\n")
        await see("Old password:")
        assert not is_echoing(reading)
        os.write(writing, b"hunter2\n")
        await see("New password:")
        os.write(writing, b"sesame\n")
        await see("New password again:")
        os.write(writing, b"sesame\n")
        async with asyncio.timeout(5):
            while not any("NickServ" in line for line in transport.said):
                await asyncio.sleep(0)
        assert is_echoing(reading)

    shown = play_plain(script, open_terminal)
    assert "hunter2" not in shown and "sesame" not in shown


def test_plain_face_at_a_pipe():
    """Where nothing can be hidden it refuses, and the next line is a line."""

    async def script(writing, _reading, see, transport):
        os.write(writing, b"/password\nhello\n")
        await see("A password cannot be typed unseen here.")
        await see("ana: hello")
        assert not any("NickServ" in line for line in transport.said)

    play_plain(script, os.pipe)


def test_leaving_in_the_middle_leaves_the_terminal_sane():
    """A shell that shows nothing is what people fear most."""

    async def script(writing, reading, see, transport):
        os.write(writing, b"/password\n")
        await see("Old password:")
        transport.leave()
        async with asyncio.timeout(5):
            while not is_echoing(reading):
                await asyncio.sleep(0)

    play_plain(script, open_terminal)


def test_echo_twice():
    """Hidden twice is hidden; shown twice is shown; without a terminal nothing is."""
    reading, writing = open_terminal()
    echo = Echo(reading)
    assert echo.hide() and echo.hide()
    assert not is_echoing(reading)
    echo.show()
    echo.show()
    assert is_echoing(reading)
    os.close(writing)
    os.close(reading)
