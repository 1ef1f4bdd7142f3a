"""What happened, for a face to show: frozen events, made by the session, in order.

Every text field is RAW, as it came from the network: `view.py` is the one door to a
screen (it sanitises), `event_json.py` the one door to JSON. `buffer` names the window an
event belongs to: a room's name, the other person's nick, or "" for the server itself.
`time_ms` is wall-clock milliseconds since 1970: the server's time where it tells it, else ours.

Nothing here does anything. Owner: whoever holds it; all values are immutable.
"""

from __future__ import annotations

from dataclasses import dataclass

from client.core.event import (
    Event as Event,
    MessageKind as MessageKind,
    MessageReceived as MessageReceived,
    TextKind as TextKind,
)
from client.core.past_events import (
    GapFound as GapFound,
    HistoryBegins as HistoryBegins,
    HistoryEnds as HistoryEnds,
    MarkerMoved as MarkerMoved,
    MessageDeleted as MessageDeleted,
    Purpose as Purpose,
    SearchFound as SearchFound,
    UnreadBegins as UnreadBegins,
)
from client.core.room_events import (
    BansListed as BansListed,
    Killed as Killed,
    PresenceTold as PresenceTold,
    RealnameChanged as RealnameChanged,
    RoomRenamed as RoomRenamed,
    TypingChanged as TypingChanged,
    WatchListed as WatchListed,
)
from client.core.rows import (
    ListedMember as ListedMember,
    MaskRow as MaskRow,
    RoomRow as RoomRow,
    WhoRow as WhoRow,
)

# --- the connection -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Event):
    """We are in: the welcome is over, rooms are being joined. `back`: after a reconnect."""

    nick: str
    network: str = ""
    server: str = ""
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(Event):
    """The server accepted the account (SASL, numeric 900)."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMade(Event):
    """The server made the account that we asked for."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Event):
    """The server refused the account; the session wants to be closed.

    `code`: a numeric ("904"), a standard-reply code, or "sasl_unavailable" when the server has
    no way to log in, "registration_unavailable" when it makes no accounts. `is_permanent`: do
    not retry with the same password (exit code 77).
    """

    text: str
    code: str = ""
    is_permanent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFailed(Event):
    """The server will not let us in under this name, or at all; not retried by itself."""

    text: str
    code: str
    nick: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NickInUse(Event):
    """`nick` was refused because somebody has it; `current` is what we are called now."""

    nick: str
    text: str
    current: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerClosing(Event):
    """The server said ERROR: it closes the connection now."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(Event):
    """The connection is gone. `waiting`: how many messages are kept for later."""

    reason: str
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(Event):
    """Made by the transport, not by the session: the next attempt comes in `delay_ms`."""

    delay_ms: int
    attempt: int


# --- messages and our outbox ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQueued(Event):
    """A message was taken into the outbox. `waiting`: it could not be sent at once."""

    outbox_id: str
    target: str
    text: str
    kind: MessageKind = MessageKind.MESSAGE
    waiting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageConfirmed(Event):
    """The server has our message. Comes right after its own `MessageReceived`."""

    outbox_id: str
    target: str
    msgid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFailed(Event):
    """The server refused our message, or it was never sent because it is impossible to send.

    `code`: numeric, standard-reply code, or ours: "too_long", "empty", "outbox_full".
    """

    outbox_id: str
    target: str
    text: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUnconfirmed(Event):
    """The line broke after we sent this and before the server confirmed: nobody knows.

    It is never sent again by itself: ask the person, then `Session.resend` or `Session.discard`.
    """

    outbox_id: str
    target: str
    text: str
    kind: MessageKind = MessageKind.MESSAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxQuestion(Event):
    """Many or old messages wait: ask, then `Session.release_outbox` or `Session.discard_outbox`."""

    count: int
    oldest_ms: int


# --- rooms and people -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Event):
    """`nick` came into `buffer` (a room)."""

    buffer: str
    nick: str
    account: str = ""
    realname: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted(Event):
    """`nick` left `buffer` (a room)."""

    buffer: str
    nick: str
    reason: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quit(Event):
    """`nick` left the server. `buffers`: the rooms and conversations it was in."""

    nick: str
    reason: str = ""
    buffers: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NickChanged(Event):
    """`nick` is now called `new_nick`."""

    nick: str
    new_nick: str
    buffers: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged(Event):
    """`nick` logged in as `account`, or out ("")."""

    nick: str
    account: str
    buffers: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayChanged(Event):
    """`nick` went away with `reason`, or came back (`is_away` False)."""

    nick: str
    is_away: bool
    reason: str = ""
    buffers: tuple[str, ...] = ()
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChanged(Event):
    """The topic of `buffer`. `nick`: who set it just now; "" when the server only tells it."""

    buffer: str
    topic: str
    nick: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChanged(Event):
    """Modes of a room, or our own (`buffer` ""). `by` "": the server only tells what they are."""

    buffer: str
    target: str
    modes: str
    arguments: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kicked(Event):
    """`by` removed `nick` from `buffer`; `own`: it was us."""

    buffer: str
    nick: str
    by: str
    reason: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Event):
    """`by` invited `nick` into `room`. `own`: we are the invited one."""

    buffer: str
    room: str
    nick: str
    by: str
    own: bool = False


# --- answers --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesListed(Event):
    """Who is in `buffer`. `requested`: a person asked; otherwise it came with a join."""

    buffer: str
    members: tuple[ListedMember, ...]
    requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoListed(Event):
    """The answer to WHO `target`."""

    buffer: str
    target: str
    rows: tuple[WhoRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListListed(Event):
    """The rooms of the server, in its order."""

    rows: tuple[RoomRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoisReceived(Event):
    """All that the server told about a person. `idle_s`, `signed_on_ms`: -1 when unknown.

    `address` and `modes` are told of oneself, and to operators of the server.
    """

    nick: str
    user: str = ""
    host: str = ""
    realname: str = ""
    server: str = ""
    account: str = ""
    rooms: tuple[str, ...] = ()
    is_away: bool = False
    away: str = ""
    idle_s: int = -1
    signed_on_ms: int = -1
    is_operator: bool = False
    is_secure: bool = False
    is_bot: bool = False
    address: str = ""
    modes: str = ""
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcpReceived(Event):
    """A client-to-client request other than an action. Shown, never answered."""

    buffer: str
    nick: str
    command: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerText(Event):
    """What the server says: message of the day, notices, replies with no event of their own.

    `code` is the numeric or standard-reply code, "" for a notice. `source` is who said it.
    """

    text: str
    kind: TextKind = TextKind.INFO
    code: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReply(Event):
    """A command failed. `code`: numeric or standard-reply code; `context`: the values it is about.

    `buffer` is the window it concerns where that is known, else "".
    """

    code: str
    text: str
    context: tuple[str, ...] = ()
    command: str = ""
    buffer: str = ""
