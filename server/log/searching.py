"""From a search to a question that FTS5 understands, and its answer. Called by the reader.

Where and from whom are words of the index, too (column `place`, indexing.py), so that a common word
in a small room is found by going along the shorter of the lists. The conversations are checked once
more against the messages themselves: what somebody may read does not depend on the index.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator

from irc.names import NickKey
from server.core.history import Search, Stored
from server.log.indexing import account_word, nick_word, place_word
from server.log.rows import SELECTED, SELECTED_FOUND, stored
from server.log.schema import TEXT_KIND_MAX

WORDS_MAX = 16
"""More are not looked for."""

BEGINNING_CHARS_MIN = 2
"""A shorter word is looked for as it is: the words that begin with a letter are too many."""

PLACES_MAX = 64
"""Up to so many conversations are named to the index; beyond, the messages are looked at alone."""

_PARTS = re.compile(r'"([^"]*)"?|([^\s"]+)')

_CONDITIONS = f"""
    m.kind <= {TEXT_KIND_MAX} AND m.text <> ''
    AND m.conversation IN (SELECT value FROM json_each(:places))
    AND m.at_ms >= :after AND m.at_ms <= :before
"""
_BY_INDEX = f"""
{SELECTED_FOUND}
WHERE search MATCH :match AND search.rowid >= :low AND search.rowid < :high AND {_CONDITIONS}
ORDER BY search.rowid {{order}} LIMIT :limit
"""
_BY_TIME = f"""
{SELECTED}
WHERE m.id >= :low AND m.id < :high AND {_CONDITIONS}
ORDER BY m.id {{order}} LIMIT :limit
"""

_FAR = 1 << 62


class _Nothing(Exception):
    """No message can fit."""


def search(connection: sqlite3.Connection, wanted: Search) -> list[Stored]:
    """The messages that fit, oldest first.

    Raises:
        sqlite3.Error: The question was interrupted, or the file cannot be read.
    """
    try:
        places = _places(connection, wanted)
        terms = list(_terms(connection, wanted, places))
    except _Nothing:
        return []
    after = -1 if wanted.after_ms is None else min(wanted.after_ms, _FAR)
    before = _FAR if wanted.before_ms is None else min(wanted.before_ms, _FAR)
    order = "DESC" if wanted.after_ms is None else "ASC"
    rows = connection.execute(
        (_BY_INDEX if terms else _BY_TIME).format(order=order),
        {
            "match": " AND ".join(terms),
            "places": json.dumps(places),
            "after": after,
            "before": before,
            "low": _first_id_from(connection, after),
            "high": _first_id_from(connection, before + 1),
            "limit": wanted.limit,
        },
    ).fetchall()
    return [stored(row) for row in (rows if order == "ASC" else reversed(rows))]


def _places(connection: sqlite3.Connection, wanted: Search) -> list[int]:
    rows = connection.execute(
        "SELECT id FROM conversations WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(wanted.conversations),),
    )
    places = [int(row[0]) for row in rows]
    if not places:
        raise _Nothing
    return places


def _terms(connection: sqlite3.Connection, wanted: Search, places: list[int]) -> Iterator[str]:
    """What has to hold, in the language of FTS5."""
    words = list(phrases(wanted.words))
    if words:
        yield f"text : ({' AND '.join(words)})"
    elif wanted.words.strip():
        raise _Nothing  # nothing but signs, which are in no index
    if wanted.sender is not None:
        yield f"place : ({' OR '.join(_sender_words(connection, wanted.sender))})"
    if len(places) <= PLACES_MAX:
        yield f"place : ({' OR '.join(map(place_word, places))})"


def _sender_words(connection: sqlite3.Connection, sender: NickKey) -> list[str]:
    questions: tuple[tuple[str, Callable[[int], str]], ...] = (
        ("SELECT id FROM accounts WHERE key = ?", account_word),
        ("SELECT id FROM names WHERE name = ?", nick_word),
    )
    words = [
        word_of(row[0])
        for question, word_of in questions
        for row in connection.execute(question, (sender,))
    ]
    if not words:
        raise _Nothing
    return words


def phrases(words: str) -> Iterator[str]:
    """Each word, or several in double quotes, as an FTS5 string; `*` for words that may go on.

    What has neither letter nor digit is passed over. Nothing that somebody types is syntax here.
    """
    count = 0
    for quoted, single in _PARTS.findall(words):
        signs = sum(map(_is_of_a_word, quoted or single))
        if signs and count < WORDS_MAX:
            count += 1
            goes_on = "*" if single and signs >= BEGINNING_CHARS_MIN else ""
            yield f'"{quoted or single}"{goes_on}'


def _is_of_a_word(char: str) -> bool:
    """Whether FTS5's unicode61 takes it as a part of a word."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "Co"


def _first_id_from(connection: sqlite3.Connection, at_ms: int) -> int:
    """The number of the first message of that time or later: ids and times grow together.

    By halving, twenty small steps for a million messages: an index for it would cost each insert.
    """
    if at_ms <= 0:
        return 0
    (high,) = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM messages").fetchone()
    low = 0
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            "SELECT id, at_ms FROM messages WHERE id >= ? ORDER BY id LIMIT 1", (middle,)
        ).fetchone()
        if row is None or row[1] >= at_ms:
            high = middle
        else:
            low = row[0] + 1
    return low
