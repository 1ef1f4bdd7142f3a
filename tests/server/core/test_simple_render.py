"""What others do, in the words of the simple dialect. Source: the project's protocol page."""

import pytest

from server.core.effects import Outgoing
from server.core.simple_render import render_simple


def shown(command: str, *params: str, source: str = "ana!ana@user/ana") -> str:
    """The line as text, with its end."""
    return render_simple(Outgoing(source, command, params, 0)).decode()


@pytest.mark.parametrize(
    ("command", "params", "line"),
    [
        ("PRIVMSG", ("#lobby", "hello"), "FROM ana [all]: hello"),
        ("NOTICE", ("#lobby", "hello"), "FROM ana [all]: hello"),
        ("PRIVMSG", ("joao", "olá 👋"), "FROM ana [dm]: olá 👋"),
        ("PRIVMSG", ("#lobby", "\x01ACTION waves\x01"), "* ana waves"),
        ("PRIVMSG", ("#lobby", "\x01ACTION waves"), "* ana waves"),
        ("PRIVMSG", ("joao", "\x01ACTION \x01"), "* ana "),
        ("JOIN", ("#lobby",), "User ana joined."),
        ("QUIT", ("Quit: bye",), "User ana left the chat."),
        ("PART", ("#lobby", "bye"), "User ana left the chat."),
        ("KICK", ("#lobby", "joao", "why"), "User joao left the chat."),
        ("NICK", ("bob",), "User ana is now bob."),
    ],
)
def test_words(command, params, line):
    """Each has its one line."""
    assert shown(command, *params) == line + "\r\n"


@pytest.mark.parametrize(
    ("command", "params"),
    [
        ("PRIVMSG", ("joao", "\x01VERSION\x01")),
        ("NOTICE", ("joao", "\x01PING 1\x01")),
        ("TAGMSG", ("#lobby",)),
        ("TOPIC", ("#lobby", "x")),
        ("MODE", ("#lobby", "+m")),
        ("001", ("ana", "Welcome")),
        ("PONG", ("chat.local", "x")),
    ],
)
def test_what_has_no_words(command, params):
    """Nothing at all is sent."""
    assert shown(command, *params) == ""


def test_formatting_is_left_out():
    """The codes of IRC are for clients that know them."""
    assert shown("PRIVMSG", "#lobby", "\x02bold\x02 \x0304red\x03") == (
        "FROM ana [all]: bold red\r\n"
    )


@pytest.mark.parametrize(
    "text", ["a\x1b[2Jb", "a\x9b2Jb", "a\u202eb", "a\u2028b", "\x01ACTION \x1b"]
)
def test_hostile_text_never_reaches_a_terminal(text):
    """No escape, no control, nothing that turns the line around, and one line only."""
    line = shown("PRIVMSG", "#lobby", text).removesuffix("\r\n")
    assert line.isprintable()


def test_the_server_speaks_under_its_name():
    """A notice from the server has no user in its source."""
    assert shown("NOTICE", "ana", "x", source="chat.local") == "FROM chat.local [dm]: x\r\n"
