"""The memory of WHOWAS is bounded. Source: Modern IRC, "WHOWAS message"; docstring of past.py."""

from __future__ import annotations

import pytest

from server.core import past
from server.core.past import ENTRIES_PER_NICK_MAX, Past, PastUser


def _user(nick: str, number: int = 0) -> PastUser:
    return PastUser(nick, "u", "h", "Real", "", number)


def test_the_latest_first_under_folding():
    """Entries of one nick, however it was spelled."""
    memory = Past()
    for number, nick in enumerate(["bob", "Bob", "eve", "BOB"]):
        memory.remember(_user(nick, number))
    assert [each.at_ms for each in memory.of_nick("boB")] == [3, 1, 0]
    assert memory.of_nick("nobody") == []


def test_no_nick_has_too_many():
    """The oldest of the nick is forgotten, and nobody else's."""
    memory = Past()
    memory.remember(_user("eve"))
    for number in range(ENTRIES_PER_NICK_MAX + 3):
        memory.remember(_user("bob", number))
    assert [each.at_ms for each in memory.of_nick("bob")] == list(
        range(ENTRIES_PER_NICK_MAX + 2, 2, -1)
    )
    assert len(memory.of_nick("eve")) == 1
    assert len(memory.entries) == ENTRIES_PER_NICK_MAX + 1


def test_there_are_never_too_many(monkeypatch):
    """What was longest ago is forgotten, whoever it was; no nick without an entry stays."""
    monkeypatch.setattr(past, "ENTRIES_MAX", 3)
    memory = Past()
    for number, nick in enumerate(["a", "b", "a", "c", "d", "e"]):
        memory.remember(_user(nick, number))
    assert [each.nick for each in memory.entries.values()] == ["c", "d", "e"]
    assert memory.by_nick.keys() == {"c", "d", "e"}


@pytest.mark.parametrize("size", [1, 2])
def test_the_oldest_may_be_the_same_nick(monkeypatch, size):
    """The one that makes room and the one that comes may have one nick."""
    monkeypatch.setattr(past, "ENTRIES_MAX", size)
    memory = Past()
    for number in range(4):
        memory.remember(_user("a", number))
    assert [each.at_ms for each in memory.of_nick("a")] == [3, 2][:size]
