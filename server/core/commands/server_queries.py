"""Questions about the server: MOTD, LUSERS, VERSION, TIME.

Their answers are part of the welcome as well. Source: Modern IRC, "Server Queries and Commands".
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message, split_text
from irc.names import matches_mask
from server.core import isupport
from server.core.render import server_time
from server.core.turn import Refusal, Turn

MOTD_BYTES_MAX = 300
"""Of the message of the day in one line; a longer line of it becomes several."""


def motd(turn: Turn, message: Message) -> None:
    """MOTD [<server>]"""
    _check_server(turn, message)
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
    here = len(world.users)
    hidden = operators = known = 0
    for user in world.users.values():
        hidden += "i" in user.modes
        operators += user.is_operator
        known += len(user.sessions)
    unknown = len(world.sessions) - known
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
    _check_server(turn, message)
    settings = turn.world.settings
    turn.reply(numerics.RPL_VERSION, settings.version, settings.server_name, "IRC with IRCv3")
    for tokens in isupport.lines(settings):
        turn.reply(numerics.RPL_ISUPPORT, *tokens, "are supported by this server")


def time(turn: Turn, message: Message) -> None:
    """TIME [<server>]: UTC, as everywhere else on the wire."""
    _check_server(turn, message)
    at_ms = turn.stamp.at_ms
    server = turn.world.settings.server_name
    turn.reply(numerics.RPL_TIME, server, str(at_ms // 1000), "0", server_time(at_ms))


def _check_server(turn: Turn, message: Message) -> None:
    """There is one server: this one, under its name, a mask of it, or the nick of somebody on it.

    Raises:
        Refusal: 402, another was asked.
    """
    name = message.params[0] if message.params else ""
    server = turn.world.settings.server_name
    if name and not matches_mask(name, server) and turn.world.find_user(name) is None:
        raise Refusal(numerics.ERR_NOSUCHSERVER, name, "No such server")
