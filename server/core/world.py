"""The state of the chat: sessions, users, rooms. Owner: the hub thread. Read by handlers, changed
by apply.py.

Every mapping that is looked up by a name uses a folded key (`NickKey`, `RoomKey`), so that a raw
name cannot find, or miss, anything by accident.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from irc.names import NickKey, RoomKey, nick_key, room_key
from server.core.addresses import NetworkKey
from server.core.events import Dialect, SessionId
from server.core.facts import Conversation, Login, UserId
from server.core.past import Past
from server.core.settings import Settings
from server.core.speech import OpenBatch
from server.core.stream import Stream

Deadline = tuple[int, str, tuple[str, ...]]
"""When something ends by itself (milliseconds), what kind of thing, and which."""

NO_METADATA: Mapping[str, str] = MappingProxyType({})

HEARD_FROM_MAX = 100
"""How many people who wrote to somebody are remembered, to whom they may write back at any time."""

MASK_DEADLINE = "mask"
"""The kind of a mask in a room's list; which one is the room's key, the list, the folded mask."""


@dataclass(slots=True)
class Session:
    """One connection: its dialect, its capabilities, and who it speaks for once registered."""

    id: SessionId
    dialect: Dialect
    address: str
    secure: bool
    certificate: str = ""
    """The fingerprint of the key that its TLS certificate has; empty without one."""
    caps: int = 0
    login: Login = field(default_factory=Login)
    user: UserId | None = None
    batch: OpenBatch | None = None
    """The message of several lines that the session is saying."""
    away: str = ""
    away_at_ms: int = 0
    watching: dict[NickKey, str] = field(default_factory=dict)
    """The nicks of MONITOR, as they were said."""
    subscriptions: dict[str, None] = field(default_factory=dict)
    """The keys of metadata that it wants to know of, in the order in which it said so."""

    def has(self, caps: int) -> bool:
        """Whether the session negotiated all of these capability bits."""
        return self.caps & caps == caps


@dataclass(slots=True)
class User:
    """Somebody present, with one or more sessions. `account` is empty for a guest."""

    id: UserId
    nick: str
    username: str
    realname: str
    host: str
    account: str
    signed_on_ms: int
    spoke_at_ms: int
    away: str = ""
    """The text that others see; empty while some session is here."""
    names_paid_until_ms: int = 0
    """Up to when changes of nick and real name are paid for (commands/identity.py)."""
    metadata: dict[str, str] = field(default_factory=dict)
    """A guest's; that of an account is in `World.metadata` (`metadata_of`)."""
    metadata_paid_until_ms: int = 0
    """Up to when changes of metadata are paid for."""
    modes: frozenset[str] = frozenset()
    heard_from: dict[NickKey, None] = field(default_factory=dict)
    """Who turned to them, by `addressee_key`, the latest last."""
    operator: str = ""
    """The config's name of the operator that they are."""
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    rooms: dict[RoomKey, None] = field(default_factory=dict)
    invited: set[RoomKey] = field(default_factory=set)

    @property
    def source(self) -> str:
        """`nick!user@host`, as others see it in front of what this user does."""
        return f"{self.nick}!{self.username}@{self.host}"

    @property
    def is_operator(self) -> bool:
        """Whether this user may use operator commands."""
        return "o" in self.modes

    @property
    def is_bot(self) -> bool:
        """Whether this user says to be a program."""
        return "B" in self.modes


@dataclass(frozen=True, slots=True)
class MaskEntry:
    """One line of a mask list: who set it and when, and when it ends by itself (0 for never)."""

    mask: str
    setter: str
    at_ms: int
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class AddressBan:
    """An address or a network from which nobody may come: who said so, why, until when."""

    network: str
    reason: str
    setter: str
    at_ms: int
    until_ms: int


@dataclass(slots=True)
class Room:
    """A room and its members. `members` has the mode letters of each one ("", "v", "o", "oqv").

    `masks` has the lists by their letter (bans are "b"), each by the folded mask. Whoever is
    `invited` has the room in `User.invited`, too: the one that ends first takes the invitation
    along.
    """

    name: str
    created_at_ms: int
    modes: frozenset[str] = frozenset()
    key: str = ""
    limit: int = 0
    topic: str = ""
    topic_setter: str = ""
    topic_at_ms: int = 0
    founder: str = ""
    """The account the room belongs to; such a room stays when it is empty."""
    access: dict[NickKey, str] = field(default_factory=dict)
    """The mode letters that accounts get whenever they join ("o", "v", "ov")."""
    metadata: dict[str, str] = field(default_factory=dict)
    renamed_at_ms: int = 0
    members: dict[UserId, str] = field(default_factory=dict)
    ranked: dict[UserId, None] = field(default_factory=dict)
    """The members who have a letter: who speaks to them must not walk through everybody."""
    masks: dict[str, dict[str, MaskEntry]] = field(default_factory=dict)
    invited: set[UserId] = field(default_factory=set)
    pace_s: int = 0
    """A member without rank may speak once in so many seconds (mode S); 0 for as they like."""
    paced: dict[str, int] = field(default_factory=dict)
    """Who still has to wait in slow mode: when they spoke last, by `pace_key`, the earliest first.

    Whoever leaves and comes back is still the same.
    """
    edition: int = field(default=0, compare=False)
    """How often the mask lists have changed."""
    verdicts: dict[UserId, tuple[int, tuple[str, ...], int]] = field(
        default_factory=dict, compare=False, repr=False
    )
    """What the lists say of members, so that speaking is not matching: in which edition, how they
    were called, the verdict (permissions.py). Older editions are not thrown away when a list
    changes: for ten thousand members that alone would take a millisecond."""

    def is_founder(self, user: User) -> bool:
        """Whether the room belongs to the user's account."""
        return bool(self.founder) and self.founder == nick_key(user.account)

    def is_at_home(self, user: User) -> bool:
        """Whether the user's account founded the room or is one of its operators, here or not."""
        return self.is_founder(user) or (
            bool(user.account) and "o" in self.access.get(nick_key(user.account), "")
        )

    def is_operator(self, user: UserId) -> bool:
        """Whether the member may manage the room."""
        flags = self.members.get(user, "")
        return "o" in flags or "q" in flags


