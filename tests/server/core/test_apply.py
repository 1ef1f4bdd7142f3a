"""Facts into a world, one by one: server/core/apply.py.

Every fact type has a test; that replay gives an equal world is tested in test_replay.py.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from irc.names import nick_key, room_key, skeleton
from server.core import apply as apply_module, facts
from server.core.apply import apply, replay
from server.core.events import Dialect, SessionId
from server.core.facts import UserId
from server.core.settings import Settings
from server.core.world import MaskEntry, World

ANA, BOB = UserId(1), UserId(2)
ROOM = room_key("#room")


def _appeared(user: UserId, nick: str, account: str = "") -> facts.UserAppeared:
    return facts.UserAppeared(user, nick, "u", "Real", "host", account, 1000)


@pytest.fixture
def world() -> World:
    """Ana (with an account and a session) and Bob (a guest), both in #room."""
    return replay(
        World(Settings()),
        [
            facts.SessionOpened(SessionId(7), Dialect.IRC, "127.0.0.1", True),
            _appeared(ANA, "Ana", "Ana"),
            facts.SessionAttached(SessionId(7), ANA),
            _appeared(BOB, "Bob"),
            facts.RoomCreated("#Room", frozenset("nt"), 2000),
            facts.Joined(ANA, ROOM, "o"),
            facts.Joined(BOB, ROOM, ""),
        ],
    )


def test_every_fact_has_a_function():
    """A fact without one would stop the process (docstring of apply)."""
    assert set(apply_module._APPLY) == set(facts.Fact.__args__)


def test_a_session_opens_logs_in_and_closes(world):
    """What is known of a session is replaced as a whole, and goes with it."""
    session = SessionId(8)
    login = facts.Login(nick="carl", cap_version=302)
    apply(world, facts.SessionOpened(session, Dialect.SIMPLE, "::1", False))
    apply(world, facts.LoginChanged(session, login))
    apply(world, facts.CapsChanged(session, 5))
    opened = world.sessions[session]
    assert (opened.dialect, opened.address, opened.secure) == (Dialect.SIMPLE, "::1", False)
    assert (opened.login, opened.caps, opened.user) == (login, 5, None)
    apply(world, facts.SessionClosed(session))
    assert session not in world.sessions


def test_a_user_is_found_by_nick_look_and_account(world):
    """Names are keys: folded, and by what they look like."""
    assert world.nicks == {"ana": ANA, "bob": BOB}
    assert world.skeletons == {skeleton("ana"): ANA, skeleton("bob"): BOB}
    assert world.accounts == {"ana": ANA}
    assert (world.next_user, world.users_max) == (3, 2)
    assert world.users[ANA].sessions == {SessionId(7): world.sessions[SessionId(7)]}
    assert world.users[ANA].signed_on_ms == world.users[ANA].spoke_at_ms == 1000


def test_a_closed_session_is_no_longer_its_users(world):
    """The user stays until UserLeft says otherwise."""
    apply(world, facts.SessionClosed(SessionId(7)))
    assert world.users[ANA].sessions == {}


def test_who_leaves_leaves_nothing_behind(world):
    """Nick, look, account, memberships and invitations are free again."""
    apply(world, facts.RoomCreated("#other", frozenset(), 1))
    apply(world, facts.Joined(BOB, room_key("#other"), "o"))
    apply(world, facts.Invited(room_key("#other"), ANA))
    apply(world, facts.SessionClosed(SessionId(7)))
    apply(world, facts.UserLeft(ANA))
    assert world.nicks == {"bob": BOB}
    assert world.skeletons == {skeleton("bob"): BOB}
    assert world.accounts == {}
    assert world.rooms[ROOM].members == {BOB: ""}
    assert world.rooms[room_key("#other")].invited == set()
    apply(world, facts.UserLeft(BOB))
    assert world.rooms == {}
    assert world.users_max == 2


def test_a_guest_logs_in(world):
    """From then on the account finds them."""
    apply(world, facts.AccountChanged(BOB, "Robert"))
    assert world.users[BOB].account == "Robert"
    assert world.accounts[nick_key("ROBERT")] == BOB


def test_a_changed_nick_frees_the_old_one(world):
    """Also when only its spelling changed, the key finds the user."""
    apply(world, facts.NickChanged(BOB, "Rob"))
    assert world.nicks == {"ana": ANA, "rob": BOB}
    assert skeleton("bob") not in world.skeletons
    apply(world, facts.NickChanged(BOB, "ROB"))
    assert world.nicks["rob"] == BOB
    assert world.users[BOB].nick == "ROB"


