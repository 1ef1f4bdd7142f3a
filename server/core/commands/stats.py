"""STATS: what the server counts. Only what may be told: nothing about connections, and no address
to anybody but operators.

Source: Modern IRC, "STATS message"; 225 and 243 as other servers write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from irc import numerics
from irc.message import Message
from server.core.addresses import NetworkKey, as_param
from server.core.commands.server_queries import check_server
from server.core.render import server_time
from server.core.settings import Operator
from server.core.stream import Item
from server.core.turn import Refusal, Turn

FOR_OPERATORS = "do"
"""Of the letters, those that only operators get an answer to."""


def stats(turn: Turn, message: Message) -> None:
    """STATS <letter> [<server>]: `u` since when, `m` commands, `o` operators, `d` banned addresses.

    Any other letter gets an empty answer.
    """
    letter = message.params[0][:1]
    check_server(turn, message, 1)
    if letter in FOR_OPERATORS and letter and not turn.user.is_operator:
        raise Refusal(numerics.ERR_NOPRIVILEGES, "Permission Denied- You're not an IRC operator")
    answer = _ANSWERS.get(letter)
    if answer is not None:
        answer(turn)
    else:
        _end(turn, letter)


def _end(turn: Turn, letter: str) -> None:
    turn.reply(numerics.RPL_ENDOFSTATS, letter or "*", "End of /STATS report")


def _uptime(turn: Turn) -> None:
    up_s = max(0, turn.stamp.at_ms - turn.world.settings.created_at_ms) // 1000
    days, rest_s = divmod(up_s, 86_400)
    hours, minutes, seconds = rest_s // 3600, rest_s // 60 % 60, rest_s % 60
    clock = f"{days} days {hours}:{minutes:02}:{seconds:02}"
    turn.reply(numerics.RPL_STATSUPTIME, f"Server Up {clock}")
    _end(turn, "u")


def _commands(turn: Turn) -> None:
    for command, count in sorted(turn.stamp.command_counts.items()):
        turn.reply(numerics.RPL_STATSCOMMANDS, command, str(count))
    _end(turn, "m")


def _operators(turn: Turn) -> None:
    """Who may become one, and who is: names of the config, never a hash."""
    world = turn.world
    turn.stream(_operator_lines(turn, tuple(world.settings.operators.values())))


def _operator_lines(turn: Turn, operators: tuple[Operator, ...]) -> Iterator[Item]:
    for operator in operators:
        where = str(operator.account or "*")
        yield turn.line(None, numerics.RPL_STATSOLINE, turn.name, "O", where, "*", operator.name)
    yield turn.line(None, numerics.RPL_ENDOFSTATS, turn.name, "o", "End of /STATS report")


def _address_bans(turn: Turn) -> None:
    turn.stream(_address_ban_lines(turn, tuple(turn.world.address_bans)))


def _address_ban_lines(turn: Turn, keys: tuple[NetworkKey, ...]) -> Iterator[Item]:
    for key in keys:
        ban = turn.world.address_bans.get(key)
        if ban is None:
            yield None
            continue
        ends = server_time(ban.until_ms) if ban.until_ms else "never"
        text = f"by {ban.setter or 'somebody'} at {server_time(ban.at_ms)}, ends {ends}"
        text += f": {ban.reason}" if ban.reason else ""
        yield turn.line(None, numerics.RPL_STATSDLINE, turn.name, "D", as_param(ban.network), text)
    yield turn.line(None, numerics.RPL_ENDOFSTATS, turn.name, "d", "End of /STATS report")


_ANSWERS: dict[str, Callable[[Turn], None]] = {
    "u": _uptime,
    "m": _commands,
    "o": _operators,
    "d": _address_bans,
}
