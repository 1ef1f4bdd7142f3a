"""MODE for rooms and for oneself, as lines in and lines out."""

from __future__ import annotations

import pytest

from server.core.settings import Operator
from tests.support.chat import Chat

ROOT = {"operators": {"root": Operator("root", account="root")}}


@pytest.fixture
def chat() -> Chat:
    """Ana manages #tea; Bob is in it; Carl is not."""
    chat = Chat("ana", "bob", "carl")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    return chat


def _change(chat: Chat, modes: str) -> list[str]:
    """What Ana hears of `MODE #tea ...`; what the room hears must be the MODE lines of it."""
    heard = chat.say("ana", f"MODE #tea {modes}")
    assert heard["bob"] == [line for line in heard["ana"] if " MODE #tea " in line]
    return [line.removeprefix(":ana!ana@user/ana ") for line in heard["ana"]]


# Oneself.


def test_ones_own_modes():
    """221, then a MODE line to all of one's sessions (Modern IRC, "User mode")."""
    chat = Chat("ana")
    chat.login("ana2", "ana")
    assert chat.say("ana", "MODE ANA")["ana"] == [":chat.local 221 ana +"]
    heard = chat.say("ana", "MODE ana +i")
    assert heard["ana"] == heard["ana2"] == [":ana!ana@user/ana MODE ana +i"]
    assert chat.say("ana2", "MODE ana") == {"ana2": [":chat.local 221 ana +i"]}
    assert chat.say("ana", "MODE ana +i") == {}
    assert chat.say("ana", "MODE ana -i")["ana"] == [":ana!ana@user/ana MODE ana -i"]


def test_nobody_makes_themselves_an_operator():
    """Only OPER and the config do; giving it up is free (RFC 2812 section 3.1.5)."""
    chat = Chat("ana", "root", **ROOT)
    assert chat.say("ana", "MODE ana +o") == {}
    assert chat.say("root", "MODE root +i-o")["root"] == [":root!root@user/root MODE root +i-o"]
    assert not chat.user("root").is_operator
    assert chat.say("root", "MODE root +o") == {}


def test_an_unknown_user_mode_is_told_once():
    """The known ones are applied first, then 501 (Modern IRC, "User mode")."""
    chat = Chat("ana")
    assert chat.say("ana", "MODE ana +xiy")["ana"] == [
        ":ana!ana@user/ana MODE ana +i",
        ":chat.local 501 ana :Unknown MODE flag",
    ]


def test_other_peoples_modes():
    """401 for nobody, 502 for somebody else, to look as well as to change (Modern IRC, MODE)."""
    chat = Chat("ana", "bob")
    assert chat.say("ana", "MODE nobody")["ana"] == [
        ":chat.local 401 ana nobody :No such nick/channel"
    ]
    for line in ("MODE bob", "MODE bob +i"):
        assert chat.say("ana", line)["ana"] == [
            ":chat.local 502 ana :Cant change mode for other users"
        ]


# A room's, to look at.


def test_what_a_room_is_set_to(chat):
    """324 with parameters and 329 (Modern IRC, "Channel mode")."""
    made_at = chat.world.rooms["#tea"].created_at_ms // 1000
    assert chat.say("bob", "MODE #TEA")["bob"] == [
        ":chat.local 324 bob #tea +nt",
        f":chat.local 329 bob #tea {made_at}",
    ]
    _change(chat, "+klmCUS-t sesame 7 30")
    assert chat.say("bob", "MODE #tea")["bob"][0] == ":chat.local 324 bob #tea +CUmnklS sesame 7 30"


def test_strangers_do_not_see_the_key(chat):
    """Servers may hide it (Modern IRC, "Channel mode"); the place of it stays."""
    _change(chat, "+kl sesame 7")
    assert chat.say("carl", "MODE #tea")["carl"][0] == ":chat.local 324 carl #tea +ntkl * 7"


def test_a_room_that_is_not_there(chat):
    """403 before anything else (Modern IRC, "Channel mode")."""
    for line in ("MODE #none", "MODE #none +m", "MODE #none b"):
        assert chat.say("ana", line)["ana"] == [":chat.local 403 ana #none :No such channel"]


# A room's, to change.


@pytest.mark.parametrize("letter", "CUimnst")
def test_flags(chat, letter):
    """Type D: on and off, and nothing when it is so already."""
    first, second = ("-", "+") if letter in "nt" else ("+", "-")
    assert _change(chat, first + letter) == [f"MODE #tea {first}{letter}"]
    assert _change(chat, first + letter) == []
    assert _change(chat, second + letter) == [f"MODE #tea {second}{letter}"]


def test_many_changes_are_one_line(chat):
    """One combined MODE, in the order asked for, without what changes nothing."""
    assert _change(chat, "+nmb-t+vl-i eve bob 5") == ["MODE #tea +mb-t+vl eve!*@* bob 5"]


def test_who_may_change_a_room(chat):
    """442 for strangers, 482 for members; nothing of it is done (Modern IRC, "Channel mode")."""
    assert chat.say("carl", "MODE #tea +m") == {
        "carl": [":chat.local 442 carl #tea :You're not on that channel"]
    }
    assert chat.say("bob", "MODE #tea +xm") == {
        "bob": [":chat.local 482 bob #tea :You're not channel operator"]
    }