def test_modes_of_a_user(world):
    """They are replaced as a whole."""
    apply(world, facts.UserModesChanged(ANA, frozenset("io")))
    assert world.users[ANA].is_operator


def test_the_last_one_out_ends_the_room_and_its_invitations(world):
    """An invitation to a room that is gone must not open the next one of its name."""
    apply(world, _appeared(UserId(3), "carl"))
    apply(world, facts.Invited(ROOM, UserId(3)))
    apply(world, facts.Parted(ANA, ROOM))
    assert world.users[ANA].rooms == {}
    assert ROOM in world.rooms
    apply(world, facts.Parted(BOB, ROOM))
    assert world.rooms == {}
    assert world.users[UserId(3)].invited == set()


def test_a_default_room_stays_when_it_is_empty(world):
    """Its topic and its bans are for those who come back; under any spelling of its name."""
    apply(world, facts.SettingsChanged(Settings(default_rooms=("#ROOM",))))
    apply(world, facts.Parted(ANA, ROOM))
    apply(world, facts.Parted(BOB, ROOM))
    assert world.rooms[ROOM].members == {}
    apply(world, facts.SettingsChanged(replace(world.settings, default_rooms=())))
    assert world.rooms == {}


def test_new_settings_do_not_end_a_room_with_people(world):
    """Only empty rooms go with the setting that kept them."""
    apply(world, facts.SettingsChanged(Settings(network="new")))
    assert world.settings.network == "new"
    assert ROOM in world.rooms


def test_joining_uses_up_the_invitation(world):
    """It opened the door once (Modern IRC, INVITE)."""
    apply(world, _appeared(UserId(3), "carl"))
    apply(world, facts.Invited(ROOM, UserId(3)))
    assert world.rooms[ROOM].invited == {UserId(3)}
    apply(world, facts.Joined(UserId(3), ROOM, ""))
    assert world.rooms[ROOM].invited == set()
    assert world.users[UserId(3)].invited == set()
    assert world.users[UserId(3)].rooms == {ROOM: None}


def test_what_a_room_is_set_to(world):
    """Topic, flags, key and limit."""
    room = world.rooms[ROOM]
    apply(world, facts.TopicChanged(ROOM, "hi", "Ana", 5))
    assert (room.topic, room.topic_setter, room.topic_at_ms) == ("hi", "Ana", 5)
    apply(world, facts.RoomFlagChanged(ROOM, "m", True))
    apply(world, facts.RoomFlagChanged(ROOM, "n", False))
    assert room.modes == frozenset("mt")
    apply(world, facts.RoomKeyChanged(ROOM, "sesame"))
    apply(world, facts.RoomLimitChanged(ROOM, 4))
    assert (room.key, room.limit) == ("sesame", 4)


def test_masks_are_kept_as_written_and_found_folded(world):
    """Two spellings of a mask are one ban."""
    apply(world, facts.MaskAdded(ROOM, "b", "Eve!*@*", "Ana", 5))
    assert world.rooms[ROOM].masks == {"b": {"eve!*@*": MaskEntry("Eve!*@*", "Ana", 5)}}
    apply(world, facts.MaskRemoved(ROOM, "b", "EVE!*@*"))
    assert world.rooms[ROOM].masks == {}


def test_member_letters_are_kept_in_order_of_rank(world):
    """The letters are "ov" whichever came first, so that equal worlds are equal."""
    apply(world, facts.MemberFlagChanged(ROOM, BOB, "v", True))
    apply(world, facts.MemberFlagChanged(ROOM, BOB, "o", True))
    assert world.rooms[ROOM].members[BOB] == "ov"
    apply(world, facts.MemberFlagChanged(ROOM, BOB, "v", False))
    assert world.rooms[ROOM].members[BOB] == "o"
    assert world.rooms[ROOM].is_operator(BOB)


def test_speaking_ends_idleness(world):
    """WHOIS tells how long somebody has said nothing (Modern IRC, RPL_WHOISIDLE)."""
    said = facts.Said("m1", 9000, ROOM, 7, ANA, "src", "Ana", "#tea", "PRIVMSG", "hi")
    apply(world, said)
    assert world.users[ANA].spoke_at_ms == 9000
    assert world.sequences == {ROOM: 7}
