"""The lines of long answers: one member, one person, one room. RAW text, like all events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedMember:
    """One name of a NAMES list; `prefixes` such as "@" or "@+", highest first."""

    nick: str
    prefixes: str = ""


@dataclass(frozen=True, slots=True)
class WhoRow:
    """One line of a WHO answer."""

    nick: str
    user: str
    host: str
    realname: str
    room: str = ""
    is_away: bool = False
    is_operator: bool = False
    prefixes: str = ""


@dataclass(frozen=True, slots=True)
class RoomRow:
    """One room of a LIST answer."""

    room: str
    members: int
    topic: str = ""


@dataclass(frozen=True, slots=True)
class MaskRow:
    """One entry of a room's list of bans. `by` "" and `set_ms` 0 when the server does not say."""

    mask: str
    by: str = ""
    set_ms: int = 0
