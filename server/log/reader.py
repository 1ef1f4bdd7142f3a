"""The message log in SQLite: the reader's half. Owner: one thread, with a connection of its own.

Every question is one or a few SELECTs by a key (never OFFSET), each read to its end at once, so
that no transaction outlives a call: a reader that held one would keep the WAL from being written
back. What takes too long is interrupted by SQLite itself.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from irc.names import NickKey
from server.core.facts import Conversation
from server.core.history import AtMsgid, AtTime, Bound, Search, Span, Stored, Target
from server.log import searching
from server.log.connecting import code_of, limit_time, open_for_reading
from server.log.errors import ReadFailed, ReadTooSlow, UnknownMessage
from server.log.rows import SELECTED, stored
from server.log.schema import KIND_MAX, TEXT_KIND_MAX

TIME_LIMIT_S = 0.25
"""For one question. A page takes half a millisecond; this is for a search that finds nothing."""


class Place(NamedTuple):
    """A place in the order of a conversation."""

    at_ms: int
    id: int


class Edge(NamedTuple):
    """A bound: what is before it lies below `low`, what is after it above `high`."""

    low: Place
    high: Place


_FAR = 1 << 62
_START = Place(-1, -1)
_END = Place(_FAR, _FAR)

_PAGE = f"""
{SELECTED}
WHERE m.conversation = (SELECT id FROM conversations WHERE key = ?)
    AND (m.at_ms, m.id) > (?, ?) AND (m.at_ms, m.id) < (?, ?) AND m.kind <= ?
ORDER BY m.at_ms {{order}}, m.id {{order}} LIMIT ?
"""
PAGE_OF = {order: _PAGE.format(order=order) for order in ("ASC", "DESC")}

_TARGETS = f"""
SELECT c.key, m.at_ms FROM json_each(?) wanted
CROSS JOIN conversations c ON c.key = wanted.value
CROSS JOIN messages m ON m.id = (
    SELECT id FROM messages WHERE conversation = c.id AND kind <= {TEXT_KIND_MAX}
    ORDER BY at_ms DESC, id DESC LIMIT 1
)
WHERE m.at_ms > ? AND m.at_ms < ?
ORDER BY m.at_ms {{order}}, m.id {{order}} LIMIT ?
"""

_SPAN = """
SELECT gone_seq,
    (SELECT min(seq) FROM messages WHERE conversation = c.id AND seq > 0),
    (SELECT max(seq) FROM messages WHERE conversation = c.id AND seq > 0)
