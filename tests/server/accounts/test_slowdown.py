"""The slow-down of wrong passwords: doubling, forgetting, one customer one address, bounds."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from server.accounts.slowdown import ENTRIES_MAX, Recent, SlowDown, address_key


def test_doubling(clock: Any) -> None:
    """Failures of an address cost 2, 4, 8, 15, 15 s."""
    table = SlowDown(clock, 2.0, 15.0)
    assert [table.failed("a") for _ in range(6)] == [2, 4, 8, 15, 15, 15]
    assert table.failed("b") == 2


def test_success_clears(clock: Any) -> None:
    """A success forgets every failure of that key, and of no other."""
    table = SlowDown(clock, 2.0, 15.0)
    for key in ("a", "a", "b"):
        table.failed(key)
    table.succeeded("a")
    table.succeeded("nobody")
    assert (table.failed("a"), table.failed("b")) == (2, 4)


def test_ten_in_ten_minutes_are_free(clock: Any) -> None:
    """An account's first ten failures in ten minutes cost nothing, the next are slow."""
    table = SlowDown(clock, 2.0, 15.0, free=10)
    assert [table.failed("ana") for _ in range(14)] == [0] * 10 + [2, 4, 8, 15]
    slow = SlowDown(clock, 2.0, 15.0, free=10)
    for _ in range(100):
        assert slow.failed("ana") == 0
        clock.advance(60)


def test_never_a_lockout(clock: Any) -> None:
    """However often a key failed, its delay has a maximum and is forgotten in minutes."""
    table = SlowDown(clock, 2.0, 15.0)
    assert max(table.failed("a") for _ in range(5000)) == 15
    clock.advance(17 * 60)
    assert table.failed("a") == 2


def test_who_failed_lately(clock: Any) -> None:
    """A key has failed until its failures are forgotten, by success or by time."""
    table = SlowDown(clock, 2.0, 15.0)
    for key in ("a", "b"):
        table.failed(key)
        assert table.has_failed(key)
    table.succeeded("a")
    assert not table.has_failed("a")
    clock.advance(59)
    assert table.has_failed("b")
    clock.advance(1)
    assert not table.has_failed("b")


def test_recent_keys_are_bounded() -> None:
    """At the limit the key that was added longest ago is forgotten."""
    recent = Recent(entries_max=2)
    for key in ("a", "b", "a", "c"):
        recent.add(key)
    assert [key in recent for key in ("a", "b", "c")] == [True, False, True]


def test_zero_delay_is_off(clock: Any) -> None:
    """limits.login_delay_s = 0 switches the delay off."""
    table = SlowDown(clock, 0.0, 15.0)
    assert {table.failed("a") for _ in range(100)} == {0}


def test_the_table_is_bounded(clock: Any) -> None:
    """At the limit the key that failed longest ago is forgotten, and no more."""
    table = SlowDown(clock, 2.0, 15.0, entries_max=3)
    for key in ("a", "b", "c", "a", "d"):  # b is now the oldest
        table.failed(key)
    assert len(table) == 3
    assert [table.failed(key) for key in ("a", "c", "d", "b")] == [8, 4, 4, 2]
    assert ENTRIES_MAX == 65_536


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("/run/chat.sock", "/run/chat.sock"),
    ],
)
def test_what_counts_as_one_address(address: str, key: str) -> None:
    """An IPv6 customer owns a /64; IPv4 in IPv6 clothes is IPv4."""
    assert address_key(address) == key


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_a_64_is_one_address(address: Any, host: int) -> None:
    """No two addresses of a /64 have different keys, so that rotating them buys nothing."""
    neighbour = type(address)(int(address) >> 64 << 64 | host)
    if address.ipv4_mapped is None and neighbour.ipv4_mapped is None:
        assert address_key(str(address)) == address_key(str(neighbour))
