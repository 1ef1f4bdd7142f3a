"""The opposite of a fact, asked before it is applied: how the world takes back what was not kept.

When a batch cannot be kept (the disk is full) its promised facts have not happened: the hub applies
their opposites, last first, and the senders are told. Opposites are facts like any other, so that a
replay of everything that was applied still gives an equal world.
"""

from __future__ import annotations

from collections.abc import Sequence

from irc.names import NickKey, RoomKey, fold, room_key
from server.core import addresses, facts
from server.core.apply import apply
from server.core.world import World

INVERTIBLE = (*facts.PROMISED, facts.MemberFlagChanged, facts.PaceTaken)
"""What a command that changes something promised may record."""


def take_back(
    world: World, decided: Sequence[tuple[Sequence[facts.Fact], Sequence[facts.Fact]]]
) -> None:
    """Undo what was promised, the last first: the facts of each event, and their opposites.

    What was not promised stays. So a room may be gone by now, and there may be another one of its
    name, or the member may be gone: then there is nothing to take back. A renaming is the last of
    what is undone together (hub.py).
    """
    made: set[RoomKey] = set()
    for done, undo in reversed(decided):
        for fact in undo:
            left = _what_is_left(world, fact, made)
            if left is not None:
                apply(world, left)
        made |= {room_key(fact.name) for fact in done if isinstance(fact, _MAKING)}


_MAKING = (facts.RoomCreated, facts.RoomFounded)


def _what_is_left(world: World, fact: facts.Fact, made: set[RoomKey]) -> facts.Fact | None:
    """What of an opposite still can be; `made` are the rooms that were made after that fact."""
    key = getattr(fact, "room", None)
    if key is not None and (key in made or key not in world.rooms):
        return None
    if isinstance(fact, facts.MemberFlagChanged):
        return fact if fact.user in world.rooms[fact.room].members else None
    return fact


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
        case facts.AddressBanned() | facts.AddressUnbanned():
            ban = world.address_bans.get(addresses.key_of(fact.network))
            if ban is None:
                return facts.AddressUnbanned(fact.network)
            kept = (ban.network, ban.reason, ban.setter, ban.at_ms, ban.until_ms)
            return facts.AddressBanned(*kept)
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
        case facts.RoomPaceChanged():
            return facts.RoomPaceChanged(fact.room, world.rooms[fact.room].pace_s)
        case facts.PaceTaken():
            before_ms = world.rooms[fact.room].paced.get(fact.who, 0)
            return facts.PaceTaken(fact.room, fact.who, before_ms)
        case facts.MaskAdded() | facts.MaskRemoved():
            entry = world.rooms[fact.room].masks.get(fact.letter, {}).get(fold(fact.mask))
            if entry is None:
                return facts.MaskRemoved(fact.room, fact.letter, fact.mask)
            kept = (entry.mask, entry.setter, entry.at_ms, entry.until_ms)
            return facts.MaskAdded(fact.room, fact.letter, *kept)
        case facts.RoomOwnerChanged():
            return facts.RoomOwnerChanged(fact.room, NickKey(world.rooms[fact.room].founder))
        case facts.RoomAccessChanged():
            before = world.rooms[fact.room].access.get(fact.account, "")
            return facts.RoomAccessChanged(fact.room, fact.account, before)
        case facts.AccountMetadataChanged():
            said = world.metadata.get(fact.account, {}).get(fact.key)
            return facts.AccountMetadataChanged(fact.account, fact.key, said)
        case facts.RoomMetadataChanged():
            said = world.rooms[fact.room].metadata.get(fact.key)
            return facts.RoomMetadataChanged(fact.room, fact.key, said)
        case facts.RoomRenamed():
            room, key = world.rooms[fact.room], room_key(fact.name)
            talk = facts.Conversation(key)
            was_used = key != fact.room and (talk in world.sequences or talk in world.markers)
            aside = fact.aside if was_used else ""
            return facts.RoomRenamed(key, room.name, "", room.renamed_at_ms, aside)
        case _:
            raise TypeError(f"{type(fact).__name__} cannot be taken back")
