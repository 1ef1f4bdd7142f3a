"""What somebody who is nobody yet may do, and what somebody who does nothing gets to hear.

Source: Modern IRC, "Connection Registration"; and our own promise that a silent client is sent
nothing but PING. Driven by the command table, so that a new command is asked too.
"""

from __future__ import annotations

from copy import copy

import pytest

from server.core.commands import COMMANDS
from tests.support.chat import Chat

PARAMS = ["", " x", " #lobby", " ann", " ann #lobby", " #lobby :text", " ann eve x :text"]
BEFORE = sorted(name for name, command in COMMANDS.items() if not command.before_registration)


def open_world(chat: Chat) -> tuple[object, ...]:
    """All of the world that somebody could have changed."""
    world = chat.world
    rooms = {key: copy(room) for key, room in world.rooms.items()}
    users = {key: copy(user) for key, user in world.users.items()}
    return rooms, users, dict(world.sequences), dict(world.markers), dict(world.nicks)


@pytest.mark.parametrize("command", BEFORE)
@pytest.mark.parametrize("said", [(), ("NICK eve",), ("USER eve 0 * :Eve",), ("CAP LS 302",)])
def test_nobody_yet_may_not(command, said):
    """Without a nick, without a user name, or in negotiation: 451, and nothing happens."""
    chat = Chat("ann")
    chat.connect("eve")
    chat.say("eve", *said)
    before = open_world(chat)

    for params in PARAMS:
        heard = chat.say("eve", f"{command}{params}")
        assert set(heard) == {"eve"}
        name = "eve" if said == ("NICK eve",) else "*"
        assert heard["eve"] == [f":chat.local 451 {name} :You have not registered"]
    assert open_world(chat) == before


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_silent_client_hears_nothing(command):
    """Whatever others say that is not for it: an idle client in a room of its own is left alone."""
    chat = Chat("ann", "bob", "eve")
    chat.say("eve", "JOIN #alone", "PART #lobby")
    chat.say("ann", "JOIN #tea")

    for params in [*PARAMS, " #tea", " #tea bob", " bob #tea", " #tea +m", " #tea :hello", " * x"]:
        if "ann" in chat.wires and not chat.is_closed("ann"):
            heard = chat.say("ann", f"{command}{params.replace('eve', 'bob')}")
            assert "eve" not in heard, (params, heard["eve"])
