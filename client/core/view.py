"""Events as lines to show: the same sentences for every face, and nothing in them unsafe to draw.

`lines(event, options)` gives what to show for one event, often one line, sometimes none; `rings`
tells whether it should make a sound. Words come before symbols, so that a screen reader says who
and where before what. Rooms, people and answers have their own files; this one has the messages
and the connection. Pure; called by the faces on the session's thread.
"""

from collections.abc import Callable
from gettext import gettext as _, ngettext
from typing import Any, Final

from client.core import events, view_answers, view_past, view_rooms
from client.core.events import Event, MessageKind, MessageReceived
from client.core.lines import (
    Line,
    Style,
    Token,
    ViewOptions,
    body,
    nick,
    plain_text,
    said_style,
    sentence,
    to_some,
    utc_clock,
    word,
)
from client.core.reasons import closing_reason, reason
from client.core.state import TEXT_BYTES_MAX
from irc.sanitise import clean_line

__all__ = ["Line", "Style", "Token", "ViewOptions", "lines", "plain_text", "rings", "utc_clock"]

Tokens = tuple[Token, ...]

RECALLED_CHARS_MAX: Final = 80  # of a message that is too long to send


def lines(event: Event, options: ViewOptions | None = None) -> list[Line]:
    """What to show for `event`, in order; nothing for events that only matter to a face's state."""
    options = options or ViewOptions()
    make = _MAKERS.get(type(event))
    if make is None:
        return []
    buffer = getattr(event, "buffer", "")
    time = options.clock(event.time_ms)
    return [Line(time, buffer, tokens) for tokens in make(options, event)]


def rings(event: Event) -> bool:
    """Tell whether `event` is for this person in particular: a mention, or a private message.

    What was said before we heard it calls nobody any more.
    """
    if not isinstance(event, MessageReceived) or event.own or event.is_history:
        return False
    return event.mention or event.is_private


# --- messages -------------------------------------------------------------------------------


def _received(options: ViewOptions, event: MessageReceived) -> list[Tokens]:
    """Who and where, then what: "#lobby ana: text", "private from ana: text"."""
    who = nick(options, event.nick, own=event.own)
    is_elsewhere = event.buffer != options.window
    head: Tokens = ()
    if event.mention and not event.is_private:
        head += (Token(_("mention"), Style.MENTION), Token(" "))
    if event.kind is MessageKind.NOTICE:
        head += (Token(_("notice"), Style.NOTICE), Token(" "))
    if some := to_some(event):
        head += (Token(some, Style.PRIVATE), Token(" "))
    if event.is_private and is_elsewhere:
        template = _("private to %(nick)s") if event.own else _("private from %(nick)s")
        head += sentence(template, Style.PRIVATE, nick=nick(options, event.buffer))
    elif is_elsewhere:
        head += (word(options, event.buffer, Style.WINDOW), Token(" "), who)
    else:
        head += (who,)
    if event.kind is MessageKind.ACTION:
        # With the star nobody can act like a sentence of ours.
        head += (Token(": * "), who, Token(" "))
    else:
        head += (Token(": "),)
    return [head + body(options, event.text, said_style(event))]


def _queued(options: ViewOptions, event: events.MessageQueued) -> list[Tokens]:
    if not event.waiting:
        return []  # it shows when the server has it
    return [_ours(options, _("waiting, to %(target)s: %(text)s"), event.target, event.text)]


def _ours(options: ViewOptions, template: str, target: str, text: str, **more: Token) -> Tokens:
    """A sentence about a message of ours."""
    return sentence(
        template,
        Style.WAITING,
        target=word(options, target, Style.WINDOW),
        text=body(options, text, Style.OWN_TEXT),
        **more,
    )


