"""What a peer may take its time for (server/net/deadlines.py)."""

import pytest

from server.core.events import Dialect, SessionId
from server.net.connection import Connection
from server.net.deadlines import ASK, STALL_S, End, look
from server.net.limits import NetLimits

LIMITS = NetLimits(registration_timeout_s=30.0, ping_interval_s=60.0, ping_timeout_s=20.0)


@pytest.fixture
def peer():
    """Somebody who came at second 0."""
    return connect()


def connect(dialect=Dialect.IRC):
    return Connection(SessionId(1), dialect, "127.0.0.1", None, LIMITS, 0.0, secure=True)


def test_who_does_not_say_who_they_are(peer):
    """`registration_timeout_s` from the handshake on, whatever was said."""
    peer.read_at_s = 29.0
    assert look(peer, LIMITS, 30.0) is None
    assert look(peer, LIMITS, 30.5) == End("Registration took too long")
    peer.is_registered = True
    assert look(peer, LIMITS, 30.5) is None


def test_who_is_silent(peer):
    """A PING after `ping_interval_s`, once; the end `ping_timeout_s` later, with the whole time."""
    peer.is_registered = True
    assert look(peer, LIMITS, 60.0) is None
    assert look(peer, LIMITS, 61.0) is ASK
    assert look(peer, LIMITS, 62.0) is None
    assert look(peer, LIMITS, 81.0) is None
    assert look(peer, LIMITS, 82.0) == End("Ping timeout: 82 seconds")


def test_who_answers(peer):
    """Any byte counts as an answer, and silence begins again."""
    peer.is_registered = True
    assert look(peer, LIMITS, 61.0) is ASK
    peer.read_at_s = 70.0
    assert look(peer, LIMITS, 130.0) is None
    assert look(peer, LIMITS, 131.0) is ASK


def test_who_speaks_the_simple_dialect():
    """Nobody pings them: TCP's keep-alive asks."""
    peer = connect(Dialect.SIMPLE)
    peer.is_registered = True
    assert look(peer, LIMITS, 10_000.0) is None


@pytest.mark.parametrize("is_registered", [True, False])
def test_who_reads_nothing(peer, is_registered):
    """After STALL_S without progress it is over, and telling them why is of no use."""
    peer.is_registered = is_registered
    peer.read_at_s = peer.opened_at_s = 25.0
    peer.stalled_since_s = 20.0
    assert look(peer, LIMITS, 20.0 + STALL_S) is None
    assert look(peer, LIMITS, 20.5 + STALL_S) == End("Does not read", reads=False)
