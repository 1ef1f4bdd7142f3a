"""PRIVMSG, NOTICE, TAGMSG, as lines in and lines out."""

from __future__ import annotations

import pytest

from server.core.facts import Said, UserId
from server.core.settings import Operator
from tests.support.chat import Chat

ALL_CAPS = "message-tags server-time account-tag echo-message labeled-response batch"


def _numerics(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


# To a room.


def test_a_message_to_a_room():
    """To everybody there but the sender, who has no echo-message (Modern IRC, PRIVMSG)."""
    chat = Chat("ana", "bob", "carl")
    chat.say("carl", "PART #lobby")
    heard = chat.say("ana", "PRIVMSG #LOBBY :hello there")
    assert heard == {"bob": [":ana!ana@user/ana PRIVMSG #lobby :hello there"]}


def test_what_was_said_is_a_durable_fact():
    """The log keeps it with its id, its time, and as others saw the sender."""
    chat = Chat("ana")
    chat.say("ana", "PRIVMSG #lobby :hello")
    (fact,) = chat.last.facts
    assert fact == Said(
        msgid=fact.msgid,
        at_ms=chat.at_ms,
        conversation="#lobby",
        seq=1,
        user=UserId(1),
        source="ana!ana@user/ana",
        account="ana",
        target="#lobby",
        command="PRIVMSG",
        text="hello",
    )
    assert fact.msgid
    assert chat.user("ana").spoke_at_ms == chat.at_ms


def test_tags_for_those_who_want_them():
    """msgid, time, account, and the sender's client tags; no other tag of the sender's."""
    chat = Chat("ana", "bob", caps="message-tags server-time account-tag")
    chat.login("carl")
    heard = chat.say("ana", "@+react=x;msgid=forged;account=root;time=2000 PRIVMSG #lobby :hi")
    (fact,) = chat.last.facts
    assert fact.client_tags == "+react=x"
    (line,) = heard["bob"]
    tags, _, body = line.partition(" ")
    assert sorted(tags[1:].split(";")) == sorted(
        [
            "time=" + "2023-11-14T22:13:" + tags.partition("T22:13:")[2][:7],
            f"msgid={fact.msgid}",
            "+react=x",
            "account=ana",
        ]
    )
    assert body == ":ana!ana@user/ana PRIVMSG #lobby :hi"
    assert heard["carl"] == [":ana!ana@user/ana PRIVMSG #lobby :hi"]


def test_the_echo_is_the_message():
    """With the same id and time, and the label (IRCv3 echo-message, labeled-response)."""
    chat = Chat("ana", caps=ALL_CAPS)
    chat.login("bob", caps="message-tags server-time account-tag")
    heard = chat.say("ana", "@label=L1 PRIVMSG #lobby :hi")
    (echo,) = heard["ana"]
    (line,) = heard["bob"]
    assert echo == line.replace("@", "@label=L1;", 1)


def test_a_labelled_message_without_echo_is_acknowledged():
    """ACK when there is nothing to say (IRCv3 labeled-response)."""
    chat = Chat("ana", caps="labeled-response batch")
    assert chat.say("ana", "@label=L1 PRIVMSG #lobby :hi")["ana"] == ["@label=L1 :chat.local ACK"]
    assert chat.say("ana", "@label=L2 NOTICE nobody :hi")["ana"] == ["@label=L2 :chat.local ACK"]


def test_ones_other_sessions_see_what_one_says():
    """They are in the room, too; only the asking session is left out."""
    chat = Chat("ana", "bob")
    chat.login("ana2", "ana")
    heard = chat.say("ana", "PRIVMSG #lobby :hi")
    assert heard["ana2"] == heard["bob"]
    assert heard["ana"] == []


def test_who_may_not_speak():
    """403 for no room, 404 for one that is closed to them (Modern IRC, PRIVMSG)."""
    chat = Chat("ana", "bob", "root", operators={"root": Operator("root", account="root")})
    chat.say("ana", "JOIN #tea")
    assert chat.say("bob", "PRIVMSG #none :hi") == {
        "bob": [":chat.local 403 bob #none :No such channel"]
    }
    assert chat.say("bob", "PRIVMSG #TEA :hi") == {
        "bob": [":chat.local 404 bob #tea :Cannot send to channel"]
    }
    assert _numerics(chat.say("root", "PRIVMSG #tea :hi")["root"]) == ["404"]
    chat.say("bob", "JOIN #tea")
    chat.say("ana", "MODE #tea +m")
    assert _numerics(chat.say("bob", "PRIVMSG #tea :hi")["bob"]) == ["404"]
    chat.say("ana", "MODE #tea +v bob")
    assert chat.say("bob", "PRIVMSG #tea :hi")["ana"] == [":bob!bob@user/bob PRIVMSG #tea :hi"]


def test_a_secret_room_is_not_there_for_strangers():
    """403, as if there were none (Modern IRC, mode s)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", "MODE #tea +s")
    assert _numerics(chat.say("bob", "PRIVMSG #tea :hi")["bob"]) == ["403"]


def test_without_mode_n_strangers_may_speak():
    """They hear nothing of it (Modern IRC, mode n)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", "MODE #tea -n")
    assert chat.say("bob", "PRIVMSG #tea :hi") == {"ana": [":bob!bob@user/bob PRIVMSG #tea :hi"]}


# To somebody.


def said_in(batch):
    """What a batch says, without how it is counted (addressing.py)."""
    return [fact for fact in batch.facts if isinstance(fact, Said)]


def test_a_message_to_somebody():
    """To each of their sessions, and to the sender's others (Modern IRC, PRIVMSG)."""
    chat = Chat("ana", "bob", "carl")
    chat.login("ana2", "ana")
    chat.login("bob2", "bob")
    heard = chat.say("ana", "PRIVMSG BOB :psst")
    line = ":ana!ana@user/ana PRIVMSG bob :psst"
    assert heard == {"bob": [line], "bob2": [line], "ana2": [line]}
    (fact,) = said_in(chat.last)
    assert (fact.conversation, fact.seq, fact.target) == ("ana,bob", 1, "bob")


def test_messages_of_a_conversation_are_numbered():
    """Each room, and each pair of accounts whoever speaks, counts from 1 without a gap."""
    chat = Chat("ana", "bob")
    numbers = []
    for name, line in (
        ("ana", "PRIVMSG #lobby :1"),
        ("bob", "PRIVMSG ana :1"),
        ("ana", "NOTICE bob :2"),
        ("bob", "PRIVMSG #LOBBY :2"),
    ):
        chat.say(name, line)
        numbers += [(fact.conversation, fact.seq) for fact in said_in(chat.last)]
    assert numbers == [("#lobby", 1), ("ana,bob", 1), ("ana,bob", 2), ("#lobby", 2)]


def test_messages_with_a_guest_have_no_conversation():
    """A guest is nobody tomorrow: what is said with one is told, and kept nowhere."""
    chat = Chat("gast", "hans", accounts_required=False, nick_policy="free")
    chat.say("hans", "PRIVMSG gast :hi")
    (fact,) = said_in(chat.last)
    assert (fact.conversation, fact.seq) == ("", 0)


def test_a_message_to_oneself():
    """Heard on every session once, and with echo-message echoed (IRCv3 echo-message)."""
    chat = Chat("ana")
    chat.login("ana2", "ana")
    line = ":ana!ana@user/ana PRIVMSG ana :note"
    assert chat.say("ana", "PRIVMSG ana :note") == {"ana": [line], "ana2": [line]}
    chat.login("ana3", "ana", caps="echo-message")
    assert chat.say("ana3", "PRIVMSG ana :note")["ana3"] == [line, line]


def test_an_echo_of_a_private_message():
    """One for the asking session; the peer gets theirs."""
    chat = Chat("ana", "bob", caps="echo-message")
    heard = chat.say("ana", "PRIVMSG bob :psst")
    assert heard["ana"] == heard["bob"] == [":ana!ana@user/ana PRIVMSG bob :psst"]


def test_somebody_away():
    """301 to a PRIVMSG, nothing to a NOTICE (Modern IRC, PRIVMSG and NOTICE)."""
    chat = Chat("ana", "bob")
    chat.say("bob", "AWAY :at lunch")
    heard = chat.say("ana", "PRIVMSG bob :psst")
    assert heard["ana"] == [":chat.local 301 ana bob :at lunch"]
    assert len(heard["bob"]) == 1
    assert chat.say("ana", "NOTICE bob :psst")["ana"] == []


# Targets and errors.


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("PRIVMSG", "411 ana :No recipient given (PRIVMSG)"),
        ("PRIVMSG :", "411 ana :No recipient given (PRIVMSG)"),
        ("PRIVMSG #lobby", "412 ana :No text to send"),
        ("PRIVMSG #lobby :", "412 ana :No text to send"),
        ("PRIVMSG nobody :hi", "401 ana nobody :No such nick/channel"),
        ("PRIVMSG , :hi", "401 ana * :No such nick/channel"),
        ("PRIVMSG @#nowhere :hi", "403 ana #nowhere :No such channel"),
        ("PRIVMSG @ana :hi", "401 ana @ana :No such nick/channel"),
    ],
)
def test_errors_and_their_silence(line, answer):
    """Each has its numeric for PRIVMSG; NOTICE is never answered (Modern IRC, NOTICE)."""
    chat = Chat("ana")
    assert chat.say("ana", line)["ana"][0] == f":chat.local {answer}"
    assert chat.say("ana", line.replace("PRIVMSG", "NOTICE")) == {}


