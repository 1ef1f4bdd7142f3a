"""Message tags. Source: IRCv3 message-tags."""

import pytest
from hypothesis import given, strategies as st

from irc.errors import UnsafeParameter
from irc.tags import escape_value, format_tags, parse_tags, unescape_value

VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
KEYS = st.from_regex(r"\+?([a-z0-9.-]+/)?[A-Za-z0-9-]+", fullmatch=True)


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("a;b", r"a\:b"),
        ("a b", r"a\sb"),
        ("a\\b", r"a\\b"),
        ("a\rb", r"a\rb"),
        ("a\nb", r"a\nb"),
        ("", ""),
        ("çé 😀", r"çé\s😀"),
    ],
)
def test_each_escape_both_ways(value, escaped):
    """IRCv3 message-tags, "Escaping values"."""
    assert escape_value(value) == escaped
    assert unescape_value(escaped) == value


@pytest.mark.parametrize(("escaped", "value"), [("test\\", "test"), (r"\b", "b"), (r"\\\b", r"\b")])
def test_backslash_that_escapes_nothing_is_dropped(escaped, value):
    """IRCv3 message-tags: a lone backslash SHOULD give no output."""
    assert unescape_value(escaped) == value


@given(VALUES)
def test_escaping_round_trips(value):
    """Whatever the value, it comes back, and its escaped form cannot end the tag."""
    escaped = escape_value(value)
    assert not set(escaped) & set("; \r\n")
    assert unescape_value(escaped) == value


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("id=123AB;rose", {"id": "123AB", "rose": ""}),
        ("url=;netsplit=tur,ty", {"url": "", "netsplit": "tur,ty"}),
        ("a=1;b=2;a=3", {"a": "3", "b": "2"}),
        ("a=b=c", {"a": "b=c"}),
        ("+x/y-z=1", {"+x/y-z": "1"}),
        (";;a;", {"a": ""}),
        ("=value", {}),
        ("", {}),
        (r"a=1\:2;b=\s", {"a": "1;2", "b": " "}),
        ("!strange_key!=1", {"!strange_key!": "1"}),
    ],
)
def test_parse(text, tags):
    """IRCv3 message-tags, "Format": the last of a repeated key counts, no key is refused."""
    assert parse_tags(text) == tags


def test_order_is_kept():
    """Server tags stand before client tags, and must stay there."""
    assert list(parse_tags("b=1;a=2;+c")) == ["b", "a", "+c"]
    assert format_tags({"b": "1", "a": "2", "+c": ""}) == "b=1;a=2;+c"


def test_empty_value_is_written_as_none():
    """IRCv3 message-tags: the missing form MUST NOT become the longer, empty one."""
    assert format_tags({"a": ""}) == "a"


@pytest.mark.parametrize("key", ["", "a b", "a;b", "a=b", "a\nb", "a\rb", "a\0b"])
def test_unsafe_key_is_refused(key):
    """A key that would change the line never leaves."""
    with pytest.raises(UnsafeParameter):
        format_tags({key: "1"})


def test_nul_in_a_value_is_refused():
    """There is no escape for NUL."""
    with pytest.raises(UnsafeParameter, match="msgid"):
        format_tags({"msgid": "a\0b"})


@given(st.dictionaries(KEYS, VALUES))
def test_tags_round_trip(tags):
    """parse(format(tags)) is tags, in the same order."""
    parsed = parse_tags(format_tags(tags))
    assert list(parsed.items()) == list(tags.items())
