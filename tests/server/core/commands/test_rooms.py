"""JOIN and PART, as lines in and lines out; the rest of rooms.py: test_rooms_inside.py."""

from __future__ import annotations

import pytest

from server.core.settings import Operator
from tests.support.chat import Chat

ROOT = {"operators": {"root": Operator("root", account="root")}}
"""Settings with an operator of the server."""


def _numerics(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


# JOIN.


def test_who_makes_a_room_manages_it():
    """The first one in is its operator; the modes are n and t (Modern IRC, "Regular Channels")."""
    chat = Chat("ana", "bob")
    heard = chat.say("ana", "JOIN #Tea")
    assert heard == {
        "ana": [
            ":ana!ana@user/ana JOIN #Tea",
            ":chat.local 353 ana = #Tea :~ana",
            ":chat.local 366 ana #Tea :End of /NAMES list",
        ]
    }
    heard = chat.say("ana", "MODE #tea")
    assert heard["ana"][0] == ":chat.local 324 ana #Tea +nt"


def test_a_join_is_told_to_the_room_and_answered_in_order():
    """JOIN, then the topic, then the names with the newcomer (Modern IRC, JOIN)."""
    chat = Chat("ana", "bob", "carl")
    chat.say("ana", "JOIN #tea", "TOPIC #tea :green")
    set_at = chat.at_ms // 1000
    heard = chat.say("bob", "JOIN #TEA")
    assert heard == {
        "ana": [":bob!bob@user/bob JOIN #tea"],
        "bob": [
            ":bob!bob@user/bob JOIN #tea",
            ":chat.local 332 bob #tea :green",
            f":chat.local 333 bob #tea ana {set_at}",
            ":chat.local 353 bob = #tea :~ana bob",
            ":chat.local 366 bob #tea :End of /NAMES list",
        ],
    }


def test_joining_again_is_nothing():
    """Who is in a room already stays so, without an error."""
    chat = Chat("ana")
    chat.say("ana", "JOIN #tea")
    assert chat.say("ana", "JOIN #TEA") == {}


def test_extended_join():
    """Account and real name for those who asked (IRCv3 extended-join); a guest has a star."""
    chat = Chat("ana", caps="extended-join", accounts_required=False)
    chat.login("bob")
    heard = chat.say("bob", "JOIN #tea", "PART #tea")
    chat.say("ana", "JOIN #tea")
    heard = chat.say("bob", "JOIN #tea")
    assert heard["ana"][0].endswith("JOIN #tea * Bob")
    assert heard["bob"][0].endswith("JOIN #tea")
    chat = Chat("ana", caps="extended-join")
    heard = chat.say("ana", "JOIN #tea")
    assert heard["ana"][0] == ":ana!ana@user/ana JOIN #tea ana Ana"


def test_several_rooms_with_keys():
    """The first key is for the first room, and so on (Modern IRC, JOIN)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #a,#b,#c", "MODE #a +k one", "MODE #b +k two")
    heard = chat.say("bob", "JOIN #a,#b,#c one,wrong")
    assert _numerics(heard["bob"]) == ["JOIN", "353", "366", "475", "JOIN", "353", "366"]
    assert heard["bob"][3] == ":chat.local 475 bob #b :Cannot join channel (+k)"
    heard = chat.say("bob", "JOIN #b :two")
    assert heard["bob"][0] == ":bob!bob@user/bob JOIN #b"


def test_join_zero_leaves_every_room():
    """As though PART had been said for each (Modern IRC, JOIN)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #a")
    heard = chat.say("ana", "JOIN 0")
    assert heard["ana"] == [":ana!ana@user/ana PART #lobby", ":ana!ana@user/ana PART #a"]
    assert heard["bob"] == [":ana!ana@user/ana PART #lobby"]
    assert chat.say("ana", "JOIN 0") == {}


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("tea", "tea :Bad Channel Mask"),
        ("#", "# :Bad Channel Mask"),
        ("#a,", "* :Bad Channel Mask"),
        (":#a b", "* :Bad Channel Mask"),
        ("::a", "* :Bad Channel Mask"),
        ("#" + "é" * 32, "#" + "é" * 32 + " :Bad Channel Mask"),
    ],
)
def test_what_is_no_room_is_refused(asked, answer):
    """ERR_BADCHANMASK; what cannot stand in a line comes back as a star (Modern IRC, 476)."""
    chat = Chat("ana")
    assert chat.say("ana", f"JOIN {asked}")["ana"][-1] == f":chat.local 476 ana {answer}"


