"""Connections to history.db: one that writes, others that only read. Called by everything here.

The file is 0600 from its first moment, and so are its companions (-wal, -shm), which SQLite makes
like it. Only the writing connection ever checkpoints: with two of them SQLite before 3.51.3 may
lose the end of the log ("WAL-reset bug").
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path

from server.log.errors import LogUnusable
from server.log.schema import check_version, migrate

FILE_NAME = "history.db"
SQLITE_MIN = (3, 37, 0)
"""The first with STRICT tables."""

BUSY_TIMEOUT_S = 5.0
"""How long to wait for a lock. Only a tool that has no business here could hold it."""

PROGRESS_STEPS = 1000
"""SQLite asks this often (in steps of its machine, some 10 ns each) whether to go on."""

_PRAGMAS = (
    "synchronous = FULL",  # a commit returns when it is on the disk
    "fullfsync = ON",  # on macOS, fsync alone stops at the disk's cache; elsewhere no difference
    "checkpoint_fullfsync = ON",
    "wal_autocheckpoint = 0",  # done by hand: an automatic one would swallow a failed fsync
    "secure_delete = ON",  # what is deleted is overwritten
    "cache_size = -16384",
    "trusted_schema = OFF",
)


def open_for_writing(path: Path, *, check_s: float) -> sqlite3.Connection:
    """The one connection that writes, with the tables of today. For one thread at a time.

    The file is looked over for at most `check_s` seconds; 0 for not at all.

    Raises:
        LogUnusable: It cannot be opened, is not ours, or is damaged.
    """
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise LogUnusable(
            _("this Python has SQLite %s, which is too old") % sqlite3.sqlite_version,
            _("the history needs SQLite 3.37 or newer: use a newer Python"),
        )
    connection = None
    try:
        make_private(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        check_version(connection)
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise LogUnusable(
                _("the history file %s is on a file system without shared memory") % path,
                _("set server.data to a folder on a local disk"),
            )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        migrate(connection)
        _write_back(connection)
        _look_over(connection, path, check_s)
    except (OSError, sqlite3.Error) as error:
        _close(connection)
        raise cannot_open(path, error) from error
    except LogUnusable:
        _close(connection)
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. For one thread at a time; the file must be there.

    Raises:
        LogUnusable: It cannot be opened or is not ours.
    """
    connection = None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA cache_size = -8192")
        connection.execute("PRAGMA trusted_schema = OFF")
        check_version(connection)
    except sqlite3.Error as error:
        _close(connection)
        raise cannot_open(path, error) from error
    except LogUnusable:
        _close(connection)
        raise
    return connection


def make_private(path: Path) -> None:
    """See to it that the file is there and that nobody else may read it.

    Raises:
        OSError: It cannot be made, or belongs to somebody else.
    """
    if not path.exists():
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0)
        os.close(os.open(path, flags, 0o600))
        sync_folder(path.parent)
    elif sys.platform != "win32" and path.stat().st_mode & 0o077:
        path.chmod(0o600)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; Windows does so by itself."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def limit_time(
    connection: sqlite3.Connection, limit_s: float, clock: Callable[[], float]
) -> Callable[[], None]:
    """Let statements be interrupted when `limit_s` have passed; gives back what ends that."""
    deadline_s = clock() + limit_s
    connection.set_progress_handler(lambda: clock() > deadline_s, PROGRESS_STEPS)
    return lambda: connection.set_progress_handler(None, 0)


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary error code, 0 when there is none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def cannot_open(path: Path, error: Exception) -> LogUnusable:
    """What to tell the operator when the file cannot be opened."""
    if isinstance(error, sqlite3.Error) and code_of(error) in _DAMAGED:
        return LogUnusable(
            _("the history file %(path)s is damaged: %(error)s") % {"path": path, "error": error},
            _("look at it with: chat-admin log check; put a backup in its place"),
        )
    return LogUnusable(
        _("cannot open the history file %(path)s: %(error)s") % {"path": path, "error": error},
        _("see that the folder server.data is there, has room, and belongs to this user"),
    )


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _write_back(connection: sqlite3.Connection) -> None:
    """Begin with an empty WAL: what a killed server left in it may be of redacted messages.

    On a full disk it stays where it is, and what there is can be read all the same.
    """
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        if code_of(error) != sqlite3.SQLITE_FULL:
            raise


def _look_over(connection: sqlite3.Connection, path: Path, check_s: float) -> None:
    """A quick check, as far as the time goes. `chat-admin log check` does all of it."""
    if not check_s:
        return
    end = limit_time(connection, check_s, time.monotonic)
    # Before 3.41 SQLite does not ask while it walks through a table, and with a file that is not in
    # memory that takes seconds: it is told from outside.
    alarm = threading.Timer(check_s, connection.interrupt)
    alarm.start()
    try:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if code_of(error) != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    finally:
        alarm.cancel()
        alarm.join()  # nothing later may be interrupted
        end()
    if finding != "ok":
        raise cannot_open(path, _Damage(finding))


class _Damage(sqlite3.DatabaseError):
    """What a check found."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
