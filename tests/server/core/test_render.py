"""From an Outgoing to bytes, by capabilities: server/core/render.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from irc import caps
from irc.message import parse_line
from server.core.effects import SIMPLE, Outgoing
from server.core.render import RENDER_CAPS, profile_of, render, server_time

AT_MS = 1_700_000_000_123
SOURCE = "ana!ana@user/ana"
SAID = Outgoing(
    SOURCE,
    "PRIVMSG",
    ("#lobby", "hello"),
    AT_MS,
    msgid="m1",
    account="ana",
    client_tags="+typing=done",
    label="L1",
    batch="b1",
    seq=7,
    once="01234567",
)


def test_a_profile_is_what_changes_a_line():
    """Capabilities that change nothing on a line do not split a room into more profiles."""
    assert profile_of(caps.SERVER_TIME | caps.SASL | caps.ECHO_MESSAGE) == caps.SERVER_TIME
    assert profile_of(caps.SERVER_TIME, simple=True) == SIMPLE


@pytest.mark.parametrize(
    ("profile", "tags"),
    [
        (0, b""),
        (caps.SERVER_TIME, b"@time=2023-11-14T22:13:20.123Z "),
        (caps.MESSAGE_TAGS, b"@msgid=m1;+typing=done "),
        (caps.ACCOUNT_TAG, b"@account=ana "),
        (caps.LABELED_RESPONSE, b"@label=L1 "),
        (caps.BATCH, b"@batch=b1 "),
        (caps.ONCE, b"@tlschat/once=01234567;tlschat/seq=7 "),
        (
            RENDER_CAPS,
            b"@batch=b1;label=L1;time=2023-11-14T22:13:20.123Z;msgid=m1;account=ana"
            b";tlschat/once=01234567;tlschat/seq=7;+typing=done ",
        ),
    ],
)
def test_each_capability_adds_its_tag(profile, tags):
    """Nobody gets a tag they did not ask for (IRCv3 message-tags and the pages of each tag).

    Those of clients come last, so that none of the server's is pushed out of the limit.
    """
    assert render(SAID, profile) == tags + b":ana!ana@user/ana PRIVMSG #lobby :hello\r\n"


def test_tags_that_have_no_value_are_left_out():
    """An empty msgid or account is none."""
    bare = Outgoing("srv", "PONG", ("srv", "x"), AT_MS)
    assert render(bare, RENDER_CAPS & ~caps.SERVER_TIME) == b":srv PONG srv x\r\n"


def test_tag_values_are_escaped():
    """A label comes from the client and may hold anything (IRCv3 message-tags)."""
    line = Outgoing("srv", "ACK", (), AT_MS, label="a;b c")
    assert render(line, caps.LABELED_RESPONSE) == rb"@label=a\:b\sc :srv ACK" + b"\r\n"


def test_a_line_for_who_lacks_a_capability_is_nothing_with_it():
    """As the fallback of chghost; the simple dialect gets nothing of the kind."""
    line = Outgoing(SOURCE, "JOIN", ("#lobby",), AT_MS, lacks=caps.CHGHOST)
    assert render(line, 0) and render(line, caps.SETNAME)
    assert render(line, caps.CHGHOST) == b""
    assert render(line, SIMPLE) == b""


def test_a_line_that_needs_a_capability_is_nothing_without_it():
    """TAGMSG goes only to those with message-tags (IRCv3 message-tags)."""
    line = Outgoing(SOURCE, "TAGMSG", ("#lobby",), AT_MS, needs=caps.MESSAGE_TAGS)
    assert render(line, 0) == b""
    assert render(line, caps.MESSAGE_TAGS) == b":ana!ana@user/ana TAGMSG #lobby\r\n"


def test_extended_join():
    """Account and real name only for who asked for them (IRCv3 extended-join)."""
    line = Outgoing(SOURCE, "JOIN", ("#lobby",), AT_MS, extended=("ana", "Ana Souza"))
    assert render(line, 0) == b":ana!ana@user/ana JOIN #lobby\r\n"
    assert render(line, caps.EXTENDED_JOIN) == b":ana!ana@user/ana JOIN #lobby ana :Ana Souza\r\n"


@pytest.mark.parametrize(
    ("params", "body"),
    [
        (("a", "b"), b":srv 400 a b"),
        (("a", "b c"), b":srv 400 a :b c"),
        (("a", ""), b":srv 400 a :"),
        (("a", ":b"), b":srv 400 a ::b"),
    ],
)
def test_the_last_parameter_has_a_colon_where_it_needs_one(params, body):
    """Empty, with a space, or with a colon in front (Modern IRC, "Parameters")."""
    assert render(Outgoing("srv", "400", params, AT_MS), 0) == body + b"\r\n"


@pytest.mark.parametrize(
    ("command", "params", "body"),
    [
        ("QUIT", ("bye",), b":srv QUIT :bye"),
        ("TOPIC", ("#a", "b"), b":srv TOPIC #a :b"),
        ("PART", ("#a",), b":srv PART #a"),
        ("PART", ("#a", "bye"), b":srv PART #a :bye"),
        ("KICK", ("#a", "eve", "bye"), b":srv KICK #a eve :bye"),
        ("353", ("ana", "=", "#a", "@ana"), b":srv 353 ana = #a :@ana"),
    ],
)
def test_texts_have_a_colon_even_if_they_are_one_word(command, params, body):
    """Some old clients look for it; a room's name is no text, though."""
    assert render(Outgoing("srv", command, params, AT_MS), 0) == body + b"\r\n"


