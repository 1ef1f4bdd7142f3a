"""Passwords on their way to bcrypt: the 72-byte edge, normal forms, NUL, secrecy."""

import copy
import logging
import pickle
import unicodedata

import bcrypt
import pytest
from hypothesis import given, strategies as st

from server.accounts.errors import BadPassword
from server.accounts.passwords import (
    PASSWORD_BYTES_MAX,
    Secret,
    bcrypt_check,
    bcrypt_input,
    dummy_hash,
    hash_cost,
    hash_password,
)


def verify(text: str, password_hash: str) -> bool:
    return bcrypt_check(bcrypt_input(Secret(text)), password_hash)


@pytest.mark.parametrize("size", [1, 71, 72])
def test_up_to_72_bytes_are_plain_bcrypt(size: int) -> None:
    """Up to 72 bytes go to bcrypt as they are, so that other tools agree."""
    text = "x" * size
    made = hash_password(Secret(text), 4)
    assert bcrypt.checkpw(text.encode(), made.encode())
    assert verify(text, bcrypt.hashpw(text.encode(), bcrypt.gensalt(4)).decode())


@pytest.mark.parametrize("size", [73, 200, PASSWORD_BYTES_MAX])
def test_longer_ones_are_hashed_first(size: int) -> None:
    """Over 72 bytes every byte counts: nothing is cut off."""
    text = "x" * size
    made = hash_password(Secret(text), 4)
    assert verify(text, made)
    assert not verify(text[:-1] + "y", made)
    assert not verify(text[:72], made)
    assert len(bcrypt_input(Secret(text))) == 64


@pytest.mark.parametrize("text", ["x" * 71 + "é", "x" * 70 + "😀", "x" * 69 + "日"])
def test_a_character_across_the_edge(text: str) -> None:
    """A multibyte character at byte 72 is neither cut nor lost."""
    made = hash_password(Secret(text), 4)
    assert verify(text, made)
    assert not verify(text[:-1], made)


def test_normal_forms_are_one_password() -> None:
    """café is the same password in 5 and in 6 bytes (RFC 8265, OpaqueString: NFC)."""
    composed, decomposed = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert verify(decomposed, hash_password(Secret(composed), 4))
    assert verify(composed, hash_password(Secret(decomposed), 4))
    assert len(bcrypt_input(Secret("e\u0301" * 36))) == 72  # 108 bytes before NFC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("a\0b", "NUL"),
        ("\0", "NUL"),
        ("x" * (PASSWORD_BYTES_MAX + 1), "longer than 1000 bytes"),
        ("é" * (PASSWORD_BYTES_MAX // 2 + 1), "longer than 1000 bytes"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """NUL, nothing, too much and bytes that are not text are no passwords."""
    with pytest.raises(BadPassword, match=reason):
        bcrypt_input(Secret(text))
    with pytest.raises(BadPassword, match=reason):
        hash_password(Secret(text), 4)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_input_is_always_what_bcrypt_takes(text: str) -> None:
    """Whatever the text, bcrypt gets 1 to 72 bytes without a NUL: no cut, no error."""
    octets = bcrypt_input(Secret(text))
    assert 1 <= len(octets) <= 72
    assert b"\0" not in octets


def test_a_secret_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """A password appears in no repr, format, log or pickle."""
    secret = Secret("canary-3141")
    logging.getLogger("test").error("%s %r", secret, [secret])
    for shown in (repr(secret), str(secret), f"{secret}", caplog.text):
        assert "Secret(...)" in shown
        assert "canary" not in shown
    assert secret.reveal() == "canary-3141"
    for leak in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(secret)


@pytest.mark.parametrize("version", ["2a", "2b", "2y"])
def test_versions_of_bcrypt(version: str) -> None:
    """$2a$, $2b$ and htpasswd's $2y$ are the same function."""
    made = f"${version}{hash_password(Secret('secret'), 4)[3:]}"
    assert hash_cost(made) == 4
    assert verify("secret", made)


GOOD = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        GOOD[:-1],
        GOOD + ".",
        GOOD + "\n",
        GOOD.replace("$2b", "$2x"),
        GOOD.replace("$2b", "$1"),
        GOOD.replace("$12$", "$1$"),
        GOOD.replace("$12$", "$ 12$"),
        GOOD.replace("u.abc", "u!abc"),
        GOOD.replace("u.abc", "uAabc"),  # the library raises on this salt
        GOOD[:-1] + "A",  # no digest ends so: this would never match
        "$apr1$abc$0123456789",
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    ],
)
def test_no_hash(text: str) -> None:
    """What the library would raise on, or never match, is not taken for a hash."""
    assert hash_cost(GOOD) == 12
    assert hash_cost(text) is None


def test_a_dummy_is_like_a_real_hash() -> None:
    """A dummy hash has the form and the cost of a real one, and matches nothing."""
    for cost in (4, 12, 14):
        assert hash_cost(dummy_hash(cost)) == cost
    assert dummy_hash(4) != dummy_hash(4)
    assert not verify("secret", dummy_hash(4))
