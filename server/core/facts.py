"""What has happened, past tense. Only `apply` turns facts into a changed world, and it never
refuses one.

Replaying the facts of a run into an empty world gives an equal world. The durable ones
(`is_durable`) are what the message log keeps; the others live as long as the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NewType

from irc.names import NickKey
from server.core.events import Dialect, SessionId
from server.core.metadata_facts import (
    AccountMetadataChanged as AccountMetadataChanged,
    GuestMetadataChanged as GuestMetadataChanged,
    KeysSubscribed as KeysSubscribed,
    KeysUnsubscribed as KeysUnsubscribed,
    MetadataChangePaid as MetadataChangePaid,
    RoomMetadataChanged as RoomMetadataChanged,
)
from server.core.people_facts import (
    Addressed as Addressed,
    AwayChanged as AwayChanged,
    HostChanged as HostChanged,
    NameChangePaid as NameChangePaid,
    NickRetired as NickRetired,
    RealnameChanged as RealnameChanged,
    Unwatched as Unwatched,
    Watched as Watched,
)
from server.core.room_facts import (
    Invited as Invited,
    Joined as Joined,
    MaskAdded as MaskAdded,
    MaskRemoved as MaskRemoved,
    MemberFlagChanged as MemberFlagChanged,
    PaceTaken as PaceTaken,
    Parted as Parted,
    RoomAccessChanged as RoomAccessChanged,
    RoomCreated as RoomCreated,
    RoomEnded as RoomEnded,
    RoomFlagChanged as RoomFlagChanged,
    RoomFounded as RoomFounded,
    RoomKeyChanged as RoomKeyChanged,
    RoomLimitChanged as RoomLimitChanged,
    RoomOwnerChanged as RoomOwnerChanged,
    RoomPaceChanged as RoomPaceChanged,
    RoomRemoved as RoomRemoved,
    RoomRenamed as RoomRenamed,
    TopicChanged as TopicChanged,
    UserId as UserId,
)
from server.core.server_facts import (
    ActNoted as ActNoted,
    AddressBanned as AddressBanned,
    AddressUnbanned as AddressUnbanned,
)
from server.core.settings import Settings
from server.core.speech_facts import BatchChanged as BatchChanged

Conversation = NewType("Conversation", str)
"""Where messages are kept: a room's key, or two accounts' keys with a comma between, in order."""


def conversation_of(one: NickKey, other: NickKey) -> Conversation:
    """The conversation of two accounts; the same whoever begins."""
    return Conversation(",".join(sorted((one, other))))


@dataclass(frozen=True, slots=True)
class Login:
    """How far a session has come on its way in, and what is left of it afterwards. Replaced as a
    whole.

    `cap_version` is 0 before `CAP LS`, then 301 or 302. `negotiating` holds registration back until
    `CAP END`. `sasl_chunks` and `password` are secrets: they leave with the check. `is_checking`
    is about whatever the password pool was asked; `task` says what, where it is no login; `label`
    is the one that the answer is to have.
    `registering` is the account that REGISTER asked for and VERIFY will make, with the hash of its
    password.
    """

    nick: str = ""
    username: str = ""
    realname: str = ""
    account: str = ""
    cap_version: int = 0
    negotiating: bool = False
    sasl_mechanism: str = ""
    sasl_chunks: tuple[str, ...] = field(default=(), repr=False)
    password: str = field(default="", repr=False)
    is_checking: bool = False
    task: str = ""
    label: str = ""
    registering: str = ""
    registering_hash: str = field(default="", repr=False)
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class SessionOpened:
    session: SessionId
    dialect: Dialect
    address: str
    secure: bool
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class LoginChanged:
    session: SessionId
    login: Login


@dataclass(frozen=True, slots=True)
class CapsChanged:
    session: SessionId
    caps: int


@dataclass(frozen=True, slots=True)
class UserAppeared:
    user: UserId
    nick: str
    username: str
    realname: str
    host: str
    account: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class SessionAttached:
    """The session speaks for the user from now on."""

    session: SessionId
    user: UserId


@dataclass(frozen=True, slots=True)
class SessionClosed:
    session: SessionId


@dataclass(frozen=True, slots=True)
class UserLeft:
    """The user is in no room any more and the nick is free. Comes after the last session closed."""

    user: UserId


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """A guest logged in, or somebody changed from one account to another."""

    user: UserId
    account: str


@dataclass(frozen=True, slots=True)
class NickChanged:
    user: UserId
    nick: str


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The operator decided anew. Default rooms that are none any more end when they are empty."""

    settings: Settings