def test_the_simple_dialect_has_its_own_words():
    """Its profile never shows IRC."""
    assert render(SAID, SIMPLE) == b"FROM ana [all]: hello\r\n"


def test_server_time_has_milliseconds():
    """ISO 8601, UTC, three digits (IRCv3 server-time)."""
    assert server_time(AT_MS) == "2023-11-14T22:13:20.123Z"
    assert server_time(0) == "1970-01-01T00:00:00.000Z"


def _lines(line: Outgoing, profile: int) -> list[bytes]:
    *lines, rest = render(line, profile).split(b"\r\n")
    assert rest == b""
    return lines


def _bodies(line: Outgoing, profile: int = 0) -> list[bytes]:
    return [each.partition(b" ")[2] if each[:1] == b"@" else each for each in _lines(line, profile)]


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1))
def test_a_long_text_becomes_lines_that_fit(text):
    """512 bytes with CR LF (RFC 1459 section 2.3); nothing is lost, nothing is added."""
    line = replace(SAID, params=("#lobby", text * 20))
    bodies = _bodies(line)
    assert all(len(body) + 2 <= 512 for body in bodies)
    assert "".join(parse_line(body).params[1] for body in bodies) == text * 20


def test_only_the_first_piece_has_what_there_is_once():
    """msgid, client tags and label are of the whole message (IRCv3 multiline, fallback)."""
    profile = RENDER_CAPS & ~caps.MULTILINE
    first, second = _lines(replace(SAID, params=("#lobby", "x" * 600)), profile)
    assert parse_line(first).tags.keys() == {
        "batch",
        "label",
        "time",
        "msgid",
        "+typing",
        "account",
        "tlschat/once",
        "tlschat/seq",
    }
    assert parse_line(second).tags.keys() == {"batch", "time", "account"}


def test_in_a_batch_only_the_start_has_what_is_about_all():
    """The lines inside have nothing but the batch and how they hang together (IRCv3 multiline)."""
    line = replace(SAID, params=("#lobby", "x" * 600), is_bot=True)
    start, one, two, end = map(parse_line, _lines(replace(line, batch=""), RENDER_CAPS))
    assert {"time", "msgid", "account", "bot", "+typing"} <= start.tags.keys()
    assert one.tags.keys() == {"batch"}
    assert two.tags.keys() == {"batch", "draft/multiline-concat"}
    assert end.params == (f"-{one.tags['batch']}",)
    # In a batch around it, such as a page of history, each has the time (the chathistory batch).
    inside = map(parse_line, _lines(line, RENDER_CAPS))
    assert all("time" in each.tags for each in inside)


