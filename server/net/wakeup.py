"""A bell that ends another thread's wait in its selector: eventfd where there is one, else a socket
pair.

Ringing costs a system call, so it is rung only for a loop that sleeps (loop.py says how that is
known).
"""

from __future__ import annotations

import contextlib
import os
import socket


class Bell:
    """Wait for `fileno()` to be readable; `ring()` from any thread; `silence()` by the waiter."""

    def __init__(self) -> None:
        self._pair: tuple[socket.socket, socket.socket] | None = None
        self._fd = -1
        if hasattr(os, "eventfd"):
            self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        else:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            theirs.setblocking(False)
            self._pair = (ours, theirs)

    def fileno(self) -> int:
        """What to wait for."""
        return self._fd if self._pair is None else self._pair[0].fileno()

    def ring(self) -> None:
        """Make the file readable. Ringing twice is ringing once."""
        with contextlib.suppress(BlockingIOError):
            if self._pair is None:
                os.eventfd_write(self._fd, 1)
            else:
                self._pair[1].send(b"!")

    def silence(self) -> None:
        """Make the file not readable any more."""
        with contextlib.suppress(BlockingIOError):
            if self._pair is None:
                os.eventfd_read(self._fd)
            else:
                while self._pair[0].recv(4096):
                    pass

    def close(self) -> None:
        """Give the files back. May be called twice, and by nobody while others may still ring."""
        if self._pair is not None:
            for end in self._pair:
                end.close()
        elif self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