def test_an_operator_of_the_server_may_from_outside():
    """They may do what an operator of the room may, and see its key."""
    chat = Chat("ana", "root", **ROOT)
    chat.say("ana", "JOIN #tea")
    heard = chat.say("root", "MODE #tea +k sesame")
    assert heard["ana"] == heard["root"] == [":root!root@user/root MODE #tea +k sesame"]
    assert chat.say("root", "MODE #tea")["root"][0] == ":chat.local 324 root #tea +ntk sesame"


def test_unknown_letters_do_not_hinder_the_known(chat):
    """472 for each (Modern IRC, 472)."""
    assert _change(chat, "+xm-y") == [
        ":chat.local 472 ana x :is unknown mode char to me",
        ":chat.local 472 ana y :is unknown mode char to me",
        "MODE #tea +m",
    ]
    assert chat.say("carl", "MODE #tea z")["carl"] == [
        ":chat.local 472 carl z :is unknown mode char to me"
    ]


def test_nothing_asked_nothing_done(chat):
    """An empty mode string, or signs alone."""
    assert _change(chat, ":") == []
    assert _change(chat, "+-") == []


def test_a_key_is_set_and_taken_off(chat):
    """Any parameter, or none, takes it off; it is not repeated (Modern IRC, mode k)."""
    assert _change(chat, "-k any") == []
    assert _change(chat, "+k sesame") == ["MODE #tea +k sesame"]
    assert _change(chat, "+k sesame") == []
    assert _change(chat, "+k other") == ["MODE #tea +k other"]
    assert _change(chat, "-k wrong") == ["MODE #tea -k *"]
    assert _change(chat, "+k-k x") == ["MODE #tea +k-k x *"]


@pytest.mark.parametrize("key", ["", ":a b", ":", "a,b", "x" * 65])
def test_a_bad_key_is_refused(chat, key):
    """ERR_INVALIDMODEPARAM (Modern IRC, mode k), with a star: a key is not repeated."""
    assert _change(chat, f"+k {key}".strip()) == [
        ":chat.local 696 ana #tea k * :Key is not well-formed"
    ]


def test_a_limit_is_set_changed_and_taken_off(chat):
    """Type C: a parameter when set, none when unset; a number is written as a number."""
    assert _change(chat, "+l 05") == ["MODE #tea +l 5"]
    assert _change(chat, "+l 5") == []
    assert _change(chat, "+l 6") == ["MODE #tea +l 6"]
    assert _change(chat, "-l") == ["MODE #tea -l"]
    assert _change(chat, "-l") == []


def test_slow_mode_is_set_changed_and_taken_off(chat):
    """Type C: seconds when set, none when unset (Modern IRC, MODE)."""
    assert _change(chat, "+S 030") == ["MODE #tea +S 30"]
    assert _change(chat, "+S 30") == []
    assert _change(chat, "+S 3600") == ["MODE #tea +S 3600"]
    assert _change(chat, "-S") == ["MODE #tea -S"]
    assert _change(chat, "-S") == []


@pytest.mark.parametrize("seconds", ["", "0", "3601", "1m"])
def test_a_bad_pace_is_refused(chat, seconds):
    """ERR_INVALIDMODEPARAM (Modern IRC, 696)."""
    sentence = "Slow mode takes a number of seconds from 1 to 3600"
    assert _change(chat, f"+S {seconds}".strip()) == [
        f":chat.local 696 ana #tea S {seconds or '*'} :{sentence}"
    ]


@pytest.mark.parametrize("limit", ["", "0", "-1", "many", "9" * 10])
def test_a_bad_limit_is_refused(chat, limit):
    """ERR_INVALIDMODEPARAM (Modern IRC, 696)."""
    assert _change(chat, f"+l {limit}".strip()) == [
        f":chat.local 696 ana #tea l {limit or '*'} :The limit must be a number above 0"
    ]


def test_members_get_and_lose_their_letters(chat):
    """o and v, by nick; the line has the nick as its owner spells it (Modern IRC, "Prefixes")."""
    assert _change(chat, "+v BOB") == ["MODE #tea +v bob"]
    assert _change(chat, "+v bob") == []
    assert _change(chat, "+o-v bob bob") == ["MODE #tea +o-v bob bob"]
    chat.say("carl", "JOIN #tea")
    assert chat.say("bob", "MODE #tea +o carl")["ana"] == [":bob!bob@user/bob MODE #tea +o carl"]
    assert chat.say("carl", "MODE #tea -o bob")["ana"] == [":carl!carl@user/carl MODE #tea -o bob"]
    assert chat.say("bob", "MODE #tea +o bob")["bob"][0].startswith(":chat.local 482 bob #tea ")


def test_letters_for_nobody_or_a_stranger(chat):
    """401 and 441 (Modern IRC, 441), 696 without a nick; the others still count."""
    assert _change(chat, "+ovovm nobody carl bob") == [
        ":chat.local 401 ana nobody :No such nick/channel",
        ":chat.local 441 ana carl #tea :They aren't on that channel",
        ":chat.local 696 ana #tea v * :Whose? A nick is missing",
        "MODE #tea +om bob",
    ]


def test_changes_that_do_not_fit_into_a_line_take_several(chat):
    """Nothing is dropped: 14 masks are two lines by number, long ones by length."""
    lines = _change(chat, "+" + "b" * 14 + " " + " ".join(f"n{number}" for number in range(14)))
    assert [line.count("!*@*") for line in lines] == [13, 1]
    lines = _change(chat, "+bbb " + " ".join(letter * 190 for letter in "xyz"))
    assert [line.count("!*@*") for line in lines] == [2, 1]
