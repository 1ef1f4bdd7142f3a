"""IRC over WebSocket: a stream inside another stream, so that the rest of an io thread sees lines
as ever. Owner: the connection's io thread.

Inwards each message becomes one line, outwards each line one message. The library does the
handshake, the frames of the client and the closing, without I/O; here is only what it means.
Sources: RFC 6455, and IRCv3 websocket.

Every frame costs its sender a line of its pace. One that brings no line (a ping, a pong, an empty
message, a piece of a message) stands as `PONG` among the lines, which the io thread counts and
drops: a peer that sends nothing but empty frames is read as slowly as one that sends lines.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Sequence
from http import HTTPStatus

from websockets.exceptions import InvalidOrigin
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from server.net.stream import Stream, StreamClosed

TEXT = Subprotocol("text.ircv3.net")
BINARY = Subprotocol("binary.ircv3.net")

HANDSHAKE_BYTES_MAX = 16_384
"""Of the HTTP request. Browsers need one; the library alone would take a megabyte of headers."""

MESSAGE_BYTES_MAX = 16_384
"""Of one message, whole. More than a line may have, so that a line that is too long gets `417` as
everywhere; beyond it the connection is closed with code 1009."""

CONTROL_BYTES_MAX = 4096
"""Of answers to pings that wait for a peer that does not read. RFC 6455 5.5.3: the others need no
answer."""

NOT_A_LINE = b"PONG\r\n"

BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n"
    b"This is a chat server. It speaks WebSocket here, and this was not a WebSocket handshake.\n"
)
HTTPS_ONLY = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n"
    b"This port speaks only TLS: say wss:// in place of ws://.\n"
)

# The library would log to nobody we know; what matters is in the reason of the end.
_QUIET = logging.Logger("websocket", logging.CRITICAL + 1)


class WebSocketStream:
    """A `Stream` whose peer speaks WebSocket, over one that carries its bytes."""

    __slots__ = (
        "_control",
        "_handshake_bytes",
        "_has_failed",
        "_inner",
        "_is_over",
        "_is_text",
        "_message",
        "_opcode",
        "_protocol",
        "_tail",
        "sock",
    )

    def __init__(self, inner: Stream, origins: Sequence[str]) -> None:
        """`origins` are the pages that may connect, "*" for all. Who is not a browser names none,
        and may."""
        self.sock: socket.socket = inner.sock
        self._inner = inner
        allowed = None if "*" in origins else [*map(Origin, origins), None]
        self._protocol = ServerProtocol(
            origins=allowed,
            subprotocols=[TEXT, BINARY],
            select_subprotocol=_choose,
            max_size=MESSAGE_BYTES_MAX,
            logger=_QUIET,
        )
        self._handshake_bytes = 0
        self._opcode = Opcode.TEXT
        self._message = bytearray()  # of a message in pieces: their bytes, for they may be empty
        self._is_text = True
        self._control = b""
        self._has_failed = False
        self._is_over = False
        self._tail = b""

    def receive(self) -> bytes:
        """The lines that have arrived, each with CR LF.

        Raises:
            StreamClosed: The peer is gone; or, with `lingers`, it closed or broke the rules, and
                `last` are the lines before that.
        """
        received = self._inner.receive()
        protocol = self._protocol
        if not received or self._is_over:
            return b""
        if protocol.state is State.CONNECTING:
            self._handshake_bytes += len(received)
            if self._handshake_bytes > HANDSHAKE_BYTES_MAX:
                self._is_over = True
                self._say(BAD_REQUEST)
                raise StreamClosed("WebSocket handshake too long", lingers=True)
        try:
            lines = b"".join(map(self._decode, self._cut(received)))
        except Exception as bug:  # of the library's, or ours: it costs this connection
            raise StreamClosed(f"WebSocket error: {type(bug).__name__}") from bug
        answer = b"".join(protocol.data_to_send())
        if not protocol.close_expected():
            if answer and len(self._control) < CONTROL_BYTES_MAX:
                self._say(answer)
            return lines
        self._is_over = True
        if not answer and protocol.state is State.CONNECTING:
            answer = BAD_REQUEST
        self._say(answer)
        raise StreamClosed(self._reason(), last=lines, lingers=True)

    def _cut(self, received: bytes) -> tuple[bytes, ...]:
        """The end of the request apart from what follows: that is frames only if we accept it."""
        if self._protocol.state is not State.CONNECTING:
            return (received,)
        seen = self._tail + received
        found, new_from, self._tail = seen.find(b"\r\n\r\n"), len(self._tail), seen[-3:]
        if found < 0:
            return (received,)
        return seen[new_from : found + 4], seen[found + 4 :]

    def _decode(self, received: bytes) -> bytes:
        """The lines in what has arrived. The library discards what follows a refusal or a close."""
        self._protocol.receive_data(received)
        return b"".join(map(self._take, self._protocol.events_received()))

    def _take(self, event: object) -> bytes:
        """What one event of the library is to the reader of lines."""
        if isinstance(event, Request):
            self._answer(event)
            return b""
        assert isinstance(event, Frame)
        if self._has_failed:
            return b""
        if event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return NOT_A_LINE
        if event.opcode is not Opcode.CONT:
            self._is_text = event.opcode is Opcode.TEXT
        self._message += event.data
        if not event.fin:
            return NOT_A_LINE
        message = bytes(self._message)
        self._message.clear()
        if self._is_text and not _is_utf8(message):
            self._protocol.fail(CloseCode.INVALID_DATA, "not UTF-8")
            self._has_failed = True
            return b""
        return _line_of(message)

    def _answer(self, request: Request) -> None:
        """Open, or say why not."""
        protocol = self._protocol
        response = protocol.accept(request)
        if isinstance(protocol.handshake_exc, InvalidOrigin):
            text = "Pages from there may not connect; listeners.origins says which may.\n"
            response = protocol.reject(HTTPStatus.FORBIDDEN, text)
        protocol.send_response(response)
        if protocol.subprotocol == BINARY:
            self._opcode = Opcode.BINARY

    def _reason(self) -> str:
        """Why it ended, for the log and for those who see somebody leave."""
        protocol = self._protocol
        if protocol.state is State.CONNECTING:
            return "Not a WebSocket handshake that we take"
        if protocol.close_rcvd is not None:
            return "Connection closed"
        sent = protocol.close_sent
        return f"WebSocket error: {sent.reason if sent else 'broken'}"

    def _say(self, control: bytes) -> None:
        """Send what the protocol itself has to say, behind the frame that is on its way.

        A peer that is gone is found out by the next read: first what it had sent counts.
        """
        self._control += control
        with contextlib.suppress(StreamClosed):
            self.flush()

    def write(self, payload: bytes) -> None:
        """Take whole lines over for sending. Nobody is there to read them before the handshake and
        after the end."""
        if self._protocol.state is State.OPEN:
            self._inner.write(frame_lines(payload, self._opcode))

    def flush(self) -> bool:
        """Send what the socket takes; whether everything is gone. Raises StreamClosed."""
        if not self._inner.flush():
            return False
        if self._control:
            control, self._control = self._control, b""
            self._inner.write(control)
            return self._inner.flush()
        return True

    @property
    def unsent_bytes(self) -> int:
        """What was taken over and is not sent."""
        return self._inner.unsent_bytes + len(self._control)

    def finish(self) -> None:
        """Say goodbye and close the sending side. Never raises, never waits."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._say(b"".join(self._protocol.data_to_send()))
        self._inner.finish()


def frame_lines(block: bytes, opcode: Opcode) -> bytes:
    """Lines with CR LF as one unmasked frame each, without (RFC 6455 5.2).

    By hand, because this is the one busy path: the library's way costs four times as much.
    """
    parts: list[bytes] = []
    first = 0x80 | opcode
    for line in block.split(b"\r\n"):
        size = len(line)
        if 0 < size < 126:
            parts.append(bytes((first, size)))
        elif size:  # no line of ours has 65,536 bytes
            parts.append(bytes((first, 126, size >> 8, size & 255)))
        else:
            continue
        parts.append(line)
    return b"".join(parts)


def _choose(_protocol: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """The first that we know: the order is the client's. Without any, messages are texts."""
    return next((each for each in offered if each in (TEXT, BINARY)), None)


def _is_utf8(message: bytes) -> bool:
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


def _line_of(message: bytes) -> bytes:
    """The message as a line: an ending too many is forgiven, two lines in one are not.

    A bare CR inside makes the parser refuse the whole line, as an LF inside must.
    """
    line = message.removesuffix(b"\n").removesuffix(b"\r")
    if not line:
        return NOT_A_LINE
    return line.replace(b"\n", b"\r") + b"\r\n"
