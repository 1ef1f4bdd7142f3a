"""From a command to the wire, in the window where it was typed."""

import pytest

from client.core import input as typed
from client.core.events import MessageReceived
from client.core.execute import execute
from client.core.session import Settings
from tests.support.irc_talk import ALL_CAPS


def run(talk, text, buffer="#lobby"):
    """Type `text` in a window; what comes back, and the lines sent (without labels)."""
    back = execute(talk.session, typed.parse_input(text), buffer, talk.now_ms)
    return back, [line.partition(" ")[2] if line[0] == "@" else line for line in talk.said()]


@pytest.mark.parametrize(
    ("text", "buffer", "line"),
    [
        ("oi", "#lobby", "PRIVMSG #lobby oi"),
        ("oi", "bob", "PRIVMSG bob oi"),
        ("/me waves", "#lobby", "PRIVMSG #lobby :\x01ACTION waves\x01"),
        ("/msg bob oi", "", "PRIVMSG bob oi"),
        ("/notice bob oi", "", "NOTICE bob oi"),
        ("/join #x", "", "JOIN #x"),
        ("/part", "#lobby", "PART #lobby"),
        ("/part #x bye", "", "PART #x bye"),
        ("/topic", "#lobby", "TOPIC #lobby"),
        ("/topic tea", "#lobby", "TOPIC #lobby tea"),
        ("/names", "#lobby", "NAMES #lobby"),
        ("/online", "", "NAMES #lobby"),
        ("/online", "bob", "NAMES #lobby"),
        ("/who", "#lobby", "WHO #lobby"),
        ("/who bob", "", "WHO bob"),
        ("/list", "", "LIST"),
        ("/away tea", "", "AWAY tea"),
        ("/nick bela", "", "NICK bela"),
        ("/whois bob", "", "WHOIS bob"),
        ("/invite bob", "#lobby", "INVITE bob #lobby"),
        ("/kick bob", "#lobby", "KICK #lobby bob"),
        ("/mode +o bob", "#lobby", "MODE #lobby +o bob"),
        ("/mode", "", "MODE ana"),
        ("/raw VERSION", "", "VERSION"),
    ],
)
def test_commands_reach_the_wire(online, text, buffer, line):
    """The window fills in what was left out."""
    assert run(online, text, buffer) == (None, [line])


@pytest.mark.parametrize(
    ("text", "buffer"),
    [
        ("oi", ""),
        ("/me waves", ""),
        ("/part", "bob"),
        ("/topic", ""),
        ("/kick bob", ""),
        ("/who", ""),
        ("/close", ""),
        ("/history", ""),
        ("/delete", ""),
        ("/resend t9", ""),
        ("/discard t9", ""),
    ],
)
def test_errors_are_told_and_send_nothing(online, text, buffer):
    """Where the window does not say enough, the person is asked."""
    back, lines = run(online, text, buffer)
    assert isinstance(back, typed.InputError)
    assert back.text and lines == []


def test_names_without_any_room(talk):
    """In no room at all there is nobody to list."""
    talk.go_online()
    assert isinstance(run(talk, "/online", "")[0], typed.InputError)


def test_face_does_the_rest(online):
    """Help and quit are the face's; an empty line is nothing."""
    assert run(online, "/help msg") == (typed.Help("msg"), [])
    assert run(online, "/quit so long") == (typed.Leave("so long"), [])
    assert run(online, "") == (None, [])


def test_query_says_and_goes(online):
    """/query opens the window, and says the text if there is one."""
    assert run(online, "/query bob") == (typed.Query("bob"), [])
    assert run(online, "/query bob oi") == (typed.Query("bob", "oi"), ["PRIVMSG bob oi"])


def test_close(online):
    """Closing a room leaves it; closing a conversation only forgets it."""
    assert run(online, "/close") == (typed.Close(), ["PART #lobby"])
    online.hear(":ana!a@host PART #lobby", ":bob!b@h PRIVMSG ana :psst")
    assert online.session.model.get("#lobby") is None
    assert run(online, "/close", "bob") == (typed.Close(), [])
    assert online.session.model.get("bob") is None
    assert run(online, "/close", "gone") == (typed.Close(), [])


def test_resend_and_discard(online):
    """Unconfirmed messages go again, or are forgotten: one, or all."""
    for text in "abc":
        online.say("bob", text)
    online.said()
    online.session.disconnected("cut", online.now_ms)
    assert run(online, "/discard t2") == (None, [])
    assert run(online, "/resend t1") == (None, [])
    assert [item.text for item in online.session.outbox] == ["c", "a"]
    assert run(online, "/resend") == (None, [])
    online.say("bob", "d")
    assert run(online, "/discard") == (None, [])
    assert len(online.session.outbox) == 0


def test_resend_answers_the_question(make_talk):
    """After the question about many messages, /resend lets them go."""
    talk = make_talk()
    for number in range(21):
        talk.say("bob", str(number))
    talk.go_online()
    _back, lines = run(talk, "/resend")
    assert len(lines) == 10


def test_discard_answers_the_question(make_talk):
    """After the question, /discard forgets what waits and what is in doubt."""
    talk = make_talk()
    for number in range(21):
        talk.say("bob", str(number))
    talk.go_online()
    run(talk, "/discard")
    assert len(talk.session.outbox) == 0
    assert not [event for event in talk.events if isinstance(event, MessageReceived)]


@pytest.mark.parametrize(
    ("text", "buffer", "line"),
    [
        ("/history 5", "#lobby", "CHATHISTORY LATEST #lobby * 5"),
        ("/search tea", "#lobby", "SEARCH in=#lobby;limit=50;text=tea"),
        ("/search -all tea", "#lobby", "SEARCH limit=50;text=tea"),
        ("/search tea", "", "SEARCH limit=50;text=tea"),
        ("/delete", "#lobby", "REDACT #lobby m1"),
    ],
)
def test_looking_back(make_talk, text, buffer, line):
    """The past of the window where it is asked for."""
    settings = Settings(history_count=0)
    caps = f"{ALL_CAPS} draft/chathistory soju.im/search draft/message-redaction"
    talk = make_talk(settings=settings).go_online(caps).join()
    if text == "/delete":
        talk.hear("@msgid=m1 :ana!a@host PRIVMSG #lobby oops")
    assert run(talk, text, buffer) == (None, [line])
