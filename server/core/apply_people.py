"""What facts about people do to the world. Part of apply.py, called by it.

As there: nothing here refuses, decides or reads a clock.
"""

from __future__ import annotations

from irc.names import NickKey, nick_key
from server.core import facts
from server.core.past import PastUser
from server.core.world import HEARD_FROM_MAX, Session, User, World, addressee_key, sender_key

AWAY_FOR_NO_REASON = "*"
"""What a session says that is there by itself, without its person (IRCv3 pre-away)."""

AWAY_SHOWN = "Not here at the moment"
"""What stands for it when no session of the user has a better text."""


def away_changed(world: World, fact: facts.AwayChanged) -> None:
    session = world.sessions[fact.session]
    session.away, session.away_at_ms = fact.away, fact.at_ms
    if session.user is not None:
        refresh_away(world.users[session.user])


def refresh_away(user: User) -> None:
    """A user is away when all sessions are; the text said last counts, but `*` only alone."""
    sessions = user.sessions.values()
    user.away = ""
    if sessions and all(session.away for session in sessions):
        user.away, last_ms = AWAY_SHOWN, -1
        for session in sessions:
            if session.away != AWAY_FOR_NO_REASON and session.away_at_ms >= last_ms:
                user.away, last_ms = session.away, session.away_at_ms


def watched(world: World, fact: facts.Watched) -> None:
    watching = world.sessions[fact.session].watching
    for nick in fact.nicks:
        key = nick_key(nick)
        watching[key] = nick
        world.watched[key] = world.watched.get(key, 0) + 1


def unwatched(world: World, fact: facts.Unwatched) -> None:
    session = world.sessions[fact.session]
    for key in fact.nicks:
        del session.watching[key]
        _count_off(world, key)


def stop_watching(world: World, session: Session) -> None:
    """The session is gone."""
    for key in session.watching:
        _count_off(world, key)


def _count_off(world: World, key: NickKey) -> None:
    world.watched[key] -= 1
    if not world.watched[key]:
        del world.watched[key]


def realname_changed(world: World, fact: facts.RealnameChanged) -> None:
    world.users[fact.user].realname = fact.realname


def host_changed(world: World, fact: facts.HostChanged) -> None:
    world.users[fact.user].host = fact.host


def nick_retired(world: World, fact: facts.NickRetired) -> None:
    user = world.users[fact.user]
    shown = (user.nick, user.username, user.host, user.realname, user.account)
    world.past.remember(PastUser(*shown, fact.at_ms))


def name_change_paid(world: World, fact: facts.NameChangePaid) -> None:
    world.users[fact.user].names_paid_until_ms = fact.until_ms


def addressed(world: World, fact: facts.Addressed) -> None:
    """Senders stand in the order in which they last turned to somebody new, so that those of whom
    nothing counts any more come first. Two of them are forgotten at a time: never many at once."""
    user, everybody = world.users[fact.user], world.addressed
    sender = sender_key(user)
    recent = everybody.pop(sender, {})
    kept = {key: at_ms for key, at_ms in recent.items() if at_ms > fact.since_ms}
    kept.pop(fact.target, None)
    everybody[sender] = {**kept, fact.target: fact.at_ms}
    for _ in range(2):
        first = next(iter(everybody))
        if max(everybody[first].values()) <= fact.since_ms:
            del everybody[first]
    if fact.peer is not None:
        heard_from = world.users[fact.peer].heard_from
        name = addressee_key(user)
        heard_from.pop(name, None)
        heard_from[name] = None
        if len(heard_from) > HEARD_FROM_MAX:
            del heard_from[next(iter(heard_from))]
