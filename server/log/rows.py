"""Rows of history.db as kept messages. Called by the writing log and by the reader.

A query is `SELECTED`, a condition over `m` (messages), and an order. `m` stands first and CROSS
JOIN keeps it there: the planner looks the names up by their numbers, row by row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.core.facts import Conversation
from server.core.history import Redaction, Stored
from server.log.schema import COMMANDS, KIND_OF, MESSAGE_KIND_MAX

_COLUMNS = """
SELECT m.id, m.msgid, m.at_ms, c.key, m.seq, s.name, a.name, m.kind, t.name, m.text, m.client_tags,
       rs.name, r.reason, r.at_ms
"""
JOINED = """
CROSS JOIN conversations c ON c.id = m.conversation
CROSS JOIN names s ON s.id = m.source
CROSS JOIN names t ON t.id = m.target
LEFT JOIN accounts a ON a.id = m.account
LEFT JOIN redactions r ON r.message = m.id
LEFT JOIN names rs ON rs.id = r.source
"""
SELECTED = f"{_COLUMNS} FROM messages m {JOINED}"
SELECTED_FOUND = f"{_COLUMNS} FROM search CROSS JOIN messages m ON m.id = search.rowid {JOINED}"

_TAGMSG = KIND_OF["TAGMSG"]


def stored(row: tuple[Any, ...]) -> Stored:
    """One row of `SELECTED`."""
    (_id, msgid, at_ms, key, seq, source, account, kind, target, text, tags, *redaction) = row
    if kind > MESSAGE_KIND_MAX:
        params = split_params(text)
    else:
        params = (target,) if kind == _TAGMSG else (target, text)
    return Stored(
        msgid,
        at_ms,
        Conversation(key),
        seq,
        source,
        account or "",
        COMMANDS[kind],
        params,
        tags,
        Redaction(*redaction) if redaction[0] is not None else None,
    )


def join_params(params: Iterable[str]) -> str:
    """The parameters of an event as one text. None has a line feed: they stood on one line."""
    return "".join(f"{param}\n" for param in params)


def split_params(text: str) -> tuple[str, ...]:
    """The parameters again."""
    return tuple(text.split("\n")[:-1])
