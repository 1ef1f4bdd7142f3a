"""What people do about themselves, past tense. Part of `facts`, which is where to import them from.

None of it outlives the process.
"""

from __future__ import annotations

from dataclasses import dataclass

from irc.names import NickKey
from server.core.events import SessionId
from server.core.room_facts import UserId


@dataclass(frozen=True, slots=True)
class AwayChanged:
    """The session said that it is away, or back: `away` is empty for present, `*` for no reason.

    A user is away when all sessions are, with the text that was said last.
    """

    session: SessionId
    away: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Watched:
    """The session wants to know when these nicks come and go (MONITOR); none was watched before."""

    session: SessionId
    nicks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unwatched:
    """The session, which watched these, does not any more."""

    session: SessionId
    nicks: tuple[NickKey, ...]


@dataclass(frozen=True, slots=True)
class RealnameChanged:
    user: UserId
    realname: str


@dataclass(frozen=True, slots=True)
class HostChanged:
    user: UserId
    host: str


@dataclass(frozen=True, slots=True)
class NickRetired:
    """The user gives up the nick, by leaving or by another one: for WHOWAS. Comes before that."""

    user: UserId
    at_ms: int


@dataclass(frozen=True, slots=True)
class Addressed:
    """The user turned to somebody new, who is called `target`, and is `peer` if they are here.

    What the user did at `since_ms` and before no longer counts.
    """

    user: UserId
    target: NickKey
    peer: UserId | None
    at_ms: int
    since_ms: int


@dataclass(frozen=True, slots=True)
class NameChangePaid:
    """A change of nick or real name counts: the pace of the user is used up until then."""

    user: UserId
    until_ms: int
