"""The command table: what may be said, by whom, with how many parameters. Explicit, not gathered.

One command is one function `(turn, message) -> None`; one family of commands is one file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irc.message import Message
from server.core.commands import (
    away,
    bans,
    cap,
    help_,
    history,
    identity,
    inviting,
    joining,
    login,
    markread,
    mask_lists,
    messages,
    metadata,
    modes,
    monitor,
    multiline,
    nickserv,
    operators,
    promises,
    queries,
    redact,
    register,
    renaming,
    room_lists,
    rooms,
    sasl,
    search,
    server_queries,
    stats,
    users,
    who,
    whowas,
)
from server.core.turn import Turn

Handler = Callable[[Turn, Message], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table. The dispatcher checks the parameters' number before the handler runs."""

    handler: Handler
    min_params: int = 0
    before_registration: bool = False
    for_operators: bool = False
    cost: float = 1.0
    """Lines of the sender's pace: more for what goes to many, or looks at many things."""


COMMANDS: dict[str, Command] = {
    "CAP": Command(cap.cap, 1, before_registration=True),
    "AUTHENTICATE": Command(sasl.authenticate, 1, before_registration=True),
    "REGISTER": Command(register.register, 3, before_registration=True, cost=4),
    "VERIFY": Command(register.verify, 2, before_registration=True, cost=4),
    "PASS": Command(login.pass_, 1, before_registration=True),
    "NICK": Command(login.nick, 0, before_registration=True, cost=2),
    "USER": Command(login.user, 4, before_registration=True),
    "PING": Command(login.ping, 0, before_registration=True),
    "PONG": Command(login.pong, 0, before_registration=True),
    "QUIT": Command(login.quit_, 0, before_registration=True),
    "ISUPPORT": Command(promises.isupport, before_registration=True),
    "JOIN": Command(joining.join, 1),
    "PART": Command(rooms.part, 1),
    "KICK": Command(rooms.kick, 2),
    "INVITE": Command(inviting.invite),
    "RENAME": Command(renaming.rename, 2, cost=10),
    "TOPIC": Command(rooms.topic, 1),
    "NAMES": Command(room_lists.names),
    "LIST": Command(room_lists.list_, cost=3),
    "MODE": Command(modes.mode, 1),
    "TBAN": Command(mask_lists.tban, 3),
    "WHO": Command(who.who, 1, cost=2),
    "WHOIS": Command(queries.whois),
    "AWAY": Command(away.away, before_registration=True),
    "SETNAME": Command(identity.setname, 1, cost=2),
    "METADATA": Command(metadata.metadata, cost=2),
    "MONITOR": Command(monitor.monitor, 1, cost=2),
    "WHOWAS": Command(whowas.whowas),
    "OPER": Command(users.oper, 2, cost=4),
    "USERHOST": Command(users.userhost, 1),
    "ISON": Command(users.ison, 1),
    "MOTD": Command(server_queries.motd),
    "LUSERS": Command(server_queries.lusers),
    "VERSION": Command(server_queries.version),
    "TIME": Command(server_queries.time),
    "ADMIN": Command(server_queries.admin),
    "INFO": Command(server_queries.info),
    "LINKS": Command(server_queries.links),
    "STATS": Command(stats.stats, 1, cost=2),
    "HELP": Command(help_.help_),
    "HELPOP": Command(help_.help_),
    "KILL": Command(operators.kill, 2, for_operators=True),
    "WALLOPS": Command(operators.wallops, 1, for_operators=True),
    "REHASH": Command(operators.rehash, for_operators=True, cost=4),
    "DLINE": Command(bans.dline, 1, for_operators=True, cost=4),
    "UNDLINE": Command(bans.undline, 1, for_operators=True),
    "NICKSERV": Command(nickserv.nickserv, 1),
    "NS": Command(nickserv.nickserv, 1),
    "PRIVMSG": Command(messages.privmsg, 0),
    "NOTICE": Command(messages.notice, 0),
    "TAGMSG": Command(messages.tagmsg, 0),
    "BATCH": Command(multiline.batch, 1),
    "CHATHISTORY": Command(history.chathistory, 1),
    "MARKREAD": Command(markread.markread),
    "REDACT": Command(redact.redact, 2),
    "SEARCH": Command(search.search, 1, cost=4),
}
