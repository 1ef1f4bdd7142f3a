"""Puts what was said in its place: live lines, pages of history, and lines that wait for one.

Used by `messages.py` for what is said now and by `past.py` for pages. A message shows once, by its
msgid. Where the server numbers the messages of a conversation (`tlschat/seq`), a hole in the
numbers shows as a gap; without numbers nobody can know.

Theory of operation. Faces only append, so a window whose history is on its way holds its live lines
back; when the last page is here, page and live lines go out in order. What is held is bounded, and
a line that was dropped is in the history that is asked for next.
"""

from collections.abc import Sequence

from client.core.fetching import HELD_MAX, Entry, Held
from client.core.model import Buffer, BufferKey, key_of
from client.core.past_events import GapFound, HistoryBegins, HistoryEnds, Purpose, UnreadBegins
from client.core.state import State


def show_live(s: State, window: str, entry: Entry, *, is_private: bool) -> None:
    """Somebody said `entry` in `window` just now: show it, or hold it until its history is here."""
    fetching = s.connection.fetching
    if is_private and fetching.holds_private:
        hold(s, window)
    held = fetching.held.get(key_of(window))
    if held is None:
        _show(s, window, entry)
    elif held.is_overflown or len(held.entries) >= HELD_MAX:
        held.is_overflown = True
        held.entries.clear()
    else:
        held.entries.append(entry)


def hold(s: State, window: str) -> None:
    """From now on the live lines of `window` wait."""
    s.connection.fetching.held.setdefault(key_of(window), Held(window))


def release(s: State, key: BufferKey) -> None:
    """Show what was held of a window."""
    held = s.connection.fetching.held.pop(key, None)
    if held is not None:
        for entry in held.entries:
            _show(s, held.name, entry)


def show_page(
    s: State, window: str, entries: Sequence[Entry], purpose: Purpose, *, is_whole: bool = False
) -> None:
    """Show the past of `window`, and then what was held of it."""
    key = key_of(window)
    held = s.connection.fetching.held.get(key)
    live = {entry.msgid for entry in held.entries if entry.msgid} if held is not None else set()
    news = [entry for entry in _unknown(s, entries) if entry.msgid not in live]
    if not news and s.model.get(window) is None:
        release(s, key)  # nothing to open a window for, or only what is live
        return
    buffer = s.model.open(window)
    count = sum(entry.received is not None for entry in news)
    s.emit(HistoryBegins(buffer=buffer.name, purpose=purpose, count=count))
    unread_at = _unread_at(buffer, news) if purpose is Purpose.OPEN else -1
    for index, entry in enumerate(news):
        if index == unread_at:
            s.emit(UnreadBegins(buffer=buffer.name))
        _show(s, window, entry)
    buffer.past.is_loaded = True
    buffer.past.is_whole = buffer.past.is_whole or is_whole
    s.emit(HistoryEnds(buffer=buffer.name, purpose=purpose, count=count, is_whole=is_whole))
    release(s, key)


def show_older(
    s: State, window: str, entries: Sequence[Entry], *, is_whole: bool, is_asked: bool
) -> None:
    """Show what was before everything we have of `window`."""
    buffer = s.model.open(window)
    news = _unknown(s, entries)
    shown = [entry.received for entry in news if entry.received is not None]
    name = buffer.name
    s.emit(HistoryBegins(buffer=name, purpose=Purpose.OLDER, count=len(shown)))
    past = buffer.past
    last_seq = 0
    for entry in news:
        s.model.is_new_msgid(entry.msgid)
        _tell_gap(s, buffer, last_seq, entry.seq, entry.time_ms)
        last_seq = max(last_seq, entry.seq)
        if entry.received is not None:
            s.emit(entry.received)
    _tell_gap(s, buffer, last_seq, past.oldest_seq, past.oldest_ms)
    buffer.keep_older(shown)
    if news:
        first = news[0]
        past.oldest_msgid, past.oldest_ms, past.oldest_seq = first.msgid, first.time_ms, first.seq
    past.is_loaded, past.is_whole = True, past.is_whole or is_whole
    count = len(shown)
    s.emit(
        HistoryEnds(
            buffer=name, purpose=Purpose.OLDER, count=count, is_whole=is_whole, is_asked=is_asked
        )
    )


def _unknown(s: State, entries: Sequence[Entry]) -> list[Entry]:
    """Those that were not shown yet, in order.

    A long message may come in several lines, of which only the first has the msgid: the others
    share its fate.
    """
    news: list[Entry] = []
    is_known, time_ms = False, -1
    seen: set[str] = set()
    for entry in entries:
        if entry.msgid:
            is_known = s.model.knows_msgid(entry.msgid) or entry.msgid in seen
            seen.add(entry.msgid)
            time_ms = entry.time_ms
        elif entry.time_ms != time_ms:
            is_known = False
        if not is_known:
            news.append(entry)
    return news


def _unread_at(buffer: Buffer, news: Sequence[Entry]) -> int:
    """Where in `news` the unread ones begin; -1 when all are read, or all are not."""
    read_ms = buffer.past.read_ms
    if read_ms is None:
        return -1
    for index, entry in enumerate(news):
        if entry.time_ms > read_ms and entry.received is not None and not entry.received.own:
            return index or -1
    return -1


def _show(s: State, window: str, entry: Entry) -> None:
    if not s.model.is_new_msgid(entry.msgid):
        return
    buffer = s.model.open(window)
    past = buffer.past
    _tell_gap(s, buffer, past.newest_seq, entry.seq, entry.time_ms)
    past.note(entry.msgid, entry.time_ms, entry.seq)
    if not s.connection.fetching.is_behind:
        s.seen_ms = max(s.seen_ms, entry.time_ms)
    if entry.received is not None:
        s.model.keep(entry.received)
        s.emit(entry.received)


def _tell_gap(s: State, buffer: Buffer, before: int, behind: int, time_ms: int) -> None:
    """Say so if there is a hole between two numbers that follow each other here; 0 is unknown."""
    if before and behind > before + 1 and s.sees_all_numbers:
        s.emit(GapFound(buffer=buffer.name, missing=behind - before - 1, time_ms=time_ms))
