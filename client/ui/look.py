"""How the line face looks: tokens to styled text in columns, wrapped to the width of the terminal.

    20:31        bob │ the build is green again, and the release notes are ready for a
                     │ last look
    20:32          → │ carol joined #lobby

Called by the line face. Everything here was made safe by `client.core.lines`.
Colour never says anything alone: a mention has a heavy bar, private messages say so in words.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.styles import Style as Sheet
from prompt_toolkit.utils import get_cwidth

from client.core.lines import Style, Token
from client.ui.desk import Kind

TIME_CELLS: Final = 6  # "20:31 "
NICK_CELLS: Final = 10  # longer nicks push the text of their line to the right
NICK_CELLS_MAX: Final = 18
WIDTH_MIN: Final = 40  # narrower than this the columns are given up

# Twelve hues of like weight: each has a contrast of at least 3:1 on black and on white (WCAG
# 1.4.11), so that nobody has to tell us whether their terminal is light or dark. All are among
# the 256 colours.
NICK_COLOURS: Final = (
    "#d75f5f",
    "#d7005f",
    "#d75f00",
    "#af8700",
    "#878700",
    "#5f8700",
    "#00875f",
    "#008787",
    "#0087af",
    "#0087ff",
    "#875fff",
    "#d700d7",
)
GREY: Final = "#808080"

_STYLES: Final = {
    Style.TIME: GREY,
    Style.WINDOW: "#0087af bold",
    Style.NICK: "",
    Style.OWN_NICK: "bold",
    Style.TEXT: "",
    Style.OWN_TEXT: "",
    Style.MENTION: "bold #d75f00",
    Style.PRIVATE: "bold #d700d7",
    Style.NOTICE: "bold #878700",
    Style.PAST: GREY,
    Style.SYSTEM: GREY,
    Style.WAITING: "italic",
    Style.ERROR: "#d75f5f",
    Style.HINT: GREY,
}
_NOTE_STYLES: Final = {Kind.INFO: "", Kind.HINT: GREY, Kind.ERROR: "#d75f5f"}

Fragment = tuple[str, str]


def make_sheet(*, is_mono: bool) -> Sheet:
    """The styles of the parts that prompt_toolkit draws: prompt, status row, completions."""
    bar = "reverse" if is_mono else "bg:#303030 #d0d0d0"
    return Sheet(
        [
            ("prompt", "bold #0087af"),
            ("prompt.private", "bold #d700d7"),
            ("status", bar),
            ("status.online", "" if is_mono else "#5faf5f"),
            ("status.offline", "bold" if is_mono else "bold #ff8787"),
            ("status.quiet", "" if is_mono else "#9e9e9e"),
            ("status.unread", "bold"),
            ("status.ask", "bold" if is_mono else "bold #ffd75f"),
            ("status.chosen", "noreverse" if is_mono else "bold bg:#d0d0d0 #303030"),
            ("text.long", "" if is_mono else "#d75f5f"),
        ]
    )


def style_of(token: Token) -> str:
    """How a token looks: its own style, its nick's colour, and what its writer chose.

    Colours that the writer chose are left out: they could hide text, or dress as ours.
    """
    style = _STYLES[token.style]
    if token.colour >= 0:
        style = f"{style} {NICK_COLOURS[token.colour % len(NICK_COLOURS)]}".strip()
    run = token.run
    if run is None:
        return style
    chosen = {
        "bold": run.bold,
        "italic": run.italic,
        "underline": run.underline,
        "strike": run.strike,
        "reverse": run.reverse,
    }
    return " ".join([style, *(name for name, is_on in chosen.items() if is_on)]).strip()


def fragments(tokens: Iterable[Token]) -> list[Fragment]:
    """Tokens as styled text."""
    return [(style_of(token), token.text) for token in tokens]


def note_style(kind: Kind) -> str:
    """How a note of the face itself looks."""
    return _NOTE_STYLES[kind]


def draw_row(
    time: str, gutter: Sequence[Fragment], bar: str, text: Sequence[Fragment], width: int
) -> StyleAndTextTuples:
    """One row of the chat in its columns, with a line end. `time` may be ""."""
    if width < WIDTH_MIN:
        head = [(GREY, f"{time} "), *gutter, ("", " ")]
        return [*(head if time else head[1:]), *wrap(text, width, [("", "")], cells(head)), _END]
    pad = NICK_CELLS - cells(gutter)
    head = [(GREY, time.ljust(TIME_CELLS) + " " * pad), *gutter, (GREY, f" {bar} ")]
    next_head: list[Fragment] = [(GREY, " " * (TIME_CELLS + NICK_CELLS) + f" {bar} ")]
    return [*head, *wrap(text, width, next_head, cells(head)), _END]


_END: Final = ("", "\n")


def draw_rule(text: str, width: int) -> StyleAndTextTuples:
    """A line across, with a text in it."""
    title = f"── {text} "
    return [(GREY, title + "─" * max(0, min(width, 78) - get_cwidth(title))), _END]


def cells(parts: Iterable[Fragment]) -> int:
    """How many columns the text takes."""
    return sum(get_cwidth(text) for _style, text in parts)


def cut(text: str, cells_max: int) -> str:
    """The text in at most `cells_max` columns, the last a "…" if it was cut."""
    if get_cwidth(text) <= cells_max:
        return text
    kept = ""
    for char in text:
        if get_cwidth(kept + char) > cells_max - 1:
            break
        kept += char
    return kept + "…"


def wrap(
    parts: Sequence[Fragment], width: int, next_head: Sequence[Fragment], used: int
) -> Iterator[Fragment]:
    """The parts, broken between words where a line is full. On the first `used` columns are taken.

    A link is never broken: the terminal wraps it, and it can still be clicked and copied. Another
    word that is wider than a whole line is broken anywhere.
    """
    room = width - cells(next_head)
    left = width - used
    is_fresh = True
    for word in _words(parts):
        is_space = word[0][1].isspace()
        size = cells(word)
        if size > left and not (is_fresh and size > room):
            if is_space:
                continue
            yield ("", "\n")
            yield from next_head
            left, is_fresh = room, True
        if size <= left or any("://" in text for _style, text in word):
            yield from word
            left = max(0, left - size)
        else:
            broken, left = _break(word, left, room, next_head)
            yield from broken
        is_fresh = is_fresh and is_space


def _words(parts: Iterable[Fragment]) -> Iterator[list[Fragment]]:
    """Runs of spaces and runs of everything else; a word may be made of several styles."""
    word: list[Fragment] = []
    for style, text in parts:
        for piece in _split_spaces(text):
            if word and word[-1][1].isspace() != piece.isspace():
                yield word
                word = []
            word.append((style, piece))
    if word:
        yield word


def _split_spaces(text: str) -> Iterator[str]:
    start = 0
    for index in range(1, len(text)):
        if text[index].isspace() != text[start].isspace():
            yield text[start:index]
            start = index
    if text:
        yield text[start:]


def _break(
    word: Iterable[Fragment], left: int, room: int, next_head: Sequence[Fragment]
) -> tuple[list[Fragment], int]:
    broken: list[Fragment] = []
    for style, text in word:
        held = ""
        for char in text:
            size = get_cwidth(char)
            if size > left:
                broken += [(style, held), ("", "\n"), *next_head]
                held, left = "", max(room, 2)
            held += char
            left -= size
        broken.append((style, held))
    return broken, left


_ASCII: Final = str.maketrans(
    {"│": "|", "┃": "!", "─": "-", "●": "*", "·": "-", "›": ">", "→": ">", "←": "<", "…": "~"}
)


def asciify(text: str) -> str:
    """Our own signs in ASCII, for a terminal that has no others; foreign letters stay."""
    return text.translate(_ASCII)
