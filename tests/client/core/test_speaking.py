"""What we say: IRCv3 echo-message and labeled-response; Modern IRC, "PRIVMSG message"."""

import pytest

from client.core.events import (
    ErrorReply,
    MessageConfirmed,
    MessageFailed,
    MessageKind,
    MessageQueued,
    MessageReceived,
)
from client.core.session import Settings

ECHO_ONLY = "echo-message"
LABELS_ONLY = "labeled-response batch"
MESSAGES = (MessageReceived, MessageConfirmed, MessageFailed)


def kinds(events):
    """The events about messages, by class and id."""
    return [(type(event), event.outbox_id) for event in events if isinstance(event, MESSAGES)]


@pytest.fixture
def talk_with(make_talk):
    """A session in #lobby on a server with these capabilities."""

    def make(caps, settings=None):
        made = make_talk(settings=settings).go_online(caps).join("#lobby", "bob")
        made.said()
        made.events.clear()
        return made

    return make


def test_labeled_echo_confirms(online):
    """Our message comes back with its label: shown once, then confirmed with id and time."""
    ids = online.say("#lobby", "oi")
    assert online.said() == ["@label=t1 PRIVMSG #lobby oi"]
    queued, received, confirmed = online.hear(
        "@label=t1;msgid=m1;time=1970-01-01T00:00:02.500Z;account=ana :ana!a@host PRIVMSG #lobby oi"
    )
    assert queued == MessageQueued(
        outbox_id="t1", target="#lobby", text="oi", time_ms=online.now_ms
    )
    assert received == MessageReceived(
        buffer="#lobby",
        target="#lobby",
        nick="ana",
        text="oi",
        account="ana",
        msgid="m1",
        own=True,
        outbox_id="t1",
        time_ms=2500,
    )
    assert confirmed == MessageConfirmed(outbox_id="t1", target="#lobby", msgid="m1", time_ms=2500)
    assert ids == ("t1",)
    assert len(online.session.outbox) == 0


def test_echo_within_a_labeled_batch_confirms_once(online):
    """An echo beside other answers comes in a batch that has the label (labeled-response)."""
    online.say("bob", "oi")
    events = online.hear(
        "@label=t1 :srv BATCH +b labeled-response",
        "@batch=b :ana!a@host PRIVMSG bob oi",
        "@batch=b :srv 301 ana bob :lunch",
        ":srv BATCH -b",
    )
    assert kinds(events) == [(MessageReceived, "t1"), (MessageConfirmed, "t1")]


def test_labeled_batch_without_echo_confirms_at_its_end(talk_with):
    """Without echo-message the end of the labeled answer is the confirmation."""
    talk = talk_with(LABELS_ONLY)
    talk.say("bob", "oi")
    events = talk.hear(
        "@label=t1 :srv BATCH +b labeled-response",
        "@batch=b :srv BATCH +c other",
        ":srv BATCH -c",
        "@batch=b :srv 301 ana bob :lunch",
    )
    assert kinds(events) == []
    assert kinds(talk.hear(":srv BATCH -b", ":srv BATCH -b")) == [
        (MessageReceived, "t1"),
        (MessageConfirmed, "t1"),
    ]


def test_ack_confirms(talk_with):
    """ACK is the labeled answer to what has no other; the echo is then ours."""
    talk = talk_with(LABELS_ONLY)
    talk.say("#lobby", "oi")
    assert talk.said() == ["@label=t1 PRIVMSG #lobby oi", "PING t-2"]
    received, confirmed = talk.hear("@label=t1 :srv ACK")[1:]
    assert (received.text, received.nick, received.own) == ("oi", "ana", True)
    assert confirmed.outbox_id == "t1"
    assert kinds(talk.hear("@label=t1 :srv ACK", ":srv ACK")) == []


def test_echo_without_labels_is_matched_by_target_and_text(talk_with):
    """Echoes without labels are matched to the oldest message with that target, kind and text."""
    talk = talk_with(ECHO_ONLY)
    talk.say("#lobby", "a")
    talk.say("#LOBBY", "b")
    assert talk.said()[0] == "PRIVMSG #lobby a"
    events = talk.hear(":ana!a@host PRIVMSG #lobby b", ":ana!a@host PRIVMSG #lobby a")
    assert kinds(events) == [
        (MessageReceived, "t2"),
        (MessageConfirmed, "t2"),
        (MessageReceived, "t1"),
        (MessageConfirmed, "t1"),
    ]


