"""What has happened to rooms, past tense. Part of `facts`, which is where to import them from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from irc.names import NickKey, RoomKey

UserId = NewType("UserId", int)
"""Somebody present. A guest has one session, an account may have several; all are one user."""


@dataclass(frozen=True, slots=True)
class RoomCreated:
    name: str
    modes: frozenset[str]
    at_ms: int


@dataclass(frozen=True, slots=True)
class Joined:
    """`flags` are the member's mode letters, such as "o"."""

    user: UserId
    room: RoomKey
    flags: str


@dataclass(frozen=True, slots=True)
class Parted:
    """Left by PART or KICK. The last one out ends the room, unless it is a default room."""

    user: UserId
    room: RoomKey


@dataclass(frozen=True, slots=True)
class TopicChanged:
    room: RoomKey
    topic: str
    setter: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class RoomFlagChanged:
    room: RoomKey
    letter: str
    on: bool


@dataclass(frozen=True, slots=True)
class RoomKeyChanged:
    """`key` is the room's password (mode k), empty for none."""

    room: RoomKey
    key: str


@dataclass(frozen=True, slots=True)
class RoomLimitChanged:
    """`limit` is the most members (mode l), 0 for none."""

    room: RoomKey
    limit: int


@dataclass(frozen=True, slots=True)
class RoomPaceChanged:
    """`pace_s` is how often a member may speak, in seconds (mode S); 0 for as they like."""

    room: RoomKey
    pace_s: int


@dataclass(frozen=True, slots=True)
class PaceTaken:
    """Somebody spoke in a room with slow mode. `who` is a `pace_key`; 0 is for not yet."""

    room: RoomKey
    who: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class MaskAdded:
    """`letter` names the list, such as "b". It ends by itself at `until_ms`; never if that is 0.

    A mask that is there already gets a new setter, time and end.
    """

    room: RoomKey
    letter: str
    mask: str
    setter: str
    at_ms: int
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class MaskRemoved:
    room: RoomKey
    letter: str
    mask: str


@dataclass(frozen=True, slots=True)
class MemberFlagChanged:
    room: RoomKey
    user: UserId
    letter: str
    on: bool


@dataclass(frozen=True, slots=True)
class Invited:
    room: RoomKey
    user: UserId


@dataclass(frozen=True, slots=True)
class RoomFounded:
    """The room belongs to an account: it stays, with topic and modes, when everybody has left."""

    room: RoomKey
    name: str
    founder: NickKey
    modes: frozenset[str]
    at_ms: int


@dataclass(frozen=True, slots=True)
class RoomOwnerChanged:
    """The room belongs to this account from now on; to nobody when it is "".

    A room that is nobody's ends with its last member.
    """

    room: RoomKey
    founder: NickKey


@dataclass(frozen=True, slots=True)
class RoomAccessChanged:
    """The account gets these mode letters whenever it joins ("o", "v", "ov"); "" for none."""

    room: RoomKey
    account: NickKey
    flags: str


@dataclass(frozen=True, slots=True)
class RoomRenamed:
    """The room has another name, and everything that belongs to it goes along: what was said, too.

    What was said under the new name before, in a room that is no more, is put `aside`: under a name
    that no room can have. `back` is only for taking a renaming back: what was put aside then.
    """

    room: RoomKey
    name: str
    aside: str
    at_ms: int
    back: str = ""


@dataclass(frozen=True, slots=True)
class RoomRemoved:
    """The operator of the server took the room away, with its settings and from all members.

    With `forgets`, what was said in it is let go.
    """

    room: RoomKey
    forgets: bool


@dataclass(frozen=True, slots=True)
class RoomEnded:
    """The room is no more, and neither are its settings. What was said in it stays.

    For the log, when a room is made under a name that one had before: the world ends a room by
    itself when the last one leaves.
    """

    room: RoomKey
