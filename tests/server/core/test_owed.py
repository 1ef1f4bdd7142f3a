"""What a full log is told later (server/core/owed.py)."""

from server.core import facts, owed
from server.core.owed import Owed

MADE = facts.RoomFounded("#a", "#a", "ana", frozenset(), 1)
REMOVED = facts.RoomRemoved("#a", True)
ENDED, B_ENDED, C_ENDED = (facts.RoomEnded(name) for name in ("#a", "#b", "#c"))


def test_only_the_last_making_of_a_room_counts():
    """Making a room again and again fills nothing; a removal with its history stays."""
    due = Owed()
    topic = facts.TopicChanged("#a", "x", "ana", 1)

    due.add([ENDED, MADE, REMOVED, topic, ENDED, MADE])
    due.add([ENDED, B_ENDED])

    assert list(due) == [REMOVED, ENDED, B_ENDED]
    due.clear()
    assert list(due) == []


def test_rooms_beyond_the_limit_are_not_known_after_a_restart(monkeypatch):
    """Those that are in mind already go on being so."""
    monkeypatch.setattr(owed, "ROOMS_MAX", 2)
    due = Owed()

    due.add([ENDED, B_ENDED, C_ENDED, MADE])

    assert list(due) == [ENDED, MADE, B_ENDED]
