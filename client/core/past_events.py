"""What happened with the past: history, gaps, read markers, search, deletions. See `events.py`.

History of a window comes as `HistoryBegins`, its messages (`MessageReceived` with `is_history`) and
`HistoryEnds`, with nothing of another window between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from client.core.event import Event, MessageReceived


class Purpose(StrEnum):
    """Why history was asked for."""

    OPEN = "open"  # a window we had not seen: its latest messages
    RESUME = "resume"  # what was said while we were away
    OLDER = "older"  # a person asked for what was before


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryBegins(Event):
    """`count` messages of the past of window `buffer` follow, and then `HistoryEnds`."""

    buffer: str
    purpose: Purpose
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEnds(Event):
    """The end of such messages. `is_whole`: the server has nothing older of this window.

    `is_missing`: it was asked for, and the server did not give it; no `HistoryBegins` came.
    `is_asked`: a person asked for it, and waits for an answer.
    """

    buffer: str
    purpose: Purpose
    count: int = 0
    is_whole: bool = False
    is_missing: bool = False
    is_asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFound(Event):
    """The server's numbers say that `missing` messages of `buffer` are not here: at this place."""

    buffer: str
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadBegins(Event):
    """What follows in `buffer` was read on no device of ours yet."""

    buffer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerMoved(Event):
    """Everything in `buffer` up to `read_ms` was read, here or on another device of ours."""

    buffer: str
    read_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(Event):
    """`by` took a message of `nick` back. `text` is what it said, "" when it was not here."""

    buffer: str
    msgid: str
    by: str
    nick: str = ""
    text: str = ""
    reason: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFound(Event):
    """The answer to a search for `words`; `buffer` "" for everywhere. The oldest comes first."""

    buffer: str
    words: str
    messages: tuple[MessageReceived, ...]
