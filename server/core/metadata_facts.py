"""What has happened to metadata, past tense. Part of `facts`, which is where to import them from.

A value of None is no value: the key is not set. The empty string is a value like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from irc.names import NickKey, RoomKey
from server.core.events import SessionId
from server.core.room_facts import UserId


@dataclass(frozen=True, slots=True)
class AccountMetadataChanged:
    """Of the account, whoever is logged in to it, and when nobody is."""

    account: NickKey
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class RoomMetadataChanged:
    room: RoomKey
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class GuestMetadataChanged:
    """Of somebody without an account: it is gone when they are, or when they log in."""

    user: UserId
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class MetadataChangePaid:
    """A change of metadata counts: the pace of who made it is used up until then."""

    user: UserId
    until_ms: int


@dataclass(frozen=True, slots=True)
class KeysSubscribed:
    """The session wants to know of changes of these keys, none of which it had before."""

    session: SessionId
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeysUnsubscribed:
    """The session does not want to know of these keys any more, all of which it had."""

    session: SessionId
    keys: tuple[str, ...]
