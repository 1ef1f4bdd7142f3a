"""Pages of history: what is in one, whether it is the last, and where the next one begins. Pure.

Used by `past.py` only. Source: IRCv3 draft/chathistory.
"""

from collections.abc import Sequence
from typing import Final

from client.core import messages
from client.core.event_json import time_text
from client.core.fetching import Entry
from client.core.state import State, param
from irc.message import Message

# A page with fewer messages than asked for is the last; but one of this size may have been cut,
# for a server may bound its answers by their bytes as well.
PAGE_CHARS_SURE: Final = 30_000


def bound(s: State, msgid: str, time_ms: int) -> str:
    """A place in a conversation, in the way the server likes."""
    kinds = s.connection.isupport.get("MSGREFTYPES", "msgid,timestamp").split(",")
    return f"msgid={msgid}" if msgid and "msgid" in kinds else stamp(time_ms)


def stamp(time_ms: int) -> str:
    """A time, as a place."""
    return f"timestamp={time_text(time_ms)}"


def read(s: State, window: str, lines: Sequence[Message]) -> list[Entry]:
    """The lines of a page in order, without those that were taken back later."""
    deleted = {param(line, 1) for line in lines if line.command == "REDACT"}
    shown = (line for line in lines if line.command != "REDACT")
    entries = [
        messages.read_past(s, line, window, is_deleted=line.tags.get("msgid", "") in deleted)
        for line in shown
    ]
    return sorted(entries, key=lambda entry: entry.time_ms)


def is_full(lines: Sequence[Message], limit: int) -> bool:
    """Tell whether more may follow behind a page that was to have at most `limit` messages."""
    return _count(lines) >= limit or _size(lines) > PAGE_CHARS_SURE


def _count(lines: Sequence[Message]) -> int:
    """How many messages a page has, as the server counted them towards its limit."""
    counted = [
        line
        for line in lines
        if line.command != "REDACT" and "draft/chathistory-context" not in line.tags
    ]
    ids = {line.tags["msgid"] for line in counted if "msgid" in line.tags}
    return len(ids) or len(counted)


def _size(lines: Sequence[Message]) -> int:
    return sum(len(text) for line in lines for text in (*line.params, *line.tags.values()))