@dataclass(frozen=True, slots=True)
class UserModesChanged:
    """`operator` is which of the config's operators the user is from here on."""

    user: UserId
    modes: frozenset[str]
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was accepted.

    `conversation` is where it is kept: a room's key, or `conversation_of` two accounts; empty when
    it is kept nowhere, because a guest is one of the two. `seq` numbers the messages of a
    conversation without a gap, from 1; 0 when there is no conversation. `target` is to whom it was
    said, as shown. `command` is PRIVMSG, NOTICE or TAGMSG; `client_tags` are escaped, without `@`.
    """

    msgid: str
    at_ms: int
    conversation: Conversation
    seq: int
    user: UserId
    source: str
    account: str
    target: str
    command: str
    text: str
    client_tags: str = ""
    once: str = ""
    """The sender's own id of the message, when it gave one: the same id is never said twice."""


@dataclass(frozen=True, slots=True)
class SequenceRestored:
    """The conversation's last number is this one: what was said behind it could not be kept."""

    conversation: Conversation
    seq: int


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """The account came or went: what is said to it later, it has not seen."""

    account: NickKey
    at_ms: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """A message was taken back by its sender or a room operator: its text and tags are no more.

    `source` and `account` are those of who did it. Its number and its place stay.
    """

    msgid: str
    conversation: Conversation
    source: str
    account: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class EventNoted:
    """Something that is no message, for who reads a conversation later (event-playback).

    A JOIN, PART, QUIT, KICK, NICK, MODE, TOPIC or REDACT as it was shown. It has no number.
    """

    msgid: str
    at_ms: int
    conversation: Conversation
    source: str
    account: str
    command: str
    params: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkerMoved:
    """The account has read a conversation up to this time. It only ever moves forward."""

    account: NickKey
    conversation: Conversation
    at_ms: int


Fact = (
    SessionOpened
    | LoginChanged
    | CapsChanged
    | UserAppeared
    | SessionAttached
    | SessionClosed
    | UserLeft
    | AccountChanged
    | NickChanged
    | SettingsChanged
    | AwayChanged
    | Watched
    | Unwatched
    | RealnameChanged
    | HostChanged
    | NickRetired
    | NameChangePaid
    | Addressed
    | UserModesChanged
    | RoomCreated
    | Joined
    | Parted
    | TopicChanged
    | RoomFlagChanged
    | RoomKeyChanged
    | RoomLimitChanged
    | RoomPaceChanged
    | PaceTaken
    | MaskAdded
    | MaskRemoved
    | MemberFlagChanged
    | Invited
    | BatchChanged
    | Said
    | SequenceRestored
    | RoomFounded
    | AccountSeen
    | Redacted
    | EventNoted
    | MarkerMoved
    | RoomEnded
    | RoomOwnerChanged
    | RoomAccessChanged
    | RoomRenamed
    | RoomRemoved
    | ActNoted
    | AddressBanned
    | AddressUnbanned
    | AccountMetadataChanged
    | RoomMetadataChanged
    | GuestMetadataChanged
    | MetadataChangePaid
    | KeysSubscribed
    | KeysUnsubscribed
)

PROMISED = (
    Said,
    TopicChanged,
    RoomFlagChanged,
    RoomKeyChanged,
    RoomLimitChanged,
    RoomPaceChanged,
    MaskAdded,
    MaskRemoved,
    RoomOwnerChanged,
    RoomAccessChanged,
    RoomRenamed,
    AddressBanned,
    AddressUnbanned,
    AccountMetadataChanged,
    RoomMetadataChanged,
)
"""Nobody hears of them before they are durable; if they cannot be kept, they have not happened."""

DURABLE = (
    *PROMISED,
    RoomFounded,
    RoomEnded,
    RoomRemoved,
    AccountSeen,
    Redacted,
    EventNoted,
    MarkerMoved,
    ActNoted,
)
"""What a message log keeps: what is promised, and what is good to know after a restart."""


def is_promised(fact: Fact) -> bool:
    """Whether nobody may hear of this fact before it is durable."""
    return bool(fact.conversation) if isinstance(fact, Said) else isinstance(fact, PROMISED)


def is_durable(fact: Fact) -> bool:
    """Whether the log keeps this fact: a message without a conversation is kept nowhere."""
    return isinstance(fact, DURABLE) and (not isinstance(fact, Said) or bool(fact.conversation))
