"""MODE: what rooms and people are set to, and changing it.

A room's modes change letter by letter, in the order asked for; everybody there gets the outcome in
one line. What changes nothing is left out, what cannot be done is answered and left out.
Source: Modern IRC, "MODE message" and "Modes".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from irc import numerics
from irc.framing import BODY_BYTES_MAX
from irc.message import Message
from irc.names import RoomKey, fold
from server.core.commands.rooms import find_room, room_of_manager
from server.core.facts import (
    MaskAdded,
    MaskRemoved,
    MemberFlagChanged,
    RoomFlagChanged,
    RoomKeyChanged,
    RoomLimitChanged,
    UserModesChanged,
)
from server.core.modes import (
    FLAG_MODES,
    LIST_MODES,
    PREFIXES,
    ModeChange,
    format_changes,
    is_valid_key,
    normalise_mask,
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
    if any(_is_question(change) for change in changes):
        _show_bans(turn, room)
    made = [done for change in asked if (done := _change(turn, key, room, change)) is not None]
    head = turn.line(turn.user, "MODE", room.name)
    bytes_left = BODY_BYTES_MAX - len(f":{head.source} MODE {room.name} \r\n".encode())
    for params in format_changes(made, bytes_left):
        line = turn.line(turn.user, "MODE", room.name, *params)
        turn.broadcast(key, line)
        turn.reply_line(line)
    # Who joins later may read this, and must not learn a key from it.
    kept = [replace(each, param="*") if each.letter == "k" else each for each in made]
    for params in format_changes(kept, bytes_left):
        turn.note([key], turn.line(turn.user, "MODE", room.name, *params))


def _is_question(change: ModeChange) -> bool:
    """A list mode without a mask asks for the list. Anybody may, as anybody may be banned."""
    return change.letter in LIST_MODES and not change.param


def _show_modes(turn: Turn, room: Room) -> None:
    """RPL_CHANNELMODEIS and RPL_CREATIONTIME; the key is only for members."""
    may_know = turn.user.id in room.members or turn.user.is_operator
    letters = "+" + "".join(sorted(room.modes))
    params: list[str] = []
    if room.key:
        letters += "k"
        params.append(room.key if may_know else "*")
    if room.limit:
        letters += "l"
        params.append(str(room.limit))
    turn.reply(numerics.RPL_CHANNELMODEIS, room.name, letters, *params)
    turn.reply(numerics.RPL_CREATIONTIME, room.name, str(room.created_at_ms // 1000))


def _show_bans(turn: Turn, room: Room) -> None:
    for entry in room.masks.get("b", {}).values():
        set_at = str(entry.at_ms // 1000)
        turn.reply(numerics.RPL_BANLIST, room.name, entry.mask, entry.setter, set_at)
    turn.reply(numerics.RPL_ENDOFBANLIST, room.name, "End of channel ban list")


def _change(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    """Carry out one change; gives it as the room is to be told of it, None when nothing changed."""
    try:
        return _CHANGE[change.letter](turn, key, room, change)
    except Refusal as refusal:
        turn.refuse(refusal)
        return None


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
        raise _bad_param(room, change, "Key is not well-formed")
    if change.param == room.key:
        return None
    turn.record(RoomKeyChanged(key, change.param))
    return change


def _change_limit(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    limit = parse_limit(change.param) if change.on else 0
    if change.on and not limit:
        raise _bad_param(room, change, "The limit must be a number above 0")
    if limit == room.limit:
        return None
    turn.record(RoomLimitChanged(key, limit))
    return ModeChange("l", change.on, str(limit) if limit else "")


def _change_ban(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    mask = normalise_mask(change.param)
    if not mask:
        raise _bad_param(room, change, "Mask is not well-formed")
    bans = room.masks.get("b", {})
    entry = bans.get(fold(mask))
    if (entry is not None) == change.on:
        return None
    if entry is not None:
        turn.record(MaskRemoved(key, "b", entry.mask))
        return ModeChange("b", False, entry.mask)
    if len(bans) >= turn.world.settings.masks_per_room_max:
        raise Refusal(numerics.ERR_BANLISTFULL, room.name, mask, "Channel ban list is full")
    turn.record(MaskAdded(key, "b", mask, turn.user.nick, turn.stamp.at_ms))
    return ModeChange("b", True, mask)


def _change_member(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    if not change.param:
        raise _bad_param(room, change, "Whose? A nick is missing")
    user = turn.world.find_user(change.param)
    if user is None:
        raise Refusal(numerics.ERR_NOSUCHNICK, change.param, "No such nick/channel")
    flags = room.members.get(user.id)
    if flags is None:
        raise Refusal(
            numerics.ERR_USERNOTINCHANNEL, user.nick, room.name, "They aren't on that channel"
        )
    if (change.letter in flags) == change.on:
        return None
    turn.record(MemberFlagChanged(key, user.id, change.letter, change.on))
    return ModeChange(change.letter, change.on, user.nick)


def _bad_param(room: Room, change: ModeChange, sentence: str) -> Refusal:
    return Refusal(numerics.ERR_INVALIDMODEPARAM, room.name, change.letter, change.param, sentence)


_CHANGE: dict[str, Callable[[Turn, RoomKey, Room, ModeChange], ModeChange | None]] = {
    **dict.fromkeys(FLAG_MODES, _change_flag),
    **dict.fromkeys(PREFIXES, _change_member),
    "b": _change_ban,
    "k": _change_key,
    "l": _change_limit,
}
