"""Forgetting an account: what it said, to whom it spoke, and its name. Called by chat-admin.

The caller holds the data folder (server/lockfile.py): this writes, so no server may.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from irc.names import NickKey, nick_key
from server.log.connecting import cannot_open, open_for_writing
from server.log.indexing import Index
from server.log.interning import Interner
from server.log.rows import split_params
from server.log.schema import MESSAGE_KIND_MAX

NOBODY = "erased!erased@erased"
"""Who said what an erased account has said."""


def erase(path: Path, account: NickKey) -> int:
    """Forget the account; how many messages that concerned.

    What it said in rooms keeps its place and its number, without sender, text and tags, so that the
    numbers have no gap. Its direct conversations go as a whole, the other side's words, too: a new
    account of that name would find them. Its joins and the like, markers, and what it founded or
    set are nobody's any more. What others said about it in rooms stays.

    Raises:
        LogUnusable: The file cannot be opened or written. Nothing was changed.
    """
    with closing(open_for_writing(path, check_s=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            count = _Eraser(connection, account).erase()
            connection.execute("COMMIT")
            # FTS5 forgets its words only when everything is merged into one.
            connection.execute("INSERT INTO search (search) VALUES ('optimize')")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise cannot_open(path, error) from error
    return count


class _Eraser:
    """One erasure, within a transaction."""

    def __init__(self, connection: sqlite3.Connection, account: NickKey) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._interner = Interner(connection)
        self._index = Index(connection, self._interner)
        self._account = account
        self._nobody = self._interner.name(NOBODY)
        # Also those from before a rename, and of nicks that were not the account's name.
        self._sources = set(
            self._ids(
                """
                SELECT DISTINCT source FROM messages
                WHERE account = (SELECT id FROM accounts WHERE key = ?)
                """
            )
        )

    def erase(self) -> int:
        """Everything, in an order that leaves no row without what it names."""
        count = self._direct_conversations() + self._messages()
        self._events()
        self._redactions()
        self._rooms()
        self._acts()
        self._names()
        return count

    def _ids(self, query: str) -> list[int]:
        return [row[0] for row in self._execute(query, (self._account,))]

    def _direct_conversations(self) -> int:
        count = 0
        for conversation in self._ids("SELECT conversation FROM parties WHERE account = ?"):
            query = "SELECT id FROM messages WHERE conversation = ?"
            ids = [row[0] for row in self._execute(query, (conversation,))]
            count += len(ids)
            self._delete(ids)
            for table in ("markers", "parties"):
                self._execute(f"DELETE FROM {table} WHERE conversation = ?", (conversation,))
            self._execute("DELETE FROM conversations WHERE id = ?", (conversation,))
        return count

    def _messages(self) -> int:
        """What it said in rooms: an empty place with a number."""
        ids = self._ids(
            f"""
            SELECT m.id FROM messages m JOIN accounts a ON a.id = m.account
            WHERE a.key = ? AND m.kind <= {MESSAGE_KIND_MAX}
            """
        )
        self._index.remove(ids)
        for number in ids:
            self._execute(
                """
                UPDATE messages SET source = ?, account = NULL, text = '', client_tags = '',
                    once = NULL
                WHERE id = ?
                """,
                (self._nobody, number),
            )
            self._execute(
                """
                INSERT OR REPLACE INTO redactions
                SELECT id, ?, '', at_ms FROM messages WHERE id = ?
                """,
                (self._nobody, number),
            )
        return len(ids)

    def _events(self) -> None:
        """Joins and the like, by it or about it: they have no number, and leave no gap."""
        rows = self._execute(
            f"""
            SELECT m.id, m.text, a.key FROM messages m LEFT JOIN accounts a ON a.id = m.account
            WHERE m.kind > {MESSAGE_KIND_MAX}
            """
        ).fetchall()
        self._delete(
            [
                number
                for number, text, key in rows
                if self._account in (key, *map(nick_key, split_params(text)))
            ]
        )

    def _delete(self, ids: list[int]) -> None:
        self._index.remove(ids)
        values = [(number,) for number in ids]
        self._connection.executemany("DELETE FROM redactions WHERE message = ?", values)
        self._connection.executemany("DELETE FROM messages WHERE id = ?", values)

    def _redactions(self) -> None:
        for number in self._own_names():
            self._execute(
                "UPDATE redactions SET source = ?, reason = '' WHERE source = ?",
                (self._nobody, number),
            )

    def _rooms(self) -> None:
        self._execute("UPDATE rooms SET founder = '' WHERE founder = ?", (self._account,))
        self._execute("DELETE FROM room_access WHERE account = ?", (self._account,))
        for table, column in (("rooms", "topic_setter"), ("room_masks", "setter")):
            setters = self._execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
            for (setter,) in setters:
                if self._is_own(setter):
                    self._execute(f"UPDATE {table} SET {column} = '' WHERE {column} = ?", (setter,))

    def _acts(self) -> None:
        """What it did to others, and others to it, happened to nobody by nobody."""
        bans = self._execute("SELECT network, setter FROM address_bans").fetchall()
        for network, setter in bans:
            if self._is_own(setter):
                values = ("", network)
                self._execute("UPDATE address_bans SET setter = ? WHERE network = ?", values)
        rows = self._execute("SELECT id, account, nick, target FROM acts").fetchall()
        for number, account, nick, target in rows:
            if self._account in (nick_key(account), nick_key(nick)):
                self._execute("UPDATE acts SET nick = '', account = '' WHERE id = ?", (number,))
            if nick_key(target) == self._account:
                self._execute("UPDATE acts SET target = '', reason = '' WHERE id = ?", (number,))

    def _names(self) -> None:
        """The account itself, and every name that only it had."""
        self._execute(
            "DELETE FROM markers WHERE account IN (SELECT id FROM accounts WHERE key = ?)",
            (self._account,),
        )
        self._execute("DELETE FROM account_metadata WHERE account = ?", (self._account,))
        self._execute("DELETE FROM accounts WHERE key = ?", (self._account,))
        for number in self._own_names():
            self._execute(
                """
                DELETE FROM names WHERE id = ?1
                    AND NOT EXISTS (SELECT 1 FROM messages WHERE ?1 IN (source, target))
                """,
                (number,),
            )

    def _own_names(self) -> list[int]:
        names = self._execute("SELECT id, name FROM names").fetchall()
        return [number for number, name in names if number in self._sources or self._is_own(name)]

    def _is_own(self, source: str) -> bool:
        return nick_key(source.partition("!")[0]) == self._account
