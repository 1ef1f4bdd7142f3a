"""JOIN and what follows from being in a room."""

from __future__ import annotations

from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from irc.names import RoomKey, is_valid_room, room_key
from server.core.effects import Subscribe
from server.core.facts import Joined, RoomCreated
from server.core.turn import Refusal, Turn
from server.core.world import Room


def join(turn: Turn, message: Message) -> None:
    """JOIN <room>{,<room>}"""
    for name in message.params[0].split(","):
        try:
            join_room(turn, name)
        except Refusal as refusal:
            turn.refuse(refusal)


def join_room(turn: Turn, name: str) -> None:
    """Bring the user into a room, making it when there is none."""
    key = room_key(name)
    if not is_valid_room(name, turn.world.settings.room_name_bytes_max):
        raise Refusal(numerics.ERR_NOSUCHCHANNEL, name, "No such channel")
    user = turn.user
    room = turn.world.rooms.get(key)
    if room is not None and user.id in room.members:
        return
    flags = ""
    if room is None:
        turn.record(RoomCreated(name, frozenset("nt"), turn.stamp.at_ms))
        room = turn.world.rooms[key]
        flags = "o"
    turn.record(Joined(user.id, key, flags))
    line = replace(turn.line(user, "JOIN", room.name), extended=(user.account or "*", user.realname))
    turn.broadcast(key, line)
    for session in user.sessions:
        turn.effect(Subscribe(session, key))
    turn.reply_line(line)
    names_of(turn, key, room)


def names_of(turn: Turn, key: RoomKey, room: Room) -> None:
    """RPL_NAMREPLY lines and their end."""
    line: list[str] = []
    size = 0
    for member, flags in turn.world.members_of(room):
        word = ("@" if "o" in flags else "+" if "v" in flags else "") + member.nick
        if size + len(word.encode()) + 1 > 400:
            turn.reply(numerics.RPL_NAMREPLY, "=", room.name, " ".join(line))
            line, size = [], 0
        line.append(word)
        size += len(word.encode()) + 1
    if line:
        turn.reply(numerics.RPL_NAMREPLY, "=", room.name, " ".join(line))
    turn.reply(numerics.RPL_ENDOFNAMES, room.name, "End of /NAMES list")
