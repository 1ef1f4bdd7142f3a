"""Whom a person wants to be told of: MONITOR, kept over reconnects, and the answers to it.

Source: IRCv3 monitor. What the server tells after a reconnect is told only if it is news.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from client.core.events import ErrorReply, PresenceTold, WatchListed
from client.core.state import Handler, State, nick_of, param
from irc import numerics
from irc.message import Message
from irc.names import nick_key

# People watched over all; servers have limits of their own (734), which are lower as a rule.
WATCHED_MAX: Final = 500
_NICKS_A_LINE: Final = 10


def change(s: State, nicks: Sequence[str]) -> None:
    """Watch these; those with a "-" in front no more; without any, tell who is watched."""
    if "MONITOR" not in s.connection.isupport:
        s.emit(ErrorReply(code="no_monitor", text="", command="MONITOR"))
        return
    if not nicks:
        names = tuple(nick for nick, _here in s.watched.values())
        here = tuple(nick for nick, is_here in s.watched.values() if is_here)
        s.emit(WatchListed(nicks=names, here=here))
        return
    gone = [nick[1:] for nick in nicks if nick.startswith("-")]
    new = [nick for nick in nicks if not nick.startswith("-")]
    for nick in gone:
        s.watched.pop(nick_key(nick), None)
    for nick in new:
        if len(s.watched) < WATCHED_MAX:
            s.watched[nick_key(nick)] = (nick, None)
    _send(s, "-", gone)
    _send(s, "+", new)


def begin(s: State) -> None:
    """We are (back) online: watch whom we watched."""
    if "MONITOR" in s.connection.isupport:
        _send(s, "+", [nick for nick, _here in s.watched.values()])


def _send(s: State, sign: str, nicks: Sequence[str]) -> None:
    for start in range(0, len(nicks), _NICKS_A_LINE):
        s.send("MONITOR", sign, ",".join(nicks[start : start + _NICKS_A_LINE]))


def on_here(s: State, message: Message) -> None:
    """730: `<us> :nick!user@host,...`"""
    _tell(s, message, is_here=True)


def on_not_here(s: State, message: Message) -> None:
    """731: `<us> :nick,...`"""
    _tell(s, message, is_here=False)


def _tell(s: State, message: Message, *, is_here: bool) -> None:
    news = []
    for source in param(message, 1).split(","):
        nick = nick_of(source)
        watched = s.watched.get(nick_key(nick))
        if watched is not None and watched[1] is not is_here:
            s.watched[nick_key(nick)] = (nick, is_here)
            news.append(nick)
    if news:
        s.emit(PresenceTold(nicks=tuple(news), is_here=is_here, time_ms=s.time_of(message)))


def on_full(s: State, message: Message) -> None:
    """734: `<us> limit nick,nick :text`: these are not watched."""
    for nick in param(message, 2).split(","):
        s.watched.pop(nick_key(nick), None)
    s.emit(
        ErrorReply(
            code=message.command,
            text=param(message, -1),
            context=(param(message, 2),),
            command="MONITOR",
            time_ms=s.time_of(message),
        )
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    numerics.RPL_MONONLINE: on_here,
    numerics.RPL_MONOFFLINE: on_not_here,
    numerics.ERR_MONLISTFULL: on_full,
}
