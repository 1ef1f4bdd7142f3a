"""Letting old messages go, by age, by number and by size, a few at a time. Owner: the hub thread.

What goes is always the oldest of a conversation, so that the numbers that are kept have no gap; the
conversation remembers how far it has gone. Joins and other events go with the messages around them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from server.log.indexing import Index
from server.log.weighing import SIZE, Scales

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

OLDEST = f"""
SELECT id, {SIZE} FROM messages WHERE conversation = ? ORDER BY at_ms, id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long and how much is kept; 0 is without end."""

    age_ms_max: int = 0
    messages_per_conversation_max: int = 0
    bytes_per_conversation_max: int = 0


KEEP_ALL = Retention()


class Expirer:
    """Finds what has to go. `weigh` and `find` read, `let_go` is within a transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        index: Index,
        touched: set[int],
        lightened: set[int],
    ) -> None:
        """`touched` are the numbers of conversations in which something was said since, `lightened`
        of those in which something was taken back; both are emptied here.
        """
        self._execute = connection.execute
        self._index = index
        self._touched = touched
        self._lightened = lightened
        self._seen: Retention | None = None
        self._scales = Scales(connection)
        self._crowded: set[int] = set()
        self._unweighed: set[int] = set()
        self._heavy: set[int] = set()
        self._oldest_ms = 0

    def forget(self) -> None:
        """What was just let go may be there again: a transaction was rolled back."""
        self._scales.forget()
        self._seen = None

    def _look(self, retention: Retention) -> None:
        """Note where something has to be looked at: everywhere, when the limits are new."""
        for conversation in self._lightened:
            self._scales.forget(conversation)
        changed = self._touched | self._lightened
        self._touched.clear()
        self._lightened.clear()
        if retention != self._seen:
            self._seen = retention
            changed = {row[0] for row in self._execute("SELECT id FROM conversations")}
        if retention.messages_per_conversation_max:
            self._crowded |= changed
        if retention.bytes_per_conversation_max:
            self._unweighed |= changed

    def weigh(self, retention: Retention) -> bool:
        """Count a few messages for the limit by size; whether there was something to count."""
        self._look(retention)
        if not self._unweighed:
            return False
        conversation = self._unweighed.pop()
        if not self._scales.count_on(conversation):
            self._unweighed.add(conversation)
        elif self._scales.bytes_of(conversation) > retention.bytes_per_conversation_max:
            self._heavy.add(conversation)
        return True

    def find(self, now_ms: int, retention: Retention) -> list[int]:
        """The ids of a few messages to let go, oldest first; none when all is as it should be."""
        self._look(retention)
        found = self._forgotten()
        if not found and retention.age_ms_max:
            found = self._too_old(now_ms - retention.age_ms_max)
        if not found and retention.messages_per_conversation_max:
            found = self._too_many(retention.messages_per_conversation_max)
        if not found and retention.bytes_per_conversation_max:
            found = self._too_heavy(retention.bytes_per_conversation_max)
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
        while self._crowded:
            conversation = self._crowded.pop()
            kept = self._execute(FIRST_KEPT, (conversation, count_max)).fetchone()
            rows = kept and self._execute(BEFORE_IT, (conversation, *kept, EXPIRE_ROWS)).fetchall()
            if rows:
                self._crowded.add(conversation)  # there may be more
                return [row[0] for row in rows]
        return []

    def _too_heavy(self, bytes_max: int) -> list[int]:
        """From conversations that were counted to their end; the last message always stays."""
        while self._heavy:
            conversation = self._heavy.pop()
            excess = self._scales.bytes_of(conversation) - bytes_max
            found: list[int] = []
            for number, size in self._execute(OLDEST, (conversation, EXPIRE_ROWS + 1)):
                if excess <= 0 or len(found) == EXPIRE_ROWS:
                    break
                found.append(number)
                excess -= size
            else:
                found = found[:-1]
            if found:
                self._heavy.add(conversation)  # there may be more
                return found
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
            conversation, seq, at_ms, size = self._execute(
                f"SELECT conversation, seq, at_ms, {SIZE} FROM messages WHERE id = ?", (number,)
            ).fetchone()
            self._scales.take_off(conversation, at_ms, number, size)
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
