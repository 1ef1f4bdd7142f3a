"""Messages of several lines, read later: history, replay, search, redaction (IRCv3 multiline)."""

from __future__ import annotations

import re

from tests.support.chat import Chat
from tests.support.several_lines import CAPS, LINES, bodies, of, say


def test_in_a_page_of_history():
    """A batch in the batch for who has multiline; lines for others. One message of the limit."""
    chat = Chat("ana", caps=CAPS)
    chat.login("bob", caps="batch message-tags draft/chathistory")
    chat.say("ana", "PRIVMSG #lobby :before")
    say(chat, "ana", *LINES)
    page = chat.say("ana", "CHATHISTORY LATEST #lobby * 2")["ana"]
    outer = re.search(r"BATCH \+(\S+) chathistory", page[0])[1]
    assert bodies(page)[1] == "PRIVMSG #lobby :before"
    assert page[2].startswith(f"@batch={outer};msgid=") and "draft/multiline #lobby" in page[2]
    assert bodies(page)[3:6] == [
        "PRIVMSG #lobby :hello",
        "PRIVMSG #lobby :",
        "PRIVMSG #lobby :how is everyone?",
    ]
    assert page[6].startswith(f"@batch={outer} ") and " BATCH -m" in page[6]
    page = chat.say("bob", "CHATHISTORY LATEST #lobby * 1")["bob"]
    assert bodies(page)[1:-1] == ["PRIVMSG #lobby :hello", "PRIVMSG #lobby :how is everyone?"]
    assert all("batch=" in line for line in page[1:-1])
    assert "msgid" in page[1] and "msgid" not in page[2]


def test_replay_for_those_who_cannot_ask():
    """Lines, the first with the time where there is no server-time."""
    chat = Chat("ana", caps=CAPS)
    say(chat, "ana", *LINES)
    chat.connect("bob")
    chat.say("bob", "PASS bob:secret", "NICK bob")
    heard = chat.say("bob", "USER bob 0 * :Bob")["bob"]
    assert bodies(heard)[-2:] == [
        "PRIVMSG #lobby :[22:13] hello",
        "PRIVMSG #lobby :how is everyone?",
    ]


def test_search_finds_it_and_redaction_takes_it_all():
    """Words of any line find the message; taken back, nothing of it is left."""
    chat = Chat("ana", "bob", caps=CAPS)
    say(chat, "ana", *LINES)
    msgid = next(fact.msgid for fact in chat.facts if type(fact).__name__ == "Said")
    found = chat.say("bob", "SEARCH text=everyone")["bob"]
    assert "PRIVMSG #lobby :hello" in bodies(found)
    chat.say("ana", f"REDACT #lobby {msgid}")
    assert "hello" not in "".join(chat.say("bob", "CHATHISTORY LATEST #lobby * 9")["bob"])
    assert len(chat.say("bob", "SEARCH text=everyone")["bob"]) == 2


def test_a_page_of_many_lines_is_bounded():
    """Each line costs its sender and tags as well, so fewer messages fill a page."""
    chat = Chat("ana", caps=CAPS, multiline_timeout_s=1000)
    for _ in range(6):
        say(chat, "ana", *of(*(["x"] * 90)))
    page = chat.say("ana", "CHATHISTORY LATEST #lobby * 100")["ana"]
    assert sum("draft/multiline" in line for line in page) == 4
