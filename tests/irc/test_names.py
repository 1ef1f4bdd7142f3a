"""Names. Source: Modern IRC, "Clients", "Channels", "Wildcard Expressions"; Unicode's UTS 39."""

import fnmatch
import re
import time

import pytest
from hypothesis import example, given, strategies as st

from irc.names import (
    RESERVED_NICKS,
    fold,
    is_valid_nick,
    is_valid_room,
    matches_mask,
    nick_key,
    room_key,
    skeleton,
)

NOT_SURROGATES = st.characters(exclude_categories=["Cs"])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ana", "ana"),
        ("JOÃO", "joão"),
        ("joa\u0303o", "joão"),
        ("Straße", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("Ａｎａ", "ana"),
        ("ﬁ", "fi"),
        ("Nick[1]", "nick[1]"),
        ("a{b}|~^", "a{b}|~^"),
    ],
)
def test_fold(text, folded):
    """Case and compatibility forms go; the brackets of RFC 1459 are not letters."""
    assert fold(text) == folded
    assert nick_key(text) == room_key(text) == folded


@given(st.text(NOT_SURROGATES))
@example("ͅ\u0345ϓ\u0301ẛ̣")
def test_fold_is_idempotent(text):
    """A key of a key is the key."""
    assert fold(fold(text)) == fold(text)


def test_fold_is_stable_for_every_code_point():
    """No single character needs more than what fold does."""
    for code in range(0x110000):
        folded = fold(chr(code))
        assert fold(folded) == folded


@pytest.mark.parametrize(
    ("double", "name"),
    [
        ("аna", "ana"),
        ("ChɑnServ", "chanserv"),
        ("ВОВ", "bob"),
        ("ΑΝΝΑ", "anna"),
        ("ѕеrvеr", "server"),
        ("раul", "paul"),
        ("ıan", "ian"),
        ("Іvan", "ivan"),
        ("jο\u0303o", "jõo"),
    ],
)
def test_doubles_have_the_skeleton_of_what_they_look_like(double, name):
    """RELIABILITY row 21: "ChɑnServ"; UTS 39."""
    assert skeleton(double) == skeleton(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [("joão", "joao"), ("bob1", "bobl"), ("bobO", "bob0"), ("renée", "renee"), ("rn", "m")],
)
def test_these_are_two_people(one, other):
    """Accents distinguish, and ASCII is not folded among itself."""
    assert skeleton(one) != skeleton(other)


