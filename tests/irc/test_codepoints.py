"""The code points that hide or reorder. Source: Unicode's property files."""

import unicodedata

from irc.codepoints import BIDI_CONTROLS, INVISIBLES, JOINERS, VARIATION_SELECTORS


def test_the_sets_do_not_overlap():
    """Each character is treated in one way."""
    sets = [BIDI_CONTROLS, INVISIBLES, JOINERS, VARIATION_SELECTORS]
    assert len(frozenset().union(*sets)) == sum(map(len, sets))


def test_every_bidi_control_is_there():
    """Unicode's Bidi_Control has 12 characters."""
    assert len(BIDI_CONTROLS) == 12
    assert {"\u202e", "\u2066", "\u061c", "\u200f"} <= BIDI_CONTROLS


def test_no_format_character_is_forgotten():
    """Of category Cf only the signs that enclose a number, and are seen, stay."""
    known = BIDI_CONTROLS | INVISIBLES | JOINERS
    others = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
    assert {unicodedata.name(char).split()[0] for char in others - known} <= {
        "ARABIC",
        "SYRIAC",
        "KAITHI",
    }
