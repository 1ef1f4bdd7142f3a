"""What one address may have and try (server/net/throttle.py)."""

import pytest
from hypothesis import given, strategies as st

from server.net import throttle
from server.net.limits import NetLimits
from server.net.throttle import Throttle, plain_address

ADDRESSES = ["127.0.0.1", "127.0.0.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "fe80::1%a"]


def test_the_server_has_a_number_of_places():
    """`connections_max` is reached, said by name, and a released place is free again."""
    doors = Throttle(NetLimits(connections_max=2))
    assert doors.admit("127.0.0.1", 0.0) == ""
    assert doors.admit("127.0.0.2", 0.0) == ""

    assert "connections_max = 2" in doors.admit("127.0.0.3", 0.0)
    doors.finish_handshake("127.0.0.1")
    doors.release("127.0.0.1")

    assert doors.admit("127.0.0.3", 0.0) == ""
    assert doors.open_count == 2


def test_an_address_has_a_number_of_places():
    """`connections_per_address_max` counts one address and not its neighbour."""
    doors = Throttle(NetLimits(connections_per_address_max=1))
    doors.admit("127.0.0.1", 0.0)
    doors.finish_handshake("127.0.0.1")

    assert "connections_per_address_max = 1" in doors.admit("127.0.0.1", 0.0)
    assert doors.admit("127.0.0.2", 0.0) == ""


def test_an_address_has_a_number_of_handshakes():
    """`handshakes_per_address_max` counts only unfinished ones."""
    doors = Throttle(NetLimits(handshakes_per_address_max=1))
    doors.admit("127.0.0.1", 0.0)

    assert "handshakes_per_address_max = 1" in doors.admit("127.0.0.1", 0.0)
    doors.finish_handshake("127.0.0.1")

    assert doors.admit("127.0.0.1", 0.0) == ""


def test_an_address_has_a_pace():
    """`connections_per_address_minute_max` at once, then one each so many seconds."""
    doors = Throttle(NetLimits(connections_per_address_minute_max=2))
    for _ in range(2):
        assert doors.admit("127.0.0.1", 0.0) == ""

    assert "connections_per_address_minute_max = 2" in doors.admit("127.0.0.1", 29.0)
    assert doors.admit("127.0.0.1", 30.0) == ""
    assert doors.admit("127.0.0.1", 31.0) != ""


def test_ipv6_counts_by_network():
    """A /64 is one customer: its addresses share one account."""
    doors = Throttle(NetLimits(connections_per_address_max=1))
    doors.admit("2001:db8::1", 0.0)

    assert doors.admit("2001:db8::2", 0.0) != ""
    assert doors.admit("2001:db8:0:1::1", 0.0) == ""
    assert doors.admit("fe80::1%eth0", 0.0) == ""


def test_a_site_has_a_number_of_places():
    """A /48 has 65,536 of /64: going through them helps no further than SITE_FACTOR times."""
    doors = Throttle(NetLimits(connections_per_address_max=2, handshakes_per_address_max=100))
    admitted = [f"2001:db8:0:{number:x}::1" for number in range(2 * throttle.SITE_FACTOR)]
    for address in admitted:
        assert doors.admit(address, 0.0) == ""
    assert "connections_per_address_max = 2" in doors.admit("2001:db8:0:ffff::1", 0.0)
    assert doors.admit("2001:db8:1::1", 0.0) == ""

    for address in admitted:
        doors.finish_handshake(address)
        doors.release(address)
    assert doors.admit("2001:db8:0:ffff::1", 0.0) == ""
    assert doors.open_count == 2


@given(st.lists(st.tuples(st.sampled_from(ADDRESSES), st.booleans()), max_size=60))
def test_what_is_counted_in_is_counted_out(steps):
    """Whatever comes and goes, and whoever is refused: at the end nothing is open."""
    doors = Throttle(NetLimits(connections_per_address_max=3, connections_max=12))
    there = []
    for address, comes in steps:
        if comes and not doors.admit(address, 0.0):
            doors.finish_handshake(address)
            there.append(address)
        elif not comes and there:
            doors.release(there.pop())
        assert doors.open_count == len(there)
    for address in there:
        doors.release(address)
    assert all(not each.open and not each.handshakes for each in doors._accounts.values())


def test_networks_may_be_exempt():
    """`connections_exempt` leaves the limits for one address out, and nothing else."""
    one = {"connections_per_address_max": 1, "connections_per_address_minute_max": 1}
    exempt = ("127.0.0.0/8", "2001:db8::/32", "fe80::/10")
    doors = Throttle(NetLimits(connections_exempt=exempt, connections_max=7, **one))

    for address in ("127.0.0.1", "127.0.0.1", "2001:db8::1", "2001:db8::1", "fe80::1%eth0"):
        assert doors.admit(address, 0.0) == ""
    assert doors.admit("192.0.2.1", 0.0) == ""
    assert "connections_per_address_max = 1" in doors.admit("192.0.2.1", 0.0)
    assert doors.admit("127.0.0.1", 0.0) == ""
    assert "connections_max = 7" in doors.admit("127.0.0.1", 0.0)
    for address in ("127.0.0.1", "2001:db8::1", "192.0.2.1"):
        doors.finish_handshake(address)
        doors.release(address)
    assert doors.open_count == 4


@pytest.mark.parametrize("name", ["::ffff:192.0.2.0/120", "::ffff:c000:201", "192.0.2.0/24"])
def test_an_exempt_network_in_an_ipv6_coat(name):
    """IPv4 addresses come without it, and are in the network all the same."""
    doors = Throttle(NetLimits(connections_per_address_max=1, connections_exempt=(name,)))
    assert [doors.admit("192.0.2.1", 0.0) for _ in range(3)] == ["", "", ""]


def test_the_table_is_bounded(monkeypatch):
    """The longest unseen address is forgotten; one with an open connection is not."""
    monkeypatch.setattr(throttle, "ADDRESSES_MAX", 2)
    doors = Throttle(NetLimits(connections_per_address_max=1))
    doors.admit("127.0.0.1", 0.0)
    for last in range(2, 30):
        doors.admit(f"127.0.0.{last}", 0.0)
        doors.finish_handshake(f"127.0.0.{last}")
        doors.release(f"127.0.0.{last}")

    assert len(doors._accounts) <= 3
    assert "connections_per_address_max" in doors.admit("127.0.0.1", 0.0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("127.0.0.1", "127.0.0.1"), ("::ffff:127.0.0.1", "127.0.0.1"), ("::1", "::1")],
)
def test_mapped_addresses_are_plain(given, expected):
    """IPv4 through an IPv6 socket is the same person as through an IPv4 one."""
    assert plain_address(given) == expected
