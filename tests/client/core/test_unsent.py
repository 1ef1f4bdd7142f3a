"""Messages of an earlier run: kept as text, taken back, believed in nothing (UX 4.8, 36)."""

import contextlib
import json

import pytest
from hypothesis import given, strategies as st

from client.core.events import (
    MessageConfirmed,
    MessageKind,
    MessageQueued,
    MessageUnconfirmed,
    OutboxQuestion,
)
from client.core.outbox import ItemState
from client.core.session import Settings
from client.core.unsent import Unsent, UnsentError, dump, load
from tests.support.irc_keeper import KeepingServer
from tests.support.irc_talk import ALL_CAPS
from tests.support.irc_wire import ROOM, Client, come, kinds, run

GOOD = {
    "target": "#lobby",
    "text": "oi",
    "kind": "message",
    "typed_at_ms": 5,
    "once": "once-id-1",
    "may_be_there": True,
}


def text_of(**changes):
    """A file with one message, changed."""
    return json.dumps({"version": 1, "messages": [GOOD | changes]})


def test_what_is_dumped_comes_back(make_talk):
    """Waiting, on its way and in doubt: each comes back as what it was."""
    talk = make_talk(settings=Settings(new_once=lambda: "once-id-1", in_flight_max=1))
    talk.go_online().join()
    talk.say("#lobby", "sent without an id")
    talk.said()
    talk.say("bob", "olá 👋", kind=MessageKind.ACTION)
    talk.say("NickServ@services", "identify hunter2")
    assert load(dump(talk.session.outbox)) == (
        Unsent("#lobby", "sent without an id", MessageKind.MESSAGE, 1_000_000, "", True),
        Unsent("bob", "olá 👋", MessageKind.ACTION, 1_000_000, "once-id-1", False),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "[]",
        "null",
        '{"version": 2, "messages": []}',
        '{"version": 1}',
        '{"version": 1, "messages": {}}',
        '{"version": 1, "messages": [1]}',
        '{"version": 1, "messages": [{}]}',
        json.dumps({"version": 1, "messages": [GOOD] * 1_001}),
        text_of(extra=1),
        text_of(target=5),
        text_of(text="x" * 1_001),
        text_of(kind="shout"),
        text_of(typed_at_ms=1.5),
        text_of(typed_at_ms=True),
        text_of(typed_at_ms=-1),
        text_of(typed_at_ms=10**20),
        text_of(once="short"),
        text_of(once="x" * 65),
        text_of(once="once id 1"),
        text_of(may_be_there=1),
    ],
)
def test_anything_else_is_refused(text):
    """A torn or hostile file is refused as a whole."""
    with pytest.raises(UnsentError):
        load(text)


@given(st.text())
def test_no_text_breaks_it(text):
    """Whatever a file holds, the answer is messages or a refusal."""
    with contextlib.suppress(UnsentError):
        load(text)


def old(text="oi", once="once-ana-9", may_be_there=True, target=ROOM, typed_at_ms=1_000_000):
    return Unsent(target, text, MessageKind.MESSAGE, typed_at_ms, once, may_be_there)


def test_sent_again_after_a_crash():
    """The client died before the echo: the next run sends the same id, and all show it once."""
    server = KeepingServer()
    first = come(server)
    first.say(ROOM, "oi")
    first.move(1 << 20, 0)
    kept = load(dump(first.session.outbox))
    server.hang_up(first.peer)
    second = Client(server, "ana", (ROOM,))
    second.session.restore(kept)
    second.session.restore([old("never arrived", "once-ana-2", False)])
    run(second)
    assert [message.text for message in server.log] == ["oi", "never arrived"]
    assert second.screen(ROOM) == ["oi", "never arrived"]
    assert [event.text for event in kinds(second, MessageQueued)] == ["oi", "never arrived"]
    assert len(kinds(second, MessageConfirmed)) == 2


def test_without_ids_a_person_decides(talk):
    """What went out without an id, or to a server that knows no ids now, is a question."""
    talk.session.restore([old("no id", once=""), old("id"), old("waits", "", False)])
    assert [type(event) for event in talk.take()] == [
        MessageUnconfirmed,
        MessageQueued,
        MessageQueued,
    ]
    talk.go_online(ALL_CAPS)
    assert [(item.text, item.state) for item in talk.session.outbox] == [
        ("no id", ItemState.UNCONFIRMED),
        ("id", ItemState.UNCONFIRMED),
        ("waits", ItemState.SENT),
    ]


def test_old_ones_are_asked_about():
    """Messages of yesterday do not go without a word (UX 4.8: older than 5 minutes)."""
    server = KeepingServer()
    ana = Client(server, "ana", (ROOM,))
    ana.session.restore([old(typed_at_ms=1_000_000 - 300_001, may_be_there=False)])
    run(ana)
    (question,) = kinds(ana, OutboxQuestion)
    assert question.count == 1 and server.log == []
    assert not ana.session.outbox.is_moving()


@pytest.mark.parametrize(
    "bad",
    [
        old("two\nlines"),
        old("nul\0"),
        old("  "),
        old("x" * 510),
        old(target="a b"),
        old(target=""),
        old("e\u0301"),
    ],
)
def test_what_could_not_be_sent_is_left_out(talk, bad):
    """Only what we could have typed ourselves is taken back."""
    talk.session.restore([bad])
    assert len(talk.session.outbox) == 0


def test_no_more_than_the_outbox_holds(make_talk):
    """The limit of the outbox holds for old ones as well."""
    made = make_talk(settings=Settings(outbox_max=2))
    made.session.restore([old(once="")] * 5)
    assert len(made.session.outbox) == 2
