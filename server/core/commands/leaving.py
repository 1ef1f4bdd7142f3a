"""Going: how a session ends, whoever ends it, and what changes for everybody at once.

When the last session of a user ends, the rooms are told once. Shared by both dialects; coming is
in presence.py.
"""

from __future__ import annotations

from collections.abc import Callable

from irc.names import nick_key
from server.core.commands import offer, promises
from server.core.commands.away import tell_away
from server.core.commands.monitor import tell_offline
from server.core.commands.opering import check_operators
from server.core.effects import Outgoing, Send, SendText
from server.core.events import Dialect, SessionId, Stamp
from server.core.facts import AccountSeen, NickRetired, SessionClosed, SettingsChanged, UserLeft
from server.core.settings import Settings
from server.core.turn import Batch, Turn
from server.core.world import Session, User, World

NICK_TAKEN = "Your nickname belongs to an account now"


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
    user = world.users[session.user] if session.user is not None else None
    before = user.away if user is not None else ""
    turn.record(SessionClosed(session.id))
    _after(turn, session, user, before, reason)


def end_session(turn: Turn, session: Session, reason: str) -> None:
    """End some session, as a rule another's: ERROR, and it is closed.

    Its user leaves with it if it is the last one. Nobody may be addressed by its name afterwards.
    """
    user = turn.world.users[session.user] if session.user is not None else None
    before = user.away if user is not None else ""
    farewell = turn.line(None, "ERROR", f"Closing link: {reason}")
    _say_goodbye(turn, session, reason, farewell)
    turn.record(SessionClosed(session.id))
    turn.close(session.id, reason)
    _after(turn, session, user, before, reason)


def _after(turn: Turn, session: Session, user: User | None, before: str, reason: str) -> None:
    """The session is gone: so is its user, or may be away now, being it only in the others."""
    if user is not None and user.sessions:
        tell_away(turn, user, before)
    elif user is not None:
        _leave(turn, user, reason, frozenset({session.id}))


def end_user(turn: Turn, user: User, reason: str, first: Outgoing) -> None:
    """End all sessions of somebody: each gets `first`, its own QUIT and ERROR; the rooms one QUIT.

    Source: Modern IRC, "KILL message".
    """
    sessions = list(user.sessions.values())
    line = turn.line(user, "QUIT", reason)
    name = turn.world.settings.server_name
    for session in sessions:
        farewell = turn.line(None, "ERROR", f"Closing link: {name} ({reason})")
        _say_goodbye(turn, session, reason, first, line, farewell)
        turn.record(SessionClosed(session.id))
        turn.close(session.id, reason)
    _leave(turn, user, reason, frozenset(session.id for session in sessions))


def _say_goodbye(turn: Turn, session: Session, reason: str, *last: Outgoing) -> None:
    """The last lines of a session; in the simple dialect the reason in its own words."""
    if session.dialect is Dialect.SIMPLE:
        name = turn.world.users[session.user].nick if session.user is not None else "*"
        turn.send(session.id, turn.line(None, "NOTICE", name, reason))
        turn.effect(SendText(session.id, "BYE"))
        return
    for line in last:
        if session.id == turn.session.id:
            turn.reply_line(line)
        else:
            turn.send(session.id, line)


def _leave(turn: Turn, user: User, reason: str, but: frozenset[SessionId]) -> None:
    line = turn.line(user, "QUIT", reason)
    turn.announce(user, line, but=but)
    turn.note(user.rooms, line)
    record_user_left(turn, user)
    tell_offline(turn, user.nick)


def record_user_left(turn: Turn, user: User) -> None:
    """Record that the user is gone, and when their account was last here."""
    turn.record(NickRetired(user.id, turn.stamp.at_ms))
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
    changed += promises.tell_changes(world, before, stamp)
    # Only what is new can be the nick of a guest: an account may be made with everybody here.
    looks = sorted(settings.account_looks - before.account_looks)
    found = [world.users[world.skeletons[look]] for look in looks if look in world.skeletons]
    taken = [user for user in found if not user.account and not _is_becoming_owner(user)]
    sessions = [session for user in taken for session in user.sessions]
    batch = _end_all(world, sessions, NICK_TAKEN, stamp)
    return merge([*changed, batch])


def _is_becoming_owner(user: User) -> bool:
    """Whether somebody is making the account of their nick, and its making is known before the
    answer. If the answer is that somebody else has made it, register.py ends them."""
    key = nick_key(user.nick)
    logins = [session.login for session in user.sessions.values()]
    making = [each for each in logins if each.is_checking and each.task in ("REGISTER", "VERIFY")]
    return any(nick_key(each.registering) == key for each in making)


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
    return merge(batches)


def _end_all(world: World, sessions: list[SessionId], reason: str, stamp: Stamp) -> Batch:
    return in_turns(world, sessions, stamp, lambda turn: end(turn, reason))


def in_turns(
    world: World, sessions: list[SessionId], stamp: Stamp, decide: Callable[[Turn], None]
) -> Batch:
    """Do the same about each session, in a turn of its own: its last line is its last.

    They share one stamp, so the message ids go on from one to the next.
    """
    batches: list[Batch] = []
    msgids = 0
    for session in sessions:
        turn = Turn(world, world.sessions[session], stamp, msgids=msgids)
        decide(turn)
        batches.append(turn.finish())
        msgids = turn.msgids
    return merge(batches)


def merge(batches: list[Batch]) -> Batch:
    """One batch of several; none of them has promised anything."""
    return Batch(
        tuple(fact for batch in batches for fact in batch.facts),
        tuple(effect for batch in batches for effect in batch.effects),
    )
