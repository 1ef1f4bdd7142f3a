"""Several sessions of one account are one member: all that docs/protocol.md promises of them.

Source: the section "Several sessions of one account"; being away is in test_away.py.
"""

from __future__ import annotations

import pytest

from tests.support.chat import Chat


@pytest.fixture
def chat() -> Chat:
    """ann at her desk and on the phone, and bob; nicks are free."""
    chat = Chat("bob", nick_policy="free", default_rooms=("#lobby",))
    chat.login("desk", "ann")
    chat.login("phone", "ann", caps="echo-message")
    return chat


def test_a_further_session_is_noticed_by_nobody(chat):
    """No JOIN, no QUIT, no 730, for others nor for the sessions that are here."""
    chat.say("bob", "MONITOR + ann")
    assert list(chat.login("laptop", "ann")) == ["laptop"]
    assert list(chat.say("laptop", "QUIT")) == ["laptop"]
    assert len(chat.world.users) == 2


def test_joins_are_shared(chat):
    """The others see one JOIN; each session sees it with topic and names."""
    chat.say("bob", "JOIN #tea", "TOPIC #tea :Green")
    heard = chat.say("desk", "JOIN #tea")
    assert heard["bob"] == [":ann!ann@user/ann JOIN #tea"]
    for name in ("desk", "phone"):
        assert [line.split(" ")[1] for line in heard[name]] == ["JOIN", "332", "333", "353", "366"]
    assert list(chat.user("ann").rooms) == ["#lobby", "#tea"]


def test_parts_are_shared(chat):
    """Whichever session leaves, all are out of the room."""
    line = ":ann!ann@user/ann PART #lobby :bye"
    assert chat.say("phone", "PART #lobby :bye") == {"desk": [line], "phone": [line], "bob": [line]}
    assert " 442 " in chat.say("desk", "PART #lobby")["desk"][0]


def test_a_kick_is_for_all(chat):
    """Each session is told."""
    chat.say("bob", "JOIN #tea")
    chat.say("phone", "JOIN #tea")
    line = ":bob!bob@user/bob KICK #tea ann :out"
    assert chat.say("bob", "KICK #tea ann :out") == {"desk": [line], "phone": [line], "bob": [line]}


def test_what_one_says_the_others_see(chat):
    """In rooms and in private; the saying session only with echo-message."""
    line = ":ann!ann@user/ann PRIVMSG #lobby :hi"
    assert chat.say("desk", "PRIVMSG #lobby :hi") == {"phone": [line], "bob": [line]}
    assert chat.say("phone", "PRIVMSG #lobby :hi") == {
        "desk": [line],
        "phone": [line],
        "bob": [line],
    }
    line = ":ann!ann@user/ann PRIVMSG bob :psst"
    assert chat.say("desk", "PRIVMSG bob :psst") == {"phone": [line], "bob": [line]}


def test_what_is_said_to_one_all_get(chat):
    """A private message is the user's."""
    line = ":bob!bob@user/bob PRIVMSG ann :hi"
    assert chat.say("bob", "PRIVMSG ann :hi") == {"desk": [line], "phone": [line]}


def test_what_one_says_to_oneself_the_others_get(chat):
    """Once each."""
    heard = chat.say("desk", "PRIVMSG ann :note")
    assert heard["phone"] == [":ann!ann@user/ann PRIVMSG ann :note"]


def test_the_nick_is_shared(chat):
    """One NICK line for everybody."""
    line = ":ann!ann@user/ann NICK anna"
    assert chat.say("phone", "NICK anna") == {"desk": [line], "phone": [line], "bob": [line]}
    assert chat.say("desk", "PRIVMSG bob :x")["bob"][0].startswith(":anna!")


def test_modes_are_shared(chat):
    """A user mode is the user's; each session is shown the change."""
    heard = chat.say("desk", "MODE ann +i")
    assert heard["desk"][-1].split(" ", 1)[1] == heard["phone"][-1].split(" ", 1)[1]
    assert " 221 ann " in chat.say("phone", "MODE ann")["phone"][0]
    assert "i" in chat.user("ann").modes


def test_capabilities_are_the_sessions_own(chat):
    """What one has asked for changes nothing for the others."""
    chat.say("phone", "CAP REQ server-time")
    heard = chat.say("bob", "PRIVMSG ann :hi")
    assert heard["phone"][0].startswith("@time=") and heard["desk"][0].startswith(":bob")


def test_one_quit_at_the_last(chat):
    """However each of them ends."""
    assert chat.lose("desk") == {}
    assert [line for line in chat.say("phone", "QUIT :bye")["bob"]] == [
        ":ann!ann@user/ann QUIT :Quit: bye"
    ]
    assert chat.world.find_user("ann") is None


def test_the_last_one_may_be_the_first(chat):
    """It is no matter which session made the user."""
    chat.say("phone", "QUIT")
    assert chat.lose("desk", "Gone")["bob"] == [":ann!ann@user/ann QUIT :Gone"]


def test_whois_is_of_all(chat):
    """Idle is since any of them spoke; 671 only if all are safe from eavesdropping."""
    chat.say("phone", "PRIVMSG #lobby :x")
    lines = chat.say("bob", "WHOIS ann")["bob"]
    assert any(" 317 bob ann 1 " in line for line in lines)
    assert any(" 671 " in line for line in lines)
    chat.session("desk").secure = chat.mirror.sessions[chat.session("desk").id].secure = False
    assert not any(" 671 " in line for line in chat.say("bob", "WHOIS ann")["bob"])


def test_strict(chat):
    """sessions_max is reached: 433 and ERROR, and the others go on."""
    chat.change_settings(sessions_max=2)
    lines = chat.login("third", "ann")["third"]
    assert " 433 " in lines[-2] and " ERROR " in lines[-1]
    assert len(chat.user("ann").sessions) == 2
