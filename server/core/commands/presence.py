"""Coming: from a connection to somebody present. Shared by both dialects; going is in leaving.py.

Theory of operation. A session is *connected*, then *registered*: it speaks for a user. That waits
until a nick and a user name are said, capability negotiation is over and no password is being
checked; `try_register` is called after each of these and does nothing while one is missing. The
first session of an account makes a user, who then joins the default rooms; each further one is
attached to the same user and shown the rooms, and nobody else notices.
"""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import blake2s
from typing import Any

from irc import numerics
from irc.names import nick_key, room_key
from server.core import nicks
from server.core.apply import apply
from server.core.commands import bans, joining, metadata_news, promises, replay, server_queries
from server.core.commands.away import tell_away
from server.core.commands.leaving import end
from server.core.commands.monitor import tell_online
from server.core.commands.operators import hear_wallops
from server.core.commands.opering import operator_of_account
from server.core.effects import SIMPLE, CheckPassword, MarkRegistered, SendText, SetProfile
from server.core.events import Connected, Dialect, Stamp
from server.core.facts import (
    AccountSeen,
    Login,
    LoginChanged,
    SessionAttached,
    SessionOpened,
    UserAppeared,
    UserId,
    UserModesChanged,
)
from server.core.modes import CHANMODES, FLAG_MODES, PREFIXES, USER_MODES
from server.core.permissions import join_obstacle
from server.core.render import server_time
from server.core.settings import Settings
from server.core.turn import Batch, Refusal, Turn
from server.core.world import Session, User, World

GREETING = "New User. Please register with: NICK <name>"
"""The first line of the simple dialect."""

WRONG_LOGIN = "Wrong name or password"
"""One sentence for an unknown name, a disabled account and a wrong password."""

