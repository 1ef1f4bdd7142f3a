"""Hostile text in every place of every event: UX 5.1, "nothing unsanitised can reach a screen".

The payloads are the table of that page. Whatever the event and the field, no token of a line may
hold a control, a bidi override or something invisible, and the raw text stays in the event.
"""

import dataclasses
import enum
import re
import typing

import pytest
from hypothesis import given, settings, strategies as st

from client.core import events as events_module
from client.core.event_json import as_json
from client.core.events import Event, MessageReceived
from client.core.lines import ViewOptions
from client.core.view import lines

PAYLOADS = {
    "osc 52": "\x1b]52;c;aGk=\x07",
    "clear": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "mouse": "\x1b[?1003h",
    "dcs": '\x1bP$q"p\x1b\\',
    "osc 8": "\x1b]8;;http://evil\x1b\\x\x1b]8;;\x1b\\",
    "rep": "x\x1b[999b",
    "c1 csi": "\x9b2J",
    "c1 osc": "\x9d52;c;aGk=\x9c",
    "bel and cr": "\x07\rowned",
    "line breaks": "a\nb\r\nc\u2028d\u2029e\x85f",
    "del": "a\x7fb",
    "bidi": "\u202eevil\u2066x\u2069",
    "zero width": "a\u200bb\ufeffc\u2060d\xade",
    "tags": "a\U000e0041\U000e007f",
    "zalgo": "e" + "\u0301" * 50,
    "surrogate": "\ud800",
    "nul": "a\0b",
    "markup": "[/red][link=http://evil]x[/link] %(nick)s %s {0}",
    "format": "\x02\x0304,05x\x0f\x16\x1d\x1e\x1f\x11y\x04ff0000z",
}

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e01ef]"
)

EVENTS = [
    kind
    for kind in vars(events_module).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
]


def fill(kind: type, text: str, flag: bool, choice: int = 0) -> typing.Any:
    """A `kind` with `text` in every place that holds text."""
    return kind(
        **{
            field.name: value(typing.get_type_hints(kind)[field.name], text, flag, choice)
            for field in dataclasses.fields(kind)
        }
    )


def value(hint: typing.Any, text: str, flag: bool, choice: int) -> typing.Any:
    """Something of the type `hint`."""
    if typing.get_origin(hint) is tuple:
        return (value(typing.get_args(hint)[0], text, flag, choice),) * 2
    if hint is str:
        return text
    if hint is bool:
        return flag
    if hint is int:
        return 61_000
    if issubclass(hint, enum.Enum):
        return list(hint)[choice % len(hint)]
    assert dataclasses.is_dataclass(hint)
    return fill(hint, text, flag, choice)


def check(event: Event) -> None:
    """No line for `event` holds anything unsafe, with or without safe emoji."""
    for options in (ViewOptions(), ViewOptions(window="#a", is_emoji_safe=False)):
        for line in lines(event, options):
            for token in line.tokens:
                assert not UNSAFE.search(token.text), (event, token)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_unsafe_in_any_place(kind, payload):
    """Every event, every field, every payload of the table, every kind and flag."""
    text = PAYLOADS[payload]
    for flag in (False, True):
        for choice in range(4 if "kind" in kind.__dataclass_fields__ else 1):
            check(fill(kind, text + "a" + text, flag, choice))


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@given(text=st.text(st.characters(), max_size=40), flag=st.booleans(), choice=st.integers(0, 3))
@settings(max_examples=20)
def test_nothing_unsafe_whatever_the_text(kind, text, flag, choice):
    """The same with any text at all, surrogates included."""
    check(fill(kind, text, flag, choice))


def test_codes_from_the_server_are_cleaned_too():
    """A standard reply's code is shown when there is no text: it is foreign as well."""
    check(events_module.ErrorReply(code="\x1b[2J", text=""))
    check(events_module.LoginFailed(code="\x9b2J", text=""))


def test_escape_stays_visible():
    """The reader sees that something was tried (UX 5.1: visible replacement)."""
    event = MessageReceived(buffer="#a", target="#a", nick="b", text="\x1b[2J")
    (line,) = lines(event)
    assert "␛[2J" in "".join(token.text for token in line.tokens)


def test_json_keeps_the_raw_text():
    """Programs get exactly what was said."""
    for text in PAYLOADS.values():
        event = MessageReceived(buffer="#a", target="#a", nick="b", text=text)
        assert as_json(event)["text"] == text


def test_long_names_are_cut():
    """A name that fills the screen is cut."""
    event = MessageReceived(buffer="#a", target="#a", nick="b" * 500, text="x")
    (line,) = lines(event)
    assert max(len(token.text) for token in line.tokens) <= 80
