"""Batches: lines that belong together, and the answers they are (IRCv3 batch, labeled-response).

What is said in a batch of history is no news: such lines are collected, and worked through as one
page when the batch ends. All others are worked through as they come. Called by the session.
"""

from collections.abc import Mapping
from typing import Final

from client.core import past, searching, speaking
from client.core.state import BATCHES_MAX, Batch, Handler, State, param
from irc.message import Message

# Lines kept of one batch; what comes after that is not shown.
LINES_MAX: Final = 20_000

_SEARCHES: Final = frozenset({"soju.im/search", "search"})  # the specification has both
_COLLECTED: Final = _SEARCHES | {"chathistory", "draft/chathistory-targets"}


def collect(s: State, message: Message) -> bool:
    """Put `message` to the others of its batch; False when it is to be worked through now."""
    batch = s.connection.batches.get(message.tags.get("batch", ""))
    if batch is None or batch.lines is None or message.command == "BATCH":
        return False
    if len(batch.lines) < LINES_MAX:
        batch.lines.append(message)
    return True


def on_batch(s: State, message: Message) -> None:
    """`BATCH +reference type ...` and `BATCH -reference`"""
    batches = s.connection.batches
    reference = param(message, 0)
    if reference.startswith("+"):
        batches[reference[1:]] = _begin(s, message)
        if len(batches) > BATCHES_MAX:
            del batches[next(iter(batches))]
        return
    ended = batches.pop(reference[1:], None)
    if ended is None or ended.is_inner:
        return
    if ended.kind == "chathistory":
        past.on_page(s, ended)
    elif ended.kind == "draft/chathistory-targets":
        past.on_targets(s, ended)
    elif ended.kind in _SEARCHES:
        searching.on_found(s, ended)
    elif ended.is_outermost:
        speaking.confirm_label(s, ended.label, s.time_of(message))


def _begin(s: State, message: Message) -> Batch:
    kind = param(message, 1)
    around = s.connection.batches.get(message.tags.get("batch", ""))
    is_inner = around is not None and around.lines is not None
    lines: list[Message] | None = [] if kind in _COLLECTED else None
    if around is not None and is_inner:
        lines = around.lines
    is_outermost = "label" in message.tags
    return Batch(s.label_of(message), is_outermost, kind, param(message, 2), lines, is_inner)


def on_ack(s: State, message: Message) -> None:
    """ACK: the server has done what the label stands for, and there is nothing else to say."""
    label = s.label_of(message)
    past.on_nothing(s, label)
    speaking.confirm_label(s, label, s.time_of(message))


HANDLERS: Final[Mapping[str, Handler]] = {"BATCH": on_batch, "ACK": on_ack}
