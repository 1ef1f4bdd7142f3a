"""REDACT, as lines in and lines out (IRCv3 draft/message-redaction)."""

import pytest

from server.core.facts import Redacted
from server.core.settings import Operator
from tests.support.chat import Chat

CAPS = "draft/message-redaction message-tags"


def say(chat, name, line):
    """Say something; its msgid."""
    chat.say(name, line)
    return chat.last.facts[-1].msgid


@pytest.fixture
def chat():
    """Ana, who manages #tea, bob and eve in it; eve knows nothing of redaction."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.login("eve")
    for name in ("ana", "bob", "eve"):
        chat.say(name, "JOIN #tea")
    return chat


def test_the_sender_takes_it_back(chat):
    """All who can understand it are told; the log forgets the text."""
    msgid = say(chat, "bob", "PRIVMSG #tea :oops")
    line = f":bob!bob@user/bob REDACT #tea {msgid}"
    assert chat.say("bob", f"REDACT #TEA {msgid}") == {"ana": [line], "bob": [line]}
    assert chat.last.facts == (Redacted(msgid, "#tea", "bob!bob@user/bob", "bob", "", chat.at_ms),)
    stored = chat.reader().find(msgid)
    assert stored.params == ("#tea", "")


def test_who_manages_the_room_takes_it_back(chat):
    """With a reason, whosoever it is; another member may not."""
    msgid = say(chat, "bob", "PRIVMSG #tea :spam")
    heard = chat.say("ana", f"REDACT #tea {msgid} :no spam")
    assert heard["bob"] == [f":ana!ana@user/ana REDACT #tea {msgid} :no spam"]
    msgid = say(chat, "ana", "PRIVMSG #tea :hi")
    assert chat.say("bob", f"REDACT #tea {msgid}") == {
        "bob": [
            f":chat.local FAIL REDACT REDACT_FORBIDDEN #tea {msgid} "
            ":You are not authorised to delete this message"
        ]
    }


def test_an_operator_of_the_server_takes_it_back():
    """They may do in any room what its operators may, member or not; and it is noted."""
    operators = {"boss": Operator("boss", account="boss")}
    chat = Chat("ana", "boss", caps=CAPS, operators=operators)
    chat.say("ana", "JOIN #tea")
    msgid = say(chat, "ana", "PRIVMSG #tea :spam")
    line = f":boss!boss@user/boss REDACT #tea {msgid} :no spam"
    assert chat.say("boss", f"REDACT #tea {msgid} :no spam") == {"ana": [line], "boss": [line]}
    act = chat.last.facts[-1]
    assert (act.what, act.actor_nick, act.target, act.room) == ("REDACT", "boss", "ana", "#tea")
    assert "INVALID_TARGET" in chat.say("boss", "REDACT #none m1")["boss"][0]


def test_a_private_message(chat):
    """Both see it, on all sessions; only its sender may, wherever the other is."""
    chat.login("ana2", "ana", caps=CAPS)
    msgid = say(chat, "ana", "PRIVMSG bob :oops")
    assert "FORBIDDEN" in chat.say("bob", f"REDACT ana {msgid}")["bob"][0]
    line = f":ana!ana@user/ana REDACT bob {msgid}"
    assert chat.say("ana", f"REDACT bob {msgid}") == {"ana": [line], "ana2": [line], "bob": [line]}
    msgid = say(chat, "ana", "PRIVMSG bob :oops")
    chat.lose("bob")
    assert chat.say("ana", f"REDACT bob {msgid}").keys() == {"ana", "ana2"}
    msgid = say(chat, "ana", "PRIVMSG ana :note")
    assert {name: len(lines) for name, lines in chat.say("ana", f"REDACT ana {msgid}").items()} == {
        "ana": 1,
        "ana2": 1,
    }


def test_a_reaction(chat):
    """A kept TAGMSG is a message, too."""
    msgid = say(chat, "bob", "@+draft/react=x;+reply=m1 TAGMSG #tea")
    assert "REDACT" in chat.say("bob", f"REDACT #tea {msgid}")["ana"][0]


def test_the_window(chat):
    """`redact_window_s` after it was said it is too late, but not for who manages the room."""
    chat.change_settings(redact_window_s=1)
    msgid = say(chat, "bob", "PRIVMSG #tea :1")
    assert chat.say("bob", f"REDACT #tea {msgid}")["bob"][0].startswith(":bob!")
    msgid = say(chat, "bob", "PRIVMSG #tea :2")
    chat.say("eve", "PING x")
    assert chat.say("bob", f"REDACT #tea {msgid}")["bob"] == [
        f":chat.local FAIL REDACT REDACT_WINDOW_EXPIRED #tea {msgid} 1 "
        ":You can no longer delete this message"
    ]
    assert chat.say("ana", f"REDACT #tea {msgid}")["ana"][0].startswith(":ana!")


def test_what_is_not_there(chat):
    """Unknown, of another conversation, redacted already, or from before the room was made."""
    elsewhere = say(chat, "bob", "PRIVMSG #lobby :1")
    msgid = say(chat, "bob", "PRIVMSG #tea :2")
    chat.say("bob", f"REDACT #tea {msgid}")
    for each in ("none", elsewhere, msgid):
        assert chat.say("bob", f"REDACT #tea {each}")["bob"] == [
            f":chat.local FAIL REDACT UNKNOWN_MSGID #tea {each} "
            ":This message does not exist or is too old"
        ]


def test_a_room_made_anew_has_nothing_to_take_back():
    """Who makes it did not manage the one before."""
    chat = Chat("gast", "hans", caps=CAPS, accounts_required=False)
    chat.say("gast", "JOIN #tea")
    msgid = say(chat, "gast", "PRIVMSG #tea :1")
    chat.say("gast", "PART #tea")
    chat.say("hans", "JOIN #tea")
    assert "UNKNOWN_MSGID" in chat.say("hans", f"REDACT #tea {msgid}")["hans"][0]


def test_a_guest_takes_nothing_back():
    """Tomorrow somebody else is called so."""
    chat = Chat("hans", "gast", caps=CAPS, accounts_required=False)
    msgid = say(chat, "gast", "PRIVMSG #lobby :1")
    assert "REDACT_FORBIDDEN" in chat.say("gast", f"REDACT #lobby {msgid}")["gast"][0]


def test_where_one_may_not(chat):
    """Targets that are not theirs; without the capability there is no such command."""
    assert chat.say("bob", "REDACT #none m1")["bob"] == [
        ":chat.local FAIL REDACT INVALID_TARGET #none :You cannot delete messages from #none"
    ]
    assert chat.say("eve", "REDACT #tea m1")["eve"][0].split(" ")[1] == "421"
    assert chat.say("bob", "REDACT #tea")["bob"][0].split(" ")[1] == "461"


def test_nobody_hears_of_it_before_it_is_done(chat):
    """A log that is full cannot forget: the asker is told, and nobody else."""
    msgid = say(chat, "bob", "PRIVMSG #tea :1")
    chat.say("bob", f"REDACT #tea {msgid}")
    (refusal,) = chat.last.instead
    assert refusal.line.params[:2] == ("REDACT", "STORAGE_ERROR")
