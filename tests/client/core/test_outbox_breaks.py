"""The line breaks at every possible moment: nothing is lost or doubled without being told.

A small server, and a wire that is cut after so many bytes in one direction and so many in the
other. Whatever was typed is then either with the server once, or in doubt and told so.
"""

from collections import Counter

import pytest
from hypothesis import given, settings, strategies as st

from client.core.events import (
    MessageConfirmed,
    MessageFailed,
    MessageReceived,
    MessageUnconfirmed,
)
from client.core.session import Identity, Session, Settings as SessionSettings
from tests.support.irc_talk import ALL_CAPS, FakeServer

PROFILES = [ALL_CAPS, "echo-message", "labeled-response batch", "server-time", ""]


class Wire:
    """Moves bytes between the two until a budget of bytes is used up in either direction."""

    def __init__(self, session: Session, server: FakeServer, up: int, down: int) -> None:
        self.session, self.server = session, server
        self.up, self.down = up, down
        session.connected(1)
        server.connect()

    def run(self) -> bool:
        """Move what there is; False when the wire is cut."""
        while octets := self.session.take_output():
            arrived, self.up = octets[: self.up], self.up - len(octets)
            answer = self.server.receive(arrived)
            heard, self.down = answer[: max(0, self.down)], self.down - len(answer)
            self.session.receive(heard, 1)
            if self.up < 0 or self.down < 0:
                self.session.disconnected("cut", 1)
                return False
        return True


def check(session: Session, server: FakeServer, typed: dict[str, str]) -> None:
    """Every message has exactly one fate, and the server has seen each at most once."""
    events = session.take_events()
    confirmed = {event.outbox_id for event in events if isinstance(event, MessageConfirmed)}
    doubtful = {event.outbox_id for event in events if isinstance(event, MessageUnconfirmed)}
    failed = {event.outbox_id for event in events if isinstance(event, MessageFailed)}
    seen = Counter(text for _target, text in server.said)
    assert not confirmed & doubtful and not confirmed & failed and not doubtful & failed
    assert confirmed | doubtful | failed == set(typed)
    for outbox_id, text in typed.items():
        if outbox_id in confirmed:
            assert seen[text] == 1
        elif outbox_id in doubtful:
            assert seen[text] <= 1
        else:
            assert seen[text] == 0
    shown = Counter(
        event.text for event in events if isinstance(event, MessageReceived) and event.own
    )
    assert all(shown[typed[outbox_id]] == 1 for outbox_id in confirmed)
    in_order = [text for _target, text in server.said]
    assert in_order == sorted(in_order)


@pytest.mark.parametrize("caps", PROFILES)
@given(up=st.integers(0, 700), down=st.integers(0, 1500), early=st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_cut_at_any_byte(caps, up, down, early):
    """Cut anywhere, come back: confirmed is once, doubt is told, waiting goes once, in order."""
    session = Session(Identity("ana"), SessionSettings(rooms=("#lobby",), in_flight_max=3))
    server = FakeServer(caps)
    targets = ["#lobby", "bob", "nobody"]
    typed = {}

    def say(numbers):
        for number in numbers:
            text = f"text {number:02}"
            (outbox_id,) = session.send_text(targets[number % 3], text, now_ms=1)
            typed[outbox_id] = text

    say(range(early))
    wire = Wire(session, server, up, down)
    if wire.run():
        say(range(early, 8))
        if wire.run():
            session.disconnected("cut", 1)
        else:
            say(range(8, 10))
    else:
        say(range(early, 10))
    last = Wire(session, server, 1 << 20, 1 << 20)
    assert last.run()
    check(session, server, typed)


def test_control_a_blind_resend_is_caught():
    """The check has teeth: sending doubtful messages again by itself makes it fail."""
    session = Session(Identity("ana"))
    server = FakeServer()
    wire = Wire(session, server, 1 << 20, 1 << 20)
    assert wire.run()
    (outbox_id,) = session.send_text("#lobby", "text 00", now_ms=1)
    server.receive(session.take_output())
    session.disconnected("cut", 1)
    session.resend(outbox_id, 1)
    assert Wire(session, server, 1 << 20, 1 << 20).run()
    with pytest.raises(AssertionError):
        check(session, server, {outbox_id: "text 00"})
