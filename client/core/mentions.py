"""Whether a text calls somebody: whole words, any case, any script. Pure.

Called by the session for every message of others, so it is linear in the text.
"""

import unicodedata
from collections.abc import Iterable

from irc.names import fold
from irc.sanitise import strip_format


def is_mentioned(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of `words` (our nick among them) stands in `text` as a word of its own.

    Formatting codes do not count as part of a word. "ana-maria" and "ana_" do not call "ana".
    """
    plain = fold(strip_format(text))
    return any(_has_word(plain, fold(word)) for word in words if word)


def _has_word(text: str, word: str) -> bool:
    start = text.find(word)
    while start >= 0:
        if not _goes_on_before(text, start) and not _goes_on_after(text, start + len(word)):
            return True
        start = text.find(word, start + 1)
    return False


def _goes_on_before(text: str, start: int) -> bool:
    if start == 0:
        return False
    if text[start - 1] == "-":
        return start >= 2 and _is_word_character(text[start - 2])
    return _is_word_character(text[start - 1])


def _goes_on_after(text: str, end: int) -> bool:
    if end >= len(text):
        return False
    if text[end] == "-":
        return end + 1 < len(text) and _is_word_character(text[end + 1])
    return _is_word_character(text[end])


def _is_word_character(character: str) -> bool:
    """Letters, digits, marks that belong to the letter before them, and the underscore."""
    return (
        character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")
    )
