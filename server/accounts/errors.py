"""What can be wrong with accounts, in sentences a person can act on.

    AccountsError
    ├── BadAccountName          not usable as a name
    ├── LookAlikeAccount        folds to, or looks like, an existing name
    ├── AccountExists
    ├── UnknownAccount
    ├── BadPassword             empty, too long, NUL, not text
    ├── BadPin                  not the fingerprint of a key
    ├── PinTaken                some account has this key, or this one too many
    ├── UnknownPin              the account has no such key
    ├── BadInvitation           unknown, used up or too old
    ├── MissingPasswordFile
    ├── UnsafePasswordFile      others could read or replace it
    ├── BadPasswordFile         one or more lines are wrong: `.problems`, nothing was taken from it
    ├── BusyPasswordFile        somebody else holds the lock: try again
    └── UnwritablePasswordFile  the edit did not happen; the old file is whole

An error holds English templates and their values apart: `str(error)` is English, for logs, and
chat-admin shows `error.problem.text(gettext)` in the language of the person who reads it.
Text that came from the file or from a person is made safe to print here, once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from irc.sanitise import clean_line

Translate = Callable[[str], str]

SHOWN_CHARS_MAX = 80
"""Of a value put into a sentence; a line of a broken file can be megabytes."""

PATH_CHARS_MAX = 4096
"""Of a path or a command: a person copies it, so it is never cut (PATH_MAX of Linux)."""


def N_(text: str) -> str:
    """Mark `text` for translation where it is written; it is translated where it is shown."""
    return text


def english(text: str) -> str:
    """No translation: for logs."""
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and what to do. `line` is 1 for the first line, 0 for the whole file."""

    template: str
    advice: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)
    line: int = 0

    def text(self, translate: Translate = english) -> str:
        return translate(self.template) % self._shown()

    def hint(self, translate: Translate = english) -> str:
        return translate(self.advice) % self._shown() if self.advice else ""

    def _shown(self) -> dict[str, object]:
        shown: dict[str, object] = {"line": self.line}
        for key, value in self.fields.items():
            chars_max = PATH_CHARS_MAX if key in ("path", "command", "word") else SHOWN_CHARS_MAX
            shown[key] = clean_line(value, chars_max) if isinstance(value, str) else value
        return shown


class AccountsError(Exception):
    """Something about accounts is wrong; nothing was changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return self.problem.text()


class BadAccountName(AccountsError):
    """Not usable as a name."""


class LookAlikeAccount(AccountsError):
    """Folds to, or looks like, an existing name."""


class AccountExists(AccountsError):
    """That very name is taken."""


class UnknownAccount(AccountsError):
    """No such name; `suggestion` is the nearest one there is, or empty."""

    def __init__(self, problem: Problem, suggestion: str = "") -> None:
        super().__init__(problem)
        self.suggestion = suggestion


class BadPassword(AccountsError):
    """Empty, too long, with a NUL, or not text."""


class BadPin(AccountsError):
    """Not the fingerprint of a key."""


class PinTaken(AccountsError):
    """Some account has this key already, or the account has as many as there may be."""


class UnknownPin(AccountsError):
    """The account has no such key."""


class BadInvitation(AccountsError):
    """There is no such invitation, or it is used up, or too old."""


class MissingPasswordFile(AccountsError):
    """There is no password file (yet)."""


class UnsafePasswordFile(AccountsError):
    """Others could read or replace the file, or it is not a file."""


class BadPasswordFile(AccountsError):
    """The file is refused whole; `problems` has one entry for each wrong line."""

    def __init__(self, problem: Problem, problems: tuple[Problem, ...]) -> None:
        super().__init__(problem)
        self.problems = problems


class BusyPasswordFile(AccountsError):
    """Somebody else holds the lock."""


class UnwritablePasswordFile(AccountsError):
    """The edit did not happen; the old file is whole."""
