"""The reader's answers: from a question to lines for the one session that asked. Pure.

Called on the reader's thread (server/reader.py) with a reader of what is kept. It sees no world, so
everything about the asker is in the request. What a kept message looks like to somebody is in
history_lines.py. Sources: IRCv3 draft/chathistory, batch, labeled-response, message-redaction;
soju.im/search.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, assert_never

from irc import caps
from irc.names import NickKey, nick_key
from server.core.commands.places import other_of
from server.core.effects import Outgoing, ReadHistory
from server.core.facts import Conversation
from server.core.history import AtMsgid, AtSeq, AtTime, Bound, Search, Stored, Target
from server.core.history_lines import lines_of, may_replay, with_time
from server.core.render import server_time
from server.core.requests import (
    Asker,
    MissedRequest,
    PageRequest,
    Place,
    ReplayRequest,
    SearchRequest,
    TargetsRequest,
)

PAGE_BYTES_MAX = 100_000
"""Of the messages in one answer. More could fill the asker's outgoing buffer at one go, and cost
the connection: a hundred messages may carry 4 kB of tags each. What is over is left out on the far
side, where the next page goes on."""

_LINE_BYTES = 250
"""About what each further line of a message costs besides its text."""

REPLAY_LINES_MAX = 200
"""In one answer, for all rooms together."""


class Reader(Protocol):
    """What is asked of a reader: `MessageReader` of server/log/store.py says what each gives."""

    def latest(
        self,
        conversation: Conversation,
        limit: int,
        *,
        after: Bound | None = None,
        events: bool = False,
    ) -> list[Stored]: ...

    def before(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]: ...

    def after(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]: ...

    def between(
        self,
        conversation: Conversation,
        first: Bound,
        second: Bound,
        limit: int,
        *,
        events: bool = False,
    ) -> list[Stored]: ...

    def around(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]: ...

    def targets(
        self, conversations: Sequence[Conversation], first_ms: int, second_ms: int, limit: int
    ) -> list[Target]: ...

    def direct(self, account: NickKey) -> list[Conversation]: ...

    def find(self, msgid: str) -> Stored | None: ...

    def search(self, search: Search) -> list[Stored]: ...


def answer(question: ReadHistory, reader: Reader, server_name: str) -> list[Outgoing]:
    """The lines that answer, in order. What the reader raises passes through: see `excuse`."""
    match question.request:
        case PageRequest() as request:
            found = _fit(_read_page(request, reader), _kept_side(request, reader))
            return _batch(
                question,
                server_name,
                ("chathistory", request.place.name),
                _lines(found, request.asker, request.place),
            )
        case TargetsRequest() as request:
            return _targets(question, request, reader, server_name)
        case SearchRequest() as request:
            return _search(question, request, reader, server_name)
        case ReplayRequest() as request:
            return _replay(question, request, reader, server_name)
        case MissedRequest() as request:
            return _missed(question, request, reader, server_name)
        case _:
            assert_never(question.request)


def excuse(question: ReadHistory, server_name: str) -> Outgoing:
    """The line for a question that could not be answered: the reader failed, or has too much."""
    text = "Messages could not be retrieved"
    match question.request:
        case PageRequest() as request:
            about = (request.subcommand, request.place.name, text)
            params: tuple[str, ...] = ("CHATHISTORY", "MESSAGE_ERROR", *about)
        case TargetsRequest():
            params = ("CHATHISTORY", "MESSAGE_ERROR", "TARGETS", "*", text)
        case SearchRequest():
            params = ("SEARCH", "INTERNAL_ERROR", "The search could not be run")
        case ReplayRequest() | MissedRequest() as request:
            notice = "Earlier messages cannot be shown just now"
            return Outgoing(server_name, "NOTICE", (request.asker.nick, notice), question.at_ms)
        case _:
            assert_never(question.request)
    return Outgoing(server_name, "FAIL", params, question.at_ms, label=question.label)


# Framing.


def _batch(
    question: ReadHistory, server_name: str, kind: tuple[str, ...], lines: Iterable[Outgoing]
) -> list[Outgoing]:
    """The lines as one batch, also if there are none; just the lines for who knows no batches."""
    if not question.request.asker.has(caps.BATCH):
        return list(lines)
    reference, at_ms = question.reference, question.at_ms
    start = Outgoing(server_name, "BATCH", (f"+{reference}", *kind), at_ms, label=question.label)
    inside = [replace(line, batch=reference) for line in lines]
    return [start, *inside, Outgoing(server_name, "BATCH", (f"-{reference}",), at_ms)]


def _lines(found: Iterable[Stored], asker: Asker, place: Place) -> list[Outgoing]:
    return [
        line
        for stored in found
        if stored.at_ms >= place.since_ms
        for line in lines_of(stored, asker, place.name)
    ]


# CHATHISTORY.


def _read_page(request: PageRequest, reader: Reader) -> list[Stored]:
    conversation, limit = request.place.conversation, request.limit
    since_ms = request.place.since_ms
    events = request.asker.has(caps.EVENT_PLAYBACK)
    first = _not_before(request.first, since_ms)
    second = _not_before(request.second, since_ms)
    match request.subcommand, first, second:
        case "LATEST", _, _:
            return reader.latest(conversation, limit, after=first, events=events)
        case "BEFORE", bound, None if bound:
            return reader.before(conversation, bound, limit, events=events)
        case "AFTER", bound, None if bound:
            return reader.after(conversation, bound, limit, events=events)
        case "AROUND", bound, None if bound:
            return reader.around(conversation, bound, limit, events=events)
        case _:
            assert first and second
            return reader.between(conversation, first, second, limit, events=events)


def _not_before(bound: Bound | None, since_ms: int) -> Bound | None:
    """The bound, moved to where the room begins: what is before that is not to be counted."""
    if isinstance(bound, AtTime) and bound.at_ms < since_ms:
        return AtTime(since_ms - 1)
    return bound


def _kept_side(request: PageRequest, reader: Reader) -> str:
    """The side of a page that is nearest to what was asked for."""
    match request.subcommand:
        case "AFTER":
            return "oldest"
        case "AROUND":
            return "middle"
        case "BETWEEN":
            first, second = (_time_of(bound, reader) for bound in (request.first, request.second))
            return "oldest" if first <= second else "newest"
        case _:
            return "newest"


def _time_of(bound: Bound | None, reader: Reader) -> int:
    if isinstance(bound, AtTime):
        return bound.at_ms
    found = reader.find(bound.msgid) if isinstance(bound, AtMsgid) else None
    return found.at_ms if found is not None else 0


def _fit(found: list[Stored], side: str, bytes_max: int = PAGE_BYTES_MAX) -> list[Stored]:
    """As many of them as one answer may hold, from the side that is wanted."""
    sizes = [_size(stored) for stored in found]
    low, high, size = 0, len(found), sum(sizes)
    while size > bytes_max and high - low > 1:
        from_start = side == "newest" or (side == "middle" and low + high <= len(found))
        if from_start:
            size -= sizes[low]
            low += 1
        else:
            high -= 1
            size -= sizes[high]
    return found[low:high]


def _size(stored: Stored) -> int:
    texts = (stored.source, stored.client_tags, *stored.params)
    lines = stored.params[-1].count("\n")  # each has sender, target and tags of its own
    return sum(len(text.encode()) for text in texts) + lines * _LINE_BYTES


def _targets(
    question: ReadHistory, request: TargetsRequest, reader: Reader, server_name: str
) -> list[Outgoing]:
    rooms = {place.conversation: place for place in request.rooms}
    direct = _direct_places(request.asker, reader, request.names)
    places = rooms | direct
    found = reader.targets(list(places), request.first_ms, request.second_ms, request.limit)
    lines = [
        Outgoing(
            server_name,
            "CHATHISTORY",
            ("TARGETS", places[target.conversation].name, server_time(target.at_ms)),
            question.at_ms,
        )
        for target in found
        if target.at_ms >= places[target.conversation].since_ms
    ]
    return _batch(question, server_name, ("draft/chathistory-targets",), lines)


def _direct_places(
    asker: Asker, reader: Reader, names: Mapping[NickKey, str]
) -> dict[Conversation, Place]:
    """Whom the asker has talked with."""
    if not asker.account:
        return {}
    others = {each: other_of(each, asker.account) for each in reader.direct(asker.account)}
    return {each: Place(each, names.get(other, other)) for each, other in others.items()}


# SEARCH.


def _search(
    question: ReadHistory, request: SearchRequest, reader: Reader, server_name: str
) -> list[Outgoing]:
    places = {place.conversation: place for place in request.places}
    if request.everywhere:
        places |= _direct_places(request.asker, reader, request.names)
    found = reader.search(
        Search(
            tuple(places),
            request.words,
            request.sender,
            request.after_ms,
            request.before_ms,
            request.limit,
        )
    )
    side = "newest" if request.after_ms is None else "oldest"
    lines = [
        line
        for stored in _fit(found, side)
        for line in _lines([stored], request.asker, places[stored.conversation])
    ]
    return _batch(question, server_name, ("soju.im/search",), lines)


# For clients that cannot ask.


def _replay(
    question: ReadHistory, request: ReplayRequest, reader: Reader, server_name: str
) -> list[Outgoing]:
    share = max(1, min(request.lines, REPLAY_LINES_MAX // len(request.rooms)))
    lines: list[Outgoing] = []
    for index, place in enumerate(request.rooms):
        # What is said from here on is delivered, so it must not come a second time.
        found = reader.before(place.conversation, AtSeq(place.last_seq + 1), share)
        shown = _fit(found, "newest", PAGE_BYTES_MAX // len(request.rooms))
        lines += _section(question, index, server_name, place, shown)
    return lines


def _missed(
    question: ReadHistory, request: MissedRequest, reader: Reader, server_name: str
) -> list[Outgoing]:
    """The newest ones, and a notice if these are not all.

    Both ends of the time are part of it: a message may come twice if it fell into the very
    millisecond in which somebody came or went, but is never left out.
    """
    asker = request.asker
    places = _direct_places(asker, reader, request.names)
    since_ms, until_ms, left = request.since_ms - 1, request.until_ms + 1, request.limit
    targets = reader.targets(list(places), until_ms, since_ms, left + 1)
    sections: list[tuple[Place, list[Stored]]] = []
    is_whole = True
    for target in reversed(targets):
        conversation = target.conversation
        newest = reader.between(conversation, AtTime(until_ms), AtTime(since_ms), left + 1)
        is_whole = is_whole and len(newest) <= left
        newest = newest[max(0, len(newest) - left) :]
        left -= len(newest)
        theirs = [stored for stored in newest if nick_key(stored.account) != asker.account]
        sections.append((places[conversation], theirs))
    lines: list[Outgoing] = []
    if not is_whole:
        text = "Only the last of the messages you have missed are shown"
        lines.append(Outgoing(server_name, "NOTICE", (asker.nick, text), question.at_ms))
    for index, (place, found) in enumerate(reversed(sections)):
        shown = _fit(found, "newest", PAGE_BYTES_MAX // len(sections))
        lines += _section(question, index, server_name, place, shown)
    return lines


def _section(
    question: ReadHistory, index: int, server_name: str, place: Place, found: list[Stored]
) -> list[Outgoing]:
    """Messages of one conversation for somebody who did not ask; nothing if there are none."""
    asker = question.request.asker
    shown = [stored for stored in found if may_replay(stored)]
    lines = [with_time(line, asker, question.at_ms) for line in _lines(shown, asker, place)]
    if not lines:
        return []
    part = replace(question, reference=f"{question.reference}-{index}")
    return _batch(part, server_name, ("chathistory", place.name), lines)
