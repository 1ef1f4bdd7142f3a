"""What a room asks of whoever speaks in it: modes C, S and U, as lines in and lines out."""

from __future__ import annotations

import pytest

from irc.names import nick_key
from server.core.commands.speaking import take_pace
from server.core.settings import Operator
from server.core.speech import Speech
from server.core.turn import Refusal
from tests.support.chat import Chat


@pytest.fixture
def chat() -> Chat:
    """Ana manages #tea; Bob and Carl are in it."""
    chat = Chat("ana", "bob", "carl", caps="echo-message message-tags")
    for name in ("ana", "bob", "carl"):
        chat.say(name, "JOIN #tea")
    return chat


def _text(lines: list[str]) -> list[str]:
    """The lines without their tags."""
    return [line.partition(" ")[2] if line.startswith("@") else line for line in lines]


# Requests between programs.


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
def test_no_ctcp(chat, command):
    """404 for CTCP with mode C; `/me` is speech (Modern IRC, CTCP; mode C of other servers)."""
    chat.say("ana", "MODE #tea +C")
    heard = chat.say("bob", f"{command} #tea :\x01VERSION\x01")
    refused = [":chat.local 404 bob #tea :No CTCP in this channel (+C)"]
    assert heard == ({"bob": refused} if command == "PRIVMSG" else {})
    for text in (
        "\x01ACTION waves\x01",
        "\x01ACTION\x01",
        "\x01ACTION waves",
        "hi \x01VERSION\x01",
    ):
        assert chat.say("bob", f"{command} #tea :{text}")["ana"]
    assert chat.say("ana", f"{command} #tea :\x01PING 1\x01")["bob"] == []
    chat.say("ana", "MODE #tea -C")
    assert chat.say("bob", f"{command} #tea :\x01VERSION\x01")["ana"]


def test_no_ctcp_in_a_later_line(chat):
    """A message of several lines comes to old clients as several, each of which may be CTCP."""
    chat.say("ana", "MODE #tea +C")
    pieces = ("hi", "\n\x01VERSION\x01")
    room = chat.world.rooms["#tea"]
    with pytest.raises(Refusal):
        take_pace(None, "#tea", room, Speech("PRIVMSG", "".join(pieces), pieces=pieces))


# Slow mode.


def test_slow_mode(chat):
    """Once in so many seconds; then 404 says for how long. Each step of the test is a second."""
    chat.say("ana", "MODE #tea +S 4")
    assert chat.say("bob", "PRIVMSG #tea :1")["ana"]
    for left_s in (3, 2, 1):
        assert chat.say("bob", "PRIVMSG #tea :2") == {
            "bob": [f":chat.local 404 bob #tea :Slow mode: you can speak again in {left_s} s"]
        }
    assert chat.say("bob", "NOTICE #tea :3")["ana"]
    assert chat.say("carl", "PRIVMSG #tea :4")["ana"]
    assert chat.say("bob", "NOTICE #tea :5") == {}
    chat.say("ana", "MODE #tea -S")
    assert chat.say("bob", "PRIVMSG #tea :6")["ana"]


def test_slow_mode_is_not_for_rank(chat):
    """A voice is enough; an operator of the server needs none."""
    chat.say("ana", "MODE #tea +Sv 3600 bob")
    for name in ("ana", "bob"):
        for _ in range(2):
            assert chat.say(name, "PRIVMSG #tea :hi")["carl"]
    assert chat.world.rooms["#tea"].paced == {}


def test_slow_mode_is_not_for_the_servers_operators():
    """They may do what an operator of the room may."""
    chat = Chat("ana", "root", operators={"root": Operator("root", account=nick_key("root"))})
    for name in ("ana", "root"):
        chat.say(name, "JOIN #tea")
    chat.say("ana", "MODE #tea +S 60")
    assert all(chat.say("root", "PRIVMSG #tea :hi")["ana"] for _ in range(2))


def test_typing_and_reacting_are_free(chat):
    """They are no lines that anybody has to read."""
    chat.say("ana", "MODE #tea +S 60")
    for _ in range(2):
        assert chat.say("bob", "@+typing=active TAGMSG #tea")["ana"]
    assert chat.say("bob", "PRIVMSG #tea :hi")["ana"]
    assert chat.say("bob", "@+typing=active TAGMSG #tea")["ana"]


def test_coming_back_is_no_way_around(chat):
    """It is the account that has spoken."""
    chat.say("ana", "MODE #tea +S 60")
    chat.say("bob", "PRIVMSG #tea :hi", "PART #tea", "JOIN #tea")
    assert " 404 " in chat.say("bob", "PRIVMSG #tea :hi")["bob"][0]
    chat.lose("bob")
    chat.login("bob")
    chat.say("bob", "JOIN #tea")
    assert " 404 " in chat.say("bob", "PRIVMSG #tea :hi")["bob"][0]


def test_whoever_need_not_wait_any_more_is_forgotten(chat):
    """So no more is kept than have spoken within the time."""
    chat.say("ana", "MODE #tea +S 3")
    chat.say("bob", "PRIVMSG #tea :hi")
    chat.say("carl", "PRIVMSG #tea :hi")
    assert list(chat.world.rooms["#tea"].paced) == ["bob", "carl"]
    chat.say("ana", "PING x")
    chat.say("bob", "PRIVMSG #tea :hi")
    assert list(chat.world.rooms["#tea"].paced) == ["carl", "bob"]
    chat.say("ana", "PING x", "PING x")
    chat.say("carl", "PRIVMSG #tea :hi")
    assert list(chat.world.rooms["#tea"].paced) == ["carl"]


