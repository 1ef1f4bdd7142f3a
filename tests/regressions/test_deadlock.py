"""Threads that wait for each other, and somebody outside who can bring them to it.

Here an io thread may wait for the hub (that is how TCP slows senders down). So the hub may wait for
no io thread, no password and no page of history, whatever these are doing.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from irc.message import Message
from server.config import default_config
from server.core.events import Connected, Dialect, LineReceived, ServerStopping
from server.core.settings import Settings
from server.hub import BEHIND_EVENTS_MAX
from server.net.limits import NetLimits
from server.net.loop import Loop
from server.registrar import Registrar
from tests.support.hub_rig import ANA, DEADLINE_S, Rig, say


class Deaf:
    """An inbox that nobody may be told anything through."""

    def put(self, events):
        raise AssertionError("the loop was never started")


class Silent:
    """A journal of nothing."""

    def info(self, event, **fields):
        pass


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


def test_the_hub_gives_itself_an_answer_however_far_behind_it_is(tmp_path):
    """A login that the password pool has no room for is answered on the hub's own thread.

    Whoever else puts events waits while the hub is far behind; the hub would wait for itself.
    """
    config = default_config(tmp_path)
    config = replace(config, accounts=replace(config.accounts, bcrypt_queue_max=1))
    registrar = Registrar(config, Settings(), Silent(), lambda events: rig.hub.put_at_once(events))
    registrar.close()  # now there is no room for anybody
    is_flooded = threading.Event()

    def check(effect):
        is_flooded.wait(DEADLINE_S)
        registrar.check(effect)

    rig = Rig(check=check)
    lines = [("PASS", "x"), ("NICK", "ana"), ("USER", "ana", "0", "*", "ana")]
    messages = [Message(command, params) for command, *params in lines]
    rig.hub.put([Connected(ANA, Dialect.IRC, "127.0.0.1")])
    rig.hub.put([LineReceived(ANA, message) for message in messages])
    for _ in range(3):
        rig.hub.put_at_once([say(ANA, "x")] * BEHIND_EVENTS_MAX)
    is_flooded.set()
    rig.hub.put_at_once([ServerStopping("enough")])

    assert rig.hub.join(DEADLINE_S)
    assert rig.failures.empty()
