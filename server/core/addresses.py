"""Internet addresses as the server bans them: one, or a network. Pure functions of text.

An IPv4 address that comes in IPv6's clothes (::ffff:192.0.2.1) is the IPv4 address. Networks are
looked up by number, not searched: a ban list of a thousand costs a new connection microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import NewType, TypeVar

Network = IPv4Network | IPv6Network
Address = TypeVar("Address")

NetworkKey = NewType("NetworkKey", tuple[int, int, int])
"""A network as its IP version, the length of its prefix, and the prefix."""

PREFIX_MIN = {4: 8, 6: 20}
"""The widest network that may be banned: the greatest that anybody was ever given, about. All of
the Internet in one slip of the hand is out of reach."""

PERSON_PREFIX = {4: 32, 6: 64}
"""What one person has: in IPv6 a whole /64, from which they take another address every hour."""

ADDRESSES_REMEMBERED = 16_384
"""So many addresses of connections are kept as numbers: parsing one takes up to 20 us, and a ban
looks at all of them at once."""

_BITS = {4: 32, 6: 128}


def parse_network(text: str) -> Network | None:
    """The network or the one address in `text`, or None. Bits behind the prefix are let go."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = network.network_address
    if isinstance(mapped, IPv6Address) and mapped.ipv4_mapped and network.prefixlen >= 96:
        return ip_network((mapped.ipv4_mapped, network.prefixlen - 96))
    return network


def network_of_person(address: str) -> Network | None:
    """What to ban, to ban who comes from this address."""
    network = parse_network(address.partition("%")[0])
    return None if network is None else network.supernet(new_prefix=PERSON_PREFIX[network.version])


def is_too_wide(network: Network) -> bool:
    """Whether it has more addresses than any ban may."""
    return network.prefixlen < PREFIX_MIN[network.version]


def format_network(network: Network) -> str:
    """The network in its one spelling; a single address without its length."""
    is_single = network.prefixlen == _BITS[network.version]
    return str(network.network_address if is_single else network)


def key_of(text: str) -> NetworkKey:
    """The key of a network in the spelling of `format_network`."""
    network = ip_network(text)
    version, length = network.version, network.prefixlen
    number = int(network.network_address) >> (_BITS[version] - length)
    return NetworkKey((version, length, number))


def find(bans: Mapping[NetworkKey, Address], address: str) -> Address | None:
    """What is kept for a network with this address in it; the widest network first."""
    parsed = _parse_address(address)  # before it is known whether somebody asks: once is enough
    if parsed is None or not bans:
        return None
    version, number = parsed
    bits = _BITS[version]
    for length in range(PREFIX_MIN[version], bits + 1):
        found = bans.get(NetworkKey((version, length, number >> (bits - length))))
        if found is not None:
            return found
    return None


def is_in(address: str, key: NetworkKey) -> bool:
    """Whether the address is in the network."""
    parsed = _parse_address(address)
    if parsed is None or parsed[0] != key[0]:
        return False
    version, length, prefix = key
    return parsed[1] >> (_BITS[version] - length) == prefix


@lru_cache(maxsize=ADDRESSES_REMEMBERED)
def _parse_address(address: str) -> tuple[int, int] | None:
    """The IP version and the number; None for a socket without an address, some day."""
    network = parse_network(address.partition("%")[0])
    return None if network is None else (network.version, int(network.network_address))


def is_loopback(network: Network) -> bool:
    """Whether this machine itself is in the network."""
    local = ip_network("127.0.0.0/8" if network.version == 4 else "::1/128")
    return network.overlaps(local)


def as_param(address: str) -> str:
    """An address that can stand in the middle of a line: not with a colon first (Modern IRC,
    RPL_WHOISACTUALLY)."""
    return f"0{address}" if address.startswith(":") else address
