"""WHOWAS: who had a nick before, as far as the server remembers (past.py).

Source: Modern IRC, "WHOWAS message"; RFC 2812, 3.6.3, for several nicks and the server.
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message
from server.core.past import ENTRIES_PER_NICK_MAX
from server.core.render import server_time
from server.core.turn import Refusal, Turn

_DIGITS_MAX = 9


def whowas(turn: Turn, message: Message) -> None:
    """WHOWAS <nick>{,<nick>} [<count> [<server>]]: the latest first."""
    asked = "".join(message.params[:1])
    if not asked:
        raise Refusal(numerics.ERR_NONICKNAMEGIVEN, "No nickname given")
    settings = turn.world.settings
    server = "".join(message.params[2:3])
    if server and server != settings.server_name:
        raise Refusal(numerics.ERR_NOSUCHSERVER, server, "No such server")
    most = _count("".join(message.params[1:2]))
    for nick in asked.split(",")[: settings.targets_max]:
        _tell(turn, nick, most)
    turn.reply(numerics.RPL_ENDOFWHOWAS, asked, "End of WHOWAS")


def _count(text: str) -> int:
    """How many at most; what is not a positive number is no bound."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return (int(text) if is_number else 0) or ENTRIES_PER_NICK_MAX


def _tell(turn: Turn, nick: str, most: int) -> None:
    found = turn.world.past.of_nick(nick)[:most]
    if not found:
        turn.reply(numerics.ERR_WASNOSUCHNICK, nick, "There was no such nickname")
    for past in found:
        who = (past.nick, past.username, past.host, "*", past.realname)
        turn.reply(numerics.RPL_WHOWASUSER, *who)
        left_at, server = server_time(past.at_ms), turn.world.settings.server_name
        turn.reply(numerics.RPL_WHOISSERVER, past.nick, server, left_at)
        if past.account:
            turn.reply(numerics.RPL_WHOISACCOUNT, past.nick, past.account, "was logged in as")
