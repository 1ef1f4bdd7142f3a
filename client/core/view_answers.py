"""Answers to questions, what the server says, and errors, as lines. Used by `view.py` only."""

from collections.abc import Callable, Iterator
from gettext import gettext as _, ngettext
from typing import Any, Final

from client.core import events
from client.core.events import Event, TextKind
from client.core.lines import Style, Token, ViewOptions, body, nick, sentence, word
from client.core.reasons import reason
from irc.names import fold

Tokens = tuple[Token, ...]


def _number(value: int) -> Token:
    return Token(str(value), Style.SYSTEM)


def _names(options: ViewOptions, event: events.NamesListed) -> list[Tokens]:
    room = word(options, event.buffer, Style.WINDOW)
    count = len(event.members)
    if not event.requested:
        template = ngettext("%(count)s person in %(room)s", "%(count)s people in %(room)s", count)
        return [sentence(template, count=_number(count), room=room)]
    names: Tokens = ()
    for member in event.members:
        comma = (Token(", ", Style.SYSTEM),) if names else ()
        prefixes = (word(options, member.prefixes, Style.SYSTEM),) if member.prefixes else ()
        names += (*comma, *prefixes, nick(options, member.nick))
    template = ngettext(
        "%(count)s person in %(room)s: %(names)s",
        "%(count)s people in %(room)s: %(names)s",
        count,
    )
    return [sentence(template, count=_number(count), room=room, names=names)]


def _who(options: ViewOptions, event: events.WhoListed) -> list[Tokens]:
    template = _("%(nick)s (%(user)s at %(host)s): %(realname)s")
    away = _("%(nick)s (%(user)s at %(host)s), away: %(realname)s")
    told = [
        sentence(
            away if row.is_away else template,
            nick=nick(options, row.nick),
            user=word(options, row.user, Style.SYSTEM),
            host=word(options, row.host, Style.SYSTEM),
            realname=body(options, row.realname, Style.SYSTEM),
        )
        for row in event.rows
    ]
    count = len(event.rows)
    total = ngettext("%(count)s person for %(target)s", "%(count)s people for %(target)s", count)
    target = word(options, event.target, Style.WINDOW)
    return [*told, sentence(total, count=_number(count), target=target)]


def _rooms(options: ViewOptions, event: events.ListListed) -> list[Tokens]:
    told = []
    for row in event.rows:
        template = ngettext("%(room)s, %(count)s person", "%(room)s, %(count)s people", row.members)
        room = word(options, row.room, Style.WINDOW)
        line = sentence(template, room=room, count=_number(row.members))
        if row.topic:
            line += (Token(": ", Style.SYSTEM), *body(options, row.topic, Style.SYSTEM))
        told.append(line)
    total = ngettext("%(count)s room", "%(count)s rooms", len(event.rows))
    return [*told, sentence(total, count=_number(len(event.rows)))]


def _whois(options: ViewOptions, event: events.WhoisReceived) -> list[Tokens]:
    who = nick(options, event.nick)
    address = word(options, f"{event.user}@{event.host}", Style.SYSTEM)
    if fold(event.realname) in ("", fold(event.nick), fold(event.user)):
        head = sentence("%(nick)s, %(address)s", nick=who, address=address)
    else:
        realname = body(options, event.realname, Style.SYSTEM)
        template = _("%(nick)s (%(realname)s), %(address)s")
        head = sentence(template, nick=who, address=address, realname=realname)
    return [head, *(sentence(template, **parts) for template, parts in _facts(options, event, who))]


def _facts(
    options: ViewOptions, event: events.WhoisReceived, who: Token
) -> Iterator[tuple[str, dict[str, Token | Tokens]]]:
    """What is known beyond the first line, each as a sentence."""
    if event.account:
        account = word(options, event.account, Style.NICK)
        template = _("%(nick)s is logged in as %(account)s")
        if fold(event.account) == fold(event.nick):
            template = _("%(nick)s is logged in")
        yield template, {"nick": who, "account": account}
    if event.rooms:
        rooms = body(options, ", ".join(event.rooms), Style.WINDOW)
        yield _("%(nick)s is in %(rooms)s"), {"nick": who, "rooms": rooms}
    if event.is_away:
        away = body(options, event.away, Style.SYSTEM)
        yield _("%(nick)s is away: %(reason)s"), {"nick": who, "reason": away}
    if event.idle_s >= 60:
        minutes = Token(str(event.idle_s // 60), Style.SYSTEM)
        yield (
            ngettext(
                "%(nick)s said nothing for %(count)s minute",
                "%(nick)s said nothing for %(count)s minutes",
                event.idle_s // 60,
            ),
            {"nick": who, "count": minutes},
        )
    if event.is_operator:
        yield _("%(nick)s is an operator of the server"), {"nick": who}
    if event.is_secure:
        yield _("%(nick)s has an encrypted connection"), {"nick": who}
    for text in event.other:
        said = body(options, text, Style.SYSTEM)
        yield "%(nick)s: %(text)s", {"nick": who, "text": said}


def _server_text(options: ViewOptions, event: events.ServerText) -> list[Tokens]:
    text = body(options, event.text, Style.SYSTEM)
    if event.kind is TextKind.WARNING:
        return [sentence(_("warning: %(text)s"), Style.ERROR, text=text)]
    if event.kind is TextKind.NOTICE:
        source = word(options, event.source or _("the server"), Style.WINDOW)
        return [sentence(_("notice from %(source)s: %(text)s"), source=source, text=text)]
    return [text]


def _error(options: ViewOptions, event: events.ErrorReply) -> list[Tokens]:
    about = event.context[0] if event.context else event.command
    why = Token(reason(event.code, event.text, about), Style.ERROR)
    return [sentence(_("error: %(why)s"), Style.ERROR, why=why)]


MAKERS: Final[dict[type[Event], Callable[[ViewOptions, Any], list[Tokens]]]] = {
    events.NamesListed: _names,
    events.WhoListed: _who,
    events.ListListed: _rooms,
    events.WhoisReceived: _whois,
    events.ServerText: _server_text,
    events.ErrorReply: _error,
}
