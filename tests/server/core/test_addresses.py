"""Addresses and networks to ban: server/core/addresses.py."""

import pytest
from hypothesis import assume, given, strategies as st

from server.core.addresses import (
    as_param,
    find,
    format_network,
    is_in,
    is_loopback,
    is_too_wide,
    key_of,
    network_of_person,
    parse_network,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1/32", "192.0.2.1"),
        ("192.0.2.77/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8:1::/33", "2001:db8::/33"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:0:0/90", "::ffc0:0:0/90"),
    ],
)
def test_one_spelling(text, shown):
    """However it is written; IPv4 in IPv6's clothes is IPv4."""
    assert format_network(parse_network(text)) == shown
    assert key_of(shown) == key_of(format_network(parse_network(shown)))


@pytest.mark.parametrize("text", ["", "ann", "192.0.2", "192.0.2.1/33", "1", "*", "1/8"])
def test_what_is_no_network(text):
    """A nick, half an address, a mask of a room's ban."""
    network = parse_network(text)
    assert network is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_what_somebody_has(address, network):
    """One IPv4 address, or an IPv6 /64, as for the limits on connections."""
    assert format_network(network_of_person(address)) == network


def test_nobody_has_no_address():
    """What is no address is nobody's."""
    assert network_of_person("") is None


@pytest.mark.parametrize(
    ("text", "is_wide"),
    [
        ("10.0.0.0/8", False),
        ("8.0.0.0/7", True),
        ("0.0.0.0/0", True),
        ("2001:db8::/20", False),
        ("2000::/19", True),
        ("::/0", True),
    ],
)
def test_how_wide_a_ban_may_be(text, is_wide):
    """Never the whole Internet by one slip."""
    assert is_too_wide(parse_network(text)) == is_wide


@pytest.mark.parametrize(
    ("text", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.1.2.0/24", True),
        ("126.0.0.0/8", False),
        ("96.0.0.0/3", True),
        ("::1", True),
        ("::/64", True),
        ("2001:db8::/32", False),
    ],
)
def test_this_machine(text, is_local):
    """Any network with a loopback address in it."""
    assert is_loopback(parse_network(text)) == is_local


def test_finding():
    """By any network that the address is in, the widest first; with a zone, or in other clothes."""
    bans = {
        key_of(text): text for text in ("192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "fe80::1")
    }
    assert find(bans, "192.0.2.7") == "192.0.2.0/24"
    assert find(bans, "::ffff:192.0.2.8") == "192.0.2.0/24"
    assert find(bans, "2001:db8:9::9") == "2001:db8::/32"
    assert find(bans, "fe80::1%eth0") == "fe80::1"
    assert find(bans, "192.0.3.7") is None
    assert find(bans, "2001:db9::") is None
    assert find(bans, "not an address") is None
    assert find({}, "192.0.2.7") is None
    assert not is_in("not an address", key_of("::/0"))
    assert not is_in("::1", key_of("0.0.0.0/0"))


@given(st.ip_addresses(), st.integers(0, 128))
def test_an_address_is_in_its_networks(address, length):
    """For each network that may be banned: it is found, and a bit apart it is not."""
    assume(not getattr(address, "ipv4_mapped", None))  # which is no IPv6 address here
    length = min(length, address.max_prefixlen)
    network = parse_network(f"{address}/{length}")
    bans = {key_of(format_network(network)): True}
    (key,) = bans
    assert bool(find(bans, str(address))) == (not is_too_wide(network))
    assert is_in(str(address), key)
    if length and not is_too_wide(network):
        apart = int(address) ^ 1 << (address.max_prefixlen - length)
        other = str(type(address)(apart))
        assert find(bans, other) is None
        assert not is_in(other, key)


def test_as_a_parameter():
    """Modern IRC, RPL_WHOISACTUALLY: an address cannot begin with a colon, so a zero goes first."""
    assert [as_param("::1"), as_param("192.0.2.1")] == ["0::1", "192.0.2.1"]
