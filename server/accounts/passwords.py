"""From what a person typed to what bcrypt gets, and back to yes or no. Pure but for bcrypt.

Called by chat-admin and by the verifier's pool threads. Never logs, and nothing here shows a
password by accident: it travels as a `Secret`. Passwords are compared as NFC (RFC 8265,
OpaqueString: an é is one or two code points, depending on the keyboard). bcrypt reads 72 bytes, and
its library refuses more; longer ones go in as base64 of their SHA-384, 64 characters without a NUL.
A hash of a short password is therefore plain bcrypt, and Apache's htpasswd agrees with it.

bcrypt is imported at first use: chat-admin --help must not wait for it.
"""

import base64
import hashlib
import re
import secrets
import unicodedata
from typing import Final

from server.accounts.errors import N_, BadPassword, Problem

BCRYPT_BYTES_MAX: Final = 72
"""Of a password, from bcrypt's design; what is longer is hashed first."""

PASSWORD_BYTES_MAX: Final = 1000
"""UTF-8, after NFC. More is refused when set and wrong when tried: nobody types that much."""

COST_MIN: Final = 4
"""bcrypt's own minimum: about a millisecond, for tests."""

COST_MAX: Final = 14
"""About 1.2 s a check here. Each step doubles it; at 31 one login would take a day, so a
hostile or mistyped line of the password file could stop every login."""

_BASE64 = "./A-Za-z0-9"
# The last digit of the salt carries 2 bits and the digest's 4; the others must be 0. bcrypt raises
# on such a salt, and a digest with more bits never matches: both are damaged lines, found at load.
_HASH = re.compile(
    rf"\$2[aby]\$([0-9]{{2}})\$[{_BASE64}]{{21}}[.Oeu][{_BASE64}]{{30}}[.CGKOSWaeimquy26]"
)
_DIGITS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Secret:
    """A password. It compares, prints and pickles as nothing; only `reveal()` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


def bcrypt_input(secret: Secret) -> bytes:
    """The bytes that bcrypt gets for `secret`: at most 72, no NUL.

    Raises:
        BadPassword: Empty, longer than PASSWORD_BYTES_MAX, with a NUL, or not encodable.
    """
    text = secret.reveal()
    if not text:
        raise BadPassword(Problem(N_("the password is empty")))
    if "\0" in text:  # bcrypt in C stops at it, other implementations do not
        raise BadPassword(Problem(N_("the password contains a NUL character")))
    if len(text) > PASSWORD_BYTES_MAX:  # before NFC, whose cost grows with the length
        raise _too_long()
    try:
        octets = unicodedata.normalize("NFC", text).encode()
    except UnicodeEncodeError:
        raise BadPassword(Problem(N_("the password is not UTF-8 text"))) from None
    if len(octets) > PASSWORD_BYTES_MAX:
        raise _too_long()
    if len(octets) > BCRYPT_BYTES_MAX:
        return base64.b64encode(hashlib.sha384(octets).digest())
    return octets


def _too_long() -> BadPassword:
    return BadPassword(
        Problem(N_("the password is longer than %(max)d bytes"), fields={"max": PASSWORD_BYTES_MAX})
    )


def hash_password(secret: Secret, cost: int) -> str:
    """A fresh `$2b$` hash of `secret`. Takes as long as `cost` asks for.

    Raises:
        BadPassword: See `bcrypt_input`.
    """
    import bcrypt

    return bcrypt.hashpw(bcrypt_input(secret), bcrypt.gensalt(cost)).decode("ascii")


def bcrypt_check(octets: bytes, password_hash: str) -> bool:
    """Whether bcrypt of `octets` is `password_hash`. Releases the GIL meanwhile."""
    import bcrypt

    return bcrypt.checkpw(octets, password_hash.encode("ascii"))


def hash_cost(password_hash: str) -> int | None:
    """The cost of a well-formed bcrypt hash, whether allowed or not; None for anything else."""
    match = _HASH.fullmatch(password_hash)
    return int(match[1]) if match else None


def dummy_hash(cost: int) -> str:
    """A hash that costs as much to check as a real one, and matches nothing anybody can type."""
    salt = _random_digits(21) + secrets.choice(".Oeu")
    return f"$2b${cost:02d}${salt}{_random_digits(30)}{secrets.choice('.CGKOSWaeimquy26')}"


def _random_digits(count: int) -> str:
    return "".join(secrets.choice(_DIGITS) for _ in range(count))
