"""Sending once: `tlschat/once` (docs/once.md). An id of our own ends all doubt about a message."""

from itertools import count

import pytest

from client.core.events import (
    ErrorReply,
    MessageConfirmed,
    MessageFailed,
    MessageReceived,
    MessageUnconfirmed,
)
from client.core.outbox import ItemState
from client.core.session import Identity, Settings
from tests.support.irc_talk import ALL_CAPS, Talk

CAPS = f"{ALL_CAPS} sasl=PLAIN tlschat/once"


def log_in(talk: Talk, caps: str = CAPS) -> Talk:
    """Connect, log in, and be welcomed into #lobby; what was written is thrown away."""
    talk.connect()
    talk.hear(f":srv CAP * LS :{caps}")
    request = talk.said()[0].removeprefix("CAP REQ ").removeprefix(":")
    talk.hear(f":srv CAP * ACK :{request}", "AUTHENTICATE +")
    talk.hear(":srv 900 ana ana!a@host ana :hi", ":srv 903 ana :hi")
    talk.said()
    talk.welcome()
    talk.join()
    return talk


@pytest.fixture
def talk():
    numbers = count(1)
    settings = Settings(new_once=lambda: f"once-id-{next(numbers)}")
    return Talk(Identity("ana", "ana", "secret"), settings)


def of(events, *kinds):
    """The events of these kinds."""
    return [event for event in events if isinstance(event, kinds)]


def echo(number, label, text="oi", msgid="m1"):
    """The server's echo of message `number`."""
    tags = f"label={label};msgid={msgid};tlschat/once=once-id-{number};tlschat/seq=1"
    return f"@{tags} :ana!a@host PRIVMSG #lobby :{text}"


def test_each_message_carries_an_id_of_its_own(talk):
    """One id for each line, made when it is typed; no PING is needed behind it."""
    log_in(talk).said()
    talk.say("#lobby", "one\ntwo")
    assert talk.said() == [
        "@label=t1;tlschat/once=once-id-1 PRIVMSG #lobby one",
        "@label=t2;tlschat/once=once-id-2 PRIVMSG #lobby two",
    ]


def test_unconfirmed_is_sent_again_with_its_id(talk):
    """After a loss the same id goes again, in its place, without a question; the echo confirms."""
    log_in(talk).said()
    talk.say("#lobby", "oi")
    talk.say("#lobby", "again")
    talk.said()
    talk.session.disconnected("gone", talk.now_ms)
    talk.say("#lobby", "typed offline")
    assert not of(talk.take(), MessageUnconfirmed)
    log_in(talk)
    assert [line.partition(" ")[0] for line in talk.said()] == [
        "@label=t1;tlschat/once=once-id-1",
        "@label=t2;tlschat/once=once-id-2",
        "@label=t3;tlschat/once=once-id-3",
    ]
    events = talk.hear(echo(1, "t1"))
    assert len(of(events, MessageReceived)) == len(of(events, MessageConfirmed)) == 1


def test_old_echo_of_what_was_shown_confirms_only(talk):
    """What was shown already (by history, or as an echo) is not shown again."""
    log_in(talk).said()
    talk.say("#lobby", "oi")
    talk.said()
    talk.session.disconnected("gone", talk.now_ms)
    log_in(talk)
    talk.hear("@msgid=m1 :ana!a@host PRIVMSG #lobby :oi")
    events = talk.hear(echo(1, "t1"))
    assert not of(events, MessageReceived)
    assert of(events, MessageConfirmed)[0].msgid == "m1"
    assert len(talk.session.outbox) == 0


def test_id_confirms_without_a_label(talk):
    """The id in an echo is enough: it may come by another way than as the answer."""
    log_in(talk).said()
    talk.say("#lobby", "oi")
    talk.said()
    events = talk.hear("@msgid=m1;tlschat/once=once-id-1 :ana!a@host PRIVMSG #lobby :oi")
    assert of(events, MessageReceived)[0].outbox_id == "t1"
    assert of(events, MessageConfirmed)


def test_server_that_lost_the_capability_leaves_doubt(talk):
    """What went out with its id must not go to a server that does not know it: a person decides."""
    log_in(talk).said()
    talk.say("#lobby", "oi")
    talk.said()
    talk.session.disconnected("gone", talk.now_ms)
    talk.say("#lobby", "never sent")
    log_in(talk, CAPS.replace(" tlschat/once", ""))
    assert [event.text for event in of(talk.events, MessageUnconfirmed)] == ["oi"]
    assert [line.rpartition(":")[2] for line in talk.said()] == ["never sent"]


def test_written_but_not_fetched_was_never_there(talk):
    """Bytes that the transport never took cannot have arrived, id or not."""
    log_in(talk).said()
    talk.say("#lobby", "oi")
    talk.session.disconnected("gone", talk.now_ms)
    log_in(talk, CAPS.replace(" tlschat/once", ""))
    assert not of(talk.events, MessageUnconfirmed)


def test_nobody_without_a_login_has_ids(make_talk):
    """Ids belong to an account: without one a message goes as ever."""
    made = make_talk(settings=Settings(new_once=lambda: "once-id-1"))
    made.go_online(f"{ALL_CAPS} tlschat/once").said()
    made.say("#lobby", "oi")
    assert made.said() == ["@label=t1 PRIVMSG #lobby oi"]


@pytest.mark.parametrize("code", ["ONCE_NOT_KEPT", "ONCE_INVALID"])
def test_refused_id_is_left_out(talk, code):
    """Where a message cannot be kept (to a guest) it goes without an id, or fails."""
    log_in(talk).said()
    talk.say("guest", "oi")
    talk.said()
    events = talk.hear(f"@label=t1 FAIL PRIVMSG {code} guest :no")
    assert talk.said() == ["@label=t1 PRIVMSG guest oi"]
    assert not of(events, MessageFailed, ErrorReply)
    assert of(talk.hear(f"@label=t1 FAIL PRIVMSG {code} guest :no"), MessageFailed)


def test_refused_id_of_what_may_be_there_leaves_doubt(talk):
    """An id that is refused now but went out before: nobody knows."""
    log_in(talk).said()
    talk.say("bob", "oi")
    talk.said()
    talk.session.disconnected("gone", talk.now_ms)
    log_in(talk).said()
    events = talk.hear("@label=t1 FAIL PRIVMSG ONCE_NOT_KEPT bob :no")
    assert of(events, MessageUnconfirmed)
    assert talk.said() == []
    assert [item.state for item in talk.session.outbox] == [ItemState.UNCONFIRMED]


def test_storage_error_gives_the_message_back(talk):
    """FAIL STORAGE_ERROR: nobody saw it; the person gets the text and the reason."""
    log_in(talk).said()
    talk.say("#lobby", "oi")
    talk.said()
    (failed,) = of(
        talk.hear("@label=t1 FAIL PRIVMSG STORAGE_ERROR #lobby :Disk full"), MessageFailed
    )
    assert (failed.text, failed.code) == ("oi", "STORAGE_ERROR")
    assert len(talk.session.outbox) == 0


def test_echo_of_what_was_taken_back(talk):
    """Its text is empty: confirmed, and there is nothing to show."""
    log_in(talk).said()
    talk.say("#lobby", "oops")
    talk.said()
    events = talk.hear(echo(1, "t1", text=""))
    assert of(events, MessageConfirmed) and not of(events, MessageReceived)
