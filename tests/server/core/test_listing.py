"""What LIST may be asked for: server/core/listing.py."""

from __future__ import annotations

import pytest

from irc.names import room_key
from server.core.facts import UserId
from server.core.listing import RoomFilter, parse_filter
from server.core.world import Room

NOW_MS = 10_000 * 60_000
"""Some moment, ten thousand minutes after the epoch."""

ROOMS = [
    Room("#alpha", NOW_MS - 5 * 60_000, members={UserId(1): "", UserId(2): ""}),
    Room("#Beta", NOW_MS - 50 * 60_000, topic="t", topic_at_ms=NOW_MS - 10 * 60_000),
    Room("#gamma", NOW_MS - 500 * 60_000, members={UserId(1): ""}),
]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", ["#alpha", "#Beta", "#gamma"]),
        (",", ["#alpha", "#Beta", "#gamma"]),
        ("#BETA", ["#Beta"]),
        ("#beta,#gamma", ["#Beta", "#gamma"]),
        ("#none", []),
        ("*a*", ["#alpha", "#Beta", "#gamma"]),
        ("#?eta", ["#Beta"]),
        ("#b*,#gamma", ["#Beta", "#gamma"]),
        ("!*lph*", ["#Beta", "#gamma"]),
        ("*mm*,!*g*", []),
        (">0", ["#alpha", "#gamma"]),
        (">1", ["#alpha"]),
        ("<1", ["#Beta"]),
        (">0,<2", ["#gamma"]),
        ("C<10", ["#alpha"]),
        ("c>10", ["#Beta", "#gamma"]),
        ("C>50", ["#gamma"]),
        ("T<11", ["#Beta"]),
        ("T>11", []),
        ("t>9", ["#Beta"]),
        ("X>9", []),
        (">", []),
        (">x", []),
        (">²", []),
        ("<" + "9" * 400, ["#alpha", "#Beta", "#gamma"]),
    ],
)
def test_list_conditions(asked, names):
    """Names, masks and conditions as ELIST=CMNTU says (Modern IRC, LIST and ELIST)."""
    chosen = parse_filter(asked)
    found = [room.name for room in ROOMS if chosen.matches(room_key(room.name), room, NOW_MS)]
    assert found == names


def test_no_conditions_take_everything():
    """LIST alone is a list of all visible rooms (Modern IRC, LIST)."""
    assert parse_filter("") == RoomFilter()
