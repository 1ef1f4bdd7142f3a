"""The SQLite engine where the contract does not reach: failures, files, tidying, plans."""

import sqlite3
import stat
import sys

import pytest

from irc.names import NickKey, RoomKey
from server.core import facts
from server.core.history import Search, Span
from server.log import connecting, interning, sqlite
from server.log.connecting import FILE_NAME
from server.log.errors import LogBroken, LogFull
from server.log.retention import Retention
from server.log.sqlite import SqliteLog
from tests.support.log_engines import PAIR, ROOM, SqliteEngine, Talk, ids, texts

DEADLINE_S = 20.0


class Faulty(sqlite3.Connection):
    """A connection whose statements fail when a test says so."""

    faults: dict[str, Exception] = {}  # noqa: RUF012 - shared by all, on purpose

    def execute(self, statement, values=()):
        for beginning, error in self.faults.items():
            if statement.strip().startswith(beginning):
                raise error
        return super().execute(statement, values)


def failure(name):
    """An error of SQLite's, by the name of its code."""
    error = sqlite3.OperationalError(name)
    error.sqlite_errorcode = getattr(sqlite3, name)
    return error


@pytest.fixture
def faults(monkeypatch):
    """What fails from now on: the beginning of a statement, and how."""
    real = sqlite3.connect

    def connect(*args, **options):
        return real(*args, factory=Faulty, **options)

    monkeypatch.setattr(connecting.sqlite3, "connect", connect)
    monkeypatch.setattr(Faulty, "faults", {})
    return Faulty.faults


@pytest.fixture
def engine(faults, tmp_path):
    """A log that can be made to fail, and its reader."""
    engine = SqliteEngine(tmp_path)
    yield engine
    Faulty.faults.clear()
    engine.close()


@pytest.mark.parametrize(
    "name",
    ["SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE", "SQLITE_CORRUPT", "SQLITE_BUSY"],
)
def test_a_failed_commit_breaks_the_log(engine, faults, name):
    """RELIABILITY: never retry after a failed fsync. Nothing is taken or answered any more."""
    talk = Talk()
    engine.log.accept([talk.said("before")])
    faults["COMMIT"] = failure(name)
    with pytest.raises(LogBroken, match=name):
        engine.log.accept([talk.said("lost")])
    faults.clear()
    for call in (
        lambda: engine.log.accept([talk.said("later")]),
        lambda: engine.log.find("m1"),
        lambda: engine.log.find_once(NickKey("ana"), "once"),
        lambda: engine.log.restore(),
        lambda: engine.log.tidy(0),
    ):
        with pytest.raises(LogBroken):
            call()
    assert texts(engine.reader.latest(ROOM, 9)) == ["before"]


def test_a_failed_rollback_breaks_the_log(engine, faults):
    """Even if all that failed at first was a lack of room."""
    faults["COMMIT"] = failure("SQLITE_FULL")
    faults["ROLLBACK"] = failure("SQLITE_IOERR")
    with pytest.raises(LogBroken):
        engine.log.accept([Talk().said()])


def test_a_full_disk_in_the_middle_is_rolled_back(engine, faults):
    """With the transaction still open: ours to end. Everything new of it is forgotten."""
    talk = Talk()
    lost = [talk.said("x", room=PAIR, by="Bob"), facts.TopicChanged(RoomKey("#tea"), "t", "s", 1)]
    faults["COMMIT"] = failure("SQLITE_FULL")
    with pytest.raises(LogFull):
        engine.log.accept(lost)
    assert not engine.log._connection.in_transaction
    faults.clear()
    assert engine.log.restore().facts == ()
    engine.log.accept(lost)
    assert texts(engine.reader.latest(PAIR, 9)) == ["x"]
    assert engine.reader.direct(NickKey("bob")) == [PAIR]


def test_a_question_that_fails_breaks_the_log(engine, faults):
    """What cannot be read cannot be trusted."""
    faults["SELECT"] = failure("SQLITE_CORRUPT")
    with pytest.raises(LogBroken):
        engine.log.find("m1")


