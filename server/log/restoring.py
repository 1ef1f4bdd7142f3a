"""What a start finds in history.db, as facts. Called once by the log, before the first batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from irc.names import NickKey, RoomKey
from server.core import facts
from server.core.facts import Conversation, Fact
from server.core.history import Restored


def restore(connection: sqlite3.Connection) -> Restored:
    """Everything that was kept but the messages."""
    return Restored(
        _sequences(connection),
        _greatest_time(connection),
        (
            *_rooms(connection),
            *_markers(connection),
            *_address_bans(connection),
            *_metadata(connection),
        ),
    )


def _sequences(connection: sqlite3.Connection) -> dict[Conversation, int]:
    rows = connection.execute(
        """
        SELECT key, max(gone_seq, coalesce((
            SELECT max(seq) FROM messages WHERE conversation = conversations.id AND seq > 0
        ), 0)) AS last FROM conversations WHERE last > 0
        """
    )
    return {Conversation(key): last for key, last in rows}


def _greatest_time(connection: sqlite3.Connection) -> int:
    (at_ms,) = connection.execute(
        """
        SELECT max(at_ms) FROM (
            SELECT at_ms FROM (SELECT at_ms FROM messages ORDER BY id DESC LIMIT 1)
            UNION ALL SELECT max(at_ms) FROM redactions
            UNION ALL SELECT max(max(founded_at_ms, topic_at_ms)) FROM rooms
            UNION ALL SELECT max(at_ms) FROM room_masks
            UNION ALL SELECT max(seen_at_ms) FROM accounts
            UNION ALL SELECT max(at_ms) FROM address_bans
            UNION ALL SELECT at_ms FROM (SELECT at_ms FROM acts ORDER BY id DESC LIMIT 1)
        )
        """
    ).fetchone()
    return at_ms or 0


def _rooms(connection: sqlite3.Connection) -> Iterator[Fact]:
    rooms = connection.execute(
        """
        SELECT key, name, founder, modes, founded_at_ms, topic, topic_setter, topic_at_ms,
            password, members_max, pace_s
        FROM rooms ORDER BY key
        """
    ).fetchall()
    for key, name, founder, modes, founded, topic, setter, topic_at, password, limit, pace in rooms:
        room = RoomKey(key)
        if name is not None:
            yield facts.RoomFounded(room, name, NickKey(founder), frozenset(modes), founded)
        if topic is not None:
            yield facts.TopicChanged(room, topic, setter, topic_at)
        if password is not None:
            yield facts.RoomKeyChanged(room, password)
        if limit is not None:
            yield facts.RoomLimitChanged(room, limit)
        if pace is not None:
            yield facts.RoomPaceChanged(room, pace)
        for letter, is_on in connection.execute(
            "SELECT letter, is_on FROM room_flags WHERE room = ? ORDER BY letter", (key,)
        ):
            yield facts.RoomFlagChanged(room, letter, bool(is_on))
        for whole in connection.execute(
            """
            SELECT letter, mask, setter, at_ms, until_ms FROM room_masks WHERE room = ? ORDER BY id
            """,
            (key,),
        ):
            yield facts.MaskAdded(room, *whole)
        for account, flags in connection.execute(
            "SELECT account, flags FROM room_access WHERE room = ? ORDER BY account", (key,)
        ):
            yield facts.RoomAccessChanged(room, NickKey(account), flags)
        for entry in connection.execute(
            "SELECT key, value FROM room_metadata WHERE room = ? ORDER BY key", (key,)
        ):
            yield facts.RoomMetadataChanged(room, *entry)


def _markers(connection: sqlite3.Connection) -> Iterator[Fact]:
    seen = connection.execute("SELECT key, seen_at_ms FROM accounts WHERE seen_at_ms ORDER BY key")
    for account, at_ms in seen:
        yield facts.AccountSeen(NickKey(account), at_ms)
    markers = connection.execute(
        """
        SELECT accounts.key, conversations.key, at_ms FROM markers
        JOIN accounts ON accounts.id = account JOIN conversations ON conversations.id = conversation
        ORDER BY accounts.key, conversations.key
        """
    )
    for account, conversation, at_ms in markers:
        yield facts.MarkerMoved(NickKey(account), Conversation(conversation), at_ms)


def _address_bans(connection: sqlite3.Connection) -> Iterator[Fact]:
    bans = connection.execute("SELECT * FROM address_bans ORDER BY at_ms, network")
    for network, reason, setter, at_ms, until_ms in bans:
        yield facts.AddressBanned(network, reason, setter, at_ms, until_ms)


def _metadata(connection: sqlite3.Connection) -> Iterator[Fact]:
    rows = connection.execute("SELECT * FROM account_metadata ORDER BY account, key")
    for account, key, value in rows:
        yield facts.AccountMetadataChanged(NickKey(account), key, value)