def test_a_rooms_name_may_fill_its_limit():
    """limits.room_name_bytes_max counts bytes."""
    chat = Chat("ana", room_name_bytes_max=9)
    assert _numerics(chat.say("ana", "JOIN #éééé")["ana"])[0] == "JOIN"
    assert _numerics(chat.say("ana", "JOIN #ééééé")["ana"]) == ["476"]


def test_rooms_per_user_max():
    """ERR_TOOMANYCHANNELS (Modern IRC, 405); leaving one makes room."""
    chat = Chat("ana", rooms_per_user_max=2)
    heard = chat.say("ana", "JOIN #a,#b")
    assert heard["ana"][-1] == ":chat.local 405 ana #b :You have joined too many channels"
    chat.say("ana", "PART #a")
    assert _numerics(chat.say("ana", "JOIN #b")["ana"])[0] == "JOIN"


def test_rooms_max():
    """At the limit no room can be made, but those there are can be joined (RFC 2812, 437)."""
    chat = Chat("ana", "bob", rooms_max=2)
    heard = chat.say("ana", "JOIN #a,#b")
    assert heard["ana"][-1] == ":chat.local 437 ana #b :There are too many rooms on this server"
    assert _numerics(chat.say("bob", "JOIN #a")["bob"])[0] == "JOIN"


def test_members_per_room_max():
    """The config's limit answers like the room's own (Modern IRC, 471)."""
    chat = Chat("ana", "bob", "carl", members_per_room_max=2, default_rooms=())
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    assert chat.say("carl", "JOIN #tea") == {
        "carl": [":chat.local 471 carl #tea :Cannot join channel (+l)"]
    }


@pytest.mark.parametrize(
    ("modes", "numeric", "letter"),
    [("+b bob", "474", "b"), ("+i", "473", "i"), ("+k x", "475", "k"), ("+l 1", "471", "l")],
)
def test_a_closed_room(modes, numeric, letter):
    """Each mode that closes a room has its numeric (Modern IRC, JOIN)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", f"MODE #tea {modes}")
    assert chat.say("bob", "JOIN #tea") == {
        "bob": [f":chat.local {numeric} bob #tea :Cannot join channel (+{letter})"]
    }


def test_nobody_manages_a_default_room_by_coming_first():
    """It is everybody's; the operators of the server have the flag, and others see them get it."""
    chat = Chat("ana", "root", **ROOT)
    heard = chat.say("ana", "NAMES #lobby")
    assert heard["ana"][0] == ":chat.local 353 ana = #lobby :ana @root"
    heard = chat.say("root", "PART #lobby", "JOIN #lobby")
    assert heard["ana"] == [
        ":root!root@user/root PART #lobby",
        ":root!root@user/root JOIN #lobby",
        ":chat.local MODE #lobby +o root",
    ]


def test_who_comes_in_away_is_seen_to_be():
    """AWAY follows the JOIN for those with away-notify, not for oneself (IRCv3 away-notify)."""
    chat = Chat("ana", "bob", caps="away-notify")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "AWAY :lunch time")
    heard = chat.say("bob", "JOIN #tea")
    assert heard["ana"] == [
        ":bob!bob@user/bob JOIN #tea",
        ":bob!bob@user/bob AWAY :lunch time",
    ]
    assert _numerics(heard["bob"]) == ["JOIN", "353", "366"]


# Several sessions of one user.


