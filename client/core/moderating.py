"""Keeping people out or quiet: from a name to a mask, and the list of masks (367, 368).

Theory of operation. A ban is about an account where the person has one: another name is no way
around it. Whether they have, the room may know (extended-join, account-notify); else the server is
asked (WHOX), and the ban follows its answer. Who has none is banned by address, which is a cloak
here, and who is not here at all by name. To lift one, the list is asked for, and what is about the
name is taken off it. What we set ourselves is remembered, as an address says nothing of a name.

Source: Modern IRC, "Ban Channel Mode" and EXTBAN; IRCv3 account-extban; WHOX as ircu has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from client.core import people
from client.core.events import BansListed, ErrorReply, MaskRow
from client.core.state import ROWS_MAX, Handler, MaskAsked, State, WhoAsked, nick_of, number, param
from irc import numerics
from irc.message import Message
from irc.names import fold, nick_key, room_key

# Questions that are not answered yet, and bans of ours remembered; past it the oldest goes.
ASKED_MAX: Final = 100
# Masks in one MODE line, as most servers take them.
_MASKS_A_LINE: Final = 4
_TOKENS: Final = 1_000  # WHOX has three digits


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is to be done to somebody in `room`. `duration` "" is for ever."""

    room: str
    name: str
    duration: str = ""
    reason: str = ""
    is_mute: bool = False


def ban(s: State, sentence: Sentence) -> None:
    """Ban or mute; a ban removes the person as well."""
    if sentence.is_mute and not _prefix_of_mutes(s):
        s.emit(ErrorReply(code="no_mute", text="", command="MODE", buffer=sentence.room))
        return
    account = _known_account(s, sentence)
    if is_mask(sentence.name):
        _set(s, sentence, sentence.name)
    elif account and _prefix_of_accounts(s):
        _set(s, sentence, _prefix_of_accounts(s) + account)
    elif "WHOX" in s.connection.isupport:
        _ask_who(s, sentence)
    else:
        _set(s, sentence, f"{sentence.name}!*@*")


def is_mask(name: str) -> bool:
    """Tell whether a person typed a mask, and not a name."""
    return any(char in name for char in "!@*?:$")


def _known_account(s: State, sentence: Sentence) -> str:
    room = s.model.get(sentence.room)
    member = room.members.get(nick_key(sentence.name)) if room is not None else None
    return member.account if member is not None else ""


def _prefix_of_accounts(s: State) -> str:
    """`~a:`, where the server has it."""
    letter = s.connection.isupport.get("ACCOUNTEXTBAN", "").partition(",")[0]
    return _extended(s, letter)


def _prefix_of_mutes(s: State) -> str:
    return _extended(s, "m")


def _extended(s: State, letter: str) -> str:
    prefix, _, letters = s.connection.isupport.get("EXTBAN", "").partition(",")
    return f"{prefix}{letter}:" if letter and letter in letters else ""


def _ask_who(s: State, sentence: Sentence) -> None:
    asked = s.connection.who_asked
    s.connection.who_number = (s.connection.who_number + 1) % _TOKENS
    token = str(s.connection.who_number)
    if s.send("WHO", sentence.name, f"%tnha,{token}"):
        asked[token] = WhoAsked(
            sentence.room, sentence.name, sentence.duration, sentence.reason, sentence.is_mute
        )
        if len(asked) > ASKED_MAX:
            del asked[next(iter(asked))]


def on_who_answer(s: State, message: Message) -> None:
    """354: `<us> token host nick account`: who it is that we mean."""
    asked = s.connection.who_asked.get(param(message, 1))
    if asked is None or nick_key(param(message, 3)) != nick_key(asked.name):
        return
    host, account = param(message, 2), param(message, 4)
    mask = f"*!*@{host}"
    if account not in ("", "0") and _prefix_of_accounts(s):
        mask = _prefix_of_accounts(s) + account
    s.connection.who_asked[param(message, 1)] = replace(asked, mask=mask)


def on_who_end(s: State, message: Message) -> None:
    """315: `<us> name :End of WHO list`: the answer to us, or to the person."""
    key = nick_key(param(message, 1))
    for token, asked in s.connection.who_asked.items():
        if nick_key(asked.name) == key:
            del s.connection.who_asked[token]
            sentence = Sentence(asked.room, asked.name, asked.duration, asked.reason, asked.is_mute)
            _set(s, sentence, asked.mask or f"{asked.name}!*@*")
            return
    people.on_who_end(s, message)