HTTP_METHODS = frozenset(
    {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE"}
)
"""A browser tricked into speaking to us says one of these first: hang up."""

_NOT_IN_USERNAME = re.compile(r"[^A-Za-z0-9._-]")


# A session begins.


def connected(world: World, event: Connected, stamp: Stamp) -> Batch:
    """A connection finished its handshake. Only the simple dialect greets; who is banned goes."""
    fact = SessionOpened(
        event.session, event.dialect, event.address, event.secure, event.certificate
    )
    apply(world, fact)
    turn = Turn(world, world.sessions[event.session], stamp, facts=[fact])
    if event.dialect is Dialect.SIMPLE:
        turn.effect(SetProfile(event.session, SIMPLE))
    if bans.refuse_banned(turn, turn.session):
        return turn.finish()
    if event.dialect is Dialect.SIMPLE:
        turn.effect(SendText(event.session, GREETING))
    return turn.finish()


def change_login(turn: Turn, **changes: Any) -> None:
    """Note how far the session has come; the names are those of `Login`."""
    login = replace(turn.session.login, **changes)
    turn.record(LoginChanged(turn.session.id, login))


def check_password(turn: Turn, account: str, password: str) -> None:
    """Ask whether the password is the account's. Registration waits for the answer."""
    wait_for_pool(turn, password="", sasl_chunks=())
    turn.effect(CheckPassword(turn.session.id, account, password, turn.session.address))


def wait_for_pool(turn: Turn, **changes: Any) -> None:
    """Note that the password pool was asked: what it answers will be the answer to the command.

    So it will have the command's label, and there is no ACK now (IRCv3 labeled-response).
    """
    change_login(turn, is_checking=True, label=turn.label, **changes)
    turn.label = ""


def clean_username(text: str, chars_max: int) -> str:
    """A user name that can stand between `!` and `@`."""
    return _NOT_IN_USERNAME.sub("", text)[:chars_max] or "user"


# Somebody comes in.


def try_register(turn: Turn) -> None:
    """Register the session when nothing is missing any more (IRC; not for the simple dialect)."""
    login, settings = turn.session.login, turn.world.settings
    if turn.session.user is not None or login.negotiating or login.is_checking:
        return
    if not login.nick or not login.username:
        return
    if not login.account and login.password:
        check_password(turn, *_split_password(settings, login))
        return
    if login.sasl_mechanism:
        change_login(turn, sasl_mechanism="", sasl_chunks=())
        turn.reply(numerics.ERR_SASLABORTED, "SASL authentication aborted")
    if not login.account and settings.accounts_required:
        text = "You need an account here: log in with SASL PLAIN, or with PASS account:password"
        turn.reply(numerics.ERR_PASSWDMISMATCH, text)
        turn.reply_plain("FAIL", "*", "ACCOUNT_REQUIRED", text)
        end(turn, "An account is required")
        return
    _register(turn, login)


def _split_password(settings: Settings, login: Login) -> tuple[str, str]:
    """The account and the password in what PASS said: `account:password`, or the nick's alone.

    A password may have a colon in it, so what is in front of one counts only if it is an account.
    """
    account, colon, password = login.password.partition(":")
    keys = settings.account_keys
    if colon and account and (keys is None or nick_key(account) in keys):
        return account, password
    if keys and nick_key(login.nick) not in keys and nick_key(login.username) in keys:
        return login.username, login.password
    return login.nick, login.password


def _register(turn: Turn, login: Login) -> None:
    world = turn.world
    user = world.find_account(login.account) if login.account else None
    if user is not None:
        if len(user.sessions) >= world.settings.sessions_max:
            most = world.settings.sessions_max
            text = f"This account has {len(user.sessions)} of {most} connections already"
            turn.reply(numerics.ERR_NICKNAMEINUSE, user.nick, text)
            end(turn, "Too many connections of this account")
            return
        attach(turn, user)
        return
    nick = nick_of(world.settings, login)
    try:
        nicks.check_nick(world, nick, login.account)
    except Refusal as refusal:
        change_login(turn, nick="")
        turn.refuse(refusal)
        if nick != login.nick:  # the account's name: there is no other to try
            end(turn, refusal.params[-1])
        return
    appear(turn, nick)
    welcome(turn)
    join_default_rooms(turn)
    come_back(turn)


def come_back(turn: Turn) -> None:
    """Show the account's first session what was said to it meanwhile; it is here from now on."""
    account = nick_key(turn.user.account)
    if account:
        replay.show_missed(turn, turn.world.last_seen.get(account, 0))
        turn.record(AccountSeen(account, turn.stamp.at_ms))


def nick_of(settings: Settings, login: Login) -> str:
    """The nick a session is to have: what it asked for, or its account's name."""
    if login.account and settings.nick_policy == "account":
        return login.account
    return login.nick


def appear(turn: Turn, nick: str) -> None:
    """Make a user of the session. Whether the nick may be had was asked before."""
    world, session, login = turn.world, turn.session, turn.session.login
    user = UserId(world.next_user)
    fact = UserAppeared(
        user,
        nick,
        login.username or clean_username(nick, world.settings.user_chars_max),
        login.realname or nick,
        host_of(session, world.settings),
        login.account,
        turn.stamp.at_ms,
    )
    turn.record(fact)
    _speak_for(turn, user)
    tell_online(turn, world.users[user])
    if operator := operator_of_account(world.settings, login.account):
        turn.record(UserModesChanged(user, frozenset("o"), operator))


def host_of(session: Session, settings: Settings) -> str:
    """What others see in place of the address: nothing of it, but the same one looks the same.

    A plain digest of an IPv4 address is found again by trying them all, so it has a key.
    """
    if session.login.account:
        return host_of_account(session.login.account)
    key = settings.address_key
    return f"guest/{blake2s(session.address.encode(), key=key, digest_size=4).hexdigest()}"


def host_of_account(account: str) -> str:
    """The host of everybody who is logged in to the account."""
    return f"user/{account}"


def _speak_for(turn: Turn, user: UserId) -> None:
    login = turn.session.login
    turn.record(SessionAttached(turn.session.id, user))
    kept = Login(
        account=login.account,
        cap_version=login.cap_version,
        registering=login.registering,
        registering_hash=login.registering_hash,
    )
    turn.record(LoginChanged(turn.session.id, kept))
    turn.effect(MarkRegistered(turn.session.id))


def attach(turn: Turn, user: User) -> None:
    """Make the session one more of a user's: it is shown everything, the others nothing, unless it
    brings back somebody who was away."""
    before = user.away
    _speak_for(turn, user.id)
    hear_wallops(turn, turn.session, user)
    tell_away(turn, user, before)
    welcome(turn)
    for key in user.rooms:
        joining.show_room(turn, user, key)
    replay.show_rooms(turn, user.rooms, [turn.session])


def welcome(turn: Turn) -> None:
    """What follows registration, in the order that Modern IRC asks for."""
    settings, nick = turn.world.settings, turn.user.nick
    server, version = settings.server_name, settings.version
    created = server_time(settings.created_at_ms)
    room_modes = "".join(sorted({*CHANMODES.replace(",", ""), *PREFIXES}))
    with_parameter = "".join(mode for mode in room_modes if mode not in FLAG_MODES)
    turn.reply(numerics.RPL_WELCOME, f"Welcome to the {settings.network} Network, {nick}")
    turn.reply(numerics.RPL_YOURHOST, f"Your host is {server}, running version {version}")
    turn.reply(numerics.RPL_CREATED, f"This server was created {created}")
    turn.reply(numerics.RPL_MYINFO, server, version, USER_MODES, room_modes, with_parameter)
    promises.reply_promises(turn)
    server_queries.reply_lusers(turn)
    metadata_news.show_own(turn)
    server_queries.reply_motd(turn)
    if turn.user.modes:
        turn.reply(numerics.RPL_UMODEIS, "+" + "".join(sorted(turn.user.modes)))


def join_default_rooms(turn: Turn, *, quiet: bool = False) -> None:
    """Bring the user into the default rooms, but for those whose modes or bans are against it."""
    settings, user = turn.world.settings, turn.user
    for name in settings.default_rooms:
        if not turn.world.may_hear(turn.session, room_key(name)):
            continue
        room = turn.world.rooms.get(room_key(name))
        obstacle = room and join_obstacle(user, room, "", settings.members_per_room_max)
        if obstacle:
            turn.reply(obstacle[0], name, obstacle[1])
        else:
            joining.enter_room(turn, user, name, quiet=quiet)
    metadata_news.tell_of_newcomer(turn, user, before=())
    replay.show_rooms(turn, user.rooms, [turn.session])
