"""Mentions: UX 12, "own nick and word list, whole word, case-insensitive, Unicode-aware"."""

import pytest

from client.core.mentions import is_mentioned


@pytest.mark.parametrize(
    "text",
    [
        "ana",
        "oi ANA!",
        "ana: oi",
        "(ana)",
        "@ana,",
        "banana e ana",
        "\x02ana\x02",
        "\x0304ana\x03",
        "ａｎａ",
        "- ana -",
        "ana-",
        "-ana",
    ],
)
def test_whole_words_count(text):
    """In any case, beside punctuation and formatting, in compatibility forms."""
    assert is_mentioned(text, ["ana"])


@pytest.mark.parametrize(
    "text",
    ["", "banana", "anabela", "ana_", "ana2", "aná", "ana\u0301", "ana-maria", "maria-ana", "an a"],
)
def test_parts_of_words_do_not_count(text):
    """A letter, digit, mark, underscore or inner hyphen goes on the word."""
    assert not is_mentioned(text, ["ana"])


def test_any_script():
    """Case and marks of other scripts; a vowel sign goes on the letter."""
    assert is_mentioned("привет, ЮЛЯ", ["Юля"])
    assert is_mentioned("STRASSE", ["straße"])
    assert not is_mentioned("ना", ["न"])


def test_any_of_the_words():
    """One is enough; an empty word is none."""
    assert is_mentioned("deploy now", ["ana", "deploy"])
    assert not is_mentioned("x", ["", "ana"])
