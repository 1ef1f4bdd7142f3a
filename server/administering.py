"""Orders about rooms (core/orders.py), from chat-admin: to the running server, or over the log.

In the running server `handlers` answers on the control socket's thread: each order becomes an event
for the hub and waits for its answer. Without a server `carry_out` has the same core decide the same
orders over what the log remembers; the caller holds the data folder.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from queue import Empty, SimpleQueue
from typing import Any

from server.config import Config
from server.control import Handler
from server.core.apply import replay
from server.core.effects import Report
from server.core.events import Event, RoomAdministered, Stamp
from server.core.facts import is_durable
from server.core.machine import step
from server.core.orders import Answer, DescribeRooms, NameRooms, Order, RemoveRoom, SetRoom
from server.core.restore import restored_facts
from server.core.settings import Settings, with_accounts
from server.core.world import World
from server.log.errors import LogFull
from server.wiring import open_log, settings_of

ANSWER_TIMEOUT_S = 10.0
"""How long the hub may take for one order; it takes a millisecond."""

ROOMS_AT_ONCE = 100
"""So many are described in one event: half a millisecond of the hub's time."""

Put = Callable[[Sequence[Event]], None]
Ask = Callable[[Order], Answer]


def handlers(put: Put) -> dict[str, Handler]:
    """What the control socket does about rooms; `put` is the hub's."""

    def ask(order: Order) -> Answer:
        answers: SimpleQueue[Answer] = SimpleQueue()
        put([RoomAdministered(order, answers.put)])
        try:
            return answers.get(timeout=ANSWER_TIMEOUT_S)
        except Empty:
            return Answer(problem="too_slow")

    return {"room": lambda request: answer_request(ask, request)}


def answer_request(ask: Ask, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request about rooms, both as JSON has them.

    Raises:
        KeyError, TypeError, ValueError: The request is none.
    """
    answer = _list(ask) if request["verb"] == "list" else ask(_order_of(request))
    if answer.problem:
        return {"problem": answer.problem, "about": answer.about}
    return {"rooms": [asdict(row) for row in answer.rows]}


def _order_of(request: dict[str, Any]) -> Order:
    name = _text(request["room"])
    match request["verb"]:
        case "set":
            founder, topic = request.get("founder"), request.get("topic")
            return SetRoom(
                name,
                None if founder is None else _text(founder),
                None if topic is None else _text(topic),
                tuple(map(_text, request.get("modes", ()))),
                tuple((_text(account), bool(on)) for account, on in request.get("operators", ())),
            )
        case "remove":
            return RemoveRoom(name, bool(request.get("forgets")))
        case verb:
            raise ValueError(verb)


def _text(value: object) -> str:
    """A value that can stand in a line.

    Raises:
        ValueError: It cannot.
    """
    if not isinstance(value, str) or {"\0", "\r", "\n"} & set(value):
        raise ValueError(value)
    value.encode()  # half a surrogate pair is no text
    return value


def _list(ask: Ask) -> Answer:
    answer = ask(NameRooms())
    keys, rows = answer.keys, list(answer.rows)
    for start in range(0, len(keys), ROOMS_AT_ONCE):
        answer = ask(DescribeRooms(keys[start : start + ROOMS_AT_ONCE]))
        if answer.problem:
            break
        rows += answer.rows
    return replace(answer, rows=tuple(rows))


def carry_out(config: Config, accounts: Sequence[str], request: dict[str, Any]) -> dict[str, Any]:
    """Answer a request over the log, without a server. The caller holds the data folder.

    Raises:
        LogUnusable: The history cannot be opened.
    """
    settings = with_accounts(settings_of(config, 0), accounts)
    with closing(_Archive(config, settings)) as archive:
        return answer_request(archive.ask, request)


class _Archive:
    """What the log remembers, as a world in which nobody is."""

    def __init__(self, config: Config, settings: Settings) -> None:
        self._log = open_log(config)
        restored = self._log.restore()
        self._world = replay(World(settings), restored_facts(settings, restored))
        self._world.sequences.update(restored.sequences)
        self._at_ms = max(restored.at_ms, int(time.time() * 1000))

    def ask(self, order: Order) -> Answer:
        """Decide an order; what it changes is durable on return."""
        answers: list[Answer] = []
        stamp = Stamp(self._at_ms, secrets.token_hex(8))
        batch = step(self._world, RoomAdministered(order, answers.append), stamp)
        try:
            self._log.accept([fact for fact in batch.facts if is_durable(fact)])
        except LogFull:
            return Answer(problem="not_stored")
        forgets = isinstance(order, RemoveRoom) and order.forgets
        while forgets and self._log.tidy(self._at_ms):
            pass  # nobody else does it before the next start
        for effect in batch.effects:
            if isinstance(effect, Report):
                effect.reply(effect.answer)
        return answers[0]

    def close(self) -> None:
        """Give the log back."""
        self._log.close()
