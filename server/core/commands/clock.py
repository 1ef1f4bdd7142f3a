"""What ends by itself: called by `step` when a deadline of the world has come.

A fact with an end pushes a deadline when it is applied (apply.py). Here it is looked at again: it
counts only if the thing is still there and still ends then.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop

from server.core.commands import bans, mask_lists
from server.core.events import Stamp
from server.core.turn import Batch, Turn
from server.core.world import MASK_DEADLINE, World

ENDINGS: dict[str, Callable[[Turn, int, tuple[str, ...]], None]] = {
    "address ban": bans.ended,
    MASK_DEADLINE: mask_lists.end_mask,
}
"""By the kind of deadline: what to do about the thing with this name, which was to end then."""

ENDINGS_MAX = 40
"""How many things end in one step, which takes under a millisecond; the others a second later."""


def tick(world: World, stamp: Stamp) -> Batch:
    """End what is due."""
    turn = Turn.of_server(world, stamp)
    deadlines = world.deadlines
    for _ in range(ENDINGS_MAX):
        if not deadlines or deadlines[0][0] > stamp.at_ms:
            break
        at_ms, kind, name = heappop(deadlines)
        ENDINGS[kind](turn, at_ms, name)
    return turn.finish()
