"""The opposite of a fact, asked before it is applied: how the world takes back what was not kept.

When a batch cannot be kept (the disk is full) its promised facts have not happened: the hub applies
their opposites, last first, and the senders are told. Opposites are facts like any other, so that a
replay of everything that was applied still gives an equal world.
"""

from __future__ import annotations

from irc.names import fold
from server.core import facts
from server.core.world import World

INVERTIBLE = (*facts.PROMISED, facts.MemberFlagChanged)
"""What a command that changes something promised may record."""


def opposite(world: World, fact: facts.Fact) -> facts.Fact:
    """The fact that takes `fact` back. Only for `INVERTIBLE` ones, before they are applied."""
    match fact:
        case facts.Said():
            before = world.sequences.get(fact.conversation, 0)
            return facts.SequenceRestored(fact.conversation, before)
        case facts.MemberFlagChanged():
            return facts.MemberFlagChanged(fact.room, fact.user, fact.letter, not fact.on)
        case facts.RoomFlagChanged():
            return facts.RoomFlagChanged(fact.room, fact.letter, not fact.on)
        case _:
            return _of_setting(world, fact)


def _of_setting(world: World, fact: facts.Fact) -> facts.Fact:
    match fact:
        case facts.TopicChanged():
            room = world.rooms[fact.room]
            return facts.TopicChanged(fact.room, room.topic, room.topic_setter, room.topic_at_ms)
        case facts.RoomKeyChanged():
            return facts.RoomKeyChanged(fact.room, world.rooms[fact.room].key)
        case facts.RoomLimitChanged():
            return facts.RoomLimitChanged(fact.room, world.rooms[fact.room].limit)
        case facts.MaskAdded():
            return facts.MaskRemoved(fact.room, fact.letter, fact.mask)
        case facts.MaskRemoved():
            entry = world.rooms[fact.room].masks[fact.letter][fold(fact.mask)]
            return facts.MaskAdded(fact.room, fact.letter, entry.mask, entry.setter, entry.at_ms)
        case _:
            raise TypeError(f"{type(fact).__name__} cannot be taken back")
