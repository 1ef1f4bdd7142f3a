"""Who had a nick before: the memory of WHOWAS. Part of the world; lives as long as the process.

Bounded twice, and in either case what was longest ago is forgotten: `ENTRIES_MAX` in all, so that
guests who come and go cost no memory, and `ENTRIES_PER_NICK_MAX`, so that an answer is short.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from irc.names import NickKey, nick_key

ENTRIES_MAX = 10_000
ENTRIES_PER_NICK_MAX = 10


@dataclass(frozen=True, slots=True)
class PastUser:
    """Somebody as they were when they gave up a nick."""

    nick: str
    username: str
    host: str
    realname: str
    account: str
    at_ms: int


@dataclass(slots=True)
class Past:
    """The entries by number, the oldest first, and the numbers of each nick."""

    entries: OrderedDict[int, PastUser] = field(default_factory=OrderedDict)
    by_nick: dict[NickKey, deque[int]] = field(default_factory=dict)
    next_number: int = 0

    def remember(self, user: PastUser) -> None:
        """Keep one more, and forget the oldest if that is too many."""
        key = nick_key(user.nick)
        numbers = self.by_nick.setdefault(key, deque())
        if len(numbers) == ENTRIES_PER_NICK_MAX:
            del self.entries[numbers.popleft()]
        elif len(self.entries) == ENTRIES_MAX:
            self._forget_oldest()
        self.entries[self.next_number] = user
        # Asked for anew: the oldest may have been of the same nick, which had no other.
        self.by_nick.setdefault(key, deque()).append(self.next_number)
        self.next_number += 1

    def _forget_oldest(self) -> None:
        _, oldest = self.entries.popitem(last=False)
        key = nick_key(oldest.nick)
        numbers = self.by_nick[key]
        numbers.popleft()
        if not numbers:
            del self.by_nick[key]

    def of_nick(self, nick: str) -> list[PastUser]:
        """Who had the nick, under folding: the latest first."""
        return [self.entries[number] for number in reversed(self.by_nick.get(nick_key(nick), ()))]
