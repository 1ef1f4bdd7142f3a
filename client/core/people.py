"""People: QUIT, NICK, AWAY, ACCOUNT, and the answers to WHO and WHOIS.

Source: Modern IRC, "User-Based Queries"; IRCv3 away-notify, account-notify.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from client.core import replies
from client.core.events import (
    AccountChanged,
    AwayChanged,
    Killed,
    NickChanged,
    Quit,
    RealnameChanged,
    WhoisReceived,
    WhoListed,
    WhoRow,
)
from client.core.state import ROWS_MAX, Handler, State, nick_of, number, param
from irc import numerics
from irc.message import Message
from irc.names import nick_key

# People of whom we remember that they are away; after that they may be told a second time.
TOLD_MAX: Final = 1_000
# Addresses shown of one person, who has one for each session.
ADDRESSES_MAX: Final = 10


def on_quit(s: State, message: Message) -> None:
    """`:source QUIT [:reason]`"""
    nick = nick_of(message.source)
    buffers = s.model.windows_of(nick)
    for buffer in s.model:
        buffer.members.pop(nick_key(nick), None)
    s.emit(
        Quit(
            nick=nick,
            reason=param(message, 0),
            buffers=buffers,
            own=s.model.is_me(nick),
            time_ms=s.time_of(message),
        )
    )


def on_nick(s: State, message: Message) -> None:
    """`:source NICK new`"""
    nick, new_nick = nick_of(message.source), param(message, 0)
    own = s.model.is_me(nick)
    if own:
        _, mark, address = s.connection.own_prefix.partition("!")
        s.connection.own_prefix = new_nick + mark + address if mark else ""
    buffers = s.model.rename(nick, new_nick)
    time_ms = s.time_of(message)
    s.emit(NickChanged(nick=nick, new_nick=new_nick, buffers=buffers, own=own, time_ms=time_ms))


def on_account(s: State, message: Message) -> None:
    """`:source ACCOUNT name`, "*" for none."""
    nick = nick_of(message.source)
    account = "" if param(message, 0) == "*" else param(message, 0)
    own = s.model.is_me(nick)
    if own:
        s.model.account = account
    for buffer in s.model:
        member = buffer.members.get(nick_key(nick))
        if member is not None:
            member.account = account
    buffers, time_ms = s.model.windows_of(nick), s.time_of(message)
    s.emit(AccountChanged(nick=nick, account=account, buffers=buffers, own=own, time_ms=time_ms))


def on_realname(s: State, message: Message) -> None:
    """`:source SETNAME :realname` (IRCv3 setname)"""
    nick = nick_of(message.source)
    s.emit(
        RealnameChanged(
            nick=nick,
            realname=param(message, 0),
            buffers=s.model.windows_of(nick),
            own=s.model.is_me(nick),
            time_ms=s.time_of(message),
        )
    )


def on_kill(s: State, message: Message) -> None:
    """`:source KILL nick :reason`"""
    nick = param(message, 0)
    s.connection.is_killed = s.connection.is_killed or s.model.is_me(nick)
    s.emit(
        Killed(
            nick=nick,
            by=nick_of(message.source),
            reason=param(message, 1),
            own=s.model.is_me(nick),
            time_ms=s.time_of(message),
        )
    )


def on_changed_host(s: State, message: Message) -> None:
    """`:source CHGHOST user host`: only ours matters, for the length of our lines."""
    if s.is_from_me(message):
        s.connection.own_prefix = f"{s.model.nick}!{param(message, 0)}@{param(message, 1)}"


def on_shown_host(s: State, message: Message) -> None:
    """396: `<us> host :is now your displayed host`"""
    before, at, _ = s.connection.own_prefix.partition("@")
    if at:
        s.connection.own_prefix = f"{before}@{param(message, 1)}"


# --- away -----------------------------------------------------------------------------------


def on_away(s: State, message: Message) -> None:
    """`:source AWAY [:reason]`"""
    _set_away(s, message, nick_of(message.source), bool(message.params), param(message, 0))


def on_away_answer(s: State, message: Message) -> None:
    """301: `<us> nick :reason`, in a WHOIS, or because we wrote to somebody; told once, then."""
    nick, reason = param(message, 1), param(message, 2)
    whois = s.connection.whois
    if whois is not None and nick_key(whois.nick) == nick_key(nick):
        s.connection.whois = replace(whois, is_away=True, away=reason)
    elif s.connection.told_away.get(nick_key(nick)) != reason:
        if len(s.connection.told_away) >= TOLD_MAX:
            s.connection.told_away.clear()
        s.connection.told_away[nick_key(nick)] = reason
        _set_away(s, message, nick, True, reason)


def on_back(s: State, message: Message) -> None:
    """305: we are no longer away."""
    _set_away(s, message, s.model.nick, False, "")


def on_gone(s: State, message: Message) -> None:
    """306: we are away; the reason is what we asked for."""
    _set_away(s, message, s.model.nick, True, s.model.away)


def _set_away(s: State, message: Message, nick: str, is_away: bool, reason: str) -> None:
    own = s.model.is_me(nick)
    if own:
        s.model.is_away = is_away
    if not is_away:
        s.connection.told_away.pop(nick_key(nick), None)
    for buffer in s.model:
        member = buffer.members.get(nick_key(nick))
        if member is not None:
            member.is_away = is_away
    s.emit(
        AwayChanged(
            nick=nick,
            is_away=is_away,
            reason=reason,
            buffers=s.model.windows_of(nick),
            own=own,
            time_ms=s.time_of(message),
        )
    )


# --- WHO ------------------------------------------------------------------------------------


def on_who_line(s: State, message: Message) -> None:
    """352: `<us> room user host server nick flags :hops realname`"""
    flags = param(message, 6)
    signs = set(s.model.prefix_modes.values())
    room = param(message, 1)
    if len(s.connection.who) < ROWS_MAX:
        s.connection.who.append(
            WhoRow(
                nick=param(message, 5),
                user=param(message, 2),
                host=param(message, 3),
                realname=param(message, 7).partition(" ")[2],
                room="" if room == "*" else room,
                is_away=flags.startswith("G"),
                is_operator="*" in flags,
                prefixes="".join(flag for flag in flags if flag in signs),
            )
        )


def on_who_end(s: State, message: Message) -> None:
    """315: `<us> target :End of WHO list`"""
    target = param(message, 1)
    rows, s.connection.who = tuple(s.connection.who), []
    buffer = s.model.room_in(target)
    s.emit(WhoListed(buffer=buffer, target=target, rows=rows, time_ms=s.time_of(message)))


# --- WHOIS ----------------------------------------------------------------------------------


def on_whois_user(s: State, message: Message) -> None:
    """311: `<us> nick user host * :realname`. Begins the answer."""
    s.connection.whois = WhoisReceived(
        nick=param(message, 1),
        user=param(message, 2),
        host=param(message, 3),
        realname=param(message, 5),
    )


def _learn(s: State, message: Message, **known: Any) -> None:
    """Add to the answer; on its own such a line is shown as it is."""
    if s.connection.whois is None:
        replies.on_other_numeric(s, message)
    else:
        s.connection.whois = replace(s.connection.whois, **known)


def on_whois_server(s: State, message: Message) -> None:
    """312: `<us> nick server :about it`"""
    _learn(s, message, server=param(message, 2))


def on_whois_operator(s: State, message: Message) -> None:
    """313"""
    _learn(s, message, is_operator=True)


def on_whois_idle(s: State, message: Message) -> None:
    """317: `<us> nick idle_s signed_on_s :seconds idle, signon time`"""
    idle_s, signed_on_s = number(param(message, 2), -1), number(param(message, 3), -1)
    signed_on_ms = signed_on_s * 1000 if signed_on_s >= 0 else -1
    _learn(s, message, idle_s=idle_s, signed_on_ms=signed_on_ms)


def on_whois_rooms(s: State, message: Message) -> None:
    """319: `<us> nick :@#room #other`; may come several times."""
    whois = s.connection.whois
    seen = whois.rooms if whois is not None else ()
    _learn(s, message, rooms=(seen + tuple(param(message, 2).split()))[:ROWS_MAX])


def on_whois_account(s: State, message: Message) -> None:
    """330: `<us> nick account :is logged in as`"""
    _learn(s, message, account=param(message, 2))


def on_whois_secure(s: State, message: Message) -> None:
    """671"""
    _learn(s, message, is_secure=True)


def on_whois_bot(s: State, message: Message) -> None:
    """335: `<us> nick :is a bot`"""
    _learn(s, message, is_bot=True)


def on_whois_address(s: State, message: Message) -> None:
    """338: `<us> nick [user@host] address :is actually using`; once for each session."""
    whois = s.connection.whois
    known = whois.address.split() if whois is not None else []
    address = param(message, len(message.params) - 2)
    if address not in known and len(known) < ADDRESSES_MAX:
        known.append(address)
    _learn(s, message, address=" ".join(known))


def on_whois_modes(s: State, message: Message) -> None:
    """379: `<us> nick :is using modes +iw`"""
    _learn(s, message, modes=param(message, -1).rpartition(" ")[2])


def on_whois_other(s: State, message: Message) -> None:
    """276, 307, 320, 378: in the server's words."""
    whois = s.connection.whois
    seen = whois.other if whois is not None else ()
    _learn(s, message, other=(*seen, " ".join(message.params[2:]))[:ROWS_MAX])


