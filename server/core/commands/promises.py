"""ISUPPORT: what clients may rely on, when they ask for it, come in, or when it changes.

Sources: Modern IRC, "RPL_ISUPPORT"; IRCv3 draft/extended-isupport. Who has that capability and
`batch` gets the lines in a batch of their own; with the capability alone one may ask before
registration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from server.core import isupport as isupport_tokens
from server.core.effects import Outgoing, ToEverybody
from server.core.events import Stamp
from server.core.settings import Settings
from server.core.turn import Batch, Refusal, Turn
from server.core.world import World

BATCH_TYPE = "draft/isupport"
_IN_BATCH = caps.EXTENDED_ISUPPORT | caps.BATCH


def isupport(turn: Turn, message: Message) -> None:
    """ISUPPORT"""
    session = turn.session
    if session.user is None and not session.has(caps.EXTENDED_ISUPPORT):
        raise Refusal(numerics.ERR_NOTREGISTERED, "You have not registered")
    reply_promises(turn)


def reply_promises(turn: Turn) -> None:
    """All the tokens, in as many lines as they need."""
    lines = _lines(turn, turn.name, isupport_tokens.lines(turn.world.settings))
    if turn.session.has(_IN_BATCH):
        lines = _in_batch(turn, lines)
    for line in lines:
        turn.reply_line(line)


def tell_changes(world: World, before: Settings, stamp: Stamp) -> list[Batch]:
    """Tell everybody what is promised now in another way, and what is not any more (`-NAME`).

    One effect for all: the lines go to `*`, as their own nick would make them everybody's own.
    """
    changes = isupport_tokens.changes(before, world.settings)
    if not changes:
        return []
    turn = Turn.of_server(world, stamp)
    lines = list(_lines(turn, "*", changes))
    extended = caps.EXTENDED_ISUPPORT
    for form in (
        [replace(line, lacks=extended) for line in lines],
        [replace(line, needs=extended, lacks=caps.BATCH) for line in lines],
        [replace(line, needs=_IN_BATCH) for line in _in_batch(turn, lines)],
    ):
        turn.effect(ToEverybody(tuple(form)))
    return [turn.finish()]


def _lines(turn: Turn, name: str, lines: Iterable[tuple[str, ...]]) -> Iterator[Outgoing]:
    for tokens in lines:
        text = "are supported by this server"
        yield turn.line(None, numerics.RPL_ISUPPORT, name, *tokens, text)


def _in_batch(turn: Turn, lines: Iterable[Outgoing]) -> Iterator[Outgoing]:
    reference = f"i{turn.stamp.id}"
    yield turn.line(None, "BATCH", f"+{reference}", BATCH_TYPE)
    for line in lines:
        yield replace(line, batch=reference)
    yield turn.line(None, "BATCH", f"-{reference}")
