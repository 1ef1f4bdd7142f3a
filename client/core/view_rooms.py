"""Rooms and people coming, going and changing, as lines. Used by `view.py` only. Pure."""

from collections.abc import Callable
from gettext import gettext as _
from typing import Any, Final

from client.core import events, view_modes
from client.core.events import Event
from client.core.lines import Style, Token, ViewOptions, body, nick, sentence, word
from irc.names import fold

Tokens = tuple[Token, ...]


def _room(options: ViewOptions, name: str) -> Token:
    return word(options, name, Style.WINDOW)


def _told(
    options: ViewOptions, plain: str, reasoned: str, text: str, **parts: Token
) -> list[Tokens]:
    """One sentence, in the form with a %(reason)s if there is one."""
    if not text:
        return [sentence(plain, **parts)]
    return [sentence(reasoned, reason=body(options, text, Style.SYSTEM), **parts)]


def _joined(options: ViewOptions, event: events.Joined) -> list[Tokens]:
    room = _room(options, event.buffer)
    if event.own:
        return [sentence(_("you are in %(room)s now"), room=room)]
    return [sentence(_("%(nick)s joined %(room)s"), nick=nick(options, event.nick), room=room)]


def _parted(options: ViewOptions, event: events.Parted) -> list[Tokens]:
    room = _room(options, event.buffer)
    if event.own:
        plain, reasoned = _("you left %(room)s"), _("you left %(room)s: %(reason)s")
    else:
        plain = _("%(nick)s left %(room)s")
        reasoned = _("%(nick)s left %(room)s: %(reason)s")
    who = nick(options, event.nick, own=event.own)
    return _told(options, plain, reasoned, event.reason, nick=who, room=room)


def _quit(options: ViewOptions, event: events.Quit) -> list[Tokens]:
    plain, reasoned = _("%(nick)s left the chat"), _("%(nick)s left the chat: %(reason)s")
    who = nick(options, event.nick)
    if event.own:
        return []  # somebody ended our connection: that is told
    reason = event.reason.removeprefix("Quit:").strip()  # many servers put it before the person's
    if reason == "Quit":
        reason = ""
    return _told(options, plain, reasoned, reason, nick=who)


def _nick_changed(options: ViewOptions, event: events.NickChanged) -> list[Tokens]:
    new = nick(options, event.new_nick, own=event.own)
    if event.own:
        return [sentence(_("you are %(new)s now"), new=new)]
    return [sentence(_("%(nick)s is %(new)s now"), nick=nick(options, event.nick), new=new)]


def _account_changed(options: ViewOptions, event: events.AccountChanged) -> list[Tokens]:
    account = word(options, event.account, Style.NICK)
    who = nick(options, event.nick, own=event.own)
    if not event.account:
        return [sentence(_("%(nick)s logged out"), nick=who)]
    return [sentence(_("%(nick)s logged in as %(account)s"), nick=who, account=account)]


def _away_changed(options: ViewOptions, event: events.AwayChanged) -> list[Tokens]:
    who = nick(options, event.nick, own=event.own)
    if not event.is_away:
        template = _("you are back") if event.own else _("%(nick)s is back")
        return [sentence(template, nick=who)]
    if event.own:
        plain, reasoned = _("you are away"), _("you are away: %(reason)s")
    else:
        plain, reasoned = _("%(nick)s is away"), _("%(nick)s is away: %(reason)s")
    return _told(options, plain, reasoned, event.reason, nick=who)


def _topic_changed(options: ViewOptions, event: events.TopicChanged) -> list[Tokens]:
    room = _room(options, event.buffer)
    topic = body(options, event.topic, Style.SYSTEM)
    if not event.nick:
        template = _("topic of %(room)s: %(topic)s") if topic else _("%(room)s has no topic")
        return [sentence(template, room=room, topic=topic)]
    template = _("%(nick)s removed the topic of %(room)s")
    if topic:
        template = _("%(nick)s set the topic of %(room)s: %(topic)s")
    return [sentence(template, nick=nick(options, event.nick), room=room, topic=topic)]


def _renamed(options: ViewOptions, event: events.RoomRenamed) -> list[Tokens]:
    return _told(
        options,
        _("%(by)s gave %(old)s the name %(room)s"),
        _("%(by)s gave %(old)s the name %(room)s: %(reason)s"),
        event.reason,
        by=nick(options, event.by),
        old=_room(options, event.old_name),
        room=_room(options, event.buffer),
    )


def _realname_changed(options: ViewOptions, event: events.RealnameChanged) -> list[Tokens]:
    realname = body(options, event.realname, Style.SYSTEM)
    if event.own:
        return [sentence(_("your real name is now: %(realname)s"), realname=realname)]
    template = _("the real name of %(nick)s is now: %(realname)s")
    return [sentence(template, nick=nick(options, event.nick), realname=realname)]


def _killed(options: ViewOptions, event: events.Killed) -> list[Tokens]:
    by, who = nick(options, event.by), nick(options, event.nick, own=event.own)
    if event.own:
        plain = _("%(by)s, an operator of the server, ended your connection")
        reasoned = _("%(by)s, an operator of the server, ended your connection: %(reason)s")
    else:
        plain = _("%(by)s ended the connection of %(nick)s")
        reasoned = _("%(by)s ended the connection of %(nick)s: %(reason)s")
    return _told(options, plain, reasoned, event.reason, by=by, nick=who)


def _presence(options: ViewOptions, event: events.PresenceTold) -> list[Tokens]:
    template = _("%(nick)s is here") if event.is_here else _("%(nick)s is not here")
    return [sentence(template, nick=nick(options, name)) for name in event.nicks]


def _kicked(options: ViewOptions, event: events.Kicked) -> list[Tokens]:
    if event.own:
        plain = _("%(by)s removed you from %(room)s")
        reasoned = _("%(by)s removed you from %(room)s: %(reason)s")
    else:
        plain = _("%(by)s removed %(nick)s from %(room)s")
        reasoned = _("%(by)s removed %(nick)s from %(room)s: %(reason)s")
    who, by = nick(options, event.nick, own=event.own), nick(options, event.by)
    room = _room(options, event.buffer)
    # Where nobody gave a reason, servers put the name.
    why = "" if fold(event.reason) in (fold(event.by), fold(event.nick)) else event.reason
    return _told(options, plain, reasoned, why, nick=who, by=by, room=room)


def _invited(options: ViewOptions, event: events.Invited) -> list[Tokens]:
    by, room = nick(options, event.by), _room(options, event.room)
    if event.own:
        template = _("%(by)s invites you to %(room)s: /join %(room)s")
        return [sentence(template, by=by, room=room)]
    template = _("%(by)s invited %(nick)s to %(room)s")
    return [sentence(template, by=by, nick=nick(options, event.nick), room=room)]


MAKERS: Final[dict[type[Event], Callable[[ViewOptions, Any], list[Tokens]]]] = {
    events.Joined: _joined,
    events.Parted: _parted,
    events.Quit: _quit,
    events.NickChanged: _nick_changed,
    events.AccountChanged: _account_changed,
    events.AwayChanged: _away_changed,
    events.TopicChanged: _topic_changed,
    events.ModeChanged: view_modes.mode_changed,
    events.Kicked: _kicked,
    events.Invited: _invited,
    events.RoomRenamed: _renamed,
    events.RealnameChanged: _realname_changed,
    events.Killed: _killed,
    events.PresenceTold: _presence,
}
