"""Text from the network, or from a file, made safe to show; and text for a log, on one line.

Every string that somebody else chose passes here, once, before it reaches a terminal: text, nicks,
topics, reasons, file names, certificate fields, error texts. What is changed is only what is shown;
the text on the wire and in JSON stays as it was. What a reader ought to notice (an escape sequence)
stays visible, as a picture; what only hides (bidi controls, zero-width characters) goes.

IRC's formatting codes are part of the text until `parse_format` makes styled runs of it;
`clean` shows those left in it as pictures too. Source: IRC Formatting (ircdocs).
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from gettext import gettext as _
from typing import Final

from irc.codepoints import BIDI_CONTROLS, INVISIBLES, JOINERS, VARIATION_SELECTORS
from irc.colours import RGB, RGB_FIRST

MESSAGE_BYTES_MAX: Final = 16_384  # UTF-8; of a longer text the rest is not shown, but told
MARKS_MAX: Final = 8  # on one character; more climb over the lines above it

# An IRC colour: 0 to 15 is the terminal's own, "#rrggbb" is exact, None is the default.
Colour = int | str | None

_REPLACEMENT: Final = "\ufffd"
_BASE: Final = "\u25cc"  # the dotted circle, by convention what a mark without a letter stands on


def _make_replacements() -> dict[str, str]:
    table = {chr(code): chr(0x2400 + code) for code in range(0x20)}  # ESC becomes "␛"
    table |= {"\t": "    ", "\x7f": "\u2421", "\u2028": " ", "\u2029": " "}
    table |= dict.fromkeys(map(chr, range(0x80, 0xA0)), _REPLACEMENT)
    table |= dict.fromkeys(map(chr, range(0xFDD0, 0xFDF0)), _REPLACEMENT)
    for plane in range(0, 0x110000, 0x10000):
        table |= dict.fromkeys((chr(plane + 0xFFFE), chr(plane + 0xFFFF)), _REPLACEMENT)
    return table | dict.fromkeys(BIDI_CONTROLS | INVISIBLES, "")


_REPLACEMENTS: Final = _make_replacements()
_SURROGATES: Final = "\ud800-\udfff"
_UNSAFE: Final = re.compile(f"[{_SURROGATES}{re.escape(''.join(sorted(_REPLACEMENTS)))}]")

_FORMAT: Final = re.compile(
    "[\x02\x0f\x11\x16\x1d\x1e\x1f]"
    "|\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?"
    "|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
)


@dataclass(frozen=True, slots=True)
class StyledRun:
    """Clean text in one style."""

    text: str = ""
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    mono: bool = False
    reverse: bool = False
    fg: Colour = None
    bg: Colour = None


def clean(text: str) -> str:
    """Return `text` as it may be printed: one line, no control, nothing hidden. Idempotent.

    A text of more than `MESSAGE_BYTES_MAX` is cut and says how much is missing.
    """
    return _cut_message(_clean_chars(text))


def clean_line(text: str, chars_max: int) -> str:
    """Return `text` clean, in at most `chars_max` (>= 1) characters, with "…" where it was cut."""
    cleaned = _clean_chars(text)
    if len(cleaned) <= chars_max:
        return cleaned
    return cleaned[: chars_max - 1] + "…"


def strip_format(text: str) -> str:
    """Return `text` clean and without its IRC formatting codes, for where there are no styles."""
    return "".join(run.text for run in parse_format(text))


def parse_format(text: str) -> list[StyledRun]:
    """Return `text` as runs of clean text, each with its style, none of them empty."""
    text = _cut_message(text)
    runs = []
    style = StyledRun()
    start = 0
    for found in _FORMAT.finditer(text):
        runs.append(replace(style, text=_clean_chars(text[start : found.start()])))
        style = _apply_code(style, found[0])
        start = found.end()
    runs.append(replace(style, text=_clean_chars(text[start:])))
    return [run for run in runs if run.text]


def _apply_code(style: StyledRun, code: str) -> StyledRun:
    """Return `style` as it is after the formatting code `code`."""
    match code[0]:
        case "\x02":
            return replace(style, bold=not style.bold)
        case "\x11":
            return replace(style, mono=not style.mono)
        case "\x16":
            return replace(style, reverse=not style.reverse)
        case "\x1d":
            return replace(style, italic=not style.italic)
        case "\x1e":
            return replace(style, strike=not style.strike)
        case "\x1f":
            return replace(style, underline=not style.underline)
        case "\x0f":
            return StyledRun()
    fg, _comma, bg = code[1:].partition(",")
    if not fg:
        return replace(style, fg=None, bg=None)
    read = _read_number if code[0] == "\x03" else _read_hex
    # Without a second number the background stays what it was.
    return replace(style, fg=read(fg), bg=read(bg) if bg else style.bg)


def _read_number(digits: str) -> Colour:
    number = int(digits)
    if number == 99:
        return None
    return number if number < RGB_FIRST else RGB[number - RGB_FIRST]


def _read_hex(digits: str) -> Colour:
    return f"#{digits.lower()}"


def safe_emoji(text: str) -> str:
    """Return clean `text` with its emoji in forms of which every terminal knows the width.

    Variation selectors, skin tones and keycap frames go, the parts of a joined emoji stand side by
    side, a flag becomes its letters in brackets. Idempotent.
    """
    if text.isascii():
        return text
    text = _FLAG.sub(_name_flag, _EMOJI_EXTRAS.sub("", text))
    return _give_base(_JOINED.sub("", text))


_EMOJI_EXTRAS: Final = re.compile("[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
_FLAG: Final = re.compile("[\U0001f1e6-\U0001f1ff]{1,2}")
# With a letter on neither side a joiner joins emoji; else it is spelling.
_JOINED: Final = re.compile("(?<![^\\W\\d_])\u200d(?![^\\W\\d_])")


def _name_flag(found: re.Match[str]) -> str:
    return "[" + "".join(chr(ord(half) - 0x1F1E6 + ord("A")) for half in found[0]) + "]"


def escape_log(text: str, bytes_max: int = 512) -> str:
    r"""Return `text` for a log: one line in at most `bytes_max` bytes, everything unseen as \x1b.

    A backslash is doubled, so that nobody can write an escape that did not happen.
    """
    escaped = _give_base("".join(map(_escape_char, text[:bytes_max])))
    if len(escaped.encode()) <= bytes_max and len(text) <= bytes_max:
        return escaped
    return _cut_bytes(escaped, bytes_max - len("…".encode())) + "…"


def _escape_char(char: str) -> str:
    if char == "\\" or not char.isprintable() or char in INVISIBLES or char in VARIATION_SELECTORS:
        return char.encode("unicode_escape").decode()
    return char


def _clean_chars(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = _UNSAFE.sub(lambda found: _REPLACEMENTS.get(found[0], _REPLACEMENT), text)
    return _give_base(_JOINERS_IN_A_ROW.sub(r"\1", _limit_marks(text)))


def _limit_marks(text: str) -> str:
    """Return `text` without the marks that are too many on one character."""
    kept = []
    marks = 0
    for char in text:
        if unicodedata.category(char)[0] == "M":
            marks += 1
        elif char not in JOINERS:  # a joiner does not start a character anew
            marks = 0
        if marks <= MARKS_MAX:
            kept.append(char)
    return "".join(kept)


_JOINER_CHARS: Final = "".join(sorted(JOINERS))
_JOINERS_IN_A_ROW: Final = re.compile(f"([{_JOINER_CHARS}])[{_JOINER_CHARS}]+")


def _give_base(text: str) -> str:
    """Return `text` so that its first character does not change the one printed before it."""
    text = text.lstrip(_JOINER_CHARS)
    if text and unicodedata.category(text[0])[0] == "M":
        return _BASE + text
    return text


def _cut_message(text: str) -> str:
    size = len(text.encode(errors="replace"))
    if size <= MESSAGE_BYTES_MAX:
        return text
    # "…(12 kB more)": room for it in any language, and the result is within the limit again.
    start = _cut_bytes(text, MESSAGE_BYTES_MAX - 64)
    rest_kb = -(-(size - len(start.encode(errors="replace"))) // 1000)
    return f"{start}…({_('%d kB more') % rest_kb})"


def _cut_bytes(text: str, bytes_max: int) -> str:
    """Return as much of `text` as fits into `bytes_max` UTF-8 bytes, by whole code points."""
    return text.encode(errors="replace")[:bytes_max].decode(errors="ignore")
