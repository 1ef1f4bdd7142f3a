"""A start goes on where the log ends (server/core/restore.py)."""

from irc.names import NickKey, RoomKey
from server.core import facts
from server.core.apply import replay
from server.core.history import Restored
from server.core.restore import restored_facts
from server.core.settings import Settings
from server.core.world import World

TEA, LOBBY, GONE = RoomKey("#tea"), RoomKey("#lobby"), RoomKey("#gone")


def test_rooms_come_back_with_their_settings():
    """Founded ones, and the default rooms, which nobody founded; what has ended stays away."""
    kept = (
        facts.RoomFounded(TEA, "#Tea", NickKey("ana"), frozenset("nt"), 5),
        facts.TopicChanged(TEA, "Leaves", "ana", 6),
        facts.TopicChanged(LOBBY, "Welcome", "bob", 7),
        facts.RoomFlagChanged(LOBBY, "m", True),
        facts.RoomKeyChanged(GONE, "sesame"),
        facts.MaskAdded(GONE, "b", "*!*@*", "eve", 8),
        facts.AccountSeen(NickKey("ana"), 9),
    )
    settings = Settings(default_rooms=("#Lobby", "#other"))

    world = replay(World(settings), restored_facts(settings, Restored({}, 10, kept)))

    assert list(world.rooms) == [TEA, LOBBY]
    assert (world.rooms[TEA].name, world.rooms[TEA].topic) == ("#Tea", "Leaves")
    assert (world.rooms[LOBBY].name, world.rooms[LOBBY].topic) == ("#Lobby", "Welcome")
    assert world.rooms[LOBBY].modes == frozenset("mnt")
    assert world.last_seen == {"ana": 9}


def test_a_room_that_was_given_up_has_ended():
    """At the latest with the process; a default room is everybody's, whoever founded it once."""
    given_up = [
        facts.RoomFounded(RoomKey(key), name, NickKey(""), frozenset("n"), 7)
        for key, name in (("#tea", "#Tea"), ("#lobby", "#Lobby"))
    ]
    modes = [facts.RoomFlagChanged(RoomKey(key), "m", True) for key in ("#tea", "#lobby")]
    access = facts.RoomAccessChanged(RoomKey("#lobby"), NickKey("ana"), "o")
    found = restored_facts(Settings(), Restored({}, 9, (*given_up, *modes, access)))
    assert list(found) == [facts.RoomCreated("#lobby", frozenset("n"), 7), modes[1], access]
