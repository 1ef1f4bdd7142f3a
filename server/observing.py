"""What the server's log says of who comes, who goes, and who did what. Called by the hub's thread.

It only looks: at an event, and at the facts that were made of it.
"""

from __future__ import annotations

from server.core.events import Connected, Disconnected, Event
from server.core.facts import ActNoted, Fact, SessionAttached, SessionClosed
from server.core.world import World
from server.journal import Journal


def observe(journal: Journal, world: World, event: Event, facts: tuple[Fact, ...]) -> None:
    """Write down what an operator may want to know later. Quick."""
    match event:
        case Connected(session, dialect, address):
            journal.debug("connected", session=session, address=address, dialect=dialect.value)
        case Disconnected(session, reason):
            journal.info("disconnected", session=session, reason=reason)
    for fact in facts:
        match fact:
            case SessionClosed(session) if not isinstance(event, Disconnected):
                journal.info("left", session=session)
            case SessionAttached():
                _note_login(journal, world, fact)
            case ActNoted():
                _note_act(journal, fact)


def _note_login(journal: Journal, world: World, fact: SessionAttached) -> None:
    user, session = world.users.get(fact.user), world.sessions.get(fact.session)
    if user is not None and session is not None:  # ended in the same step again otherwise
        journal.info(
            "logged_in",
            session=fact.session,
            nick=user.nick,
            account=user.account,
            address=session.address,
        )


def _note_act(journal: Journal, fact: ActNoted) -> None:
    journal.info(
        "act",
        what=fact.what,
        by=fact.actor_nick,
        account=fact.actor_account,
        room=fact.room,
        target=fact.target,
        reason=fact.reason,
    )
