"""CHATHISTORY, as lines in and lines out (IRCv3 draft/chathistory)."""

import pytest

from irc.message import parse_line
from tests.support.chat import Chat

CAPS = "draft/chathistory batch message-tags server-time"
T0 = "timestamp=2023-11-14T22:13:20.000Z"
LATER = "timestamp=2033-11-14T22:13:20.000Z"


@pytest.fixture
def chat():
    """Ana, who can ask, and bob have said 0 to 4 in the lobby, and something to each other."""
    chat = Chat("ana", caps=CAPS)
    chat.login("bob")
    chat.ids = []
    for number in range(5):
        chat.say("ana" if number % 2 else "bob", f"PRIVMSG #lobby :{number}")
        chat.ids.append(chat.last.facts[-1].msgid)
    chat.say("bob", "PRIVMSG ana :psst")
    chat.say("ana", "PRIVMSG bob :what")
    return chat


def ask(chat, line, name="ana"):
    """What is answered, parsed."""
    return [parse_line(each.encode()) for each in chat.say(name, line)[name]]


def texts(lines):
    """The texts inside a batch."""
    assert lines[0].command == lines[-1].command == "BATCH"
    return [line.params[-1] for line in lines[1:-1]]


def test_a_page_is_a_batch(chat):
    """With the target's name, and each message with its batch, time and msgid."""
    start, message, end = ask(chat, "CHATHISTORY LATEST #LOBBY * 1")
    reference = end.params[0].removeprefix("-")
    assert start.params == (f"+{reference}", "chathistory", "#lobby")
    assert reference.isalnum()
    assert message.params == ("#lobby", "4")
    assert message.source == "bob!bob@user/bob"
    assert message.tags["batch"] == reference
    assert message.tags["msgid"] == chat.ids[4]
    assert message.tags["time"] == "2023-11-14T22:13:" + message.tags["time"][17:]
    assert end.params == (f"-{reference}",)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("LATEST #lobby * 2", "34"),
        ("LATEST #lobby {1} 9", "234"),
        ("LATEST #lobby {1} 2", "34"),
        ("BEFORE #lobby {3} 2", "12"),
        ("BEFORE #lobby " + LATER + " 2", "34"),
        ("AFTER #lobby {1} 2", "23"),
        ("AFTER #lobby " + T0 + " 2", "01"),
        ("AROUND #lobby {2} 3", "123"),
        ("BETWEEN #lobby {0} {4} 2", "12"),
        ("BETWEEN #lobby {4} {0} 2", "23"),
        ("BETWEEN #lobby " + T0 + " " + LATER + " 2", "01"),
        ("between #lobby {4} " + T0 + " 2", "23"),
        ("BEFORE #lobby {0} 9", ""),
    ],
)
def test_each_subcommand(chat, question, found):
    """What each gives, without the bounds, in order of time."""
    references = [f"msgid={msgid}" for msgid in chat.ids]
    lines = ask(chat, "CHATHISTORY " + question.format(*references))
    assert "".join(texts(lines)) == found


def test_the_limit_is_the_servers(chat):
    """Who asks for more gets `history_page_max` (ISUPPORT's CHATHISTORY)."""
    chat.change_settings(history_page_max=2)
    assert texts(ask(chat, "CHATHISTORY LATEST #lobby * 999999999")) == ["3", "4"]


def test_a_private_conversation(chat):
    """Both sides, each with the nick of the other as target; by nick or account."""
    lines = ask(chat, "CHATHISTORY LATEST BOB * 9")
    assert lines[0].params[2] == "bob"
    assert [(line.source.partition("!")[0], *line.params) for line in lines[1:-1]] == [
        ("bob", "ana", "psst"),
        ("ana", "bob", "what"),
    ]
    chat.login("eve", caps=CAPS)
    assert texts(ask(chat, "CHATHISTORY LATEST bob * 9", "eve")) == []


def test_somebody_who_is_gone(chat):
    """What was said with them can be read; with a guest nothing is kept."""
    chat.lose("bob")
    assert texts(ask(chat, "CHATHISTORY LATEST bob * 9")) == ["psst", "what"]
    chat.change_settings(accounts_required=False)
    chat.login("gast")
    assert texts(ask(chat, "CHATHISTORY LATEST gast * 9")) == []


def test_targets(chat):
    """Rooms and people, by the time of the last message; a label is on the batch."""
    chat.login("ana2", "ana", caps=CAPS + " labeled-response")
    lines = ask(chat, f"@label=7 CHATHISTORY TARGETS {T0} {LATER} 9", "ana2")
    assert lines[0].tags["label"] == "7"
    assert lines[0].params[1:] == ("draft/chathistory-targets",)
    found = [line.params for line in lines[1:-1]]
    assert [(kind, name) for kind, name, _ in found] == [("TARGETS", "#lobby"), ("TARGETS", "bob")]
    assert all(time.startswith("2023-11-14T22:1") for _, _, time in found)
    assert len(ask(chat, f"CHATHISTORY TARGETS {LATER} {T0} 1")) == 3


def test_without_batches_there_are_only_lines():
    """The server SHOULD NOT enforce batch."""
    chat = Chat("ana", caps="draft/chathistory")
    chat.say("ana", "PRIVMSG #lobby :1")
    assert chat.say("ana", "CHATHISTORY LATEST #lobby * 9")["ana"] == [
        ":ana!ana@user/ana PRIVMSG #lobby :1"
    ]


