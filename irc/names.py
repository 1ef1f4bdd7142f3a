"""Names of people and rooms: which are allowed, which are the same, which look the same.

Whoever compares two names compares their keys. A key is made here and nowhere else, and it is a
type of its own, so that mypy finds a dict that is asked for a raw name.
Sources: Modern IRC, "Clients", "Channels", "Wildcard Expressions"; Unicode's UTS 39.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NewType

from irc.codepoints import BIDI_CONTROLS, INVISIBLES, JOINERS, VARIATION_SELECTORS
from irc.confusables import LOOKALIKES

NickKey = NewType("NickKey", str)
RoomKey = NewType("RoomKey", str)

# Marks on one letter; real writing has up to 3 or 4, more climb over the lines above.
MARKS_MAX: Final = 4

# Names, in folded form, that would speak with the voice of the server or of its owner.
_RESERVED: Final = """
admin administrator anonymous authserv botserv chanserv everyone global help helpserv here histserv
hostserv infoserv memoserv moderator nickserv nobody operserv root saslserv server service services
support sysadmin sysop system
"""
RESERVED_NICKS: Final = frozenset(_RESERVED.split())

_NICK_SIGNS: Final = "-_[]\\`^{}|"
_ASCII_NICK: Final = re.compile(r"[A-Za-z_\[\]\\`^{}|][A-Za-z0-9\-_\[\]\\`^{}|]*")
_ASCII_ROOM: Final = re.compile(r"#[^\0-\x20,\x7f]+")
_UNSEEN: Final = BIDI_CONTROLS | INVISIBLES | JOINERS | VARIATION_SELECTORS

# The first word of a character's name is its script; these say it in another way.
_SCRIPT_WORDS: Final = {
    "ARABIC-INDIC": "ARABIC",
    "EXTENDED": "ARABIC",  # "EXTENDED ARABIC-INDIC DIGIT ONE"
    "IDEOGRAPHIC": "CJK",
    "KATAKANA-HIRAGANA": "KATAKANA",
    "COMBINING": "",  # belongs to whatever it stands on
}
# Scripts that are written together (UTS 39, "Highly Restrictive", without Latin).
_SCRIPT_FAMILIES: Final = (
    {"CJK", "HIRAGANA", "KATAKANA"},
    {"CJK", "HANGUL"},
    {"CJK", "BOPOMOFO"},
)


def fold(text: str) -> str:
    """Return what `text` is compared by: compatibility forms and case are gone. Idempotent."""
    if text.isascii():
        return text.lower()
    # Folding may leave something to normalise and the other way round, so until it is stable.
    while (folded := unicodedata.normalize("NFKC", text.casefold())) != text:
        text = folded
    return text


def nick_key(nick: str) -> NickKey:
    """Return the key of a nick or an account name."""
    return NickKey(fold(nick))


def room_key(name: str) -> RoomKey:
    """Return the key of a room's name."""
    return RoomKey(fold(name))


def skeleton(text: str) -> str:
    """Return what `text` looks like: two names with one skeleton cannot be told apart.

    Only doubles from beyond ASCII are replaced: "bob1" and "bobl", "joao" and "joão" stay two.
    Names with equal keys have equal skeletons.
    """
    folded = fold(text)
    if folded.isascii():
        return folded
    return fold(folded.translate(LOOKALIKES))


def is_valid_nick(nick: str, chars_max: int) -> bool:
    """Tell whether `nick` may be a nick or an account name of at most `chars_max` characters.

    It has letters, marks, digits and ``-_[]\\`^{}|``, starts with neither a digit, a mark nor "-",
    keeps to one script (beside ASCII digits and signs) and is in the form NFKC, so that what is
    typed, stored and shown is one spelling.
    """
    if len(nick) > chars_max:
        return False
    if nick.isascii():
        return _ASCII_NICK.fullmatch(nick) is not None
    if not unicodedata.is_normalized("NFKC", nick) or _UNSEEN.intersection(nick):
        return False
    kinds = [_classify(char) for char in nick]
    if "" in kinds or not (kinds[0] == "L" or nick[0] in _NICK_SIGNS[1:]):
        return False
    return "M" * (MARKS_MAX + 1) not in "".join(kinds) and _is_one_script(nick)


def _classify(char: str) -> str:
    """Return "L" for a letter, "M" for a mark, "N" for a digit, "S" for a sign; "" is refused."""
    if char in _NICK_SIGNS:
        return "S"
    category = unicodedata.category(char)
    # Signs that Unicode calls letters, such as the modifier apostrophe, are not for names.
    if category[0] in "LM" and not unicodedata.name(char, "").startswith("MODIFIER "):
        return category[0]
    return "N" if category == "Nd" else ""


def _is_one_script(nick: str) -> bool:
    scripts = {_find_script(char) for char in nick if char.isalpha() or not char.isascii()} - {""}
    return len(scripts) <= 1 or any(scripts <= family for family in _SCRIPT_FAMILIES)


def _find_script(char: str) -> str:
    # A letter without a name is Tangut's or newer than our Unicode: of no script but its own.
    word = unicodedata.name(char, "?").partition(" ")[0]
    return _SCRIPT_WORDS.get(word, word)


def is_valid_room(name: str, bytes_max: int) -> bool:
    """Tell whether `name` may be a room's: "#", then something to see, in `bytes_max` bytes."""
    if name.isascii():
        return len(name) <= bytes_max and _ASCII_ROOM.fullmatch(name) is not None
    if any(char in _UNSEEN or unicodedata.category(char)[0] in "CZ" for char in name):
        return False
    return name[0] == "#" and "," not in name and len(name.encode()) <= bytes_max


def matches_mask(mask: str, text: str) -> bool:
    """Tell whether `text` fits `mask`, with * and ? (or, literally, \\* and \\?), both folded.

    Whatever the mask, the time is at most in proportion to the product of their lengths.
    """
    return _compile_mask(fold(mask)).fullmatch(fold(text)) is not None


@lru_cache(maxsize=1024)
def _compile_mask(mask: str) -> re.Pattern[str]:
    runs = [""]  # what stands between the stars
    for part in re.findall(r"\\[*?]|.", mask, re.DOTALL):
        if part == "*":
            runs.append("")
        elif part == "?":
            runs[-1] += "."
        else:
            runs[-1] += re.escape(part[-1])
    if len(runs) == 1:
        return re.compile(runs[0], re.DOTALL)
    # A star takes as little as it can and, being atomic, never thinks again: there is nothing to
    # win by it, as the next star can take the rest. This is what keeps the time in proportion.
    first, *middle, last = runs
    stars = "".join(f"(?>.*?{run})" for run in middle if run)
    return re.compile(f"{first}{stars}.*{last}", re.DOTALL)