def test_what_can_wait_waits_for_room(engine, faults):
    """A full disk is no error of `tidy`, and leaves synchronous=FULL behind."""
    talk = Talk()
    engine.log.accept([talk.said("word")])
    faults["COMMIT"] = failure("SQLITE_FULL")
    for _ in range(6):
        assert not engine.log.tidy(10**12)
    faults.clear()
    assert engine.log._execute("PRAGMA synchronous").fetchone() == (2,)
    engine.settle()
    assert engine.log._execute("PRAGMA synchronous").fetchone() == (2,)
    assert ids(engine.reader.search(Search((ROOM,), "word"))) == ["m1"]


def test_a_failed_step_of_tidying_breaks_the_log(engine, faults):
    """The same rules as for `accept`."""
    engine.log.accept([Talk().said("word")])
    faults["COMMIT"] = failure("SQLITE_IOERR_FSYNC")
    with pytest.raises(LogBroken):
        engine.settle()
    with pytest.raises(LogBroken):
        engine.log.accept([])


def test_a_write_back_that_finds_no_room_comes_later(engine, faults, monkeypatch):
    """The messages are in the WAL; nobody has to know."""
    monkeypatch.setattr(sqlite, "WAL_PAGES_MAX", 0)
    talk = Talk()
    faults["PRAGMA wal_checkpoint"] = failure("SQLITE_FULL")
    engine.log.accept([talk.said("a")])
    faults["PRAGMA wal_checkpoint"] = failure("SQLITE_IOERR_FSYNC")
    with pytest.raises(LogBroken):
        engine.log.accept([talk.said("b")])


def test_the_wal_is_written_back(engine, monkeypatch):
    """When idle at CHECKPOINT_PAGES, otherwise at WAL_PAGES_MAX; the file stays small."""
    monkeypatch.setattr(sqlite, "WAL_PAGES_MAX", 60)
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 30)
    talk = Talk()
    for _ in range(100):
        engine.log.accept([talk.said("x" * 50)])
    wal = engine.path.with_name(f"{FILE_NAME}-wal")
    assert wal.stat().st_size < 200 * 4096
    engine.settle()
    assert engine.log._wal_pages < 30


def test_a_reader_in_the_way_delays_the_write_back(engine, monkeypatch):
    """It is not waited for; when it is done everything is written back."""
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 5)
    talk = Talk()
    engine.log.accept([talk.said("secret"), talk.said()])
    engine.settle()
    held = engine.reader._connection.execute("SELECT * FROM messages")
    held.fetchone()
    for _ in range(5):
        engine.log.accept([talk.said()])
    engine.log.accept([talk.redacted("m1")])
    engine.settle()
    wal = engine.path.with_name(f"{FILE_NAME}-wal")
    assert wal.stat().st_size > 0
    assert engine.log._must_truncate
    held.close()
    engine.settle()
    assert wal.stat().st_size == 0


def test_a_truncation_may_fail(engine, faults):
    """For want of room: later. For anything else: the log is broken."""
    talk = Talk()
    engine.log.accept([talk.said("secret"), talk.redacted("m1")])
    faults["PRAGMA wal_checkpoint"] = failure("SQLITE_FULL")
    engine.settle()
    assert engine.log._must_truncate
    faults["PRAGMA wal_checkpoint"] = failure("SQLITE_IOERR_FSYNC")
    with pytest.raises(LogBroken):
        engine.settle()


def test_a_redacted_text_is_nowhere_on_the_disk(engine):
    """Not in the table, the WAL, free pages or the index (DESIGN: gone from the database)."""
    talk = Talk()
    filler = [talk.said(f"filler{n} common") for n in range(400)]
    engine.log.accept([*filler, talk.said("Xylophone zeppelin", client_tags="+x=quokka")])
    engine.settle()
    engine.log.accept([talk.said(f"more{n} common") for n in range(400)])
    engine.settle()
    engine.log.accept([talk.redacted("m401")])
    engine.settle(now_ms=2 * 10**12)
    assert not engine.log.tidy(2 * 10**12)
    assert engine.path.with_name(f"{FILE_NAME}-wal").stat().st_size == 0
    engine.close()
    octets = engine.path.read_bytes().lower()
    assert b"filler7" in octets
    for word in (b"xylophone", b"zeppelin", b"quokka"):
        assert word not in octets


