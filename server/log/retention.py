"""Letting old messages go, by age and by number, a few at a time. Owner: the hub thread.

What goes is always the oldest of a conversation, so that the numbers that are kept have no gap; the
conversation remembers how far it has gone. Joins and other events go with the messages around them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from server.log.indexing import Index

EXPIRE_ROWS = 50
"""What one step lets go: about a millisecond."""


FIRST_KEPT = """
SELECT at_ms, id FROM messages
WHERE conversation = ?1 AND seq > 0 AND seq = 1 - ?2 + (
    SELECT max(seq) FROM messages WHERE conversation = ?1 AND seq > 0
)
"""
"""The first message to keep, if all before it were not let go already: numbers have no gap."""

BEFORE_IT = """
SELECT id FROM messages WHERE conversation = ? AND (at_ms, id) < (?, ?)
ORDER BY at_ms, id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long and how much is kept; 0 is without end."""

    age_ms_max: int = 0
    messages_per_conversation_max: int = 0


KEEP_ALL = Retention()


class Expirer:
    """Finds what has to go. `find` reads; `let_go` is within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, index: Index, touched: set[int]) -> None:
        """`touched` are the numbers of conversations in which something was said since."""
        self._execute = connection.execute
        self._index = index
        self._touched = touched
        self._seen: Retention | None = None
        self._crowded: set[int] = set()
        self._oldest_ms = 0

    def find(self, now_ms: int, retention: Retention) -> list[int]:
        """The ids of a few messages to let go, oldest first; none when all is as it should be."""
        if retention != self._seen:
            self._seen = retention
            self._crowded = {row[0] for row in self._execute("SELECT id FROM conversations")}
        found = self._forgotten()
        if not found and retention.age_ms_max:
            found = self._too_old(now_ms - retention.age_ms_max)
        if not found and retention.messages_per_conversation_max:
            found = self._too_many(retention.messages_per_conversation_max)
        return found

    def _forgotten(self) -> list[int]:
        """What was said in rooms that were removed with all that was said in them."""
        rows = self._execute(
            """
            SELECT m.id FROM forgotten f CROSS JOIN messages m ON m.conversation = f.conversation
            WHERE m.id <= f.id_max ORDER BY m.conversation, m.at_ms, m.id LIMIT ?
            """,
            (EXPIRE_ROWS,),
        )
        return [row[0] for row in rows]

    def _too_old(self, since_ms: int) -> list[int]:
        if since_ms <= self._oldest_ms:
            return []
        rows = self._execute(
            "SELECT id, at_ms FROM messages ORDER BY id LIMIT ?", (EXPIRE_ROWS,)
        ).fetchall()
        found = [number for number, at_ms in rows if at_ms < since_ms]
        if rows and not found:
            self._oldest_ms = rows[0][1]
        return found

    def _too_many(self, count_max: int) -> list[int]:
        self._crowded |= self._touched
        self._touched.clear()
        while self._crowded:
            conversation = self._crowded.pop()
            kept = self._execute(FIRST_KEPT, (conversation, count_max)).fetchone()
            rows = kept and self._execute(BEFORE_IT, (conversation, *kept, EXPIRE_ROWS)).fetchall()
            if rows:
                self._crowded.add(conversation)  # there may be more
                return [row[0] for row in rows]
        return []

    def find_acts(self, now_ms: int, retention: Retention) -> list[int]:
        """The ids of a few acts of moderation that are older than messages may be."""
        if not retention.age_ms_max:
            return []
        rows = self._execute("SELECT id, at_ms FROM acts ORDER BY id LIMIT ?", (EXPIRE_ROWS,))
        return [number for number, at_ms in rows if at_ms < now_ms - retention.age_ms_max]

    def let_acts_go(self, ids: list[int]) -> None:
        """Delete the acts."""
        for number in ids:
            self._execute("DELETE FROM acts WHERE id = ?", (number,))

    def let_go(self, ids: list[int]) -> None:
        """Delete the messages, and remember the numbers that they had."""
        self._index.remove(ids)
        for number in ids:
            conversation, seq = self._execute(
                "SELECT conversation, seq FROM messages WHERE id = ?", (number,)
            ).fetchone()
            self._execute(
                "UPDATE conversations SET gone_seq = max(gone_seq, ?) WHERE id = ?",
                (seq, conversation),
            )
            self._execute("DELETE FROM redactions WHERE message = ?", (number,))
            self._execute("DELETE FROM messages WHERE id = ?", (number,))
        self._execute(
            """
            DELETE FROM forgotten WHERE NOT EXISTS (
                SELECT 1 FROM messages WHERE conversation = forgotten.conversation AND id <= id_max
            )
            """
        )
