"""What the operator asks of the rooms from outside (chat-admin), and what comes back. Pure values.

An order is decided like anything else, by `step`: in the running server, or over what the log
remembers when none runs (server/administering.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irc.names import RoomKey


@dataclass(frozen=True, slots=True)
class NameRooms:
    """Which rooms are there? Quick, however many: they are described a few at a time."""


@dataclass(frozen=True, slots=True)
class DescribeRooms:
    """What about these? Those that are gone are left out."""

    keys: tuple[RoomKey, ...]


@dataclass(frozen=True, slots=True)
class SetRoom:
    """Change a room. `founder` is an account; None is for what stays as it is.

    `modes` are mode strings with their parameters behind a space. `operators` are accounts, and
    whether they become operators of the room.
    """

    name: str
    founder: str | None = None
    topic: str | None = None
    modes: tuple[str, ...] = ()
    operators: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveRoom:
    """Take a room away from whoever is in it, with its settings; what was said in it, too, if
    `forgets`."""

    name: str
    forgets: bool = False


Order = NameRooms | DescribeRooms | SetRoom | RemoveRoom


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room, for whoever administers it. `messages` counts all that were ever said in it."""

    name: str
    founder: str
    members: int
    modes: str
    messages: int
    topic: str
    access: tuple[tuple[str, str], ...]
    masks: int
    is_default: bool
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an order. `problem` is one word, and `about` what it is about; "" when all is
    well: no_room, default_room, nobodys_room, bad_mode, list_full, not_stored."""

    keys: tuple[RoomKey, ...] = ()
    rows: tuple[RoomRow, ...] = ()
    problem: str = ""
    about: str = ""


Reply = Callable[[Answer], None]
"""Where an answer goes, once all it tells is durable. Called on the hub's thread: must be quick."""
