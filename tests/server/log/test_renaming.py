"""An account's other name: server/log/renaming.py."""

import sqlite3

import pytest

from irc.names import NickKey, RoomKey
from server.core import facts
from server.core.facts import Conversation, conversation_of
from server.log import care, schema
from server.log.connecting import FILE_NAME
from server.log.erasing import erase
from server.log.errors import LogUnusable
from server.log.renaming import NameHasHistory, has_traces, renamed
from tests.support.log_engines import PAIR, ROOM, SqliteEngine, Talk, ids

ANA, BOB, ZOE = NickKey("ana"), NickKey("bob"), NickKey("zoe")
ALONE = conversation_of(ANA, ANA)
TEA = RoomKey("#tea")


@pytest.fixture
def engine(tmp_path):
    """Ana was everywhere; Bob has words of his own with Carl. Closed: nobody writes."""
    engine, talk = SqliteEngine(tmp_path), Talk()
    engine.log.accept(
        [
            facts.RoomFounded(TEA, "#Tea", ANA, frozenset("n"), 1),
            talk.said("in the room", once="once-0001"),  # m1
            talk.said("to Bob", room=PAIR, target="Bob"),
            talk.said("to Ana", room=PAIR, by="Bob", target="Ana"),
            talk.said("to myself", room=ALONE, target="Ana"),
            talk.said("to Carl", room=Conversation("bob,carl"), by="Bob"),  # m5
            facts.MarkerMoved(ANA, PAIR, 5),
            facts.MarkerMoved(BOB, PAIR, 6),
            facts.AccountSeen(ANA, 7),
            facts.AccountMetadataChanged(ANA, "url", "x"),
        ]
    )
    engine.settle()
    engine.close()
    yield engine
    engine.close()


def test_everything_of_it_goes_along(engine):
    """Private messages with their numbers, markers, ids of its own, rooms, when it was here."""
    with renamed(engine.path, ANA, "Zoe"):
        pass
    engine.open()
    pair = conversation_of(BOB, ZOE)
    assert ids(engine.reader.latest(pair, 9)) == ["m2", "m3"]
    assert [one.seq for one in engine.reader.latest(pair, 9)] == [1, 2]
    assert sorted(engine.reader.direct(ZOE)) == ["bob,zoe", "zoe,zoe"]
    assert ids(engine.reader.latest(conversation_of(ZOE, ZOE), 9)) == ["m4"]
    found = engine.log.find_once(ZOE, "once-0001")
    assert (found.msgid, found.account) == ("m1", "Zoe")
    restored = engine.log.restore()
    assert restored.sequences == {ROOM: 1, pair: 2, "zoe,zoe": 1, "bob,carl": 1}
    assert set(restored.facts) == {
        facts.RoomFounded(TEA, "#Tea", ZOE, frozenset("n"), 1),
        facts.AccountSeen(ZOE, 7),
        facts.MarkerMoved(ZOE, pair, 5),
        facts.MarkerMoved(BOB, pair, 6),
        facts.AccountMetadataChanged(ZOE, "url", "x"),
    }
    assert care.check(engine.path) == []


def test_whoever_has_the_old_name_next_finds_nothing(engine):
    """That is what makes a rename safe."""
    with renamed(engine.path, ANA, "Zoe"):
        pass
    assert not has_traces(engine.path, ANA)
    assert has_traces(engine.path, ZOE)
    engine.open()
    assert engine.reader.direct(ANA) == []
    assert engine.reader.latest(PAIR, 9) == []
    assert engine.log.find_once(ANA, "once-0001") is None


