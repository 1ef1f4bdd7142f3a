"""The command table: what may be said, by whom, with how many parameters. Explicit, not gathered.

One command is one function `(turn, message) -> None`; one family of commands is one file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irc.message import Message
from server.core.commands import (
    cap,
    history,
    inviting,
    joining,
    login,
    markread,
    messages,
    modes,
    queries,
    redact,
    room_lists,
    rooms,
    sasl,
    search,
    server_queries,
    users,
    who,
)
from server.core.turn import Turn

Handler = Callable[[Turn, Message], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table. The dispatcher checks the parameters' number before the handler runs."""

    handler: Handler
    min_params: int = 0
    before_registration: bool = False


COMMANDS: dict[str, Command] = {
    "CAP": Command(cap.cap, 1, before_registration=True),
    "AUTHENTICATE": Command(sasl.authenticate, 1, before_registration=True),
    "PASS": Command(login.pass_, 1, before_registration=True),
    "NICK": Command(login.nick, 0, before_registration=True),
    "USER": Command(login.user, 4, before_registration=True),
    "PING": Command(login.ping, 0, before_registration=True),
    "PONG": Command(login.pong, 0, before_registration=True),
    "QUIT": Command(login.quit_, 0, before_registration=True),
    "JOIN": Command(joining.join, 1),
    "PART": Command(rooms.part, 1),
    "KICK": Command(rooms.kick, 2),
    "INVITE": Command(inviting.invite, 2),
    "TOPIC": Command(rooms.topic, 1),
    "NAMES": Command(room_lists.names),
    "LIST": Command(room_lists.list_),
    "MODE": Command(modes.mode, 1),
    "WHO": Command(who.who, 1),
    "WHOIS": Command(queries.whois),
    "AWAY": Command(users.away),
    "OPER": Command(users.oper, 2),
    "USERHOST": Command(users.userhost, 1),
    "ISON": Command(users.ison, 1),
    "MOTD": Command(server_queries.motd),
    "LUSERS": Command(server_queries.lusers),
    "VERSION": Command(server_queries.version),
    "TIME": Command(server_queries.time),
    "PRIVMSG": Command(messages.privmsg, 0),
    "NOTICE": Command(messages.notice, 0),
    "TAGMSG": Command(messages.tagmsg, 0),
    "CHATHISTORY": Command(history.chathistory, 1),
    "MARKREAD": Command(markread.markread),
    "REDACT": Command(redact.redact, 2),
    "SEARCH": Command(search.search, 1),
}
