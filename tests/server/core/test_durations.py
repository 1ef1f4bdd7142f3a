"""How long something lasts, as people write it: server/core/durations.py."""

import pytest
from hypothesis import given, strategies as st

from server.core.durations import DURATION_MS_MAX, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("10m", 600),
        ("2h", 7200),
        ("3d", 259_200),
        ("1w", 604_800),
        ("1y", 31_536_000),
        ("1d12h", 129_600),
        ("1D12H", 129_600),
        ("15", 15),
        ("1h30", 3630),
        ("0m", 0),
    ],
)
def test_durations(text, seconds):
    """Units as operators of IRC servers know them; a number alone is seconds."""
    assert parse_duration(text) == seconds * 1000


@pytest.mark.parametrize(
    "text", ["", "x", "1x", "-1m", "1.5h", "10.0.0.1", "m", "1m ", "٣m", "1 2"]
)
def test_what_is_no_duration(text):
    """It is something else, such as an address."""
    assert parse_duration(text) == 0


def test_ten_years_at_most():
    """Who means longer means for ever."""
    assert parse_duration("999999999y") == DURATION_MS_MAX


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (90, "1m 30s"), (86_400, "1d"), (90_061, "1d 1h")]
)
def test_written(seconds, text):
    """In two units at most."""
    assert format_duration(seconds * 1000) == text


@given(st.integers(1, 10**11))
def test_written_and_read_again(duration_ms):
    """What is said is never more than it is, and hardly less."""
    read = parse_duration(format_duration(duration_ms).replace(" ", ""))
    assert read <= duration_ms
    assert duration_ms < 1000 or read >= duration_ms * 0.85 - 1000
