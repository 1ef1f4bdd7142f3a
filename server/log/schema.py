"""The tables of history.db, as a list of migrations that only ever grows. Called when it is opened.

`user_version` counts the migrations that a file has seen. One that is released is never edited:
files out there have it behind them. Each runs in a transaction of its own.

What comes again and again (sources, targets, accounts, conversations) is kept once and meant by a
number: a message takes half the space, and the indexes a third.
"""

from __future__ import annotations

import sqlite3
from gettext import gettext as _

from server.log.errors import LogUnusable

APPLICATION_ID = 0x746C7363
"""Says in the file's header whose it is: "tlsc"."""

COMMANDS = (
    "PRIVMSG",
    "NOTICE",
    "TAGMSG",
    "JOIN",
    "PART",
    "QUIT",
    "KICK",
    "NICK",
    "MODE",
    "TOPIC",
    "REDACT",
    "INVITE",
    "RENAME",
)
"""`messages.kind` is a place in this list, which only ever grows. Up to NOTICE it is text."""

KIND_OF = {command: kind for kind, command in enumerate(COMMANDS)}
TEXT_KIND_MAX = KIND_OF["NOTICE"]
MESSAGE_KIND_MAX = KIND_OF["TAGMSG"]
KIND_MAX = 1 << 30

_MESSAGES = (
    # Sources (nick!user@host), targets and nicks.
    """
    CREATE TABLE names (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    ) STRICT
    """,
    # `name` is the account as first written, "" while only its key is known.
    """
    CREATE TABLE accounts (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL DEFAULT '',
        seen_at_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # `gone_seq` is the last number whose message was let go.
    """
    CREATE TABLE conversations (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        gone_seq INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    # Which conversations an account has with others.
    """
    CREATE TABLE parties (
        account TEXT NOT NULL,
        conversation INTEGER NOT NULL REFERENCES conversations (id),
        PRIMARY KEY (account, conversation)
    ) STRICT, WITHOUT ROWID
    """,
    # `id` counts what was accepted. `seq` is 0 and `text` has all parameters, each with a line feed
    # behind it, for what is no message. A redacted or erased message has no text and no tags.
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL REFERENCES conversations (id),
        seq INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        msgid TEXT NOT NULL,
        source INTEGER NOT NULL REFERENCES names (id),
        account INTEGER REFERENCES accounts (id),
        target INTEGER NOT NULL REFERENCES names (id),
        text TEXT NOT NULL,
        client_tags TEXT NOT NULL,
        once TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX messages_by_msgid ON messages (msgid)",
    "CREATE UNIQUE INDEX messages_by_seq ON messages (conversation, seq) WHERE seq > 0",
    # With id and kind, so that a page of text steps over joins and reactions inside the index.
    "CREATE INDEX messages_by_time ON messages (conversation, at_ms, id, kind)",
    "CREATE UNIQUE INDEX messages_by_once ON messages (account, once) WHERE once IS NOT NULL",
    """
    CREATE TABLE redactions (
        message INTEGER PRIMARY KEY REFERENCES messages (id),
        source INTEGER NOT NULL REFERENCES names (id),
        reason TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE markers (
        account INTEGER NOT NULL REFERENCES accounts (id),
        conversation INTEGER NOT NULL REFERENCES conversations (id),
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (account, conversation)
    ) STRICT, WITHOUT ROWID
    """,
)

_ROOMS = (
    # `name` is NULL while nobody has founded the room; `modes` are those it was founded with. A
    # setting that was never touched is NULL.
    """
    CREATE TABLE rooms (
        key TEXT PRIMARY KEY,
        name TEXT,
        founder TEXT NOT NULL DEFAULT '',
        modes TEXT NOT NULL DEFAULT '',
        founded_at_ms INTEGER NOT NULL DEFAULT 0,
        topic TEXT,
        topic_setter TEXT NOT NULL DEFAULT '',
        topic_at_ms INTEGER NOT NULL DEFAULT 0,
        password TEXT,
        members_max INTEGER
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE room_flags (
        room TEXT NOT NULL REFERENCES rooms (key),
        letter TEXT NOT NULL,
        is_on INTEGER NOT NULL,
        PRIMARY KEY (room, letter)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE room_masks (
        id INTEGER PRIMARY KEY,
        room TEXT NOT NULL REFERENCES rooms (key),
        letter TEXT NOT NULL,
        folded TEXT NOT NULL,
        mask TEXT NOT NULL,
        setter TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        UNIQUE (room, letter, folded)
    ) STRICT
    """,
)

_SEARCH = (
    # Contentless: the text is in `messages` alone. `place` has words for the conversation (c7), the
    # account (a3) and the nick (n12), so that the index itself finds "in that room, from her".
    # Without prefix indexes (twice the size, three times the work) the worst two-letter beginning
    # takes 16 ms over a million messages.
    """
    CREATE VIRTUAL TABLE search USING fts5 (
        text, place,
        content='', columnsize=0,
        tokenize='unicode61 remove_diacritics 2'
    )
    """,
    # FTS5's own merging would now and then hold the hub up for 20 ms. It is done in small steps
    # instead (indexing.py), and forced only if it falls this many parts behind.
    "INSERT INTO search (search, rank) VALUES ('automerge', 0)",
    "INSERT INTO search (search, rank) VALUES ('crisismerge', 200)",
    # indexed_id: messages up to this one are in `search`. purge: 1 when `search` still has words of
    # what was redacted.
    """
    CREATE TABLE progress (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "INSERT INTO progress (name, value) VALUES ('indexed_id', 0), ('purge', 0)",
)

_ACTS = (
    # Who moderated what. `nick` and `account` are those of who did it.
    """
    CREATE TABLE acts (
        id INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        nick TEXT NOT NULL,
        account TEXT NOT NULL,
        what TEXT NOT NULL,
        room TEXT NOT NULL,
        target TEXT NOT NULL,
        reason TEXT NOT NULL
    ) STRICT
    """,
)

_MODERATION = (
    # Seconds between two messages of a member (mode S); NULL when it was never touched.
    "ALTER TABLE rooms ADD COLUMN pace_s INTEGER",
    # When the entry ends by itself; 0 for never.
    "ALTER TABLE room_masks ADD COLUMN until_ms INTEGER NOT NULL DEFAULT 0",
)

_ACCESS = (
    # The letters that an account gets whenever it joins the room.
    """
    CREATE TABLE room_access (
        room TEXT NOT NULL REFERENCES rooms (key),
        account TEXT NOT NULL,
        flags TEXT NOT NULL,
        PRIMARY KEY (room, account)
    ) STRICT, WITHOUT ROWID
    """,
    # What was said in a room that was removed with all that: messages up to this id are let go, a
    # few at a time (retention.py).
    """
    CREATE TABLE forgotten (
        conversation INTEGER PRIMARY KEY REFERENCES conversations (id),
        id_max INTEGER NOT NULL
    ) STRICT
    """,
)

_ADDRESS_BANS = (
    # Where nobody may come from. `until_ms` is 0 for ever.
    """
    CREATE TABLE address_bans (
        network TEXT PRIMARY KEY,
        reason TEXT NOT NULL,
        setter TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        until_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

_METADATA = (
    # What rooms and accounts say about themselves (IRCv3 metadata).
    """
    CREATE TABLE room_metadata (
        room TEXT NOT NULL REFERENCES rooms (key),
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (room, key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE account_metadata (
        account TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (account, key)
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = (
    _MESSAGES,
    _ROOMS,
    _SEARCH,
    _ACTS,
    _MODERATION,
    _ACCESS,
    _ADDRESS_BANS,
    _METADATA,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open file up to date; a new one gets everything.

    Raises:
        LogUnusable: It is some other program's, or a newer tlschat made it. Nothing was changed.
        sqlite3.Error: A migration failed; the file is as the one before left it.
    """
    version = check_version(connection)
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def check_version(connection: sqlite3.Connection) -> int:
    """How many migrations the file has seen.

    Raises:
        LogUnusable: As for `migrate`.
        sqlite3.Error: It is no database.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise LogUnusable(
            _("the history file is a database of another program"),
            _("move it away, or set server.data to another folder"),
        )
    if version > len(MIGRATIONS):
        raise LogUnusable(
            _("the history file was made by a newer tlschat (version %(file)d, known: %(known)d)")
            % {"file": version, "known": len(MIGRATIONS)},
            _("install that version again, or set server.data to another folder"),
        )
    return int(version)
