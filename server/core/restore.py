"""What a start makes of what the log remembers: facts that can be applied to an empty world.

The log keeps the settings of every room that had some. A room that nobody founded and that is no
default room has ended since, at the latest with the process, so its settings are nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator

from irc.names import room_key
from server.core import facts
from server.core.history import Restored
from server.core.modes import NEW_ROOM_MODES
from server.core.settings import Settings

_OF_ROOMS = (
    facts.TopicChanged,
    facts.RoomFlagChanged,
    facts.RoomKeyChanged,
    facts.RoomLimitChanged,
    facts.RoomPaceChanged,
    facts.MaskAdded,
    facts.RoomAccessChanged,
    facts.RoomMetadataChanged,
)


def restored_facts(settings: Settings, restored: Restored) -> Iterator[facts.Fact]:
    """The facts in their order, with default rooms made, and without rooms that have ended."""
    missing = {room_key(name): name for name in settings.default_rooms}
    there = set()
    for fact in restored.facts:
        if isinstance(fact, facts.RoomFounded):
            if not fact.founder:  # it was given up, or its founder erased
                if fact.room not in missing:
                    continue
                fact = facts.RoomCreated(missing[fact.room], fact.modes, fact.at_ms)
                there.add(room_key(fact.name))
            else:
                there.add(fact.room)
        elif isinstance(fact, _OF_ROOMS):
            if fact.room not in there and fact.room in missing:
                yield facts.RoomCreated(missing[fact.room], NEW_ROOM_MODES, restored.at_ms)
                there.add(fact.room)
            if fact.room not in there:
                continue
        yield fact
