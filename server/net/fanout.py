"""From effects to bytes in buffers: who of this io thread's connections gets what. Owner: one io
thread.

Theory of operation. Consecutive lines to one room form a *run*. When the run ends it is rendered
once per capability profile into one block of bytes, and each subscriber's buffer gets one reference
to the block of its profile: the cost per recipient does not grow with the number of lines. Some
recipients are special in a run: a sender is left out of its own line, and lines sent to one session
alone (its echo, its numerics) must keep their place between the room's lines. For those the block
is cut at the marks.

A run ends when another room speaks, when somebody subscribes or unsubscribes or changes profile,
and at the end of the turn. So whatever a connection gets, it gets in the order the hub decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from irc.names import RoomKey
from server.core.effects import (
    Announce,
    Broadcast,
    Close,
    Effect,
    MarkRegistered,
    Outgoing,
    Send,
    SendText,
    SetProfile,
    Subscribe,
    TellWhenDrained,
    ToEverybody,
    Unsubscribe,
)
from server.core.events import SessionId
from server.core.render import render
from server.net.connection import Connection

Mark = tuple[int, bytes | None]
"""At the line with this index: leave the line out (None), or put these bytes in front of it."""

NO_MEMBERS: frozenset[Connection] = frozenset()


class Fanout:
    """The subscriptions of one io thread, and the run being gathered.

    `push(connection, payload)` queues bytes and marks the connection for flushing;
    `close(connection, reason)` ends it after that; `mark(connection)` only has it flushed. All are
    the loop's.
    """

    def __init__(
        self,
        push: Callable[[Connection, bytes], None],
        close: Callable[[Connection, str], None],
        mark: Callable[[Connection], None],
    ) -> None:
        self.connections: dict[SessionId, Connection] = {}
        self.rooms: dict[RoomKey, set[Connection]] = {}
        self._push = push
        self._close = close
        self._mark = mark
        self._room: RoomKey | None = None
        self._members: set[Connection] | frozenset[Connection] = NO_MEMBERS
        self._lines: list[Outgoing] = []
        self._marks: dict[Connection, list[Mark]] = {}

    def add(self, connection: Connection) -> None:
        """From now on effects for this session find the connection."""
        self.connections[connection.id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget the connection and its subscriptions."""
        if self.connections.pop(connection.id, None) is None:
            return
        for room in connection.rooms:
            members = self.rooms[room]
            members.discard(connection)
            if not members:
                del self.rooms[room]
        connection.rooms.clear()
        self._marks.pop(connection, None)

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Do what the hub decided, in order. Call `finish` after the last batch of a turn."""
        for effect in effects:
            self._ACTIONS[type(effect)](self, effect)

    def finish(self) -> None:
        """End the run: hand its block to every subscriber."""
        lines = self._lines
        if not lines:
            return
        members, marks, push = self._members, self._marks, self._push
        self._lines, self._marks = [], {}
        self._room, self._members = None, NO_MEMBERS
        rendered: dict[int, list[bytes]] = {}
        blocks: dict[int, bytes] = {}
        for connection in tuple(members):
            profile = connection.profile
            block = blocks.get(profile)
            if block is None:
                pieces = rendered[profile] = [render(line, profile) for line in lines]
                block = blocks[profile] = b"".join(pieces)
            if marks and connection in marks:
                block = _cut(rendered[profile], marks[connection])
            if block:
                push(connection, block)

    def _send(self, effect: Send) -> None:
        connection = self.connections.get(effect.session)
        if connection is not None:
            self._to_one(connection, render(effect.line, connection.profile))

    def _send_text(self, effect: SendText) -> None:
        connection = self.connections.get(effect.session)
        if connection is not None:
            self._to_one(connection, effect.text.encode() + b"\r\n")

    def _to_one(self, connection: Connection, payload: bytes) -> None:
        """Bytes for one connection alone, in their place among the lines of the run."""
        if not payload:
            return
        if connection in self._members:
            self._marks.setdefault(connection, []).append((len(self._lines), payload))
        else:
            self._push(connection, payload)

    def _broadcast(self, effect: Broadcast) -> None:
        if effect.room != self._room:
            self.finish()
            members = self.rooms.get(effect.room)
            if members is None:
                return
            self._room, self._members = effect.room, members
        if effect.but:
            sender = self.connections.get(effect.but)
            if sender is not None and sender in self._members:
                self._marks.setdefault(sender, []).append((len(self._lines), None))
        self._lines.append(effect.line)

    def _announce(self, effect: Announce) -> None:
        self.finish()
        rendered: dict[int, bytes] = {}
        for connection in self._audience(effect):
            if connection.id in effect.but:
                continue
            payload = rendered.get(connection.profile)
            if payload is None:
                payload = rendered[connection.profile] = render(effect.line, connection.profile)
            if payload:
                self._push(connection, payload)

    def _audience(self, effect: Announce) -> set[Connection]:
        """Who is meant. With `within`, a room costs as much as the smaller of the two."""
        audience: set[Connection] = set()
        for room in effect.rooms:
            members = self.rooms.get(room, NO_MEMBERS)
            if effect.within is not None:
                members = members & self.rooms.get(effect.within, NO_MEMBERS)
            audience |= members
        for room in effect.outside:
            audience.difference_update(self.rooms.get(room, NO_MEMBERS))
        return audience

    def _to_everybody(self, effect: ToEverybody) -> None:
        self.finish()
        rendered: dict[int, bytes] = {}
        for connection in tuple(self.connections.values()):
            if not connection.is_registered:
                continue
            block = rendered.get(connection.profile)
            if block is None:
                pieces = [render(line, connection.profile) for line in effect.lines]
                block = rendered[connection.profile] = b"".join(pieces)
            if block:
                self._push(connection, block)

    def _subscribe(self, effect: Subscribe) -> None:
        self.finish()
        connection = self.connections.get(effect.session)
        if connection is not None:
            connection.rooms.add(effect.room)
            self.rooms.setdefault(effect.room, set()).add(connection)

    def _unsubscribe(self, effect: Unsubscribe) -> None:
        self.finish()
        connection = self.connections.get(effect.session)
        if connection is not None and effect.room in connection.rooms:
            connection.rooms.discard(effect.room)
            members = self.rooms[effect.room]
            members.discard(connection)
            if not members:
                del self.rooms[effect.room]

    def _set_profile(self, effect: SetProfile) -> None:
        self.finish()
        connection = self.connections.get(effect.session)
        if connection is not None:
            connection.profile = effect.profile

    def _mark_registered(self, effect: MarkRegistered) -> None:
        connection = self.connections.get(effect.session)
        if connection is not None:
            connection.register()

    def _tell_when_drained(self, effect: TellWhenDrained) -> None:
        connection = self.connections.get(effect.session)
        if connection is not None:
            connection.tells_drained = True
            self._mark(connection)

    def _end(self, effect: Close) -> None:
        self.finish()
        connection = self.connections.get(effect.session)
        if connection is not None:
            self._close(connection, effect.reason)

    _ACTIONS: dict[type, Callable[..., None]] = {  # noqa: RUF012 - a table, never changed
        Send: _send,
        SendText: _send_text,
        Broadcast: _broadcast,
        Announce: _announce,
        ToEverybody: _to_everybody,
        Subscribe: _subscribe,
        Unsubscribe: _unsubscribe,
        SetProfile: _set_profile,
        MarkRegistered: _mark_registered,
        TellWhenDrained: _tell_when_drained,
        Close: _end,
    }


def _cut(pieces: list[bytes], marks: list[Mark]) -> bytes:
    """The block of somebody special: some lines left out, some put in. Marks are in order."""
    parts: list[bytes] = []
    start = 0
    for index, insertion in marks:
        parts.extend(pieces[start:index])
        start = index
        if insertion is None:
            start += 1
        else:
            parts.append(insertion)
    parts.extend(pieces[start:])
    return b"".join(parts)
