"""Rooms that belong to an account: they stay when they are empty, for who comes back."""

import pytest

from server.core.facts import RoomEnded, RoomFounded
from tests.support.chat import Chat


def recorded(chat, kind):
    """The facts of this kind so far."""
    return [fact for fact in chat.facts if isinstance(fact, kind)]


def test_a_room_belongs_to_the_account_that_makes_it():
    """The log hears of it, after the end of whatever had the name before."""
    chat = Chat("ana")
    chat.say("ana", "JOIN #Tea")
    assert recorded(chat, RoomFounded) == [
        RoomFounded("#tea", "#Tea", "ana", frozenset("nt"), chat.at_ms)
    ]
    ended, _founded, joined = chat.last.facts
    assert ended == RoomEnded("#tea")
    assert joined.flags == "oq"


def test_it_stays_when_it_is_empty():
    """With topic, modes and name; LIST has it, NAMES has nobody (Modern IRC, LIST and NAMES)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #Tea", "TOPIC #tea :Leaves", "MODE #tea +m", "PART #tea")
    assert ":chat.local 322 bob #Tea 0 :Leaves" in chat.say("bob", "LIST")["bob"]
    assert chat.say("bob", "NAMES #Tea")["bob"] == [":chat.local 366 bob #Tea :End of /NAMES list"]
    heard = chat.say("bob", "JOIN #tea")["bob"]
    assert ":chat.local 332 bob #Tea :Leaves" in heard
    assert ":chat.local 353 bob = #Tea :bob" in heard


def test_its_founder_manages_it_again():
    """On coming back; who was there before sees it."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    chat.lose("ana")
    chat.login("ana")
    heard = chat.say("ana", "JOIN #tea")
    assert heard["bob"] == [":ana!ana@user/ana JOIN #tea", ":chat.local MODE #tea +qo ana ana"]
    assert chat.user("ana").rooms.keys() >= {"#tea"}
    assert chat.world.rooms["#tea"].members[chat.user("ana").id] == "oq"


@pytest.mark.parametrize("mode", ["+i", "+k sesame", "+b *!*@*", "+l 1"])
def test_nothing_but_the_crowd_keeps_its_founder_out(mode):
    """In an empty room there is nobody else who could open it."""
    chat = Chat("ana", "bob", members_per_room_max=2)
    chat.login("eve")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    chat.say("ana", f"MODE #tea {mode}", "PART #tea")
    assert chat.say("eve", "JOIN #tea")["eve"][0].split(" ")[1] in {"471", "473", "474", "475"}
    assert chat.say("ana", "JOIN #tea")["ana"][0] == ":ana!ana@user/ana JOIN #tea"
    chat.say("ana", f"MODE #tea -{mode[1:]}", "PART #tea")
    chat.say("eve", "JOIN #tea")
    assert chat.say("ana", "JOIN #tea")["ana"] == [
        ":chat.local 471 ana #tea :Cannot join channel (+l)"
    ]


def test_its_founder_knows_of_it_even_if_it_is_secret():
    """Others do not (Modern IRC, mode s)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", "MODE #tea +s", "PART #tea")
    assert ":chat.local 322 ana #tea 0 :" in chat.say("ana", "LIST")["ana"]
    assert len(chat.say("bob", "LIST #tea")["bob"]) == 2


def test_an_account_has_only_so_many_rooms_that_stay():
    """More are made, and end when they are empty: nobody can take all the room there is."""
    chat = Chat("ana", rooms_per_user_max=3)
    for name in ("#a", "#b", "#c", "#d"):
        chat.say("ana", f"JOIN {name}", f"PART {name}")
    assert list(chat.world.rooms) == ["#lobby", "#a", "#b", "#c"]


def test_rooms_that_stay_count():
    """`rooms_max` holds for empty ones as well."""
    chat = Chat("ana", rooms_max=2)
    chat.say("ana", "JOIN #a", "PART #a")
    assert chat.say("ana", "JOIN #b")["ana"][0].split(" ")[1] == "437"


def test_a_guests_room_ends():
    """There is nobody to come back to it."""
    chat = Chat("ana", accounts_required=False)
    chat.say("ana", "JOIN #a", "PART #a")
    assert list(chat.world.rooms) == ["#lobby"]
    assert recorded(chat, RoomFounded) == []


def test_a_default_room_belongs_to_nobody():
    """It is everybody's, and stays anyway."""
    chat = Chat("ana")
    assert recorded(chat, RoomFounded) == []
    assert chat.world.rooms["#lobby"].founder == ""


def test_a_default_room_that_is_made_anew_begins_with_nothing():
    """It was no default room for a while, and has ended; the log must not bring its modes back."""
    chat = Chat("ana")
    chat.change_settings(default_rooms=("#hall",))
    chat.say("ana", "PART #lobby")
    chat.change_settings(default_rooms=("#lobby",))
    chat.say("ana", "JOIN #lobby")
    assert [type(fact).__name__ for fact in chat.last.facts] == [
        "RoomEnded",
        "RoomCreated",
        "Joined",
    ]
