"""Mode letters: which there are, what a mode string asks for, and how changes are written down.

Pure functions of text, called by the MODE command and by whoever shows prefixes (NAMES, WHO,
WHOIS). Whether a change is allowed is not asked here.
Source: Modern IRC, "MODE message" and "Modes".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LIST_MODES = "beI"
"""Type A: adds to or takes from a list; without a parameter it asks for the list."""
KEY_MODES = "k"
"""Type B: always has a parameter."""
LIMIT_MODES = "lS"
"""Type C: has a parameter when it is set."""
FLAG_MODES = "CUimnst"
"""Type D: never has a parameter."""

CHANMODES = f"{LIST_MODES},{KEY_MODES},{LIMIT_MODES},{FLAG_MODES}"
"""As ISUPPORT has it."""

PREFIXES = {"q": "~", "o": "@", "v": "+"}
"""What stands before a member's nick, by the member's mode letter, highest rank first."""

BOT_MODE = "B"
USER_MODES = f"{BOT_MODE}iow"
"""Bot, invisible, operator of the server, and hears what its operators tell everybody."""

NEW_ROOM_MODES = frozenset("nt")
"""Of a room that somebody has just made (Modern IRC, "Regular Channels")."""

KEY_BYTES_MAX = 64
"""A longer key would leave no room for the rest of the line that tells of it."""
LIMIT_DIGITS_MAX = 9
PACE_MAX_S = 3600
"""Slow mode: nobody has to wait for longer than an hour."""

_WITH_PARAMETER = LIST_MODES + KEY_MODES + "".join(PREFIXES)
_KNOWN = _WITH_PARAMETER + LIMIT_MODES + FLAG_MODES

# A line has 15 parameters at most (Modern IRC, "Parameters"); two are the room and the letters.
_PARAMS_PER_LINE_MAX = 13


@dataclass(frozen=True, slots=True)
class ModeChange:
    """One letter put on or taken off, with its parameter; "" where it has none, or lacks it."""

    letter: str
    on: bool
    param: str = ""


def parse_changes(letters: str, params: Sequence[str]) -> tuple[list[ModeChange], str]:
    """What a room's mode string asks for, in order, and the letters in it that nobody knows.

    A mode string that begins without a sign adds, as servers have always read it. Each unknown
    letter is given once.
    """
    changes: list[ModeChange] = []
    unknown: dict[str, None] = {}
    left = iter(params)
    on = True
    for letter in letters:
        if letter in "+-":
            on = letter == "+"
        elif letter not in _KNOWN:
            unknown[letter] = None
        elif letter in _WITH_PARAMETER or (letter in LIMIT_MODES and on):
            changes.append(ModeChange(letter, on, next(left, "")))
        else:
            changes.append(ModeChange(letter, on))
    return changes, "".join(unknown)


def parse_user_changes(letters: str) -> tuple[dict[str, bool], bool]:
    """What a user's mode string asks for, by letter, and whether it has an unknown letter."""
    changes: dict[str, bool] = {}
    has_unknown = False
    on = True
    for letter in letters:
        if letter in "+-":
            on = letter == "+"
        elif letter in USER_MODES:
            changes[letter] = on
        else:
            has_unknown = True
    return changes, has_unknown


def format_changes(changes: Sequence[ModeChange], bytes_max: int) -> Iterator[tuple[str, ...]]:
    """The changes as parameters of MODE lines: letters first, then what belongs to them.

    As many lines as needed, each with at most `bytes_max` bytes and as many parameters as a line
    may have; nearly always it is one.
    """
    start = 0
    size = params = 0
    for index, change in enumerate(changes):
        needs = 2 + (len(change.param.encode()) + 1 if change.param else 0)
        has_param = bool(change.param)
        if index > start and (
            size + needs > bytes_max or params + has_param > _PARAMS_PER_LINE_MAX
        ):
            yield _format_line(changes[start:index])
            start, size, params = index, 0, 0
        size += needs
        params += has_param
    if changes:
        yield _format_line(changes[start:])


def _format_line(changes: Sequence[ModeChange]) -> tuple[str, ...]:
    letters = ""
    sign = ""
    for change in changes:
        wanted = "+" if change.on else "-"
        letters += change.letter if wanted == sign else wanted + change.letter
        sign = wanted
    return (letters, *(change.param for change in changes if change.param))


def is_valid_key(key: str) -> bool:
    """Whether a room's key can be said in a JOIN: no space or comma, all visible, not too long."""
    return (
        0 < len(key.encode()) <= KEY_BYTES_MAX
        and key.isprintable()
        and key[0] != ":"
        and not {" ", ","} & set(key)
    )


def parse_limit(text: str) -> int:
    """The number of members in `text`, or 0 when it is none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LIMIT_DIGITS_MAX
    return int(text) if is_number else 0


def prefix_of(flags: str, *, all_of_them: bool) -> str:
    """What stands before the nick of a member with these letters: the highest prefix, or all."""
    prefixes = "".join(prefix for letter, prefix in PREFIXES.items() if letter in flags)
    return prefixes if all_of_them else prefixes[:1]
