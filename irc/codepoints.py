"""Code points that may not be shown as they come: they hide, or they turn the text around.

`names` refuses names with them, `sanitise` takes them out of text.
Source: Unicode's Bidi_Control and Default_Ignorable_Code_Point.
"""

from typing import Final


def _expand(ranges: str) -> frozenset[str]:
    """Return the characters in `ranges`: hexadecimal code points, one or two for each word."""
    chars: set[str] = set()
    for word in ranges.split():
        first, _, last = word.partition("-")
        chars.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(chars)


# They reorder what follows, on the reader's screen and in the mind of whoever checks a name.
BIDI_CONTROLS: Final = _expand("61c 200e-200f 202a-202e 2066-2069")

# They take no room and change nothing but what the text is equal to: soft hyphen, grapheme joiner,
# fillers, zero-width spaces, invisible operators, byte order mark, annotations, controls of
# hieroglyphs, shorthand and music, language tags, rare variation selectors. Not here: the joiners,
# which make emoji and Persian, and the common variation selectors; names refuse those as well.
INVISIBLES: Final = _expand(
    "ad 34f 115f-1160 17b4-17b5 180e 200b 2060-2065 206a-206f 3164 feff ffa0 fff0-fffb"
    " 13430-1343f 1bca0-1bca3 1d173-1d17a e0000-e01ef"
)
JOINERS: Final = _expand("200c-200d")
VARIATION_SELECTORS: Final = _expand("180b-180d 180f fe00-fe0f")
