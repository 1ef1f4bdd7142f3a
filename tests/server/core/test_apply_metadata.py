"""Metadata in the world: server/core/apply_metadata.py."""

from __future__ import annotations

from irc.names import NickKey, room_key
from server.core import facts
from server.core.apply import replay
from server.core.events import Dialect, SessionId
from server.core.facts import UserId
from server.core.settings import Settings
from server.core.world import World

ANA, BOB = UserId(1), UserId(2)
ROOM = room_key("#room")
ONE, TWO = SessionId(7), SessionId(8)


def world(*more: facts.Fact) -> World:
    """Ana has an account, Bob is a guest; both have a session."""
    return replay(
        World(Settings()),
        [
            facts.SessionOpened(ONE, Dialect.IRC, "192.0.2.1", True),
            facts.UserAppeared(ANA, "ana", "u", "Ana", "h", "Ana", 1),
            facts.SessionAttached(ONE, ANA),
            facts.SessionOpened(TWO, Dialect.IRC, "192.0.2.1", True),
            facts.UserAppeared(BOB, "bob", "u", "Bob", "h", "", 1),
            facts.SessionAttached(TWO, BOB),
            facts.RoomCreated("#room", frozenset(), 1),
            facts.Joined(BOB, ROOM, "o"),
            *more,
        ],
    )


def test_whose_metadata_it_is():
    """An account's is found by its folded name, a guest's and a room's with them."""
    found = world(
        facts.AccountMetadataChanged(NickKey("ana"), "url", "a"),
        facts.GuestMetadataChanged(BOB, "url", ""),
        facts.RoomMetadataChanged(ROOM, "url", "r"),
    )
    assert found.metadata_of(found.users[ANA]) == {"url": "a"}
    assert found.metadata_of(found.users[BOB]) == {"url": ""}
    assert found.rooms[ROOM].metadata == {"url": "r"}
    assert world().metadata_of(found.users[ANA]) == {}


def test_what_is_taken_away_leaves_nothing():
    """An account without metadata has no entry; what was not there is no mistake."""
    found = world(
        facts.AccountMetadataChanged(NickKey("ana"), "url", "a"),
        facts.AccountMetadataChanged(NickKey("ana"), "url", None),
        facts.AccountMetadataChanged(NickKey("zoe"), "url", None),
        facts.GuestMetadataChanged(BOB, "url", "x"),
        facts.GuestMetadataChanged(BOB, "url", None),
        facts.RoomMetadataChanged(ROOM, "url", "x"),
        facts.RoomMetadataChanged(ROOM, "url", None),
    )
    assert found == world()


def test_a_guest_who_logs_in_has_the_accounts():
    """The guest's own is gone."""
    found = world(
        facts.GuestMetadataChanged(BOB, "url", "x"),
        facts.AccountMetadataChanged(NickKey("bob"), "a", "y"),
        facts.AccountChanged(BOB, "Bob"),
    )
    assert found.metadata_of(found.users[BOB]) == {"a": "y"}
    assert found.users[BOB].metadata == {}


def test_subscriptions_are_counted():
    """By key, so that what nobody wants to know is told to nobody; a closed session counts off."""
    before = (
        facts.KeysSubscribed(ONE, ("a", "b")),
        facts.KeysSubscribed(TWO, ("b", "c")),
        facts.KeysUnsubscribed(ONE, ("a",)),
    )
    found = world(*before)
    assert list(found.sessions[ONE].subscriptions) == ["b"]
    assert found.subscribed == {"b": 2, "c": 1}
    assert world(*before, facts.SessionClosed(TWO)).subscribed == {"b": 1}


def test_the_pace_of_changes():
    """It is kept with the user."""
    assert world(facts.MetadataChangePaid(ANA, 9)).users[ANA].metadata_paid_until_ms == 9
