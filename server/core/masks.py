"""Masks: who a room's ban, exception or invite exception is about. Pure functions of text.

A mask is `nick!user@host` with `*` and `?`, or an extended one: `~a:ACCOUNT` is about whoever is
logged in to the account, `~m:MASK` (in bans and exceptions) about speaking only. Everything is
compared after folding (irc/names.py).

A scan of a room's lists is no regular expression on purpose: compiling one for each of a hundred
masks takes longer than a command may. A mask is cut into pieces between its stars, and the
leftmost place of each is the best, as the next star takes the rest. The time is in proportion to
the text and the number of pieces.
Sources: Modern IRC, "Wildcard Expressions" and EXTBAN; IRCv3 account-extban.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from irc.names import fold

MASK_BYTES_MAX = 200
"""A longer mask would leave no room for the rest of the line that tells of it."""
WILDCARDS_MAX = 20
"""Stars and question marks in one mask: what bounds the time that a hostile one takes."""

EXTENDED_PREFIX = "~"
ACCOUNT_TYPE = "a"
MUTE_TYPE = "m"
EXTENDED_TYPES = ACCOUNT_TYPE + MUTE_TYPE
"""As ISUPPORT's EXTBAN has them."""

BANNED = 1
"""May not come in."""
SILENCED = 2
"""May not speak: banned, or muted."""

_EXTENDED = re.compile(rf"{EXTENDED_PREFIX}([^:!@*?]*):(.*)", re.DOTALL)
_NOT_IN_ACCOUNT = re.compile(r"[!@,:~]")
_TOKEN = re.compile(r"\\[*?]|.", re.DOTALL)
_PARSED_MAX = 8192
"""How many masks are remembered in parsed form, of all rooms; the others are parsed again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who masks are compared with: `nick!user@host` and the account ("" for a guest), folded."""

    source: str
    account: str

    @classmethod
    def of(cls, source: str, account: str) -> Subject:
        """The subject with these names as they are written."""
        return cls(fold(source), fold(account))


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands between two stars: so many characters, with these words at these places in it.

    `places` has, as bits, where in the piece each of its characters may be, `anything` where any
    character may be. Only for pieces with words and question marks.
    """

    size: int
    words: tuple[tuple[int, str], ...]
    places: dict[str, int] = field(default_factory=dict, hash=False)
    anything: int = 0

    @classmethod
    def of(cls, size: int, words: list[tuple[int, str]]) -> _Piece:
        """The piece, with its bits if it needs them."""
        if sum(len(word) for _, word in words) in (0, size):
            return cls(size, tuple(words))
        anything = (1 << size) - 1
        places: dict[str, int] = {}
        for offset, word in words:
            for at, char in enumerate(word, offset):
                anything &= ~(1 << at)
                places[char] = places.get(char, 0) | 1 << at
        places = {char: bits | anything for char, bits in places.items()}
        return cls(size, tuple(words), places, anything)

    def is_at(self, text: str, at: int) -> bool:
        """Whether the piece is found exactly here. There are `size` characters from here on."""
        # No generator: this is the innermost loop of a scan.
        for offset, word in self.words:  # noqa: SIM110
            if not text.startswith(word, at + offset):
                return False
        return True

    def find(self, text: str, start: int, end: int) -> int:
        """The first place of the piece between the two, or -1.

        With a question mark in the piece this is Shift-And: one step a character, whatever the
        piece. Trying each place would let somebody write masks that take a hundred times longer.
        """
        if not self.words:
            return start if start + self.size <= end else -1
        offset, word = self.words[0]
        found = text.find(word, start + offset, end)
        if found < 0 or len(word) == self.size:
            return found
        places, anything = self.places, self.anything
        reached, goal = 0, 1 << (self.size - 1)
        for at in range(found - offset, end):
            reached = (reached << 1 | 1) & places.get(text[at], anything)
            if reached & goal:
                return at - self.size + 1
        return -1


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask ready to be compared."""

    pieces: tuple[_Piece, ...]
    is_account: bool = False
    mutes: bool = False

    def matches(self, subject: Subject) -> bool:
        """Whether the mask is about this subject. Nobody is a guest's account."""
        if self.is_account:
            return bool(subject.account) and _fits(self.pieces, subject.account)
        return _fits(self.pieces, subject.source)


