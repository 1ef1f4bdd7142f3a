"""MONITOR, as lines in and lines out. Source: IRCv3 monitor, extended-monitor."""

from __future__ import annotations

import pytest

from server.core.effects import Broadcast
from tests.support.chat import Chat

ALL = "extended-monitor away-notify account-notify chghost setname"


def _chat(*names: str, **settings: object) -> Chat:
    """People who share no room."""
    return Chat(*names, default_rooms=(), **settings)


def online(who: str, *users: str) -> str:
    """The line that says who of these is here."""
    return f":chat.local 730 {who} :{','.join(f'{name}!{name}@user/{name}' for name in users)}"


# The list.


def test_adding_tells_the_state():
    """730 for those online, with their mask, 731 for the others as they were written."""
    chat = _chat("ana", "bob", "carl")
    assert chat.say("ana", "MONITOR + BOB,Nobody,carl,zoe")["ana"] == [
        online("ana", "bob", "carl"),
        ":chat.local 731 ana :Nobody,zoe",
    ]


def test_each_is_in_the_list_once():
    """Targets already in the list MUST NOT be added again; their state is told all the same."""
    chat = _chat("ana", "bob")
    chat.say("ana", "MONITOR + bob")
    assert chat.say("ana", "MONITOR + BOB,bob,Bob")["ana"] == [online("ana", "bob")]
    assert chat.say("ana", "monitor l")["ana"] == [
        ":chat.local 732 ana :bob",
        ":chat.local 733 ana :End of MONITOR list",
    ]
    assert chat.world.watched == {"bob": 1}


def test_what_is_no_nick_is_not_added():
    """A target MUST be a valid nick: no masks, nothing too long (monitor)."""
    chat = _chat("ana")
    assert chat.say("ana", f"MONITOR + *!*@host,a*,#tea,{'x' * 33},1x,,")["ana"] == []
    assert chat.world.watched == {}


def test_removing():
    """No output; what was not there is no mistake (monitor)."""
    chat = _chat("ana", "bob")
    chat.say("ana", "MONITOR + bob,carl")
    assert chat.say("ana", "MONITOR - BOB,bob,zoe") == {}
    assert chat.say("ana", "MONITOR - BOB") == {}
    assert chat.say("ana", "MONITOR S")["ana"] == [":chat.local 731 ana :carl"]
    assert chat.say("ana", "MONITOR C") == {}
    assert chat.say("ana", "MONITOR C", "MONITOR S") == {}
    assert chat.say("ana", "MONITOR L")["ana"] == [":chat.local 733 ana :End of MONITOR list"]
    assert chat.lose("bob") == {} and chat.world.watched == {}


def test_a_full_list():
    """734 with the limit and those that did not fit, as the client sent them; the others are in."""
    chat = _chat("ana", "bob", monitored_nicks_max=2)
    assert chat.say("ana", "MONITOR + bob,carl,Zoe,bob,Eve")["ana"] == [
        online("ana", "bob"),
        ":chat.local 731 ana :carl",
        ":chat.local 734 ana 2 Zoe,Eve :Monitor list is full.",
    ]
    assert chat.say("ana", "MONITOR + bob")["ana"] == [online("ana", "bob")]
    assert chat.say("ana", "MONITOR + Zoe")["ana"] == [
        ":chat.local 734 ana 2 Zoe :Monitor list is full."
    ]


def test_a_long_list_takes_several_lines():
    """The length of the target list is limited only by the line (monitor)."""
    chat = _chat("ana")
    nicks = [f"{'n' * 25}{number}" for number in range(30)]
    chat.say("ana", f"MONITOR + {','.join(nicks[:15])}", f"MONITOR + {','.join(nicks[15:])}")
    *lines, end = chat.say("ana", "MONITOR L")["ana"]
    assert len(lines) > 1 and end.startswith(":chat.local 733 ")
    assert [each for line in lines for each in line.split(" :")[1].split(",")] == nicks


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("MONITOR", "461 ana MONITOR :Not enough parameters"),
        ("MONITOR +", "461 ana MONITOR :Not enough parameters"),
        ("MONITOR - :", "461 ana MONITOR :Not enough parameters"),
        ("MONITOR x y", "400 ana MONITOR X :Unknown subcommand"),
    ],
)
def test_what_cannot_be_understood(line, answer):
    """Too little, or another word."""
    assert _chat("ana").say("ana", line)["ana"] == [f":chat.local {answer}"]


def test_the_list_is_the_connections():
    """Other sessions of the account have their own; it ends with the connection."""
    chat = _chat()
    chat.login("desk", "ana")
    chat.login("phone", "ana")
    chat.say("desk", "MONITOR + bob,carl")
    chat.say("phone", "MONITOR + bob")
    assert set(chat.login("carl")) == {"carl", "desk"}
    chat.lose("desk")
    assert chat.world.watched == {"bob": 1}


