"""The mask lists of rooms: bans (b), exceptions (e), invite exceptions (I), and TBAN.

A ban with an end is a ban like any other until the clock takes it away. Sources: Modern IRC, "Ban",
"Exception" and "Invite-Exception Channel Mode", MODE's type A; TBAN is as InspIRCd has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from irc import caps, numerics
from irc.message import Message
from irc.names import RoomKey, fold
from server.core.apply_masks import is_of_use
from server.core.commands.mode_lines import tell_changes
from server.core.commands.rooms import room_of_manager
from server.core.durations import format_duration, parse_duration
from server.core.facts import MaskAdded, MaskRemoved
from server.core.masks import normalise_mask, parse_mask
from server.core.modes import ModeChange
from server.core.permissions import may_manage
from server.core.stream import Item
from server.core.turn import Refusal, Turn
from server.core.world import MASK_DEADLINE, Room

BAN_MS_MAX = 365 * 86_400_000
"""A timed ban ends within a year. Who means longer means for ever."""

_REPLIES = {
    "b": (numerics.RPL_BANLIST, numerics.RPL_ENDOFBANLIST, "End of channel ban list"),
    "e": (numerics.RPL_EXCEPTLIST, numerics.RPL_ENDOFEXCEPTLIST, "End of channel exception list"),
    "I": (
        numerics.RPL_INVEXLIST,
        numerics.RPL_ENDOFINVEXLIST,
        "End of Channel Invite Exception List",
    ),
}


def show_list(turn: Turn, room: Room, letter: str) -> None:
    """The list, with who set each entry and when.

    Anybody may look at the bans, as anybody may be banned. Who is trusted or expected is only for
    who may change it, as Modern IRC leaves open.

    Raises:
        Refusal: The asker may not see this list.
    """
    if letter != "b" and not may_manage(turn.user, room):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, "You're not channel operator")
    turn.stream(_list_lines(turn, room, letter))


def _list_lines(turn: Turn, room: Room, letter: str) -> Iterator[Item]:
    """An entry a step. What is taken off while the answer is on its way is left out."""
    entry_numeric, end_numeric, end = _REPLIES[letter]
    asker, name = turn.name, room.name
    for folded, entry in tuple(room.masks.get(letter, {}).items()):
        if room.masks.get(letter, {}).get(folded) is entry:
            # The setter's name goes when their account is erased.
            told = (entry.mask, entry.setter or "*", str(entry.at_ms // 1000))
            yield turn.line(None, entry_numeric, asker, name, *told)
        else:
            yield None
    yield turn.line(None, end_numeric, asker, name, end)


def change_list(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> ModeChange | None:
    """Add to a list or take from it; what the room is to be told, None when nothing changed.

    Raises:
        Refusal: It is no mask for this list, or the lists are full.
    """
    if change.on:
        return add_mask(turn, key, room, change.letter, change.param)
    entry = room.masks.get(change.letter, {}).get(fold(_normal(room, change.letter, change.param)))
    if entry is None:
        return None
    turn.record(MaskRemoved(key, change.letter, entry.mask))
    return ModeChange(change.letter, False, entry.mask)


def add_mask(
    turn: Turn, key: RoomKey, room: Room, letter: str, text: str, until_ms: int = 0
) -> ModeChange | None:
    """Add to a list, for ever or until a time. An entry that is there already gets the new end.

    Raises:
        Refusal: It is no mask for this list, or the lists are full.
    """
    mask = _normal(room, letter, text)
    entry = room.masks.get(letter, {}).get(fold(mask))
    if entry is not None:
        if entry.until_ms == until_ms:
            return None
        mask = entry.mask
    elif sum(map(len, room.masks.values())) >= turn.world.settings.masks_per_room_max:
        raise Refusal(numerics.ERR_BANLISTFULL, room.name, letter, "Channel list is full")
    turn.record(MaskAdded(key, letter, mask, turn.user.nick, turn.stamp.at_ms, until_ms))
    return ModeChange(letter, True, mask)


def _normal(room: Room, letter: str, text: str) -> str:
    """The mask as it is kept.

    Raises:
        Refusal: It is none, or a mute where there is nothing to mute.
    """
    mask = normalise_mask(text)
    if not mask or (letter == "I" and parse_mask(mask).mutes):
        raise bad_param(room, letter, text, "Mask is not well-formed")
    return mask


def bad_param(room: Room, letter: str, param: str, sentence: str) -> Refusal:
    """The answer to a parameter that a mode cannot have."""
    return Refusal(numerics.ERR_INVALIDMODEPARAM, room.name, letter, param, sentence)


def tban(turn: Turn, message: Message) -> None:
    """TBAN <room> <duration> <mask>: a ban that ends by itself. A number alone is seconds."""
    name, length, text = message.params[:3]
    key, room = room_of_manager(turn, name)
    lasts_ms = parse_duration(f"{length}s" if length.isdecimal() else length)
    if not 0 < lasts_ms <= BAN_MS_MAX:
        sentence = "A duration is such as 90, 10m, 1h30m or 2d, and at most a year"
        raise bad_param(room, "b", length, sentence)
    change = add_mask(turn, key, room, "b", text, turn.stamp.at_ms + lasts_ms)
    if change is not None:
        tell_changes(turn, key, room, [change], turn.user)
    mask = normalise_mask(text)
    sentence = f"It ends by itself after {format_duration(lasts_ms)}"
    if turn.session.has(caps.STANDARD_REPLIES):
        turn.reply_plain("NOTE", "TBAN", "TIMED", room.name, mask, sentence)
    else:
        turn.reply("NOTICE", f"{room.name} {mask}: {sentence}")


def end_mask(turn: Turn, until_ms: int, name: tuple[str, ...]) -> None:
    """A mask's time has come: take it away, if it is there and still to end then."""
    if not is_of_use(turn.world, (until_ms, MASK_DEADLINE, name)):
        return
    key, letter, folded = RoomKey(name[0]), name[1], name[2]
    room = turn.world.rooms[key]
    entry = room.masks[letter][folded]
    turn.record(MaskRemoved(key, letter, entry.mask))
    tell_changes(turn, key, room, [ModeChange(letter, False, entry.mask)], None)
