"""MODE: what rooms and people are set to, and changing it.

A room's modes change letter by letter, in the order asked for; everybody there gets the outcome in
one line. What changes nothing is left out, what cannot be done is answered and left out.
Source: Modern IRC, "MODE message" and "Modes".
"""

from __future__ import annotations

from collections.abc import Callable

from irc import numerics
from irc.framing import BODY_BYTES_MAX
from irc.message import Message
from irc.names import RoomKey
from server.core.commands import ranks
from server.core.commands.mask_lists import bad_param, change_list, show_list
from server.core.commands.mode_lines import modes_of, tell_changes
from server.core.commands.operators import follow_wallops
from server.core.commands.rooms import find_room, room_of_manager
from server.core.facts import (
    RoomFlagChanged,
    RoomKeyChanged,
    RoomLimitChanged,
    RoomPaceChanged,
    UserModesChanged,
)
from server.core.modes import (
    FLAG_MODES,
    KEY_MODES,
    LIMIT_MODES,
    LIST_MODES,
    PACE_MAX_S,
    PREFIXES,
    ModeChange,
    format_changes,
    is_valid_key,
    parse_changes,
    parse_limit,
    parse_user_changes,
)
from server.core.turn import Refusal, Turn
from server.core.world import Room


def mode(turn: Turn, message: Message) -> None:
    """MODE <room or nick> [<modes> [<parameter>...]]"""
    target, *rest = message.params
    if target.startswith("#"):
        _room_mode(turn, target, rest)
    else:
        _user_mode(turn, target, rest)


def _user_mode(turn: Turn, nick: str, rest: list[str]) -> None:
    user = turn.user
    target = turn.world.find_user(nick)
    if target is None:
        raise Refusal(numerics.ERR_NOSUCHNICK, nick, "No such nick/channel")
    if target.id != user.id:
        raise Refusal(numerics.ERR_USERSDONTMATCH, "Cant change mode for other users")
    if not rest:
        turn.reply(numerics.RPL_UMODEIS, "+" + "".join(sorted(user.modes)))
        return
    wanted, has_unknown = parse_user_changes(rest[0])
    # Nobody becomes an operator by saying so: that is what OPER and the config are for.
    changed = [
        ModeChange(letter, on)
        for letter, on in wanted.items()
        if on != (letter in user.modes) and (letter, on) != ("o", True)
    ]
    if changed:
        on = {change.letter for change in changed if change.on}
        off = {change.letter for change in changed if not change.on}
        turn.record(UserModesChanged(user.id, user.modes - off | on))
        for params in format_changes(changed, BODY_BYTES_MAX):
            line = turn.line(user, "MODE", user.nick, *params)
            turn.reply_line(line)
            turn.send_to_user(user, line)
        if "w" in on | off:
            follow_wallops(turn, user)
    if has_unknown:
        turn.reply(numerics.ERR_UMODEUNKNOWNFLAG, "Unknown MODE flag")


def _room_mode(turn: Turn, name: str, rest: list[str]) -> None:
    key, room = find_room(turn, name)
    if not rest:
        _show_modes(turn, room)
        return
    changes, unknown = parse_changes(rest[0], rest[1:])
    asked = [change for change in changes if not _is_question(change)]
    if asked:
        room_of_manager(turn, name)
    for letter in unknown:
        turn.reply(numerics.ERR_UNKNOWNMODE, letter, "is unknown mode char to me")
    for letter in dict.fromkeys(change.letter for change in changes if _is_question(change)):
        try:
            show_list(turn, room, letter)
        except Refusal as refusal:
            turn.refuse(refusal)
    made = [done for change in asked for done in _change(turn, key, room, change)]
    tell_changes(turn, key, room, made, turn.user)


def _is_question(change: ModeChange) -> bool:
    """A list mode without a mask asks for the list."""
    return change.letter in LIST_MODES and not change.param


def _show_modes(turn: Turn, room: Room) -> None:
    """RPL_CHANNELMODEIS and RPL_CREATIONTIME; the key is only for members."""
    may_know = turn.user.id in room.members or turn.user.is_operator
    modes = modes_of(room, shows_key=may_know)
    turn.reply(numerics.RPL_CHANNELMODEIS, room.name, *modes)
    turn.reply(numerics.RPL_CREATIONTIME, room.name, str(room.created_at_ms // 1000))


def _change(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> list[ModeChange]:
    """Carry out one change; gives what the room is to be told of, nothing when nothing changed."""
    try:
        if change.letter in PREFIXES:
            return ranks.change_member(turn, key, room, change)
        return _change_rest(turn, key, room, change)
    except Refusal as refusal:
        turn.refuse(refusal)
        return []


def change_setting(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> list[ModeChange]:
    """Carry out a change that is about no member and no list; gives what is to be told of it.

    Raises:
        Refusal: It has a bad parameter, or is none of these.
    """
    if change.letter not in KEY_MODES + LIMIT_MODES + FLAG_MODES:
        raise Refusal(numerics.ERR_UNKNOWNMODE, change.letter, "is not for rooms as such")
    return _change_rest(turn, key, room, change)


def _change_rest(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> list[ModeChange]:
    done = _CHANGE[change.letter](turn, key, room, change)
    return [] if done is None else [done]


def _change_flag(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    if (change.letter in room.modes) == change.on:
        return None
    turn.record(RoomFlagChanged(key, change.letter, change.on))
    return change


def _change_key(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    if not change.on:
        if not room.key:
            return None
        turn.record(RoomKeyChanged(key, ""))
        # Any parameter takes a key off, so whatever was said is not repeated.
        return ModeChange("k", False, "*")
    if not is_valid_key(change.param):
        raise bad_param(room, change.letter, "*", "Key is not well-formed")  # it is a secret
    if change.param == room.key:
        return None
    turn.record(RoomKeyChanged(key, change.param))
    return change


def _change_limit(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    limit = parse_limit(change.param) if change.on else 0
    if change.on and not limit:
        raise bad_param(room, change.letter, change.param, "The limit must be a number above 0")
    if limit == room.limit:
        return None
    turn.record(RoomLimitChanged(key, limit))
    return ModeChange("l", change.on, str(limit) if limit else "")


def _change_pace(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    pace_s = parse_limit(change.param) if change.on else 0
    if change.on and not 0 < pace_s <= PACE_MAX_S:
        sentence = f"Slow mode takes a number of seconds from 1 to {PACE_MAX_S}"
        raise bad_param(room, change.letter, change.param, sentence)
    if pace_s == room.pace_s:
        return None
    turn.record(RoomPaceChanged(key, pace_s))
    return ModeChange(change.letter, change.on, str(pace_s) if pace_s else "")


_CHANGE: dict[str, Callable[[Turn, RoomKey, Room, ModeChange], ModeChange | None]] = {
    **dict.fromkeys(LIST_MODES, change_list),
    **dict.fromkeys(FLAG_MODES, _change_flag),
    "k": _change_key,
    "l": _change_limit,
    "S": _change_pace,
}
