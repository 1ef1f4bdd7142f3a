"""Who may have which nick: one question, asked before anything is recorded.

Two people never have nicks that are the same, or look the same (`irc.names.skeleton`). The name of
an account is its owner's alone, whether the owner is here or not, as is all that looks like it.
"""

from __future__ import annotations

from irc import numerics
from irc.names import RESERVED_NICKS, NickKey, is_valid_nick, nick_key, skeleton
from server.core.facts import UserId
from server.core.turn import Refusal
from server.core.world import World


def check_nick(world: World, nick: str, account: str, user: UserId | None = None) -> None:
    """Return if somebody logged in to `account` ("" for a guest) may have the nick.

    `user` is who asks for it, when that is somebody here already.

    Raises:
        Refusal: 432 for what cannot be a nick, 433 for one that somebody else has or owns.
    """
    check_form(world, nick)
    key, look = nick_key(nick), skeleton(nick)
    # An operator may have made an account with a reserved name by hand; its owner may use it.
    if not account or look != skeleton(account):
        if key in RESERVED_NICKS or look in RESERVED_NICKS:
            raise Refusal(
                numerics.ERR_ERRONEUSNICKNAME, nick, "This nickname is reserved for the server"
            )
        if is_account(world, nick):
            raise Refusal(
                numerics.ERR_NICKNAMEINUSE, nick, "This nickname belongs to somebody's account"
            )
    if world.nicks.get(key, user) != user:
        raise Refusal(numerics.ERR_NICKNAMEINUSE, nick, "Nickname is already in use")
    if world.skeletons.get(look, user) != user:
        raise Refusal(numerics.ERR_NICKNAMEINUSE, nick, "This looks like a nickname in use")


def check_form(world: World, nick: str) -> None:
    """Return if this could be somebody's nick.

    Raises:
        Refusal: 432, it cannot.
    """
    if not is_valid_nick(nick, world.settings.nick_chars_max):
        raise Refusal(numerics.ERR_ERRONEUSNICKNAME, nick, "Erroneous nickname")


def is_account(world: World, nick: str) -> bool:
    """Whether the nick is, or looks like, the name of an account that we know of."""
    return nick_key(nick) in world.accounts or skeleton(nick) in world.settings.account_looks


def is_account_gone(world: World, account: NickKey) -> bool:
    """Whether the account was taken away while its password was being checked."""
    keys = world.settings.account_keys
    return keys is not None and account not in keys
