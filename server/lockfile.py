"""The data folder, made private, and held by one server at a time.

Called by `__main__` before anything is opened or bound; held until the process ends. The lock is
the kernel's (flock, or msvcrt on Windows), so a server that was killed leaves nothing to clean. The
lock file stays: removing it would let two processes hold locks on two files of one name.
"""

import os
import stat
import sys
from gettext import gettext as _
from pathlib import Path
from types import TracebackType
from typing import Self

LOCK_NAME = "server.lock"
_PID_BYTES_MAX = 32

if sys.platform == "win32":
    import msvcrt

    _FAR_BYTE = 1 << 20
    """Windows locks are mandatory: locking the first byte would hide the pid from who asks."""

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class DataFolderError(Exception):
    """The data folder cannot be made or used: `error` says why, `hint` what to do."""

    def __init__(self, error: str, hint: str) -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


class DataFolderLocked(DataFolderError):
    """Another server has it; `pid` is its process, or None when it did not say."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        self.pid = pid
        error = _("another chat-server (pid %(pid)s) is using the data folder %(folder)s")
        super().__init__(
            error % {"pid": pid or "?", "folder": folder},
            _("stop that one first, or give this one another folder: server.data in its config"),
        )


class DataFolder:
    """A folder that this process alone may use: `with DataFolder(path): ...`"""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Make the folder (0700) where it is missing, and take it.

        Raises:
            DataFolderLocked: Another process has it. Try again when that one is gone.
            DataFolderError: It cannot be made, is no folder, or anyone may write in it.
        """
        try:
            self._make()
            self._take()
        except OSError as problem:
            why = {"folder": self.path, "why": problem.strerror or problem}
            raise DataFolderError(
                _("the data folder %(folder)s cannot be used: %(why)s") % why,
                _("make it writable for the user that runs chat-server, or change server.data"),
            ) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _make(self) -> None:
        if not self.path.is_dir():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
        # Who may write in the folder may replace what is in it, whatever the mode of the files.
        if os.name == "posix" and self.path.stat().st_mode & stat.S_IWOTH:
            raise DataFolderError(
                _("every user of this computer can write in the data folder %s") % self.path,
                f"chmod 700 {self.path}",
            )

    def _take(self) -> None:
        # O_NOFOLLOW: the name must not be a link to a file of somebody else.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.path / LOCK_NAME, flags, 0o600)
        try:
            _try_lock(descriptor)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except (BlockingIOError, PermissionError):  # the second is what Windows says
            pid = _read_pid(descriptor)
            os.close(descriptor)
            raise DataFolderLocked(self.path, pid) from None
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor


def _read_pid(descriptor: int) -> int | None:
    """The pid in the file, or None: its owner may be between taking the lock and writing it."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    text = os.read(descriptor, _PID_BYTES_MAX)
    try:
        return int(text)
    except ValueError:
        return None
