"""The index behind the search: filled after the messages, emptied with them. Owner: the hub thread.

Theory of operation. Messages are indexed in small groups when the hub has nothing better to do, on
the connection that writes: a second writer would mean lock waits for the hub, and two connections
that checkpoint. `indexed_id` says how far it has come, and is kept in the same transaction, so that
a crash leaves the two in agreement.

Each group makes the index one part longer, and the parts are merged a few pages a step. FTS5 does
not forget a word at once: a deletion is a note beside it until the two meet in a merge. So after a
redaction all parts are merged into one: a purge. (`secure-delete` of SQLite 3.42 would be instant,
but a file that used it cannot be searched by an older one again.)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from irc.names import nick_key
from server.log.interning import Interner
from server.log.schema import TEXT_KIND_MAX

INDEX_ROWS = 150
"""Messages that are indexed in one step: about a millisecond."""

MERGE_PAGES = 16
"""Pages that are merged in one step: about a millisecond."""

PURGE_PAUSE_MS = 600_000
"""Between the beginnings of two purges: each one rewrites the whole index (50 MB for a million
messages), and somebody who redacts all day shall not make the disk busy all day."""

Row = tuple[int, int, int | None, str, str]
"""Of a message: id, conversation, account, source and text."""


class Index:
    """What was said, by its words. Every change is within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, interner: Interner) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._interner = interner
        self._purged_at_ms = -PURGE_PAUSE_MS
        self.reload()

    def reload(self) -> None:
        """Know again what the database knows: at start, and after a rollback."""
        self.indexed_id = self._progress("indexed_id")
        self.wants_purge = bool(self._progress("purge"))
        self._is_purging = False
        self._may_merge = True

    def pending(self) -> list[tuple[int, Row | None]]:
        """The next messages to index with their ids; None for what has nothing to be found by."""
        rows = self._execute(
            """
            SELECT m.id, m.conversation, m.account, s.name, m.text, m.kind <= ? AND m.text <> ''
            FROM messages m CROSS JOIN names s ON s.id = m.source
            WHERE m.id > ? ORDER BY m.id LIMIT ?
            """,
            (TEXT_KIND_MAX, self.indexed_id, INDEX_ROWS),
        )
        return [(row[0], row[:5] if row[5] else None) for row in rows]

    def add(self, pending: Sequence[tuple[int, Row | None]]) -> None:
        """Index what `pending` gave."""
        self._connection.executemany(
            "INSERT INTO search (rowid, text, place) VALUES (?, ?, ?)",
            [self._words_of(row) for _id, row in pending if row is not None],
        )
        self._may_merge = True
        self.indexed_id = pending[-1][0]
        self._set_progress("indexed_id", self.indexed_id)

    def remove(self, ids: Sequence[int]) -> None:
        """Take messages out, while they still have their text; those not in it are passed over."""
        found: list[Row] = []
        for number in ids:
            found += self._execute(
                """
                SELECT m.id, m.conversation, m.account, s.name, m.text
                FROM messages m CROSS JOIN names s ON s.id = m.source
                WHERE m.id = ? AND m.id <= ? AND m.kind <= ? AND m.text <> ''
                """,
                (number, self.indexed_id, TEXT_KIND_MAX),
            )
        self._connection.executemany(
            "INSERT INTO search (search, rowid, text, place) VALUES ('delete', ?, ?, ?)",
            [self._words_of(row) for row in found],
        )
        self._may_merge |= bool(found)

    def want_purge(self) -> None:
        """Let nothing of what was removed stay behind in the index, in time."""
        self._set_progress("purge", 1)
        self.wants_purge = True
        self._is_purging = False

    def is_merge_due(self, now_ms: int) -> bool:
        """Whether a step of merging, or of a purge, should be made."""
        return self._may_merge or self._is_purge_due(now_ms)

    def _is_purge_due(self, now_ms: int) -> bool:
        is_rested = now_ms - self._purged_at_ms >= PURGE_PAUSE_MS
        return self.wants_purge and is_rested and not self._is_purging

    def merge(self, now_ms: int) -> None:
        """Make a step. When it was the last one of a purge, `wants_purge` ends."""
        pages = MERGE_PAGES
        if self._is_purge_due(now_ms):
            self._is_purging, self._purged_at_ms = True, now_ms
            pages = -MERGE_PAGES  # negative: begin to merge all there is into one
        before = self._connection.total_changes
        self._execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
        # Less than two changes: it did nothing (SQLite's documentation of FTS5, "merge").
        self._may_merge = self._connection.total_changes - before >= 2
        if self._is_purging and not self._may_merge:
            self._set_progress("purge", 0)
            self.wants_purge = self._is_purging = False

    def _words_of(self, row: Row) -> tuple[int, str, str]:
        number, conversation, account, source, text = row
        nick = self._interner.name(nick_key(source.partition("!")[0]))
        by = f" {account_word(account)}" if account is not None else ""
        return number, text, f"{place_word(conversation)} {nick_word(nick)}{by}"

    def _progress(self, name: str) -> int:
        row = self._execute("SELECT value FROM progress WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def _set_progress(self, name: str, value: int) -> None:
        self._execute("UPDATE progress SET value = ? WHERE name = ?", (value, name))


def place_word(conversation: int) -> str:
    """The word for a conversation in the column `place`."""
    return f"c{conversation}"


def account_word(account: int) -> str:
    """The word for a sender's account."""
    return f"a{account}"


def nick_word(nick: int) -> str:
    """The word for the key of a sender's nick, by its number among the names."""
    return f"n{nick}"
