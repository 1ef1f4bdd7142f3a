"""What happens where rooms and people are managed: bans, names, who is here. See `events.py`."""

from __future__ import annotations

from dataclasses import dataclass

from client.core.event import Event
from client.core.rows import MaskRow


@dataclass(frozen=True, slots=True, kw_only=True)
class BansListed(Event):
    """Who is banned or muted in `buffer`, in the server's order: `/unban` counts them from 1."""

    buffer: str
    rows: tuple[MaskRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRenamed(Event):
    """`by` gave the room `old_name` the name `buffer`."""

    buffer: str
    old_name: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealnameChanged(Event):
    """`nick` has the real name `realname` now."""

    nick: str
    realname: str
    buffers: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed(Event):
    """An operator of the server, `by`, ended the connection of `nick`, as a rule ours (`own`)."""

    nick: str
    by: str
    reason: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceTold(Event):
    """People we watch (`/notify`) are here now, or are not (any more)."""

    nicks: tuple[str, ...]
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypingChanged(Event):
    """`nick` writes something in `buffer`, or does not any more: see `Buffer.typing_at`."""

    buffer: str
    nick: str
    is_typing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchListed(Event):
    """Whom we watch. `here`: those who are here."""

    nicks: tuple[str, ...]
    here: tuple[str, ...] = ()
