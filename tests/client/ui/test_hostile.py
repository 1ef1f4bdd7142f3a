"""Hostile text from the network in every place a face shows: nothing but our escapes comes out."""

import asyncio
import os

import pytest

from client.core.input import DEFAULT_ALIASES
from client.core.session import Identity, Session
from client.core.view import ViewOptions
from client.ui.line import LineOptions
from client.ui.plain import PlainFace, PlainOptions
from tests.support.hostile import VECTORS, find_odd
from tests.support.stage import LOBBY, WELCOME, FakeTransport, play

OPTIONS = LineOptions(aliases=DEFAULT_ALIASES, view=ViewOptions(), has_bell=False)


def lines_with(text: str) -> list[bytes]:
    """Every place where a server can put somebody's words; a CR or LF cannot be in a line."""
    text = text.replace("\r", "").replace("\n", "")
    word = text.replace(" ", "") or "x"
    octets = [
        f":bob!b@h PRIVMSG #lobby :{text}",
        f":bob!b@h PRIVMSG ana :{text}",
        f":bob!b@h PRIVMSG #lobby :\x01ACTION {text}\x01",
        f":bob!b@h PRIVMSG #lobby :\x01VERSION {text}\x01",
        f":bob!b@h NOTICE #lobby :{text}",
        f":{word}!b@h PRIVMSG #lobby :ana: hi",
        f":{word}!b@h PRIVMSG ana :hi",
        f":bob!b@h PRIVMSG #{word} :other room",
        f":{word}!b@h JOIN #lobby",
        f":{word}!b@h NICK :{word}2",
        f":bob!b@h TOPIC #lobby :{text}",
        f":carol!c@h KICK #lobby bob :{text}",
        f":dave!d@h PART #lobby :{text}",
        f":eve!e@h QUIT :{text}",
        f":frank!f@h INVITE ana #{word}",
        f":carol!c@h MODE #lobby +k :{word}",
        f":{word} NOTICE ana :{text}",
        f":s 372 ana :{text}",
        f":s 404 ana #lobby :{text}",
        f":s 999 ana {word} :{text}",
        f"FAIL PRIVMSG {word} :{text}",
        f":s 353 ana = #lobby :{word}",
        ":s 366 ana #lobby :End",
        f":s 322 ana #{word} 3 :{text}",
        ":s 323 ana :End",
        f":s 352 ana #lobby {word} {word} s {word} H :0 {text}",
        ":s 315 ana #lobby :End",
        f":s 311 ana {word} {word} {word} * :{text}",
        f":s 319 ana {word} :#{word}",
        f":s 318 ana {word} :End",
        f":s 433 ana {word} :{text}",
        f"ERROR :{text}",
    ]
    return [line.encode("utf-8", "surrogatepass") for line in octets]


@pytest.mark.parametrize("name", VECTORS)
def test_line_face_prints_only_text(name):
    """Raw bytes of the terminal: each escape is one a prompt is drawn with (UX 5.1, 5)."""

    async def script(stage):
        stage.server(*lines_with(VECTORS[name])[:-1])
        await stage.type("/join #elsewhere\r/query bob\rb\t", until="bob ›")
        stage.server(lines_with(VECTORS[name])[-1], ":bob!b@h PRIVMSG ana :the end")
        stage.hang_up()
        await stage.see("connection lost")
        assert find_odd(stage.recorder.raw) == []
        assert "\x1b[" in stage.recorder.raw
        if "\x1b" in VECTORS[name]:  # the reader sees that something was tried
            assert "␛" in stage.text

    play(script, options=OPTIONS, rows=60)


@pytest.mark.parametrize("name", VECTORS)
def test_plain_face_prints_only_text(name):
    """Not one escape comes out of the plain face (UX 2, 45)."""
    written = b""

    def write(octets: bytes) -> None:
        nonlocal written
        written += octets

    async def run():
        session = Session(Identity("ana"))
        face = PlainFace(session, PlainOptions(DEFAULT_ALIASES, ViewOptions()), write)
        transport = FakeTransport(session, face)
        face._desk.transport = transport
        session.connected(transport.now_ms)
        for line in [*(w.encode() for w in WELCOME + LOBBY), *lines_with(VECTORS[name])]:
            session.receive(line + b"\r\n", transport.now_ms)
            transport.pump()

    asyncio.run(run())
    shown = written.decode()
    assert find_odd(shown) == []
    assert "\x1b" not in shown
    assert "\r" not in shown
    assert "\b" not in shown
    assert len(shown.split("\n")) > 20


def test_the_vectors_are_seen():
    """The check is not blind: a vector that is printed as it is would be found."""
    harmless = {"backspace", "zero width escape", "line separator", "tags", "zalgo", "cr"}
    for name, text in VECTORS.items():
        assert bool(find_odd(text)) is (name not in harmless), name


def test_person_is_shown_only_text(capfd):
    """What is said before a face is up may quote a certificate; it is cleaned too."""
    from client.ui.person import Person

    person = Person("chat-client", may_ask=False)
    for text in VECTORS.values():
        person.say(text)
        person.fail(text, [text])
        person.warn(text)
        person.succeed(text)
    shown = capfd.readouterr().err
    assert "\x1b" not in shown
    assert find_odd(shown) == []
    assert os.linesep in shown
