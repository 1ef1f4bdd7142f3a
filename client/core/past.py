"""Asks the server for what was said: on open, after a reconnect, and when a person wants more.

Called by the session's handlers. Needs `draft/chathistory` and `batch`; without them nothing here
does anything.

Theory of operation. A room is asked for when we enter it: its latest messages the first time, and
after that everything behind the last one we saw, page by page until the server has no more. Which
private conversations have news is asked once, when the welcome is over (TARGETS); the first time a
conversation counts as new where the read marker says so. One request is out at a time, and the
outbox opens when none is left, so that our own words come behind what others said meanwhile.
A server that does not answer in time is not asked again on this connection.
Source: IRCv3 draft/chathistory, draft/read-marker.
"""

from typing import Final

from client.core import pages, showing, speaking
from client.core.capabilities import HISTORY, ONCE, READ_MARKER
from client.core.events import ErrorReply, HistoryBegins, HistoryEnds, Purpose
from client.core.fetching import Entry, Request
from client.core.model import Buffer, BufferKind, Past, key_of
from client.core.state import Batch, State, number, param, parse_time
from irc.message import Message
from irc.names import fold

# How much to ask for at once where the server sets no limit.
PAGE_MAX: Final = 100
# What may come in pages before it is shown; then it is shown so far, and the rest is asked for.
FOUND_MAX: Final = 5_000
# Pages of one request; a server that always has another one is not followed for ever.
PAGES_MAX: Final = 1_000
# How long the server may take for a page.
TIMEOUT_MS: Final = 15_000
# Private conversations looked at when we open, and when we come back.
TARGETS_OPEN_MAX: Final = 30
TARGETS_CHECKED_MAX: Final = 10
TARGETS_RESUME_MAX: Final = 100
_DAY_MS: Final = 86_400_000


def is_used(s: State) -> bool:
    """Tell whether this server has history for us."""
    return s.has_cap(HISTORY) and s.has_cap("batch")


# --- asking ---------------------------------------------------------------------------------


def begin(s: State, message: Message) -> None:
    """The welcome is over (`message` ended it): ask which private conversations have news."""
    if not is_used(s):
        return
    if s.seen_ms:
        low, high, count = s.seen_ms - 1, _tomorrow_ms(s), TARGETS_RESUME_MAX
    elif s.settings.history_count:
        low, high, count = _tomorrow_ms(s), 0, TARGETS_OPEN_MAX  # the latest first
    else:
        s.seen_ms = s.time_of(message)
        return
    s.connection.fetching.is_behind = s.connection.fetching.holds_private = True
    s.connection.fetching.began_ms = s.time_of(message)
    _enqueue(s, Request("TARGETS", pages.stamp(low), Purpose.RESUME, pages.stamp(high), count))


def enter(s: State, buffer: Buffer, message: Message) -> None:
    """We came into a room (by `message`): ask for what was said there."""
    if not is_used(s):
        return
    if buffer.past.newest_ms:
        _resume(s, buffer.name, buffer.past)
    elif s.settings.history_count:
        open_new(s, buffer.name, s.time_of(message))
    else:
        buffer.past.newest_ms = s.time_of(message)


def look_at(s: State, name: str) -> None:
    """Somebody wants to read the conversation with `name`: fetch it, if it is not here."""
    buffer = s.model.open(name)
    if buffer.kind is not BufferKind.PRIVATE or not is_used(s):
        return
    if buffer.past.is_loaded or not s.settings.history_count or is_asked(s, name):
        return
    if buffer.messages:
        _ask_older(s, buffer, s.settings.history_count, is_asked=False)
    else:
        open_new(s, buffer.name)


def fetch_older(s: State, buffer: Buffer, count: int) -> None:
    """A person wants `count` messages from before those that are here."""
    if not is_used(s):
        s.emit(ErrorReply(code="no_history", text="", command="CHATHISTORY", buffer=buffer.name))
        return
    past = buffer.past
    if past.is_whole:
        name = buffer.name
        s.emit(HistoryBegins(buffer=name, purpose=Purpose.OLDER))
        s.emit(HistoryEnds(buffer=name, purpose=Purpose.OLDER, is_whole=True, is_asked=True))
    else:
        _ask_older(s, buffer, count, is_asked=True)


def _ask_older(s: State, buffer: Buffer, count: int, *, is_asked: bool) -> None:
    past = buffer.past
    request = Request("LATEST", buffer.name, Purpose.OLDER, "*", count, is_asked=is_asked)
    if past.oldest_ms:
        request.subcommand = "BEFORE"
        request.bound = pages.bound(s, past.oldest_msgid, past.oldest_ms)
    _enqueue(s, request)


def catch_up(s: State, name: str, since_ms: int) -> None:
    """Ask for everything in the conversation with `name` since we were last in touch."""
    buffer = s.model.get(name)
    if buffer is not None and buffer.past.newest_ms:
        _resume(s, name, buffer.past)
    else:
        showing.hold(s, name)
        _enqueue(s, Request("AFTER", name, Purpose.RESUME, pages.stamp(since_ms)))