def _set(s: State, sentence: Sentence, mask: str) -> None:
    room = s.model.get(sentence.room)
    remembered = s.connection.masks_set
    kept = _prefix_of_mutes(s) + mask if sentence.is_mute else mask
    if sentence.duration:
        s.send("TBAN", sentence.room, sentence.duration, kept)
    else:
        s.send("MODE", sentence.room, "+b", kept)
    remembered[room_key(sentence.room), fold(kept)] = nick_key(sentence.name)
    if len(remembered) > ASKED_MAX:
        del remembered[next(iter(remembered))]
    is_here = room is not None and nick_key(sentence.name) in room.members
    if is_here and not sentence.is_mute:
        s.send(
            "KICK", sentence.room, sentence.name, *([sentence.reason] if sentence.reason else [])
        )


# --- the list -------------------------------------------------------------------------------


def ask_list(s: State, room: str, name: str = "", *, is_mute: bool = False) -> None:
    """Ask who is banned; with a `name`, take what is about it off the list."""
    window = s.model.get(room)
    if name.isascii() and name.isdigit():
        rows: Sequence[MaskRow] = window.bans if window is not None else ()
        if 0 < int(name[:6]) <= len(rows):
            s.send("MODE", room, "-b", rows[int(name[:6]) - 1].mask)
        else:
            s.emit(ErrorReply(code="no_such_number", text="", context=(name,), buffer=room))
    elif is_mask(name):
        s.send("MODE", room, "-b", _prefix_of_mutes(s) + name if is_mute else name)
    elif s.send("MODE", room, "b"):
        s.connection.masks_asked[room_key(room)] = MaskAsked(name, is_mute)
        s.connection.masks.pop(room_key(room), None)
        if len(s.connection.masks_asked) > ASKED_MAX:
            del s.connection.masks_asked[next(iter(s.connection.masks_asked))]


def on_ban_line(s: State, message: Message) -> None:
    """367: `<us> room mask [setter [time]]`"""
    listed = s.connection.masks.setdefault(room_key(param(message, 1)), [])
    if len(s.connection.masks) > ASKED_MAX:
        del s.connection.masks[next(iter(s.connection.masks))]
    if len(listed) < ROWS_MAX:
        setter = nick_of(param(message, 3)).removeprefix("*")
        set_ms = number(param(message, 4), 0) * 1000
        listed.append(MaskRow(param(message, 2), setter, set_ms))


def on_ban_end(s: State, message: Message) -> None:
    """368: `<us> room :End of channel ban list`"""
    name = param(message, 1)
    key = room_key(name)
    rows = tuple(s.connection.masks.pop(key, ()))
    window = s.model.get(name)
    asked = s.connection.masks_asked.pop(key, MaskAsked())
    room = window.name if window is not None else name
    if asked.name:
        _lift(s, room, asked, rows)
        return
    if window is not None:
        window.bans = rows
    s.emit(BansListed(buffer=room, rows=rows, time_ms=s.time_of(message)))


def _lift(s: State, room: str, asked: MaskAsked, rows: Sequence[MaskRow]) -> None:
    masks = [row.mask for row in rows if _is_about(s, room, asked, row.mask)]
    if not masks:
        code = "no_such_mute" if asked.is_mute else "no_such_ban"
        s.emit(ErrorReply(code=code, text="", context=(asked.name,), buffer=room))
    for start in range(0, len(masks), _MASKS_A_LINE):
        some = masks[start : start + _MASKS_A_LINE]
        s.send("MODE", room, "-" + "b" * len(some), *some)


def _is_about(s: State, room: str, asked: MaskAsked, mask: str) -> bool:
    mutes = _prefix_of_mutes(s)
    is_mute = mutes != "" and mask.startswith(mutes)
    if is_mute is not asked.is_mute:
        return False
    if s.connection.masks_set.get((room_key(room), fold(mask))) == nick_key(asked.name):
        return True
    inner, name = fold(mask.removeprefix(mutes)), fold(asked.name)
    known = (name, f"{name}!*@*", fold(_prefix_of_accounts(s)) + name)
    return inner in known


HANDLERS: Final[Mapping[str, Handler]] = {
    numerics.RPL_BANLIST: on_ban_line,
    numerics.RPL_ENDOFBANLIST: on_ban_end,
    numerics.RPL_WHOSPCRPL: on_who_answer,
    numerics.RPL_ENDOFWHO: on_who_end,
}
