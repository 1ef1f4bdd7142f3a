"""The control socket: how chat-admin talks to the server that is running. One thread of its own.

`control.sock` in the data folder, for the server's own user alone (0600 before it listens).
One line of JSON each way, then the connection is closed: {"do": "...", ...} and {"ok": ...}, or
{"problem": "..."}. Whoever connects is served alone, and waited for a few seconds at most: this is
for one operator, not for crowds. It decides nothing: `handlers` do, by the word in "do".
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SOCKET_NAME = "control.sock"

REQUEST_BYTES_MAX = 65_536
"""Of a request: a topic, modes and accounts. A longer one is answered by "too_long"."""

ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""Of an answer: ten thousand rooms take some 4 MB."""

TIMEOUT_S = 30.0
"""How long who asks waits for the answer: others may be served first."""

REQUEST_TIMEOUT_S = 5.0
"""How long the whole of a request may take, and the taking of its answer: the next one waits."""

NOT_UNDERSTOOD = {"problem": "not_understood"}

Handler = Callable[[dict[str, Any]], dict[str, Any]]


class NoControl(Exception):
    """There is no control socket to be had; the sentence says why."""


def is_possible() -> bool:
    """Whether this system has local sockets. (Windows has them; its Python does not.)"""
    return hasattr(socket, "AF_UNIX")


class Control:
    """Serves the control socket. `start` and `stop` are the main thread's."""

    def __init__(self, folder: Path, handlers: Mapping[str, Handler]) -> None:
        """Takes the place of a socket that a killed server has left: the folder is ours alone.

        Raises:
            NoControl: It cannot be had. The server does without.
        """
        self._handlers = handlers
        self._path = folder / SOCKET_NAME
        if sys.platform == "win32" or not is_possible():
            raise NoControl("this system has no local sockets for Python")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)
            self._listener.bind(str(self._path))
            self._path.chmod(0o600)
            self._listener.listen()
        except OSError as error:
            self._listener.close()
            raise NoControl(f"{self._path}: {error}") from error
        self._listener.setblocking(False)
        self._wake_read, self._wake_write = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def start(self) -> None:
        """Begin serving."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more, and take the socket away. A request in hand is not waited for."""
        self._wake_write.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        with self._listener, self._wake_read, selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _events in selector.select()]
                if self._wake_read in ready:
                    return
                with contextlib.suppress(OSError):
                    connection, _address = self._listener.accept()
                    with connection:
                        self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            answer = self._answer(read_line(connection, REQUEST_BYTES_MAX, REQUEST_TIMEOUT_S))
        except (ValueError, RecursionError):  # no JSON; or brackets in brackets in brackets
            answer = NOT_UNDERSTOOD
        connection.settimeout(REQUEST_TIMEOUT_S)
        connection.sendall(json.dumps(answer).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, Any]:
        request = json.loads(line)
        handler = self._handlers.get(str(request.get("do"))) if isinstance(request, dict) else None
        if handler is None:
            return NOT_UNDERSTOOD
        try:
            return handler(request)
        except (KeyError, TypeError, ValueError):
            return NOT_UNDERSTOOD


def ask(folder: Path, request: dict[str, Any]) -> dict[str, Any] | None:
    """What the running server answers; None when nobody listens there.

    Raises:
        NoControl: Somebody listens, and does not answer as a server does.
    """
    path = folder / SOCKET_NAME
    if sys.platform == "win32" or not is_possible() or not path.exists():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_S)
        try:
            connection.connect(str(path))
        except OSError:
            return None  # left behind by a server that was killed
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(read_line(connection, ANSWER_BYTES_MAX, TIMEOUT_S))
        except (OSError, ValueError) as error:
            raise NoControl(str(error)) from error
    if not isinstance(answer, dict):
        raise NoControl("the answer is not understood")
    return answer


def read_line(connection: socket.socket, bytes_max: int, timeout_s: float) -> bytes:
    """Up to a line feed, or to the end, however it is cut.

    Raises:
        OSError: It took too long, or broke off.
        ValueError: It is too long.
    """
    parts: list[bytes] = []
    size = 0
    deadline_s = time.monotonic() + timeout_s
    connection.settimeout(timeout_s)
    while part := connection.recv(65_536):
        connection.settimeout(max(0.001, deadline_s - time.monotonic()))
        head, end, _rest = part.partition(b"\n")
        parts.append(head)
        size += len(head)
        if size > bytes_max:
            raise ValueError(f"more than {bytes_max} bytes")
        if end:
            break
    return b"".join(parts)