def on_whois_end(s: State, message: Message) -> None:
    """318. Without a 311 before it an error has said it all."""
    whois, s.connection.whois = s.connection.whois, None
    if whois is not None:
        s.emit(replace(whois, time_ms=s.time_of(message)))


HANDLERS: Final[Mapping[str, Handler]] = {
    "QUIT": on_quit,
    "NICK": on_nick,
    "ACCOUNT": on_account,
    "AWAY": on_away,
    "CHGHOST": on_changed_host,
    "KILL": on_kill,
    "SETNAME": on_realname,
    "396": on_shown_host,
    numerics.RPL_AWAY: on_away_answer,
    numerics.RPL_UNAWAY: on_back,
    numerics.RPL_NOWAWAY: on_gone,
    numerics.RPL_WHOREPLY: on_who_line,
    numerics.RPL_ENDOFWHO: on_who_end,
    numerics.RPL_WHOISUSER: on_whois_user,
    numerics.RPL_WHOISSERVER: on_whois_server,
    numerics.RPL_WHOISOPERATOR: on_whois_operator,
    numerics.RPL_WHOISIDLE: on_whois_idle,
    numerics.RPL_WHOISCHANNELS: on_whois_rooms,
    numerics.RPL_WHOISACCOUNT: on_whois_account,
    numerics.RPL_WHOISSECURE: on_whois_secure,
    numerics.RPL_WHOISCERTFP: on_whois_other,
    numerics.RPL_WHOISREGNICK: on_whois_other,
    numerics.RPL_WHOISSPECIAL: on_whois_other,
    numerics.RPL_WHOISBOT: on_whois_bot,
    numerics.RPL_WHOISACTUALLY: on_whois_address,
    numerics.RPL_WHOISHOST: on_whois_other,
    numerics.RPL_WHOISMODES: on_whois_modes,
    numerics.RPL_ENDOFWHOIS: on_whois_end,
}