def test_purges_are_rare(engine):
    """Somebody who redacts all day does not have the index rewritten all day."""
    talk = Talk()
    now_ms = 10**12
    engine.log.accept([talk.said(f"word{n}") for n in range(9)])
    engine.settle(now_ms)
    engine.log.accept([talk.redacted("m1")])
    engine.settle(now_ms)
    engine.log.accept([talk.redacted("m2")])
    engine.settle(now_ms + 1)
    assert engine.log._index.wants_purge
    engine.reopen()
    assert engine.log._index.wants_purge
    engine.settle(now_ms + 700_000)
    assert not engine.log._index.wants_purge


def test_a_redaction_during_a_purge_gets_its_own(engine):
    """What the running one has passed already would stay behind."""
    talk, now_ms = Talk(), 10**12
    engine.log.accept([talk.said(f"word{n} common") for n in range(3000)])
    engine.settle(now_ms)
    engine.log.accept([talk.redacted("m1")])
    index = engine.log._index
    while not index._is_purging:
        assert engine.log.tidy(now_ms)
    engine.log.accept([talk.redacted("m2")])
    engine.settle(now_ms)
    assert index.wants_purge
    engine.settle(now_ms + 700_000)
    assert not index.wants_purge


def test_the_connection_is_set_up_for_the_promise(engine):
    """Durable on return; a failed write-back is seen; what is deleted is overwritten."""
    settings = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "secure_delete": 1}
    settings |= {"checkpoint_fullfsync": 1, "wal_autocheckpoint": 0, "trusted_schema": 0}
    for name, value in settings.items():
        assert engine.log._execute(f"PRAGMA {name}").fetchone() == (value,)


def test_little_room_is_no_room(engine):
    """Below min_free_bytes nothing is begun (Postfix: queue_minfree)."""
    engine.free_bytes = 0
    with pytest.raises(LogFull, match="too little room"):
        engine.log.accept([Talk().said()])


def test_the_disk_is_asked_for_its_room(tmp_path):
    """By default the disk that has the file."""
    log = SqliteLog(tmp_path / FILE_NAME, min_free_bytes=1 << 62)
    with pytest.raises(LogFull):
        log.accept([Talk().said()])
    log.close()


def test_what_is_kept_at_hand_is_bounded(engine, monkeypatch):
    """At KNOWN_MAX it begins anew, and asks the database."""
    monkeypatch.setattr(interning, "KNOWN_MAX", 2)
    talk = Talk()
    rooms = [facts.Conversation(f"#r{n % 5}") for n in range(20)]
    for _ in range(2):
        engine.log.accept([talk.said(room=room, by=f"P{room[2:]}") for room in rooms])
    engine.log.accept([talk.said(room=rooms[0])])
    interner = engine.log._interner
    assert [len(known) for known in (interner._names, interner._accounts)] == [2, 1]
    assert list(interner._places) == [rooms[0]]
    assert engine.reader.span(rooms[0]) == Span(1, 9)


def test_an_account_is_named_as_it_first_wrote_itself(engine):
    """Also if a marker was there before its first message."""
    engine.log.accept([facts.MarkerMoved(NickKey("ana"), ROOM, 1)])
    engine.log.accept([Talk().said()])
    assert engine.reader.find("m1").account == "Ana"


def test_letting_go_costs_no_more_for_a_longer_history(engine):
    """Finding what has to go is a few steps by a key."""
    talk, steps = Talk(), []
    engine.log.accept([talk.said() for _ in range(3000)])
    engine.settle()
    engine.log._connection.set_progress_handler(lambda: steps.append(1), 100)
    for retention in (
        Retention(messages_per_conversation_max=2900),
        Retention(messages_per_conversation_max=9000),
        Retention(age_ms_max=1),
    ):
        assert len(engine.log._expirer.find(10**6, retention)) in (0, 50)
    assert len(steps) < 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such bits")
def test_the_files_are_private(engine):
    """0600 from the first moment, companions included; a file that was not becomes so."""
    engine.log.accept([Talk().said()])
    for name in (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"):
        assert stat.S_IMODE((engine.path.parent / name).stat().st_mode) == 0o600
    engine.close()
    assert [path.name for path in engine.path.parent.iterdir()] == [FILE_NAME]
    engine.path.chmod(0o644)
    engine.open()
    assert stat.S_IMODE(engine.path.stat().st_mode) == 0o600