def test_targets_max():
    """Several targets in one line, but not too many (ISUPPORT's TARGMAX, 407)."""
    chat = Chat("ana", "bob", "carl", targets_max=2)
    heard = chat.say("ana", "PRIVMSG bob,#lobby,carl :hi")
    assert heard["ana"] == [":chat.local 407 ana carl :Too many targets"]
    assert len(heard["bob"]) == 2
    assert len(heard["carl"]) == 1
    msgids = {fact.msgid for fact in said_in(chat.last)}
    assert len(msgids) == 2
    assert "ana" not in chat.say("ana", "NOTICE bob,#lobby,carl :hi")


def test_a_notice_is_like_a_message():
    """Delivered the same way (Modern IRC, NOTICE)."""
    chat = Chat("ana", "bob")
    assert chat.say("ana", "NOTICE #lobby :hi")["bob"] == [":ana!ana@user/ana NOTICE #lobby :hi"]


def test_a_long_message_arrives_whole():
    """In pieces that fit, each an action if the whole was one (RFC 1459 section 2.3; CTCP)."""
    chat = Chat("ana", "bob")
    text = "wörter " * 60
    pieces = chat.say("ana", f"PRIVMSG #lobby :{text}")["bob"]
    assert len(pieces) == 2
    assert "".join(piece.partition(" :")[2] for piece in pieces) == text
    pieces = chat.say("ana", f"PRIVMSG #lobby :\x01ACTION {text}\x01")["bob"]
    assert all("\x01ACTION " in piece and piece.endswith("\x01") for piece in pieces)


