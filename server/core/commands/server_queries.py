"""Questions about the server: MOTD, LUSERS, VERSION, TIME, ADMIN, INFO, LINKS.

Their answers are part of the welcome as well. Source: Modern IRC, "Server Queries and Commands".
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message, split_text
from irc.names import matches_mask
from server.core.commands.promises import reply_promises
from server.core.render import server_time
from server.core.settings import Admin
from server.core.turn import Refusal, Turn

MOTD_BYTES_MAX = 300
"""Of the message of the day in one line; a longer line of it becomes several."""


def motd(turn: Turn, message: Message) -> None:
    """MOTD [<server>]"""
    check_server(turn, message)
    reply_motd(turn)


def reply_motd(turn: Turn) -> None:
    """The message of the day, or that there is none."""
    settings = turn.world.settings
    if not settings.motd:
        turn.reply(numerics.ERR_NOMOTD, "MOTD File is missing")
        return
    turn.reply(numerics.RPL_MOTDSTART, f"- {settings.server_name} Message of the day - ")
    for line in settings.motd:
        for piece in split_text(line, MOTD_BYTES_MAX) or [""]:
            turn.reply(numerics.RPL_MOTD, f"- {piece}")
    turn.reply(numerics.RPL_ENDOFMOTD, "End of /MOTD command.")


def lusers(turn: Turn, message: Message) -> None:
    """LUSERS"""
    reply_lusers(turn)


def reply_lusers(turn: Turn) -> None:
    """How many there are of everything."""
    world = turn.world
    here, hidden = len(world.users), len(world.by_mode.get("i", ()))
    operators = len(world.by_mode.get("o", ()))
    unknown = len(world.sessions) - world.registered
    most = world.users_max
    turn.reply(
        numerics.RPL_LUSERCLIENT,
        f"There are {here - hidden} users and {hidden} invisible on 1 servers",
    )
    turn.reply(numerics.RPL_LUSEROP, str(operators), "operator(s) online")
    turn.reply(numerics.RPL_LUSERUNKNOWN, str(unknown), "unknown connection(s)")
    turn.reply(numerics.RPL_LUSERCHANNELS, str(len(world.rooms)), "channels formed")
    turn.reply(numerics.RPL_LUSERME, f"I have {here} clients and 0 servers")
    for numeric, kind in ((numerics.RPL_LOCALUSERS, "local"), (numerics.RPL_GLOBALUSERS, "global")):
        turn.reply(numeric, str(here), str(most), f"Current {kind} users {here}, max {most}")


def version(turn: Turn, message: Message) -> None:
    """VERSION [<server>]"""
    check_server(turn, message)
    settings = turn.world.settings
    turn.reply(numerics.RPL_VERSION, settings.version, settings.server_name, "IRC with IRCv3")
    reply_promises(turn)


def time(turn: Turn, message: Message) -> None:
    """TIME [<server>]: UTC, as everywhere else on the wire."""
    check_server(turn, message)
    at_ms = turn.stamp.at_ms
    server = turn.world.settings.server_name
    turn.reply(numerics.RPL_TIME, server, str(at_ms // 1000), "0", server_time(at_ms))


def admin(turn: Turn, message: Message) -> None:
    """ADMIN [<server>]"""
    check_server(turn, message)
    server, who = turn.world.settings.server_name, turn.world.settings.admin
    if who == Admin():
        text = "No administrative info available"
        raise Refusal(numerics.ERR_NOADMININFO, server, text)
    turn.reply(numerics.RPL_ADMINME, server, "Administrative info")
    turn.reply(numerics.RPL_ADMINLOC1, who.location)
    turn.reply(numerics.RPL_ADMINLOC2, who.organisation)
    turn.reply(numerics.RPL_ADMINEMAIL, who.email)


def info(turn: Turn, message: Message) -> None:
    """INFO [<server>]"""
    check_server(turn, message)
    settings = turn.world.settings
    for line in (
        f"{settings.version}: a chat server that speaks IRC with IRCv3, and only over TLS",
        f"This is {settings.server_name} of {settings.network}",
        f"It has been up since {server_time(settings.created_at_ms)}",
        "HELP lists what can be said here",
    ):
        turn.reply(numerics.RPL_INFO, line)
    turn.reply(numerics.RPL_ENDOFINFO, "End of INFO list")


def links(turn: Turn, message: Message) -> None:
    """LINKS [[<server>] <mask>]: there is one server."""
    if len(message.params) > 1:
        check_server(turn, message)
    mask = message.params[-1] if message.params else "*"
    settings = turn.world.settings
    name = settings.server_name
    if matches_mask(mask, name):
        turn.reply(numerics.RPL_LINKS, name, name, f"0 {settings.network}")
    turn.reply(numerics.RPL_ENDOFLINKS, mask, "End of /LINKS list")


def check_server(turn: Turn, message: Message, at: int = 0) -> None:
    """There is one server: this one, under its name, a mask of it, or the nick of somebody on it.

    `at` is which parameter says which server is asked.

    Raises:
        Refusal: 402, another was asked.
    """
    name = message.params[at] if len(message.params) > at else ""
    server = turn.world.settings.server_name
    if name and not matches_mask(name, server) and turn.world.find_user(name) is None:
        raise Refusal(numerics.ERR_NOSUCHSERVER, name, "No such server")
