"""Bytes in and out of one socket, with or without TLS, never blocking. Owner: first the door, then
one io thread.

TLS is an `ssl.SSLObject` over two `MemoryBIO`s instead of an `SSLSocket`: reading small records
costs half, there are no rules about repeating a write after WantWrite, and it can be tested without
sockets. A TLS object used from two threads crashes CPython, so a stream changes hands once, from
the door to the io thread, and is never shared.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Protocol

RECEIVE_BYTES = 16_384
"""What one turn reads from one socket at most, then it is the next one's turn."""


class StreamClosed(Exception):
    """The peer ended the stream, or it broke. `str()` says how, in words fit for a quit message.

    `last` is what had arrived before. With `lingers` the peer is still there, and may be about to
    read an answer: give it a moment.
    """

    def __init__(self, reason: str, *, last: bytes = b"", lingers: bool = False) -> None:
        super().__init__(reason)
        self.last = last
        self.lingers = lingers


class Stream(Protocol):
    """What an io thread needs of a connection's bytes."""

    sock: socket.socket

    def receive(self) -> bytes:
        """What has arrived, empty when nothing has. Raises StreamClosed."""

    def write(self, payload: bytes) -> None:
        """Take `payload` over for sending; `flush` sends it."""

    def flush(self) -> bool:
        """Send what the socket takes; whether everything is gone. Raises StreamClosed."""

    @property
    def unsent_bytes(self) -> int:
        """What was taken over and is not sent."""

    def finish(self) -> None:
        """Say goodbye and close the sending side. Never raises, never waits."""


class PlainStream:
    """A socket as it is: for loopback listeners with `tls = false`."""

    __slots__ = ("_unsent", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._unsent: memoryview | bytes = b""

    def receive(self) -> bytes:
        """What has arrived, empty when nothing has. Raises StreamClosed."""
        return _receive(self.sock) or b""

    def write(self, payload: bytes) -> None:
        """Take `payload` over for sending. Only when `flush` said that everything is gone."""
        self._unsent = payload

    def flush(self) -> bool:
        """Send what the socket takes; whether everything is gone. Raises StreamClosed."""
        self._unsent = _send(self.sock, self._unsent)
        return not self._unsent

    @property
    def unsent_bytes(self) -> int:
        """What was taken over and is not sent."""
        return len(self._unsent)

    def finish(self) -> None:
        """Close the sending side."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)


class TlsStream:
    """TLS, server side, over a non-blocking socket."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "_unsent", "sock")

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.sock = sock
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._unsent: memoryview | bytes = b""

    def handshake(self) -> bool:
        """Go on with the handshake; whether it is done. What the peer sent behind it waits for
        `receive`.

        Raises:
            ssl.SSLError: The peer does not speak TLS as we do; an alert was sent if there is one.
            StreamClosed: The peer went away.
        """
        data = _receive(self.sock)
        if data is not None:
            self._incoming.write(data)
        try:
            self._tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        except ssl.SSLError:
            with contextlib.suppress(StreamClosed):
                self._pump()
            raise
        self._pump()
        return done

    def receive(self) -> bytes:
        """What has arrived, decrypted, empty when nothing has. Raises StreamClosed."""
        data = _receive(self.sock)
        if data is not None:
            self._incoming.write(data)
        return self.decrypt()

    def decrypt(self) -> bytes:
        """What has arrived already, without asking the socket. Raises StreamClosed."""
        tls, incoming = self._tls, self._incoming
        parts: list[bytes] = []
        try:
            while incoming.pending or tls.pending():
                part = tls.read(RECEIVE_BYTES)
                if not part:  # close_notify; the end of the socket follows
                    if parts:
                        break
                    raise StreamClosed("Connection closed")
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise StreamClosed(f"TLS error: {error.reason or 'broken record'}") from error
        if self._outgoing.pending:
            self._pump()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, payload: bytes) -> None:
        """Encrypt `payload` for sending. Call it only when `flush` said that everything is gone."""
        try:
            self._tls.write(payload)
        except ssl.SSLError as error:
            raise StreamClosed(f"TLS error: {error.reason or 'cannot write'}") from error
        self._unsent = self._outgoing.read()

    def flush(self) -> bool:
        """Send what the socket takes; whether everything is gone. Raises StreamClosed."""
        self._unsent = _send(self.sock, self._unsent)
        return not self._unsent

    @property
    def unsent_bytes(self) -> int:
        """Ciphertext that is not sent yet."""
        return len(self._unsent)

    def finish(self) -> None:
        """Send close_notify and close the sending side: the peer sees an end and not a cut."""
        with contextlib.suppress(ssl.SSLError, StreamClosed, OSError, ValueError):
            if not self._unsent:
                with contextlib.suppress(ssl.SSLWantReadError):
                    self._tls.unwrap()
                self._pump()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    @property
    def certificate(self) -> bytes:
        """The client's certificate (DER) that was verified in the handshake; empty without one."""
        return self._tls.getpeercert(binary_form=True) or b""

    @property
    def version(self) -> str:
        """Such as "TLSv1.3"."""
        return self._tls.version() or ""

    def _pump(self) -> None:
        """Send what TLS itself has to say (handshake, tickets, alerts, key updates)."""
        if self._outgoing.pending:
            self._unsent = _send(self.sock, bytes(self._unsent) + self._outgoing.read())


def _receive(sock: socket.socket) -> bytes | None:
    """One read: the bytes, or None when there are none now. Raises StreamClosed."""
    try:
        data = sock.recv(RECEIVE_BYTES)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError as error:
        raise StreamClosed(error.strerror or "Connection lost") from error
    if not data:
        raise StreamClosed("Connection closed")
    return data


def _send(sock: socket.socket, payload: memoryview | bytes) -> memoryview | bytes:
    """One or a few writes: what is left. Raises StreamClosed."""
    while payload:
        try:
            sent = sock.send(payload)
        except (BlockingIOError, InterruptedError):
            return payload
        except OSError as error:
            raise StreamClosed(error.strerror or "Connection lost") from error
        if sent == len(payload):
            return b""
        payload = memoryview(payload)[sent:]
    return payload
