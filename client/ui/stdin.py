"""Lines from standard input, whatever it is: a pipe, a file, a terminal.

Used by the plain and pipe faces. A thread of its own reads, because no event loop can wait for a
regular file, nor for a Windows console; it hands whole lines to the loop and never runs more than
`LINES_AHEAD_MAX` lines ahead of the reader. It reads the descriptor itself: a thread that sleeps
inside `sys.stdin` would make Python abort at exit. And a copy of it: somebody may close the other
while the thread sleeps, and its number would soon be another file's.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Iterator
from enum import Enum
from typing import Any

LINES_AHEAD_MAX = 100
LINE_BYTES_MAX = 65_536  # far more than a message may have, so that its length is told, not cut
_CHUNK_BYTES = 65_536


class Oversize(Enum):
    """Stands for a line of more than `LINE_BYTES_MAX`, which was skipped."""

    LINE = "line"


async def read_lines(fd: int = 0) -> AsyncIterator[str | Oversize]:
    """The lines of `fd` without their ends, until it ends. What is no UTF-8 becomes U+FFFD."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | Oversize | None] = asyncio.Queue()
    room = threading.Semaphore(LINES_AHEAD_MAX)

    def hand_over(line: str | Oversize | None) -> bool:
        try:
            loop.call_soon_threadsafe(arrived.put_nowait, line)
        except RuntimeError:  # the loop is closed: nobody reads any more
            return False
        return True

    own = os.dup(fd)

    def run() -> None:
        try:
            for line in _split(_chunks(own)):
                room.acquire()
                if not hand_over(line):
                    return
            hand_over(None)
        finally:
            os.close(own)

    threading.Thread(target=run, name="stdin", daemon=True).start()
    while (line := await arrived.get()) is not None:
        room.release()
        yield line


class Echo:
    """What a terminal does with what is typed: shows it, or not. Owner: the event loop's thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._before: list[Any] | None = None  # how the terminal was set while it shows

    def hide(self) -> bool:
        """Show nothing of what is typed from now on; False where that cannot be."""
        if self._before is not None:
            return True
        try:
            import termios

            before = termios.tcgetattr(self._fd)
            hidden = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
            termios.tcsetattr(self._fd, termios.TCSADRAIN, hidden)
        except (ImportError, OSError, termios.error):  # no terminal, or none of this kind
            return False
        self._before = before
        return True

    def show(self) -> None:
        """Show it again."""
        before, self._before = self._before, None
        if before is not None:
            import termios

            with contextlib.suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(self._fd, termios.TCSADRAIN, before)


def read_first_line(fd: int = 0, bytes_max: int = 1_024) -> str:
    """The first line and not a byte more, so that what follows is left for others."""
    line = b""
    while len(line) < bytes_max and (octet := os.read(fd, 1)) not in (b"", b"\n"):
        line += octet
    return line.rstrip(b"\r").decode("utf-8", "replace")


def _chunks(fd: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(fd, _CHUNK_BYTES)
        except OSError:  # a terminal that went away
            return
        if not chunk:
            return
        yield chunk


def _split(chunks: Iterator[bytes]) -> Iterator[str | Oversize]:
    held = b""
    is_skipping = False
    for chunk in chunks:
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            if is_skipping:
                is_skipping = False
            elif len(line) > LINE_BYTES_MAX:
                yield Oversize.LINE
            else:
                yield line.rstrip(b"\r").decode("utf-8", "replace")
        if len(held) > LINE_BYTES_MAX:
            if not is_skipping:
                yield Oversize.LINE
            held, is_skipping = b"", True
    if held and not is_skipping:
        yield held.rstrip(b"\r").decode("utf-8", "replace")
