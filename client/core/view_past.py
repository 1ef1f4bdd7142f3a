"""History, gaps, what is unread, deletions and search results as lines. Used by `view.py` only."""

from collections.abc import Callable
from gettext import gettext as _, ngettext
from typing import Any, Final

from client.core import events
from client.core.events import Event, MessageKind, MessageReceived, Purpose
from client.core.lines import Style, Token, ViewOptions, body, nick, sentence, word
from client.core.searching import FOUND_MAX
from irc.names import fold

Tokens = tuple[Token, ...]


def _begins(options: ViewOptions, event: events.HistoryBegins) -> list[Tokens]:
    is_room = event.buffer.startswith("#")
    if not event.count or (event.purpose is Purpose.OPEN and (is_room or _is_here(options, event))):
        return []  # its name stands above already
    window = word(options, event.buffer, Style.WINDOW)
    count = Token(str(event.count), Style.SYSTEM)
    return [sentence(_heading(event.purpose, event.count, is_room), count=count, window=window)]


def _heading(purpose: Purpose, count: int, is_room: bool) -> str:
    """What stands above messages of the past."""
    if purpose is Purpose.OPEN:
        return ngettext(
            "%(count)s message with %(window)s:", "%(count)s messages with %(window)s:", count
        )
    match purpose is Purpose.RESUME, is_room:
        case True, True:
            return ngettext(
                "%(count)s message in %(window)s while you were away:",
                "%(count)s messages in %(window)s while you were away:",
                count,
            )
        case True, False:
            return ngettext(
                "%(count)s message with %(window)s while you were away:",
                "%(count)s messages with %(window)s while you were away:",
                count,
            )
        case False, True:
            return ngettext(
                "%(count)s older message in %(window)s:",
                "%(count)s older messages in %(window)s:",
                count,
            )
        case _:
            return ngettext(
                "%(count)s older message with %(window)s:",
                "%(count)s older messages with %(window)s:",
                count,
            )


def _is_here(options: ViewOptions, event: events.HistoryBegins | events.MessageDeleted) -> bool:
    return options.window is not None and fold(event.buffer) == fold(options.window)


def _ends(options: ViewOptions, event: events.HistoryEnds) -> list[Tokens]:
    if event.is_missing or event.purpose is not Purpose.OLDER:
        return []  # an error has said it, or it is part of coming in
    if not event.is_whole:
        return [sentence(_("so much from before; /history shows more"), Style.HINT)]
    if not event.is_asked:
        return []
    window = word(options, event.buffer, Style.WINDOW)
    if event.buffer.startswith("#"):
        return [sentence(_("there is nothing older in %(window)s"), window=window)]
    return [sentence(_("there is nothing older with %(window)s"), window=window)]


def _gap(_options: ViewOptions, event: events.GapFound) -> list[Tokens]:
    template = ngettext(
        "%(count)s message is missing here",
        "%(count)s messages are missing here",
        event.missing,
    )
    return [sentence(template, Style.ERROR, count=Token(str(event.missing), Style.ERROR))]


def _unread(_options: ViewOptions, _event: events.UnreadBegins) -> list[Tokens]:
    return [sentence(_("new since you were here:"), Style.HINT)]


def _deleted(options: ViewOptions, event: events.MessageDeleted) -> list[Tokens]:
    parts: dict[str, Token | Tokens] = {"by": nick(options, event.by, own=event.own)}
    if not event.nick:
        told = sentence(_("%(by)s deleted a message"), **parts)
    elif event.nick == event.by:
        parts["text"] = body(options, event.text, Style.PAST)
        told = sentence(_("%(by)s deleted this message: %(text)s"), **parts)
    else:
        parts |= {"nick": nick(options, event.nick), "text": body(options, event.text, Style.PAST)}
        told = sentence(_("%(by)s deleted this message of %(nick)s: %(text)s"), **parts)
    if event.reason:
        told += sentence(_(" (%(reason)s)"), reason=body(options, event.reason, Style.SYSTEM))
    if _is_here(options, event):
        return [told]
    window = word(options, event.buffer, Style.WINDOW)
    is_room = event.buffer.startswith("#")
    where = _("in %(window)s, ") if is_room else _("with %(window)s, ")
    return [sentence(where, window=window) + told]


def _found(options: ViewOptions, event: events.SearchFound) -> list[Tokens]:
    count = len(event.messages)
    words = body(options, event.words, Style.TEXT)
    if not count:
        nothing = _('nobody said "%(words)s" where you may read')
        if event.buffer:
            nothing = _('nobody said "%(words)s" here; /search -all looks everywhere')
        return [sentence(nothing, words=words)]
    template = ngettext(
        '%(count)s message with "%(words)s":', '%(count)s messages with "%(words)s":', count
    )
    if count >= FOUND_MAX:
        template = _('the latest %(count)s messages with "%(words)s":')
    head = sentence(template, count=Token(str(count), Style.SYSTEM), words=words)
    return [head, *(_result(options, message) for message in event.messages)]


def _result(options: ViewOptions, message: MessageReceived) -> Tokens:
    """One result: when, where, who and what."""
    when = f"{options.day(message.time_ms)} {options.clock(message.time_ms)} "
    who = nick(options, message.nick, own=message.own)
    is_action = message.kind is MessageKind.ACTION
    said = (Token(": * "), who, Token(" ")) if is_action else (Token(": "),)
    if message.is_private:
        template = _("private to %(nick)s") if message.own else _("private from %(nick)s")
        head = sentence(template, Style.PRIVATE, nick=nick(options, message.buffer))
    else:
        head = (word(options, message.buffer, Style.WINDOW), Token(" "), who)
    return (
        Token(when, Style.TIME),
        *head,
        *said,
        *body(options, message.text, Style.OWN_TEXT if message.own else Style.TEXT),
    )


MAKERS: Final[dict[type[Event], Callable[[ViewOptions, Any], list[Tokens]]]] = {
    events.HistoryBegins: _begins,
    events.HistoryEnds: _ends,
    events.GapFound: _gap,
    events.UnreadBegins: _unread,
    events.MessageDeleted: _deleted,
    events.SearchFound: _found,
}
