"""An event as JSON has it, for pipe mode: raw text, English names, nothing translated.

JSON's own escapes make control characters harmless, so a program gets exactly what was said.
The names are a promise to the scripts of other people: add, do not rename.
"""

import re
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

from client.core.event import Event, MessageReceived

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The last moment that a date can have; a server may claim any.
_TIME_MS_MAX: Final = 253_402_300_799_999


def as_json(event: Event) -> dict[str, Any]:
    """`event` as a dict of JSON's own types: "type" first, then "time", then its fields.

    The type is the class in words: `{"type": "nick_changed", "time": "2026-...Z", ...}`; a
    `MessageReceived` is simply a "message".
    """
    name = "message" if isinstance(event, MessageReceived) else _words(type(event).__name__)
    shown = {"type": name, "time": time_text(event.time_ms)}
    return shown | {
        field.name: _plain(getattr(event, field.name))
        for field in fields(event)
        if field.name != "time_ms"
    }


def time_text(time_ms: int) -> str:
    """A time as ISO 8601 in UTC with milliseconds, as IRCv3's server-time writes it."""
    moment = _EPOCH + timedelta(milliseconds=min(max(time_ms, 0), _TIME_MS_MAX))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _words(name: str) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
