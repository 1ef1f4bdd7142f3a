"""Threads that wait for each other, and somebody outside who can bring them to it.

Here an io thread may wait for the hub (that is how TCP slows senders down). So the hub may wait for
no io thread, no password and no page of history, whatever these are doing.
"""

from __future__ import annotations

import threading
from collections import deque

from server.core.events import ServerStopping
from server.hub import BEHIND_EVENTS_MAX
from server.net.limits import NetLimits
from server.net.loop import Loop
from tests.support.hub_rig import ANA, DEADLINE_S, Rig, say


class Deaf:
    """An inbox that nobody may be told anything through."""

    def put(self, events):
        raise AssertionError("the loop was never started")


def test_the_hub_waits_for_nobody():
    """A hub whose io thread stands still goes on deciding: more than it lets wait, to the end.

    Nobody answers its questions about passwords and history either.
    """
    stands_still = Loop("io", Deaf(), NetLimits(), deque())  # never started
    rig = Rig(loops=[stands_still])
    rig.enter(ANA, "ana")

    def flood():
        for _ in range(BEHIND_EVENTS_MAX // 100 * 2):
            rig.hub.put([say(ANA, "x")] * 100)
        rig.hub.put([ServerStopping("enough")])

    sender = threading.Thread(target=flood, daemon=True)
    sender.start()
    sender.join(DEADLINE_S)

    assert not sender.is_alive()
    assert rig.hub.join(DEADLINE_S)
    assert rig.failures.empty()