@pytest.mark.parametrize(
    ("line", "params"),
    [
        ("NONE #lobby * 1", "INVALID_PARAMS NONE :Unknown command"),
        ("LATEST #lobby *", "INVALID_PARAMS LATEST :Insufficient parameters"),
        ("LATEST #lobby * 1 1", "INVALID_PARAMS LATEST :Too many parameters"),
        ("BETWEEN #lobby * 1", "INVALID_PARAMS BETWEEN :Insufficient parameters"),
        ("LATEST #lobby * 0", "INVALID_PARAMS LATEST 0 :Invalid limit"),
        ("LATEST #lobby * x", "INVALID_PARAMS LATEST x :Invalid limit"),
        ("LATEST #lobby * -1", "INVALID_PARAMS LATEST -1 :Invalid limit"),
        ("BEFORE #lobby * 1", "INVALID_PARAMS BEFORE * :Invalid message reference"),
        ("BEFORE #lobby msgid= 1", "INVALID_PARAMS BEFORE msgid= :Invalid message reference"),
        (
            "BEFORE #lobby timestamp=2023 1",
            "INVALID_PARAMS BEFORE timestamp=2023 :Invalid timestamp",
        ),
        (
            "BEFORE #lobby timestamp=2023-13-14T22:13:20.000Z 1",
            "INVALID_PARAMS BEFORE timestamp=2023-13-14T22:13:20.000Z :Invalid timestamp",
        ),
        (
            "BEFORE #lobby seq=1 1",
            "INVALID_MSGREFTYPE BEFORE #lobby :There are references by msgid and by timestamp",
        ),
        ("TARGETS msgid=1 * 1", "INVALID_PARAMS TARGETS msgid=1 :Invalid timestamp"),
        (
            "TARGETS 2023-11-14T22:13:20.000Z * 1",
            "INVALID_PARAMS TARGETS 2023-11-14T22:13:20.000Z :Invalid timestamp",
        ),
        ("LATEST #none * 1", "INVALID_TARGET LATEST #none :Messages could not be retrieved"),
        ("LATEST nobody * 1", "INVALID_TARGET LATEST nobody :Messages could not be retrieved"),
        (
            "BEFORE #lobby msgid=none 1",
            "MESSAGE_ERROR BEFORE #lobby :Messages could not be retrieved",
        ),
    ],
)
def test_every_error(chat, line, params):
    """FAIL with the codes of the specification."""
    (answer,) = chat.say("ana", f"CHATHISTORY {line}")["ana"]
    assert answer.partition(" :")[2] == f"chat.local FAIL CHATHISTORY {params}"


def test_only_members_may_read(chat):
    """Not who left, not an operator of the server who is no member."""
    chat.say("ana", "PART #lobby")
    assert ask(chat, "CHATHISTORY LATEST #lobby * 1")[0].params[1] == "INVALID_TARGET"


def test_guests_have_no_private_conversations():
    """They may read the rooms they are in."""
    chat = Chat("gast", caps=CAPS, accounts_required=False)
    chat.login("hans")
    chat.say("gast", "PRIVMSG #lobby :1")
    assert ask(chat, "CHATHISTORY LATEST hans * 1", "gast")[0].params[1] == "INVALID_TARGET"
    assert texts(ask(chat, "CHATHISTORY LATEST #lobby * 1", "gast")) == ["1"]
    assert len(ask(chat, f"CHATHISTORY TARGETS {T0} {LATER} 9", "gast")) == 3


def test_whoever_has_not_asked_for_it_does_not_know_it(chat):
    """The capability MUST be negotiated; without a log it is not offered."""
    assert ask(chat, "CHATHISTORY LATEST #lobby * 1", "bob")[0].command == "421"
    assert ask(chat, "CHATHISTORY")[0].command == "461"
    chat.change_settings(history_keep=False)
    offered = chat.say("bob", "CAP LS")["bob"][0]
    assert not any(name in offered for name in ("history", "tlschat/once", "soju.im/search"))
    assert " NAK " in chat.say("bob", "CAP REQ draft/chathistory")["bob"][0]
    assert not any("CHATHISTORY" in line for line in chat.say("bob", "VERSION")["bob"])


def test_it_is_labelled(chat):
    """The batch has the label, or the FAIL; never an ACK as well (IRCv3 labeled-response)."""
    chat.login("ana2", "ana", caps=CAPS + " labeled-response")
    for target in ("#lobby", "#none"):
        lines = ask(chat, f"@label=7 CHATHISTORY LATEST {target} * 1", "ana2")
        assert [line.tags.get("label") for line in lines] == ["7"] + [None] * (len(lines) - 1)


def test_other_events_are_for_event_playback():
    """Reactions come with event-playback only."""
    chat = Chat("ana", caps=CAPS)
    chat.login("ana2", "ana", caps=CAPS + " draft/event-playback")
    chat.say("ana", "PRIVMSG #lobby :1", "@+draft/react=x;+reply=m1 TAGMSG #lobby")
    assert len(ask(chat, "CHATHISTORY LATEST #lobby * 9")) == 3
    lines = ask(chat, "CHATHISTORY LATEST #lobby * 9", "ana2")
    assert lines[2].command == "TAGMSG"
    assert lines[2].tags["+draft/react"] == "x"
