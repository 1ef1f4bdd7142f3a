"""The door: accepts, does TLS handshakes, and hands finished connections to the least loaded io
thread.

Theory of operation. One thread with one selector over the listening sockets and the handshakes in
progress. Nothing blocks: a peer that stays silent, or sends a byte a second, costs one entry in a
table until `handshake_timeout_s` after its accept. When `handshakes_max` are open the oldest one
goes: honest handshakes take milliseconds, so the oldest is not honest. An address is counted before
any crypto (throttle.py).

Contexts come from a callable, so that a reloaded certificate is simply the next one used.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import ssl
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

from server.core.events import Dialect, SessionId
from server.net.client_cert import key_pin
from server.net.connection import Connection
from server.net.limits import NetLimits
from server.net.stream import PlainStream, Stream, StreamClosed, TlsStream
from server.net.throttle import Throttle, plain_address
from server.net.wakeup import Bell

SEND_BUFFER_BYTES = 65_536
"""SO_SNDBUF. The kernel's default pins 2 MiB for each peer that does not read; this, 73 KiB."""

ACCEPTS_A_TURN = 64
"""Then it is the handshakes' turn."""

NO_FILES_PAUSE_S = 0.5
"""How long listening rests when the process has no file descriptor left."""

PLAINTEXT_ANSWER = b"ERROR :This port speaks only TLS. Switch TLS on in your client.\r\n"


class Noter(Protocol):
    """The journal, as far as the door needs it."""

    def __call__(self, event: str, **fields: object) -> None: ...


