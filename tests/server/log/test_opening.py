"""Opening history.db: versions, other people's files, damage: schema.py, connecting.py."""

import hashlib
import sqlite3

import pytest

from server.core import facts
from server.log import connecting, schema
from server.log.connecting import FILE_NAME, open_for_reading, open_for_writing
from server.log.errors import LogBroken, LogUnusable
from server.log.reader import SqliteReader
from server.log.schema import APPLICATION_ID, MIGRATIONS, migrate
from server.log.sqlite import SqliteLog
from tests.support.log_engines import ROOM, SqliteEngine, Talk, texts

RELEASED = {1: "f3c0", 2: "23e2", 3: "cacd", 4: "2a8f", 5: "ea6c", 6: "24aa", 7: "0a2d", 8: "7fd8"}
"""The first letters of the SHA-256 of each migration that is out there."""


@pytest.fixture
def path(tmp_path):
    """Where a log may be."""
    return tmp_path / FILE_NAME


def digest(statements):
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()[:4]


def test_a_released_migration_is_never_edited():
    """Files out there have it behind them: write another one instead, and its digest here."""
    found = {number: digest(statements) for number, statements in enumerate(MIGRATIONS, 1)}
    assert found == RELEASED


def shape(path):
    """The tables and indexes of a file."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
    versions = [
        connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("user_version", "application_id")
    ]
    connection.close()
    return rows, versions


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_every_earlier_version_is_brought_up_to_date(path, tmp_path, monkeypatch, version):
    """What was kept under it stays; the tables are those of a new file."""
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[:version])
    connection = open_for_writing(path, check_s=1)
    if version:
        connection.execute("INSERT INTO names VALUES (1, 'Ana!ana@h'), (2, '#tea')")
        connection.execute("INSERT INTO conversations VALUES (1, '#tea', 0)")
        connection.execute(
            "INSERT INTO messages VALUES (1, 1, 1, 1000, 0, 'm1', 1, NULL, 2, 'old', '', NULL)"
        )
    connection.close()
    monkeypatch.undo()

    engine, talk = SqliteEngine(tmp_path), Talk(2000)
    talk.count = talk.last[ROOM] = engine.log.restore().sequences.get(ROOM, 0)
    engine.log.accept([talk.said("new")])
    assert texts(engine.reader.latest(ROOM, 9)) == (["old", "new"] if version else ["new"])
    engine.close()
    new = tmp_path / "new.db"
    open_for_writing(new, check_s=0).close()
    assert shape(path) == shape(new)


SETTINGS = """
    INSERT INTO accounts VALUES (1, 'ana', 'Ana', 900);
    INSERT INTO conversations VALUES (1, '#tea', 7);
    INSERT INTO markers VALUES (1, 1, 800);
    INSERT INTO rooms (key, name, founder, modes, founded_at_ms, topic, topic_setter, topic_at_ms,
        password, members_max) VALUES ('#tea', '#Tea', 'ana', 'nt', 5, 'Leaves', 'bob', 6, 'x', 9);
    INSERT INTO room_flags VALUES ('#tea', 'm', 1);
    INSERT INTO room_masks (room, letter, folded, mask, setter, at_ms)
        VALUES ('#tea', 'b', 'eve!*@*', 'Eve!*@*', 'ana', 700);
