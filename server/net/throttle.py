"""How much one address may have and try: open connections, handshakes at once, new ones a minute.
Owner: the door.

IPv6 addresses count by /64, which is what one customer gets, and again by /48, which is what one
customer can ask for. Exempt networks are counted, and not limited. Everything is counted before any
crypto. The table is bounded by what is counted in it: an address without connections and without a
recent try is forgotten.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from server.net.limits import NetLimits

ADDRESSES_MAX = 65_536
"""How many addresses without an open connection are remembered; the longest unseen goes first."""


LOOKS_A_TURN = 8
"""How many old addresses are looked at when a new one comes: enough to shrink, too few to stall."""

SITE_FACTOR = 8
"""How many times what one address may have a whole IPv6 /48 may have. It has 65,536 of /64."""


@dataclass(slots=True)
class _Account:
    factor: int
    open: int = 0
    handshakes: int = 0
    tokens: float = 0.0
    tokens_at_s: float = 0.0


class Throttle:
    """The accounts of addresses. `admit` and the others are called in pairs by the door."""

    def __init__(self, limits: NetLimits) -> None:
        self._limits = limits
        self._exempt = [_network(name) for name in limits.connections_exempt]
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self.open_count = 0

    def admit(self, address: str, now_s: float) -> str:
        """Count a new connection in; "" when it may come, else the reason why not, and nothing is
        counted."""
        limits = self._limits
        if self.open_count >= limits.connections_max:
            return f"the server is full (connections_max = {limits.connections_max})"
        self._forget_idle()
        accounts = [self._account(key, factor, now_s) for key, factor in _networks(address)]
        if not self._is_exempt(address):
            for account in accounts:
                if refusal := self._refusal(account):
                    return refusal
        for account in accounts:
            account.tokens = max(0.0, account.tokens - 1.0)
            account.open += 1
            account.handshakes += 1
        self.open_count += 1
        return ""

    def _is_exempt(self, address: str) -> bool:
        """Whether it is in `connections_exempt`: a school behind one address, a proxy."""
        if not self._exempt:
            return False
        parsed = ipaddress.ip_address(address.partition("%")[0])
        return any(parsed in network for network in self._exempt)

    def _refusal(self, account: _Account) -> str:
        """Why the address may not have one more connection; "" when it may."""
        limits = self._limits
        if account.open >= limits.connections_per_address_max * account.factor:
            return (
                "too many connections from your address "
                f"(connections_per_address_max = {limits.connections_per_address_max})"
            )
        if account.handshakes >= limits.handshakes_per_address_max * account.factor:
            return (
                "too many unfinished handshakes from your address "
                f"(handshakes_per_address_max = {limits.handshakes_per_address_max})"
            )
        if account.tokens < 1.0:
            return (
                "too many new connections from your address, try again in a minute (connections_"
                f"per_address_minute_max = {limits.connections_per_address_minute_max})"
            )
        return ""

    def finish_handshake(self, address: str) -> None:
        """The handshake ended, well or not."""
        for key, _factor in _networks(address):
            self._accounts[key].handshakes -= 1

    def release(self, address: str) -> None:
        """The connection is closed."""
        for key, _factor in _networks(address):
            self._accounts[key].open -= 1
        self.open_count -= 1

    def _account(self, key: str, factor: int, now_s: float) -> _Account:
        limit = float(self._limits.connections_per_address_minute_max * factor)
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account(factor, tokens=limit, tokens_at_s=now_s)
        else:
            self._accounts.move_to_end(key)
            earned = (now_s - account.tokens_at_s) * limit / 60.0
            account.tokens = min(limit, account.tokens + earned)
            account.tokens_at_s = now_s
        return account

    def _forget_idle(self) -> None:
        """Keep the table within its bound plus what has open connections, a few looks at a time."""
        for _ in range(LOOKS_A_TURN):
            if len(self._accounts) <= ADDRESSES_MAX:
                return
            key, account = next(iter(self._accounts.items()))
            if account.open:
                self._accounts.move_to_end(key)
            else:
                del self._accounts[key]


def _networks(address: str) -> tuple[tuple[str, int], ...]:
    """What an address counts for, each with its factor: IPv4 itself, IPv6 its /64 and its /48."""
    if ":" not in address:
        return ((address, 1),)
    number = int(ipaddress.IPv6Address(address.partition("%")[0]))
    return (f"{number >> 64:x}/64", 1), (f"{number >> 80:x}/48", SITE_FACTOR)


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network by its name, with IPv4 out of its IPv6 coat, as addresses are compared with it."""
    network = ipaddress.ip_network(name)
    first = network.network_address
    if isinstance(first, ipaddress.IPv6Address) and first.ipv4_mapped and network.prefixlen >= 96:
        return ipaddress.ip_network((first.ipv4_mapped, network.prefixlen - 96))
    return network


def plain_address(address: str) -> str:
    """An address as a socket gives it, with IPv4 out of its IPv6 coat (`::ffff:192.0.2.1`)."""
    return address[7:] if address.startswith("::ffff:") and "." in address else address
