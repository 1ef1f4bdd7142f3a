"""The class of bug: a byte that some reader takes for the end of a line is relayed inside one, and
what stands behind it is read as a line of the server's.

Another server relayed a bare CR, so that anybody could put words into the server's mouth. Here no
line with CR, LF or NUL inside becomes a message, and no message with one becomes a line.
"""

import pytest
from hypothesis import given, strategies as st

from irc.errors import ForbiddenByte, ProtocolError, UnsafeParameter
from irc.framing import LineBuffer
from irc.message import Message, format_message, parse_line
from server.core.events import LineReceived, LineRefused
from server.net.websocket import _line_of
from tests.support.chat import Chat

BREAKS = [b"\r", b"\n", b"\0", b"\r\n", b"\n\r", b"\r\r", b"\x00\r"]

EVERYWHERE = [
    b"PRIVMSG #lobby :x%s:chat.local NOTICE eve :forged",
    b"NOTICE eve :x%sx",
    b"TOPIC #lobby :x%sx",
    b"AWAY :x%sx",
    b"PART #lobby :x%sx",
    b"KICK #lobby eve :x%sx",
    b"QUIT :x%sx",
    b"NICK x%sx",
    b"JOIN #x%sx",
    b"@+draft/reply=x%sx TAGMSG #lobby",
    b"@label=x%sx PING x",
    b"PING x%sx",
    b"%sPING x",
]


@pytest.fixture
def chat():
    """Two people who hear each other."""
    return Chat("ann", "eve", caps="message-tags echo-message batch labeled-response")


def arrive(chat, name, received):
    """Bytes come in as over the network; what everybody hears."""
    session, heard = chat.wires[name].session, []
    for line in LineBuffer().feed(received):
        try:
            event = LineReceived(session, parse_line(line))
        except ProtocolError as problem:
            event = LineRefused(session, problem)
        heard.append(chat.event(event))
    return heard


@pytest.mark.parametrize("inside", [b"\r", b"\0", b"\r\r", b"\x00\r"])
@pytest.mark.parametrize("line", EVERYWHERE)
def test_nothing_is_relayed_with_a_break_inside(chat, line, inside):
    """The line is refused whole, its sender is told, and nobody else hears anything."""
    [heard] = arrive(chat, "ann", line % inside + b"\r\n")
    assert heard["eve"] == []
    [told] = heard["ann"]
    assert "MALFORMED_MESSAGE" in told


@pytest.mark.parametrize("inside", BREAKS)
def test_no_break_becomes_a_message(inside):
    """The parser is the one door, whoever cuts the lines."""
    with pytest.raises(ForbiddenByte):
        parse_line(b"PRIVMSG #lobby :x" + inside + b"x")


@pytest.mark.parametrize("inside", BREAKS)
def test_no_message_becomes_two_lines(inside):
    """The writer is the other door: it refuses, it does not strip."""
    text = f"x{inside.decode()}x"
    for message in (
        Message("PRIVMSG", ("#lobby", text)),
        Message("PRIVMSG", (text, "x")),
        Message(text, ()),
        Message("PING", ("x",), source=text),
    ):
        with pytest.raises(UnsafeParameter):
            format_message(message)


@pytest.mark.parametrize("inside", BREAKS)
def test_a_websocket_message_is_not_two_lines(inside):
    """One message is one line: a break inside it reaches the parser as a break, and is refused."""
    [line] = LineBuffer().feed(_line_of(b"PRIVMSG #lobby :x" + inside + b"QUIT"))
    with pytest.raises(ForbiddenByte):
        parse_line(line)


def test_an_escaped_break_in_a_tag_stays_escaped(chat):
    r"""`\r` and `\n` in a tag are bytes only in memory (message-tags, "Escaping values")."""
    [heard] = arrive(chat, "ann", rb"@+draft/x=a\r\nQUIT\:\s\\b TAGMSG #lobby" + b"\r\n")
    [line] = heard["eve"]
    assert rb"+draft/x=a\r\nQUIT\:\s\\b".decode() in line
    assert "\r" not in line and "\n" not in line


@given(st.binary(max_size=60), st.sampled_from(EVERYWHERE))
def test_whatever_is_said_is_one_line_for_each_hearer(inside, line):
    """Any bytes in any place: what is heard is whole lines (the rig checks each)."""
    chat = Chat("ann", "eve", caps="message-tags echo-message")
    for heard in arrive(chat, "ann", line % inside + b"\r\n"):
        for said in heard.values():
            assert not any("\r" in each or "\n" in each or "\0" in each for each in said)
