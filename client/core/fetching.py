"""History on its way, on one connection: what is asked for, and what has to wait for the answer.

Values for `past.py` (which asks) and `showing.py` (which shows); both change them. Owner: the
session's thread. Forgotten with the connection.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from client.core.event import MessageReceived
from client.core.model import BufferKey
from client.core.past_events import Purpose

# Live lines of one window that wait for its history; past this they are dropped, and asked for
# again behind the page that is on its way.
HELD_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a conversation. `received` is None for what does not show but has its number."""

    time_ms: int
    seq: int = 0
    msgid: str = ""
    received: MessageReceived | None = None


@dataclass(slots=True)
class Request:
    """One CHATHISTORY command, and what its pages have brought so far.

    `count`: how many messages are wanted; 0 for all there are. `bound`: where the next page begins.
    `is_asked`: a person waits for it.
    """

    subcommand: str
    target: str
    purpose: Purpose
    bound: str
    count: int = 0
    entered_ms: int = 0  # when we came into the room that it opens
    is_asked: bool = False
    label: str = ""
    page: int = 0  # how many this page may have
    tries: int = 0
    found: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Held:
    """Live lines of a window whose history is not here yet."""

    name: str
    entries: list[Entry] = field(default_factory=list)
    is_overflown: bool = False


@dataclass(slots=True)
class Fetching:
    """All of it. At most one request is out at a time.

    `is_behind`: what was said in private before this connection is not all here yet, and never will
    be if the server `gave_up`. `holds_private`: which conversations have news is not known yet, so
    all wait; `is_listed`: it is. `checks`: those whose read marker we asked for, with the time of
    their latest message. `asked_ms`: when the last question went out (steady clock).
    """

    queue: deque[Request] = field(default_factory=deque)
    current: Request | None = None
    last_number: int = 0
    held: dict[BufferKey, Held] = field(default_factory=dict)
    asked_ms: int = 0
    is_behind: bool = False
    gave_up: bool = False
    holds_private: bool = False
    is_listed: bool = False
    began_ms: int = 0  # when the server welcomed us
    checks: dict[BufferKey, int] = field(default_factory=dict)

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing is on its way."""
        return self.current is None and not self.queue and not self.checks
