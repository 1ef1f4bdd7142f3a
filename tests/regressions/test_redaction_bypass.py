"""A message that was taken back is read all the same, by a way that nobody thought of.

Elsewhere it stayed in another copy of the history, in the search, or in what newcomers are shown.
"""

from __future__ import annotations

import pytest

from server.core.facts import Said
from server.core.history import ONCE_TAG
from tests.support.chat import Chat
from tests.support.several_lines import CAPS

SECRET = "hunter2"
ID = "abcdefgh1234"


def said(chat: Chat) -> str:
    """The id of what was said last."""
    return next(fact.msgid for fact in reversed(chat.facts) if isinstance(fact, Said))


@pytest.fixture
def chat():
    """Ana said something with an id of her own in #tea, bob answered to it; she took it back."""
    chat = Chat("ana", "bob", caps=CAPS, history_events=True)
    chat.say("ana", "JOIN #tea", "PRIVMSG #tea :before")
    chat.say("bob", "JOIN #tea")
    chat.say("ana", f"@{ONCE_TAG}={ID};+note={SECRET} PRIVMSG #tea :it is {SECRET}")
    chat.msgid = said(chat)
    chat.say("bob", f"@+draft/react=x;+draft/reply={chat.msgid} TAGMSG #tea")
    chat.say("bob", "PRIVMSG #tea :after")
    chat.say("ana", f"REDACT #tea {chat.msgid} :wrong window")
    return chat


def everything(heard) -> str:
    return "\n".join(line for lines in heard.values() for line in lines)


@pytest.mark.parametrize(
    "question",
    [
        "CHATHISTORY LATEST #tea * 50",
        "CHATHISTORY BEFORE #tea timestamp=2030-01-01T00:00:00.000Z 50",
        "CHATHISTORY AFTER #tea timestamp=2001-01-01T00:00:00.000Z 50",
        "CHATHISTORY AROUND #tea msgid={msgid} 50",
        "CHATHISTORY BETWEEN #tea timestamp=2001-01-01T00:00:00.000Z "
        "timestamp=2030-01-01T00:00:00.000Z 50",
        f"SEARCH text={SECRET}",
        "SEARCH in=#tea",
        "SEARCH from=ana",
    ],
)
@pytest.mark.parametrize("who", ["ana", "bob"])
def test_no_question_finds_it(chat, question, who):
    """Neither for others nor for who said it; that there was a message, they may know."""
    heard = chat.say(who, question.format(msgid=chat.msgid))

    assert heard[who]
    assert SECRET not in everything(heard)


@pytest.mark.parametrize("caps", ["", "server-time message-tags batch"])
def test_newcomers_are_not_shown_it(chat, caps):
    """A client that cannot ask for history gets the last lines as it joins; not that one."""
    chat.login("eve", caps=caps)

    shown = everything(chat.say("eve", "JOIN #tea"))

    assert "before" in shown and "after" in shown
    assert SECRET not in shown


def test_sending_it_again_does_not_bring_it_back(chat):
    """The id is known; its echo is what is left of the message, and nobody else hears of it."""
    again = chat.say("ana", f"@{ONCE_TAG}={ID} PRIVMSG #tea :it is {SECRET}")

    assert set(again) == {"ana"}
    assert SECRET not in everything(chat.say("bob", "CHATHISTORY LATEST #tea * 50"))
    assert SECRET not in everything(chat.say("bob", f"SEARCH text={SECRET}"))


def test_taking_back_what_others_said_needs_the_right(chat):
    """REDACT is no way for a member to silence another; and nobody reads by refusing."""
    chat.say("ana", "PRIVMSG #tea :mine")
    mine = said(chat)

    (answer,) = chat.say("bob", f"REDACT #tea {mine}")["bob"]

    assert " FAIL REDACT REDACT_FORBIDDEN " in answer
    assert "mine" in everything(chat.say("bob", "CHATHISTORY LATEST #tea * 1"))
