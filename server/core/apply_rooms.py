"""Part of `apply`: to whom rooms belong, what they are called, and how one is taken away.

The same rules hold: nothing is refused here, nothing decided.
"""

from __future__ import annotations

from irc.names import NickKey, RoomKey, room_key
from server.core import apply_masks, facts
from server.core.facts import Conversation
from server.core.world import Room, World


def founded(world: World, fact: facts.RoomFounded) -> None:
    """A room that is there already keeps its name, its modes and who is in it."""
    room = world.rooms.get(fact.room)
    if room is None:
        room = world.rooms[fact.room] = Room(fact.name, fact.at_ms, fact.modes)
    _give(world, room, fact.founder)


def owner_changed(world: World, fact: facts.RoomOwnerChanged) -> None:
    """Who is in it keeps the letters they have."""
    _give(world, world.rooms[fact.room], fact.founder)


def _give(world: World, room: Room, founder: NickKey) -> None:
    """Make it the account's ("": nobody's), and count."""
    owned = world.owned
    if room.founder:
        before = NickKey(room.founder)
        owned[before] -= 1
        if not owned[before]:
            del owned[before]
    room.founder = founder
    if founder:
        owned[founder] = owned.get(founder, 0) + 1


def access_changed(world: World, fact: facts.RoomAccessChanged) -> None:
    """Who is in the room keeps the letters they have."""
    access = world.rooms[fact.room].access
    if fact.flags:
        access[fact.account] = fact.flags
    else:
        access.pop(fact.account, None)


def renamed(world: World, fact: facts.RoomRenamed) -> None:
    """Its messages, markers, members and invitations follow."""
    old, new = fact.room, room_key(fact.name)
    room = world.rooms[old]
    room.name, room.renamed_at_ms = fact.name, fact.at_ms
    if new == old:
        return
    world.rooms[new] = world.rooms.pop(old)
    apply_masks.remind(world, new, room)
    _move_talk(world, Conversation(new), Conversation(fact.aside))
    _move_talk(world, Conversation(old), Conversation(new))
    _move_talk(world, Conversation(fact.back), Conversation(old))
    for user in room.members:
        rooms = world.users[user].rooms
        del rooms[old]
        rooms[new] = None
    for user in room.invited:
        invited = world.users[user].invited
        invited.discard(old)
        invited.add(new)


def _move_talk(world: World, old: Conversation, new: Conversation) -> None:
    """Nothing happens where nothing was said."""
    if old in world.sequences:
        world.sequences[new] = world.sequences.pop(old)
    if old in world.markers:
        world.markers[new] = world.markers.pop(old)


def removed(world: World, fact: facts.RoomRemoved) -> None:
    """Nobody is in it any more, or invited. Who is just being told who was is told no more."""
    room = world.rooms.pop(fact.room)
    _give(world, room, NickKey(""))
    for user in room.members:
        del world.users[user].rooms[fact.room]
    room.members.clear()
    room.ranked.clear()
    for user in room.invited:
        world.users[user].invited.discard(fact.room)


def aside_of(key: RoomKey, unique: str) -> str:
    """A name for what was said in a room that is no more: no room can have a space in its own."""
    return f"{key} {unique}"
