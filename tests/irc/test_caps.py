"""Capabilities. Source: IRCv3 capability-negotiation."""

import pytest
from hypothesis import given, strategies as st

from irc import caps


def test_each_capability_has_a_bit_of_its_own():
    """A set of capabilities is one int."""
    bits = list(caps.CAP_BITS.values())
    assert all(bit.bit_count() == 1 for bit in bits)
    assert len(set(bits)) == len(bits)


def test_names_and_constants_agree():
    """`labeled-response` is LABELED_RESPONSE, `draft/x` is X, and so for all."""
    for name, bit in caps.CAP_BITS.items():
        assert getattr(caps, name.split("/")[-1].upper().replace("-", "_")) == bit


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("sasl", [("sasl", True)]),
        ("sasl -batch ", [("sasl", True), ("batch", False)]),
        ("-a a --b", [("a", False), ("a", True), ("-b", False)]),
        ("  a   b", [("a", True), ("b", True)]),
        ("-", [("", False)]),
        ("", []),
    ],
)
def test_parse_request(text, wishes):
    """Processed from left to right; spaces at the end are ignored."""
    assert caps.parse_request(text) == wishes


@pytest.mark.parametrize(
    ("entries", "line_bytes_max", "lines"),
    [
        ([], 10, [""]),
        (["a", "b"], 10, ["a b"]),
        (["aaaa", "bbbbb", "c"], 10, ["aaaa bbbbb", "c"]),
        (["aaaaa", "bbbbb"], 10, ["aaaaa", "bbbbb"]),
        (["sasl=PLAIN,EXTERNAL", "b"], 10, ["sasl=PLAIN,EXTERNAL", "b"]),
        (["é=é", "b"], 6, ["é=é", "b"]),
    ],
)
def test_format_ls(entries, line_bytes_max, lines):
    """Multiline replies: filled in order; one line, empty, where there is nothing."""
    assert caps.format_ls(entries, line_bytes_max) == lines


@given(st.lists(st.from_regex(r"[a-z=,-]{1,12}", fullmatch=True)), st.integers(1, 40))
def test_format_ls_loses_nothing(entries, line_bytes_max):
    """The lines hold the entries in their order, and only a single entry may be longer."""
    lines = caps.format_ls(entries, line_bytes_max)
    assert " ".join(lines).split() == entries
    assert all(len(line) <= line_bytes_max or " " not in line for line in lines)
