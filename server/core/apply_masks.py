"""Part of `apply`: the mask lists of rooms, when their entries end, and who has to wait to speak.

The same rules hold: nothing is refused here, nothing decided.
"""

from __future__ import annotations

from heapq import heapify, heappush

from irc.names import RoomKey, fold
from server.core import facts
from server.core.world import MASK_DEADLINE, Deadline, MaskEntry, Room, World

DEADLINES_MIN = 1024
"""Below so many deadlines nobody looks for those that are about nothing any more."""


def added(world: World, fact: facts.MaskAdded) -> None:
    """A mask that is there already keeps its place in the list."""
    room, folded = world.rooms[fact.room], fold(fact.mask)
    masks = room.masks.setdefault(fact.letter, {})
    masks[folded] = MaskEntry(fact.mask, fact.setter, fact.at_ms, fact.until_ms)
    room.edition += 1
    if fact.until_ms:
        _push(world, (fact.until_ms, MASK_DEADLINE, (fact.room, fact.letter, folded)))


def removed(world: World, fact: facts.MaskRemoved) -> None:
    """An empty list is none."""
    room = world.rooms[fact.room]
    room.edition += 1
    masks = room.masks[fact.letter]
    del masks[fold(fact.mask)]
    if not masks:
        del room.masks[fact.letter]


def remind(world: World, key: RoomKey, room: Room) -> None:
    """Have the room's masks that end by themselves looked at when they do: it has a new key."""
    for letter, masks in room.masks.items():
        for folded, entry in masks.items():
            if entry.until_ms:
                _push(world, (entry.until_ms, MASK_DEADLINE, (key, letter, folded)))


def _push(world: World, deadline: Deadline) -> None:
    """Keep a deadline. It stays when its mask goes.

    Whenever there are twice as many as there were of use, those of no use are let go: so setting
    and lifting bans for ever fills nothing.
    """
    deadlines = world.deadlines
    heappush(deadlines, deadline)
    if len(deadlines) > world.deadlines_max:
        deadlines[:] = {each: None for each in deadlines if is_of_use(world, each)}
        heapify(deadlines)
        world.deadlines_max = max(DEADLINES_MIN, 2 * len(deadlines))


def is_of_use(world: World, deadline: Deadline) -> bool:
    """Whether something still ends then; what is not about masks is taken to."""
    until_ms, kind, name = deadline
    if kind != MASK_DEADLINE:
        return True
    room = world.rooms.get(RoomKey(name[0]))
    entry = None if room is None else room.masks.get(name[1], {}).get(name[2])
    return entry is not None and entry.until_ms == until_ms


def pace_changed(world: World, fact: facts.RoomPaceChanged) -> None:
    """Who has to wait is known from when they spoke."""
    world.rooms[fact.room].pace_s = fact.pace_s


def pace_taken(world: World, fact: facts.PaceTaken) -> None:
    """Who need not wait any more is forgotten: the longest ago come first."""
    room = world.rooms[fact.room]
    paced = room.paced
    paced.pop(fact.who, None)
    if fact.at_ms:
        paced[fact.who] = fact.at_ms
        while (first := next(iter(paced))) != fact.who:
            if paced[first] + room.pace_s * 1000 > fact.at_ms:
                break
            del paced[first]
