"""The keys that log in without a password: fingerprints, as the password file keeps them. Pure.

Called by `records`, `passwd` and chat-admin. A fingerprint is the SHA-256 of a certificate's public
key, in base64: what mkcert.py and chat-client print behind `SHA256:`. It names the key and not the
certificate, so a renewed certificate of the same key is as good as the old one.
"""

import re
from typing import Final, Protocol

from server.accounts.errors import N_, BadPin, PinTaken, Problem, UnknownPin

PINS_MAX: Final = 16
"""Keys of one account: more than anybody has machines. At the limit one has to go first."""

PREFIX: Final = "SHA256:"

# The last digit before the sign carries four bits of the digest; the others are 0.
_PIN = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")


class Owner(Protocol):
    """An account, as far as this file needs one."""

    @property
    def name(self) -> str: ...


def is_pin(text: str) -> bool:
    """Whether this is a fingerprint as the file keeps it."""
    return _PIN.fullmatch(text) is not None


def read_pin(text: str) -> str:
    """The fingerprint in what somebody typed or copied, as the file keeps it.

    Raises:
        BadPin: It is none.
    """
    bare = text.strip().removeprefix(PREFIX)
    bare += "=" * (len(bare) == 43)  # ssh-keygen shows it without its end
    if not is_pin(bare):
        raise BadPin(
            Problem(
                N_('"%(text)s" is neither a file nor the fingerprint of a key'),
                N_("SHA256: and 44 characters, as mkcert.py show prints it"),
                {"text": text},
            )
        )
    return bare


def check_new_pin(pins: tuple[str, ...], owner: Owner | None, pin: str) -> None:
    """Return if the key can be one more of an account with these; `owner` has it already.

    Raises:
        PinTaken: Somebody has it, or there are as many as there may be.
    """
    if owner is not None:
        raise PinTaken(
            Problem(
                N_('the key %(pin)s is one of "%(name)s" already'),
                N_("one key is one account's; to see all: chat-admin cert list"),
                {"pin": PREFIX + pin, "name": owner.name},
            )
        )
    if len(pins) >= PINS_MAX:
        raise PinTaken(
            Problem(
                N_("the account has %(max)d keys already, as many as there may be"),
                N_("take one away first: chat-admin cert remove NAME KEY"),
                {"max": PINS_MAX},
            )
        )


def unknown_pin(name: str, pin: str) -> UnknownPin:
    """The error for a key that the account does not have."""
    return UnknownPin(
        Problem(
            N_('"%(name)s" has no key %(pin)s'),
            N_("to see all: chat-admin cert list"),
            {"name": name, "pin": PREFIX + pin},
        )
    )


def pin_problem(name: str, line: int) -> Problem:
    """What is wrong with a line whose third field has something else in it."""
    return Problem(
        N_('line %(line)d: "%(name)s" has a key that is no SHA-256 in base64'),
        N_("delete what follows the second colon; chat-admin cert add writes keys"),
        {"name": name},
        line,
    )
