"""Letting go by age, by number and by size: server/log/retention.py."""

import sqlite3

import pytest

from irc.names import NickKey
from server.core import facts
from server.core.history import AtSeq, AtTime, Search, Span
from server.log import care, weighing
from server.log.retention import EXPIRE_ROWS, Expirer, Retention
from server.log.weighing import ROW_BYTES
from tests.support.log_engines import OTHER, PAIR, ROOM, SqliteEngine, Talk, ids, texts

NOW_MS = 100_000


@pytest.fixture
def engine(tmp_path):
    """A log that keeps everything until it is told otherwise."""
    engine = SqliteEngine(tmp_path)
    yield engine
    engine.close()


def test_everything_is_kept_by_default(engine):
    """0 is without end."""
    engine.log.accept([Talk().said("old")])
    engine.settle(10**15)
    assert texts(engine.reader.latest(ROOM, 9)) == ["old"]


def test_what_is_too_old_goes(engine):
    """Messages and events of every conversation; what is as old as allowed stays."""
    talk = Talk(NOW_MS - 1003)
    engine.log.accept(
        [talk.said("a"), talk.event(room=PAIR), talk.said("c"), talk.said("d", room=OTHER)]
    )
    engine.log.retention = Retention(age_ms_max=1000)
    engine.settle(NOW_MS)
    assert texts(engine.reader.latest(ROOM, 9)) == ["c"]
    assert engine.reader.latest(PAIR, 9, events=True) == []
    assert engine.reader.span(ROOM) == Span(2, 2)
    assert not engine.log.tidy(NOW_MS)
    engine.settle(NOW_MS + 1)
    assert engine.reader.latest(ROOM, 9) == []
    engine.settle(NOW_MS + 1000)
    assert engine.reader.latest(OTHER, 9) == []


def test_numbers_go_on_after_everything_went(engine):
    """Over a restart, too; a client that was away can tell what it missed."""
    talk = Talk()
    engine.log.accept([talk.said("a"), talk.said("b")])
    engine.log.retention = Retention(age_ms_max=1)
    engine.settle(NOW_MS)
    assert engine.reader.span(ROOM) == Span(3, 2)
    engine.reopen()
    assert engine.log.restore().sequences == {ROOM: 2}
    engine.log.retention = Retention()
    engine.log.accept([talk.said("c")])
    engine.settle(NOW_MS)
    assert engine.reader.span(ROOM) == Span(3, 3)
    assert texts(engine.reader.after(ROOM, AtSeq(1), 9)) == ["c"]
    assert ids(engine.reader.search(Search((ROOM,), "c"))) == ["m3"]
    assert care.check(engine.path) == []


def test_the_newest_are_kept(engine):
    """So many of each conversation, with the events between them."""
    talk = Talk()
    engine.log.accept([talk.event(), *[talk.said(str(n)) for n in range(5)], talk.event()])
    engine.log.accept([talk.said("x", room=OTHER), talk.said("y", room=OTHER)])
    engine.log.retention = Retention(messages_per_conversation_max=2)
    engine.settle(NOW_MS)
    kept = engine.reader.latest(ROOM, 9, events=True)
    assert [one.command for one in kept] == ["PRIVMSG", "PRIVMSG", "JOIN"]
    assert texts(engine.reader.latest(ROOM, 9)) == ["3", "4"]
    assert len(engine.reader.latest(OTHER, 9)) == 2
    engine.log.accept([talk.said("5")])
    engine.settle(NOW_MS)
    assert texts(engine.reader.latest(ROOM, 9)) == ["4", "5"]
    assert engine.reader.span(ROOM) == Span(5, 6)


def test_a_restart_looks_everywhere_once(engine):
    """Also where nothing was said since."""
    talk = Talk()
    engine.log.accept([talk.said(str(n)) for n in range(5)])
    engine.reopen()
    engine.log.retention = Retention(messages_per_conversation_max=2)
    engine.settle(NOW_MS)
    assert texts(engine.reader.latest(ROOM, 9)) == ["3", "4"]


def test_both_limits_hold(engine):
    """First by age, then by number."""
    talk = Talk()
    engine.log.accept([talk.said(str(n)) for n in range(9)])
    engine.log.retention = Retention(age_ms_max=1000, messages_per_conversation_max=3)
    engine.settle(talk.at_ms + 1000 - 4)
    assert texts(engine.reader.latest(ROOM, 9)) == ["6", "7", "8"]


def test_a_step_is_small(engine):
    """Never more than EXPIRE_ROWS at once, however many have to go."""
    talk = Talk()
    engine.log.accept([talk.said(str(n)) for n in range(3 * EXPIRE_ROWS)])
    engine.settle(0)
    engine.log.retention = Retention(age_ms_max=1)
    count, steps = 3 * EXPIRE_ROWS, 0
    while count:
        engine.log.tidy(NOW_MS)
        left = len(engine.reader.latest(ROOM, 999))
        assert left >= count - EXPIRE_ROWS
        count, steps = left, steps + 1
    assert steps >= 3


