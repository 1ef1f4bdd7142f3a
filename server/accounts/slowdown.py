"""How long a wrong password is held back: a bounded table of who failed lately. Pure.

Called by the verifier, which owns two of these under its lock: one by address, one by account. Each
failure of a key beyond the `free` ones doubles its delay, from `delay_s` to `delay_max_s`; every
`FORGET_S` one failure is forgotten; a success forgets them all. It is a delay and never a
lockout: locking an account would hand everybody the power to lock out its owner.
"""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

ENTRIES_MAX: Final = 65_536
"""Keys remembered, about 10 MB; at the limit the one that failed longest ago is forgotten."""

FORGET_S: Final = 60.0
"""After which one failure is forgotten: ten in ten minutes, for an account, cost nothing."""

_LEVEL_ABOVE_FREE_MAX: Final = 16.0
"""So that a key that failed a million times is clean 16 minutes after the last."""


@dataclass(frozen=True, slots=True)
class _Failures:
    level: float
    at: float


class SlowDown:
    """The failures of each key. Owner: whoever calls; not locked."""

    def __init__(
        self,
        clock: Callable[[], float],
        delay_s: float,
        delay_max_s: float,
        free: int = 0,
        entries_max: int = ENTRIES_MAX,
    ) -> None:
        self._clock = clock
        self._delay_s = delay_s
        self._delay_max_s = delay_max_s
        self._free = free
        self._entries_max = entries_max
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def failed(self, key: str) -> float:
        """Count a failure of `key`; the seconds to hold its answer back."""
        now = self._clock()
        level = min(self._level(key, now) + 1, self._free + _LEVEL_ABOVE_FREE_MAX)
        self._failures[key] = _Failures(level, now)
        self._failures.move_to_end(key)
        if len(self._failures) > self._entries_max:
            self._failures.popitem(last=False)
        over = math.ceil(level) - self._free
        if over <= 0:
            return 0.0
        return float(min(self._delay_s * 2 ** (over - 1), self._delay_max_s))

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)

    def has_failed(self, key: str) -> bool:
        """Whether a failure of `key` is not forgotten yet."""
        return self._level(key, self._clock()) > 0

    def __len__(self) -> int:
        return len(self._failures)

    def _level(self, key: str, now: float) -> float:
        known = self._failures.get(key)
        return max(0.0, known.level - (now - known.at) / FORGET_S) if known else 0.0


class Recent:
    """The keys that were added last; beyond `entries_max` the oldest is forgotten. Not locked."""

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        self._entries_max = entries_max
        self._keys: OrderedDict[str, None] = OrderedDict()

    def add(self, key: str) -> None:
        self._keys[key] = None
        self._keys.move_to_end(key)
        if len(self._keys) > self._entries_max:
            self._keys.popitem(last=False)

    def __contains__(self, key: str) -> bool:
        return key in self._keys


def address_key(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer owns.

    Anything else (a path, nothing) is its own key.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64)) + "/64"
    return str(parsed)
