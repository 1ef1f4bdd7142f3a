"""Events and notes as rows of the line face. Called by it; the words are the core's view's.

Only messages are arranged here in a way of their own: who in the left column, what at the right.
"""

import re
from gettext import gettext as _

from prompt_toolkit.formatted_text import StyleAndTextTuples

from client.core import events as ev
from client.core.events import Event, MessageKind, MessageReceived
from client.core.lines import (
    Style,
    Token,
    ViewOptions,
    body,
    nick,
    said_style,
    sentence,
    to_some,
    word,
)
from client.core.view import lines
from client.ui.desk import Note
from client.ui.look import (
    GREY,
    NICK_CELLS_MAX,
    Fragment,
    cells,
    cut,
    draw_row,
    fragments,
    note_style,
    wrap,
)
from irc.names import fold

_SIGNS: dict[type[Event], str] = {
    ev.Joined: "→",
    ev.Parted: "←",
    ev.Quit: "←",
    ev.Kicked: "←",
    ev.MessageQueued: "…",
    ev.MessageUnconfirmed: "?",
    ev.MessageFailed: "!",
    ev.GapFound: "!",
    ev.ErrorReply: "!",
    ev.NickInUse: "!",
    ev.ServerClosing: "!",
}


def draw_event(
    event: Event, options: ViewOptions, width: int, *, has_time: bool
) -> StyleAndTextTuples:
    """The rows for one event."""
    if isinstance(event, MessageReceived):
        return _draw_message(event, options, width, has_time)
    gutter: list[Fragment] = [(GREY, _SIGNS.get(type(event), "·"))]
    drawn: StyleAndTextTuples = []
    for line in lines(event, options):
        drawn += draw_row(line.time if has_time else "", gutter, "│", fragments(line.tokens), width)
    return drawn


def titles(event: Event, options: ViewOptions) -> list[str]:
    """What an event says, for the rules between parts of the chat."""
    return ["".join(token.text for token in line.tokens) for line in lines(event, options)]


def draw_note(note: Note, width: int) -> StyleAndTextTuples:
    """A row for what the face itself says: not in the columns, for it is no part of the chat.

    Of a text in two columns, as /help has it, the second one is kept together.
    """
    indent: list[Fragment] = [("", "  ")]
    column = re.match(r"\S.*?\s{2,}", note.text)
    columns = len(column[0]) if column else 0
    hang = [*indent, ("", " " * columns)] if 2 * columns <= width else indent
    text = wrap([(note_style(note.kind), note.text)], width, hang, cells(indent))
    return [*indent, *text, ("", "\n")]


def _draw_message(
    event: MessageReceived, options: ViewOptions, width: int, has_time: bool
) -> StyleAndTextTuples:
    who = nick(options, event.nick, own=event.own)
    head = _where(event, options)
    if some := to_some(event):
        head += (Token(f"{some}:", Style.PRIVATE), Token(" "))
    if event.kind is MessageKind.NOTICE:
        head += (Token(_("notice"), Style.NOTICE), Token(" "))
    if event.kind is MessageKind.ACTION:
        gutter: list[Fragment] = [("bold", "*")]
        head += (who, Token(" "))
    else:
        ((shown, name),) = fragments([who])
        gutter = [(shown, cut(name, NICK_CELLS_MAX))]
    text = fragments((*head, *body(options, event.text, said_style(event))))
    time = options.clock(event.time_ms) if has_time else ""
    return draw_row(time, gutter, "┃" if event.mention else "│", text, width)


def _where(event: MessageReceived, options: ViewOptions) -> tuple[Token, ...]:
    """What tells a message apart from those of the window the person looks at."""
    is_here = options.window is not None and fold(event.buffer) == fold(options.window)
    if event.is_private:
        if event.own:
            other = nick(options, event.buffer)
            private = sentence(_("to %(nick)s, private:"), Style.PRIVATE, nick=other)
        else:
            private = (Token(_("private:"), Style.PRIVATE),)
        return (*private, Token(" "))
    if is_here or not event.buffer:
        return ()
    return (word(options, event.buffer, Style.WINDOW), Token(" "))
