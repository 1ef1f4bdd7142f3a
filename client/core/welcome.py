"""The end of coming in, and what keeps us in: 005, 376, PING, ERROR. Begun by `registration.py`.

Source: Modern IRC, "Connection Registration" and "Feature Advertisement".
"""

from collections.abc import Mapping
from typing import Final

from client.core import past, replies, speaking, watching
from client.core.events import Registered, ServerClosing
from client.core.state import Handler, Phase, State, param
from irc import numerics
from irc.message import Message

# ISUPPORT tokens remembered of one server; real ones have under 100.
TOKENS_MAX: Final = 500


def on_isupport(s: State, message: Message) -> None:
    """005: `<us> TOKEN[=value]... :are supported by this server`"""
    for token in message.params[1:-1]:
        name, _, value = token.partition("=")
        if name.startswith("-"):
            s.connection.isupport.pop(name[1:], None)
        elif len(s.connection.isupport) < TOKENS_MAX:
            s.connection.isupport[name] = value.replace("\\x20", " ")
    isupport = s.connection.isupport
    s.model.network = isupport.get("NETWORK", s.model.network)
    s.model.channel_types = isupport.get("CHANTYPES", s.model.channel_types)
    s.model.status_prefixes = isupport.get("STATUSMSG", "")
    modes, bracket, prefixes = isupport.get("PREFIX", "").removeprefix("(").partition(")")
    if bracket:
        s.model.prefix_modes = dict(zip(modes, prefixes, strict=False))


def on_welcome_end(s: State, message: Message) -> None:
    """376 or 422: the welcome is over, or somebody asked for MOTD later."""
    if s.connection.phase is not Phase.WELCOMED:
        if message.command == numerics.ERR_NOMOTD:
            replies.on_error_numeric(s, message)
        return
    s.connection.phase = Phase.ONLINE
    s.emit(
        Registered(
            nick=s.model.nick,
            network=s.model.network,
            server=s.model.server,
            back=s.was_online,
            time_ms=s.time_of(message),
        )
    )
    s.was_online = True
    past.begin(s, message)
    watching.begin(s)
    speaking.rejoin_rooms(s)


def on_error(s: State, message: Message) -> None:
    """ERROR: the server closes the connection; no news if we asked for it."""
    reason = param(message, -1)
    if s.close_reason:
        return
    connection = s.connection
    if connection.phase is Phase.REGISTERING and connection.is_logged_in:
        # Too many connections of the account: the numeric before it says how many there are.
        reason = ". ".join(part for part in (reason, connection.nick_refusal) if part)
    if not connection.is_killed:
        s.emit(ServerClosing(reason=reason, time_ms=s.time_of(message)))
    s.close(reason, may_retry=True)


def on_ping(s: State, message: Message) -> None:
    """PING: say the same back."""
    s.send("PONG", *message.params)


HANDLERS: Final[Mapping[str, Handler]] = {
    numerics.RPL_ISUPPORT: on_isupport,
    numerics.RPL_ENDOFMOTD: on_welcome_end,
    numerics.ERR_NOMOTD: on_welcome_end,
    "ERROR": on_error,
    "PING": on_ping,
}
