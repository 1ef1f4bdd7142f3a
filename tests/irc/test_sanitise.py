"""Foreign text made safe to show. Source: IRC Formatting; the policy at the top of the module."""

import unicodedata

import pyte
import pytest
from hypothesis import example, given, strategies as st

from irc.codepoints import BIDI_CONTROLS, INVISIBLES
from irc.sanitise import (
    MARKS_MAX,
    MESSAGE_BYTES_MAX,
    StyledRun,
    clean,
    clean_line,
    escape_log,
    parse_format,
    safe_emoji,
    strip_format,
)

# What people really send to deface a terminal, beside anything at all.
HOSTILE = st.lists(
    st.sampled_from(
        [
            "\x1b]52;c;aGk=\x07",
            "\x1b[2J",
            "\x1b]0;title\x07",
            "\x1b[?1003h",
            "\x1bP$q\x1b\\",
            "\x9b2J",
        ]
    )
    | st.sampled_from(
        ["\x1b]8;;http://x\x1b\\", "\x9d0;t\x9c", "\r", "\n", "\x08", "\x1bc", "\x1b7"]
    )
    | st.sampled_from(
        ["\u202e", "\u2066", "\u0301", "\u200d", "\ufe0f", "😀", "👋🏽", "🇧🇷", "\x03", "\t"]
    )
    | st.text(max_size=4),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("hello, ação 漢字 😀", "hello, ação 漢字 😀"),
        ("a\tb", "a    b"),
        ("\x1b[2J", "␛[2J"),
        ("a\x07\x00\r\n\x7f", "a␇␀␍␊␡"),
        ("\x02bold", "␂bold"),
        ("\x9b2J\x9d0;t\x9c", "\ufffd2J\ufffd0;t\ufffd"),
        ("a\u2028b\u2029c", "a b c"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u061c\u200e\u200f\u202a\u2066\u2069b", "ab"),
        (
            "a\u00ad\u034f\u115f\u180e\u200b\u2060\u2064\ufeff\ufff9\ufffb\U000e0041\U000e0100b",
            "ab",
        ),
        ("a\ud800\ufdd0\uffff\U0010fffeb", "a\ufffd\ufffd\ufffd\ufffdb"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("a\u200d\u200d\u200db", "a\u200db"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("e" + "\u0301" * 20 + "x", "e" + "\u0301" * MARKS_MAX + "x"),
        ("e" + "\u0301\u200d" * 20, "e" + "\u0301\u200d" * MARKS_MAX),
        ("\u0301a", "◌\u0301a"),
        ("\u200d\u0301a", "◌\u0301a"),
        ("\u200ba", "a"),
        ("", ""),
    ],
)
def test_clean(text, cleaned):
    """Each row of the policy; ESC stays visible, what only hides goes."""
    assert clean(text) == cleaned


def test_every_unsafe_code_point_alone():
    """The edges of each range: controls, surrogates, noncharacters, what hides."""
    codes = [*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)]
    codes += [plane * 0x10000 + low for plane in range(17) for low in (0xFFFE, 0xFFFF)]
    codes += map(ord, BIDI_CONTROLS | INVISIBLES)
    for code in codes:
        assert clean(f"a{chr(code)}b").isprintable()
        assert chr(code) not in clean(f"a{chr(code)}b")


def test_long_text_is_cut_and_says_so():
    """16 kB are shown; the reader learns how much is missing."""
    assert clean("x" * MESSAGE_BYTES_MAX) == "x" * MESSAGE_BYTES_MAX
    cut = clean("é" * 14_160)
    assert cut.endswith("é…(12 kB more)")
    assert MESSAGE_BYTES_MAX - 80 < len(cut.encode()) <= MESSAGE_BYTES_MAX
    assert clean(cut) == cut


def test_controls_are_cut_by_what_they_become():
    """A picture has three bytes where the control had one."""
    assert len(clean("\x1b" * MESSAGE_BYTES_MAX).encode()) <= MESSAGE_BYTES_MAX


@given(HOSTILE)
@example("\u0301" * 99)
@example("\x1b" * 20_000)
@example("a" + "\u0301" * 9 + "\u200d" + "\u0301" * 9)
@example("\u200b\u0301\u200d\u200b\u200d")
def test_clean_is_idempotent(text):
    """Cleaning twice, as two layers may do, changes nothing more."""
    assert clean(clean(text)) == clean(text)
    assert safe_emoji(safe_emoji(clean(text))) == safe_emoji(clean(text))
    assert clean(safe_emoji(clean(text))) == safe_emoji(clean(text))
    assert clean_line(clean_line(text, 9), 9) == clean_line(text, 9)


@given(HOSTILE)
def test_nothing_unsafe_is_left(text):
    """No control, escape, bidi control, line separator, surrogate or invisible, whatever came."""
    outputs = [clean(text), clean_line(text, 20), safe_emoji(clean(text)), strip_format(text)]
    outputs += [run.text for run in parse_format(text)]
    for char in "".join(outputs):
        assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
        assert char not in BIDI_CONTROLS | INVISIBLES


@given(HOSTILE)
def test_printing_touches_only_its_line(text):
    """pyte is the oracle: no other row, no title, no mode, no cursor elsewhere."""
    for shown in (clean(text), safe_emoji(clean(text)), strip_format(text), escape_log(text)):
        screen = pyte.Screen(len(shown.encode()) * 2 + 20, 5)
        stream = pyte.Stream(screen)
        for row in range(5):
            stream.feed(f"\x1b[{row + 1};1Hrow {row}")
        before, modes = list(screen.display), set(screen.mode)
        stream.feed("\x1b[3;1H")
        stream.feed(shown)
        after = list(screen.display)
        assert before[:2] == after[:2]
        assert before[3:] == after[3:]
        assert screen.cursor.y == 2
        assert (screen.title, screen.icon_name, screen.mode) == ("", "", modes)


def test_the_oracle_sees_what_it_should():
    """A negative control: unclean text does reach other rows, the title and the modes."""
    screen = pyte.Screen(40, 5)
    stream = pyte.Stream(screen)
    stream.feed("above\x1b[3;1H")
    stream.feed("\x1b]0;owned\x07\x1b[?7l\x1b[1;1Hgone!")
    assert screen.display[0].startswith("gone!")
    assert screen.title == "owned"
    assert screen.cursor.y == 0


@pytest.mark.parametrize(
    ("text", "chars_max", "line"),
    [
        ("ana", 3, "ana"),
        ("anna", 3, "an…"),
        ("a\nb", 3, "a␊b"),
        ("a\tb", 3, "a …"),
        ("ab", 1, "…"),
        ("", 1, ""),
    ],
)
def test_clean_line(text, chars_max, line):
    """At most so many characters, the last one saying that there was more."""
    assert clean_line(text, chars_max) == line


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("plain", [StyledRun("plain")]),
        ("a\x02b\x02c", [StyledRun("a"), StyledRun("b", bold=True), StyledRun("c")]),
        ("\x1da\x1d", [StyledRun("a", italic=True)]),
        ("\x1fa", [StyledRun("a", underline=True)]),
        ("\x1ea", [StyledRun("a", strike=True)]),
        ("\x11a", [StyledRun("a", mono=True)]),
        ("\x16a", [StyledRun("a", reverse=True)]),
        ("\x02\x1f\x0fa", [StyledRun("a")]),
        ("\x02\x034x\x0fa", [StyledRun("x", bold=True, fg=4), StyledRun("a")]),
        ("\x034a\x03b", [StyledRun("a", fg=4), StyledRun("b")]),
        ("\x034,12a\x037b", [StyledRun("a", fg=4, bg=12), StyledRun("b", fg=7, bg=12)]),
        ("\x0304123", [StyledRun("123", fg=4)]),
        ("\x03,a", [StyledRun(",a")]),
        ("\x034,a", [StyledRun(",a", fg=4)]),
        ("\x034,2\x03,3", [StyledRun(",3")]),
        ("\x0315a\x0399b", [StyledRun("a", fg=15), StyledRun("b")]),
        ("\x0352,98a", [StyledRun("a", fg="#ff0000", bg="#ffffff")]),
        ("\x034,4a\x031,99b", [StyledRun("a", fg=4, bg=4), StyledRun("b", fg=1)]),
        ("\x04FF0000a\x04b", [StyledRun("a", fg="#ff0000"), StyledRun("b")]),
        ("\x0400ff00,0000FFa", [StyledRun("a", fg="#00ff00", bg="#0000ff")]),
        ("\x04FF00a", [StyledRun("FF00a")]),
        ("\x03٣a", [StyledRun("٣a")]),
        ("a\x1b\x02\tb", [StyledRun("a␛"), StyledRun("    b", bold=True)]),
        ("e\x02\u0301", [StyledRun("e"), StyledRun("◌\u0301", bold=True)]),
        ("\x02\x02", []),
        ("", []),
    ],
)
def test_parse_format(text, runs):
    """IRC Formatting, "Characters" and "Forms of Color Codes"; each run is cleaned."""
    assert parse_format(text) == runs


