"""What ends by itself: server/core/commands/clock.py."""

from __future__ import annotations

from server.core.commands import clock
from server.core.events import ClockTicked
from tests.support.chat import STARTED_AT_MS, Chat


def test_what_is_due_ends_in_order(monkeypatch):
    """The earliest first; what is not due yet stays."""
    ended = []
    monkeypatch.setitem(
        clock.ENDINGS, "thing", lambda turn, at_ms, name: ended.append((at_ms, *name))
    )
    chat = Chat()
    later = STARTED_AT_MS + 1_000_000
    chat.world.deadlines[:] = [(1, "thing", ("b",)), (2, "thing", ("a",)), (later, "thing", ())]

    chat.event(ClockTicked())

    assert ended == [(1, "b"), (2, "a")]
    assert chat.world.deadlines == [(later, "thing", ())]


def test_one_step_ends_no_more_than_it_can(monkeypatch):
    """Many endings at one time do not hold the hub: the rest comes with the next step."""
    ended = []
    monkeypatch.setitem(clock.ENDINGS, "thing", lambda turn, at_ms, name: ended.append(name))
    chat = Chat()
    chat.world.deadlines[:] = [(1, "thing", (str(i),)) for i in range(clock.ENDINGS_MAX + 1)]

    chat.event(ClockTicked())

    assert len(ended) == clock.ENDINGS_MAX
    chat.event(ClockTicked())
    assert not chat.world.deadlines