def open_new(s: State, name: str, entered_ms: int = 0) -> None:
    """Ask for the latest of a conversation of which we have seen nothing.

    If nothing was ever said there, what comes after `entered_ms` is new to us.
    """
    showing.hold(s, name)
    _enqueue(s, Request("LATEST", name, Purpose.OPEN, "*", s.settings.history_count, entered_ms))


def _resume(s: State, name: str, past: Past) -> None:
    showing.hold(s, name)
    bound = pages.bound(s, past.newest_msgid, past.newest_ms - 1)
    _enqueue(s, Request("AFTER", name, Purpose.RESUME, bound))


def is_asked(s: State, name: str) -> bool:
    """Tell whether history of `name` is on its way."""
    fetching = s.connection.fetching
    requests = [*fetching.queue, *([fetching.current] if fetching.current else [])]
    return any(fold(request.target) == fold(name) for request in requests)


def _tomorrow_ms(s: State) -> int:
    return max(s.now_ms, s.seen_ms) + _DAY_MS


def _enqueue(s: State, request: Request) -> None:
    s.connection.fetching.queue.append(request)
    _send_next(s)


def _send_next(s: State) -> None:
    fetching = s.connection.fetching
    while fetching.current is None and fetching.queue:
        request = fetching.queue.popleft()
        fetching.current = request
        if not _send(s, request):
            _fail(s, request)
    _note_caught_up(s)


def _note_caught_up(s: State) -> None:
    """When nothing is asked for any more, all that was said in private before is here.

    Not before: a line that breaks in the middle must find us as far back as we were.
    """
    fetching = s.connection.fetching
    is_done = fetching.is_listed and fetching.is_quiet and not fetching.gave_up
    if fetching.is_behind and is_done:
        fetching.is_behind = False
        s.seen_ms = max(s.seen_ms, fetching.began_ms)


def _send(s: State, request: Request) -> bool:
    fetching = s.connection.fetching
    fetching.last_number += 1
    request.label = f"{s.settings.id_prefix}-h{fetching.last_number}"
    fetching.asked_ms = s.steady_ms
    page_max = number(s.connection.isupport.get("CHATHISTORY", ""), 0) or PAGE_MAX
    left = request.count - len(request.found) if request.count else page_max
    request.page = min(left, page_max)
    held = fetching.held.get(key_of(request.target))
    if held is not None:
        held.is_overflown = False  # what comes from now on is behind this page
    tags = {"label": request.label} if s.has_cap("labeled-response") else {}
    bound = (request.bound, str(request.page))
    return s.send("CHATHISTORY", request.subcommand, request.target, *bound, tags=tags)


# --- what comes -----------------------------------------------------------------------------


def on_page(s: State, batch: Batch) -> None:
    """A page is complete: a batch of type chathistory ended."""
    request = _answered_by(s, batch.label, batch.target)
    lines = batch.lines or []
    entries = pages.read(s, batch.target if request is None else request.target, lines)
    if request is None:  # played by the server of its own accord
        showing.show_page(s, batch.target, entries, Purpose.RESUME)
    else:
        is_full = bool(entries) and pages.is_full(lines, request.page)
        _take_page(s, request, entries, is_full=is_full)
    for line in lines:
        item = s.outbox.find_once(line.tags.get(ONCE, ""))
        if item is not None and s.is_from_me(line):
            speaking.confirm(s, item, line.tags.get("msgid", ""), s.time_of(line))


def _take_page(s: State, request: Request, entries: list[Entry], *, is_full: bool) -> None:
    is_last = not is_full
    held = s.connection.fetching.held.get(key_of(request.target))
    if request.subcommand == "AFTER":
        request.found += entries
        is_done = is_last and not (held is not None and held.is_overflown)
        bound = pages.bound(s, entries[-1].msgid, entries[-1].time_ms) if entries else request.bound
    else:
        request.found = entries + request.found
        is_done = is_last or len(request.found) >= request.count
        bound = pages.bound(s, entries[0].msgid, entries[0].time_ms) if entries else request.bound
        request.subcommand = "BEFORE"
    request.tries += 1
    is_stuck = bound == request.bound and is_full
    if is_done or is_stuck or request.tries >= PAGES_MAX:
        _finish(s, request, is_whole=is_last and request.subcommand == "BEFORE")
        return
    request.bound = bound
    if len(request.found) >= FOUND_MAX and request.subcommand == "AFTER":
        _show_so_far(s, request)
    _send(s, request)


def _show_so_far(s: State, request: Request) -> None:
    """Show what came, while the live lines go on waiting."""
    key = key_of(request.target)
    held = s.connection.fetching.held.pop(key)
    showing.show_page(s, request.target, request.found, request.purpose)
    s.connection.fetching.held[key] = held
    request.found.clear()


