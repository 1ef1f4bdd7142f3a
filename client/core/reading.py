"""How far we have read, told to our other devices and by them (IRCv3 draft/read-marker).

A window is read as far as it was shown while a person looked at it, or answered in it from
elsewhere. Pure; called by the session.
"""

from collections.abc import Mapping
from typing import Final

from client.core import past
from client.core.capabilities import READ_MARKER
from client.core.event_json import time_text
from client.core.events import MarkerMoved
from client.core.model import BufferKind, key_of
from client.core.state import Handler, State, param, parse_time
from irc.message import Message

# So often at most, so that a busy room does not cost a line for each message.
MARK_INTERVAL_MS: Final = 3_000


def on_markread(s: State, message: Message) -> None:
    """`MARKREAD target timestamp=...`, or "*" while nothing was read."""
    name, bound = param(message, 0), param(message, 1)
    read_ms = parse_time(bound.removeprefix("timestamp="), 0)
    buffer = s.model.get(name)
    latest_ms = s.connection.fetching.checks.pop(key_of(name), 0)
    if latest_ms > read_ms:
        buffer = s.model.open(name)
        s.model.mark_read(buffer, read_ms)
        if read_ms:
            past.catch_up(s, name, read_ms)
        else:
            past.open_new(s, name)
    elif buffer is not None and s.model.mark_read(buffer, read_ms):
        s.emit(MarkerMoved(buffer=buffer.name, read_ms=read_ms, time_ms=s.time_of(message)))
    past.settle(s)


def mark(s: State, *, is_leaving: bool = False) -> None:
    """Tell how far the window was read that a person looks at, if that is news and it is time."""
    target = _unmarked(s)
    if target is None:
        return
    name, read_ms = target
    if s.steady_ms >= s.connection.mark_due_ms or is_leaving:
        s.connection.mark_due_ms = s.steady_ms + MARK_INTERVAL_MS
        s.connection.marked[key_of(name)] = read_ms
        s.send("MARKREAD", name, f"timestamp={time_text(read_ms)}")


def due_ms(s: State) -> int | None:
    """When, on the steady clock, `mark` has something to say; None for not."""
    return None if _unmarked(s) is None else max(s.connection.mark_due_ms, s.steady_ms)


def _unmarked(s: State) -> tuple[str, int] | None:
    """A window that was read further than the server knows, and how far."""
    if not s.is_online or s.close_reason or not s.has_cap(READ_MARKER):
        return None
    focused = s.model.focused
    for buffer in s.model:
        read_ms = buffer.past.answered_ms
        if buffer is focused and buffer.messages:
            read_ms = max(read_ms, buffer.messages[-1].time_ms)
        known_ms = max(buffer.past.read_ms or 0, s.connection.marked.get(key_of(buffer.name), 0))
        if read_ms > known_ms and buffer.kind is not BufferKind.SERVER:
            return buffer.name, read_ms
    return None


HANDLERS: Final[Mapping[str, Handler]] = {"MARKREAD": on_markread}
