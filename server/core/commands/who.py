"""WHO: who is there, by room, nick or mask, in the classic form and in the one of WHOX.

An answer may be about everybody, so it is a stream: it goes by ids that were there at the
beginning, and shows each one as it is when its turn comes. What is told is what anybody may know:
an address only to operators of the server, no room that is secret to the asker, and in lists nobody
who is invisible (user mode "i") to strangers. Sources: Modern IRC, "WHO message"; IRCv3 whox,
multi-prefix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from irc import caps, numerics
from irc.message import Message
from irc.names import matches_mask, room_key
from server.core.addresses import as_param
from server.core.modes import BOT_MODE, prefix_of
from server.core.permissions import may_see_room, may_see_user
from server.core.stream import Item
from server.core.turn import Turn
from server.core.world import Room, User

TOKEN_DIGITS_MAX = 3
NO_TOKEN = "0"
NO_ADDRESS = "255.255.255.255"
NO_ACCOUNT = "0"
NO_LEVEL = "n/a"
"""What whox wants where there is nothing to tell."""

MASK_CHARS_MAX = 200
"""A longer mask fits nobody, as a ban would not be taken: to understand it costs too much."""

MASK_CHARS_FREE = 32
"""Each further so many characters of a mask count as one more thing visited: so what a piece of
the stream costs has a bound, whatever the mask."""


@dataclass(frozen=True, slots=True)
class Question:
    """What WHO is asked: about whom, only operators or all, and which fields (None: the classic
    form)."""

    mask: str
    only_operators: bool = False
    fields: str | None = None
    token: str = NO_TOKEN


def who(turn: Turn, message: Message) -> None:
    """WHO <room, nick or mask> [o][%<fields>[,<token>]]: with `o` only operators of the server."""
    turn.stream(_answer(turn, _parse(message)))


def _parse(message: Message) -> Question:
    mask = message.params[0]
    flags, percent, rest = "".join(message.params[1:2]).partition("%")
    if not percent:
        return Question(mask, "o" in flags)
    fields, _, token = rest.partition(",")
    is_token = token.isascii() and token.isdigit() and len(token) <= TOKEN_DIGITS_MAX
    chosen = "".join(letter for letter in _FIELDS if letter in fields)
    return Question(mask, "o" in flags, chosen, token if is_token else NO_TOKEN)


def _answer(turn: Turn, question: Question) -> Iterator[Item]:
    mask = question.mask
    if mask.startswith("#"):
        yield from _of_room(turn, question)
    elif (user := turn.world.find_user(mask)) is not None:
        yield _row(turn, question, user, _room_to_tell(turn, user))
    else:
        yield from _by_mask(turn, question, "*" if mask == "0" else mask)
    yield turn.line(None, numerics.RPL_ENDOFWHO, turn.name, _middle(mask), "End of WHO list")


def _of_room(turn: Turn, question: Question) -> Iterator[Item]:
    world, key = turn.world, room_key(question.mask)
    room = world.rooms.get(key)
    if room is None:
        return
    for user_id in tuple(room.members):
        asker = turn.user
        user = world.users.get(user_id)
        if user is None or user_id not in room.members or not may_see_room(asker, room):
            yield None
        elif asker.id in room.members or may_see_user(world, asker, user):
            yield None  # a row costs as much as looking at two
            yield _row(turn, question, user, room)
        else:
            yield None


def _by_mask(turn: Turn, question: Question, mask: str) -> Iterator[Item]:
    """Everybody visible whose nick, or `nick!user@host` if there is a sign of it, fits the mask."""
    if ("*" not in mask and "?" not in mask) or len(mask) > MASK_CHARS_MAX:
        return
    world = turn.world
    is_whole = "!" in mask or "@" in mask
    for user_id in tuple(world.users):
        for _ in range(len(mask) // MASK_CHARS_FREE):
            yield None
        user = world.users.get(user_id)
        if (
            user is not None
            and (mask == "*" or matches_mask(mask, user.source if is_whole else user.nick))
            and may_see_user(world, turn.user, user)
        ):
            yield None
            yield _row(turn, question, user, _room_to_tell(turn, user))
        else:
            yield None


def visible_rooms(turn: Turn, user: User) -> Iterator[Room]:
    """The rooms of `user` that the asker may know of: an invisible user's only where both are."""
    asker = turn.user
    hides = "i" in user.modes and asker.id != user.id and not asker.is_operator
    for key in user.rooms:
        room = turn.world.rooms[key]
        if may_see_room(asker, room) and not (hides and key not in asker.rooms):
            yield room


def _room_to_tell(turn: Turn, user: User) -> Room | None:
    return next(visible_rooms(turn, user), None)


def _row(turn: Turn, question: Question, user: User, room: Room | None) -> Item:
    if question.only_operators and not user.is_operator:
        return None
    server, name = turn.world.settings.server_name, turn.name
    if question.fields is not None:
        told = [_FIELDS[letter](turn, question, user, room) for letter in question.fields]
        return turn.line(None, numerics.RPL_WHOSPCRPL, name, *told)
    channel, flags = room.name if room else "*", _flags(turn, user, room)
    row = (channel, user.username, user.host, server, user.nick, flags, f"0 {user.realname}")
    return turn.line(None, numerics.RPL_WHOREPLY, name, *row)


def _flags(turn: Turn, user: User, room: Room | None) -> str:
    """Here or gone, `*` for an operator of the server, and what the user is in the room."""
    multi_prefix = turn.session.has(caps.MULTI_PREFIX)
    prefix = prefix_of(room.members[user.id], all_of_them=multi_prefix) if room else ""
    return (
        ("G" if user.away else "H")
        + ("*" if user.is_operator else "")
        + prefix
        + (BOT_MODE if user.is_bot else "")
    )


def _address(turn: Turn, user: User) -> str:
    """The address of the user's first session, for operators of the server alone."""
    if not turn.user.is_operator:
        return NO_ADDRESS
    return as_param(next(iter(user.sessions.values())).address)


def _idle_s(turn: Turn, user: User) -> str:
    return str(max(0, turn.stamp.at_ms - user.spoke_at_ms) // 1000)


Field = Callable[[Turn, Question, User, Room | None], str]

_FIELDS: dict[str, Field] = {
    "t": lambda turn, question, user, room: question.token,
    "c": lambda turn, question, user, room: room.name if room else "*",
    "u": lambda turn, question, user, room: user.username,
    "i": lambda turn, question, user, room: _address(turn, user),
    "h": lambda turn, question, user, room: user.host,
    "s": lambda turn, question, user, room: turn.world.settings.server_name,
    "n": lambda turn, question, user, room: user.nick,
    "f": lambda turn, question, user, room: _flags(turn, user, room),
    "d": lambda turn, question, user, room: "0",
    "l": lambda turn, question, user, room: _idle_s(turn, user),
    "a": lambda turn, question, user, room: user.account or NO_ACCOUNT,
    "o": lambda turn, question, user, room: NO_LEVEL,
    "r": lambda turn, question, user, room: user.realname,
}
"""Of WHOX, in the order in which they are told whatever the order asked for."""


def _middle(param: str) -> str:
    """What the asker said, if it can stand in the middle of a line; else a star."""
    return param if param and param[0] != ":" and " " not in param else "*"
