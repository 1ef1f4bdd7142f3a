"""Messages that nobody confirmed, as text to keep on disk, and back. Pure.

`client/unsent.py` has the file. It may have been cut or changed by anybody, so what comes back is
believed in nothing: anything that is not exactly what `dump` writes is refused as a whole.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from client.core.event import MessageKind
from client.core.input import is_service
from client.core.outbox import Item, ItemState

VERSION: Final = 1
MESSAGES_MAX: Final = 1_000
_TEXT_CHARS_MAX: Final = 1_000  # one line holds less
_ONCE_CHARS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-")
_ONCE_CHARS_MIN, _ONCE_CHARS_MAX = 8, 64
_TIME_MS_MAX: Final = 253_402_300_799_999


class UnsentError(ValueError):
    """The text is not what `dump` wrote; says why, in English."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """One message. `may_be_there`: it went out, by its `once` id if it has one."""

    target: str
    text: str
    kind: MessageKind
    typed_at_ms: int
    once: str
    may_be_there: bool


def is_in_doubt(item: Item) -> bool:
    """Tell whether `item` went out by no id: sent again, it may be there twice."""
    is_out = item.state in (ItemState.SENT, ItemState.UNCONFIRMED)
    return is_out and not item.carries_once


def dump(items: Iterable[Item]) -> str:
    """The messages as JSON, without what was said to services, which may be a password."""
    messages = [
        {
            "target": item.target,
            "text": item.text,
            "kind": item.kind.value,
            "typed_at_ms": item.typed_at_ms,
            "once": "" if is_in_doubt(item) else item.once,
            "may_be_there": item.may_be_there or item.carries_once or is_in_doubt(item),
        }
        for item in items
        if not is_service(item.target)
    ]
    return json.dumps({"version": VERSION, "messages": messages}, indent=1) + "\n"


def load(text: str) -> tuple[Unsent, ...]:
    """The messages in `text`. Raises UnsentError."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise UnsentError("this is no JSON") from None
    if not isinstance(table, dict) or table.get("version") != VERSION:
        raise UnsentError(f"this is not of version {VERSION}")
    messages = table.get("messages")
    if not isinstance(messages, list) or len(messages) > MESSAGES_MAX:
        raise UnsentError("there is no list of messages")
    return tuple(_read(message) for message in messages)


def _read(message: Any) -> Unsent:
    if not isinstance(message, dict) or set(message) != set(Unsent.__dataclass_fields__):
        raise UnsentError("a message has other fields")
    kinds = {kind.value: kind for kind in MessageKind}
    typed_at_ms = message["typed_at_ms"]
    is_sound = (
        all(isinstance(message[name], str) for name in ("target", "text", "kind", "once"))
        and all(len(message[name]) <= _TEXT_CHARS_MAX for name in ("target", "text"))
        and message["kind"] in kinds
        and isinstance(message["may_be_there"], bool)
        and type(typed_at_ms) is int
        and 0 <= typed_at_ms <= _TIME_MS_MAX
        and _is_once(message["once"])
    )
    if not is_sound:
        raise UnsentError("a message is none that could be sent")
    return Unsent(
        message["target"],
        message["text"],
        kinds[message["kind"]],
        typed_at_ms,
        message["once"],
        message["may_be_there"],
    )


def _is_once(once: str) -> bool:
    is_right_size = _ONCE_CHARS_MIN <= len(once) <= _ONCE_CHARS_MAX
    return once == "" or (is_right_size and set(once) <= _ONCE_CHARS)
