"""Who is an operator of the server, and who no longer: by account, by OPER, after a reload.

Called by whatever logs somebody in, and when settings change. Source: Modern IRC, "OPER message".
"""

from __future__ import annotations

from irc.names import nick_key
from server.core.facts import UserModesChanged
from server.core.settings import Settings
from server.core.turn import Turn
from server.core.world import User


def operator_of_account(settings: Settings, account: str) -> str:
    """The config's name of the operator that this account is; "" for none."""
    key = nick_key(account)
    names = (each.name for each in settings.operators.values() if key and each.account == key)
    return next(names, "")


def make_operator(turn: Turn, user: User, operator: str) -> None:
    """Give the user operator rights, and show that to all of their sessions."""
    if user.is_operator:
        return
    turn.record(UserModesChanged(user.id, user.modes | {"o"}, operator))
    _show_modes(turn, user, "+o")


def drop_operator(turn: Turn, user: User) -> None:
    """Take operator rights away from somebody who changes accounts, and show that."""
    if user.is_operator:
        turn.record(UserModesChanged(user.id, user.modes - {"o"}))
        _show_modes(turn, user, "-o")


def check_operators(turn: Turn, before: Settings) -> None:
    """After a reload: whose entry is gone, or is another one now, is no operator any more.

    Accounts that are operators anew become it at once; who has laid it down stays without.
    """
    world, now = turn.world, turn.world.settings.operators
    for id_ in list(world.by_mode.get("o", ())):
        user = world.users[id_]
        if now.get(user.operator) != before.operators.get(user.operator):
            turn.record(UserModesChanged(id_, user.modes - {"o"}))
            _show_modes(turn, user, "-o")
    for name, operator in now.items():
        is_new = before.operators.get(name) != operator
        user_here = world.find_account(operator.account) if is_new and operator.account else None
        if user_here is not None:
            make_operator(turn, user_here, operator.name)


def _show_modes(turn: Turn, user: User, change: str) -> None:
    """The asker sees it as an answer if it is the asker's own mode."""
    line = turn.line(user, "MODE", user.nick, change)
    turn.send_to_user(user, line)
    if turn.session.user == user.id:
        turn.reply_line(line)