@dataclass(slots=True)
class World:
    """Everything the core knows. An equal world behaves equally."""

    settings: Settings
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    users: dict[UserId, User] = field(default_factory=dict)
    rooms: dict[RoomKey, Room] = field(default_factory=dict)
    nicks: dict[NickKey, UserId] = field(default_factory=dict)
    skeletons: dict[str, UserId] = field(default_factory=dict)
    accounts: dict[NickKey, UserId] = field(default_factory=dict)
    sequences: dict[Conversation, int] = field(default_factory=dict)
    """The number of the last message of each conversation."""
    last_seen: dict[NickKey, int] = field(default_factory=dict)
    """When each account last came or went."""
    markers: dict[Conversation, dict[NickKey, int]] = field(default_factory=dict)
    """Up to when each account has read it, by conversation: a room is renamed in one go."""
    owned: dict[NickKey, int] = field(default_factory=dict)
    """How many rooms belong to each account."""
    streams: dict[SessionId, deque[Stream]] = field(default_factory=dict, compare=False)
    """Answers that sessions are still getting."""
    deadlines: list[Deadline] = field(default_factory=list, compare=False)
    """What ends by itself, as a heap. One may be about something that is over already."""
    deadlines_max: int = field(default=0, compare=False)
    """With how many deadlines to look which are of use."""
    by_mode: dict[str, dict[UserId, None]] = field(default_factory=dict)
    """Who has each user mode."""
    addressed: dict[str, dict[NickKey, int]] = field(default_factory=dict)
    """To whom people have turned lately, and when: by `sender_key`, then by `addressee_key`."""
    registered: int = 0
    """How many sessions speak for somebody."""
    address_bans: dict[NetworkKey, AddressBan] = field(default_factory=dict)
    """Where nobody may come from."""
    watched: dict[NickKey, int] = field(default_factory=dict)
    """How many sessions watch each nick."""
    metadata: dict[NickKey, dict[str, str]] = field(default_factory=dict)
    """What accounts say about themselves, here or not; those that say nothing have no entry."""
    subscribed: dict[str, int] = field(default_factory=dict)
    """How many sessions want to know of each key of metadata."""
    past: Past = field(default_factory=Past)
    users_max: int = 0
    next_user: int = 1

    def find_user(self, nick: str) -> User | None:
        """The user who has this nick, under folding."""
        found = self.nicks.get(nick_key(nick))
        return None if found is None else self.users[found]

    def find_account(self, account: str) -> User | None:
        """The user who is logged in to this account, under folding."""
        found = self.accounts.get(nick_key(account))
        return None if found is None else self.users[found]

    def find_addressee(self, name: str) -> User | None:
        """Who is called so, or else is logged in to the account of that name."""
        return self.find_user(name) or self.find_account(name)

    def metadata_of(self, user: User) -> Mapping[str, str]:
        """What the user says about themselves: the account's, or a guest's own."""
        if user.account:
            return self.metadata.get(nick_key(user.account), NO_METADATA)
        return user.metadata

    def is_default_room(self, key: RoomKey) -> bool:
        """Whether everybody who logs in is in this room; such a room stays when it is empty."""
        return any(room_key(name) == key for name in self.settings.default_rooms)

    def may_hear(self, session: Session, key: RoomKey) -> bool:
        """Whether a room is one for this session: in the simple dialect there is only the lobby.

        It has no words for which room something is said in.
        """
        lobby = self.settings.default_rooms[:1]
        return session.dialect is Dialect.IRC or key in map(room_key, lobby)

    def user_of(self, session: Session) -> User:
        """Who the session speaks for. Only for registered sessions."""
        assert session.user is not None
        return self.users[session.user]

    def has_rooms_in_common(self, one: User, other: User) -> bool:
        """Whether two users meet in some room."""
        return not one.rooms.keys().isdisjoint(other.rooms)

    def members_of(self, room: Room) -> Iterator[tuple[User, str]]:
        """Each member with the mode letters, in the order of joining."""
        for user, flags in room.members.items():
            yield self.users[user], flags


def sender_key(user: User) -> str:
    """Whose turning to people it is: the account's, or that of the guests of an address."""
    return nick_key(user.account) or user.host


def addressee_key(user: User) -> NickKey:
    """Who somebody is to those who write to them: the account, or a guest's nick."""
    return nick_key(user.account or user.nick)