# TAGMSG.


def test_tagmsg():
    """Client tags alone, to those with message-tags (IRCv3 message-tags)."""
    chat = Chat("ana", "bob", caps="message-tags")
    chat.login("carl")
    heard = chat.say("ana", "@+typing=active;x=y TAGMSG #lobby")
    (fact,) = chat.last.facts
    assert heard == {"bob": [f"@msgid={fact.msgid};+typing=active :ana!ana@user/ana TAGMSG #lobby"]}
    assert (fact.command, fact.text, fact.client_tags) == ("TAGMSG", "", "+typing=active")
    assert len(chat.say("ana", "@+typing=active TAGMSG bob")["bob"]) == 1


@pytest.mark.parametrize("react", ["+draft/react", "+draft/unreact"])
@pytest.mark.parametrize("reply", ["+reply", "+draft/reply"])
def test_reactions_are_kept_and_typing_is_not(react, reply):
    """What says something lasting about a message has a number (IRCv3 react, reply, typing)."""
    chat = Chat("ana", caps="message-tags")
    numbers = []
    for tags in ("+typing=active", f"{react}=x;{reply}=m1", react, reply):
        chat.say("ana", f"@{tags} TAGMSG #lobby")
        numbers += [(fact.conversation, fact.seq) for fact in said_in(chat.last)]
    assert numbers == [("", 0), ("#lobby", 1), ("", 0), ("", 0)]


def test_tagmsg_without_tags_is_nothing():
    """There is nothing to tell (IRCv3 message-tags)."""
    chat = Chat("ana", "bob", caps="message-tags")
    assert chat.say("ana", "TAGMSG #lobby") == {}
    assert chat.say("ana", "@x=y TAGMSG #lobby") == {}
    assert chat.last.facts == ()


def test_tagmsg_without_the_capability_or_a_target():
    """421 for who has not asked for message-tags, 461 without a target."""
    chat = Chat("ana")
    assert chat.say("ana", "@+typing=active TAGMSG #lobby")["ana"] == [
        ":chat.local 421 ana TAGMSG :Unknown command"
    ]
    chat.login("bob", caps="message-tags")
    assert chat.say("bob", "@+typing=active TAGMSG")["bob"] == [
        ":chat.local 461 bob TAGMSG :Not enough parameters"
    ]


def test_tagmsg_is_echoed():
    """To who has echo-message (IRCv3 echo-message)."""
    chat = Chat("ana", caps="message-tags echo-message")
    assert len(chat.say("ana", "@+typing=active TAGMSG #lobby")["ana"]) == 1
