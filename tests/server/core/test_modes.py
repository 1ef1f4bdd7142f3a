"""Mode letters as pure text: server/core/modes.py."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from irc.message import PARAMS_MAX
from server.core.modes import (
    KEY_BYTES_MAX,
    ModeChange,
    format_changes,
    is_valid_key,
    parse_changes,
    parse_limit,
    parse_user_changes,
    prefix_of,
)


def test_each_type_of_mode_takes_its_parameter():
    """Types A, B and prefixes always take one, C only when set, D never (Modern IRC, MODE)."""
    changes, unknown = parse_changes("+bkol-l+n-k", ["mask", "key", "ana", "5", "any"])
    assert changes == [
        ModeChange("b", True, "mask"),
        ModeChange("k", True, "key"),
        ModeChange("o", True, "ana"),
        ModeChange("l", True, "5"),
        ModeChange("l", False),
        ModeChange("n", True),
        ModeChange("k", False, "any"),
    ]
    assert unknown == ""


def test_a_missing_parameter_is_empty():
    """What is to happen then is for the MODE command to say (Modern IRC, MODE)."""
    assert parse_changes("b+l", []) == ([ModeChange("b", True), ModeChange("l", True)], "")


def test_unknown_letters_are_given_once_and_take_no_parameter():
    """ERR_UNKNOWNMODE names one letter; the known ones still count (Modern IRC, 472)."""
    changes, unknown = parse_changes("+xvxy", ["ana"])
    assert changes == [ModeChange("v", True, "ana")]
    assert unknown == "xy"


def test_user_modes_have_no_parameters():
    """User modes are type D; an unknown one is reported beside the others (Modern IRC, MODE)."""
    assert parse_user_changes("+i-o") == ({"i": True, "o": False}, False)
    assert parse_user_changes("i-i+z") == ({"i": False}, True)


def test_changes_are_written_in_one_line():
    """Letters with as few signs as possible, then the parameters in the same order."""
    changes = [
        ModeChange("o", True, "ana"),
        ModeChange("m", True),
        ModeChange("b", False, "x!*@*"),
        ModeChange("l", False),
    ]
    assert list(format_changes(changes, 400)) == [("+om-bl", "ana", "x!*@*")]
    assert list(format_changes([], 400)) == []


def test_more_parameters_than_a_line_has_make_another_line():
    """A message has at most 15 parameters, of which the room and the letters are two."""
    changes = [ModeChange("b", True, f"n{number}!*@*") for number in range(14)]
    lines = list(format_changes(changes, 400))
    assert [len(line) for line in lines] == [14, 2]
    assert lines[1] == ("+b", "n13!*@*")


@given(
    st.lists(
        st.builds(
            ModeChange,
            st.sampled_from("bklo"),
            st.booleans(),
            st.text("abcé", max_size=20),
        )
    ),
    st.integers(60, 400),
)
def test_written_changes_say_the_same_and_fit(changes, bytes_max):
    """Whatever the limit, all changes are there, in order, and no line passes it."""
    read = []
    for letters, *params in format_changes(changes, bytes_max):
        assert len(" ".join([letters, *params]).encode()) <= bytes_max
        assert len(params) + 2 <= PARAMS_MAX
        left = iter(params)
        on = True
        for letter in letters:
            if letter in "+-":
                on = letter == "+"
                continue
            wanted = changes[len(read)]
            read.append(ModeChange(letter, on, next(left) if wanted.param else ""))
    assert read == changes


@pytest.mark.parametrize(
    ("key", "is_valid"),
    [
        ("sesame", True),
        ("ção", True),
        ("x" * KEY_BYTES_MAX, True),
        ("x" * (KEY_BYTES_MAX + 1), False),
        ("", False),
        ("a b", False),
        ("a,b", False),
        (":a", False),
        ("a\x07", False),
    ],
)
def test_a_key_can_be_said_in_a_join(key, is_valid):
    """JOIN has keys as a list with commas (Modern IRC, JOIN; "Key Channel Mode")."""
    assert is_valid_key(key) is is_valid


@pytest.mark.parametrize(
    ("text", "limit"),
    [("5", 5), ("0", 0), ("-1", 0), ("x", 0), ("", 0), ("٣", 0), ("²", 0), ("9" * 10, 0)],
)
def test_a_limit_is_a_number_above_zero(text, limit):
    """Nothing but ASCII digits, and not so many that a number becomes costly."""
    assert parse_limit(text) == limit


def test_prefixes_are_shown_by_rank():
    """The highest alone, or with multi-prefix all, highest first (IRCv3 multi-prefix)."""
    assert prefix_of("ov", all_of_them=False) == "@"
    assert prefix_of("ov", all_of_them=True) == "@+"
    assert prefix_of("v", all_of_them=False) == "+"
    assert prefix_of("", all_of_them=True) == ""