def test_all_sessions_of_a_user_are_in_the_room():
    """One member, who sees it on each session, in the capabilities of that session."""
    chat = Chat("ana", "bob")
    chat.login("ana2", "ana", caps="multi-prefix")
    chat.say("bob", "JOIN #tea")
    heard = chat.say("ana", "JOIN #tea")
    assert heard["bob"] == [":ana!ana@user/ana JOIN #tea"]
    assert _numerics(heard["ana"]) == _numerics(heard["ana2"]) == ["JOIN", "353", "366"]
    chat.say("bob", "MODE #tea +ov ana ana")
    heard = chat.say("ana2", "PART #tea", "JOIN #tea", "NAMES #tea")
    assert heard["bob"] == [
        ":ana!ana@user/ana PART #tea",
        ":ana!ana@user/ana JOIN #tea",
        ":chat.local MODE #tea +ov ana ana",
    ]
    heard = chat.say("bob", "MODE #tea +vo ana ana", "PART #tea", "JOIN #tea")
    assert heard["ana"] == heard["ana2"]
    chat.say("bob", "PART #tea")
    heard = chat.say("ana2", "PART #tea :bye bye")
    assert heard == {
        "ana": [":ana!ana@user/ana PART #tea :bye bye"],
        "ana2": [":ana!ana@user/ana PART #tea :bye bye"],
    }
    assert chat.say("bob", "JOIN #tea")["ana"] == []


def test_each_session_sees_names_in_its_own_way():
    """multi-prefix is a session's, not a user's (IRCv3 multi-prefix)."""
    chat = Chat("ana", "bob")
    chat.login("ana2", "ana", caps="multi-prefix")
    chat.say("bob", "JOIN #tea", "MODE #tea +v bob")
    heard = chat.say("ana", "JOIN #tea")
    assert heard["ana"][1] == ":chat.local 353 ana = #tea :~bob ana"
    assert heard["ana2"][1] == ":chat.local 353 ana = #tea :~@+bob ana"


def test_a_simple_session_of_a_user_hears_only_the_lobby():
    """It has no words for which room something is said in."""
    chat = Chat("bob")
    chat.login_simple("ana2", "ana")
    chat.login("ana")
    heard = chat.say("ana", "JOIN #tea")
    assert heard["ana2"] == []
    chat.say("bob", "JOIN #tea")
    assert chat.say("bob", "PRIVMSG #tea :hi there")["ana2"] == []
    chat.say("ana", "PART #lobby", "JOIN #lobby")
    heard = chat.say("bob", "PRIVMSG #lobby :hi there")
    assert heard["ana2"] == ["FROM bob [all]: hi there"]


# PART.


def test_part_is_told_and_the_last_one_out_ends_the_room():
    """With the reason on each line (Modern IRC, PART)."""
    chat = Chat("ana", "bob", accounts_required=False)
    chat.say("ana", "JOIN #a,#b")
    chat.say("bob", "JOIN #a")
    ana, bob = (chat.user(name).source for name in ("ana", "bob"))
    heard = chat.say("ana", "PART #a,#b :see you")
    assert heard == {
        "ana": [f":{ana} PART #a :see you", f":{ana} PART #b :see you"],
        "bob": [f":{ana} PART #a :see you"],
    }
    assert list(chat.world.rooms) == ["#lobby", "#a"]
    assert chat.say("bob", "PART #a :")["bob"] == [f":{bob} PART #a"]
    assert list(chat.world.rooms) == ["#lobby"]


def test_part_from_where_one_is_not():
    """442 for a room that is there, 403 for one that is not; each alone (Modern IRC, PART)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #Tea")
    heard = chat.say("bob", "PART #tea,#none,,#lobby")
    assert heard["bob"] == [
        ":chat.local 442 bob #Tea :You're not on that channel",
        ":chat.local 403 bob #none :No such channel",
        ":chat.local 403 bob * :No such channel",
        ":bob!bob@user/bob PART #lobby",
    ]
