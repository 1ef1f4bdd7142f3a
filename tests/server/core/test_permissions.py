"""Who may do what in a room: server/core/permissions.py."""

from __future__ import annotations

import pytest

from irc.names import room_key
from server.core import facts, masks, permissions
from server.core.apply import apply, replay
from server.core.facts import UserId
from server.core.permissions import (
    is_banned,
    is_expected,
    is_silenced,
    join_obstacle,
    may_ask,
    may_manage,
    may_see_room,
    may_see_user,
    may_set_topic,
    may_speak,
    silenced_in,
)
from server.core.settings import Settings
from server.core.world import World

OP, VOICED, MEMBER, STRANGER, ROOT = (UserId(number) for number in range(1, 6))
NAMES = {OP: "op", VOICED: "voiced", MEMBER: "member", STRANGER: "stranger", ROOT: "root"}
ROOM = room_key("#room")


@pytest.fixture
def world() -> World:
    """A room with an operator, somebody with a voice and a member; a stranger; the server's own."""
    return replay(
        World(Settings()),
        [
            *(facts.UserAppeared(id_, nick, "u", "R", "h", "", 1) for id_, nick in NAMES.items()),
            facts.UserModesChanged(ROOT, frozenset("o")),
            facts.RoomCreated("#room", frozenset("nt"), 1),
            facts.Joined(OP, ROOM, "o"),
            facts.Joined(VOICED, ROOM, "v"),
            facts.Joined(MEMBER, ROOM, ""),
        ],
    )


def _set(world: World, *letters: str, on: bool = True) -> None:
    for letter in letters:
        apply(world, facts.RoomFlagChanged(ROOM, letter, on))


def _ban(world: World, mask: str) -> None:
    apply(world, facts.MaskAdded(ROOM, "b", mask, "op", 1))


def _who(world: World, question) -> set[str]:
    room = world.rooms[ROOM]
    return {NAMES[id_] for id_, user in world.users.items() if question(user, room)}


def test_members_may_speak(world):
    """Mode n keeps everybody else out, the server's operators too (Modern IRC, mode n)."""
    assert _who(world, may_speak) == {"op", "voiced", "member"}


def test_without_mode_n_anybody_may_speak(world):
    """That is what taking the mode off means (Modern IRC, mode n)."""
    _set(world, "n", on=False)
    assert _who(world, may_speak) == set(NAMES.values())


def test_in_a_moderated_room_a_voice_is_needed(world):
    """Or a higher rank (Modern IRC, mode m); an operator of the server has that as a member."""
    _set(world, "m")
    assert _who(world, may_speak) == {"op", "voiced"}
    _set(world, "n", on=False)
    assert _who(world, may_speak) == {"op", "voiced"}
    apply(world, facts.Joined(ROOT, ROOM, ""))
    assert _who(world, may_speak) == {"op", "voiced", "root"}


def test_the_banned_may_not_speak_unless_they_have_a_voice(world):
    """A ban silences a member who is in already (Modern IRC, mode b)."""
    _ban(world, "*!*@*")
    assert _who(world, is_banned) == set(NAMES.values())
    assert _who(world, may_speak) == {"op", "voiced"}


def test_bans_fold_case(world):
    """A nick in another spelling is the same nick."""
    _ban(world, "MEM*!*@*")
    assert _who(world, is_banned) == {"member"}


def test_operators_manage(world):
    """The room's, and the server's (user mode o)."""
    assert _who(world, may_manage) == {"op", "root"}


def test_who_may_set_the_topic(world):
    """With mode t operators, without it all members (Modern IRC, mode t)."""
    assert _who(world, may_set_topic) == {"op", "root"}
    _set(world, "t", on=False)
    assert _who(world, may_set_topic) == {"op", "voiced", "member", "root"}
    _ban(world, "~m:*!*@*")  # a topic is a way to speak
    assert _who(world, may_set_topic) == {"op", "voiced", "root"}


def test_who_sees_a_secret_room(world):
    """Its members (Modern IRC, mode s), and the server's operators."""
    assert _who(world, may_see_room) == set(NAMES.values())
    _set(world, "s")
    assert _who(world, may_see_room) == {"op", "voiced", "member", "root"}


def test_who_sees_somebody_invisible(world):
    """Themselves, who shares a room, and the server's operators (Modern IRC, user mode i)."""
    member = world.users[MEMBER]
    seen_by = {NAMES[id_] for id_, user in world.users.items() if may_see_user(world, user, member)}
    assert seen_by == set(NAMES.values())
    apply(world, facts.UserModesChanged(MEMBER, frozenset("i")))
    seen_by = {NAMES[id_] for id_, user in world.users.items() if may_see_user(world, user, member)}
    assert seen_by == {"op", "voiced", "member", "root"}
    apply(world, facts.Parted(MEMBER, ROOM))
    seen_by = {NAMES[id_] for id_, user in world.users.items() if may_see_user(world, user, member)}
    assert seen_by == {"member", "root"}


def _obstacle(world: World, key: str = "", members_max: int = 10) -> str:
    found = join_obstacle(world.users[STRANGER], world.rooms[ROOM], key, members_max)
    return found[0] if found else ""


def test_an_open_room_is_open(world):
    """Nothing keeps anybody out."""
    assert _obstacle(world) == ""


