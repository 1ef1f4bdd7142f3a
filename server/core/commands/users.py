"""OPER, USERHOST and ISON. Source: Modern IRC, "Optional Messages", "OPER message"."""

from __future__ import annotations

from collections.abc import Iterable

from irc import numerics
from irc.message import Message
from server.core.commands.leaving import count_attempts
from server.core.commands.opering import make_operator
from server.core.commands.presence import change_login, wait_for_pool
from server.core.effects import CheckOperator
from server.core.events import Check, PasswordChecked
from server.core.turn import Refusal, Turn, fill_lines

USERHOST_NICKS_MAX = 5
"""Modern IRC, "USERHOST message"."""


def oper(turn: Turn, message: Message) -> None:
    """OPER <name> <password>, for operators of the config that have a hash."""
    name, password = message.params[:2]
    operators = turn.world.settings.operators
    hashes = [each.hash for each in operators.values() if each.hash]
    if not hashes:
        raise Refusal(numerics.ERR_NOOPERHOST, "No O-lines for your host")
    if turn.session.login.is_checking:
        raise Refusal(numerics.RPL_TRYAGAIN, "OPER", "A password is being checked: wait for it")
    operator = operators.get(name)
    asked = (operator.hash if operator else "") or hashes[0]
    wait_for_pool(turn)
    session = turn.session
    turn.effect(CheckOperator(session.id, name or "*", asked, password, session.address))


def oper_checked(turn: Turn, event: PasswordChecked) -> None:
    """The answer to OPER's password check. It counts for the operator whose hash it was about, if
    that has not been changed meanwhile."""
    operator = turn.world.settings.operators.get(event.operator)
    is_theirs = operator is not None and operator.hash == event.hash
    if event.outcome is Check.OK and is_theirs:
        turn.reply(numerics.RPL_YOUREOPER, "You are now an IRC operator")
        turn.act("OPER", event.operator)
        make_operator(turn, turn.user, event.operator)
    elif event.outcome is Check.BUSY:
        turn.reply(numerics.RPL_TRYAGAIN, "OPER", "Please wait a while and try again.")
    else:
        _oper_failed(turn)


def _oper_failed(turn: Turn) -> None:
    """Answer, and count: guessing here ends as it does at login."""
    change_login(turn, attempts=turn.session.login.attempts + 1)
    turn.reply(numerics.ERR_PASSWDMISMATCH, "Password incorrect")
    count_attempts(turn)


def userhost(turn: Turn, message: Message) -> None:
    """USERHOST <nick>{ <nick>}"""
    found = map(turn.world.find_user, message.params[:USERHOST_NICKS_MAX])
    words = (
        f"{user.nick}{'*' if user.is_operator else ''}="
        f"{'-' if user.away else '+'}{user.username}@{user.host}"
        for user in found
        if user is not None
    )
    _reply_words(turn, numerics.RPL_USERHOST, words)


def ison(turn: Turn, message: Message) -> None:
    """ISON <nick>{ <nick>}"""
    asked = " ".join(message.params).split()
    here = [user.nick for user in map(turn.world.find_user, asked) if user is not None]
    _reply_words(turn, numerics.RPL_ISON, here)


def _reply_words(turn: Turn, numeric: str, words: Iterable[str]) -> None:
    """One line; more only where long names do not fit into one, so that none is cut."""
    lines = list(fill_lines(turn.line(None, numeric, turn.name), words))
    for line in lines or [turn.line(None, numeric, turn.name, "")]:
        turn.reply_line(line)
