"""Mask lists, their ends and slow mode as facts: server/core/apply_masks.py."""

from __future__ import annotations

import pytest

from irc.names import RoomKey
from server.core import facts
from server.core.apply import apply, replay
from server.core.apply_masks import DEADLINES_MIN, is_of_use
from server.core.settings import Settings
from server.core.world import MASK_DEADLINE, MaskEntry, World

TEA = RoomKey("#tea")


@pytest.fixture
def world() -> World:
    """A room, and nothing else."""
    return replay(World(Settings()), [facts.RoomCreated("#tea", frozenset(), 1)])


def test_a_mask_that_is_there_keeps_its_place(world):
    """What it says is new; the list is in the order in which masks came."""
    for mask, at_ms, until_ms in (("A!*@*", 1, 0), ("b!*@*", 2, 0), ("a!*@*", 3, 9)):
        apply(world, facts.MaskAdded(TEA, "b", mask, "ana", at_ms, until_ms))
    assert list(world.rooms[TEA].masks["b"].values()) == [
        MaskEntry("a!*@*", "ana", 3, 9),
        MaskEntry("b!*@*", "ana", 2),
    ]


def test_deadlines_of_no_use_are_let_go(world):
    """Somebody who sets and lifts timed bans for ever fills nothing; the others all end."""
    lasting = [(9_000 + i, f"keep{i}!*@*") for i in range(5)]
    for until_ms, mask in lasting:
        apply(world, facts.MaskAdded(TEA, "b", mask, "ana", 1, until_ms))
    world.deadlines.append((99_999, "another kind", ()))
    for i in range(5 * DEADLINES_MIN):
        apply(world, facts.MaskAdded(TEA, "b", "x!*@*", "ana", 1, 10_000 + i))
        apply(world, facts.MaskRemoved(TEA, "b", "x!*@*"))
        assert len(world.deadlines) <= DEADLINES_MIN + 1
    of_use = {each for each in world.deadlines if is_of_use(world, each)}
    assert of_use == {
        *((until_ms, MASK_DEADLINE, (TEA, "b", mask)) for until_ms, mask in lasting),
        (99_999, "another kind", ()),
    }


def test_deadlines_of_a_room_that_is_no_more(world):
    """They are of no use, too; nor are those of a mask that has another end now."""
    apply(world, facts.MaskAdded(TEA, "b", "x!*@*", "ana", 1, 10))
    apply(world, facts.MaskAdded(TEA, "b", "x!*@*", "ana", 1, 20))
    assert [is_of_use(world, each) for each in sorted(world.deadlines)] == [False, True]
    del world.rooms[TEA]
    assert not any(is_of_use(world, each) for each in world.deadlines)


def test_a_room_with_another_name_keeps_its_ends(world):
    """The deadlines name the room by its key, which is another then."""
    apply(world, facts.MaskAdded(TEA, "b", "x!*@*", "ana", 1, 10))
    apply(world, facts.MaskAdded(TEA, "e", "y!*@*", "ana", 1))
    apply(world, facts.RoomRenamed(TEA, "#cha", "#cha 1", 5))
    assert (10, MASK_DEADLINE, ("#cha", "b", "x!*@*")) in world.deadlines
    assert len(world.deadlines) == 2


def test_who_waits_is_in_the_order_of_speaking(world):
    """The first in the list is the first to be forgotten; taking one back changes nothing else."""
    apply(world, facts.RoomPaceChanged(TEA, 10))
    for who, at_ms in (("a", 1_000), ("b", 2_000), ("a", 3_000), ("c", 11_999)):
        apply(world, facts.PaceTaken(TEA, who, at_ms))
    assert list(world.rooms[TEA].paced) == ["b", "a", "c"]
    apply(world, facts.PaceTaken(TEA, "d", 13_000))
    assert list(world.rooms[TEA].paced) == ["c", "d"]
    apply(world, facts.PaceTaken(TEA, "c", 0))
    assert list(world.rooms[TEA].paced) == ["d"]
