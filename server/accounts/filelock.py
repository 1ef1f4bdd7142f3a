"""One writer at a time, between processes: a lock on a file of its own. Called by `passwd`.

The lock is on `passwd.lock`, never on `passwd`: that one is replaced by each edit, and a lock on a
file that is no longer there protects nobody. The lock file stays; removing it would let two
processes lock two different files of that name. The kernel drops the lock of a process that dies.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from server.accounts.errors import N_, BusyPasswordFile, Problem

POLL_S: Final = 0.02
"""Between two tries. Blocking in flock() could not be given a deadline without signals."""

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(
    path: Path,
    timeout_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lock on `path`, made when absent, for the body of the `with`.

    Raises:
        BusyPasswordFile: Somebody else held it for `timeout_s`.
        OSError: The lock file cannot be made or opened.
    """
    # O_NOFOLLOW: in a shared folder somebody could point the name at a file of ours.
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        deadline = clock() + timeout_s
        while True:
            try:
                _try_lock(descriptor)
                break
            except (BlockingIOError, PermissionError):  # the second is what Windows says
                if clock() >= deadline:
                    raise _busy(path) from None
            sleep(POLL_S)
        yield
    finally:
        os.close(descriptor)


def _busy(path: Path) -> BusyPasswordFile:
    return BusyPasswordFile(
        Problem(
            N_("another chat-admin is changing the accounts (it holds %(path)s)"),
            N_("try again in a moment"),
            {"path": str(path)},
        )
    )
