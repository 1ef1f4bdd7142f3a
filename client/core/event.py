"""What all events have, and the one that matters most: that somebody said something.

RAW text, as in `events.py`, which has all the others and is what the faces import.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    """How something is said; the value is its name in JSON."""

    MESSAGE = "message"
    NOTICE = "notice"
    ACTION = "action"


class TextKind(StrEnum):
    """What kind of thing the server tells us, apart from people's messages."""

    MOTD = "motd"
    NOTICE = "notice"
    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events have. `time_ms`: when, wall clock, milliseconds since 1970."""

    time_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """Somebody said something, or our own words came back (`own`), in the server's order.

    A face that only appends lines needs no other message event for its own words: `own` comes once
    per message, when the server has it. `outbox_id` is "" unless this session sent it. `seq`: its
    number in its conversation, 0 where the server has none. `is_history`: said before we heard it.
    """

    buffer: str
    target: str
    nick: str
    text: str
    kind: MessageKind = MessageKind.MESSAGE
    account: str = ""
    msgid: str = ""
    mention: bool = False
    own: bool = False
    outbox_id: str = ""
    is_private: bool = False
    seq: int = 0
    is_history: bool = False
