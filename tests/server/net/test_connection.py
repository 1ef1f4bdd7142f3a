"""Framing, pace and buffers of one connection (server/net/connection.py)."""

import pytest

from irc.errors import LineTooLong
from server.core.events import Dialect, SessionId
from server.net.connection import WRITE_BYTES, Connection, OutbufFull
from server.net.limits import NetLimits


class Sink:
    """A stream that takes as much as it is told to, and remembers it."""

    def __init__(self):
        self.sent = b""
        self.writes = 0
        self.room = 1 << 30
        self._unsent = b""

    @property
    def unsent_bytes(self):
        return len(self._unsent)

    def write(self, payload):
        assert not self._unsent
        self.writes += 1
        self._unsent = payload

    def flush(self):
        taken = self._unsent[: self.room]
        self.sent += taken
        self.room -= len(taken)
        self._unsent = self._unsent[len(taken) :]
        return not self._unsent


def connect(dialect=Dialect.IRC, **limits):
    return Connection(
        SessionId(1), dialect, "127.0.0.1", Sink(), NetLimits(**limits), 0.0, secure=True
    )


def test_waiting_chunks_leave_in_one_write():
    """Many lines for one peer cost one record and one system call."""
    peer = connect()
    for number in range(50):
        peer.push(b"%d\r\n" % number)

    assert peer.flush()
    assert peer.stream.sent == b"".join(b"%d\r\n" % number for number in range(50))
    assert peer.stream.writes == 1
    assert peer.queued_bytes == 0


def test_large_chunks_leave_piece_by_piece():
    """No more than about WRITE_BYTES is encrypted ahead of the socket."""
    peer = connect(outbuf_bytes_max=1 << 20)
    for _ in range(3):
        peer.push(b"x" * WRITE_BYTES)

    peer.flush()

    assert peer.stream.writes == 3


def test_order_survives_a_slow_peer():
    """What the socket did not take goes first, then the rest, without loss or repetition."""
    peer = connect(outbuf_bytes_max=1 << 20)
    peer.stream.room = 10
    expected = b""
    for number in range(100):
        chunk = b"%03d" % number * 100
        expected += chunk
        peer.push(chunk)
        assert not peer.flush() or number == 0
        peer.stream.room += 100

    assert peer.queued_bytes == len(expected) - len(peer.stream.sent)
    peer.stream.room = 1 << 20
    assert peer.flush()
    assert peer.stream.sent == expected


def test_the_buffer_is_bounded():
    """Over `outbuf_bytes_max` nothing is queued and the caller is told."""
    peer = connect(outbuf_bytes_max=10)
    peer.push(b"x" * 10)

    with pytest.raises(OutbufFull):
        peer.push(b"y")

    peer.flush()
    assert peer.stream.sent == b"x" * 10


def test_unsent_ciphertext_counts():
    """A peer that takes nothing fills its buffer, also with what is encrypted already."""
    peer = connect(outbuf_bytes_max=10)
    peer.stream.room = 0
    peer.push(b"x" * 8)
    peer.flush()

    with pytest.raises(OutbufFull):
        peer.push(b"yyy")


def test_the_pace_is_a_token_bucket():
    """`lines_burst` at once, then `lines_per_s`; nothing is lost while waiting."""
    peer = connect(lines_burst=2, lines_per_s=1.0)
    peer.feed(b"a\r\nb\r\nc\r\nd\r\n")

    assert list(peer.take_lines(0.0)) == [b"a", b"b"]
    assert list(peer.take_lines(0.5)) == []
    assert peer.resume_at_s() == pytest.approx(1.0)
    assert list(peer.take_lines(1.0)) == [b"c"]
    assert list(peer.take_lines(100.0)) == [b"d"]
    assert list(peer.take_lines(100.0)) == []
    assert peer.backlog_bytes == 0


def test_the_bucket_holds_no_more_than_the_burst():
    """An hour of silence does not earn an hour of flood."""
    peer = connect(lines_burst=2, lines_per_s=1.0)
    peer.feed(b"a\r\nb\r\nc\r\n")

    assert list(peer.take_lines(3600.0)) == [b"a", b"b"]


def test_what_costs_more_is_owed():
    """Who reads a line takes what it costs beyond one; the next line waits until that is earned."""
    peer = connect(lines_burst=2, lines_per_s=1.0)
    peer.feed(b"WHO\r\nb\r\n")

    lines = peer.take_lines(0.0)
    assert next(lines) == b"WHO"
    peer.tokens -= 3.0
    assert list(lines) == []
    assert peer.backlog_bytes == 1
    assert peer.resume_at_s() == pytest.approx(3.0)
    assert list(peer.take_lines(2.9)) == []
    assert list(peer.take_lines(3.0)) == [b"b"]
    assert peer.lines_taken == 2


def test_the_pace_begins_anew_with_registration():
    """What logging in took is counted apart (`registration_lines_max`)."""
    peer = connect(lines_burst=3, lines_per_s=0.1)
    peer.feed(b"NICK x\r\n" * 3)
    assert len(list(peer.take_lines(0.0))) == 3
    peer.register()
    peer.feed(b"PING x\r\n" * 4)
    assert len(list(peer.take_lines(0.0))) == 3


def test_a_full_backlog_stops_reading():
    """At `inbuf_bytes_max` the connection asks not to be read, until lines were taken."""
    peer = connect(lines_burst=1, lines_per_s=1.0, inbuf_bytes_max=10)
    peer.feed(b"123456\r\n")
    assert not peer.is_backlog_full

    peer.feed(b"123456\r\n")
    assert peer.is_backlog_full

    list(peer.take_lines(0.0))
    list(peer.take_lines(1.0))
    assert not peer.is_backlog_full


def test_the_dialect_sets_the_line_length():
    """IRC lines are 512 bytes; the simple dialect's are `simple_line_bytes_max`."""
    simple = connect(Dialect.SIMPLE, simple_line_bytes_max=2048)
    simple.feed(b"x" * 1500 + b"\r\n")
    irc = connect()
    irc.feed(b"x" * 511 + b"\r\n")

    assert list(simple.take_lines(0.0)) == [b"x" * 1500]
    assert list(irc.take_lines(0.0)) == [LineTooLong("body", 512)]