@pytest.mark.parametrize("is_indexed", [True, False])
def test_what_went_is_not_found(engine, is_indexed):
    """Neither by the search nor by an own id, which may be used again."""
    talk = Talk()
    engine.log.accept([talk.said("word", once="once-0001"), talk.redacted("m1")])
    engine.log.accept([talk.said("word"), talk.event("TOPIC", "#tea", "word")])
    if is_indexed:
        engine.settle(0)
    engine.log.retention = Retention(age_ms_max=1)
    engine.settle(NOW_MS)
    assert engine.reader.search(Search((ROOM,), "word")) == []
    in_index = "SELECT count(*) FROM search WHERE search MATCH 'word'"
    assert engine.log._execute(in_index).fetchone() == (0,)
    assert engine.log.find_once(NickKey("ana"), "once-0001") is None
    assert engine.reader.after(ROOM, AtTime(0), 9, events=True) == []
    engine.log.retention = Retention()
    engine.log.accept([talk.said("again", once="once-0001")])
    assert engine.log.find_once(NickKey("ana"), "once-0001").msgid == "m4"
    assert care.check(engine.path) == []


def test_markers_and_rooms_do_not_age(engine):
    """Only what was said."""
    engine.log.accept([facts.MarkerMoved(NickKey("ana"), ROOM, 5)])
    engine.log.retention = Retention(age_ms_max=1, messages_per_conversation_max=1)
    engine.settle(NOW_MS)
    assert engine.log.restore().facts == (facts.MarkerMoved(NickKey("ana"), ROOM, 5),)


def test_acts_go_with_the_messages_of_their_time(engine):
    """Who moderated what is kept as long as what was said, and no longer."""
    for at_ms, what in ((NOW_MS - 1001, "KILL"), (NOW_MS - 1000, "KICK")):
        engine.log.accept([facts.ActNoted(at_ms, "Ana", "ana", what, "", "bob", "")])
    engine.settle(NOW_MS)
    assert len(engine.acts()) == 2
    engine.log.retention = Retention(age_ms_max=1000)
    engine.settle(NOW_MS)
    assert engine.acts() == [("KICK", "ana", "bob")]


def size_of(*said):
    """What these messages count for."""
    return sum(len(text.encode()) + ROW_BYTES for text in said)


def test_what_is_too_much_goes(engine):
    """By size, the oldest first and no more than needed; the others are not concerned."""
    talk = Talk()
    big = ["é" * 100, "a" * 150, "b" * 50, "c"]
    engine.log.accept([*[talk.said(text) for text in big], talk.said("other", room=OTHER)])
    engine.log.retention = Retention(bytes_per_conversation_max=size_of(*big[1:]))
    engine.settle(NOW_MS)
    assert texts(engine.reader.latest(ROOM, 9)) == big[1:]
    assert texts(engine.reader.latest(OTHER, 9)) == ["other"]
    engine.log.accept([talk.said("dd")])
    engine.settle(NOW_MS)
    assert texts(engine.reader.latest(ROOM, 9)) == ["b" * 50, "c", "dd"]
    assert engine.reader.span(ROOM) == Span(3, 5)
    assert care.check(engine.path) == []


def test_the_last_one_stays_however_big(engine):
    """A room is not emptied by its own limit; the limit holds over a restart."""
    talk = Talk()
    engine.log.accept([talk.said("a" * 100), talk.event(), talk.said("b" * 100)])
    engine.options["retention"] = Retention(bytes_per_conversation_max=1)
    engine.reopen()
    engine.settle(NOW_MS)
    assert texts(engine.reader.latest(ROOM, 9, events=True)) == ["b" * 100]


def test_much_is_weighed_and_let_go_in_steps(engine, monkeypatch):
    """No step takes more than a few messages, and all come to the same end."""
    monkeypatch.setattr(weighing, "WEIGH_ROWS", 7)
    talk, count = Talk(), 2 * EXPIRE_ROWS + 20
    engine.log.accept([talk.said("x") for _ in range(count)])
    engine.log.retention = Retention(bytes_per_conversation_max=5 * size_of("x"))
    engine.settle(NOW_MS)
    assert engine.reader.span(ROOM) == Span(count - 4, count)


def test_what_was_taken_back_weighs_nothing(engine):
    """The room has the place for others again."""
    talk = Talk()
    engine.log.retention = Retention(bytes_per_conversation_max=size_of("a" * 100, "b", "c"))
    engine.log.accept([talk.said("a" * 100), talk.said("b")])
    engine.settle(NOW_MS)
    engine.log.accept([facts.Redacted("m1", ROOM, "Ana!ana@user/Ana", "Ana", "", 5000)])
    engine.log.accept([talk.said("c" * 90)])
    engine.settle(NOW_MS)
    assert engine.reader.span(ROOM) == Span(1, 3)


def test_letting_go_that_fails_is_counted_anew(engine, monkeypatch):
    """What a rolled back step had taken off is still there."""
    talk = Talk()
    engine.log.accept([talk.said("a"), talk.said("b"), talk.said("c")])
    engine.log.retention = Retention(bytes_per_conversation_max=size_of("c"))
    let_go, failures = Expirer.let_go, [sqlite3.OperationalError("database or disk is full")]
    failures[0].sqlite_errorcode = sqlite3.SQLITE_FULL

    def fail_once(self, ids):
        let_go(self, ids)
        if failures:
            raise failures.pop()

    monkeypatch.setattr(Expirer, "let_go", fail_once)
    engine.settle(NOW_MS)
    assert not failures
    engine.settle(NOW_MS)
    assert texts(engine.reader.latest(ROOM, 9)) == ["c"]
