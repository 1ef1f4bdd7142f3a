"""NAMES and LIST: who is in a room, and which rooms there are. JOIN shows the names, too.

Both may be long and are told piece by piece (stream.py): by ids and keys that were taken at the
beginning, each looked at again when its turn comes. Sources: Modern IRC, "NAMES message" and "LIST
message"; IRCv3 multi-prefix, userhost-in-names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from irc import caps, numerics
from irc.framing import BODY_BYTES_MAX
from irc.message import Message
from irc.names import room_key
from server.core.effects import Outgoing
from server.core.facts import UserId
from server.core.listing import RoomFilter, parse_filter
from server.core.modes import prefix_of
from server.core.permissions import may_see_room, may_see_user
from server.core.stream import Item
from server.core.turn import Turn
from server.core.world import Room, Session, User, World

MEMBERS_PER_LINE_MAX = 250
"""More do not fit into a line; so many are looked at for one line at most, seen or not."""

MEMBERS_PER_ITEM = 4
"""Naming somebody takes about 1 us, a quarter of what an item of a stream may take."""


def names(turn: Turn, message: Message) -> None:
    """NAMES <room>{,<room>}. Without a room it names nobody: LIST and WHO show what there is."""
    settings = turn.world.settings
    wanted = message.params[0].split(",") if message.params else ["*"]
    for name in wanted[: settings.targets_max]:
        room = turn.world.rooms.get(room_key(name))
        if room is not None and may_see_room(turn.user, room):
            turn.stream(names_items(turn, turn.session, room, name))
        else:
            turn.reply(numerics.RPL_ENDOFNAMES, name, "End of /NAMES list")
    for name in wanted[settings.targets_max :]:
        turn.reply(numerics.ERR_TOOMANYTARGETS, name, "Too many targets")


def names_items(turn: Turn, session: Session, room: Room, asked: str = "") -> Iterator[Item]:
    """Who is in the room, as far as the session's user may see them, and the end of the list.

    A line is made in one go, of those who are there then: somebody who leaves between two pieces
    must not be named behind their PART.
    """
    user, name = turn.world.user_of(session), room.name
    members = tuple(room.members)
    at = 0
    while at < len(members):
        symbol = "@" if "s" in room.modes else "="
        head = turn.line(None, numerics.RPL_NAMREPLY, user.nick, symbol, room.name)
        words, following = _take_words(turn.world, session, user, room, head, members, at)
        yield replace(head, params=(*head.params, " ".join(words))) if words else None
        for _ in range((following - at) // MEMBERS_PER_ITEM):
            yield None
        at = following
    yield turn.line(None, numerics.RPL_ENDOFNAMES, user.nick, asked or name, "End of /NAMES list")


def _take_words(
    world: World,
    session: Session,
    user: User,
    room: Room,
    head: Outgoing,
    members: Sequence[UserId],
    start: int,
) -> tuple[list[str], int]:
    """What one line names, from the member at `start`, and where the next one goes on."""
    size = len(f":{head.source} {head.command} {' '.join(head.params)} :\r\n".encode())
    is_member = user.id in room.members
    if not is_member and not may_see_room(user, room):
        return [], len(members)
    words: list[str] = []
    for at in range(start, min(start + MEMBERS_PER_LINE_MAX, len(members))):
        word = _word(world, session, user, room, members[at], is_member=is_member)
        if word:
            word_size = len(word.encode()) + 1  # with the space before it
            if words and size + word_size - 1 > BODY_BYTES_MAX:
                return words, at
            words.append(word)
            size += word_size
    return words, min(start + MEMBERS_PER_LINE_MAX, len(members))


def name_words(turn: Turn, session: Session, room: Room) -> Iterator[str]:
    """Everybody in the room as the session of a member names them, at once."""
    world, user = turn.world, turn.world.user_of(session)
    return (_word(world, session, user, room, each, is_member=True) for each in room.members)


def _word(
    world: World, session: Session, user: User, room: Room, member: UserId, *, is_member: bool
) -> str:
    """The member as they are named; "" for who has left, or is not to be seen."""
    flags = room.members.get(member)
    if flags is None:
        return ""
    who = world.users[member]
    if not is_member and not may_see_user(world, user, who):
        return ""
    named = who.source if session.caps & caps.USERHOST_IN_NAMES else who.nick
    if not flags:
        return named
    return prefix_of(flags, all_of_them=session.has(caps.MULTI_PREFIX)) + named


def list_(turn: Turn, message: Message) -> None:
    """LIST [<room or condition>{,<room or condition>}]: in the order in which they were made."""
    chosen = parse_filter(",".join(message.params[:2]))
    turn.reply(numerics.RPL_LISTSTART, "Channel", "Users  Name")
    turn.stream(_list_items(turn, chosen))


def _list_items(turn: Turn, chosen: RoomFilter) -> Iterator[Item]:
    """One line for each room that fits. A room costs as many items as there are masks to compare
    it with.
    """
    world, user, at_ms = turn.world, turn.user, turn.stamp.at_ms
    keys = tuple(world.rooms) if chosen.has_to_look else tuple(sorted(chosen.keys))
    for key in keys:
        room = world.rooms.get(key)
        for _ in range(chosen.weight):
            yield None
        if room is None or not may_see_room(user, room) or not chosen.matches(key, room, at_ms):
            yield None
        else:
            params = (user.nick, room.name, str(len(room.members)), room.topic)
            yield turn.line(None, numerics.RPL_LIST, *params)
    yield turn.line(None, numerics.RPL_LISTEND, user.nick, "End of /LIST")
