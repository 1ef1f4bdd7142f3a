"""How strong a new password must be, and what a person hears about a weak one."""

import pytest
from zxcvbn import zxcvbn

from server.accounts.strength import LONG_CHARS, SCORE_MIN, find_weakness

WORDS = ["ana", "chat.local", "tlschat", "chat", "local"]


@pytest.mark.parametrize("password", ["correct horse", "xkcdqz7!pw", "café da manhã às 7"])
def test_strong(password: str) -> None:
    """A score of 3 or more is taken without a word."""
    assert find_weakness(password, WORDS) == ""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password", "common password"),
        ("senha123", "common password"),
        ("zxcvfdsaqw", "easy to guess"),
        ("abcdef", "Sequences"),
        ("aaaaaa", "Repeats"),
        ("a", "easy to guess"),
        ("palmeiras1914", "tried first"),
        ("Brasil2026!", "tried first"),
        ("tlschat2026", "tried first"),
        ("chat.local1", "tried first"),
    ],
)
def test_weak(password: str, reason: str) -> None:
    """A weak one is told why, and what would help: people learn nothing from "too weak"."""
    weakness = find_weakness(password, WORDS)
    assert reason in weakness
    assert "Add another word" in weakness


def test_zxcvbn_alone_would_take_it() -> None:
    """The control: its dictionaries are English, so our own words are needed."""
    assert zxcvbn("Brasil2026!")["score"] >= SCORE_MIN
    assert find_weakness("Brasil2026!", [])


def test_the_own_name_is_weak() -> None:
    """The account's name in its password makes it weak, whatever name it is."""
    assert find_weakness("Zwrbtfqk7", ["zwrbtfqk"])
    assert not find_weakness("Zwrbtfqk7", ["other"])


def test_length_is_enough() -> None:
    """From 16 characters on nothing else is asked; zxcvbn would refuse more than 72."""
    assert find_weakness("a" * (LONG_CHARS - 1), [])
    assert find_weakness("a\u0301" * (LONG_CHARS - 1), [])  # 15 characters, typed as 30
    for size in (LONG_CHARS, 72, 73, 1000):
        assert find_weakness("a" * size, []) == ""
