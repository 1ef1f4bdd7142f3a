"""An account's other name: what is kept of it goes along. Called by chat-admin.

The caller holds the data folder (server/lockfile.py): a running server has the old name in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from gettext import gettext as _
from pathlib import Path

from irc.names import NickKey, nick_key
from server.core.facts import conversation_of
from server.log.connecting import cannot_open, open_for_reading, open_for_writing
from server.log.errors import LogUnusable
from server.log.interning import parties_of

TRACES = (
    ("accounts", "key"),
    ("parties", "account"),
    ("rooms", "founder"),
    ("room_access", "account"),
    ("account_metadata", "account"),
)
"""Where an account is meant by its key. Whoever has the key next is taken for it."""


MASKS = ("~a:", "~m:~a:")
"""In front of an account in a ban, an exception or a mute (server/core/masks.py)."""


class NameHasHistory(LogUnusable):
    """Something is kept of an earlier account of that name. Nothing was changed."""


def has_traces(path: Path, account: NickKey) -> bool:
    """Whether whoever is given this name would be taken for somebody who had it before.

    Raises:
        LogUnusable: The file cannot be read.
    """
    with closing(open_for_reading(path)) as connection:
        try:
            return _has_traces(connection, account)
        except sqlite3.Error as error:
            raise cannot_open(path, error) from error


@contextmanager
def renamed(path: Path, account: NickKey, name: str) -> Iterator[None]:
    """Give the account this name, for good when the block ends; not at all when it raises.

    Its private conversations keep their messages and numbers; its read markers, its ids of messages
    (`once`), its metadata and the rooms it founded stay its own; bans and mutes of the account stay
    about it. What others have seen stays as they saw it: in rooms it has said the old things under
    the old nick.

    Raises:
        NameHasHistory: Two histories cannot be made one: numbers would come twice.
        LogUnusable: The file cannot be opened or written.
    """
    with closing(open_for_writing(path, check_s=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            _rename(connection, account, name)
            yield
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise cannot_open(path, error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def _rename(connection: sqlite3.Connection, account: NickKey, name: str) -> None:
    execute, key = connection.execute, nick_key(name)
    if key != account:
        if _has_traces(connection, key):
            raise NameHasHistory(
                _('messages of an earlier account "%s" are still kept') % name,
                _("forget them first: chat-admin log erase --account %s") % name,
            )
        for number, old_key in execute(
            """
            SELECT id, key FROM conversations
            WHERE id IN (SELECT conversation FROM parties WHERE account = ?)
            """,
            (account,),
        ).fetchall():
            first, second = (
                key if party == account else NickKey(party) for party in parties_of(old_key)
            )
            new_key = conversation_of(first, second)
            execute("UPDATE conversations SET key = ? WHERE id = ?", (new_key, number))
        execute("UPDATE parties SET account = ? WHERE account = ?", (key, account))
        execute("UPDATE rooms SET founder = ? WHERE founder = ?", (key, account))
        execute("UPDATE room_access SET account = ? WHERE account = ?", (key, account))
        execute("UPDATE account_metadata SET account = ? WHERE account = ?", (key, account))
        for kind in MASKS:
            execute(
                "UPDATE OR REPLACE room_masks SET folded = ?, mask = ? WHERE folded = ?",
                (kind + key, kind + name, kind + account),
            )
    execute("UPDATE accounts SET key = ?, name = ? WHERE key = ?", (key, name, account))


def _has_traces(connection: sqlite3.Connection, account: NickKey) -> bool:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    # A file that only an older version has had has fewer tables, and may be read as it is.
    return any(
        connection.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (account,)).fetchone()
        for table, column in TRACES
        if table in tables
    )