def test_strip_format():
    """Where there are no styles the codes go, they are not shown."""
    assert strip_format("\x02a\x034,5b\x0fc\x1b") == "abc␛"


def test_long_formatted_text_is_cut():
    """The same limit as for plain text."""
    assert strip_format("\x02" + "x" * 20_000).endswith("x…(4 kB more)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("👋🏽", "👋"),
        ("👨\u200d👩\u200d👧", "👨👩👧"),
        ("❤\ufe0f\u200d🔥", "❤🔥"),
        ("✈\ufe0f ✈\ufe0e", "✈ ✈"),
        ("1\ufe0f\u20e3", "1"),
        ("🇧🇷🇵🇹", "[BR][PT]"),
        ("🇧", "[B]"),
        ("🇧🇷🇵", "[BR][P]"),
        ("क्\u200dष", "क्\u200dष"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("🏽\u0301", "◌\u0301"),
    ],
)
def test_safe_emoji(text, shown):
    """Only forms of which all terminals know the width; letters keep their joiners."""
    assert safe_emoji(text) == shown


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("ana é 漢字 😀", "ana é 漢字 😀"),
        ("a\r\nINFO forged", r"a\r\nINFO forged"),
        ("\x1b[2J\x9b\x00", r"\x1b[2J\x9b\x00"),
        ("\u202e\u2028\u200b\ufeff", r"\u202e\u2028\u200b\ufeff"),
        ("\u034f\ufe0f\U000e0100", r"\u034f\ufe0f\U000e0100"),
        ("\\x1b", r"\\x1b"),
        ("\ud800\xa0", r"\ud800\xa0"),
    ],
)
def test_escape_log(text, escaped):
    """RELIABILITY row 29: one event is one line, and an escape is never forged."""
    assert escape_log(text) == escaped


def test_escape_log_is_cut():
    """A log line does not grow with what a stranger sends."""
    assert escape_log("x" * 512) == "x" * 512
    assert escape_log("x" * 513) == "x" * 509 + "…"
    assert escape_log("é" * 300, 10) == "ééé…"
    assert escape_log("\n" * 6, 10) == r"\n\n\n\…"


@given(HOSTILE, st.integers(3, 40))
def test_escape_log_is_one_printable_line(text, bytes_max):
    """Whatever came, whatever the limit."""
    escaped = escape_log(text, bytes_max)
    assert len(escaped.encode()) <= bytes_max
    assert escaped.isprintable()
