"""RENAME: another name for a room, with everybody in it and everything that was said.

Clients with the capability are told by RENAME; to all others it looks as if they had left the one
room and joined the other. What was said in an earlier room of the new name is put aside: the people
here must not find it. Source: IRCv3 draft/channel-rename.
"""

from __future__ import annotations

from collections.abc import Iterator

from irc import caps, numerics
from irc.message import Message
from irc.names import RoomKey, is_valid_room, room_key
from server.core.apply_rooms import aside_of
from server.core.commands.joining import head_lines
from server.core.commands.room_lists import name_words
from server.core.commands.rooms import clip, room_of_manager
from server.core.effects import Outgoing, Subscribe, Unsubscribe
from server.core.facts import RoomRenamed
from server.core.turn import Refusal, Turn, fill_lines
from server.core.world import Room, Session, User

RENAME_PAUSE_S = 60
"""Between two names of a room: for clients that do not know the capability each one is a burst."""

SESSIONS_MAX = 500
"""In a room with more sessions only operators of the server rename: everybody is told at once."""
FALLBACKS_MAX = 50
"""So many of them may not know the capability: each is shown a whole room, and up to this many take
the hub about a millisecond."""
FALLBACKS_OF_OPERATORS_MAX = 1000
"""Beyond this the hub would be held up for a second, so nobody renames the room."""


def rename(turn: Turn, message: Message) -> None:
    """RENAME <room> <new name> [<reason>]"""
    old_name, new_name = message.params[:2]
    key, room = room_of_manager(turn, old_name)
    _check(turn, key, room, new_name)
    reason = message.params[2] if len(message.params) > 2 else ""
    reason = clip(reason, turn.world.settings.kick_bytes_max)
    told = turn.line(turn.user, "RENAME", room.name, new_name, reason)
    left = (room.name, reason) if reason else (room.name,)
    aside = aside_of(room_key(new_name), turn.stamp.id)
    turn.act("RENAME", new_name, room.name, reason)
    turn.record(RoomRenamed(key, new_name, aside, turn.stamp.at_ms))
    new_key = room_key(new_name)
    if new_key != key:
        _move_subscriptions(turn, key, new_key, room)
    names: dict[int, list[str]] = {}
    for member, _flags in turn.world.members_of(room):
        for session in member.sessions.values():
            if session.has(caps.CHANNEL_RENAME):
                _show(turn, session, told)
            elif new_key != key:
                _show(turn, session, turn.line(member, "PART", *left))
                for line in _as_joined(turn, session, member, room, names):
                    _show(turn, session, line)
    if turn.user.id not in room.members:
        turn.reply_line(told)
    turn.note([new_key], told)


def _check(turn: Turn, key: RoomKey, room: Room, new_name: str) -> None:
    """See to it that the room may have the name.

    Raises:
        Refusal: It may not.
    """
    world, new_key = turn.world, room_key(new_name)
    asked = (room.name, new_name)
    if not is_valid_room(new_name, world.settings.room_name_bytes_max):
        raise _cannot(*asked, "That cannot be the name of a channel")
    if new_name == room.name or (new_key != key and _is_taken(turn, new_key)):
        text = "The channel name is already taken"
        raise Refusal("FAIL", "RENAME", "CHANNEL_NAME_IN_USE", *asked, text)
    if world.is_default_room(key):
        raise _cannot(*asked, "This channel has its name from the configuration of the server")
    is_operator = turn.user.is_operator
    if not is_operator and turn.stamp.at_ms < room.renamed_at_ms + RENAME_PAUSE_S * 1000:
        raise _cannot(*asked, "This channel has been renamed recently")
    most = FALLBACKS_OF_OPERATORS_MAX if is_operator else FALLBACKS_MAX
    most_known = None if is_operator else SESSIONS_MAX
    if _are_too_many(turn, room, most if new_key != key else None, most_known):
        raise _cannot(*asked, "Too many people in this channel would have to be told")


def _are_too_many(turn: Turn, room: Room, unknown_max: int | None, most: int | None) -> bool:
    """Whether more sessions than these do not know the capability, or there are more in all."""
    unknown = total = 0
    for member, _flags in turn.world.members_of(room):
        for session in member.sessions.values():
            total += 1
            unknown += not session.has(caps.CHANNEL_RENAME)
            if most is not None and total > most:
                return True
            if unknown_max is not None and unknown > unknown_max:
                return True
    return False


def _is_taken(turn: Turn, key: RoomKey) -> bool:
    return key in turn.world.rooms or turn.world.is_default_room(key)


def _cannot(old: str, new: str, text: str) -> Refusal:
    return Refusal("FAIL", "RENAME", "CANNOT_RENAME", old, new, text)


def _move_subscriptions(turn: Turn, old: RoomKey, new: RoomKey, room: Room) -> None:
    for member, _flags in turn.world.members_of(room):
        for session in member.sessions.values():
            turn.effect(Unsubscribe(session.id, old))
            if turn.world.may_hear(session, new):
                turn.effect(Subscribe(session.id, new))


def _as_joined(
    turn: Turn, session: Session, member: User, room: Room, names: dict[int, list[str]]
) -> Iterator[Outgoing]:
    """What a client that does not know RENAME is shown: as if it had joined the room just now.

    `names` has the names as they are for each set of capabilities, made once.
    """
    yield from head_lines(turn, session, member, room)
    if session.has(caps.NO_IMPLICIT_NAMES):
        return
    kind = session.caps & (caps.MULTI_PREFIX | caps.USERHOST_IN_NAMES)
    if kind not in names:
        words = name_words(turn, session, room)
        widest = "x" * max(len(user.nick.encode()) for user, _flags in turn.world.members_of(room))
        head = turn.line(None, numerics.RPL_NAMREPLY, widest, "=", room.name)
        names[kind] = [line.params[-1] for line in fill_lines(head, words)]
    symbol = "@" if "s" in room.modes else "="
    for text in names[kind]:
        yield turn.line(None, numerics.RPL_NAMREPLY, member.nick, symbol, room.name, text)
    end = (room.name, "End of /NAMES list")
    yield turn.line(None, numerics.RPL_ENDOFNAMES, member.nick, *end)


def _show(turn: Turn, session: Session, line: Outgoing) -> None:
    if session.id == turn.session.id:
        turn.reply_line(line)
    else:
        turn.send(session.id, line)
