"""The colours from 16 to 98. Source: IRC Formatting, "Colors 16-98"."""

import re

from irc.colours import RGB, RGB_FIRST


def test_all_of_them():
    """83 colours; a few as the page has them."""
    assert RGB_FIRST + len(RGB) == 99
    assert all(re.fullmatch("#[0-9a-f]{6}", code) for code in RGB)
    assert RGB[52 - RGB_FIRST] == "#ff0000"
    assert RGB[88 - RGB_FIRST] == "#000000"
    assert RGB[98 - RGB_FIRST] == "#ffffff"