def test_what_is_refused_does_not_count(chat):
    """Only what was said takes its time."""
    chat.say("ana", "MODE #tea +SC 60")
    chat.say("bob", "PRIVMSG #tea :\x01VERSION\x01")
    assert chat.say("bob", "PRIVMSG #tea :hi")["ana"]


def test_a_guests_pace_is_their_own():
    """Guests have no account to be known by."""
    chat = Chat("ana", "bob", "carl", accounts_required=False)
    for name in ("ana", "bob", "carl"):
        chat.say(name, "JOIN #tea")
    chat.say("ana", "MODE #tea +S 60")
    assert chat.say("bob", "PRIVMSG #tea :hi")["ana"]
    assert chat.say("carl", "PRIVMSG #tea :hi")["ana"]
    assert " 404 " in chat.say("bob", "PRIVMSG #tea :hi")["bob"][0]


# Questions.


@pytest.fixture
def panel(chat) -> Chat:
    """A room where only some speak, and all may ask. Dora has voice."""
    chat.login("dora", caps="echo-message message-tags")
    chat.say("dora", "JOIN #tea")
    chat.say("ana", "MODE #tea +mUv dora")
    return chat


def test_a_question_is_for_the_operators(panel):
    """To `@#tea` (STATUSMSG), and the asker's echo says so; nobody else hears it."""
    heard = panel.say("bob", "PRIVMSG #tea :why?")
    line = ":bob!bob@user/bob PRIVMSG @#tea :why?"
    assert {name: _text(lines) for name, lines in heard.items()} == {"ana": [line], "bob": [line]}
    heard = panel.say("bob", "PRIVMSG @#tea :why?")
    assert _text(heard["ana"]) == [line] and heard["carl"] == []


def test_a_question_is_kept_nowhere(panel):
    """History would show it to everybody."""
    panel.say("bob", "PRIVMSG #tea :why?")
    assert panel.reader().latest("#tea", 9) == []


def test_whoever_has_a_voice_speaks_to_all(panel):
    """They are not asked to whisper."""
    assert _text(panel.say("dora", "PRIVMSG #tea :so")["bob"]) == [
        ":dora!dora@user/dora PRIVMSG #tea :so"
    ]


def test_the_muted_may_ask_and_the_banned_may_not(chat):
    """Without mode m as well. Who is banned is not to be heard; nor who is not there."""
    chat.say("ana", "MODE #tea +Ub-n ~m:bob")
    assert _text(chat.say("bob", "PRIVMSG #tea :please")["ana"]) == [
        ":bob!bob@user/bob PRIVMSG @#tea :please"
    ]
    chat.say("ana", "MODE #tea +b bob")
    assert " 404 " in chat.say("bob", "PRIVMSG #tea :please")["bob"][0]
    assert " 404 " in chat.say("bob", "PRIVMSG @#tea :please")["bob"][0]
    chat.say("ana", "MODE #tea +m")
    chat.say("carl", "PART #tea")
    assert " 404 " in chat.say("carl", "PRIVMSG #tea :please")["carl"][0]


def test_without_mode_u_nobody_may_ask(chat):
    """404 as ever (Modern IRC, mode m)."""
    chat.say("ana", "MODE #tea +m")
    assert chat.say("bob", "PRIVMSG #tea :why?") == {
        "bob": [":chat.local 404 bob #tea :Cannot send to channel"]
    }


def test_typing_is_no_question(panel):
    """The operators need not see who is typing."""
    for target in ("#tea", "@#tea"):
        assert panel.say("bob", f"@+typing=active TAGMSG {target}") == {
            "bob": [f":chat.local 404 bob {target} :Cannot send to channel"]
        }


def test_questions_have_a_pace_too(panel):
    """And are no CTCP: slow mode and mode C hold for them."""
    panel.say("ana", "MODE #tea +SC 60")
    assert " 404 " in panel.say("bob", "PRIVMSG #tea :\x01VERSION\x01")["bob"][0]
    assert panel.say("bob", "PRIVMSG #tea :why?")["ana"]
    assert " 404 " in panel.say("bob", "PRIVMSG #tea :why?")["bob"][0]


def test_a_question_cannot_be_sent_once(panel):
    """It is not kept, so nobody could tell whether it was sent (docs/once.md)."""
    panel.login("eve", caps="tlschat/once message-tags echo-message")
    panel.say("eve", "JOIN #tea")
    heard = panel.say("eve", "@tlschat/once=12345678 PRIVMSG #tea :why?")
    assert list(heard) == ["eve"] and "ONCE_NOT_KEPT @#tea" in heard["eve"][0]


def test_a_question_in_the_simple_dialect():
    """It is shown as what it is: not said to all."""
    chat = Chat("root", operators={"root": Operator("root", account=nick_key("root"))})
    chat.login_simple("sim")
    chat.say("root", "MODE #lobby +mU")
    heard = chat.say("sim", "MSG why?")
    assert heard["root"] == [":sim!sim@user/sim PRIVMSG @#lobby :why?"]
    assert heard["sim"] == ["FROM sim [dm]: why?"]
