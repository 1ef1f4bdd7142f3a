"""The numbers that stand for names, accounts and conversations, kept at hand. Owner: the hub
thread.

A message is written without a single look-up when all it needs is known. Everything here is only
a memory of what the database says: `forget` after a rollback, and it is asked again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from irc.names import NickKey, nick_key
from server.core.facts import Conversation

KNOWN_MAX = 50_000
"""So many of each kind are kept at hand, some 10 MB in all; beyond, it begins anew."""


@dataclass(slots=True, eq=False)
class Place:
    """A conversation: its number, and the last seq that was given in it."""

    id: int
    last_seq: int


class Interner:
    """Gives each name its number, a new one if it has none. Within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: dict[str, int] = {}
        self._accounts: dict[str, int] = {}
        self._places: dict[Conversation, Place] = {}

    def forget(self) -> None:
        """Know nothing any more: what was just written may have been rolled back."""
        self._names.clear()
        self._accounts.clear()
        self._places.clear()

    def forget_places(self, keys: Iterable[str]) -> None:
        """These conversations have other names now; what was written so far is in the database."""
        for key in keys:
            self._places.pop(Conversation(key), None)

    def trim(self) -> None:
        """Begin anew where there is too much; never while a batch is half written.

        What it says of a conversation is ahead of the database then.
        """
        for known in (self._names, self._accounts, self._places):
            if len(known) >= KNOWN_MAX:
                known.clear()

    def name(self, name: str) -> int:
        """The number of a source, a target or a nick."""
        number = self._names.get(name)
        if number is None:
            execute = self._connection.execute
            row = execute("SELECT id FROM names WHERE name = ?", (name,)).fetchone()
            if row is None:
                row = execute(
                    "INSERT INTO names (name) VALUES (?) RETURNING id", (name,)
                ).fetchone()
            number = self._names[name] = int(row[0])
        return number

    def account(self, written: str) -> int | None:
        """The number of an account by its name as written; None for a guest."""
        if not written:
            return None
        number = self._accounts.get(written)
        if number is None:
            number = self.account_key(nick_key(written), written)
            self._accounts[written] = number
        return number

    def account_key(self, key: NickKey, written: str = "") -> int:
        """The number of an account by its key; `written` is remembered if no name was before."""
        row = self._connection.execute(
            """
            INSERT INTO accounts (key, name) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET name = iif(name = '', excluded.name, name)
            RETURNING id
            """,
            (key, written),
        ).fetchone()
        return int(row[0])

    def place(self, key: Conversation) -> Place:
        """The conversation; with its parties, when it is new and not a room."""
        place = self._places.get(key)
        if place is None:
            place = self._find_place(key) or self._add_place(key)
            self._places[key] = place
        return place

    def _find_place(self, key: Conversation) -> Place | None:
        row = self._connection.execute(
            """
            SELECT id, gone_seq, (
                SELECT max(seq) FROM messages WHERE conversation = conversations.id AND seq > 0
            ) FROM conversations WHERE key = ?
            """,
            (key,),
        ).fetchone()
        if row is None:
            return None
        number, gone, last = row
        return Place(number, max(gone, last or 0))

    def _add_place(self, key: Conversation) -> Place:
        execute = self._connection.execute
        row = execute("INSERT INTO conversations (key) VALUES (?) RETURNING id", (key,)).fetchone()
        number = int(row[0])
        for account in parties_of(key):
            execute("INSERT OR IGNORE INTO parties VALUES (?, ?)", (account, number))
        return Place(number, 0)


def parties_of(key: Conversation) -> list[str]:
    """The keys of the two accounts whose conversation it is (one twice, alone); none for a room."""
    return [] if key.startswith("#") else key.split(",")
