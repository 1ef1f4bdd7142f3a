"""Masks as pure text: server/core/masks.py."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from irc.names import fold, matches_mask
from server.core.masks import (
    BANNED,
    MASK_BYTES_MAX,
    SILENCED,
    WILDCARDS_MAX,
    Subject,
    judge,
    normalise_mask,
    parse_mask,
)

EVE = Subject.of("Eve!eve@user/Eve", "Eve")
GUEST = Subject.of("eve!eve@guest/1a2b3c4d", "")

# What a mask is.


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("eve", "eve!*@*"),
        ("eve!e", "eve!e@*"),
        ("e@host", "*!e@host"),
        ("eve!e@host", "eve!e@host"),
        ("!@", "*!*@*"),
        ("@host", "*!*@host"),
        ("a!b!c@d@e", "a!b!c@d@e"),
        ("~a:Eve", "~a:Eve"),
        ("~a:*", "~a:*"),
        ("~m:eve", "~m:eve!*@*"),
        ("~m:~a:eve", "~m:~a:eve"),
        ("~user@host", "*!~user@host"),
        ("~eve", "~eve!*@*"),
        ("x" * (MASK_BYTES_MAX - 4), "x" * (MASK_BYTES_MAX - 4) + "!*@*"),
    ],
)
def test_a_mask_is_completed(text, normal):
    """Each part that is missing is a star (Modern IRC, "Ban Channel Mode": a client mask)."""
    assert normalise_mask(text) == normal
    assert normalise_mask(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":eve",
        "e ve",
        "e\u200bve",
        "e\x02ve",
        "x" * (MASK_BYTES_MAX - 3),
        "é" * (MASK_BYTES_MAX // 2),
        "*" * (WILDCARDS_MAX + 1),
        "~a:",
        "~a:e!e",
        "~a:e@e",
        "~a:e,e",
        "~a:~a:eve",
        "~m:",
        "~m:~m:eve",
        "~m:~x:eve",
        "~m:~a:",
        "~x:eve",
        "~:eve",
        "~A:eve",
        "~account:eve",
    ],
)
def test_what_is_no_mask(text):
    """Unknown extended types too: what EXTBAN does not name means nothing (Modern IRC, EXTBAN)."""
    assert normalise_mask(text) == ""


# Whom it is about.


@pytest.mark.parametrize("mask", ["EVE!*@*", "*!*@user/*", "e?e!*@*", "*", "*!eve@user/eve"])
def test_a_plain_mask_is_about_a_source(mask):
    """`nick!user@host`, casefolded (Modern IRC, "Ban Channel Mode")."""
    assert parse_mask(mask).matches(EVE)


@pytest.mark.parametrize("mask", ["eve", "e?!*@*", "*!*@guest/*", "*!*@user/", "eve!eve@user/evee"])
def test_a_plain_mask_is_about_all_of_it(mask):
    """Not about a part of it."""
    assert not parse_mask(mask).matches(EVE)


def test_an_account_mask_is_about_who_is_logged_in():
    """Exact account names MUST be supported, account masks MAY (IRCv3 account-extban)."""
    assert parse_mask("~a:EVE").matches(EVE)
    assert parse_mask("~a:e*").matches(EVE)
    assert not parse_mask("~a:ev").matches(EVE)
    assert not parse_mask("~a:eve").matches(GUEST)
    assert not parse_mask("~a:*").matches(GUEST)


def test_a_mute_is_about_whom_its_mask_is_about():
    """`~m:` may have any other mask in it (ISUPPORT EXTBAN=~,am)."""
    for inside in ("eve!*@*", "~a:eve"):
        assert parse_mask(f"~m:{inside}").matches(EVE)
        assert parse_mask(f"~m:{inside}").mutes and not parse_mask(inside).mutes
    assert not parse_mask("~m:~a:eve").matches(GUEST)


@given(
    st.text(st.sampled_from("ab*?\\é!"), max_size=12),
    st.text(st.sampled_from("abé!\\"), max_size=14),
)
@example("*a?b*", "aab")
@example("*a?b*", "aac")
@example("*b?ab?*", "aababab")
@example("*?*??", "ab")
@example("a*a", "a")
@example("*ab*ab", "ab")
def test_matching_is_what_it_is_everywhere(mask, text):
    """The same as `irc.names.matches_mask`, a regular expression (Modern IRC, wildcards)."""
    assert parse_mask(mask).matches(Subject(fold(text), "")) == matches_mask(mask, text)


@given(st.text(max_size=60))
def test_a_normal_mask_stays_as_it_is(text):
    """Whatever was said, what is kept is normal, short, and can be said in a line."""
    normal = normalise_mask(text)
    assert normal == "" or (
        normalise_mask(normal) == normal
        and len(normal.encode()) <= MASK_BYTES_MAX
        and " " not in normal
        and normal.isprintable()
    )
    parse_mask(normal or text).matches(EVE)


# What lists come to.

BOTH = BANNED | SILENCED


@pytest.mark.parametrize(
    ("bans", "exceptions", "verdict"),
    [
        ([], [], 0),
        (["bob!*@*"], [], 0),
        (["eve!*@*"], [], BOTH),
        (["~a:eve"], [], BOTH),
        (["~m:eve!*@*"], [], SILENCED),
        (["~m:*!*@*", "bob!*@*", "eve!*@*"], [], BOTH),
        (["eve!*@*", "~m:*!*@*"], [], BOTH),
        (["~m:x!*@*", "~m:~a:eve", "~m:*!*@*"], [], SILENCED),
        (["*!*@*"], ["~a:eve"], 0),
        (["*!*@*"], ["~a:bob"], BOTH),
        (["~m:*!*@*"], ["~a:eve"], 0),
        (["~m:*!*@*"], ["~m:~a:eve"], 0),
        (["*!*@*"], ["~m:~a:eve"], BOTH),
        (["*!*@*", "~m:*!*@*"], ["~m:~a:eve", "eve!*@*"], 0),
    ],
)
def test_bans_and_exceptions(bans, exceptions, verdict):
    """An exception is exempt from bans (Modern IRC, "Exception Channel Mode"); ours from mutes too.

    One that is a mute itself lifts mutes alone.
    """
    assert judge(bans, exceptions, EVE) == verdict