class Adopter(Protocol):
    """An io thread, as far as the door needs it."""

    @property
    def connections_count(self) -> int: ...

    def adopt(self, connection: Connection) -> None: ...


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket and what is spoken on it."""

    sock: socket.socket
    dialect: Dialect
    tls: bool
    wrap: Callable[[Stream], Stream] | None = None
    """Makes the stream of lines out of the stream of bytes, where there is something between."""
    plaintext_answer: bytes = PLAINTEXT_ANSWER
    """For somebody who speaks without TLS to it."""

    @property
    def protocol(self) -> str:
        """Its name in the config."""
        return self.dialect.value if self.wrap is None else "websocket"


@dataclass(slots=True)
class _Handshake:
    stream: TlsStream
    listener: Listener
    address: str
    deadline_s: float
    is_first_read: bool = True


class Door:
    """Owner of listening sockets, of handshakes and of the addresses' accounts. One thread."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        contexts: Callable[[], ssl.SSLContext],
        loops: Sequence[Adopter],
        limits: NetLimits,
        note: Noter,
        released: deque[str],
    ) -> None:
        """`released` is filled by the io threads with the addresses of ended connections."""
        self._listeners = listeners
        self._contexts = contexts
        self._loops = loops
        self._limits = limits
        self._note = note
        self._released = released
        self._throttle = Throttle(limits)
        self._selector = selectors.DefaultSelector()
        self._bell = Bell()
        self._handshakes: OrderedDict[socket.socket, _Handshake] = OrderedDict()
        self._ids = count(1)
        self._is_stopping = False
        self._rests_until_s = 0.0
        self._reserve = _open_reserve()
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)

    def start(self) -> None:
        """Begin accepting. From any thread, once."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more, drop handshakes in progress. From any thread; waits for the end."""
        if self._is_stopping:
            return
        self._is_stopping = True
        self._bell.ring()
        self._thread.join()
        self._bell.close()  # not by the thread: it may end before the bell is rung

    def _run(self) -> None:
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._listen()
        while not self._is_stopping:
            for key, _mask in self._selector.select(self._timeout_s()):
                if isinstance(key.data, Listener):
                    self._accept(key.data)
                elif key.data is not None:
                    self._go_on(key.data)
            self._expire(time.monotonic())
        for handshake in tuple(self._handshakes.values()):
            self._give_up(handshake)
        for listener in self._listeners:
            listener.sock.close()
        self._selector.close()
        if self._reserve is not None:
            os.close(self._reserve)

    def _listen(self) -> None:
        for listener in self._listeners:
            self._selector.register(listener.sock, selectors.EVENT_READ, listener)

    def _timeout_s(self) -> float | None:
        deadlines = [self._rests_until_s] if self._rests_until_s else []
        if self._handshakes:
            deadlines.append(next(iter(self._handshakes.values())).deadline_s)
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    # Accepting.

    def _accept(self, listener: Listener) -> None:
        for _ in range(ACCEPTS_A_TURN):
            try:
                sock, name = listener.sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    raise
                self._rest(listener, error)
                return
            self._admit(listener, sock, plain_address(name[0]))

    def _settle_released(self) -> None:
        while self._released:
            self._throttle.release(self._released.popleft())

    def _admit(self, listener: Listener, sock: socket.socket, address: str) -> None:
        self._settle_released()
        now_s = time.monotonic()
        refusal = self._throttle.admit(address, now_s)
        if refusal:
            self._note("connection_refused", address=address, reason=refusal)
            if not listener.tls:
                with contextlib.suppress(OSError):
                    sock.send(f"ERROR :{refusal}\r\n".encode())
            sock.close()
            return
        try:
            _prepare(sock)
        except OSError:
            self._throttle.finish_handshake(address)
            self._throttle.release(address)
            sock.close()
            return
        if not listener.tls:
            self._throttle.finish_handshake(address)
            self._hand_over(PlainStream(sock), listener, address, now_s)
            return
        if len(self._handshakes) >= self._limits.handshakes_max:
            oldest = next(iter(self._handshakes.values()))
            self._note("handshake_dropped", address=oldest.address, reason="handshakes_max")
            self._give_up(oldest)
        handshake = _Handshake(
            TlsStream(sock, self._contexts()),
            listener,
            address,
            now_s + self._limits.handshake_timeout_s,
        )
        self._handshakes[sock] = handshake
        self._selector.register(sock, selectors.EVENT_READ, handshake)

    def _rest(self, listener: Listener, error: OSError) -> None:
        """No file descriptor is left: tell the waiting peer by closing on it, then rest a moment.

        Without this a full process spins: accept fails some hundred thousand times a second.
        """
        self._note("out_of_files", reason=error.strerror or "")
        if self._reserve is not None:
            os.close(self._reserve)
        with contextlib.suppress(OSError):
            listener.sock.accept()[0].close()
        self._reserve = _open_reserve()
        for each in self._listeners:
            self._selector.unregister(each.sock)
        self._rests_until_s = time.monotonic() + NO_FILES_PAUSE_S

    # Handshakes.

    def _go_on(self, handshake: _Handshake) -> None:
        sock = handshake.stream.sock
        if sock not in self._handshakes:
            return
        try:
            if handshake.is_first_read and not _looks_like_tls(sock):
                self._note("plaintext_connection", address=handshake.address)
                _answer_plaintext(sock, handshake.listener.plaintext_answer)
                self._give_up(handshake)
                return
            handshake.is_first_read = False
            is_done = handshake.stream.handshake()
        except ssl.SSLError as error:
            self._note(
                "handshake_failed", address=handshake.address, reason=error.reason or str(error)
            )
            self._give_up(handshake)
            return
        except (StreamClosed, OSError):
            self._give_up(handshake)
            return
        if is_done:
            self._forget(handshake)
            self._hand_over(
                handshake.stream,
                handshake.listener,
                handshake.address,
                time.monotonic(),
                key_pin(handshake.stream.certificate, datetime.now(UTC)),
            )

    def _forget(self, handshake: _Handshake) -> None:
        sock = handshake.stream.sock
        del self._handshakes[sock]
        self._selector.unregister(sock)
        self._throttle.finish_handshake(handshake.address)

    def _give_up(self, handshake: _Handshake) -> None:
        self._forget(handshake)
        self._throttle.release(handshake.address)
        handshake.stream.sock.close()

    def _expire(self, now_s: float) -> None:
        while self._handshakes:
            oldest = next(iter(self._handshakes.values()))
            if oldest.deadline_s > now_s:
                break
            self._note("handshake_timed_out", address=oldest.address)
            self._give_up(oldest)
        if self._rests_until_s and now_s >= self._rests_until_s:
            self._rests_until_s = 0.0
            self._listen()

    def _hand_over(
        self, stream: Stream, listener: Listener, address: str, now_s: float, certificate: str = ""
    ) -> None:
        connection = Connection(
            SessionId(next(self._ids)),
            listener.dialect,
            address,
            listener.wrap(stream) if listener.wrap else stream,
            self._limits,
            now_s,
            secure=listener.tls,
            certificate=certificate,
        )
        min(self._loops, key=lambda loop: loop.connections_count).adopt(connection)


def _open_reserve() -> int | None:
    """A file to close when there are no more; None when another thread has just taken the last."""
    try:
        return os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return None


def _looks_like_tls(sock: socket.socket) -> bool:
    """Whether the first byte begins a TLS handshake record; true as well when there is none yet."""
    try:
        first = sock.recv(1, socket.MSG_PEEK)
    except (BlockingIOError, InterruptedError):
        return True
    return first in (b"", b"\x16")


def _answer_plaintext(sock: socket.socket, answer: bytes) -> None:
    """Tell somebody without TLS what to do. Closing on unread bytes would destroy the answer."""
    with contextlib.suppress(OSError):
        sock.recv(SEND_BUFFER_BYTES)
        sock.send(answer)
        sock.shutdown(socket.SHUT_WR)


def _prepare(sock: socket.socket) -> None:
    """Set a socket up: never wait, small buffers, and the kernel probes a silent peer."""
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
