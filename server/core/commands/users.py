"""What users do with themselves and ask about each other: AWAY, NICK, OPER, USERHOST, ISON.

Sources: Modern IRC, "Optional Messages", "OPER message"; IRCv3 away-notify.
"""

from __future__ import annotations

from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from server.core import nicks
from server.core.commands.leaving import count_attempts
from server.core.commands.opering import make_operator
from server.core.commands.presence import change_login
from server.core.commands.rooms import clip
from server.core.effects import CheckOperator
from server.core.events import Check, PasswordChecked
from server.core.facts import AwayChanged, NickChanged
from server.core.permissions import silenced_in
from server.core.turn import Refusal, Turn, fill_lines

USERHOST_NICKS_MAX = 5
"""Modern IRC, "USERHOST message"."""


def away(turn: Turn, message: Message) -> None:
    """AWAY [<text>]: all sessions of a user are away together."""
    user = turn.user
    text = clip(message.params[0] if message.params else "", turn.world.settings.away_bytes_max)
    if text != user.away:
        turn.record(AwayChanged(user.id, text))
        line = turn.line(user, "AWAY", *([text] if text else []))
        notice = replace(line, needs=caps.AWAY_NOTIFY)
        turn.announce(user, notice, but=frozenset(user.sessions))
    if text:
        turn.reply(numerics.RPL_NOWAWAY, "You have been marked as being away")
    else:
        turn.reply(numerics.RPL_UNAWAY, "You are no longer marked as being away")


def change_nick(turn: Turn, wanted: str) -> None:
    """Give the user another nick.

    Raises:
        Refusal: It is not a nick, or not to be had.
    """
    user, settings = turn.user, turn.world.settings
    if wanted == user.nick:
        return
    if user.account and settings.nick_policy == "account":
        text = f"On this server your nickname is the name of your account, {user.account}"
        raise Refusal(numerics.ERR_NICKNAMEINUSE, wanted, text)
    nicks.check_nick(turn.world, wanted, user.account, user.id)
    room = silenced_in(turn.world, user)
    if room is not None:
        text = "You cannot change your nickname while you may not speak here"
        raise Refusal(numerics.ERR_UNAVAILRESOURCE, room.name, text)
    rename(turn, wanted)


def rename(turn: Turn, wanted: str) -> None:
    """Change the nick and tell everyone concerned once."""
    user = turn.user
    line = turn.line(user, "NICK", wanted)
    turn.record(NickChanged(user.id, wanted))
    turn.announce(user, line, but=frozenset(user.sessions))
    turn.note(user.rooms, line)
    turn.send_to_user(user, line)
    turn.reply_line(line)


def oper(turn: Turn, message: Message) -> None:
    """OPER <name> <password>, for operators of the config that have a hash."""
    name, password = message.params[:2]
    operators = turn.world.settings.operators
    if not any(each.hash for each in operators.values()):
        raise Refusal(numerics.ERR_NOOPERHOST, "No O-lines for your host")
    if turn.session.login.is_checking:
        raise Refusal(numerics.RPL_TRYAGAIN, "OPER", "A password is being checked: wait for it")
    operator = operators.get(name)
    if operator is None or not operator.hash:
        _oper_failed(turn)
        return
    change_login(turn, is_checking=True)
    session = turn.session
    turn.effect(CheckOperator(session.id, name, operator.hash, password, session.address))


def oper_checked(turn: Turn, event: PasswordChecked) -> None:
    """The answer to OPER's password check."""
    if event.outcome is Check.OK and event.operator in turn.world.settings.operators:
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
    words = [
        f"{user.nick}{'*' if user.is_operator else ''}="
        f"{'-' if user.away else '+'}{user.username}@{user.host}"
        for user in found
        if user is not None
    ]
    turn.reply(numerics.RPL_USERHOST, " ".join(words))


def ison(turn: Turn, message: Message) -> None:
    """ISON <nick>{ <nick>}"""
    asked = " ".join(message.params).split()
    here = [user.nick for user in map(turn.world.find_user, asked) if user is not None]
    head = turn.line(None, numerics.RPL_ISON, turn.name)
    for line in fill_lines(head, here):
        turn.reply_line(line)
    if not here:
        turn.reply(numerics.RPL_ISON, "")