def _finish(s: State, request: Request, *, is_whole: bool) -> None:
    if request.purpose is Purpose.OLDER:
        showing.show_older(
            s, request.target, request.found, is_whole=is_whole, is_asked=request.is_asked
        )
    else:
        purpose = request.purpose
        showing.show_page(s, request.target, request.found, purpose, is_whole=is_whole)
        buffer = s.model.get(request.target)
        if buffer is not None and not buffer.past.newest_ms:
            buffer.past.newest_ms = request.entered_ms
    s.connection.fetching.current = None
    _send_next(s)


def on_targets(s: State, batch: Batch) -> None:
    """The list of conversations: which of the private ones have something new?"""
    request = _answered_by(s, batch.label, "")
    if request is None:
        return
    is_opening = not s.seen_ms
    people = [
        (param(line, 1), parse_time(param(line, 2), 0))
        for line in batch.lines or []
        if not s.model.is_room_name(param(line, 1))
    ]
    if not is_opening:
        for name, _latest_ms in people:
            catch_up(s, name, s.seen_ms - 1)
    elif s.has_cap(READ_MARKER):
        people.sort(key=lambda entry: entry[1], reverse=True)
        for name, latest_ms in people[:TARGETS_CHECKED_MAX]:
            if s.send("MARKREAD", name):
                s.connection.fetching.checks[key_of(name)] = latest_ms
    _listed(s)
    _send_next(s)


def _listed(s: State) -> None:
    s.connection.fetching.current = None
    s.connection.fetching.is_listed = True
    settle(s)


def settle(s: State) -> None:
    """Once it is known which private conversations have news, the others need not wait."""
    fetching = s.connection.fetching
    if not (fetching.holds_private and fetching.is_listed) or fetching.checks:
        return
    fetching.holds_private = False
    since_ms = (s.seen_ms or fetching.began_ms) - 1
    for key, held in list(fetching.held.items()):
        if is_asked(s, held.name):
            continue
        if held.is_overflown and not fetching.gave_up:
            catch_up(s, held.name, since_ms)
        else:
            showing.release(s, key)
    _note_caught_up(s)


def _answered_by(s: State, label: str, target: str) -> Request | None:
    """The request that an answer with this label and about this target belongs to."""
    request = s.connection.fetching.current
    if request is None:
        return None
    if label:
        is_it = label == request.label
    elif target:
        is_it = fold(target) == fold(request.target)
    else:
        is_it = request.subcommand == "TARGETS"
    return request if is_it else None


# --- what does not come ---------------------------------------------------------------------


def refuse(s: State, message: Message) -> bool:
    """If `message` (an error) answers our request, find another way. Tells whether it did."""
    request = s.connection.fetching.current
    if request is None:
        return False
    label = s.label_of(message)
    about = {param(message, 0), param(message, 1)}
    if label != request.label and (label or "CHATHISTORY" not in about):
        return False
    if request.subcommand != "AFTER" or request.tries >= PAGES_MAX:
        _fail(s, request)
        if request.purpose is Purpose.OLDER:
            return False  # a person asked, and is told
        _send_next(s)
        return True
    # What we saw last is gone there: go by the time; and if that is no good either, by the end.
    buffer = s.model.get(request.target)
    if request.bound.startswith("msgid=") and buffer is not None and not request.found:
        request.bound = pages.stamp(buffer.past.newest_ms - 1)
    else:
        request.subcommand, request.bound = "LATEST", "*"
        request.count = max(s.settings.history_count, 1)
        request.tries = PAGES_MAX
    _send(s, request)
    return True


def on_nothing(s: State, label: str) -> None:
    """ACK: the server has done what `label` stands for, and there is nothing to tell."""
    request = s.connection.fetching.current
    if request is not None and label == request.label:
        if request.subcommand == "TARGETS":
            _listed(s)
            _send_next(s)
        else:
            _finish(s, request, is_whole=False)


def _fail(s: State, request: Request) -> None:
    """Go on without it."""
    s.connection.fetching.current = None
    if request.subcommand == "TARGETS":
        _listed(s)
    else:
        _miss(s, request)


def _miss(s: State, request: Request) -> None:
    name, purpose = request.target, request.purpose
    s.emit(HistoryEnds(buffer=name, purpose=purpose, is_missing=True))
    if purpose is not Purpose.OLDER:
        showing.release(s, key_of(name))


def give_up(s: State) -> None:
    """The server does not answer: show what was held, and go on without history."""
    fetching = s.connection.fetching
    missing = [*([fetching.current] if fetching.current else []), *fetching.queue]
    fetching.queue.clear()
    fetching.checks.clear()
    fetching.gave_up = True
    _listed(s)
    for request in missing:
        if request.subcommand != "TARGETS":
            _miss(s, request)


def due_ms(s: State) -> int | None:
    """When, on the steady clock, to give up; None while nothing is asked for."""
    fetching = s.connection.fetching
    return None if fetching.is_quiet else fetching.asked_ms + TIMEOUT_MS
