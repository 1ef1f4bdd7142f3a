"""What LIST is asked for: names, masks and conditions, as ISUPPORT's ELIST=CMNTU promises.

Pure, called by the LIST command. Source: Modern IRC, "LIST message" and "ELIST".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import gt, lt

from irc.names import RoomKey, matches_mask, room_key
from server.core.world import Room

ELIST = "CMNTU"
"""As ISUPPORT has it: by creation, mask, not mask, topic time, number of users."""

_MS_PER_MINUTE = 60_000
_DIGITS_MAX = 12

Condition = Callable[[Room, int], bool]


@dataclass(frozen=True, slots=True)
class RoomFilter:
    """Which rooms are wanted: of the named ones (or all, if none is) those that fit the rest."""

    keys: frozenset[RoomKey] = frozenset()
    masks: tuple[str, ...] = ()
    not_masks: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def has_to_look(self) -> bool:
        """Whether more than the named rooms may fit, so that all have to be looked at."""
        return bool(self.masks) or not self.keys

    @property
    def weight(self) -> int:
        """How many masks a room is compared with."""
        return len(self.masks) + len(self.not_masks)

    def matches(self, key: RoomKey, room: Room, now_ms: int) -> bool:
        """Whether the room is wanted."""
        is_named = key in self.keys or any(matches_mask(mask, room.name) for mask in self.masks)
        return (
            (is_named or not (self.keys or self.masks))
            and not any(matches_mask(mask, room.name) for mask in self.not_masks)
            and all(condition(room, now_ms) for condition in self.conditions)
        )


def parse_filter(text: str) -> RoomFilter:
    """The filter in a list of names, masks and conditions with commas between them."""
    keys: set[RoomKey] = set()
    masks: list[str] = []
    not_masks: list[str] = []
    conditions: list[Condition] = []
    for word in filter(None, text.split(",")):
        condition = _parse_condition(word)
        if condition is not None:
            conditions.append(condition)
        elif word[0] == "!":
            not_masks.append(word[1:])
        elif "*" in word or "?" in word:
            masks.append(word)
        else:
            keys.add(room_key(word))
    return RoomFilter(frozenset(keys), tuple(masks), tuple(not_masks), tuple(conditions))


def _parse_condition(word: str) -> Condition | None:
    """`>3`, `<3`: users; `C>60`, `C<60`: made so many minutes ago; `T>60`, `T<60`: the topic."""
    subject = word[0].upper() if word[0] not in "<>" else ""
    sign, number = word[len(subject) : len(subject) + 1], word[len(subject) + 1 :]
    if subject not in ("", "C", "T") or sign not in ("<", ">"):
        return None
    if not (number.isascii() and number.isdigit()):
        return None
    bound = int(number[:_DIGITS_MAX])
    compare = lt if sign == "<" else gt
    match subject:
        case "C":
            return lambda room, now_ms: compare(now_ms - room.created_at_ms, bound * _MS_PER_MINUTE)
        case "T":
            return lambda room, now_ms: (
                bool(room.topic) and compare(now_ms - room.topic_at_ms, bound * _MS_PER_MINUTE)
            )
        case _:
            return lambda room, now_ms: compare(len(room.members), bound)