def test_changed_echo_is_confirmed_by_the_ping(talk_with):
    """A server may change what it echoes; the PING behind the message confirms it all the same."""
    talk = talk_with(ECHO_ONLY)
    talk.say("#lobby", "\x02loud")
    ping = talk.said()[1]
    assert kinds(talk.hear(":ana!a@host PRIVMSG #lobby loud")) == [(MessageReceived, "")]
    assert kinds(talk.hear(f":srv PONG srv {ping[5:]}")) == [(MessageConfirmed, "t1")]


@pytest.mark.parametrize("target", ["#lobby", "bob"])
def test_server_with_nothing_confirms_by_ping(talk_with, target):
    """Without echo the PONG behind a message means it was taken, and we show it ourselves."""
    talk = talk_with("")
    talk.say(target, "oi")
    assert talk.said() == [f"PRIVMSG {target} oi", "PING t-2"]
    received, confirmed = talk.hear(":srv PONG srv t-2")[1:]
    assert (received.buffer, received.is_private) == (target, target == "bob")
    assert (received.own, received.outbox_id, confirmed.outbox_id) == (True, "t1", "t1")
    assert talk.session.model.get(target).messages[-1] == received
    assert kinds(talk.hear(":srv PONG srv t-2", ":srv PONG srv other")) == []


def test_message_to_ourselves_without_echo_shows_once(talk_with):
    """What we say to ourselves is delivered to us, so we do not make an echo as well."""
    talk = talk_with("")
    talk.say("ana", "note")
    events = talk.hear(":ana!a@host PRIVMSG ana note", ":srv PONG srv t-2")
    assert kinds(events) == [(MessageReceived, ""), (MessageConfirmed, "t1")]


@pytest.mark.parametrize("msgid", ["", ";msgid=m"])
def test_message_to_ourselves_shows_once(online, msgid):
    """Echo and delivery of the same message: only one is shown (labeled-response)."""
    online.say("ana", "note")
    tag = f"@x{msgid}"
    events = online.hear(
        f"{tag};label=t1 :ana!a@host PRIVMSG ana note", f"{tag} :ana!a@host PRIVMSG ana note"
    )
    assert kinds(events) == [(MessageReceived, "t1"), (MessageConfirmed, "t1")]


def test_other_session_of_ours_shows_as_ours(online):
    """What we say elsewhere comes without a label: ours, in the window of whom we said it to."""
    event = online.one("@msgid=m :ana!a@elsewhere PRIVMSG bob :from my phone")
    assert (event.buffer, event.own, event.outbox_id) == ("bob", True, "")


@pytest.mark.parametrize(
    "line", [":srv 401 ana nobody :No such nick", "FAIL PRIVMSG NO_SUCH nobody :No such nick"]
)
def test_labeled_refusal_fails_the_message(online, line):
    """An error with the label of a message is about it; its text comes back to the person."""
    online.say("nobody", "oi")
    events = online.hear(f"@label=t1 {line}")
    failed = events[-1]
    assert isinstance(failed, MessageFailed)
    assert (failed.outbox_id, failed.target, failed.text) == ("t1", "nobody", "oi")
    assert failed.reason == "No such nick"
    assert len(online.session.outbox) == 0


def test_error_without_label_is_not_about_messages_where_labels_are(online):
    """With labels, an error without one answers something else."""
    online.say("nobody", "oi")
    assert isinstance(online.hear(":srv 401 ana nobody :No such nick")[-1], ErrorReply)


@pytest.mark.parametrize(
    ("line", "failed"),
    [
        (":srv 401 ana NOBODY :No such nick", "t2"),
        (":srv 404 ana #lobby :no", "t1"),
        (":srv 417 ana :too long", "t1"),
        ("FAIL PRIVMSG X nobody :no", "t2"),
        ("FAIL PRIVMSG X :no", "t1"),
        (":srv 401 ana carol :No such nick", None),
        (":srv 482 ana #lobby :no", None),
        ("FAIL JOIN X #lobby :no", None),
    ],
)
def test_refusal_without_labels_is_matched_by_target(talk_with, line, failed):
    """Before the PONG, an error that names the target of a message is about the oldest such one."""
    talk = talk_with("")
    talk.say("#lobby", "a")
    talk.say("nobody", "b")
    talk.take()
    (event,) = talk.hear(line)
    assert (event.outbox_id if isinstance(event, MessageFailed) else None) == failed


def test_too_long_with_nothing_out_is_an_error(talk_with):
    """417 with no message on its way is about something else."""
    talk = talk_with("")
    assert isinstance(talk.one(":srv 417 ana :too long"), ErrorReply)
    assert isinstance(talk.one("FAIL PRIVMSG X :no"), ErrorReply)


