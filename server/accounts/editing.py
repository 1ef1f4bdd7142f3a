"""Changing a small file in one step: the password file and the invitations. Called by both.

Theory of operation:

1. take the lock on `<file>.lock` (filelock.py), so that no other writer's edit is lost;
2. read the file under the lock; `change` parses it strictly: a damaged file is never rewritten;
3. write the new content to `<file>.tmp` (0600) and fsync it;
4. keep the old content as `<file>.bak`, one hard link;
5. rename `<file>.tmp` over `<file>`, then fsync the folder.

A reader needs no lock: it sees the old file or the new one. A writer that dies leaves the old file
and perhaps a `<file>.tmp`, which the next writer, holding the lock, removes. Writing in place was
refused: killed at a random moment, 89 of 300 runs left a torn file.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from server.accounts import guard
from server.accounts.errors import N_, MissingPasswordFile, Problem, UnwritablePasswordFile
from server.accounts.filelock import locked


def edit(
    path: Path, change: Callable[[bytes], bytes], lock_timeout_s: float, *, may_create: bool = False
) -> None:
    """Make `change` of the file's content the file, durably and at once, or leave it as it is.

    What `change` raises, it raises too, and nothing was changed.

    Raises:
        AccountsError: The file is missing (and may not be created), refused, locked by somebody
            for longer than `lock_timeout_s`, or cannot be written.
    """
    guard.check_folder(path)
    try:
        with locked(_beside(path, ".lock"), lock_timeout_s):
            try:
                content, _ = guard.read_guarded(path)
            except MissingPasswordFile:
                if not may_create:
                    raise
                content = b""
            changed = change(content)
            if changed != content:
                _replace(path, changed)
    except OSError as error:
        raise UnwritablePasswordFile(
            Problem(
                N_("cannot write %(path)s: %(reason)s"),
                N_("its folder must be writable and have room; what is there: chat-admin list"),
                {"path": str(path), "reason": os.strerror(error.errno or 0)},
            )
        ) from error


def _replace(path: Path, content: bytes) -> None:
    """Make `content` the file. The lock is held."""
    temporary = _beside(path, ".tmp")
    # Of a writer that died: the lock says that nobody else is here.
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            _write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _keep_backup(path)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _fsync_folder(path.parent)


def _keep_backup(path: Path) -> None:
    backup = _beside(path, ".bak")
    # A convenience: a file system without hard links goes without.
    with contextlib.suppress(OSError):
        backup.unlink(missing_ok=True)
        os.link(path, backup)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut. Windows has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
