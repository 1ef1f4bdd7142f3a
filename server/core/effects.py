"""What is to be done once the facts are durable: orders to the io threads and to the password
checkers.

The hub hands effects on in the order in which the core gave them. An effect for many names its
audience (a room), never the connections: each io thread knows which of its own are subscribed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from irc.names import RoomKey
from server.core.events import NOBODY, BanBegan, SessionId
from server.core.orders import Answer, Reply
from server.core.requests import Request

SIMPLE = 1 << 60
"""The bit of a profile that stands for the simple dialect. All other bits are capabilities
(irc/caps.py)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as the server tells it, before it is rendered for a capability profile.

    `needs` are capability bits: who lacks one of them gets nothing. `extended` are the parameters
    that only `extended-join` sees. `client_tags` is already escaped, without the `@`. `label`,
    `batch` and `once` are set only on what goes to one session. `seq` is a kept message's number.
    `pieces` are those of a message of several lines (speech.py): joined they are its text.
    `is_bot` says that a program said it (IRCv3 bot-mode).
    """

    source: str
    command: str
    params: tuple[str, ...]
    at_ms: int
    msgid: str = ""
    account: str = ""
    client_tags: str = ""
    needs: int = 0
    extended: tuple[str, ...] = ()
    label: str = ""
    batch: str = ""
    seq: int = 0
    once: str = ""
    pieces: tuple[str, ...] = ()
    is_bot: bool = False
    lacks: int = 0
    """Who has one of these capabilities, or speaks the simple dialect, gets nothing."""


@dataclass(frozen=True, slots=True)
class Send:
    """Give `line` to one session."""

    session: SessionId
    line: Outgoing


@dataclass(frozen=True, slots=True)
class SendText:
    """Give a line of the simple dialect to one session."""

    session: SessionId
    text: str


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Give `line` to every session subscribed to `room`, except `but`."""

    room: RoomKey
    line: Outgoing
    but: SessionId = NOBODY


@dataclass(frozen=True, slots=True)
class Announce:
    """Give `line` once to every session subscribed to any of `rooms`, except those in `but`, and
    those that hear one of the rooms in `outside` as well. With `within`, only to those that hear
    this one, too."""

    rooms: tuple[RoomKey, ...]
    line: Outgoing
    but: frozenset[SessionId] = frozenset()
    outside: tuple[RoomKey, ...] = ()
    within: RoomKey | None = None


@dataclass(frozen=True, slots=True)
class ToEverybody:
    """Give `lines` to every session that is registered, in one piece."""

    lines: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """From here on the session hears the room."""

    session: SessionId
    room: RoomKey


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """From here on the session does not hear the room."""

    session: SessionId
    room: RoomKey


@dataclass(frozen=True, slots=True)
class SetProfile:
    """From here on, lines to this session are rendered for these capabilities."""

    session: SessionId
    profile: int


@dataclass(frozen=True, slots=True)
class MarkRegistered:
    """The session is somebody now: its registration deadline is lifted."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class Close:
    """Send what is queued, then close. The io thread answers with no `Disconnected`."""

    session: SessionId
    reason: str


@dataclass(frozen=True, slots=True)
class CheckPassword:
    """Ask the password checkers; the answer comes back as `PasswordChecked`."""

    session: SessionId
    account: str
    password: str = field(repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class CheckOperator:
    """Ask whether `password` fits `hash` (OPER); the answer comes back with `operator` and `hash`.

    For an unknown operator it is some other's hash: that nobody is called so takes as long.
    """

    session: SessionId
    operator: str
    hash: str = field(repr=False)
    password: str = field(repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Give the account another password if `old` is right; `AccountAnswered` says what came of
    it, as for the two below."""

    session: SessionId
    account: str
    old: str = field(repr=False)
    new: str = field(repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class RegisterAccount:
    """Make an account; where an invitation is needed, see whether one could be made."""

    session: SessionId
    account: str
    password: str = field(repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class RedeemInvitation:
    """Make an account with the code of an invitation, and the hash that came before."""

    session: SessionId
    account: str
    hash: str = field(repr=False)
    code: str = field(repr=False)
    address: str = ""


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Ask the reader; what history_answer.py makes of it goes to the session, and to nobody else.

    `at_ms` is when it was asked, `reference` is unique and may name a batch.
    """

    session: SessionId
    request: Request
    reference: str
    at_ms: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class TellWhenDrained:
    """Answer with `Drained` once all that was given to the session so far is with its socket."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class Rehash:
    """Read the config again; what came of it comes back as `Rehashed`."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Let this event follow, now that all that led to it is durable."""

    event: BanBegan


@dataclass(frozen=True, slots=True)
class Report:
    """Tell whoever gave an order (orders.py) what came of it. The hub does it."""

    reply: Reply
    answer: Answer


Effect = (
    Send
    | SendText
    | Broadcast
    | Announce
    | ToEverybody
    | Subscribe
    | Unsubscribe
    | SetProfile
    | MarkRegistered
    | Close
    | CheckPassword
    | CheckOperator
    | ChangePassword
    | RegisterAccount
    | RedeemInvitation
    | ReadHistory
    | Rehash
    | Afterwards
    | TellWhenDrained
    | Report
)

ForAccounts = CheckPassword | CheckOperator | ChangePassword | RegisterAccount | RedeemInvitation
"""What the password pool does."""
