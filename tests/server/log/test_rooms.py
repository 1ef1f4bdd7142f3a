"""What history.db keeps of rooms as a whole (server/log/rooms.py). The promise: contract.py."""

import pytest

from irc.names import NickKey, RoomKey
from server.core import facts
from server.log.care import check
from server.log.erasing import erase
from server.log.renaming import has_traces, renamed
from server.log.retention import EXPIRE_ROWS
from tests.support.log_engines import ROOM, SqliteEngine, Talk, texts

TEA = RoomKey("#tea")
BOB = NickKey("bob")
ACCESS = facts.RoomAccessChanged(TEA, BOB, "o")


@pytest.fixture
def engine(tmp_path):
    """With a room in which bob is an operator."""
    engine = SqliteEngine(tmp_path)
    engine.log.restore()
    founded = facts.RoomFounded(TEA, "#Tea", NickKey("ana"), frozenset("nt"), 5)
    engine.log.accept([founded, facts.MaskAdded(TEA, "b", "x", "Ana", 8), ACCESS])
    yield engine
    engine.close()


def remembered(engine):
    """Who has which letters."""
    found = engine.log.restore().facts
    return [fact for fact in found if isinstance(fact, facts.RoomAccessChanged)]


def test_a_file_is_whole_after_a_renaming(engine):
    """No row names a row that is not there, and messages go on counting, in the same batch too."""
    talk = Talk()
    engine.log.accept(
        [
            talk.said("one"),
            facts.RoomRenamed(TEA, "#green", "#green 1", 9),
            talk.said("two", room=facts.Conversation("#green"), seq=2),
            facts.RoomRenamed(RoomKey("#green"), "#tea", "#tea 2", 10),
            talk.said("three", room=ROOM, seq=3),
        ]
    )
    assert texts(engine.reader.latest(ROOM, 9)) == ["one", "two", "three"]
    assert check(engine.path) == []
    engine.log.accept([facts.RoomRemoved(TEA, forgets=False)])
    assert check(engine.path) == []


def test_what_is_forgotten_goes_a_few_at_a_time(engine):
    """A step of `tidy` is a moment; what is said meanwhile under that name stays."""
    talk = Talk()
    engine.log.accept([talk.said(str(number)) for number in range(2 * EXPIRE_ROWS + 1)])
    engine.settle()
    engine.log.accept([facts.RoomRemoved(TEA, forgets=True), talk.said("new")])
    assert engine.log.tidy(10**12)
    left = len(engine.reader.latest(ROOM, 1000))
    assert left > EXPIRE_ROWS
    engine.settle()
    assert texts(engine.reader.latest(ROOM, 1000)) == ["new"]
    assert check(engine.path) == []
    engine.reopen()
    assert engine.log.restore().sequences == {ROOM: 2 * EXPIRE_ROWS + 2}


def test_an_erased_account_has_no_letters(engine):
    """A new account of the name would have them."""
    engine.close()
    erase(engine.path, BOB)
    engine.open()
    assert remembered(engine) == []


def test_a_renamed_account_keeps_its_letters(engine):
    """And leaves nothing to whoever has the old name next."""
    engine.close()
    with renamed(engine.path, BOB, "Robert"):
        pass
    assert not has_traces(engine.path, BOB)
    engine.open()
    assert remembered(engine) == [facts.RoomAccessChanged(TEA, NickKey("robert"), "o")]
