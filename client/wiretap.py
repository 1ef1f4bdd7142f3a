"""`--debug FILE`: every line of the wire, one per line, with what is secret masked.

Wraps a line; called by the driver's reads and writes. The file is its owner's alone (0600)
and is written line by line, so that it is whole up to the moment of a crash.
"""

import os
import time
from pathlib import Path
from typing import TextIO

from client.core.input import is_service
from client.driver import Line
from irc.sanitise import escape_log

LINE_BYTES_MAX = 2_048
HELD_BYTES_MAX = 65_536  # no line of IRC is longer; what follows is logged from its next end on

# Commands whose parameters, or those after the first, are nobody's business. Matched on the words
# of the line, so that a line which is no valid message is masked too.
_SECRET_FROM = {"PASS": 1, "AUTHENTICATE": 1, "OPER": 2, "REGISTER": 1, "VERIFY": 1}
_SECRET_FROM |= {"NICKSERV": 1, "NS": 1}
# Not secrets: what the two sides say about the mechanism.
_OPEN_WORDS = frozenset({"PLAIN", "EXTERNAL", "+", "*"})


def open_log(path: Path) -> TextIO:
    """The file, emptied. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8", buffering=1)


def mask(line: str) -> str:
    """The line without its secrets."""
    words = line.split(" ")
    start = 1 if words[0].startswith("@") else 0
    if len(words) > start and words[start].startswith(":"):
        start += 1
    command = words[start].upper() if len(words) > start else ""
    first = _SECRET_FROM.get(command)
    if command in ("PRIVMSG", "NOTICE") and any(map(is_service, words[start + 1 :][:1])):
        first = 2  # what is said to NickServ is as a rule a password
    if first is None:
        return line
    kept, hidden = words[: start + first], words[start + first :]
    return " ".join([*kept, *(word if word in _OPEN_WORDS else "***" for word in hidden)])


class TappedLine:
    """A connection whose traffic is written down."""

    def __init__(self, line: Line, log: TextIO) -> None:
        self._line = line
        self._log = log
        self._held = {"<": b"", ">": b""}
        self._note("=", "connected")

    async def read(self) -> bytes:
        """See `driver.Line.read`."""
        octets = await self._line.read()
        self._take("<", octets)
        if not octets:
            self._note("=", "closed")
        return octets

    def write(self, octets: bytes) -> None:
        """See `driver.Line.write`."""
        self._take(">", octets)
        self._line.write(octets)

    async def close(self) -> None:
        """See `driver.Line.close`."""
        await self._line.close()

    def _take(self, direction: str, octets: bytes) -> None:
        *lines, self._held[direction] = (self._held[direction] + octets).split(b"\n")
        for line in lines:
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            self._note(direction, escape_log(mask(text), LINE_BYTES_MAX))
        if len(self._held[direction]) > HELD_BYTES_MAX:
            self._held[direction] = b""
            self._note(direction, "(a line without an end)")

    def _note(self, direction: str, text: str) -> None:
        now = time.time()
        clock = time.strftime("%H:%M:%S", time.localtime(now))
        self._log.write(f"{clock}.{int(now * 1000) % 1000:03} {direction} {text}\n")
