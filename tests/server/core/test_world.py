"""What a world can be asked: server/core/world.py."""

from __future__ import annotations

from irc.names import room_key
from server.core import facts
from server.core.apply import replay
from server.core.events import Dialect, SessionId
from server.core.facts import UserId
from server.core.settings import Settings
from server.core.world import World

ANA, BOB = UserId(1), UserId(2)
ROOM = room_key("#room")


def _world() -> World:
    return replay(
        World(Settings(default_rooms=("#Lobby",))),
        [
            facts.SessionOpened(SessionId(7), Dialect.IRC, "127.0.0.1", True),
            facts.CapsChanged(SessionId(7), 0b101),
            facts.UserAppeared(ANA, "Ana", "u", "Real", "host", "Anna", 1),
            facts.SessionAttached(SessionId(7), ANA),
            facts.UserAppeared(BOB, "Bob", "u", "Real", "host", "", 1),
            facts.RoomCreated("#room", frozenset(), 1),
            facts.Joined(BOB, ROOM, "o"),
        ],
    )


def test_people_are_found_under_folding():
    """A raw name finds whoever has it in any spelling, and nobody by accident."""
    world = _world()
    assert world.find_user("ANA") is world.users[ANA]
    assert world.find_user("anna") is None
    assert world.find_account("aNNa") is world.users[ANA]
    assert world.find_account("bob") is None
    assert world.user_of(world.sessions[SessionId(7)]) is world.users[ANA]


def test_a_session_has_capabilities_only_all_together():
    """`has` asks for every bit at once."""
    session = _world().sessions[SessionId(7)]
    assert session.has(0b001)
    assert session.has(0b101)
    assert not session.has(0b011)


def test_default_rooms_are_known_by_their_key():
    """The config may spell them in any way."""
    world = _world()
    assert world.is_default_room(room_key("#LOBBY"))
    assert not world.is_default_room(ROOM)


def test_members_and_rooms_in_common():
    """Members come with their letters; strangers have no room in common."""
    world = _world()
    ana, bob = world.users[ANA], world.users[BOB]
    assert list(world.members_of(world.rooms[ROOM])) == [(bob, "o")]
    assert not world.has_rooms_in_common(ana, bob)
    replay(world, [facts.Joined(ANA, ROOM, "")])
    assert world.has_rooms_in_common(ana, bob)


def test_a_source_names_nick_user_and_host():
    """As it stands in front of what somebody does (Modern IRC, "Source")."""
    world = _world()
    assert world.users[ANA].source == "Ana!u@host"
    assert not world.users[ANA].is_operator
    assert world.rooms[ROOM].is_operator(BOB)
    assert not world.rooms[ROOM].is_operator(ANA)
