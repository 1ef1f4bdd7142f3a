"""PASS, NICK, USER, PING, PONG, QUIT, and what a checked password means.

Source: Modern IRC, "Connection Messages". CAP is in cap.py, AUTHENTICATE in sasl.py, and what
registration does in presence.py.
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message
from irc.names import nick_key
from server.core import nicks
from server.core.commands import identity, leaving, nickserv, presence, sasl, users
from server.core.commands.presence import WRONG_LOGIN, change_login, try_register
from server.core.commands.rooms import clip
from server.core.events import Check, PasswordChecked
from server.core.permissions import silenced_in
from server.core.turn import Refusal, Turn


def pass_(turn: Turn, message: Message) -> None:
    """PASS <account>:<password>, or PASS <password> for the account whose name is the nick."""
    _refuse_registered(turn)
    change_login(turn, password=message.params[0])


def nick(turn: Turn, message: Message) -> None:
    """NICK <nick>: before registration a wish, afterwards a change."""
    wanted = message.params[0] if message.params else ""
    if not wanted:
        raise Refusal(numerics.ERR_NONICKNAMEGIVEN, "No nickname given")
    nicks.check_form(turn.world, wanted)
    if turn.session.user is not None:
        identity.change_nick(turn, wanted)
    else:
        change_login(turn, nick=wanted)
        try_register(turn)


def user(turn: Turn, message: Message) -> None:
    """USER <username> 0 * :<realname>"""
    _refuse_registered(turn)
    if not message.params[3]:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters")
    settings = turn.world.settings
    change_login(
        turn,
        username=presence.clean_username(message.params[0], settings.user_chars_max),
        realname=message.params[3][: settings.realname_chars_max],
    )
    try_register(turn)


def _refuse_registered(turn: Turn) -> None:
    if turn.session.user is not None:
        raise Refusal(numerics.ERR_ALREADYREGISTERED, "You may not reregister")


def ping(turn: Turn, message: Message) -> None:
    """PING <token>"""
    token = message.params[0] if message.params else ""
    if not token:
        raise Refusal(numerics.ERR_NOORIGIN, "No origin specified")
    turn.reply_plain("PONG", turn.world.settings.server_name, token)


def pong(turn: Turn, message: Message) -> None:
    """PONG <token>: that anything came at all is what counts, and the io thread has seen it."""


def quit_(turn: Turn, message: Message) -> None:
    """QUIT [<reason>]"""
    reason = clip(message.params[0] if message.params else "", turn.world.settings.kick_bytes_max)
    if turn.session.user is not None and silenced_in(turn.world, turn.user):
        reason = ""
    leaving.end(turn, f"Quit: {reason}")


def checked(turn: Turn, event: PasswordChecked) -> None:
    """The answer to a password check: of OPER, of AUTHENTICATE, of PASS, or of NickServ."""
    task = turn.session.login.task
    change_login(turn, is_checking=False, label="")
    if event.operator:
        users.oper_checked(turn, event)
        return
    is_gone = nicks.is_account_gone(turn.world, nick_key(event.account))
    if event.outcome is Check.OK and not is_gone:
        _log_in(turn, event.account, task)
    else:
        _not_logged_in(turn, event)
    if turn.session.id in turn.world.sessions:
        change_login(turn, task="")
        try_register(turn)


def _log_in(turn: Turn, account: str, task: str) -> None:
    try:
        sasl.log_in(turn, account)
    except Refusal as refusal:
        if task:
            nickserv.tell(turn, f"{refusal.params[-1]}.")
        else:
            turn.refuse(refusal)
    else:
        if task:
            nickserv.tell(turn, f"You are logged in as {account}.")


def _not_logged_in(turn: Turn, event: PasswordChecked) -> None:
    """Tell why. PASS has one try, as its clients know no other way than to connect anew."""
    login = turn.session.login
    if event.outcome is Check.BUSY:
        text = f"Too many logins at once: try again in {event.retry_after_s:.0f} s"
    else:
        text = WRONG_LOGIN
        change_login(turn, attempts=login.attempts + 1)
    if login.task:
        nickserv.tell(turn, f"{text}.")
    elif login.sasl_mechanism:
        change_login(turn, sasl_mechanism="")
        if event.outcome is Check.BUSY:
            turn.reply_plain("FAIL", "AUTHENTICATE", "BUSY", text)
        turn.reply(numerics.ERR_SASLFAIL, text)
    else:
        turn.reply(numerics.ERR_PASSWDMISMATCH, text)
        leaving.end(turn, text)
        return
    leaving.count_attempts(turn)
