"""Going: how a session ends, whoever ends it, and what changes for everybody at once.

When the last session of a user ends, the rooms are told once. Shared by both dialects; coming is
in presence.py.
"""

from __future__ import annotations

from irc.names import nick_key
from server.core import nicks
from server.core.commands import offer
from server.core.commands.opering import check_operators
from server.core.effects import Outgoing, Send, SendText
from server.core.events import Dialect, SessionId, Stamp
from server.core.facts import AccountSeen, SessionClosed, SettingsChanged, UserLeft
from server.core.settings import Settings
from server.core.turn import Batch, Turn
from server.core.world import User, World


def end(turn: Turn, reason: str) -> None:
    """Say goodbye to the asking session and close it. The rooms hear of it at the last session."""
    if turn.session.dialect is Dialect.SIMPLE:
        turn.effect(SendText(turn.session.id, "BYE"))
    else:
        turn.reply_plain("ERROR", f"Closing link: {reason}")
    forget(turn, reason)
    turn.close(turn.session.id, reason)


def lost(turn: Turn, reason: str) -> None:
    """The connection is gone."""
    forget(turn, reason)


def count_attempts(turn: Turn) -> None:
    """End the session of somebody who has tried too often."""
    if turn.session.login.attempts >= turn.world.settings.login_attempts_max:
        end(turn, "Too many wrong passwords")


def forget(turn: Turn, reason: str) -> None:
    """Take the session out of the world, and its user with the last one.

    There is nobody to address a numeric to afterwards: answer before.
    """
    session, world = turn.session, turn.world
    turn.record(SessionClosed(session.id))
    user = world.users[session.user] if session.user is not None else None
    if user is not None and not user.sessions:
        line = turn.line(user, "QUIT", reason)
        turn.announce(user, line, but=frozenset({session.id}))
        turn.note(user.rooms, line)
        record_user_left(turn, user)


def record_user_left(turn: Turn, user: User) -> None:
    """Record that the user is gone, and when their account was last here."""
    turn.record(UserLeft(user.id))
    if user.account:
        turn.record(AccountSeen(nick_key(user.account), turn.stamp.at_ms))


def revoke(world: World, accounts: frozenset[str], stamp: Stamp) -> Batch:
    """End every session of accounts that may not log in any more."""
    keys = set(map(nick_key, accounts))
    return _end_all(
        world,
        [id_ for id_, each in world.sessions.items() if nick_key(each.login.account) in keys],
        "This account was removed or disabled",
        stamp,
    )


def change_settings(world: World, settings: Settings, stamp: Stamp) -> Batch:
    """Go on with new settings. Guests whose nick is somebody's account now have to leave."""
    before, turn = world.settings, Turn.of_server(world, stamp)
    turn.record(SettingsChanged(settings))
    check_operators(turn, before)
    changed = [turn.finish(), *offer.tell_changes(world, before, stamp)]
    guests = [user for user in world.users.values() if not user.account]
    taken = [user for user in guests if nicks.is_account(world, user.nick)]
    sessions = [session for user in taken for session in user.sessions]
    batch = _end_all(world, sessions, "Your nickname belongs to an account now", stamp)
    return _merge([*changed, batch])


def _is_becoming_owner(user: User) -> bool:
    """Whether somebody is making the account of their nick, and its making is known already."""
    key = nick_key(user.nick)
    return any(nick_key(each.login.registering) == key for each in user.sessions.values())


def stop(world: World, reason: str, stamp: Stamp) -> Batch:
    """Tell everyone, then close every connection. Nobody is told of anybody's leaving."""
    batches = []
    for session in list(world.sessions.values()):
        turn = Turn(world, session, stamp)
        if session.user is not None:
            turn.effect(Send(session.id, turn.line(None, "NOTICE", turn.name, reason)))
        if session.dialect is Dialect.SIMPLE:
            turn.effect(SendText(session.id, "BYE"))
        else:
            turn.reply_plain("ERROR", f"Closing link: {reason}")
        turn.record(SessionClosed(session.id))
        if session.user is not None and not world.users[session.user].sessions:
            record_user_left(turn, world.users[session.user])
        turn.close(session.id, reason)
        batches.append(turn.finish())
    return _merge(batches)


def _end_all(world: World, sessions: list[SessionId], reason: str, stamp: Stamp) -> Batch:
    batches = []
    for session in sessions:
        turn = Turn(world, world.sessions[session], stamp)
        end(turn, reason)
        batches.append(turn.finish())
    return _merge(batches)


def _merge(batches: list[Batch]) -> Batch:
    return Batch(
        tuple(fact for batch in batches for fact in batch.facts),
        tuple(effect for batch in batches for effect in batch.effects),
    )
