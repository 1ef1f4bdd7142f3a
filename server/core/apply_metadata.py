"""Part of `apply`: metadata of accounts, rooms and guests, and who wants to know of which keys.

The same rules hold: nothing is refused here, nothing decided.
"""

from __future__ import annotations

from server.core import facts
from server.core.world import Session, World


def of_account(world: World, fact: facts.AccountMetadataChanged) -> None:
    """An account without any has no entry."""
    found = world.metadata.setdefault(fact.account, {})
    _change(found, fact.key, fact.value)
    if not found:
        del world.metadata[fact.account]


def of_room(world: World, fact: facts.RoomMetadataChanged) -> None:
    """It goes where the room goes, and when the room does."""
    _change(world.rooms[fact.room].metadata, fact.key, fact.value)


def of_guest(world: World, fact: facts.GuestMetadataChanged) -> None:
    """Kept with the user."""
    _change(world.users[fact.user].metadata, fact.key, fact.value)


def _change(found: dict[str, str], key: str, value: str | None) -> None:
    if value is None:
        found.pop(key, None)
    else:
        found[key] = value


def paid(world: World, fact: facts.MetadataChangePaid) -> None:
    """The pace goes on from there."""
    world.users[fact.user].metadata_paid_until_ms = fact.until_ms


def subscribed(world: World, fact: facts.KeysSubscribed) -> None:
    """Also counted by key: what nobody wants to know, nobody has to be told."""
    session, counts = world.sessions[fact.session], world.subscribed
    for key in fact.keys:
        session.subscriptions[key] = None
        counts[key] = counts.get(key, 0) + 1


def unsubscribed(world: World, fact: facts.KeysUnsubscribed) -> None:
    """Only keys that the session had."""
    session = world.sessions[fact.session]
    for key in fact.keys:
        del session.subscriptions[key]
        _count_off(world, key)


def stop_listening(world: World, session: Session) -> None:
    """The session is gone."""
    for key in session.subscriptions:
        _count_off(world, key)


def _count_off(world: World, key: str) -> None:
    world.subscribed[key] -= 1
    if not world.subscribed[key]:
        del world.subscribed[key]