def test_action_and_notice(online):
    """/me is CTCP ACTION in a PRIVMSG; a notice is a NOTICE; both come back as what they are."""
    online.say("#lobby", "waves", kind=MessageKind.ACTION)
    online.say("#lobby", "hm", kind=MessageKind.NOTICE)
    assert online.said() == [
        "@label=t1 PRIVMSG #lobby :\x01ACTION waves\x01",
        "@label=t2 NOTICE #lobby hm",
    ]
    events = online.hear(
        "@label=t1 :ana!a@host PRIVMSG #lobby :\x01ACTION waves\x01",
        "@label=t2 :ana!a@host NOTICE #lobby hm",
    )
    received = [event for event in events if isinstance(event, MessageReceived)]
    assert [(event.kind, event.text) for event in received] == [
        (MessageKind.ACTION, "waves"),
        (MessageKind.NOTICE, "hm"),
    ]


def test_long_text_fills_the_lines_exactly(online):
    """A line as others get it, with our prefix, has at most 512 bytes, and as many if it can."""
    online.say("#lobby", "x" * 1000)
    pieces = [item.text for item in online.session.outbox]
    relayed = [f":ana!a@host PRIVMSG #lobby :{piece}\r\n" for piece in pieces]
    assert [len(line) for line in relayed[:2]] == [512, 512]
    assert "".join(pieces) == "x" * 1000


def test_action_leaves_room_for_its_frame(online):
    """The bytes around an action count too."""
    online.say("#lobby", "y" * 600, kind=MessageKind.ACTION)
    first = online.said()[0].partition(" ")[2]
    assert len(f":ana!a@host {first}\r\n") == 512


def test_split_keeps_room_for_an_unknown_prefix(make_talk):
    """Before we have seen how others see us, the longest usual user and host are left room for."""
    made = make_talk().go_online()
    made.say("bob", "x" * 600)
    first = next(iter(made.session.outbox)).text
    made.said()
    assert len(f":ana!{'u' * 20}@{'h' * 64} PRIVMSG bob :{first}\r\n") == 512
    made.session.disconnected("", made.now_ms)
    made.session.discard_outbox()
    offline = made.say("bob", "x" * 1000)
    assert len(made.session.outbox.get(offline[0]).text) < len(first)


def test_emoji_arrive_whole(online):
    """A text of 1,024 bytes with emoji is split between characters, nothing lost."""
    text = "👨‍👩‍👧 olá " * 64
    online.say("#lobby", text)
    pieces = [item.text for item in online.session.outbox]
    assert "".join(pieces) == text
    assert len(pieces) > 1


def test_each_line_is_a_message(online):
    """Line breaks end a message, empty lines are nothing, and controls that no line holds go."""
    ids = online.say("#lobby", "one\r\n\n  \ntwo\rth\0re\x01e\ud800 e\u0301")
    assert [online.session.outbox.get(id_).text for id_ in ids] == ["one", "two", "three\ufffd é"]


def test_several_targets_are_several_messages(online):
    """/msg bob,carol: each has its own message, so each has its own answer."""
    ids = online.say("bob,,carol", "oi")
    assert [online.session.outbox.get(id_).target for id_ in ids] == ["bob", "carol"]


@pytest.mark.parametrize(
    ("target", "text", "code"),
    [
        ("#lobby", "x" * 16_385, "too_long"),
        ("#lobby", " \n ", "empty"),
        ("", "oi", "bad_target"),
        (",", "oi", "bad_target"),
        ("a b", "oi", "bad_target"),
        (":a", "oi", "bad_target"),
        ("x" * 440, "oi", "bad_target"),
        ("bob,a b", "oi", "bad_target"),
        ("bob\nQUIT", "oi", "bad_target"),
        ("bob\ud800", "oi", "bad_target"),
    ],
)
def test_what_cannot_be_sent_comes_back_whole(online, target, text, code):
    """Over the limit, or to nobody: one event with the whole text, and nothing of it is sent."""
    assert online.say(target, text) == ()
    (failed,) = online.take()
    assert (failed.outbox_id, failed.target, failed.text, failed.code) == ("", target, text, code)
    assert online.said() == []


def test_text_of_the_greatest_size_is_sent(online):
    """16,384 bytes are not too many."""
    assert online.say("#lobby", "x" * 16_384)


def test_full_outbox_refuses(make_talk):
    """At `outbox_max` messages nothing more is taken, and what was typed comes back."""
    made = make_talk(settings=Settings(outbox_max=2))
    assert made.say("bob", "1") and made.say("bob", "2")
    made.take()
    assert made.say("bob", "3") == ()
    assert made.take()[0].code == "outbox_full"


def test_batches_are_bounded(online):
    """A server that only opens batches does not fill our memory."""
    online.hear(*(f":srv BATCH +b{number} x" for number in range(100)), ":srv BATCH")
    assert len(online.session._state.connection.batches) <= 64
