"""Answers to questions, what the server says, and errors, as lines. Used by `view.py` only."""

from collections.abc import Callable, Iterator, Sequence
from gettext import gettext as _, ngettext
from typing import Any, Final

from client.core import events
from client.core.events import Event, TextKind
from client.core.lines import Style, Token, ViewOptions, body, nick, sentence, word
from client.core.reasons import reason
from client.core.view_modes import is_mute, shown_mask
from irc.names import fold

Tokens = tuple[Token, ...]

_PREFIXES: Final = "~&@%+!"  # of members, as servers have them


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
        prefixes = (word(options, member.prefixes[0], Style.SYSTEM),) if member.prefixes else ()
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
    """A head and a few lines below it, not a sentence for each thing the server said."""
    who = nick(options, event.nick)
    address = word(options, f"{event.user}@{event.host}", Style.SYSTEM)
    if fold(event.realname) in ("", fold(event.nick), fold(event.user)):
        head = sentence("%(nick)s, %(address)s", nick=who, address=address)
    else:
        realname = body(options, event.realname, Style.SYSTEM)
        template = _("%(nick)s (%(realname)s), %(address)s")
        head = sentence(template, nick=who, address=address, realname=realname)
    told = [head]
    if event.is_away:
        reason_away = body(options, event.away, Style.SYSTEM)
        told.append(sentence(_("  away: %(reason)s"), reason=reason_away))
    if event.rooms:
        rooms = body(options, ", ".join(map(_with_highest, event.rooms)), Style.WINDOW)
        told.append(sentence(_("  in %(rooms)s"), rooms=rooms))
    known = list(_facts(options, event))
    if known:
        told.append((Token("  ", Style.SYSTEM), *_joined(known)))
    for text in event.other:
        told.append((Token("  ", Style.SYSTEM), *body(options, text, Style.SYSTEM)))
    return told


def _with_highest(room: str) -> str:
    """A room as WHOIS has it, "~@#tea", with the highest of the prefixes only."""
    name = room.lstrip(_PREFIXES)
    return room[: min(1, len(room) - len(name))] + name


def _joined(facts: Sequence[Tokens]) -> Tokens:
    tokens = facts[0]
    for fact in facts[1:]:
        tokens += (Token(", ", Style.SYSTEM), *fact)
    return tokens


def _facts(options: ViewOptions, event: events.WhoisReceived) -> Iterator[Tokens]:
    """What is known beyond the first lines, a few words for each."""
    if event.account and fold(event.account) != fold(event.nick):
        account = word(options, event.account, Style.NICK)
        yield sentence(_("logged in as %(account)s"), account=account)
    elif event.account:
        yield sentence(_("logged in"))
    if event.is_operator:
        yield sentence(_("operator of the server"))
    if event.is_bot:
        yield sentence(_("a bot"))
    if event.idle_s >= 60:
        minutes = event.idle_s // 60
        template = ngettext("silent for %(count)s minute", "silent for %(count)s minutes", minutes)
        yield sentence(template, count=_number(minutes))
    if event.is_secure:
        yield sentence(_("connection encrypted"))
    if event.address:
        address = word(options, event.address, Style.SYSTEM)
        yield sentence(_("from %(address)s"), address=address)
    if event.modes.strip("+"):
        modes = word(options, event.modes, Style.SYSTEM)
        yield sentence(_("modes %(modes)s"), modes=modes)


def _bans(options: ViewOptions, event: events.BansListed) -> list[Tokens]:
    room = word(options, event.buffer, Style.WINDOW)
    if not event.rows:
        return [sentence(_("nobody is banned or muted in %(room)s"), room=room)]
    return [_ban(options, number, row) for number, row in enumerate(event.rows, 1)]


def _ban(options: ViewOptions, number: int, row: events.MaskRow) -> Tokens:
    who = word(options, shown_mask(row.mask), Style.NICK)
    template = _("%(number)s. %(who)s is banned")
    if is_mute(row.mask):
        template = _("%(number)s. %(who)s is muted")
    told = sentence(template, number=_number(number), who=who)
    if row.by:
        told += sentence(_(", by %(nick)s"), nick=nick(options, row.by))
    if row.set_ms:
        since = f"{options.day(row.set_ms)} {options.clock(row.set_ms)}"
        told += sentence(_(", since %(time)s"), time=Token(since, Style.TIME))
    return told


def _watched(options: ViewOptions, event: events.WatchListed) -> list[Tokens]:
    if not event.nicks:
        return [sentence(_("you watch nobody: /notify NAME"))]
    here = set(event.here)
    told = []
    for name in event.nicks:
        template = _("%(nick)s is here") if name in here else _("%(nick)s is not here")
        told.append(sentence(template, nick=nick(options, name)))
    return told


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
    events.BansListed: _bans,
    events.WatchListed: _watched,
    events.ServerText: _server_text,
    events.ErrorReply: _error,
}
