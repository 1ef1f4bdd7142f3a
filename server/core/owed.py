"""What a full log is told later: which rooms were made and ended. Owner: the hub thread.

That is nobody's promise and stays in the world, but what is promised in such a room later rests on
it: without it, a restart would find a topic and no room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from irc.names import RoomKey
from server.core.facts import Fact, RoomEnded, RoomFounded, RoomRemoved

ROOMS_MAX = 10_000
"""Of so many rooms it is kept in mind. Others that are made while the log is full are not known
after a restart."""


class Owed:
    """The facts that the next batch begins with."""

    def __init__(self) -> None:
        self._by_room: dict[RoomKey, list[Fact]] = {}

    def __iter__(self) -> Iterator[Fact]:
        for facts in self._by_room.values():
            yield from facts

    def add(self, refused: Sequence[Fact]) -> None:
        """Take over what is needed of a batch that was refused."""
        for fact in refused:
            if not isinstance(fact, RoomEnded | RoomFounded | RoomRemoved):
                continue
            if fact.room not in self._by_room and len(self._by_room) >= ROOMS_MAX:
                continue
            before = self._by_room.get(fact.room, [])
            if isinstance(fact, RoomEnded):  # how often it was made before does not matter
                before = [each for each in before if isinstance(each, RoomRemoved)]
            self._by_room[fact.room] = [*before, fact]

    def clear(self) -> None:
        """It is kept now."""
        self._by_room.clear()