def test_a_ban_of_the_account_goes_along(engine):
    """And does not come twice, if the new name was banned already."""
    engine.open()
    engine.log.accept(
        [
            facts.MaskAdded(TEA, "b", "~a:Ana", "Bob", 8),
            facts.MaskAdded(TEA, "b", "~a:zoe", "Bob", 8, 99),
            facts.MaskAdded(TEA, "b", "~m:~a:ana", "Bob", 8),
            facts.MaskAdded(TEA, "e", "~a:ANA", "Bob", 8, 77),
            facts.MaskAdded(TEA, "b", "~a:anastasia", "Bob", 8),
        ]
    )
    engine.close()
    with renamed(engine.path, ANA, "Zoe"):
        pass
    engine.open()
    masks = {fact for fact in engine.log.restore().facts if isinstance(fact, facts.MaskAdded)}
    assert masks == {
        facts.MaskAdded(TEA, "b", "~a:Zoe", "Bob", 8),
        facts.MaskAdded(TEA, "b", "~m:~a:Zoe", "Bob", 8),
        facts.MaskAdded(TEA, "e", "~a:Zoe", "Bob", 8, 77),
        facts.MaskAdded(TEA, "b", "~a:anastasia", "Bob", 8),
    }


def test_others_are_not_touched(engine):
    """Neither their conversations nor what stood in the room."""
    with renamed(engine.path, ANA, "Zoe"):
        pass
    engine.open()
    assert ids(engine.reader.latest(Conversation("bob,carl"), 9)) == ["m5"]
    assert engine.reader.find("m1").source == "Ana!ana@user/Ana"


def test_only_another_way_to_write_it(engine):
    """The key is the same, so only the name changes."""
    with renamed(engine.path, ANA, "ANA"):
        pass
    engine.open()
    assert engine.reader.find("m1").account == "ANA"
    assert ids(engine.reader.latest(PAIR, 9)) == ["m2", "m3"]


@pytest.mark.parametrize("name", ["Bob", "Carl"])
def test_a_name_with_a_past_is_refused(engine, name):
    """Two conversations with the same person would have each number twice."""
    with pytest.raises(NameHasHistory, match="earlier account"), renamed(engine.path, ANA, name):
        pytest.fail("nothing may happen")
    engine.open()
    assert ids(engine.reader.latest(PAIR, 9)) == ["m2", "m3"]


def test_what_fails_in_between_changes_nothing(engine):
    """The block is part of it: the accounts file may refuse."""
    with pytest.raises(OSError, match="no"), renamed(engine.path, ANA, "Zoe"):
        raise OSError("no")
    assert has_traces(engine.path, ANA)
    assert not has_traces(engine.path, ZOE)


def test_a_commit_that_fails_is_told(engine, monkeypatch):
    """As a history that cannot be written."""
    with pytest.raises(LogUnusable, match="disk I/O"), renamed(engine.path, ANA, "Zoe"):
        raise sqlite3.OperationalError("disk I/O error")
    assert has_traces(engine.path, ANA)


def test_a_history_that_is_none(tmp_path):
    """Whether a name has a past cannot be told from another program's file."""
    (tmp_path / FILE_NAME).write_bytes(b"x" * 5000)
    with pytest.raises(LogUnusable):
        has_traces(tmp_path / FILE_NAME, ANA)


def test_a_history_of_an_older_version(tmp_path):
    """It has fewer tables until a server of today has opened it; chat-admin reads it as it is."""
    connection = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    for statement in schema.MIGRATIONS[0]:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("INSERT INTO accounts (key) VALUES ('ana')")
    connection.close()
    assert has_traces(tmp_path / FILE_NAME, ANA)
    assert not has_traces(tmp_path / FILE_NAME, BOB)


def test_somebody_of_whom_nothing_is_kept(engine):
    """Nothing changes, and that is no error."""
    with renamed(engine.path, NickKey("nobody"), "else"):
        pass
    assert not has_traces(engine.path, NickKey("else"))


def test_erasing_it_later_forgets_the_old_name_as_well(engine):
    """Nothing may say who it was, whatever it was called."""
    with renamed(engine.path, ANA, "Zoe"):
        pass
    assert erase(engine.path, ZOE) == 4
    assert b"user/Ana" not in engine.path.read_bytes()
