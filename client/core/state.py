"""What the session's handlers share: settings, model, outbox, the connection, and two ways out.

`State` lives as long as the session, `Connection` as long as one connection: everything in it is
forgotten when the line breaks. Handlers get the `State` and a message; they change the model and
the outbox, `emit` events and `send` lines. Owner: the session's thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum

from client.core.capabilities import EVENT_PLAYBACK, ONCE, REDACTION
from client.core.events import (
    ErrorReply,
    Event,
    ListedMember,
    MaskRow,
    RoomRow,
    WhoisReceived,
    WhoRow,
)
from client.core.fetching import Fetching
from client.core.model import BufferKey, Model
from client.core.outbox import Outbox
from irc.errors import UnsafeParameter
from irc.message import Message, format_message
from irc.names import NickKey, RoomKey

# Modern IRC, "Message Format": a line without its tags, with CR LF. Longer ones are cut or refused.
LINE_BYTES_MAX = 512
# A server that opens batches and never ends them costs no more than this; the oldest is forgotten.
BATCHES_MAX = 64
# Rows kept of one answer (WHO, NAMES, LIST, lines of a WHOIS); the rest is not shown.
ROWS_MAX = 20_000
# What a person may say at once; it goes out in as many lines as it takes.
TEXT_BYTES_MAX = 16_384


@dataclass(frozen=True, slots=True)
class Identity:
    """Who to be. With a password the session logs in by SASL PLAIN, with a certificate by EXTERNAL,
    or fails; never without. Where it is to make the account, that logs it in."""

    nick: str
    account: str = ""
    password: str = field(default="", repr=False)
    user: str = ""
    realname: str = ""
    has_certificate: bool = False
    is_registering: bool = False  # make the account first, with `invitation` if one is needed
    invitation: str = field(default="", repr=False)

    @property
    def mechanism(self) -> str:
        """By which SASL mechanism to log in; "" for guests."""
        if self.is_registering:
            return ""
        if self.has_certificate:
            return "EXTERNAL"
        return "PLAIN" if self.password else ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ between faces. All limits are documented where they act."""

    rooms: tuple[str, ...] = ()  # joined at the first registration
    highlight_words: tuple[str, ...] = ()
    id_prefix: str = "t"  # outbox ids are this and a number; give random letters for each run
    # Makes the ids by which messages are sent once: random, 8 to 64 of [A-Za-z0-9._~-]. Without it
    # there are none.
    new_once: Callable[[], str] = str
    ping_idle_ms: int = 30_000
    ping_timeout_ms: int = 15_000
    registration_timeout_ms: int = 30_000
    text_bytes_max: int = TEXT_BYTES_MAX
    in_flight_max: int = 10
    outbox_max: int = 500
    outbox_question_count: int = 20
    outbox_question_age_ms: int = 300_000
    messages_per_buffer_max: int = 5_000
    history_count: int = 50  # messages of the past to fetch for a window that is new; 0 for none


class Phase(Enum):
    """How far a connection is."""

    OFFLINE = "offline"
    REGISTERING = "registering"
    WELCOMED = "welcomed"  # 001 came: we have a nick, the rest of the welcome follows
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Batch:
    """An open batch. `is_outermost`: it carries the label itself, so its end ends the answer.

    `lines`: where what is in it is collected; None when it is worked through as it comes.
    `is_inner`: its lines belong to the batch around it.
    """

    label: str
    is_outermost: bool
    kind: str = ""
    target: str = ""
    lines: list[Message] | None = None
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """A search that is not answered yet; `window` "" for everywhere."""

    label: str
    words: str
    window: str


@dataclass(frozen=True, slots=True)
class WhoAsked:
    """Who is to be banned, once the server has said who that is; `mask` when it has."""

    room: str
    name: str
    duration: str
    reason: str
    is_mute: bool
    mask: str = ""


@dataclass(frozen=True, slots=True)
class MaskAsked:
    """Why a list of masks was asked for: to take `name` off it, or ("") to show it."""

    name: str = ""
    is_mute: bool = False


@dataclass(slots=True)
class Connection:
    """What is true of one connection and of no other."""

    phase: Phase = Phase.OFFLINE
    # Capabilities (registration.py)
    caps_offered: dict[str, str] = field(default_factory=dict)
    caps: set[str] = field(default_factory=set)
    caps_pending: set[str] = field(default_factory=set)
    is_logging_in: bool = False
    is_logged_in: bool = False
    nick_refusal: str = ""  # what the server said when it refused the nick we want
    nick_tries: int = 0
    # What the server told about itself (005) and about us
    isupport: dict[str, str] = field(default_factory=dict)
    own_prefix: str = ""  # nick!user@host as others see it, "" while unknown
    # Answers on their way
    batches: dict[str, Batch] = field(default_factory=dict)
    barriers: dict[str, str] = field(default_factory=dict)  # PING token -> outbox id, "" for rooms
    barrier_number: int = 0
    are_rooms_joined: bool = False
    is_outbox_open: bool = False  # rooms are joined and their history is here: messages may go
    fetching: Fetching = field(default_factory=Fetching)
    names: dict[RoomKey, list[ListedMember]] = field(default_factory=dict)
    names_requested: set[RoomKey] = field(default_factory=set)
    who: list[WhoRow] = field(default_factory=list)
    rooms: list[RoomRow] = field(default_factory=list)
    whois: WhoisReceived | None = None
    new_password: str = field(default="", repr=False)  # what NickServ was asked to make it
    is_killed: bool = False  # and told so: the ERROR that follows says nothing new
    who_asked: dict[str, WhoAsked] = field(default_factory=dict)  # by WHOX token
    who_number: int = 0
    masks: dict[RoomKey, list[MaskRow]] = field(default_factory=dict)
    masks_asked: dict[RoomKey, MaskAsked] = field(default_factory=dict)
    masks_set: dict[tuple[RoomKey, str], NickKey] = field(default_factory=dict)  # whom ours mean
    told_away: dict[NickKey, str] = field(default_factory=dict)  # whom we wrote to, and why
    search: SearchAsked | None = None
    search_number: int = 0
    # How far we told that windows were read, and when (on the steady clock) we may tell more
    marked: dict[BufferKey, int] = field(default_factory=dict)
    mark_due_ms: int = 0
    # Keep-alive (session.py), on the session's own clock
    started_ms: int = 0
    heard_ms: int = 0
    pinged_ms: int | None = None


