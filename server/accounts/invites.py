"""Invitations: codes with which somebody new may make an account. Beside the password file.

Called by chat-admin, which makes them, and by the server's pool threads, which redeem them. A line
is `<SHA-256 of the code in hex> <uses left> <last second, since 1970>`. A code has 90 bits of
chance, so a plain digest of it tells nothing; who steals the file can invite nobody. Lines of old
or used-up codes go when the next one is made.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from server.accounts import editing, guard
from server.accounts.errors import (
    N_,
    BadInvitation,
    BadPasswordFile,
    MissingPasswordFile,
    Problem,
)

SUFFIX: Final = ".invites"
"""Of the file: `passwd.invites`."""

INVITES_MAX: Final = 10_000
"""Lines of the file; who needs more lets everybody in."""

LOCK_TIMEOUT_S: Final = 5.0

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
"""Without i, l and o, which people misread; 20 of 23 letters are 90 bits."""

_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{1,6}) ([0-9]{1,12})")


@dataclass(frozen=True, slots=True)
class Invitation:
    """One code, by its digest."""

    digest: str
    uses: int
    until_s: int

    @property
    def name(self) -> str:
        """What it is called in lists: enough of the digest to tell it from others."""
        return self.digest[:8]

    def is_good(self, now_s: float) -> bool:
        return self.uses > 0 and now_s <= self.until_s

    def __str__(self) -> str:
        return f"{self.digest} {self.uses} {self.until_s}"


class InviteFile:
    """The invitations beside the password file `passwd`. Holds no state: any thread may use it."""

    def __init__(self, passwd: Path, lock_timeout_s: float = LOCK_TIMEOUT_S) -> None:
        self.path = passwd.with_name(passwd.name + SUFFIX)
        self._lock_timeout_s = lock_timeout_s

    def load(self) -> tuple[Invitation, ...]:
        """All of them, good or not; none where there is no file.

        Raises:
            AccountsError: The file is refused.
        """
        try:
            return tuple(_parse(guard.read_guarded(self.path)[0]))
        except MissingPasswordFile:
            return ()

    def create(self, uses: int, days: int, now_s: float) -> str:
        """A new code, good for so many accounts within so many days; it can be seen only now.

        Raises:
            AccountsError: The file is refused, full or cannot be written.
        """
        code = "-".join("".join(secrets.choice(LETTERS) for _n in range(4)) for _g in range(5))
        new = Invitation(_digest(code), uses, int(now_s) + days * 86_400)

        def add(all_of_them: list[Invitation]) -> list[Invitation]:
            found = [each for each in all_of_them if each.is_good(now_s)]
            if len(found) >= INVITES_MAX:
                raise BadInvitation(
                    Problem(
                        N_("there are %(max)d invitations already, as many as there may be"),
                        N_("chat-admin invite list shows them"),
                        {"max": INVITES_MAX},
                    )
                )
            return [*found, new]

        self._edit(add)
        return code

    def redeem(self, code: str, now_s: float) -> None:
        """Use the code once.

        Raises:
            BadInvitation: There is no such code, or it is used up or too old.
            AccountsError: The file is refused or cannot be written.
        """
        digest = _digest(code)

        def use(found: list[Invitation]) -> list[Invitation]:
            if not any(each.digest == digest and each.is_good(now_s) for each in found):
                raise unknown_invitation()
            return _with_uses(found, digest, -1)

        self._edit(use)

    def give_back(self, code: str) -> None:
        """Undo one `redeem`: the account could not be made.

        Raises:
            AccountsError: The file is refused or cannot be written.
        """
        self._edit(lambda found: _with_uses(found, _digest(code), +1))

    def remove(self, name: str) -> None:
        """Forget the invitation that lists call `name`, or whose code this is.

        Raises:
            BadInvitation, AccountsError
        """

        def without(found: list[Invitation]) -> list[Invitation]:
            left = [each for each in found if name not in (each.name, each.digest)]
            left = [each for each in left if each.digest != _digest(name)]
            if len(left) == len(found):
                raise unknown_invitation()
            return left

        self._edit(without)

    def _edit(self, change: Callable[[list[Invitation]], list[Invitation]]) -> None:
        def rewrite(content: bytes) -> bytes:
            return "".join(f"{each}\n" for each in change(_parse(content))).encode()

        editing.edit(self.path, rewrite, self._lock_timeout_s, may_create=True)


def _with_uses(found: list[Invitation], digest: str, by: int) -> list[Invitation]:
    return [replace(each, uses=each.uses + by) if each.digest == digest else each for each in found]


def unknown_invitation() -> BadInvitation:
    """One error for a code that never was, is used up, or is too old: nobody learns which."""
    return BadInvitation(
        Problem(
            N_("there is no such invitation, or it is used up or too old"),
            N_("chat-admin invite list shows those there are"),
        )
    )


def _digest(code: str) -> str:
    """The digest of a code as people type it: capitals, spaces and dashes do not count."""
    bare = re.sub(r"[\s-]", "", code.casefold())
    return hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()


def _parse(content: bytes) -> list[Invitation]:
    """Every invitation of the file. Raises BadPasswordFile for a line that is none."""
    invitations = []
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match is None:
            problem = Problem(
                N_("line %(line)d of the invitations is not one"),
                N_("delete the line; chat-admin invite writes them"),
                line=number,
            )
            raise BadPasswordFile(problem, (problem,))
        invitations.append(Invitation(match[1], int(match[2]), int(match[3])))
    return invitations
