"""The SQLite reader where the contract does not reach: plans, time limits, no transaction held."""

import re
import sqlite3
import threading

import pytest

from server.core.history import AtMsgid, AtSeq, AtTime, Search
from server.log import connecting
from server.log.errors import ReadFailed, ReadTooSlow
from server.log.reader import _AT_MSGID, _AT_SEQ, _SPAN, _TARGETS, PAGE_OF, SqliteReader
from server.log.rows import SELECTED
from tests.support.log_engines import OTHER, ROOM, SqliteEngine, Talk, texts

DEADLINE_S = 20.0


@pytest.fixture
def engine(tmp_path):
    """A log and its reader."""
    engine = SqliteEngine(tmp_path)
    yield engine
    engine.close()


def test_a_reader_does_not_hold_the_wal(engine):
    """Between calls no transaction is open: everything can be written back."""
    talk = Talk()
    engine.log.accept([talk.said() for _ in range(50)])
    engine.reader.latest(ROOM, 10)
    engine.reader.search(Search((ROOM,), "hi"))
    engine.reader.targets([ROOM], 0, 9999, 1)
    busy, pages, done = engine.log._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (busy, pages - done) == (0, 0)


def test_whole_batches_are_seen(engine):
    """A reader beside a busy writer never sees a part of a batch."""
    talk, failures = Talk(), []
    is_done = threading.Event()

    def read():
        reader = SqliteReader(engine.path, time_limit_s=DEADLINE_S)
        while not is_done.is_set():
            failures.extend(page for page in [reader.latest(ROOM, 99_999)] if len(page) % 7)
        reader.close()

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(150):
        engine.log.accept([talk.said() for _ in range(7)])
        engine.log.tidy(0)
    is_done.set()
    thread.join(DEADLINE_S)
    assert failures == []


def test_a_question_that_takes_too_long_is_ended(engine):
    """SQLite itself stops it, and the next one is answered (RELIABILITY, row 32)."""
    talk = Talk()
    engine.log.accept([talk.said() for _ in range(500)])
    times = iter([0.0, *[9.0] * 99])
    reader = SqliteReader(engine.path, clock=lambda: next(times))
    with pytest.raises(ReadTooSlow):
        reader.latest(ROOM, 500)
    reader.close()
    reader = SqliteReader(engine.path)
    assert len(reader.latest(ROOM, 500)) == 500
    reader.close()


def test_a_reader_that_cannot_read_says_so(engine):
    """The asker is told; the log is not concerned."""
    engine.reader.close()
    with pytest.raises(ReadFailed):
        engine.reader.latest(ROOM, 1)
    with pytest.raises(ReadFailed):
        engine.reader.search(Search((ROOM,)))


def test_a_reader_cannot_write(engine):
    """Its connection is for reading alone: only one may ever write or checkpoint."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        engine.reader._connection.execute("DELETE FROM messages")


@pytest.mark.parametrize(
    "query",
    [
        *PAGE_OF.values(),
        *(_TARGETS.format(order=order) for order in ("ASC", "DESC")),
        _SPAN,
        _AT_MSGID,
        _AT_SEQ,
        f"{SELECTED} WHERE m.msgid = ?",
        f"{SELECTED} WHERE m.account = (SELECT id FROM accounts WHERE key = ?) AND m.once = ?",
    ],
)
def test_every_question_goes_by_a_key(engine, query):
    """No walk through the messages, and no sorting of them (only TARGETS sorts what it returns)."""
    count = len(set(re.findall(r"\?\d", query))) or query.count("?")
    plan = engine.reader._connection.execute(
        f"EXPLAIN QUERY PLAN {query}",
        [None] * count,
    ).fetchall()
    steps = [row[3] for row in plan]
    assert not [step for step in steps if step.startswith(("SCAN m", "SCAN messages", "SCAN c"))]
    assert "json_each" in query or not [step for step in steps if "TEMP B-TREE" in step]
    assert "OFFSET" not in query


def test_no_question_costs_more_for_a_longer_history(engine, monkeypatch):
    """Whatever the bound: what a page asks of SQLite depends on the page alone."""
    monkeypatch.setattr(connecting, "PROGRESS_STEPS", 100)
    talk = Talk()
    engine.log.accept([talk.said(room=room) for _ in range(3000) for room in (ROOM, OTHER)])
    engine.settle()
    asked = []
    reader = SqliteReader(engine.path, clock=lambda: asked.append(1) or 0.0)
    for bound in (AtMsgid("m2999"), AtTime(talk.at_ms // 2), AtSeq(1500), AtSeq(0), AtSeq(9999)):
        for question in (
            lambda bound=bound: reader.latest(ROOM, 5, after=bound),
            lambda bound=bound: reader.before(ROOM, bound, 5),
            lambda bound=bound: reader.after(ROOM, bound, 5),
            lambda bound=bound: reader.around(ROOM, bound, 5),
            lambda bound=bound: reader.between(ROOM, bound, AtTime(0), 5),
            lambda: reader.targets([ROOM, OTHER], 0, 9999, 5),
            lambda: reader.span(ROOM),
            lambda: reader.search(Search((ROOM,), "hi", before_ms=4000, limit=5)),
        ):
            asked.clear()
            question()
            assert len(asked) < 20
    reader.close()


def test_a_reaction_does_not_hide_the_last_text(engine):
    """Pages step over it inside the index, and a bound may be one."""
    talk = Talk()
    engine.log.accept([talk.said("a"), talk.tagged(), talk.said("b"), talk.said(room=OTHER)])
    assert texts(engine.reader.before(ROOM, AtMsgid("m3"), 1)) == ["a"]
    assert texts(engine.reader.after(ROOM, AtMsgid("m2"), 1)) == ["b"]