@given(st.text(NOT_SURROGATES))
def test_skeleton_depends_on_the_key_alone(text):
    """Names with equal keys have equal skeletons."""
    assert skeleton(fold(text)) == skeleton(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_its_own_skeleton(text):
    """Nobody who keeps to ASCII is ever refused for another one's looks."""
    assert skeleton(text) == text.lower()


@pytest.mark.parametrize(
    "nick",
    [
        "ana",
        "Ana-2",
        "a" * 9,
        "[x]",
        "\\`^{}|_",
        "_",
        "joão",
        "Анна",
        "анна2",
        "ἀγάπη",
        "日本語",
        "田中さん",
        "カタカナー",
        "한국어",
        "金한",
        "ㄅ中",
        "हिन्दी",
        "ไทย",
        "محمد٣",
        "نوید۱",
        "佐々木",
        "_é",
        "q\u0301" + "\u0302" * 3,
        "\U00017000",
    ],
)
def test_valid_nicks(nick):
    """Letters, marks, digits and signs, in one script or in those written together."""
    assert is_valid_nick(nick, 9)


@pytest.mark.parametrize(
    "nick",
    [
        "",
        "a" * 10,
        "é" * 10,
        "1a",
        "-a",
        "٣محمد",
        "-é",
        "1é",
        "\u0301a",
        "a b",
        "a\u00a0é",
        "a.b",
        "a!b",
        "a@b",
        "#a",
        "@a",
        "+a",
        "a,b",
        "a:b",
        ":a",
        "a*",
        "a?",
        "é*",
        "~a",
        "a\n",
        "é\n",
        "аna",
        "anа",
        "anaπ",
        "漢字a",
        "ひ한",
        "ㄅひ",
        "éж",
        "ana日本",
        "\U00017000a",
        "e\u0301",
        "ﬁa",
        "ａｎａ",
        "ªb",
        "éx²",
        "é½",
        "é😀",
        "Hawaiʻi",
        "é\u02bc",
        "\u02bb\u02bc",
        "é€",
        "é\u200b",
        "é\u200d",
        "é\u202e",
        "é\ufe0f",
        "é\u034f",
        "é\u00ad",
        "한\u3164",
        "한\u115f",
        "é\x00",
        "é\x7f",
        "é\x9b",
        "é\ud800",
        "é\ue000",
        "é\U0003fffe",
        "é" + "\u0301" * 5,
    ],
)
def test_invalid_nicks(nick):
    """Nothing that hides, mixes scripts, is spelled in two ways, or means something to IRC."""
    assert not is_valid_nick(nick, 9)


@given(
    st.text(NOT_SURROGATES, max_size=12) | st.text("aB1-_é日ж\u0301", max_size=12),
    st.integers(1, 12),
)
def test_a_valid_nick_is_one_word_of_one_line(nick, chars_max):
    """Whatever is valid can stand anywhere in a message."""
    if not is_valid_nick(nick, chars_max):
        return
    assert 0 < len(nick) <= chars_max
    assert nick.isprintable()
    assert not set(nick) & set(" ,:!@#*?&%+~.$")
    assert nick_key(nick)


def test_reserved_nicks_are_keys():
    """They are compared with keys, so they must be some."""
    assert {"nickserv", "chanserv", "server", "admin", "root"} <= RESERVED_NICKS
    assert all(nick_key(nick) == nick and is_valid_nick(nick, 32) for nick in RESERVED_NICKS)


@pytest.mark.parametrize(
    "name", ["#a", "##", "#a:b", "#1", "#ação", "#😀", "#漢字", "#e\u0301", "#" + "é" * 31 + "x"]
)
def test_valid_rooms(name):
    """Modern IRC, "Channels": "#" and anything but what separates."""
    assert is_valid_room(name, 64)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "#",
        "a",
        "é",
        "&a",
        "# a",
        "#a,b",
        "#é,b",
        "#a\x07",
        "#a\x00",
        "#\x1b",
        "#é\x1b",
        "#é b",
        "#é\x9b",
        "#a\x7f",
        "#a\u00a0",
        "#a\u200b",
        "#a\u202e",
        "#a\u2028",
        "#\ufeff",
        "#\ud800",
        "#a\u200d",
        "#a\ufe0f",
        "#" + "a" * 64,
        "#" + "é" * 32,
    ],
)
def test_invalid_rooms(name):
    """Modern IRC, "Channels": no space, comma or BEL; and nothing that hides."""
    assert not is_valid_room(name, 64)


@pytest.mark.parametrize(
    ("mask", "text", "expected"),
    [
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*c", "ac", True),
        ("a*c", "abbc", True),
        ("a*c", "abcd", False),
        ("*!*@*.example.com", "Ana!ana@x.EXAMPLE.com", True),
        ("JOÃO!*@*", "joão!j@h", True),
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("**", "ab", True),
        ("?", "", False),
        ("?*?", "a", False),
        ("?*?", "ab", True),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        (r"a\?", "a?", True),
        (r"a\?", "ab", False),
        (r"a\b", r"a\b", True),
        (r"a\*b*", "a*bc", True),
        ("a.c", "abc", False),
        ("[a]*", "[a]b", True),
        ("a*", "a\n", True),
        ("a\\", "a\\", True),
    ],
)
def test_masks(mask, text, expected):
    """Modern IRC, "Wildcard Expressions", over folded text."""
    assert matches_mask(mask, text) is expected


@given(st.text("ab*?.", max_size=12), st.text("ab.", max_size=12))
def test_masks_match_as_the_shell_does(mask, text):
    """fnmatch is the oracle where there is no backslash or bracket."""
    assert matches_mask(mask, text) == bool(re.fullmatch(fnmatch.translate(mask), text))


def test_no_mask_takes_long():
    """RELIABILITY row 33: a mask is no bomb. Backtracking would take longer than the universe."""
    started = time.process_time()
    assert not matches_mask("*a" * 200 + "*b", "a" * 510)
    assert not matches_mask("*?a" * 150 + "b", "a" * 510)
    assert time.process_time() - started < 1
