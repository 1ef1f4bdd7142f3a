"""One peer as an io thread sees it: its bytes, its lines, what waits to go out. Owner: one io
thread.

It frames, paces and buffers. It does not know what a line means: that is the hub's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from irc.errors import LineTooLong
from irc.framing import LineBuffer
from irc.names import RoomKey
from server.core.events import Dialect, SessionId
from server.net.limits import NetLimits
from server.net.stream import Stream, StreamClosed

WRITE_BYTES = 65_536
"""What is encrypted at once: four TLS records. Ciphertext beyond what the socket takes waits in
memory."""


class OutbufFull(Exception):
    """The peer does not read: more waits for it than `outbuf_bytes_max`."""


class Connection:
    """A peer. All attributes belong to the io thread that owns it."""

    __slots__ = (
        "address",
        "backlog",
        "backlog_bytes",
        "certificate",
        "chunks",
        "closing_since_s",
        "dialect",
        "ended",
        "framer",
        "id",
        "is_discarded",
        "is_finished",
        "is_marked",
        "is_paused",
        "is_registered",
        "is_scheduled",
        "limits",
        "lines_taken",
        "opened_at_s",
        "pinged_at_s",
        "profile",
        "queued_bytes",
        "read_at_s",
        "rooms",
        "secure",
        "stalled_since_s",
        "stream",
        "tells_drained",
        "tokens",
        "tokens_at_s",
        "wants_write",
    )

    def __init__(
        self,
        session: SessionId,
        dialect: Dialect,
        address: str,
        stream: Stream,
        limits: NetLimits,
        now_s: float,
        *,
        secure: bool,
        certificate: str = "",
    ) -> None:
        self.id = session
        self.dialect = dialect
        self.address = address
        self.secure = secure
        self.certificate = certificate
        self.stream = stream
        self.limits = limits
        body_bytes_max = 512 if dialect is Dialect.IRC else limits.simple_line_bytes_max
        self.framer = LineBuffer(body_bytes_max=body_bytes_max)
        self.backlog: deque[bytes | LineTooLong] = deque()
        self.backlog_bytes = 0
        self.chunks: deque[bytes] = deque()
        self.queued_bytes = 0
        self.profile = 0
        self.rooms: set[RoomKey] = set()
        self.tokens = float(limits.lines_burst)
        self.tokens_at_s = now_s
        self.opened_at_s = now_s
        self.read_at_s = now_s
        self.pinged_at_s: float | None = None
        self.stalled_since_s: float | None = None
        self.closing_since_s: float | None = None
        self.ended: StreamClosed | None = None
        self.is_discarded = False
        self.is_finished = False
        self.is_marked = False
        self.is_paused = False
        self.is_registered = False
        self.is_scheduled = False
        self.lines_taken = 0
        self.tells_drained = False
        self.wants_write = False

    def register(self) -> None:
        """They are logged in: that took lines which were counted apart, and their clients are about
        to join the rooms, so the pace begins anew."""
        self.is_registered = True
        self.tokens = float(self.limits.lines_burst)

    def push(self, payload: bytes) -> None:
        """Queue `payload` behind what already waits.

        Raises:
            OutbufFull: It would pass `outbuf_bytes_max`; nothing was queued. Drop the connection.
        """
        queued = self.queued_bytes + len(payload)
        if queued > self.limits.outbuf_bytes_max:
            raise OutbufFull
        self.queued_bytes = queued
        self.chunks.append(payload)

    def flush(self) -> bool:
        """Send what the peer takes now; whether all is gone. Raises StreamClosed."""
        stream, chunks = self.stream, self.chunks
        if stream.unsent_bytes and not stream.flush():
            return self._still_waits()
        while chunks:
            payload = chunks.popleft()
            if chunks and len(payload) < WRITE_BYTES:
                payload = self._gather(payload)
            stream.write(payload)
            if not stream.flush():
                return self._still_waits()
        self.queued_bytes = 0
        return True

    def _still_waits(self) -> bool:
        """Count again what waits: the socket took a part of it, and encryption added a little."""
        self.queued_bytes = sum(map(len, self.chunks)) + self.stream.unsent_bytes
        return False

    def _gather(self, first: bytes) -> bytes:
        """The first chunk and the next ones, up to WRITE_BYTES: one record costs less than two."""
        parts, size = [first], len(first)
        while self.chunks and size < WRITE_BYTES:
            part = self.chunks.popleft()
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def feed(self, received: bytes) -> None:
        """Frame what has arrived; the whole lines wait in the backlog for `take_lines`."""
        lines = self.framer.feed(received)
        if lines:
            self.backlog.extend(lines)
            self.backlog_bytes += len(received)

    @property
    def is_backlog_full(self) -> bool:
        """Whether `inbuf_bytes_max` is reached: nothing more should be read from the peer."""
        return self.backlog_bytes >= self.limits.inbuf_bytes_max

    def take_lines(self, now_s: float) -> Iterator[bytes | LineTooLong]:
        """The lines of the backlog that the peer's pace allows now; the rest stays.

        A token bucket: `lines_burst` at once, `lines_per_s` in the long run. A line is worth one
        token; who reads it takes more of them for a command that costs more, before the next line.
        So a peer may owe what one command costs, and no more. Whoever is over it is not punished:
        nothing more is read from it, and TCP slows it down.
        """
        backlog, limits = self.backlog, self.limits
        tokens = self.tokens + (now_s - self.tokens_at_s) * limits.lines_per_s
        self.tokens_at_s = now_s
        self.tokens = min(tokens, float(limits.lines_burst))
        waiting = len(backlog)
        while backlog and self.tokens >= 1.0:
            self.tokens -= 1.0
            yield backlog.popleft()
        self.lines_taken += waiting - len(backlog)
        self.backlog_bytes = 0
        if backlog:
            self.backlog_bytes = sum(len(line) for line in backlog if isinstance(line, bytes))

    def resume_at_s(self) -> float:
        """When the bucket will hold a whole token again."""
        return self.tokens_at_s + max(0.0, 1.0 - self.tokens) / self.limits.lines_per_s
