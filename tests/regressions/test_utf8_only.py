"""The class of bug: a server that promises UTF-8 relays something else, because one of many places
did not check, or because it cut a text in the middle of a character.

Here a line is decoded once, before anything looks at it, and texts are cut as characters.
Source: IRCv3 utf8-only: servers MUST NOT relay content containing non-UTF-8 data.
"""

import pytest
from hypothesis import given, strategies as st

from irc.errors import ProtocolError
from irc.framing import LineBuffer
from irc.message import parse_line
from server.core.events import LineReceived, LineRefused
from tests.support.chat import Chat

INVALID = [
    b"caf\xe9",  # Latin-1
    b"\xff",
    b"\xc3",  # half a character
    b"\xc0\xaf",  # overlong
    b"\xed\xa0\x80",  # a surrogate
    b"\xf4\x90\x80\x80",  # beyond Unicode
]

EVERYWHERE = [
    b"PRIVMSG #lobby :%s",
    b"NOTICE #lobby :%s",
    b"@+draft/x=%s TAGMSG #lobby",
    b"@label=%s PING x",
    b"TOPIC #lobby :%s",
    b"AWAY :%s",
    b"PART #lobby :%s",
    b"QUIT :%s",
    b"KICK #lobby eve :%s",
    b"MODE #lobby +k %s",
    b"MODE #lobby +b %s",
    b"JOIN #%s",
    b"NICK %s",
    b"SETNAME :%s",
    b"PING :%s",
    b"WHOIS %s",
    b"%s",
]


def event_of(session, line):
    """What an io thread makes of a line."""
    try:
        return LineReceived(session, parse_line(line))
    except ProtocolError as problem:
        return LineRefused(session, problem)


@pytest.mark.parametrize("text", INVALID)
@pytest.mark.parametrize("line", EVERYWHERE)
def test_it_is_refused_in_every_place(line, text):
    """FAIL with INVALID_UTF8 for the sender; the others hear nothing, and nothing has changed."""
    chat = Chat("ann", "eve", caps="message-tags echo-message")
    facts = len(chat.facts)
    heard = chat.event(event_of(chat.wires["ann"].session, line % text))
    (answer,) = heard["ann"]
    assert answer.startswith(":chat.local FAIL ")
    assert answer.endswith(" INVALID_UTF8 :Message is not valid UTF-8")
    assert heard["eve"] == []
    assert len(chat.facts) == facts


@pytest.mark.parametrize("text", INVALID)
@pytest.mark.parametrize("line", [b"NICK %s", b"USER ann 0 * :%s", b"PASS ann:%s", b"CAP REQ :%s"])
def test_it_is_refused_before_registration(line, text):
    """Also in names and real names, which everybody would see later."""
    chat = Chat()
    chat.connect("ann")
    heard = chat.event(event_of(chat.wires["ann"].session, line % text))
    assert "INVALID_UTF8" in heard["ann"][0]


@pytest.mark.parametrize("command", ["TOPIC #lobby", "AWAY", "KICK #lobby eve", "PART #lobby"])
@pytest.mark.parametrize("shift", range(4))
def test_what_is_cut_is_cut_between_characters(command, shift):
    """Implementations must ensure that they do not truncate in the middle of a codepoint."""
    chat = Chat("ann", "eve")
    text = "x" * shift + "🌊" * 110
    heard = chat.say("ann", f"{command} :{text}")
    for line in [line for said in heard.values() for line in said]:
        assert "\ufffd" not in line
        assert set(line.partition(" :")[2]) <= {"x", "🌊"} or "🌊" not in line
        line.encode()


@given(st.binary(min_size=1, max_size=120), st.sampled_from(EVERYWHERE))
def test_whatever_is_said_only_utf8_is_heard(text, line):
    """Any bytes in any place: every line that anybody hears can be encoded again (strictly)."""
    chat = Chat("ann", "eve", caps="message-tags echo-message")
    for each in LineBuffer().feed(line % text + b"\r\n"):
        if isinstance(each, bytes) and "ann" in chat.wires and not chat.is_closed("ann"):
            heard = chat.event(event_of(chat.wires["ann"].session, each))
            for said in heard.values():
                "".join(said).encode()