def _failed(options: ViewOptions, event: events.MessageFailed) -> list[Tokens]:
    why, text = reason(event.code, event.reason, event.target), event.text
    if event.code == "too_long":
        # Enough to know it again: the whole of it would push the reason off the screen.
        why = _("This is too long to send: %d kB at most.") % (TEXT_BYTES_MAX // 1024)
        text = clean_line(text, RECALLED_CHARS_MAX)
    told = _ours(
        options,
        _("not sent to %(target)s: %(why)s"),
        event.target,
        "",
        why=Token(why, Style.ERROR),
    )
    if event.text == "" or event.code == "empty":
        return [told]
    return [told, _ours(options, _("you wrote: %(text)s"), event.target, text)]


def _unconfirmed(options: ViewOptions, event: events.MessageUnconfirmed) -> list[Tokens]:
    number = word(options, event.outbox_id, Style.HINT)
    doubt = _("perhaps not sent to %(target)s: %(text)s")
    hint = _("/resend %(number)s sends it again, /discard %(number)s forgets it")
    return [
        _ours(options, doubt, event.target, event.text),
        sentence(hint, Style.HINT, number=number),
    ]


def _question(options: ViewOptions, event: events.OutboxQuestion) -> list[Tokens]:
    template = ngettext(
        "%(count)s message is waiting since %(time)s",
        "%(count)s messages are waiting, the oldest since %(time)s",
        event.count,
    )
    count = Token(str(event.count), Style.WAITING)
    since = Token(options.clock(event.oldest_ms), Style.TIME)
    return [
        sentence(template, Style.WAITING, count=count, time=since),
        sentence(_("/resend sends them now, /discard forgets them"), Style.HINT),
    ]


def _ctcp(options: ViewOptions, event: events.CtcpReceived) -> list[Tokens]:
    template = _("%(nick)s asked your program for %(command)s; it did not answer")
    command = word(options, event.command, Style.TEXT)
    return [sentence(template, nick=nick(options, event.nick), command=command)]


# --- the connection -------------------------------------------------------------------------


def _registered(options: ViewOptions, event: events.Registered) -> list[Tokens]:
    who = nick(options, event.nick, own=True)
    where = word(options, event.network or event.server, Style.WINDOW)
    template = (
        _("back on %(network)s as %(nick)s") if event.back else _("on %(network)s as %(nick)s")
    )
    return [sentence(template, network=where, nick=who)]


def _logged_in(options: ViewOptions, event: events.LoggedIn) -> list[Tokens]:
    account = word(options, event.account, Style.NICK)
    return [sentence(_("logged in as %(account)s"), account=account)]


def _account_made(options: ViewOptions, event: events.AccountMade) -> list[Tokens]:
    account = word(options, event.account, Style.NICK)
    told = sentence(_("the account %(account)s is made, and yours"), account=account)
    hint = sentence(_("from now on: --user %(account)s"), Style.HINT, account=account)
    return [told, hint]


def _login_failed(options: ViewOptions, event: events.LoginFailed) -> list[Tokens]:
    why = Token(reason(event.code, event.text), Style.ERROR)
    return [sentence(_("login failed: %(why)s"), Style.ERROR, why=why)]


def _registration_failed(options: ViewOptions, event: events.RegistrationFailed) -> list[Tokens]:
    why = Token(reason(event.code, event.text, event.nick), Style.ERROR)
    return [sentence(_("the server does not let you in: %(why)s"), Style.ERROR, why=why)]


def _nick_in_use(options: ViewOptions, event: events.NickInUse) -> list[Tokens]:
    taken = word(options, event.nick, Style.NICK)
    why = body(options, event.text, Style.ERROR)
    if event.text and "in use" not in event.text.lower():
        # A server may have another reason, and tells it. Another name may not help then.
        template = _('you cannot be "%(taken)s": %(why)s')
        return [sentence(template, Style.ERROR, taken=taken, why=why)]
    told = sentence(_('the name "%(taken)s" is taken'), Style.ERROR, taken=taken)
    if not event.current:
        return [told]
    current = nick(options, event.current, own=True)
    return [told, sentence(_('you are "%(nick)s": /nick NAME'), Style.HINT, nick=current)]


def _closing(options: ViewOptions, event: events.ServerClosing) -> list[Tokens]:
    why = body(options, closing_reason(event.reason), Style.ERROR)
    return [sentence(_("the server closes the connection: %(why)s"), Style.ERROR, why=why)]


def _disconnected(options: ViewOptions, event: events.Disconnected) -> list[Tokens]:
    why = body(options, closing_reason(event.reason), Style.ERROR)
    template = _("connection lost: %(why)s") if event.reason else _("connection lost")
    told = [sentence(template, Style.ERROR, why=why)]
    if event.waiting:
        waiting = ngettext(
            "%(count)s message is waiting", "%(count)s messages are waiting", event.waiting
        )
        told.append(
            sentence(waiting, Style.WAITING, count=Token(str(event.waiting), Style.WAITING))
        )
    return told


def _retry(options: ViewOptions, event: events.RetryScheduled) -> list[Tokens]:
    seconds = -(-event.delay_ms // 1000)
    template = ngettext(
        "trying again in %(count)s second", "trying again in %(count)s seconds", seconds
    )
    return [sentence(template, count=Token(str(seconds), Style.SYSTEM))]


_MAKERS: Final[dict[type[Event], Callable[[ViewOptions, Any], list[Tokens]]]] = {
    MessageReceived: _received,
    events.MessageQueued: _queued,
    events.MessageFailed: _failed,
    events.MessageUnconfirmed: _unconfirmed,
    events.OutboxQuestion: _question,
    events.CtcpReceived: _ctcp,
    events.Registered: _registered,
    events.LoggedIn: _logged_in,
    events.AccountMade: _account_made,
    events.LoginFailed: _login_failed,
    events.RegistrationFailed: _registration_failed,
    events.NickInUse: _nick_in_use,
    events.ServerClosing: _closing,
    events.Disconnected: _disconnected,
    events.RetryScheduled: _retry,
    **view_rooms.MAKERS,
    **view_answers.MAKERS,
    **view_past.MAKERS,
}
