"""An io thread: it reads, frames, paces, and writes for the connections it owns. Nobody else
touches them.

Theory of operation. A turn is: wait; read what is readable and give the hub the events in one list;
carry out what the hub released meanwhile; then, before sleeping, flush each marked connection once.
Only what does not fit into a socket waits for writability. So many lines cost one write per
recipient.

Others talk to the loop by `post` (effects) and `adopt` (a connection from the door). Both append to
a queue and ring the bell only if the loop sleeps: the loop says that it will sleep, then looks into
the queue once more; the poster appends, then looks whether it sleeps. One of the two sees the
other.
"""

from __future__ import annotations

import heapq
import selectors
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from irc.errors import InvalidUtf8, LineTooLong, ProtocolError
from irc.message import parse_line
from server.core.effects import Effect
from server.core.events import (
    Connected,
    Dialect,
    Disconnected,
    Drained,
    Event,
    LineReceived,
    LineRefused,
    TextReceived,
)
from server.net.connection import Connection, OutbufFull
from server.net.deadlines import Ask, look
from server.net.fanout import Fanout
from server.net.limits import NetLimits
from server.net.stream import StreamClosed
from server.net.wakeup import Bell

SWEEP_INTERVAL_S = 1.0
"""How often deadlines are looked at. They are seconds long, so a second late is not late."""

LINGER_S = 1.0
"""How long a closed connection may take to read our last words before the socket is taken away."""

EMPTY: tuple[Effect, ...] = ()


class Inbox(Protocol):
    """The hub as the loop knows it."""

    def put(self, events: Sequence[Event]) -> None:
        """Take events over, in order. Blocks while the hub is far behind."""