def _fits(pieces: tuple[_Piece, ...], text: str) -> bool:
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return len(text) == first.size and first.is_at(text, 0)
    at, end = first.size, len(text) - last.size
    if at > end or not first.is_at(text, 0) or not last.is_at(text, end):
        return False
    for piece in pieces[1:-1]:
        found = piece.find(text, at, end)
        if found < 0:
            return False
        at = found + piece.size
    return True


@lru_cache(maxsize=_PARSED_MAX)
def parse_mask(text: str) -> Mask:
    """The mask in a text that `normalise_mask` gave. Remembered, as rooms keep the text."""
    kind, rest = _split(text)
    if kind == MUTE_TYPE:
        inner = parse_mask(rest)
        return Mask(inner.pieces, inner.is_account, mutes=True)
    return Mask(_pieces_of(fold(rest)), is_account=kind == ACCOUNT_TYPE)


def _split(text: str) -> tuple[str, str]:
    """The type of an extended mask and what it is about; "" and the whole mask for a plain one."""
    found = _EXTENDED.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


def _pieces_of(pattern: str) -> tuple[_Piece, ...]:
    if "?" not in pattern and "\\" not in pattern:
        words = pattern.split("*")
        return tuple(_Piece(len(word), ((0, word),) if word else ()) for word in words)
    return _pieces_with_marks(pattern)


def _pieces_with_marks(pattern: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    words: list[tuple[int, str]] = []
    size = word_at = 0
    held = ""
    for token in [*_TOKEN.findall(pattern), "*"]:
        if token in ("*", "?"):
            if held:
                words.append((word_at, held))
                held = ""
            if token == "*":
                pieces.append(_Piece.of(size, words))
                words, size = [], 0
                continue
        else:
            word_at = word_at if held else size
            held += token[-1]
        size += 1
    return tuple(pieces)


def normalise_mask(text: str) -> str:
    """The mask as it is kept and shown, or "" if it is none.

    A plain one becomes `nick!user@host`, with a star for every part that is not said; a word alone
    is a nick. Refused are spaces and what cannot be seen, unknown extended types, too many
    wildcards, and what is too long or would not pass as a parameter in the middle of a line.
    """
    if not text or text[0] == ":" or " " in text or not text.isprintable():
        return ""
    if text.count("*") + text.count("?") > WILDCARDS_MAX:
        return ""
    whole = _normalise(text)
    return whole if len(whole.encode()) <= MASK_BYTES_MAX else ""


def _normalise(text: str) -> str:
    kind, rest = _split(text)
    if rest == text:
        return _complete(text)
    if kind == ACCOUNT_TYPE and rest and not _NOT_IN_ACCOUNT.search(rest):
        return text
    if kind == MUTE_TYPE and rest and _split(rest)[0] != MUTE_TYPE:
        inner = _normalise(rest)
        return f"{EXTENDED_PREFIX}{MUTE_TYPE}:{inner}" if inner else ""
    return ""


def _complete(text: str) -> str:
    user, at, host = text.rpartition("@")
    if not at:
        user, host = text, ""
    nick, bang, user = user.partition("!")
    if not bang and at:
        nick, user = "", nick
    return f"{nick or '*'}!{user or '*'}@{host or '*'}"


def judge(bans: Iterable[str], exceptions: Iterable[str], subject: Subject) -> int:
    """What a room's lists say of somebody: 0, `SILENCED`, or `BANNED | SILENCED`.

    An exception lifts bans and mutes, one that is itself a mute (`~m:`) lifts mutes alone.
    """
    verdict = 0
    for text in bans:
        mask = parse_mask(text)
        weight = SILENCED if mask.mutes else BANNED | SILENCED
        if weight & ~verdict and mask.matches(subject):
            verdict |= weight
            if verdict & BANNED:
                break
    is_muted = verdict == SILENCED
    for text in exceptions if verdict else ():
        mask = parse_mask(text)
        if mask.matches(subject) and (is_muted or not mask.mutes):
            return 0
    return verdict
