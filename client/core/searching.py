"""Asks the server for messages with some words in them, and takes what it found.

Needs `soju.im/search` and `batch`. What it may find, the server decides. Called by the session.
Source: the search specification of soju.
"""

from client.core import messages
from client.core.capabilities import SEARCH
from client.core.events import ErrorReply, MessageReceived, SearchFound
from client.core.state import Batch, SearchAsked, State
from irc.message import Message
from irc.tags import format_tags

FOUND_MAX = 50


def ask(s: State, words: str, window: str) -> None:
    """Search for `words` in `window`, "" for everywhere."""
    if not (s.has_cap(SEARCH) and s.has_cap("batch")):
        s.emit(ErrorReply(code="no_search", text="", command="SEARCH", buffer=window))
        return
    connection = s.connection
    connection.search_number += 1
    label = f"{s.settings.id_prefix}-s{connection.search_number}"
    wanted = {"in": window} if window else {}
    attributes = format_tags({**wanted, "limit": str(FOUND_MAX), "text": words})
    tags = {"label": label} if s.has_cap("labeled-response") else {}
    if s.send("SEARCH", attributes, tags=tags):
        connection.search = SearchAsked(label, words, window)


def on_found(s: State, batch: Batch) -> None:
    """The answer is complete. One that nobody asked for, or not any more, is no news."""
    asked = s.connection.search
    if asked is None or (batch.label and batch.label != asked.label):
        return
    s.connection.search = None
    found = [_read(s, line) for line in batch.lines or []]
    received = sorted(
        (message for message in found if message), key=lambda message: message.time_ms
    )
    s.emit(SearchFound(buffer=asked.window, words=asked.words, messages=tuple(received)))


def _read(s: State, line: Message) -> MessageReceived | None:
    window = messages.window_of(s, line)
    return messages.read_past(s, line, window, is_deleted=False).received
