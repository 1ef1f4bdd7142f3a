"""chat-admin's functions: check, backup, export, statistics (server/log/care.py)."""

import json
import sqlite3
import stat
import sys

import pytest

from irc.names import NickKey
from server.log import care
from server.log.connecting import FILE_NAME
from server.log.errors import LogUnusable
from server.log.retention import Retention
from tests.support.log_engines import OTHER, PAIR, ROOM, SqliteEngine, Talk, texts


@pytest.fixture
def engine(tmp_path):
    """A small chat beside which the functions work, as beside a running server."""
    engine, talk = SqliteEngine(tmp_path), Talk(1_700_000_000_000)
    engine.talk = talk
    engine.log.accept(
        [
            talk.said("one", client_tags="+a=b", once="once-0001"),
            talk.event("JOIN"),
            talk.said("two", by="Bob"),
            talk.said("to Bob", room=PAIR),
            talk.said("to Ana", room=PAIR, by="Bob"),
            talk.said("elsewhere", room=OTHER, account=""),
            talk.redacted("m3", reason="oops"),
        ]
    )
    yield engine
    engine.close()


def test_statistics(engine):
    """What there is, and how far the index has come."""
    stats = care.stats(engine.path)
    assert (stats.messages, stats.events, stats.redacted) == (5, 1, 1)
    assert (stats.conversations, stats.accounts, stats.not_indexed) == (3, 2, 6)
    assert (stats.oldest_ms, stats.newest_ms) == (1_700_000_000_001, 1_700_000_000_006)
    assert stats.file_bytes > 4096
    engine.settle()
    assert care.stats(engine.path).not_indexed == 0


def test_statistics_of_nothing(tmp_path):
    """An empty log has no times."""
    SqliteEngine(tmp_path).close()
    stats = care.stats(tmp_path / FILE_NAME)
    assert (stats.messages, stats.oldest_ms, stats.newest_ms) == (0, 0, 0)


def test_a_sound_log_has_no_findings(engine):
    """Also with several messages at one time, and after retention has taken the oldest away."""
    engine.log.accept([engine.talk.said(at_ms=engine.talk.at_ms) for _ in range(2)])
    engine.settle()
    assert care.check(engine.path) == []
    engine.log.retention = Retention(messages_per_conversation_max=1)
    engine.settle()
    assert care.check(engine.path) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM messages WHERE msgid = 'm1'", "1 messages have the numbers 1 to 2 of #tea"),
        ("UPDATE messages SET seq = 9 WHERE msgid = 'm3'", "2 messages have the numbers 1 to 9"),
        ("UPDATE messages SET at_ms = 1 WHERE msgid = 'm3'", "the time runs back at row 3"),
        ("DELETE FROM names WHERE name = '#tea'", "row 1 of messages names a row of names"),
        (
            "UPDATE sqlite_schema SET sql = replace(sql, '(msgid)', '(text)')",
            "missing from index messages_by_msgid",
        ),
    ],
)
def test_what_is_wrong_is_found(engine, statement, finding):
    """Numbers with a gap, times that run back, rows that name nothing, a broken index."""
    engine.close()
    connection = sqlite3.connect(engine.path)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert any(finding in found for found in care.check(engine.path))


def test_findings_are_bounded(engine, monkeypatch):
    """A hundred say enough."""
    monkeypatch.setattr(care, "FINDINGS_MAX", 2)
    engine.close()
    connection = sqlite3.connect(engine.path)
    connection.execute("DELETE FROM names")
    connection.commit()
    connection.close()
    assert len(care.check(engine.path)) == 2


def test_what_cannot_be_read_is_a_finding(engine):
    """However far the check came."""
    talk = engine.talk
    engine.log.accept([talk.said("x" * 300) for _ in range(500)])
    engine.close()
    octets = bytearray(engine.path.read_bytes())
    middle = len(octets) // 2
    octets[middle:] = b"\xff" * (len(octets) - middle)
    engine.path.write_bytes(octets)
    assert any("cannot be read" in finding for finding in care.check(engine.path))


def test_a_backup_is_a_log(engine, tmp_path):
    """One file, of this moment, private; it can take the place of the other."""
    target = tmp_path / "backup.db"
    care.backup(engine.path, target)
    engine.log.accept([engine.talk.said("later")])

    assert sorted(path.name for path in tmp_path.glob("backup*")) == ["backup.db"]
    if sys.platform != "win32":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert care.check(target) == []
    place = tmp_path / "other"
    place.mkdir()
    target.rename(place / FILE_NAME)
    other = SqliteEngine(place)
    assert texts(other.reader.latest(ROOM, 9)) == ["one", ""]
    assert other.log.restore().sequences == {ROOM: 2, PAIR: 2, OTHER: 1}
    other.close()


def test_a_backup_replaces_nothing(engine, tmp_path):
    """Whatever has that name stays."""
    target = tmp_path / "backup.db"
    target.write_text("precious")
    with pytest.raises(LogUnusable, match="already"):
        care.backup(engine.path, target)
    assert target.read_text() == "precious"


def test_a_backup_that_fails_leaves_nothing(engine, tmp_path, monkeypatch):
    """No half of a file that somebody might trust; what an earlier one left is no hindrance."""
    target = tmp_path / "backup.db"
    (tmp_path / "backup.db.part").write_text("left behind")

    def fail(_folder):
        raise OSError("no room")

    monkeypatch.setattr(care, "sync_folder", fail)
    with pytest.raises(LogUnusable, match="no room") as caught:
        care.backup(engine.path, target)
    assert caught.value.hint
    assert not (tmp_path / "backup.db.part").exists()
    with pytest.raises(LogUnusable):
        care.backup(engine.path, tmp_path / "nowhere" / "backup.db")
    with pytest.raises(LogUnusable):
        care.backup(tmp_path / "nothing.db", tmp_path / "copy.db")


def test_an_export_has_everything_in_order(engine, monkeypatch):
    """One dict each, ready for JSON, however many are read at a time."""
    monkeypatch.setattr(care, "EXPORT_ROWS", 2)
    entries = list(care.export(engine.path))
    assert [entry["msgid"] for entry in entries] == ["m1", "m2", "m3", "m4", "m5", "m6"]
    assert entries[0] == {
        "time": "2023-11-14T22:13:20.001Z",
        "conversation": "#tea",
        "seq": 1,
        "msgid": "m1",
        "source": "Ana!ana@user/Ana",
        "account": "Ana",
        "command": "PRIVMSG",
        "params": ["#tea", "one"],
        "tags": "+a=b",
    }
    assert entries[2]["redacted"] == {
        "source": "Op!op@user/Op",
        "reason": "oops",
        "time": "2023-11-14T22:13:20.007Z",
    }
    assert json.dumps(entries)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"conversation": ROOM}, ["m1", "m2", "m3"]),
        ({"conversation": PAIR}, ["m4", "m5"]),
        ({"account": NickKey("ana")}, ["m1", "m4", "m5"]),
        ({"account": NickKey("bob"), "conversation": ROOM}, ["m2", "m3"]),
        ({"account": NickKey("nobody")}, []),
    ],
)
def test_an_export_of_a_part(engine, wanted, found):
    """A room, or what an account said with both sides of its direct conversations."""
    assert [entry["msgid"] for entry in care.export(engine.path, **wanted)] == found
