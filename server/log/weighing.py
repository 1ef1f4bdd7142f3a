"""How much each conversation takes on the disk, counted a few messages at a time. Owner: the hub.

Nothing of it is kept: a count that the log had to keep would cost every commit a page. After a
start each conversation is counted anew when something is said in it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

WEIGH_ROWS = 500
"""Counted in one step: about a millisecond."""

ROW_BYTES = 200
"""What a message takes beside its text and tags, in the table and its indexes: measured, about."""

SIZE = f"length(CAST(text AS BLOB)) + length(CAST(client_tags AS BLOB)) + {ROW_BYTES}"


@dataclass(slots=True)
class _Weight:
    """What was counted, and up to which message, in order of time."""

    bytes: int = 0
    at_ms: int = -1
    id: int = 0


class Scales:
    """Counts when it is asked to, and is told what goes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._weights: dict[int, _Weight] = {}

    def forget(self, conversation: int | None = None) -> None:
        """Count again from the beginning: of one conversation, or of all."""
        if conversation is None:
            self._weights.clear()
        else:
            self._weights.pop(conversation, None)

    def bytes_of(self, conversation: int) -> int:
        """What was counted so far."""
        weight = self._weights.get(conversation)
        return weight.bytes if weight is not None else 0

    def count_on(self, conversation: int) -> bool:
        """Count a few messages more; whether that were all."""
        weight = self._weights.setdefault(conversation, _Weight())
        rows = self._execute(
            f"""
            SELECT at_ms, id, {SIZE} FROM messages WHERE conversation = ? AND (at_ms, id) > (?, ?)
            ORDER BY at_ms, id LIMIT ?
            """,
            (conversation, weight.at_ms, weight.id, WEIGH_ROWS),
        ).fetchall()
        if rows:
            weight.bytes += sum(row[2] for row in rows)
            weight.at_ms, weight.id = rows[-1][:2]
        return len(rows) < WEIGH_ROWS

    def take_off(self, conversation: int, at_ms: int, number: int, size: int) -> None:
        """A message goes."""
        weight = self._weights.get(conversation)
        if weight is not None and (at_ms, number) <= (weight.at_ms, weight.id):
            weight.bytes -= size