@pytest.mark.parametrize("pieces", [("\x01ACTION ", "\n\x01"), ("\x01ACTION ", "\x01")])
def test_an_action_of_several_lines_without_a_word(pieces):
    """Nothing is left of it but the frame; that is still one line (IRCv3 multiline, fallback)."""
    line = replace(SAID, params=("#lobby", "".join(pieces)), pieces=pieces)
    (body,) = _bodies(line)
    assert body == b":ana!ana@user/ana PRIVMSG #lobby :\x01ACTION \x01"


def test_every_piece_of_an_action_is_an_action():
    """Without its frame a piece would show up as speech, with half a frame as rubbish (CTCP)."""
    deed = "waves " * 120
    for text in (f"\x01ACTION {deed}\x01", f"\x01ACTION {deed}"):
        texts = [parse_line(b).params[1] for b in _bodies(replace(SAID, params=("#lobby", text)))]
        assert len(texts) == 2
        assert all(each.startswith("\x01ACTION ") and each[-1] == "\x01" for each in texts)
        assert "".join(each[8:-1] for each in texts) == deed


@pytest.mark.parametrize(
    ("command", "before"),
    [
        ("CAP", ("*", "ACK")),
        ("RENAME", ("#tea", "#green")),
        ("WALLOPS", ()),
        ("301", ("ana", "bob")),
        ("303", ("ana",)),
        ("311", ("ana", "bob", "bob", "user/bob", "*")),
        ("322", ("ana", "#tea", "2")),
        ("332", ("ana", "#tea")),
        ("730", ("ana",)),
    ],
)
def test_a_text_of_one_word_has_its_colon_too(command, before):
    """As the formats are printed (Modern IRC, "Numerics"; capability-negotiation; monitor).

    A parser needs no colon there, but some libraries match these lines by a pattern that has one.
    """
    line = Outgoing("srv", command, (*before, "word"), AT_MS)
    assert render(line, 0) == " ".join((":srv", command, *before, ":word\r\n")).encode()


def test_what_is_not_a_text_loses_its_end():
    """A topic in two lines would be two topics."""
    (body,) = _bodies(Outgoing(SOURCE, "TOPIC", ("#lobby", "é" * 400), AT_MS))
    assert 509 <= len(body) <= 510
    assert set(parse_line(body).params[1]) == {"é"}


def test_a_parameter_without_room_is_left_out():
    """An unknown command as long as a line comes back cut, and is still one line."""
    line = Outgoing("srv", "421", ("ana", "X" * 505, "Unknown command"), AT_MS)
    (body,) = _bodies(line)
    assert len(body) <= 510
    assert parse_line(body).params[0] == "ana"
    assert set(parse_line(body).params[1]) == {"X"}


def test_a_source_that_would_fill_the_line_is_cut_to_the_nick():
    """With names as long as the config allows, the text still has room."""
    source = f"{'n' * 64}!{'u' * 64}@{'h' * 400}"
    (body,) = _bodies(Outgoing(source, "PRIVMSG", ("#lobby", "hi"), AT_MS))
    assert body == b":" + b"n" * 64 + b" PRIVMSG #lobby :hi"
    (body,) = _bodies(Outgoing(source, "PRIVMSG", ("#lobby", "\x01ACTION \x01"), AT_MS))
    assert body.endswith(b":\x01ACTION \x01")
    (body,) = _bodies(Outgoing(source, "QUIT", ("",), AT_MS))
    assert body == b":" + b"n" * 64 + b" QUIT :"
