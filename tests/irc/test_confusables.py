"""The table of look-alikes, as a table; `test_names.py` tests what it does."""

import string
import unicodedata

from irc.confusables import LOOKALIKES
from irc.names import fold


def test_every_entry_is_a_folded_letter_or_digit_beyond_ascii():
    """The table is read over folded text, so anything else would never be found."""
    for code, double in LOOKALIKES.items():
        assert code > 127
        assert fold(chr(code)) == chr(code)
        assert unicodedata.category(chr(code))[0] in "LN"
        assert double in string.ascii_lowercase + string.digits


def test_size():
    """A code point that stands in two lines would vanish from one of them."""
    assert len(LOOKALIKES) == 321