class State:
    """The session's inside; see the top of the file."""

    def __init__(self, identity: Identity, settings: Settings) -> None:
        self.identity = identity
        self.settings = settings
        self.model = Model(
            identity.nick, settings.messages_per_buffer_max, settings.highlight_words
        )
        self.outbox = Outbox(
            settings.id_prefix,
            settings.outbox_max,
            settings.in_flight_max,
            settings.outbox_question_count,
            settings.outbox_question_age_ms,
        )
        self.connection = Connection()
        self.watched: dict[NickKey, tuple[str, bool | None]] = {}  # and whether they are here
        self.was_online = False
        self.close_reason = ""
        self.may_retry = True
        self.now_ms = 0
        self.steady_ms = 0  # our own clock: only forward
        self.seen_ms = 0  # by the server's clock: what was said until then was shown
        self.events: list[Event] = []
        self.output = bytearray()

    @property
    def is_online(self) -> bool:
        """Tell whether the welcome is over."""
        return self.connection.phase is Phase.ONLINE

    def advance(self, now_ms: int) -> int:
        """Set the time; how long ago the last call was."""
        before_ms = self.now_ms or now_ms
        gap_ms = max(0, now_ms - before_ms)
        self.steady_ms += gap_ms
        self.now_ms = now_ms
        return gap_ms

    def emit(self, event: Event) -> None:
        """Put `event` out; one without a time gets the time of now."""
        self.events.append(event if event.time_ms else replace(event, time_ms=self.now_ms))

    def send(self, command: str, *params: str, tags: Mapping[str, str] | None = None) -> bool:
        """Write one line, or emit an `ErrorReply` and tell False when it cannot be one.

        What a person typed may hold what no line can (a space in a name, a line break).
        """
        try:
            line = format_message(Message(command, params, tags=tags or {}))
            body_bytes = len(format_message(Message(command, params)))
        except UnsafeParameter:
            self.emit(ErrorReply(code="bad_parameter", text="", command=command.upper()))
            return False
        if body_bytes > LINE_BYTES_MAX:
            self.emit(ErrorReply(code="too_long", text="", command=command.upper()))
            return False
        self.output += line
        return True

    def close(self, reason: str, *, may_retry: bool) -> None:
        """Ask the transport to close; the first reason stays."""
        self.close_reason = self.close_reason or reason
        self.may_retry = self.may_retry and may_retry

    def time_of(self, message: Message) -> int:
        """When `message` was said: by its `time` tag (IRCv3 server-time), else now."""
        return parse_time(message.tags.get("time", ""), self.now_ms)

    def label_of(self, message: Message) -> str:
        """The label of the request that `message` answers, by itself or by its batch."""
        label = message.tags.get("label", "")
        batch = self.connection.batches.get(message.tags.get("batch", ""))
        return label or (batch.label if batch else "")

    def has_cap(self, name: str) -> bool:
        """Tell whether capability `name` is on."""
        return name in self.connection.caps

    @property
    def sees_all_numbers(self) -> bool:
        """Tell whether we are told of everything that has a number: else a hole says nothing."""
        return {EVENT_PLAYBACK, REDACTION, "message-tags"} <= self.connection.caps

    @property
    def sends_once(self) -> bool:
        """Tell whether the server delivers a message once, however often it comes with its id."""
        return self.has_cap(ONCE) and self.connection.is_logged_in

    def is_from_me(self, message: Message) -> bool:
        """Tell whether we are the source of `message`."""
        return self.model.is_me(nick_of(message.source))


Handler = Callable[[State, Message], None]


def nick_of(source: str) -> str:
    """The nick in `nick!user@host`; a server's name comes back whole."""
    return source.partition("!")[0]


def param(message: Message, index: int) -> str:
    """Parameter `index` of `message`, "" when a server left it out."""
    return message.params[index] if -len(message.params) <= index < len(message.params) else ""


def parse_time(stamp: str, otherwise: int) -> int:
    """A time as a server writes it (IRCv3 server-time), in milliseconds."""
    try:
        when = datetime.fromisoformat(stamp)
    except ValueError:
        return otherwise
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return round(when.timestamp() * 1000)


def number(text: str, otherwise: int) -> int:
    """The number that a server wrote, if it is one of a sensible size."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else otherwise
