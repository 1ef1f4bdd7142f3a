"""The file of messages that nobody confirmed, so that closing the client loses none of them.

One for each server and account, in the state folder, readable by its owner alone. Used by the
runner (open, close) and by the driver (keep), on one thread. A second client of the same person
finds the file locked and keeps nothing. A file that cannot be read is put aside and told, never
overwritten.

Theory of operation. A message is on disk before its bytes go out: after a crash it is there with
its id, is sent again, and the server knows it (`tlschat/once`). One that went out without an id is
marked before that as well, so that it comes back as a question. That a message is confirmed may be
written later: at worst it is sent once more, and answered with its first echo.

What we tell services is kept nowhere: it may be a password.
"""

import os
import sys
import time
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path
from urllib.parse import quote

from client.core.outbox import Outbox
from client.core.unsent import Unsent, UnsentError, dump, is_in_doubt, load
from client.identity import Endpoint
from client.paths import state_dir, write_private

FILE_BYTES_MAX = 2_000_000
NAME_CHARS_MAX = 150  # of a file; file systems take 255 bytes
LAZY_S = 1.0  # how late a confirmation may be written


def unsent_path(endpoint: Endpoint, user: str) -> Path:
    """Where the messages to this server, from this account, are."""
    name = quote(f"{endpoint.host}:{endpoint.port}:{user}", safe="")
    return state_dir() / "unsent" / f"{name[:NAME_CHARS_MAX]}.json"


class UnsentFile:
    """See the top of the file.

    `is_kept`: what is unsent now will be there the next time. `trouble`: why it is not any more.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._path = path
        self._warn = warn
        self._lock: int | None = None
        self._outbox: Outbox | None = None
        self._written: dict[str, bool] = {}  # ids on disk, and whether they are there as doubtful
        self._changes = -1
        self._written_at_s = 0.0
        self.is_kept = False
        self.trouble = ""

    def open(self) -> tuple[Unsent, ...]:
        """Take the file for us alone; the messages in it."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _lock(self._path.with_suffix(".lock"))
            if self._lock is None:
                self._warn(_("another chat-client of yours is open; this one keeps no messages"))
                return ()
            self.is_kept = True
            return self._read()
        except OSError as error:
            self._fail(error)
            self._warn(self.trouble)
            self.trouble = ""
            return ()

    def watch(self, outbox: Outbox) -> None:
        """From now on `keep` keeps what is in `outbox`."""
        self._outbox = outbox

    def keep(self) -> None:
        """Write what has to be on disk now; the rest with it, or at a later call."""
        outbox = self._outbox
        if not self.is_kept or outbox is None or outbox.changes == self._changes:
            return
        is_urgent = any(self._written.get(item.id) != is_in_doubt(item) for item in outbox)
        if is_urgent or time.monotonic() - self._written_at_s >= LAZY_S:
            self._write(outbox)

    def close(self) -> None:
        """Write what is left, and let others have the file."""
        outbox = self._outbox
        if self.is_kept and outbox is not None and outbox.changes != self._changes:
            self._write(outbox)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _read(self) -> tuple[Unsent, ...]:
        try:
            with self._path.open("rb") as stream:
                content = stream.read(FILE_BYTES_MAX + 1)
            if len(content) > FILE_BYTES_MAX:
                raise UnsentError("it is too big")
            return load(content.decode("utf-8"))
        except FileNotFoundError:
            return ()
        except (UnsentError, UnicodeDecodeError) as error:
            aside = self._path.with_suffix(".bad")
            os.replace(self._path, aside)
            told = _("%(path)s cannot be read (%(why)s): it is %(aside)s now, and left alone")
            self._warn(told % {"path": self._path, "why": error, "aside": aside.name})
            return ()

    def _write(self, outbox: Outbox) -> None:
        try:
            if len(outbox):
                write_private(self._path, dump(outbox))
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            self._fail(error)
            return
        self._written_at_s = time.monotonic()
        self._changes = outbox.changes
        self._written = {item.id: is_in_doubt(item) for item in outbox}

    def _fail(self, error: OSError) -> None:
        # A disk that is full must not stop the chat; what is unsent is told at the end.
        self.is_kept = False
        told = _("messages that wait are not kept: %(path)s: %(why)s")
        self.trouble = told % {"path": self._path, "why": error.strerror}


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock until it is closed; None when somebody else has it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
