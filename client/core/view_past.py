"""History, gaps, what is unread, deletions and search results as lines. Used by `view.py` only."""

from collections.abc import Callable
from gettext import gettext as _, ngettext
from typing import Any, Final

from client.core import events
from client.core.events import Event, MessageKind, MessageReceived, Purpose
from client.core.lines import Style, Token, ViewOptions, body, nick, sentence, word

Tokens = tuple[Token, ...]


def _begins(options: ViewOptions, event: events.HistoryBegins) -> list[Tokens]:
    if event.purpose is Purpose.OPEN or not event.count:
        return []
    if event.purpose is Purpose.RESUME:
        template = ngettext(
            "%(count)s message in %(window)s while you were away:",
            "%(count)s messages in %(window)s while you were away:",
            event.count,
        )
    else:
        template = ngettext(
            "%(count)s older message of %(window)s:",
            "%(count)s older messages of %(window)s:",
            event.count,
        )
    window = word(options, event.buffer, Style.WINDOW)
    return [sentence(template, count=Token(str(event.count), Style.SYSTEM), window=window)]


def _ends(options: ViewOptions, event: events.HistoryEnds) -> list[Tokens]:
    if event.is_missing or event.purpose is not Purpose.OLDER:
        return []  # an error has said it, or it is part of coming in
    if not event.is_whole:
        return [sentence(_("so much from before; /history shows more"), Style.HINT)]
    window = word(options, event.buffer, Style.WINDOW)
    return [sentence(_("there is nothing older in %(window)s"), window=window)]


def _gap(_options: ViewOptions, event: events.GapFound) -> list[Tokens]:
    template = ngettext(
        "%(count)s message is missing here",
        "some messages are missing here: %(count)s",
        event.missing,
    )
    return [sentence(template, Style.ERROR, count=Token(str(event.missing), Style.ERROR))]


def _unread(_options: ViewOptions, _event: events.UnreadBegins) -> list[Tokens]:
    return [sentence(_("new since you were here:"), Style.HINT)]


def _deleted(options: ViewOptions, event: events.MessageDeleted) -> list[Tokens]:
    by = nick(options, event.by, own=event.own)
    parts: dict[str, Token | Tokens] = {"by": by}
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
    return [told]


def _found(options: ViewOptions, event: events.SearchFound) -> list[Tokens]:
    count = len(event.messages)
    words = body(options, event.words, Style.TEXT)
    if not count:
        return [sentence(_('nobody said "%(words)s" here, as far as you may read'), words=words)]
    template = ngettext(
        '%(count)s message with "%(words)s":', '%(count)s messages with "%(words)s":', count
    )
    head = sentence(template, count=Token(str(count), Style.SYSTEM), words=words)
    return [head, *(_result(options, message) for message in event.messages)]


def _result(options: ViewOptions, message: MessageReceived) -> Tokens:
    """One result: when, where, who and what."""
    when = f"{options.day(message.time_ms)} {options.clock(message.time_ms)} "
    who = nick(options, message.nick, own=message.own)
    is_action = message.kind is MessageKind.ACTION
    said = (Token(": * "), who, Token(" ")) if is_action else (Token(": "),)
    where: Tokens = (word(options, message.buffer, Style.WINDOW), Token(" "))
    return (
        Token(when, Style.TIME),
        *where,
        who,
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