FROM conversations c WHERE key = ?
"""


class SqliteReader:
    """A `MessageReader` of the file that a `SqliteLog` writes."""

    def __init__(
        self,
        path: Path,
        *,
        time_limit_s: float = TIME_LIMIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the file, which a log has made before.

        Raises:
            LogUnusable: It cannot be opened or is not ours.
        """
        self._connection = open_for_reading(path)
        self._time_limit_s = time_limit_s
        self._clock = clock

    def latest(
        self,
        conversation: Conversation,
        limit: int,
        *,
        after: Bound | None = None,
        events: bool = False,
    ) -> list[Stored]:
        """The newest messages. See `MessageReader`."""
        low = _START if after is None else self._edge(conversation, after).high
        return self._page(conversation, low, _END, limit, events, newest=True)

    def before(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]:
        """The newest messages before the bound. See `MessageReader`."""
        high = self._edge(conversation, bound).low
        return self._page(conversation, _START, high, limit, events, newest=True)

    def after(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]:
        """The oldest messages after the bound. See `MessageReader`."""
        low = self._edge(conversation, bound).high
        return self._page(conversation, low, _END, limit, events, newest=False)

    def between(
        self,
        conversation: Conversation,
        first: Bound,
        second: Bound,
        limit: int,
        *,
        events: bool = False,
    ) -> list[Stored]:
        """Messages between the bounds, counted from `first`. See `MessageReader`."""
        one, other = self._edge(conversation, first), self._edge(conversation, second)
        if one.high < other.low:
            return self._page(conversation, one.high, other.low, limit, events, newest=False)
        return self._page(conversation, other.high, one.low, limit, events, newest=True)

    def around(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]:
        """Messages on both sides of the bound. See `MessageReader`."""
        here = self._edge(conversation, bound).low
        just_before = Place(here.at_ms, here.id - 1)
        older = self._page(conversation, _START, here, limit, events, newest=True)
        newer = self._page(conversation, just_before, _END, limit, events, newest=False)
        older_count = min(len(older), max(limit // 2, limit - len(newer)))
        return older[len(older) - older_count :] + newer[: limit - older_count]

    def targets(
        self, conversations: Sequence[Conversation], first_ms: int, second_ms: int, limit: int
    ) -> list[Target]:
        """Conversations by their last message. See `MessageReader`."""
        low, high, order = first_ms, second_ms, "ASC"
        if first_ms > second_ms:
            low, high, order = second_ms, first_ms, "DESC"
        values = (json.dumps(conversations), low, high, limit)
        rows = self._ask(_TARGETS.format(order=order), values)
        found = [Target(Conversation(key), at_ms) for key, at_ms in rows]
        return found if order == "ASC" else found[::-1]

    def direct(self, account: NickKey) -> list[Conversation]:
        """The account's conversations with others. See `MessageReader`."""
        query = """
            SELECT key FROM parties JOIN conversations ON id = conversation WHERE account = ?
        """
        return [Conversation(row[0]) for row in self._ask(query, (account,))]

    def span(self, conversation: Conversation) -> Span:
        """Which numbers are kept. See `MessageReader`."""
        for gone, first, last in self._ask(_SPAN, (conversation,)):
            return Span(gone + 1, gone) if first is None else Span(first, last)
        return Span(1, 0)

    def find(self, msgid: str) -> Stored | None:
        """The message or event with this id. See `MessageReader`."""
        for row in self._ask(f"{SELECTED} WHERE m.msgid = ?", (msgid,)):
            return stored(row)
        return None

    def search(self, search: Search) -> list[Stored]:
        """The messages that fit. See `MessageReader`."""
        return self._limited(lambda: searching.search(self._connection, search))

    def close(self) -> None:
        """Give everything back. May be called twice."""
        self._connection.close()

    def _page(
        self,
        conversation: Conversation,
        low: Place,
        high: Place,
        limit: int,
        events: bool,
        *,
        newest: bool,
    ) -> list[Stored]:
        """What lies between two places, without what is at them."""
        kind_max = KIND_MAX if events else TEXT_KIND_MAX
        query = PAGE_OF["DESC" if newest else "ASC"]
        rows = self._ask(query, (conversation, *low, *high, kind_max, limit))
        return [stored(row) for row in (reversed(rows) if newest else rows)]

    def _edge(self, conversation: Conversation, bound: Bound) -> Edge:
        if isinstance(bound, AtTime):
            at_ms = min(bound.at_ms, _FAR)
            return Edge(Place(at_ms, -1), Place(at_ms, _FAR))
        if isinstance(bound, AtMsgid):
            for at_ms, number in self._ask(_AT_MSGID, (bound.msgid, conversation)):
                return Edge(Place(at_ms, number), Place(at_ms, number))
            raise UnknownMessage(bound.msgid)
        for at_ms, number, seq in self._ask(_AT_SEQ, (conversation, min(bound.seq, _FAR))):
            high = number if seq == bound.seq else number - 1
            return Edge(Place(at_ms, number), Place(at_ms, high))
        return Edge(_END, _END)

    def _ask(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return self._limited(lambda: self._connection.execute(query, values).fetchall())

    def _limited(self, question: Callable[[], list[Any]]) -> list[Any]:
        """The answer, if it comes in time."""
        try:
            end = limit_time(self._connection, self._time_limit_s, self._clock)
            try:
                return question()
            finally:
                end()
        except sqlite3.Error as error:
            if code_of(error) == sqlite3.SQLITE_INTERRUPT:
                raise ReadTooSlow(f"it took longer than {self._time_limit_s} s") from error
            raise ReadFailed(str(error)) from error


_AT_MSGID = """
SELECT at_ms, id FROM messages
WHERE msgid = ? AND conversation = (SELECT id FROM conversations WHERE key = ?)
"""
_AT_SEQ = """
SELECT at_ms, id, seq FROM messages
WHERE conversation = (SELECT id FROM conversations WHERE key = ?1) AND seq > 0 AND seq = max(?2, (
    SELECT min(seq) FROM messages
    WHERE conversation = (SELECT id FROM conversations WHERE key = ?1) AND seq > 0
))
"""
# The message of this number, or the first that is kept: numbers have no gap. An equation, because
# of two inequalities (`seq > 0` is what lets it go by the index) SQLite might take the wrong one.
