"""Facts into rows, within a transaction that the log has begun. Owner: the hub thread.

Messages of a batch go in with one statement; what else happened is written in its place between
them. A fact that contradicts what is kept (a number twice, a time that runs back) is a bug of ours:
`Contradiction`, and the log breaks rather than keep it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from irc.names import RoomKey, fold, room_key
from server.core import facts
from server.core.facts import Fact
from server.log import rooms
from server.log.indexing import Index
from server.log.interning import Interner
from server.log.rows import join_params
from server.log.schema import KIND_OF

_INSERT = "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

_Row = tuple[int, int, int, int, int, str, int, int | None, int, str, str, str | None]


class Contradiction(Exception):
    """A fact does not follow from those before it."""


class Writer:
    """Writes facts. Between `forget` and the next `write` it knows nothing of its own."""

    def __init__(self, connection: sqlite3.Connection, interner: Interner, index: Index) -> None:
        self._execute = connection.execute
        self._connection = connection
        self._interner = interner
        self._index = index
        self._next_id = 0
        self._at_ms = 0
        self.touched: set[int] = set()
        """Conversations where something was said since somebody last looked (and emptied it)."""
        self.lightened: set[int] = set()
        """The same, where something was taken back."""

    def forget(self) -> None:
        """What was written since the last commit is not there: ask the database again."""
        self._next_id = 0
        self.touched.clear()

    def write(self, batch: Sequence[Fact]) -> int:
        """Write what is to be kept, in order; how many rows that were, about.

        Raises:
            Contradiction: A number or a time does not follow. Roll back.
            sqlite3.Error: The database does not take it. Roll back.
        """
        if not self._next_id:
            self._look_up()
        self._interner.trim()
        rows: list[_Row] = []
        count = 0
        for fact in batch:
            match fact:
                case facts.Said():
                    if fact.conversation:
                        rows.append(self._message(fact))
                case facts.EventNoted():
                    rows.append(self._event(fact))
                case _:
                    function = _WRITE.get(type(fact))
                    if function is not None:
                        count += self._flush(rows) + 1
                        function(self, fact)
        return count + self._flush(rows)

    def _look_up(self) -> None:
        last = self._execute("SELECT id, at_ms FROM messages ORDER BY id DESC LIMIT 1").fetchone()
        last_id, self._at_ms = last or (0, 0)
        # Never a number that the index has behind it, even if all messages were let go.
        self._next_id = max(last_id, self._index.indexed_id) + 1

    def _flush(self, rows: list[_Row]) -> int:
        count = len(rows)
        if rows:
            self._connection.executemany(_INSERT, rows)
            rows.clear()
        return count

    def _take_id(self, at_ms: int) -> int:
        if at_ms < self._at_ms:
            raise Contradiction(f"the time runs back from {self._at_ms} to {at_ms}")
        self._at_ms = at_ms
        self._next_id += 1
        return self._next_id - 1

    def _message(self, said: facts.Said) -> _Row:
        interner = self._interner
        place = interner.place(said.conversation)
        if said.seq != place.last_seq + 1:
            raise Contradiction(
                f"{said.conversation} has {place.last_seq} messages, and now number {said.seq}"
            )
        place.last_seq = said.seq
        self.touched.add(place.id)
        return (
            self._take_id(said.at_ms),
            place.id,
            said.seq,
            said.at_ms,
            KIND_OF[said.command],
            said.msgid,
            interner.name(said.source),
            interner.account(said.account),
            interner.name(said.target),
            said.text,
            said.client_tags,
            said.once or None,
        )

    def _event(self, event: facts.EventNoted) -> _Row:
        interner = self._interner
        return (
            self._take_id(event.at_ms),
            interner.place(event.conversation).id,
            0,
            event.at_ms,
            KIND_OF[event.command],
            event.msgid,
            interner.name(event.source),
            interner.account(event.account),
            interner.name(""),
            join_params(event.params),
            "",
            None,
        )

    def _redacted(self, fact: facts.Redacted) -> None:
        """The text goes, also from the index. What is not there (any more) needs no redacting."""
        row = self._execute(
            """
            SELECT m.id FROM messages m JOIN conversations c ON c.id = m.conversation
            WHERE m.msgid = ? AND c.key = ? AND m.seq > 0
            """,
            (fact.msgid, fact.conversation),
        ).fetchone()
        if row is not None:
            self._index.remove([row[0]])
            self._index.want_purge()
            self.lightened.add(self._interner.place(fact.conversation).id)
            self._execute("UPDATE messages SET text = '', client_tags = '' WHERE id = ?", row)
            self._execute(
                "INSERT OR IGNORE INTO redactions VALUES (?, ?, ?, ?)",
                (row[0], self._interner.name(fact.source), fact.reason, fact.at_ms),
            )

    def _marker_moved(self, fact: facts.MarkerMoved) -> None:
        self._execute(
            """
            INSERT INTO markers VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)
            """,
            (
                self._interner.account_key(fact.account),
                self._interner.place(fact.conversation).id,
                fact.at_ms,
            ),
        )

    def _account_seen(self, fact: facts.AccountSeen) -> None:
        self._execute(
            "UPDATE accounts SET seen_at_ms = max(seen_at_ms, ?) WHERE id = ?",
            (fact.at_ms, self._interner.account_key(fact.account)),
        )

    def _room_founded(self, fact: facts.RoomFounded) -> None:
        """A room that had settings before it had a founder keeps them."""
        self._execute(
            """
            INSERT INTO rooms (key, name, founder, modes, founded_at_ms) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
                founder = excluded.founder,
                modes = iif(name IS NULL, excluded.modes, modes),
                founded_at_ms = iif(name IS NULL, excluded.founded_at_ms, founded_at_ms),
                name = coalesce(name, excluded.name)
            """,
            (fact.room, fact.name, fact.founder, "".join(sorted(fact.modes)), fact.at_ms),
        )

    def _room_ended(self, fact: facts.RoomEnded) -> None:
        rooms.end(self._execute, fact.room)

    def _room_owner_changed(self, fact: facts.RoomOwnerChanged) -> None:
        """Only of a room that was founded: what had no founder before is founded now."""
        self._execute("UPDATE rooms SET founder = ? WHERE key = ?", (fact.founder, fact.room))

    def _room_access_changed(self, fact: facts.RoomAccessChanged) -> None:
        self._set(fact.room)
        rooms.change_access(self._execute, fact)

    def _room_renamed(self, fact: facts.RoomRenamed) -> None:
        rooms.rename(self._execute, fact)
        self._interner.forget_places((fact.room, room_key(fact.name)))

    def _room_removed(self, fact: facts.RoomRemoved) -> None:
        rooms.end(self._execute, fact.room)
        if fact.forgets:
            rooms.forget_talk(self._execute, fact.room)

    def _topic_changed(self, fact: facts.TopicChanged) -> None:
        self._set(
            fact.room,
            "topic = ?, topic_setter = ?, topic_at_ms = ?",
            (fact.topic, fact.setter, fact.at_ms),
        )

    def _room_key_changed(self, fact: facts.RoomKeyChanged) -> None:
        self._set(fact.room, "password = ?", (fact.key,))

    def _room_limit_changed(self, fact: facts.RoomLimitChanged) -> None:
        self._set(fact.room, "members_max = ?", (fact.limit,))

    def _room_pace_changed(self, fact: facts.RoomPaceChanged) -> None:
        self._set(fact.room, "pace_s = ?", (fact.pace_s,))

    def _room_flag_changed(self, fact: facts.RoomFlagChanged) -> None:
        self._set(fact.room)
        self._execute(
            "INSERT OR REPLACE INTO room_flags VALUES (?, ?, ?)",
            (fact.room, fact.letter, int(fact.on)),
        )

    def _mask_added(self, fact: facts.MaskAdded) -> None:
        self._set(fact.room)
        self._execute(
            """
            INSERT INTO room_masks (room, letter, folded, mask, setter, at_ms, until_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET
                mask = excluded.mask, setter = excluded.setter, at_ms = excluded.at_ms,
                until_ms = excluded.until_ms
            """,
            (
                fact.room,
                fact.letter,
                fold(fact.mask),
                fact.mask,
                fact.setter,
                fact.at_ms,
                fact.until_ms,
            ),
        )

    def _mask_removed(self, fact: facts.MaskRemoved) -> None:
        self._execute(
            "DELETE FROM room_masks WHERE room = ? AND letter = ? AND folded = ?",
            (fact.room, fact.letter, fold(fact.mask)),
        )

    def _act_noted(self, fact: facts.ActNoted) -> None:
        who = (fact.actor_nick, fact.actor_account)
        self._execute(
            """
            INSERT INTO acts (at_ms, nick, account, what, room, target, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            (fact.at_ms, *who, fact.what, fact.room, fact.target, fact.reason),
        )

    def _address_banned(self, fact: facts.AddressBanned) -> None:
        self._execute(
            "INSERT OR REPLACE INTO address_bans VALUES (?, ?, ?, ?, ?)",
            (fact.network, fact.reason, fact.setter, fact.at_ms, fact.until_ms),
        )

    def _address_unbanned(self, fact: facts.AddressUnbanned) -> None:
        self._execute("DELETE FROM address_bans WHERE network = ?", (fact.network,))

    def _room_metadata_changed(self, fact: facts.RoomMetadataChanged) -> None:
        self._set(fact.room)
        self._set_metadata("room", fact.room, fact.key, fact.value)

    def _account_metadata_changed(self, fact: facts.AccountMetadataChanged) -> None:
        self._set_metadata("account", fact.account, fact.key, fact.value)

    def _set_metadata(self, kind: str, whose: str, key: str, value: str | None) -> None:
        if value is None:
            query = f"DELETE FROM {kind}_metadata WHERE {kind} = ? AND key = ?"
            self._execute(query, (whose, key))
        else:
            query = f"INSERT OR REPLACE INTO {kind}_metadata VALUES (?, ?, ?)"
            self._execute(query, (whose, key, value))

    def _set(self, room: RoomKey, settings: str = "", values: tuple[Any, ...] = ()) -> None:
        """Change settings of a room, which begins to be kept with them."""
        self._execute("INSERT OR IGNORE INTO rooms (key) VALUES (?)", (room,))
        if settings:
            self._execute(f"UPDATE rooms SET {settings} WHERE key = ?", (*values, room))


_WRITE: dict[type, Callable[[Writer, Any], None]] = {
    facts.Redacted: Writer._redacted,
    facts.MarkerMoved: Writer._marker_moved,
    facts.AccountSeen: Writer._account_seen,
    facts.RoomFounded: Writer._room_founded,
    facts.RoomEnded: Writer._room_ended,
    facts.RoomOwnerChanged: Writer._room_owner_changed,
    facts.RoomAccessChanged: Writer._room_access_changed,
    facts.RoomRenamed: Writer._room_renamed,
    facts.RoomRemoved: Writer._room_removed,
    facts.TopicChanged: Writer._topic_changed,
    facts.RoomKeyChanged: Writer._room_key_changed,
    facts.RoomLimitChanged: Writer._room_limit_changed,
    facts.RoomPaceChanged: Writer._room_pace_changed,
    facts.RoomFlagChanged: Writer._room_flag_changed,
    facts.MaskAdded: Writer._mask_added,
    facts.MaskRemoved: Writer._mask_removed,
    facts.ActNoted: Writer._act_noted,
    facts.AddressBanned: Writer._address_banned,
    facts.AddressUnbanned: Writer._address_unbanned,
    facts.RoomMetadataChanged: Writer._room_metadata_changed,
    facts.AccountMetadataChanged: Writer._account_metadata_changed,
}