def test_what_keeps_somebody_out(world):
    """Each obstacle with its numeric (Modern IRC, 471, 473, 474, 475), the gravest first."""
    apply(world, facts.RoomLimitChanged(ROOM, 3))
    assert _obstacle(world) == "471"
    apply(world, facts.RoomKeyChanged(ROOM, "sesame"))
    assert _obstacle(world) == _obstacle(world, "Sesame") == "475"
    assert _obstacle(world, "sesame") == "471"
    _set(world, "i")
    assert _obstacle(world, "sesame") == "473"
    _ban(world, "stranger!*@*")
    assert _obstacle(world, "sesame") == "474"


def test_an_invitation_opens_an_invite_only_room_and_nothing_else(world):
    """As Modern IRC has it: a ban, the key and the limit hold for the invited as well."""
    _set(world, "i")
    apply(world, facts.Invited(ROOM, STRANGER))
    assert _obstacle(world) == ""
    apply(world, facts.RoomKeyChanged(ROOM, "sesame"))
    assert _obstacle(world) == "475"


def test_a_room_is_full_at_the_lower_of_the_limits(world):
    """The room's own, and that of the config (members_per_room_max)."""
    assert _obstacle(world, members_max=3) == "471"
    apply(world, facts.RoomLimitChanged(ROOM, 4))
    assert _obstacle(world, members_max=3) == "471"
    assert _obstacle(world, members_max=4) == ""


def test_the_servers_operators_do_not_get_in_unseen(world):
    """They may take the mode off first, which everybody there sees."""
    _set(world, "i")
    found = join_obstacle(world.users[ROOT], world.rooms[ROOM], "", 10)
    assert found is not None and found[0] == "473"


# Lists: exceptions, mutes, and that they are not read for every message.


def _add(world: World, letter: str, mask: str) -> None:
    apply(world, facts.MaskAdded(ROOM, letter, mask, "op", 1))


def test_an_exception_lifts_a_ban(world):
    """For coming in and for speaking (Modern IRC, "Exception Channel Mode")."""
    _ban(world, "*!*@*")
    _add(world, "e", "member!*@*")
    assert _who(world, is_banned) == {"op", "voiced", "stranger", "root"}
    assert _who(world, may_speak) == {"op", "voiced", "member"}


def test_a_mute_is_no_ban(world):
    """Who is muted may be there, and is silent."""
    _ban(world, "~m:member!*@*")
    assert _who(world, is_banned) == set()
    assert _who(world, is_silenced) == {"member"}
    assert _who(world, may_speak) == {"op", "voiced"}


def test_who_may_ask(world):
    """With mode U the members, whatever keeps them silent, but for a ban."""
    assert _who(world, may_ask) == set()
    _set(world, "U", "m")
    assert _who(world, may_ask) == {"op", "voiced", "member"}
    _ban(world, "~m:member!*@*")
    assert "member" in _who(world, may_ask)
    _ban(world, "member!*@*")
    assert "member" not in _who(world, may_ask)


def test_who_is_expected(world):
    """The invited, and whom a mask is about (Modern IRC, "Invite-Exception Channel Mode")."""
    assert _who(world, is_expected) == set()
    apply(world, facts.Invited(ROOM, STRANGER))
    _add(world, "I", "roo?!*@*")
    assert _who(world, is_expected) == {"stranger", "root"}


def test_speaking_is_not_matching(world, monkeypatch):
    """The lists are read once for each member, until one of them changes."""
    read = []

    def judge(bans, exceptions, subject):
        read.append(subject.source)
        return masks.judge(bans, exceptions, subject)

    monkeypatch.setattr(permissions, "judge", judge)
    member, room = world.users[MEMBER], world.rooms[ROOM]
    assert may_speak(member, room) and read == []  # there is no ban
    _ban(world, "x!*@*")
    assert all(may_speak(member, room) for _ in range(3))
    assert read == ["member!u@h"]
    _ban(world, "member!*@*")
    assert not any(may_speak(member, room) for _ in range(3))
    assert len(read) == 2
    _add(world, "e", "member!*@*")
    assert all(may_speak(member, room) for _ in range(3))
    assert len(read) == 3
    apply(world, facts.MaskRemoved(ROOM, "e", "member!*@*"))
    assert not may_speak(member, room)
    assert len(read) == 4
    apply(world, facts.NickChanged(MEMBER, "other"))
    assert all(may_speak(member, room) for _ in range(3))
    assert len(read) == 5
    apply(world, facts.AccountChanged(MEMBER, "account"))
    assert all(may_speak(member, room) for _ in range(3))
    assert len(read) == 6


def test_what_is_remembered_is_forgotten_with_the_member(world):
    """And of strangers nothing is remembered: there are more of them than of members."""
    _ban(world, "x!*@*")
    room = world.rooms[ROOM]
    assert _who(world, is_banned) == set()
    assert set(room.verdicts) == {OP, VOICED, MEMBER}
    apply(world, facts.Parted(MEMBER, ROOM))
    assert set(room.verdicts) == {OP, VOICED}


def test_where_somebody_is_silenced(world):
    """The first such room; rank helps, and so does being an operator of the server."""
    assert silenced_in(world, world.users[MEMBER]) is None
    _ban(world, "~m:*!*@*")
    apply(world, facts.Joined(ROOT, ROOM, ""))
    found = {NAMES[id_] for id_, user in world.users.items() if silenced_in(world, user)}
    assert found == {"member"}
    assert silenced_in(world, world.users[MEMBER]) is world.rooms[ROOM]
