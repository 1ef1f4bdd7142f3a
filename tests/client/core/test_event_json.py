"""JSON for pipe mode: UX 4.10, one object an event, raw text."""

import json

import pytest

from client.core import events
from client.core.event_json import as_json, time_text

TIME_MS = 1_795_216_841_120


def test_message_as_promised():
    """The fields that scripts read, and the text exactly as it came."""
    event = events.MessageReceived(
        buffer="#ops",
        target="#ops",
        nick="bob",
        account="bob",
        msgid="m1",
        text="a\x1b[2J\x02b",
        time_ms=TIME_MS,
    )
    shown = json.loads(json.dumps(as_json(event)))
    wanted = {
        "type": "message",
        "time": "2026-11-20T23:20:41.120Z",
        "target": "#ops",
        "nick": "bob",
        "account": "bob",
        "msgid": "m1",
        "text": "a\x1b[2J\x02b",
        "mention": False,
        "kind": "message",
    }
    assert wanted.items() <= shown.items()


def test_nested_rows_and_names():
    """Rows are objects; the type is the class in words."""
    shown = as_json(events.NamesListed(buffer="#a", members=(events.ListedMember("bob", "@"),)))
    assert shown["type"] == "names_listed"
    assert shown["members"] == [{"nick": "bob", "prefixes": "@"}]


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-5, "1970-01-01T00:00:00.000Z"),
        (10**20, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_any_time(time_ms, text):
    """A time that no date can have becomes the nearest one that can."""
    assert time_text(time_ms) == text
