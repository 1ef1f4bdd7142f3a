"""Columns, wrapping and colours of the line face."""

from hypothesis import given, strategies as st
from prompt_toolkit.utils import get_cwidth

from client.core.lines import Style, Token
from client.ui.look import NICK_COLOURS, asciify, cells, cut, draw_row, style_of, wrap
from irc.sanitise import StyledRun


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_nick_colours_are_readable_on_black_and_white():
    """At least 3:1 on both, so that the theme of the terminal does not matter (UX 2, 15)."""
    for colour in NICK_COLOURS:
        light = luminance(colour)
        assert 1.05 / (light + 0.05) >= 3, colour
        assert (light + 0.05) / 0.05 >= 3, colour


def test_rows_have_columns():
    """Time, nick at the right of its column, bar, text."""
    row = "".join(text for _style, text in draw_row("20:31", [("", "bob")], "│", [("", "hi")], 80))
    assert row == "20:31        bob │ hi\n"


def test_long_nick_pushes_its_line_only():
    """A nick wider than its column moves the text of its own row and no other."""
    text = [("", "word " * 30)]
    rows = "".join(t for _s, t in draw_row("20:31", [("", "a" * 15)], "│", text, 60)).split("\n")
    assert rows[0].startswith("20:31 aaaaaaaaaaaaaaa │ word")
    assert rows[1].startswith(" " * 16 + " │ word")


@given(
    st.lists(st.tuples(st.sampled_from(["", "bold"]), st.text(alphabet="ab 漢é/:", max_size=40))),
    st.integers(10, 60),
)
def test_wrapping_loses_nothing_and_fits(parts, width):
    """Nothing but spaces at breaks is lost, and but for links no line is too wide."""
    head = [("", "  ")]
    drawn = list(wrap(parts, width, head, 2))
    lines = "".join(text for _style, text in drawn).split("\n")
    before = "".join(text for _style, text in parts)
    after = "".join(line[2 * (i > 0) :] for i, line in enumerate(lines))
    assert after.replace(" ", "") == before.replace(" ", "")
    for number, line in enumerate(lines):
        if "://" not in line:
            assert get_cwidth(line) <= width - (0 if number else 2)


def test_links_are_never_broken():
    """A link stays whole, so that it can be clicked and copied."""
    link = "https://example.org/" + "x" * 100
    drawn = "".join(text for _style, text in wrap([("", f"see {link} now")], 40, [("", "  ")], 2))
    assert link in drawn


def test_formatting_is_kept_without_colours():
    """Bold and its like are shown; a writer's colours are not: they hide text, or pose as ours."""
    run = StyledRun("x", bold=True, underline=True, fg=1, bg="#000000")
    assert style_of(Token("x", Style.TEXT, run=run)) == "bold underline"
    assert NICK_COLOURS[3] in style_of(Token("bob", Style.NICK, colour=3))
    assert style_of(Token("hi", Style.TEXT)) == ""


def test_cut_by_columns():
    """Wide letters count double."""
    assert cut("漢字漢字", 8) == "漢字漢字"
    assert cut("漢字漢字", 7) == "漢字漢…"
    assert cells([("", "漢"), ("", "a")]) == 3


def test_ascii():
    """A terminal without our signs gets the nearest; letters of people stay."""
    assert asciify("● online │ é …") == "* online | é ~"
