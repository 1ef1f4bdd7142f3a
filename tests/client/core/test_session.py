"""The session's two doors: the transport's (bytes, time) and the person's (what to do)."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from client.core.events import Disconnected, ErrorReply, MessageUnconfirmed, ServerText, TextKind
from client.core.outbox import ItemState
from client.core.session import Identity, Session, Settings

GREETING = (
    ":srv CAP * LS :echo-message server-time batch labeled-response\r\n"
    ":srv CAP * ACK :echo-message server-time batch labeled-response\r\n"
    ":srv 001 ana :Welcome\r\n:srv 005 ana NETWORK=Tea :are\r\n:srv 422 ana :no\r\n"
    ":ana!a@h JOIN #lobby\r\n:srv 353 ana = #lobby :@ana joão\r\n:srv 366 ana #lobby :End\r\n"
    "@time=2026-11-20T23:20:41.120Z;msgid=x :joão!j@h PRIVMSG #lobby :olá 👋 ana\r\n"
    ":srv 311 ana joão u h * :J\r\n:srv 318 ana joão :End\r\n\r\nERROR :bye\n"
).encode()


@given(st.lists(st.integers(0, len(GREETING)), max_size=20))
def test_any_chunking_gives_the_same(cuts):
    """However TCP cuts the bytes, the events and the answers are the same."""
    whole = Session(Identity("ana"))
    whole.connected(5)
    whole.receive(GREETING, 5)
    pieces = Session(Identity("ana"))
    pieces.connected(5)
    edges = [0, *sorted(cuts), len(GREETING)]
    for start, end in pairwise(edges):
        pieces.receive(GREETING[start:end], 5)
    assert pieces.take_events() == whole.take_events() != []
    assert pieces.take_output() == whole.take_output()


@given(st.binary(max_size=300))
def test_no_bytes_break_it(octets):
    """Whatever a server sends, the session lives and answers the next PING."""
    session = Session(Identity("ana"))
    session.connected(5)
    session.receive(octets + b"\r\n", 5)
    session.take_output()
    session.receive(b"PING still\r\n", 5)
    assert b"PONG still\r\n" in session.take_output()


COMMANDS = """
CAP AUTHENTICATE PRIVMSG NOTICE JOIN PART KICK TOPIC MODE INVITE QUIT NICK AWAY ACCOUNT
CHGHOST BATCH ACK PONG FAIL WARN NOTE ERROR TAGMSG 001 005 221 301 305 306 311 312 317
319 322 323 324 330 332 341 352 353 366 372 376 396 401 403 404 417 422 433 437 900 904
908 999
"""


@given(
    st.sampled_from(COMMANDS.split()),
    st.lists(st.text("ab#*@+-:1\u00e9", min_size=1, max_size=4), max_size=5),
    st.sampled_from(["", ":ana!a@h ", ":bob!b@h ", ":srv "]),
)
def test_no_message_breaks_it(command, params, source):
    """Any message with any number of parameters is understood or shown, before and after 001."""
    for greeting in (b"", b":srv 001 ana :hi\r\n:srv 422 ana :no\r\n:ana!a@h JOIN #a\r\n"):
        session = Session(Identity("ana"))
        session.connected(5)
        session.receive(greeting, 5)
        session.receive(f"{source}{command} {' '.join(params)}\r\n".encode(), 5)
        session.take_events()


def test_line_that_makes_no_sense_is_a_warning(online):
    """A NUL, or a line without end, is told; the next line counts again."""
    online.session.receive(b"PRIVMSG\0 x\r\n" + b"x" * 9000 + b"\r\nPING a\r\n", online.now_ms)
    events = online.take()
    assert [event.code for event in events] == ["ForbiddenByte", "LineTooLong"]
    assert all(event.kind is TextKind.WARNING for event in events)
    assert online.said() == ["PONG a"]


def test_line_that_is_not_utf8_is_read_as_far_as_it_goes(online):
    """Other servers relay other encodings: what cannot be read becomes a replacement character."""
    online.session.receive(b":bob!b@h PRIVMSG #lobby :ol\xe1\r\n", online.now_ms)
    assert online.take()[0].text == "ol\ufffd"


def test_bytes_after_the_end_are_ignored(online):
    """What arrives after the connection is over belongs to nothing."""
    online.session.disconnected("gone", online.now_ms)
    online.take()
    assert online.hear("PING x") == []
    assert online.said() == []


def test_time_of_a_message(online):
    """The `time` tag counts, in any zone or none; nonsense and absence mean now (server-time)."""
    for stamp, time_ms in [
        ("1970-01-01T00:00:01.5Z", 1500),
        ("1970-01-01T01:00:01+01:00", 1000),
        ("1970-01-01T00:00:02", 2000),
        ("yesterday", online.now_ms),
    ]:
        assert online.one(f"@time={stamp} :srv NOTE X Y :z").time_ms == time_ms
    assert online.one(":srv NOTE X Y :z").time_ms == online.now_ms


def test_disconnect_tells_what_waits_and_what_is_in_doubt(online):
    """Sent and not confirmed is in doubt; bytes never fetched cannot have arrived, so they wait."""
    online.say("#lobby", "sent")
    online.said()
    online.say("#lobby", "written")
    online.take()
    online.session.disconnected("reset", online.now_ms)
    assert online.take() == [
        Disconnected(reason="reset", waiting=1, time_ms=online.now_ms),
        MessageUnconfirmed(outbox_id="t1", target="#lobby", text="sent", time_ms=online.now_ms),
    ]
    room = online.session.model.get("#lobby")
    assert (room.joined, room.wanted, room.members) == (False, True, {})


def test_bytes_of_a_dead_connection_are_not_written_later(online):
    """What was not fetched when the line broke is gone; its messages wait instead."""
    online.say("#lobby", "written")
    online.session.whois("bob")
    online.session.disconnected("reset", online.now_ms)
    assert online.said() == []
    assert [item.state for item in online.session.outbox] == [ItemState.WAITING]


# --- time -----------------------------------------------------------------------------------


def test_pings_after_silence_and_gives_up_without_an_answer(online):
    """PING after 30 s of silence, dead after 15 s more; ticks in between do nothing (UX 37)."""
    session = online.session
    assert session.next_tick_ms() == online.now_ms + 30_000
    session.tick(online.now_ms + 29_999)
    assert online.said() == []
    session.tick(online.now_ms + 30_000)
    assert online.said() == ["PING alive"]
    assert session.next_tick_ms() == online.now_ms + 45_000
    session.tick(online.now_ms + 44_999)
    assert not session.wants_close
    session.tick(online.now_ms + 45_000)
    assert session.wants_close and session.may_retry
    assert session.next_tick_ms() is None
    session.tick(online.now_ms + 99_000)
    assert online.said() == []


def test_anything_heard_counts_as_alive(online):
    """Any bytes end the wait for the PONG."""
    online.session.tick(online.now_ms + 30_000)
    online.now_ms += 40_000
    online.hear(":srv PONG srv alive")
    online.session.tick(online.now_ms + 29_000)
    assert not online.session.wants_close
    assert online.said() == ["PING alive"]


def test_clock_that_steps_back_kills_nothing(online):
    """A wall clock set back by an hour is no time passed."""
    online.session.tick(online.now_ms + 30_000)
    online.said()
    online.session.tick(online.now_ms - 3_600_000)
    assert not online.session.wants_close
    assert online.session.next_tick_ms() == online.now_ms - 3_600_000 + 15_000


def test_machine_that_slept_asks_again(online):
    """After a gap without ticks nobody could have answered: a new PING, a new deadline."""
    online.session.tick(online.now_ms + 30_000)
    online.said()
    online.session.tick(online.now_ms + 8 * 3_600_000)
    assert online.said() == ["PING alive"]
    assert not online.session.wants_close
    online.session.tick(online.now_ms + 8 * 3_600_000 + 15_000)
    assert online.session.wants_close


def test_registration_has_a_deadline(talk):
    """A server that never welcomes us is left after 30 s, and may be tried again."""
    talk.connect()
    talk.hear(":srv CAP * LS :batch")
    assert talk.session.next_tick_ms() == talk.now_ms + 30_000
    talk.session.tick(talk.now_ms + 29_999)
    assert not talk.session.wants_close
    talk.session.tick(talk.now_ms + 30_000)
    assert talk.session.wants_close and talk.session.may_retry


def test_offline_has_nothing_to_wait_for(talk):
    """Without a connection there is no timer."""
    assert talk.session.next_tick_ms() is None
    talk.session.tick(talk.now_ms)
    assert not talk.session.wants_close


# --- the person -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "line"),
    [
        (lambda s: s.join(["#a", "b"]), "JOIN #a|JOIN #b"),
        (lambda s: s.join(["#a"], "key"), "JOIN #a key"),
        (lambda s: s.part("#a"), "PART #a"),
        (lambda s: s.part("#a", "tea time"), "PART #a :tea time"),
        (lambda s: s.topic("#a"), "TOPIC #a"),
        (lambda s: s.topic("#a", ""), "TOPIC #a :"),
        (lambda s: s.topic("#a", "tea"), "TOPIC #a tea"),
        (lambda s: s.names("#a"), "NAMES #a"),
        (lambda s: s.who("#a"), "WHO #a"),
        (lambda s: s.list_rooms(), "LIST"),
        (lambda s: s.list_rooms("#t*"), "LIST #t*"),
        (lambda s: s.away("tea"), "AWAY tea"),
        (lambda s: s.away(), "AWAY"),
        (lambda s: s.nick("bela"), "NICK bela"),
        (lambda s: s.whois("bob"), "WHOIS bob"),
        (lambda s: s.invite("bob", "#a"), "INVITE bob #a"),
        (lambda s: s.kick("#a", "bob"), "KICK #a bob"),
        (lambda s: s.kick("#a", "bob", "no no"), "KICK #a bob :no no"),
        (lambda s: s.mode("#a", ["+o", "bob"]), "MODE #a +o bob"),
        (lambda s: s.mode("#a"), "MODE #a"),
        (lambda s: s.send_raw(" version  x :y z"), "VERSION x :y z"),
        (lambda s: s.send_raw("@+a=b TAGMSG #a"), "@+a=b TAGMSG #a"),
        (lambda s: s.quit(), "QUIT"),
        (lambda s: s.quit("so long"), "QUIT :so long"),
    ],
)
def test_what_a_person_does_becomes_a_line(online, do, line):
    """Each action is its IRC command (Modern IRC, "Client Messages")."""
    do(online.session)
    assert "|".join(online.said()) == line
    assert online.take() == []


def test_actions_need_a_connection(talk):
    """Offline, everything but messages and joining is told to be impossible now."""
    talk.session.whois("bob")
    talk.session.names("#a")
    talk.session.send_raw("VERSION")
    events = talk.take()
    assert [event.code for event in events] == ["offline"] * 3
    assert [event.command for event in events] == ["WHOIS", "NAMES", "VERSION"]
    assert talk.said() == []


def test_joining_offline_happens_later_and_leaving_too(talk):
    """A room joined offline is joined on the next connection, unless it is left before."""
    talk.session.join(["#a", "#b"], "key")
    talk.session.part("#b")
    talk.session.part("#unknown")
    talk.connect()
    talk.hear(":srv CAP * LS :", ":srv 001 ana :hi", ":srv 422 ana :no")
    assert talk.said()[1:] == ["JOIN #a key", "PING t-1"]


@pytest.mark.parametrize("line", ["", "   ", "A\nB", "!! x", "x \ud800"])
def test_raw_line_that_is_none(online, line):
    """/raw refuses what is not one line of IRC."""
    online.session.send_raw(line)
    assert [event.code for event in online.take()] == ["bad_parameter"]
    assert online.said() == []


def test_line_that_nobody_could_send(online):
    """A line break in a name, or a line over 512 bytes, is an error and sends nothing."""
    online.session.kick("#a b", "bob")
    online.session.topic("#a", "x" * 600)
    online.session.nick("a\r\nQUIT")
    assert [event.code for event in online.take()] == ["bad_parameter", "too_long", "bad_parameter"]
    assert isinstance(online.events[-1], ErrorReply)
    assert online.said() == []


def test_quit_closes_for_good(online, talk):
    """After QUIT the transport closes and does not come back; offline there is nothing to say."""
    online.session.quit()
    assert online.session.wants_close and not online.session.may_retry
    talk.session.quit()
    assert talk.said() == []
    assert not talk.session.wants_close and not talk.session.may_retry


def test_quit_after_another_reason_still_ends(online):
    """The first reason stays, but QUIT is the person's word: no retry."""
    online.hear("ERROR :restarting")
    online.session.quit()
    assert online.session.close_reason == "restarting"
    assert not online.session.may_retry


def test_identity_may_change_between_connections(talk):
    """After a refused password the face sets another and connects again."""
    talk.session.identity = Identity("bela")
    assert talk.session.identity.nick == "bela"
    assert talk.connect()[1] == "NICK bela"


def test_settings_have_defaults():
    """A session can be made with an identity alone."""
    session = Session(Identity("ana"))
    session.connected(1)
    assert session.next_tick_ms() == 1 + Settings().registration_timeout_ms
    assert session.take_events() == []


def test_unknown_numerics_show(online):
    """Every numeric is shown somehow: errors as errors, the rest as text."""
    assert isinstance(online.one(":srv 599 ana :x"), ErrorReply)
    assert isinstance(online.one(":srv 734 ana :x"), ErrorReply)
    assert isinstance(online.one(":srv 600 ana :x"), ServerText)