class Loop:
    """One io thread. Every method without a note is the thread's own."""

    def __init__(self, name: str, hub: Inbox, limits: NetLimits, released: deque[str]) -> None:
        """`released` takes the addresses of connections that ended, for the door's accounts."""
        self._hub = hub
        self._limits = limits
        self._lines_before_max = limits.registration_lines_max
        self._extra_costs = {name: cost - 1.0 for name, cost in limits.costs.items()}
        self._released = released
        self._selector = selectors.DefaultSelector()
        self._bell = Bell()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._posted: deque[Sequence[Effect] | Connection | None] = deque()
        self._is_sleeping = False
        self._is_stopping = False
        self._events: list[Event] = []
        self._marked: list[Connection] = []
        self._resumes: list[tuple[float, int, Connection]] = []
        self._now_s = time.monotonic()
        self._sweep_at_s = self._now_s + SWEEP_INTERVAL_S
        self._fanout = Fanout(self._push, self._begin_close, self._mark)
        self._closing: set[Connection] = set()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    # From any thread.

    def start(self) -> None:
        """Begin turning."""
        self._thread.start()

    def post(self, effects: Sequence[Effect]) -> None:
        """Have effects carried out, after those posted before."""
        self._append(effects)

    def adopt(self, connection: Connection) -> None:
        """Hand over a connection whose handshake is done. The giver must not touch it again."""
        self._append(connection)

    def stop(self) -> None:
        """End after what was posted; connections that still have something to say get LINGER_S."""
        self._append(None)

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; whether it has ended."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._bell.close()  # not by the thread: somebody may be about to ring it
        return True

    @property
    def connections_count(self) -> int:
        """How many connections the loop has, for the door's choice. Read from the door's thread."""
        return len(self._fanout.connections)

    def _append(self, item: Sequence[Effect] | Connection | None) -> None:
        self._posted.append(item)
        if self._is_sleeping:
            self._bell.ring()

    # The turn.

    def _run(self) -> None:
        while not (self._is_stopping and not self._fanout.connections and not self._closing):
            self._wait_and_read()
            self._hand_over()
            self._carry_out_posted()
            self._flush_marked()
            self._hand_over()  # who was lost while writing, and whose buffer is empty
            if self._now_s >= self._sweep_at_s:
                self._sweep()
        self._selector.close()

    def _hand_over(self) -> None:
        """Give the hub what has happened."""
        if self._events:
            events, self._events = self._events, []
            self._hub.put(events)

    def _wait_and_read(self) -> None:
        self._is_sleeping = True
        timeout_s = 0.0 if self._posted else self._timeout_s()
        ready = self._selector.select(timeout_s)
        self._is_sleeping = False
        self._now_s = time.monotonic()
        for key, mask in ready:
            connection = key.data
            if connection is None:
                self._bell.silence()
                continue
            if mask & selectors.EVENT_WRITE and not connection.is_finished:
                self._flush(connection)
            if mask & selectors.EVENT_READ:
                self._read(connection)
        while self._resumes and self._resumes[0][0] <= self._now_s:
            connection = heapq.heappop(self._resumes)[2]
            connection.is_scheduled = False
            if connection.id in self._fanout.connections:
                self._take_lines(connection)

    def _timeout_s(self) -> float:
        until = self._sweep_at_s
        if self._resumes and self._resumes[0][0] < until:
            until = self._resumes[0][0]
        return max(0.0, until - time.monotonic())

    def _carry_out_posted(self) -> None:
        posted = self._posted
        while posted:
            item = posted.popleft()
            if item is None:
                self._is_stopping = True
                self._sweep_at_s = self._now_s
                for connection in tuple(self._fanout.connections.values()):
                    self._begin_close(connection, "")
            elif isinstance(item, Connection):
                self._take_over(item)
            else:
                self._fanout.carry_out(item)
        self._fanout.finish()

    def _flush_marked(self) -> None:
        marked, self._marked = self._marked, []
        for connection in marked:
            connection.is_marked = False
            if not connection.wants_write and not connection.is_finished:
                self._flush(connection)

    # Reading.

    def _take_over(self, connection: Connection) -> None:
        self._fanout.add(connection)
        self._selector.register(connection.stream.sock, selectors.EVENT_READ, connection)
        self._hub.put(
            [
                Connected(
                    connection.id,
                    connection.dialect,
                    connection.address,
                    connection.secure,
                    connection.certificate,
                )
            ]
        )
        connection.read_at_s = self._now_s
        self._read(connection)
        self._hand_over()

    def _read(self, connection: Connection) -> None:
        try:
            received = connection.stream.receive()
        except StreamClosed as closed:
            self._end_of_stream(connection, closed)
            return
        if not received or connection.closing_since_s is not None:
            return
        connection.read_at_s = self._now_s
        connection.feed(received)
        self._take_lines(connection)

    def _end_of_stream(self, connection: Connection, closed: StreamClosed) -> None:
        """Read what came before the end; then let the connection go, at once or politely.

        What the pace has held back comes first: its sender was not told that it might be lost.
        """
        if closed.last and connection.closing_since_s is None:
            connection.feed(closed.last)
            self._take_lines(connection)
        if connection.backlog and connection.is_registered and not connection.is_discarded:
            connection.ended = StreamClosed(str(closed), lingers=closed.lingers)
            connection.is_paused = True
            self._watch(connection)
        elif not closed.lingers:
            self._lose(connection, str(closed))
        elif connection.closing_since_s is None and not connection.is_discarded:
            self._events.append(Disconnected(connection.id, str(closed)))
            self._begin_close(connection, str(closed))

    def _take_lines(self, connection: Connection) -> None:
        """Give the hub what the peer's pace allows, and see to the rest."""
        session, events, extra_costs = connection.id, self._events, self._extra_costs
        is_irc = connection.dialect is Dialect.IRC
        for line in connection.take_lines(self._now_s):
            if isinstance(line, LineTooLong):
                events.append(LineRefused(session, line))
                continue
            try:
                if is_irc:
                    message = parse_line(line)
                    if message.command in extra_costs:
                        connection.tokens -= extra_costs[message.command]
                    if message.command != "PONG" or message.tags:
                        events.append(LineReceived(session, message))
                else:
                    events.append(TextReceived(session, line.decode()))
            except ProtocolError as problem:
                events.append(LineRefused(session, problem))
            except UnicodeDecodeError:
                events.append(LineRefused(session, InvalidUtf8()))
        if not connection.is_registered and connection.lines_taken > self._lines_before_max:
            self._lose_with_error(connection, "Too many lines before registration")
            return
        if connection.backlog and not connection.is_scheduled:
            connection.is_scheduled = True
            heapq.heappush(self._resumes, (connection.resume_at_s(), session, connection))
        if connection.ended is not None:
            if not connection.backlog:
                self._end_of_stream(connection, connection.ended)
        elif connection.is_backlog_full != connection.is_paused:
            connection.is_paused = connection.is_backlog_full
            self._watch(connection)

    # Writing.

    def _push(self, connection: Connection, payload: bytes) -> None:
        try:
            connection.push(payload)
        except OutbufFull:
            self._cut_off(connection)
            return
        if not connection.is_marked:
            connection.is_marked = True
            self._marked.append(connection)

    def _mark(self, connection: Connection) -> None:
        """Have the connection flushed before the loop sleeps."""
        if not connection.is_marked:
            connection.is_marked = True
            self._marked.append(connection)

    def _flush(self, connection: Connection) -> None:
        try:
            is_done = connection.flush()
        except StreamClosed as closed:
            self._lose(connection, str(closed))
            return
        if is_done:
            connection.stalled_since_s = None
            if connection.tells_drained:
                connection.tells_drained = False
                self._events.append(Drained(connection.id))
        elif connection.stalled_since_s is None:
            connection.stalled_since_s = self._now_s
        if is_done == connection.wants_write:
            connection.wants_write = not is_done
            self._watch(connection)
        if is_done and connection.closing_since_s is not None:
            self._finish(connection)

    def _watch(self, connection: Connection) -> None:
        """Tell the selector what the connection waits for."""
        wanted = 0 if connection.is_paused else selectors.EVENT_READ
        if connection.wants_write:
            wanted |= selectors.EVENT_WRITE
        sock = connection.stream.sock
        is_watched = sock.fileno() in self._selector.get_map()
        if not wanted:
            if is_watched:
                self._selector.unregister(sock)
        elif is_watched:
            self._selector.modify(sock, wanted, connection)
        else:
            self._selector.register(sock, wanted, connection)

    # Ending.

    def _lose(self, connection: Connection, reason: str) -> None:
        """The peer is gone: tell the hub, unless the hub itself ended it."""
        if connection.closing_since_s is None:
            self._events.append(Disconnected(connection.id, reason))
        self._discard(connection)

    def _begin_close(self, connection: Connection, reason: str) -> None:
        """Let the connection go once what is queued has been sent. The hub knows."""
        if connection.closing_since_s is None:
            connection.closing_since_s = self._now_s
            self._fanout.remove(connection)
            self._closing.add(connection)
            connection.backlog.clear()
            if connection.is_paused:
                connection.is_paused = False
                self._watch(connection)
            self._mark(connection)

    def _finish(self, connection: Connection) -> None:
        """Everything is sent: say goodbye, then wait for the peer's end so that it reads all."""
        if not connection.is_finished:
            connection.is_finished = True
            connection.stream.finish()

    def _cut_off(self, connection: Connection) -> None:
        """The peer does not read. Its queue is dropped; it is told if it ever looks."""
        self._lose_with_error(connection, "Does not read: too much is waiting (outbuf_bytes_max)")

    def _lose_with_error(self, connection: Connection, reason: str) -> None:
        connection.chunks.clear()
        connection.chunks.append(f"ERROR :{reason}\r\n".encode())
        try:
            if connection.flush():
                connection.stream.finish()
        except StreamClosed as closed:
            reason = str(closed)
        self._lose(connection, reason)

    def _discard(self, connection: Connection) -> None:
        if connection.is_discarded:
            return
        connection.is_discarded = True
        connection.is_finished = True
        self._fanout.remove(connection)
        self._closing.discard(connection)
        sock = connection.stream.sock
        if sock.fileno() in self._selector.get_map():
            self._selector.unregister(sock)
        sock.close()
        connection.chunks.clear()
        self._released.append(connection.address)

    # Deadlines.

    def _sweep(self) -> None:
        """Look at every connection's deadlines: registration, silence, stalled writing, closing."""
        interval_s = LINGER_S / 10 if self._is_stopping else SWEEP_INTERVAL_S
        self._sweep_at_s = self._now_s + interval_s
        for connection in tuple(self._fanout.connections.values()):
            due = look(connection, self._limits, self._now_s)
            if due is None:
                continue
            if isinstance(due, Ask):
                self._push(connection, b"PING :are-you-there\r\n")
            elif due.reads:
                self._lose_with_error(connection, due.reason)
            else:
                self._lose(connection, due.reason)
        for connection in tuple(self._closing):
            if self._now_s - (connection.closing_since_s or 0.0) > LINGER_S:
                self._discard(connection)
        self._flush_marked()
        self._hand_over()
