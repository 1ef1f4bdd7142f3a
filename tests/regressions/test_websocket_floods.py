"""The class of bug: a WebSocket is a second way in, and what bounds lines does not bound frames.
Others were brought down by messages without an end, by headers without an end, and by peers that
sent control frames faster than they read the answers.

Here everything in front of a line has a size, and every frame has a price.
"""

import tracemalloc

import pytest
from websockets.frames import Opcode

from server.core.events import Dialect, SessionId
from server.net.connection import Connection
from server.net.limits import NetLimits
from server.net.stream import StreamClosed
from server.net.websocket import CONTROL_BYTES_MAX, WebSocketStream

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n\r\n"
)
CHUNK_BYTES = 16_384
"""What an io thread reads at once."""


class Inner:
    """A peer that reads nothing."""

    sock = None

    def __init__(self):
        self.arrived = b""
        self.kept = b""

    def receive(self):
        return self.arrived

    def write(self, payload):
        self.kept += payload

    def flush(self):
        return not self.kept

    @property
    def unsent_bytes(self):
        return len(self.kept)


class Reader(Inner):
    """A peer that reads everything."""

    def flush(self):
        self.kept = b""
        return True


def frame(opcode, payload=b"", *, fin=True):
    """A client's frame with a mask of zeros."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((fin << 7 | opcode,)) + length + bytes(4) + payload


def opened(inner):
    """A connection behind its handshake."""
    stream = WebSocketStream(inner, ())
    inner.arrived = HANDSHAKE
    assert stream.receive() == b""
    limits = NetLimits()
    return Connection(SessionId(1), Dialect.IRC, "::1", stream, limits, 0.0, secure=True)


FREE_LOOKING = {
    "empty messages": frame(Opcode.TEXT),
    "pings": frame(Opcode.PING, b"x"),
    "pongs": frame(Opcode.PONG),
    "line feeds": frame(Opcode.BINARY, b"\r\n"),
}


@pytest.mark.parametrize("one", FREE_LOOKING.values(), ids=FREE_LOOKING)
def test_no_frame_is_free(one):
    """One read of frames that say nothing fills the backlog: the peer is read no more."""
    peer = opened(Reader())
    peer.stream._inner.arrived = one * (CHUNK_BYTES // len(one) + 1)
    peer.feed(peer.stream.receive())
    assert len(list(peer.take_lines(0.0))) == peer.limits.lines_burst
    peer.feed(peer.stream.receive())
    assert peer.is_backlog_full
    assert len(list(peer.take_lines(1.0))) == peer.limits.lines_per_s


def test_pieces_without_an_end_are_paid_for():
    """A message that never ends, in pieces of nothing, is no way around the pace."""
    peer = opened(Reader())
    peer.stream._inner.arrived = frame(Opcode.TEXT, fin=False)
    peer.feed(peer.stream.receive())
    peer.stream._inner.arrived = frame(Opcode.CONT, fin=False) * 3000
    peer.feed(peer.stream.receive())
    assert len(peer.backlog) == 3001
    assert peer.is_backlog_full


def test_pieces_of_nothing_are_not_kept():
    """Paid for or not: they come at four a second, and day after day."""
    inner = Reader()
    peer = opened(inner)
    inner.arrived = frame(Opcode.TEXT, fin=False)
    peer.stream.receive()
    tracemalloc.start()
    for _ in range(100):
        inner.arrived = frame(Opcode.CONT, fin=False) * 100
        peer.stream.receive()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < CHUNK_BYTES


@pytest.mark.parametrize("size", [1, 100, 4000])
def test_a_message_without_an_end_is_not_kept(size):
    """However it is cut, no more of it is held than a message may have."""
    inner = Reader()
    peer = opened(inner)
    inner.arrived = frame(Opcode.TEXT, b"x" * size, fin=False)
    peer.feed(peer.stream.receive())
    inner.arrived = frame(Opcode.CONT, b"x" * size, fin=False) * (CHUNK_BYTES // size // 4)
    with pytest.raises(StreamClosed, match="WebSocket error"):
        for _ in range(10):
            peer.feed(peer.stream.receive())


def test_a_promised_size_is_not_reserved():
    """A header that promises 2^62 bytes ends it; nothing waits for them."""
    inner = Reader()
    peer = opened(inner)
    inner.arrived = b"\x82\xff\x40" + bytes(7) + bytes(4)
    with pytest.raises(StreamClosed, match="WebSocket error"):
        peer.stream.receive()


def test_headers_without_an_end_are_not_kept():
    """A megabyte of headers is refused after a few kilobytes."""
    inner = Reader()
    stream = WebSocketStream(inner, ())
    line = b"A: " + b"x" * 8000 + b"\r\n"
    inner.arrived = b"GET / HTTP/1.1\r\n" + line
    stream.receive()
    inner.arrived = line
    with pytest.raises(StreamClosed):
        for _ in range(3):
            stream.receive()
    tracemalloc.start()
    for _ in range(100):
        assert stream.receive() == b""
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < CHUNK_BYTES


def test_answers_nobody_reads_are_not_kept():
    """Pings from a peer that does not read: a few Pongs wait, the others are not made."""
    inner = Inner()
    peer = opened(inner)
    inner.arrived = frame(Opcode.PING, b"x" * 125) * 120
    for _ in range(50):
        peer.stream.receive()
    assert peer.stream.unsent_bytes < len(inner.kept) + CONTROL_BYTES_MAX + CHUNK_BYTES
