"""The rules of metadata: what a key is, who may change whose, and at what pace. Pure; asked by the
commands before anything is recorded.

Everybody may see all of it that is about something they may see: there is one visibility, `*`.
Source: IRCv3 draft/metadata-2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from irc.names import RoomKey, room_key
from server.core.permissions import may_manage, may_see_room
from server.core.settings import Settings
from server.core.world import Room, User, World

KEY_BYTES_MAX = 40
"""Longer is no key: it fits, with a value and the names in front, into a line."""

VISIBLE = "*"
"""What a value's visibility is written as: anybody may see it."""

SYNC_MEMBERS_MAX = 200
"""Who comes into a room with more members is told to ask for the metadata later."""

SYNC_LATER_S = 5
SYNC_SPREAD_S = 10
"""How much later: so many seconds, and one more for each of as many sessions, so that a herd that
comes in together does not ask together."""

MINUTE_MS = 60_000

_KEY = re.compile(r"[a-z0-9_./-]+", re.ASCII)

_KEYS_BYTES_MAX = 250
"""Of the keys in one line: the longest nick and server name fit beside them."""

_KEYS_PER_LINE_MAX = 13
"""A message has 15 parameters at most; one is the nick."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose metadata it is: a user's, or else a room's; what it is called, and what is set."""

    name: str
    found: Mapping[str, str]
    user: User | None = None
    room: Room | None = None


def is_key(text: str) -> bool:
    """Whether this can be a key."""
    return len(text) <= KEY_BYTES_MAX and _KEY.fullmatch(text) is not None


def subscription_key(key: str) -> RoomKey:
    """What who wants to know of the key is subscribed to. No room has such a name."""
    return RoomKey(f"?{key}")


def find_subject(world: World, asker: User, target: str) -> Subject | None:
    """Whom or what the target means; None when there is none, or none that the asker may see."""
    if target.startswith("#"):
        room = world.rooms.get(room_key(target))
        if room is None or not may_see_room(asker, room):
            return None
        return Subject(room.name, room.metadata, room=room)
    user = asker if target == "*" else world.find_user(target)
    return None if user is None else Subject(user.nick, world.metadata_of(user), user=user)


def may_change(asker: User, subject: Subject) -> bool:
    """One's own, that of rooms one manages; operators of the server any."""
    if subject.room is not None:
        return may_manage(asker, subject.room)
    return subject.user is asker or asker.is_operator


def wait_s(user: User, settings: Settings, at_ms: int) -> int:
    """How long the user has to wait for another change; 0 for not at all."""
    bucket_ms = MINUTE_MS - _interval_ms(settings)
    ahead_ms = user.metadata_paid_until_ms - at_ms
    return max(0, -((bucket_ms - ahead_ms) // 1000))


def paid_until_ms(user: User, settings: Settings, at_ms: int) -> int:
    """Up to when the pace is used up by one more change."""
    return max(user.metadata_paid_until_ms, at_ms) + _interval_ms(settings)


def _interval_ms(settings: Settings) -> int:
    return MINUTE_MS // settings.metadata_changes_per_minute_max


def fill_lines(keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The keys as they fill lines, each a parameter of its own."""
    held: list[str] = []
    size = 0
    for key in keys:
        if held and (size + len(key) > _KEYS_BYTES_MAX or len(held) == _KEYS_PER_LINE_MAX):
            yield tuple(held)
            held, size = [], 0
        held.append(key)
        size += len(key) + 1
    if held:
        yield tuple(held)
