"""The states of a message of ours; the drawing is in client/core/outbox.py."""

import pytest

from client.core.events import MessageKind
from client.core.outbox import ItemState, Outbox


@pytest.fixture
def outbox():
    """Room for 5, 2 in flight, asks over 3 items or 1,000 ms."""
    return Outbox("q", 5, 2, 3, 1000)


def add(outbox, *texts, now_ms=0):
    """Add messages; their ids."""
    return [outbox.add("#a", text, MessageKind.MESSAGE, now_ms).id for text in texts]


def states(outbox):
    """Ids with states, in order."""
    return [(item.id, item.state.value) for item in outbox]


def test_items_keep_order_and_have_ids(outbox):
    """Ids are the prefix and a number that never comes back."""
    assert add(outbox, "a", "b") == ["q1", "q2"]
    outbox.remove("q2")
    assert add(outbox, "c") == ["q3"]
    assert outbox.get("q1").text == "a"
    assert outbox.get("q2") is None and outbox.remove("q2") is None


def test_room(outbox):
    """At `items_max` there is no more room."""
    add(outbox, *"abc")
    assert outbox.has_room(2) and not outbox.has_room(3)


def test_at_most_in_flight_max_go(outbox):
    """The third waits until one of two is answered."""
    add(outbox, *"abc")
    assert [item.id for item in (outbox.take_next(), outbox.take_next())] == ["q1", "q2"]
    assert outbox.take_next() is None
    outbox.remove("q1")
    assert outbox.take_next().id == "q3"
    assert outbox.take_next() is None


def test_break_before_and_after_the_bytes_are_handed_over(outbox):
    """Not handed over: waits again. Handed over: in doubt."""
    add(outbox, *"abc")
    outbox.take_next()
    outbox.handed_over()
    outbox.take_next()
    assert states(outbox) == [("q1", "sent"), ("q2", "written"), ("q3", "waiting")]
    assert [item.id for item in outbox.line_broke()] == ["q1"]
    assert states(outbox) == [("q1", "unconfirmed"), ("q2", "waiting"), ("q3", "waiting")]
    assert outbox.take_next().id == "q2"
    assert outbox.line_broke() == []


def test_resend_goes_behind(outbox):
    """What a person sends again is said now, after what waits."""
    add(outbox, "a", "b")
    outbox.take_next()
    outbox.handed_over()
    outbox.line_broke()
    assert outbox.resend("q1", 77)
    assert states(outbox) == [("q2", "waiting"), ("q1", "waiting")]
    assert outbox.get("q1").typed_at_ms == 77
    assert not outbox.resend("q1", 78) and not outbox.resend("q9", 78)


@pytest.mark.parametrize(
    ("count", "now_ms", "question"),
    [(0, 9999, None), (3, 1000, None), (4, 0, (4, 0)), (1, 1001, (1, 0))],
)
def test_hold(outbox, count, now_ms, question):
    """Held when more than 3 or older than 1,000 ms; then nothing goes."""
    add(outbox, *"abcd"[:count])
    assert outbox.hold_if_doubtful(now_ms) == question
    assert outbox.is_held is (question is not None)
    assert (outbox.take_next() is None) is (question is not None or count == 0)


def test_hold_ends_when_there_is_no_reason(outbox):
    """The question is asked anew on each connection."""
    outbox.is_held = True
    assert outbox.hold_if_doubtful(0) is None
    assert not outbox.is_held


def test_in_state_and_length(outbox):
    """Items by state, in order."""
    add(outbox, "a", "b")
    outbox.take_next()
    assert [item.id for item in outbox.in_state(ItemState.WAITING, ItemState.WRITTEN)] == [
        "q1",
        "q2",
    ]
    assert len(outbox) == 2
