"""What reaches the hub: from the io threads, the password checkers and the app. Frozen values, one
owner.

An event carries no time. The hub stamps each one as it takes it from its inbox (`Stamp`), so that
the order of events, their times and their message ids always agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NewType

from irc.errors import ProtocolError
from irc.message import Message
from server.core.orders import Order, Reply
from server.core.settings import Settings

if TYPE_CHECKING:
    from server.core.history import Stored

SessionId = NewType("SessionId", int)
"""One connection's life. Given by the io side from one counter, never used twice in a process."""


NOBODY = SessionId(0)
"""No session has this id."""


class Dialect(Enum):
    """The language of a listener."""

    IRC = "irc"
    SIMPLE = "simple"


class Check(Enum):
    """How a password check ended."""

    OK = "ok"
    WRONG = "wrong"
    BUSY = "busy"


class Result(Enum):
    """How a change of an account ended."""

    DONE = "done"
    NEEDS_CODE = "needs_code"
    WRONG = "wrong"
    WEAK = "weak"
    UNACCEPTABLE = "unacceptable"
    EXISTS = "exists"
    BAD_NAME = "bad_name"
    BAD_CODE = "bad_code"
    TOO_MANY = "too_many"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and which: given by the hub to each event.

    `at_ms` is milliseconds since the epoch and never runs backwards; `id` is unique over restarts
    and is the root of every msgid that the event causes.
    """

    at_ms: int
    id: str
    earlier: Stored | None = None
    """The message that this account has sent with the same once id before (`tlschat/once`)."""
    is_earlier_kept: bool = True
    """Whether it is durable already; if not, it is in the batch that this event will be in."""
    meant: Stored | None = None
    """The kept message that the event names by its msgid (REDACT)."""
    command_counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How often each command was used since the start, for who asks (STATS)."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection finished its handshake and belongs to an io thread now.

    `certificate` is the fingerprint of its TLS certificate's key, when there is one that our CA
    signed.
    """

    session: SessionId
    dialect: Dialect
    address: str
    secure: bool = True
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class LineReceived:
    """A whole, well-formed IRC line."""

    session: SessionId
    message: Message


@dataclass(frozen=True, slots=True)
class TextReceived:
    """A whole line in the simple dialect."""

    session: SessionId
    text: str


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line that never became a message; the connection goes on behind it."""

    session: SessionId
    problem: ProtocolError


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone, whoever ended it. `reason` is shown to the rooms."""

    session: SessionId
    reason: str


@dataclass(frozen=True, slots=True)
class PasswordChecked:
    """The answer to a `CheckPassword` or `CheckOperator` effect.

    `operator` and `hash` are what the latter asked about.
    """

    session: SessionId
    outcome: Check
    account: str = ""
    retry_after_s: float = 0.0
    operator: str = ""
    hash: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AccountAnswered:
    """What came of a `ChangePassword`, `RegisterAccount` or `RedeemInvitation`.

    `text` is an English sentence where there is one to add. `hash` comes with NEEDS_CODE.
    """

    session: SessionId
    result: Result
    account: str = ""
    text: str = ""
    hash: str = field(default="", repr=False)
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AccountsRevoked:
    """Accounts that were removed or disabled in the password file: their sessions end now."""

    accounts: frozenset[str]


@dataclass(frozen=True, slots=True)
class SettingsLoaded:
    """The config or the list of accounts changed; from here on these settings hold."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class Drained:
    """All that was sent to the session is with its socket: the answer to `TellWhenDrained`."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class ClockTicked:
    """A deadline of the world has come. The hub sees to it, once a second at most."""


@dataclass(frozen=True, slots=True)
class BanBegan:
    """An address or network is banned, durably: who is connected from there has to leave."""

    network: str


@dataclass(frozen=True, slots=True)
class Rehashed:
    """What came of a session's `Rehash`, as lines for whoever asked."""

    session: SessionId
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoomAdministered:
    """The operator has an order about rooms (chat-admin); the answer goes to `reply`."""

    order: Order
    reply: Reply


@dataclass(frozen=True, slots=True)
class ServerStopping:
    """Tell everyone and let them go. The last event of a process."""

    reason: str


Event = (
    Connected
    | LineReceived
    | TextReceived
    | LineRefused
    | Disconnected
    | PasswordChecked
    | AccountAnswered
    | AccountsRevoked
    | SettingsLoaded
    | BanBegan
    | Rehashed
    | Drained
    | ClockTicked
    | RoomAdministered
    | ServerStopping
)
