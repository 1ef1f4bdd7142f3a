"""History, gaps, deletions and search results as sentences."""

import pytest

from client.core import events as e
from client.core.events import MessageKind, Purpose
from client.core.lines import Style, ViewOptions
from client.core.searching import FOUND_MAX
from client.core.view import lines


def told(event, **options):
    """The lines for `event`, without the time."""
    return [
        "".join(token.text for token in line.tokens)
        for line in lines(event, ViewOptions(**options))
    ]


def said(text="oi", **more):
    """A message in #a by bob."""
    fields = {"buffer": "#a", "target": "#a", "nick": "bob", "text": text} | more
    return e.MessageReceived(**fields)


def begins(purpose, count, buffer="#a"):
    return e.HistoryBegins(buffer=buffer, purpose=purpose, count=count)


def ends(purpose, **more):
    return e.HistoryEnds(buffer="#a", purpose=purpose, **more)


def deleted(**more):
    return e.MessageDeleted(buffer="#a", msgid="m", by="carol", **more)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (begins(Purpose.OPEN, 5), []),
        (begins(Purpose.RESUME, 0), []),
        (begins(Purpose.RESUME, 1), ["1 message in #a while you were away:"]),
        (begins(Purpose.RESUME, 2), ["2 messages in #a while you were away:"]),
        (begins(Purpose.OLDER, 2), ["2 older messages in #a:"]),
        (ends(Purpose.OPEN, is_whole=True), []),
        (ends(Purpose.RESUME), []),
        (ends(Purpose.OLDER), ["so much from before; /history shows more"]),
        (begins(Purpose.OPEN, 2, "bob"), ["2 messages with bob:"]),
        (begins(Purpose.RESUME, 2, "bob"), ["2 messages with bob while you were away:"]),
        (begins(Purpose.OLDER, 1, "bob"), ["1 older message with bob:"]),
        (ends(Purpose.OLDER, is_whole=True), []),
        (ends(Purpose.OLDER, is_whole=True, is_asked=True), ["there is nothing older in #a"]),
        (
            e.HistoryEnds(buffer="bob", purpose=Purpose.OLDER, is_whole=True, is_asked=True),
            ["there is nothing older with bob"],
        ),
        (e.GapFound(buffer="#a", missing=1), ["1 message is missing here"]),
        (e.GapFound(buffer="#a", missing=7), ["7 messages are missing here"]),
        (e.UnreadBegins(buffer="#a"), ["new since you were here:"]),
        (deleted(), ["in #a, carol deleted a message"]),
        (deleted(nick="carol", text="x"), ["in #a, carol deleted this message: x"]),
        (
            deleted(nick="bob", text="x", reason="spam"),
            ["in #a, carol deleted this message of bob: x (spam)"],
        ),
        (e.MessageDeleted(buffer="Bob", msgid="m", by="bob"), ["with Bob, bob deleted a message"]),
    ],
)
def test_sentences(event, expected):
    """What happened with the past, in words."""
    assert told(event) == expected


def test_where_a_person_looks_needs_no_name():
    """The window's own rule says it, or its prompt."""
    assert told(begins(Purpose.OPEN, 2, "Bob"), window="bob") == []
    assert told(deleted(), window="#A") == ["carol deleted a message"]


def test_search_results():
    """Each result says when, where, who and what, and the oldest comes first."""
    found = e.SearchFound(
        buffer="",
        words="tea",
        messages=(said("tea"), said("tea", own=True), said("makes tea", kind=MessageKind.ACTION)),
    )
    assert told(found, day=lambda _ms: "2026-11-20", clock=lambda _ms: "20:31") == [
        '3 messages with "tea":',
        "2026-11-20 20:31 #a bob: tea",
        "2026-11-20 20:31 #a bob: tea",
        "2026-11-20 20:31 #a bob: * bob makes tea",
    ]
    nothing = e.SearchFound(buffer="#a", words="tea", messages=())
    assert told(nothing) == ['nobody said "tea" here; /search -all looks everywhere']
    nowhere = e.SearchFound(buffer="", words="tea", messages=())
    assert told(nowhere) == ['nobody said "tea" where you may read']


def test_private_search_results():
    """The other one is named, and who said it; nobody takes a nick for a room."""
    private = {"buffer": "bob", "is_private": True}
    found = (said("tea", **private), said("yes", nick="ana", own=True, **private))
    lines = told(e.SearchFound(buffer="", words="x", messages=found), clock=lambda _ms: "20:31")
    assert lines[1:] == [
        "1970-01-01 20:31 private from bob: tea",
        "1970-01-01 20:31 private to bob: yes",
    ]


def test_a_search_that_found_too_much():
    """The server gives the latest ones; that there may be more is said."""
    found = e.SearchFound(buffer="", words="tea", messages=(said("tea"),) * FOUND_MAX)
    assert told(found)[0] == f'the latest {FOUND_MAX} messages with "tea":'


@pytest.mark.parametrize(
    ("event", "style"),
    [
        (said(), Style.TEXT),
        (said(own=True), Style.OWN_TEXT),
        (said(mention=True), Style.MENTION),
        (said(is_history=True), Style.PAST),
        (said(is_history=True, own=True), Style.PAST),
        (said(is_history=True, mention=True), Style.MENTION),
    ],
)
def test_the_past_has_its_own_look(event, style):
    """What was said before we heard it is dim, but not what was said to us."""
    assert lines(event)[0].tokens[-1].style is style


def test_days_are_utc_unless_the_face_knows_better():
    """The default clock needs no time zone."""
    found = e.SearchFound(buffer="", words="x", messages=(said("x", time_ms=86_400_000),))
    assert told(found)[1].startswith("1970-01-02 00:00")
