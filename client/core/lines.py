"""Lines for a screen, made of tokens: text that is safe to draw, with the name of its style.

The only makers of tokens are `word`, `body` and `sentence` here, and all of them pass foreign text
through `irc.sanitise`; `view.py` and its families make every line with them. A face draws tokens
as they are and chooses colours by style. Pure.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from gettext import gettext as _
from typing import Final

from client.core.colours import colour_index
from client.core.event import MessageReceived
from client.core.event_json import time_text
from irc.sanitise import StyledRun, clean_line, parse_format, safe_emoji

# A name or other single word is cut here: longer ones only exist to fill a screen.
WORD_CHARS_MAX: Final = 80


class Style(StrEnum):
    """What a token is. A face maps each to how it looks; none may say by colour alone."""

    TIME = "time"
    WINDOW = "window"
    NICK = "nick"
    OWN_NICK = "own-nick"
    TEXT = "text"
    OWN_TEXT = "own-text"
    MENTION = "mention"
    PRIVATE = "private"
    NOTICE = "notice"
    PAST = "past"  # said before we heard it
    SYSTEM = "system"
    WAITING = "waiting"
    ERROR = "error"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line. `colour`: the nick's, -1 for none; `run`: formatting of its writer."""

    text: str
    style: Style = Style.TEXT
    colour: int = -1
    run: StyledRun | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when, in which window, and what it says (without the time)."""

    time: str
    buffer: str
    tokens: tuple[Token, ...]


def utc_clock(time_ms: int) -> str:
    """HH:MM in UTC. A face gives one for the person's own time zone."""
    return time_text(time_ms)[11:16]


def utc_day(time_ms: int) -> str:
    """The date in UTC. A face gives one for the person's own time zone."""
    return time_text(time_ms)[:10]


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """What a face chooses. `window`: its name is left out of its lines; None: never left out."""

    window: str | None = None
    clock: Callable[[int], str] = utc_clock
    day: Callable[[int], str] = utc_day
    nick_colours: int = 12
    is_emoji_safe: bool = True  # show emoji in forms of which every terminal knows the width


def word(options: ViewOptions, text: str, style: Style, colour: int = -1) -> Token:
    """A name or value from outside, as one token, cut at `WORD_CHARS_MAX`."""
    shown = clean_line(text, WORD_CHARS_MAX)
    return Token(safe_emoji(shown) if options.is_emoji_safe else shown, style, colour)


def nick(options: ViewOptions, name: str, *, own: bool = False) -> Token:
    """A nick in its colour."""
    style = Style.OWN_NICK if own else Style.NICK
    return word(options, name, style, colour_index(name, options.nick_colours))


def to_some(event: MessageReceived) -> str:
    """For whom `event` is, if only for some of a room: "@#room" is for its operators."""
    if event.is_private or event.target == event.buffer:
        return ""
    sign = event.target[:1]
    if sign == "+":
        return _("to those with a voice")
    return _("to the operators") if sign in "~&@%" else ""


def said_style(event: MessageReceived) -> Style:
    """How what somebody said looks."""
    if event.mention:
        return Style.MENTION
    if event.is_history:
        return Style.PAST
    return Style.OWN_TEXT if event.own else Style.TEXT


def body(options: ViewOptions, text: str, style: Style = Style.TEXT) -> tuple[Token, ...]:
    """What somebody wrote, with the formatting they gave it."""
    return tuple(
        Token(safe_emoji(run.text) if options.is_emoji_safe else run.text, style, run=run)
        for run in parse_format(text)
    )


_PLACE: Final = re.compile(r"%\((\w+)\)s")

Part = Token | tuple[Token, ...]


def sentence(template: str, style: Style = Style.SYSTEM, /, **parts: Part) -> tuple[Token, ...]:
    """A translated `template` with tokens in its %(places)s; between them it is our own text."""
    tokens: list[Token] = []
    position = 0
    for place in _PLACE.finditer(template):
        tokens.append(Token(template[position : place.start()], style))
        part = parts[place[1]]
        tokens += part if isinstance(part, tuple) else (part,)
        position = place.end()
    tokens.append(Token(template[position:], style))
    return tuple(token for token in tokens if token.text)


def plain_text(line: Line) -> str:
    """`line` as text, for a face without colours."""
    return f"{line.time} " + "".join(token.text for token in line.tokens)
