"""The message log in SQLite: the hub's half. Reading for everybody else is in reader.py.

Theory of operation. One connection writes, and it is the hub's. A batch is one transaction in WAL
mode with synchronous=FULL: COMMIT returns after fdatasync of the log file, and only then does
`accept`. When the disk is full SQLite takes the whole transaction back, and so do we: everything
kept at hand is forgotten and asked of the database again. After any other failure nobody knows what
is on the disk. Then the log is broken: it takes nothing any more, and the process must stop.

Measured: 5.5 of 6 parts of a small commit are the fdatasync. Nothing here would be faster with more
threads, and everything would be less certain.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from irc.names import NickKey
from server.core.facts import Fact, is_durable
from server.core.history import Restored, Stored
from server.log import restoring
from server.log.connecting import BUSY_TIMEOUT_S, code_of, open_for_writing
from server.log.errors import LogBroken, LogFull
from server.log.indexing import Index
from server.log.interning import Interner
from server.log.retention import KEEP_ALL, Expirer, Retention
from server.log.rows import SELECTED, stored
from server.log.writing import Writer

CHECK_S = 0.5
"""How long a start may look the file over."""

CHECKPOINT_PAGES = 100
"""So many pages of the WAL are written back when there is time for it: some 3 ms."""

WAL_PAGES_MAX = 2000
"""So many (8 MB) are written back even if there is none: some 15 ms."""

PAGES_PER_COMMIT = 6
ROWS_PER_PAGE = 8
"""What a batch costs in the WAL, about: the tails of the table and of its indexes, and the rows."""

PAGES_PER_STEP = 25
"""The same for a step of `tidy`."""

Result = TypeVar("Result")


class SqliteLog:
    """A `MessageLog` in one file. Owner: the hub thread; made by whoever starts it."""

    def __init__(
        self,
        path: Path,
        *,
        retention: Retention = KEEP_ALL,
        min_free_bytes: int = 0,
        check_s: float = CHECK_S,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        """Open the file, or make it. With less than `min_free_bytes` on the disk nothing is taken.

        Raises:
            LogUnusable: It cannot be opened, is not ours, or is damaged.
        """
        self.retention = retention
        """May be replaced at any time (by the owner)."""
        self._min_free_bytes = min_free_bytes
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(path.parent).free)
        self._connection = open_for_writing(path, check_s=check_s)
        self._execute = self._connection.execute
        self._interner = Interner(self._connection)
        self._index = Index(self._connection, self._interner)
        self._writer = Writer(self._connection, self._interner, self._index)
        self._expirer = Expirer(
            self._connection, self._index, self._writer.touched, self._writer.lightened
        )
        self._chores = (self._write_back, self._add_to_index, self._expire, self._merge)
        self._turn = 0
        self._wal_pages = 0
        self._must_truncate = False
        self._broken = ""

    def restore(self) -> Restored:
        """What was kept before. See `MessageLog`."""
        return self._asked(lambda: restoring.restore(self._connection))

    def accept(self, facts: Sequence[Fact]) -> None:
        """Make the facts durable. See `MessageLog`."""
        self._refuse_if_broken()
        if not any(map(is_durable, facts)):
            return
        if self._min_free_bytes and self._free_bytes() < self._min_free_bytes:
            raise LogFull("there is too little room on the disk")
        rows = self._transact(lambda: self._writer.write(facts))
        self._wal_pages += PAGES_PER_COMMIT + rows // ROWS_PER_PAGE
        if self._wal_pages >= WAL_PAGES_MAX:
            self._checkpoint()

    def find(self, msgid: str) -> Stored | None:
        """The message with this id. See `MessageLog`."""
        return self._find(f"{SELECTED} WHERE m.msgid = ? AND m.seq > 0", (msgid,))

    def find_once(self, account: NickKey, once: str) -> Stored | None:
        """The message the account sent with this id of its own. See `MessageLog`."""
        condition = "m.account = (SELECT id FROM accounts WHERE key = ?) AND m.once = ?"
        return self._find(f"{SELECTED} WHERE {condition}", (account, once))

    def tidy(self, now_ms: int) -> bool:
        """Do a small step of what can wait; whether there is more. See `MessageLog`."""
        self._refuse_if_broken()
        try:
            for _ in self._chores:
                self._turn = (self._turn + 1) % len(self._chores)
                if self._chores[self._turn](now_ms):
                    return True
        except LogFull:
            pass  # it is for later
        return False

    def close(self) -> None:
        """Give everything back. May be called twice."""
        self._connection.close()

    # What can wait. Each does one step and says whether it did something.

    def _write_back(self, _now_ms: int) -> bool:
        if self._must_truncate:
            return self._truncate()
        return self._wal_pages >= CHECKPOINT_PAGES and self._checkpoint()

    def _add_to_index(self, _now_ms: int) -> bool:
        pending = self._asked(self._index.pending)
        if pending:
            self._do_lightly(lambda: self._index.add(pending))
        return bool(pending)

    def _expire(self, now_ms: int) -> bool:
        is_counting = self._asked(lambda: self._expirer.weigh(self.retention))
        ids = self._asked(lambda: self._expirer.find(now_ms, self.retention))
        if ids:
            self._do_lightly(lambda: self._expirer.let_go(ids))
            return True
        acts = self._asked(lambda: self._expirer.find_acts(now_ms, self.retention))
        if acts:
            self._do_lightly(lambda: self._expirer.let_acts_go(acts))
        return bool(acts) or is_counting

    def _merge(self, now_ms: int) -> bool:
        if not self._index.is_merge_due(now_ms):
            return False
        wanted_purge = self._index.wants_purge
        self._do_lightly(lambda: self._index.merge(now_ms))
        self._must_truncate |= wanted_purge and not self._index.wants_purge
        return True

    def _checkpoint(self) -> bool:
        """Write back what no reader still needs from the WAL; whether that was enough."""
        try:
            _busy, pages, done = self._execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            if code_of(error) != sqlite3.SQLITE_FULL:
                self._break(error)
            pages = done = 0  # it is all in the WAL, and stays there until there is room
        # What a reader keeps in the WAL is tried again when there is more, not at every batch.
        self._wal_pages = min(pages - done, CHECKPOINT_PAGES - 1)
        return bool(done == pages)

    def _truncate(self) -> bool:
        """Leave nothing in the WAL, where a redacted text may still be; whether it could be done.

        A reader in the middle of an answer prevents it, and is not waited for.
        """
        self._execute("PRAGMA busy_timeout = 0")
        try:
            busy, _pages, _done = self._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            if code_of(error) != sqlite3.SQLITE_FULL:
                self._break(error)
            busy = 1
        self._execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
        if not busy:
            self._must_truncate = False
            self._wal_pages = 0
        return not busy

    # Transactions and what goes wrong in them.

    def _do_lightly(self, work: Callable[[], None]) -> None:
        """Do work that nobody was promised: it may be lost in a power cut, and is done again."""
        self._execute("PRAGMA synchronous = NORMAL")
        try:
            self._transact(work)
        finally:
            self._execute("PRAGMA synchronous = FULL")
        self._wal_pages += PAGES_PER_STEP

    def _transact(self, work: Callable[[], Result]) -> Result:
        try:
            self._execute("BEGIN IMMEDIATE")
            result = work()
            self._execute("COMMIT")
        except Exception as error:
            self._take_back(error)
        return result

    def _take_back(self, error: Exception) -> NoReturn:
        """The transaction failed: end it, forget what was known of it, and say what that means."""
        try:
            if self._connection.in_transaction:  # SQLITE_FULL has ended it by itself
                self._execute("ROLLBACK")
            self._interner.forget()
            self._writer.forget()
            self._expirer.forget()
            self._index.reload()
        except sqlite3.Error as second:
            self._break(second)
        if isinstance(error, sqlite3.Error) and code_of(error) == sqlite3.SQLITE_FULL:
            raise LogFull("the disk is full") from error
        self._break(error)

    def _asked(self, question: Callable[[], Result]) -> Result:
        self._refuse_if_broken()
        try:
            return question()
        except sqlite3.Error as error:
            self._break(error)

    def _find(self, query: str, values: tuple[str, ...]) -> Stored | None:
        row = self._asked(lambda: self._execute(query, values).fetchone())
        return None if row is None else stored(row)

    def _break(self, error: Exception) -> NoReturn:
        self._broken = f"the history cannot be trusted any more: {error}"
        raise LogBroken(self._broken) from error

    def _refuse_if_broken(self) -> None:
        if self._broken:
            raise LogBroken(self._broken)