# Coming and going.


def test_coming_and_going():
    """730 with the mask, 731 with the nick; to `*`, so that the line is the same for everybody."""
    chat = _chat("ana", "eve")
    chat.say("ana", "MONITOR + BOB")
    heard = chat.login("bob")
    assert heard["ana"] == [online("*", "bob")] and heard["eve"] == []
    assert chat.lose("bob") == {"ana": [":chat.local 731 * :bob"]}


def test_only_the_first_session_comes_and_the_last_one_goes():
    """Several sessions of an account are one user."""
    chat = _chat("ana", "bob")
    chat.say("ana", "MONITOR + bob")
    assert chat.login("bob2", "bob")["ana"] == []
    assert chat.lose("bob")["ana"] == []
    assert chat.lose("bob2")["ana"] == [":chat.local 731 * :bob"]


def test_people_of_the_simple_dialect():
    """They come and go as all others."""
    chat = Chat("ana")
    chat.say("ana", "PART #lobby", "MONITOR + sim")
    assert chat.login_simple("sim")["ana"] == [online("*", "sim")]
    assert chat.say("sim", "QUIT")["ana"] == [":chat.local 731 * :sim"]


def test_a_change_of_nick():
    """It is a going and a coming to who watches one of the two; under folding it is nothing."""
    chat = _chat("ana", "eve", "bob", nick_policy="free")
    chat.say("ana", "MONITOR + bob,robert")
    chat.say("eve", "MONITOR + robert")
    assert chat.say("bob", "NICK robert") == {
        "ana": [":chat.local 731 * :bob", ":chat.local 730 * :robert!bob@user/bob"],
        "eve": [":chat.local 730 * :robert!bob@user/bob"],
        "bob": [":bob!bob@user/bob NICK robert"],
    }
    assert list(chat.say("bob", "NICK Robert")) == ["bob"]
    assert chat.say("bob", "NICK bea") == {
        "ana": [":chat.local 731 * :Robert"],
        "eve": [":chat.local 731 * :Robert"],
        "bob": [":Robert!bob@user/bob NICK bea"],
    }


def test_the_invisible_can_be_watched():
    """Mode i hides from lists, not from who knows the nick (monitor; Modern IRC, mode i)."""
    chat = _chat("ana", "bob")
    chat.say("bob", "MODE bob +i")
    assert chat.say("ana", "MONITOR + bob")["ana"] == [online("ana", "bob")]


def test_watchers_cost_the_hub_nothing():
    """However many there are, it is one effect; and none when there is nobody."""
    chat = _chat("ana", "eve", "zoe", "bob")
    chat.lose("bob")
    assert not any(isinstance(effect, Broadcast) for effect in chat.last.effects)
    for name in ("ana", "eve", "zoe"):
        chat.say(name, "MONITOR + bob")
    chat.login("bob")
    chat.lose("bob")
    assert sum(isinstance(effect, Broadcast) for effect in chat.last.effects) == 1


# extended-monitor.


def test_changes_without_a_common_room():
    """AWAY and SETNAME for monitored nicks, if both capabilities are enabled."""
    chat = _chat("bob")
    chat.login("ana", caps=ALL)
    chat.login("eve", caps="away-notify setname")
    chat.login("zoe", caps="extended-monitor")
    for name in ("ana", "eve", "zoe"):
        chat.say(name, "MONITOR + bob")
    bob = ":bob!bob@user/bob"
    assert chat.say("bob", "AWAY :tea")["ana"] == [f"{bob} AWAY :tea"]
    assert chat.say("bob", "SETNAME :Bob B") == {"ana": [f"{bob} SETNAME :Bob B"]}
    chat.say("ana", "MONITOR C")
    assert chat.say("bob", "SETNAME :Bob C") == {}


def test_account_and_host():
    """ACCOUNT and CHGHOST for monitored nicks."""
    chat = _chat(accounts_required=False)
    chat.login("bob", caps="sasl")
    chat.login("ana", caps=ALL)
    chat.say("ana", "MONITOR + bob")
    guest = f":bob!bob@{chat.user('bob').host}"
    assert chat.sasl("bob", "bob")["ana"] == [
        f"{guest} ACCOUNT bob",
        f"{guest} CHGHOST bob user/bob",
    ]


def test_who_is_in_a_common_room_is_told_once():
    """The room's line is the one; one's own sessions hear nothing of being away."""
    chat = Chat(caps=ALL)
    for name in ("ana", "bob"):
        chat.login(name, caps=ALL)
        chat.say(name, "MONITOR + bob")
    chat.login("bob2", "bob", caps=ALL)
    chat.say("bob2", "MONITOR + bob", "AWAY :tea")
    assert chat.say("bob", "AWAY :tea") == {
        "bob": [":chat.local 306 bob :You have been marked as being away"],
        "ana": [":bob!bob@user/bob AWAY :tea"],
    }