"""


@pytest.mark.parametrize("version", range(2, len(MIGRATIONS)))
def test_settings_of_an_earlier_version_are_there(path, monkeypatch, version):
    """Rooms, markers and who was seen when are those of before, with nothing added."""
    monkeypatch.setattr(schema, "MIGRATIONS", MIGRATIONS[:version])
    connection = open_for_writing(path, check_s=1)
    connection.executescript(SETTINGS)
    connection.close()
    monkeypatch.undo()

    log = SqliteLog(path)
    restored = log.restore()
    log.close()
    assert (restored.sequences, restored.at_ms) == ({"#tea": 7}, 900)
    assert restored.facts == (
        facts.RoomFounded("#tea", "#Tea", "ana", frozenset("nt"), 5),
        facts.TopicChanged("#tea", "Leaves", "bob", 6),
        facts.RoomKeyChanged("#tea", "x"),
        facts.RoomLimitChanged("#tea", 9),
        facts.RoomFlagChanged("#tea", "m", True),
        facts.MaskAdded("#tea", "b", "Eve!*@*", "ana", 700),
        facts.AccountSeen("ana", 900),
        facts.MarkerMoved("ana", "#tea", 800),
    )


def test_a_failed_migration_leaves_the_version_before(path, monkeypatch):
    """Each one is a transaction."""
    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE new (a)", "NONSENSE")))
    with pytest.raises(LogUnusable, match="syntax error"):
        SqliteLog(path)
    monkeypatch.undo()
    assert shape(path)[1] == [(len(MIGRATIONS),), (APPLICATION_ID,)]
    SqliteLog(path).close()


def test_a_migration_may_find_its_transaction_ended(monkeypatch):
    """SQLite ends one by itself when the disk is full."""
    monkeypatch.setattr(schema, "MIGRATIONS", (("ROLLBACK", "NONSENSE"),))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection)
    connection.close()


def test_a_newer_file_is_refused(path):
    """By the log and by a reader, with what to do; nothing is changed."""
    SqliteLog(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for open_it in (SqliteLog, SqliteReader):
        with pytest.raises(LogUnusable, match="newer tlschat") as caught:
            open_it(path)
        assert caught.value.hint
    assert shape(path)[1][0] == (99,)


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE x (a)", "PRAGMA user_version = 1", "PRAGMA application_id = 1"]
)
def test_a_file_of_another_program_is_refused(path, statement):
    """And left as it is."""
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.close()
    before = shape(path)
    with pytest.raises(LogUnusable, match="another program"):
        SqliteLog(path)
    assert shape(path) == before


def test_what_is_no_database_is_refused(path):
    """With a hint that there are backups."""
    path.write_bytes(b"hello" * 1000)
    with pytest.raises(LogUnusable, match="damaged") as caught:
        SqliteLog(path)
    assert "backup" in caught.value.hint
    with pytest.raises(LogUnusable):
        open_for_reading(path)


def test_a_folder_that_is_not_there(tmp_path):
    """The operator is told which; a reader does not make a file."""
    for open_it in (SqliteLog, SqliteReader):
        with pytest.raises(LogUnusable, match=r"cannot open .*nowhere") as caught:
            open_it(tmp_path / "nowhere" / FILE_NAME)
        assert "server.data" in caught.value.hint
    with pytest.raises(LogUnusable):
        SqliteReader(tmp_path / FILE_NAME)
    assert list(tmp_path.iterdir()) == []


def test_a_path_may_have_any_signs(tmp_path):
    """Also those that mean something in a URI."""
    folder = tmp_path / "a?b#c%20d e"
    folder.mkdir()
    engine = SqliteEngine(folder)
    engine.log.accept([Talk().said("hi")])
    assert texts(engine.reader.latest(ROOM, 1)) == ["hi"]
    engine.close()


def damage(path):
    """Overwrite the middle of the file."""
    octets = bytearray(path.read_bytes())
    middle = len(octets) // 2
    octets[middle : middle + 8192] = b"\xff" * 8192
    path.write_bytes(octets)


@pytest.fixture
def filled(path):
    """A file of some size."""
    log, talk = SqliteLog(path), Talk()
    for _ in range(20):
        log.accept([talk.said(f"text {n}") for n in range(100)])
    log.close()
    return path


def test_damage_is_found_at_start(filled):
    """By the quick check; the sentence says what to do."""
    damage(filled)
    with pytest.raises(LogUnusable, match="damaged") as caught:
        SqliteLog(filled, check_s=20)
    assert "log check" in caught.value.hint


def test_damage_that_is_met_later_breaks_the_log(filled):
    """When the start had no time to find it."""
    damage(filled)
    log = SqliteLog(filled, check_s=0)
    with pytest.raises(LogBroken):
        for number in range(2000):
            log.find(f"m{number}")
    log.close()


def test_the_look_at_start_is_short(filled, monkeypatch):
    """It ends when its time is over, and nothing is the matter."""
    times = iter([0.0, *[9.0] * 99])
    monkeypatch.setattr(connecting.time, "monotonic", lambda: next(times))
    log = SqliteLog(filled, check_s=1)
    assert log.find("m1") is not None
    log.close()


def test_a_look_that_does_not_ask_is_ended_too(filled, monkeypatch):
    """SQLite before 3.41 does not ask while it walks through a table: here it never does."""

    class Endless(sqlite3.Connection):
        def execute(self, statement, values=()):
            if "quick_check" in statement:
                number = "SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers"
                statement = f"WITH RECURSIVE numbers AS ({number}) SELECT count(*) FROM numbers"
            return super().execute(statement, values)

    real = sqlite3.connect
    monkeypatch.setattr(
        connecting.sqlite3, "connect", lambda *a, **k: real(*a, factory=Endless, **k)
    )
    monkeypatch.setattr(connecting, "limit_time", lambda *_: lambda: None)
    log = SqliteLog(filled, check_s=0.01)
    assert log.find("m1") is not None
    log.close()


def test_a_look_that_fails_is_told(path, monkeypatch):
    """A disk that cannot be read is found at start."""

    class Failing(sqlite3.Connection):
        def execute(self, statement, values=()):
            if "quick_check" in statement:
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(statement, values)

    real = sqlite3.connect
    monkeypatch.setattr(
        connecting.sqlite3, "connect", lambda *a, **k: real(*a, factory=Failing, **k)
    )
    with pytest.raises(LogUnusable, match="disk I/O"):
        SqliteLog(path)


def test_a_disk_without_shared_memory_is_refused(path, monkeypatch):
    """WAL needs it; network file systems have none."""

    class Distant(sqlite3.Connection):
        def execute(self, statement, values=()):
            return super().execute(statement.replace("WAL", "DELETE"), values)

    real = sqlite3.connect
    monkeypatch.setattr(
        connecting.sqlite3, "connect", lambda *a, **k: real(*a, factory=Distant, **k)
    )
    with pytest.raises(LogUnusable, match="shared memory"):
        SqliteLog(path)


def test_a_write_back_that_fails_at_start_is_told(path, monkeypatch):
    """Unless it is for want of room: then what there is can be read all the same."""

    class Failing(sqlite3.Connection):
        code = sqlite3.SQLITE_FULL

        def execute(self, statement, values=()):
            if "wal_checkpoint" in statement:
                error = sqlite3.OperationalError("it failed")
                error.sqlite_errorcode = self.code
                raise error
            return super().execute(statement, values)

    real = sqlite3.connect
    monkeypatch.setattr(
        connecting.sqlite3, "connect", lambda *a, **k: real(*a, factory=Failing, **k)
    )
    SqliteLog(path).close()
    Failing.code = sqlite3.SQLITE_IOERR_FSYNC
    with pytest.raises(LogUnusable, match="it failed"):
        SqliteLog(path)


def test_windows_keeps_the_names_in_a_folder_itself(tmp_path, monkeypatch):
    """Where no folder can be opened, none is."""
    monkeypatch.setattr(connecting.sys, "platform", "win32")
    connecting.sync_folder(tmp_path / "nowhere")


def test_an_old_sqlite_is_refused(path, monkeypatch):
    """Before anything is made."""
    monkeypatch.setattr(connecting.sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(LogUnusable, match="too old"):
        SqliteLog(path)
    assert not path.exists()


def test_a_file_is_held_by_nobody_else(path):
    """A tool that writes at the same time is waited for, and then it breaks the log."""
    log = SqliteLog(path)
    log._execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogBroken, match="locked"):
        log.accept([Talk().said()])
    other.close()
    log.close()
