"""The lines of the password file, and the accounts in them. Pure: text in, values out.

Called by `passwd.PasswordFile`. The format is Apache htpasswd's with bcrypt, one `name:$2b$12$...`
a line; `!` before the hash disables the account; a third field, which Apache leaves alone, has the
fingerprints of the keys whose certificates log in to it (keys.py); lines that are blank or start
with `#` are kept as they are. Parsing is all or nothing: a server that took the good half of a
damaged file would lock half of its people out, or let in somebody whose line was meant to be
removed.
"""

import shlex
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from irc.names import RESERVED_NICKS, NickKey, is_valid_nick, nick_key, skeleton
from server.accounts.errors import (
    N_,
    AccountExists,
    BadAccountName,
    BadPasswordFile,
    LookAlikeAccount,
    Problem,
)
from server.accounts.keys import is_pin, pin_problem
from server.accounts.passwords import COST_MAX, COST_MIN, hash_cost

NAME_CHARS_MAX: Final = 64
"""Of a name in the file. `limits.nick_chars_max` may be less: `chat-admin check` compares."""

PROBLEMS_MAX: Final = 100
"""Reported for one file; the rest are counted. A binary file has a problem in every line."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account, as its line says. `line` is its number, 1 for the first.

    `pins` are the fingerprints of the keys that its owner may log in with, instead of a password.
    """

    name: str
    hash: str = field(repr=False)
    disabled: bool = False
    line: int = field(default=0, compare=False)
    pins: tuple[str, ...] = ()

    @property
    def key(self) -> NickKey:
        return nick_key(self.name)

    @property
    def cost(self) -> int:
        return hash_cost(self.hash) or COST_MIN

    def __str__(self) -> str:
        """The account as a line of the file, without its end."""
        pins = f":{','.join(self.pins)}" if self.pins else ""
        return f"{self.name}:{'!' if self.disabled else ''}{self.hash}{pins}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file without its end, and the account it holds, if any."""

    text: str
    account: Account | None = None


class Accounts:
    """Every account of one moment, found by any spelling of its name. Immutable."""

    __slots__ = ("_by_key", "by_pin", "costs")

    def __init__(self, accounts: Sequence[Account] = ()) -> None:
        self._by_key = {account.key: account for account in accounts}
        self.by_pin: Mapping[str, Account] = MappingProxyType(
            {pin: account for account in accounts for pin in account.pins}
        )
        self.costs = tuple(sorted(account.cost for account in accounts))

    @property
    def by_key(self) -> Mapping[NickKey, Account]:
        return MappingProxyType(self._by_key)

    def get(self, name: str) -> Account | None:
        """The account that `name` means in any case and normal form. Any text may be asked for."""
        if len(name) > NAME_CHARS_MAX:
            return None
        composed = unicodedata.normalize("NFC", name)
        if not is_valid_nick(composed, NAME_CHARS_MAX):
            return None
        return self._by_key.get(nick_key(composed))

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)


def parse(content: bytes) -> tuple[Line, ...]:
    """The lines of a password file.

    Raises:
        BadPasswordFile: A line is malformed or a name is there twice. All problems are in it.
    """
    lines, problems = scan(content)
    if problems:
        raise _refusal(problems)
    return lines


def scan(content: bytes) -> tuple[tuple[Line, ...], list[Problem]]:
    """The good lines of a password file, and what is wrong with the others: for reports only."""
    # Only LF ends a line, as in htpasswd; str.splitlines() would also split at U+2028 and others.
    texts = content.decode("utf-8", "surrogateescape").split("\n")
    if texts[-1] == "":
        texts.pop()
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[NickKey, Account] = {}
    pinned: dict[str, Account] = {}
    for number, text in enumerate(texts, 1):
        parsed = _parse_line(number, text)
        if isinstance(parsed, Account):
            first = seen.setdefault(parsed.key, parsed)
            if first is not parsed:
                parsed = _duplicate(parsed, first)
        if isinstance(parsed, Account):
            owners = [pinned.setdefault(pin, parsed) for pin in parsed.pins]
            if other := next((owner for owner in owners if owner is not parsed), None):
                parsed = _shared_pin(parsed, other)
        if isinstance(parsed, Problem):
            problems.append(parsed)
        else:
            lines.append(Line(text, parsed))
    return tuple(lines), problems


def render(lines: Sequence[Line]) -> bytes:
    """The file's bytes. Untouched lines come out as they went in."""
    return "".join(line.text + "\n" for line in lines).encode("utf-8", "surrogateescape")


def accounts_of(lines: Sequence[Line]) -> Accounts:
    return Accounts([line.account for line in lines if line.account is not None])


def replaced(lines: Sequence[Line], key: NickKey, account: Account | None) -> tuple[Line, ...]:
    """`lines` with `account` in the place of the one with `key`; without that line for None."""
    result = []
    for line in lines:
        if line.account is None or line.account.key != key:
            result.append(line)
        elif account is not None:
            result.append(Line(str(account), account))
    return tuple(result)


def check_new_name(
    accounts: Accounts, name: str, chars_max: int, leaving_out: NickKey | None = None
) -> None:
    """Return if `name` can be a new account beside `accounts` (but for the one left out).

    Raises:
        BadAccountName, AccountExists, LookAlikeAccount
    """
    if not is_valid_nick(name, min(chars_max, NAME_CHARS_MAX)):
        raise BadAccountName(
            Problem(
                N_('"%(name)s" cannot be the name of an account'),
                N_(
                    "1 to %(max)d letters, digits and any of -_[]\\`^{}| in one script,"
                    " not starting with a digit or -"
                ),
                {"name": name, "max": min(chars_max, NAME_CHARS_MAX)},
            )
        )
    if is_reserved(name):
        raise BadAccountName(
            Problem(
                N_('"%(name)s" is reserved: people would take it for a part of the server'),
                N_("choose another name"),
                {"name": name},
            )
        )
    look = skeleton(name)
    for account in accounts:
        if account.key == leaving_out:
            continue
        if account.name == name:
            raise AccountExists(
                Problem(
                    N_('account "%(name)s" already exists'),
                    N_("to give it another password: chat-admin passwd %(word)s"),
                    {"name": name, "word": shlex.quote(name)},
                )
            )
        if account.key == nick_key(name) or skeleton(account.name) == look:
            raise LookAlikeAccount(
                Problem(
                    N_('"%(name)s" looks like the existing account "%(existing)s"'),
                    N_("choose a name that people cannot mistake for it"),
                    {"name": name, "existing": account.name},
                )
            )


def is_reserved(name: str) -> bool:
    """Whether `name` is, or looks like, one that IRC users trust as the server's own."""
    return nick_key(name) in RESERVED_NICKS or skeleton(name) in RESERVED_NICKS


def _parse_line(number: int, text: str) -> Account | Problem | None:
    """The account on a line, what is wrong with the line, or None for a comment.

    A problem never quotes the hash, nor a line without a colon: that may be a password.
    """
    bare = text.strip(" \t\r")
    if not bare or bare.startswith("#"):
        return None
    name, colon, rest = text.rstrip(" \t\r").partition(":")
    if not colon:
        return Problem(
            N_("line %(line)d: not of the form name:hash"),
            N_("delete the line, or put a # before it"),
            line=number,
        )
    if not is_valid_nick(name, NAME_CHARS_MAX):
        return Problem(
            N_('line %(line)d: "%(name)s" cannot be the name of an account'),
            N_("correct the name, or delete the line"),
            {"name": name},
            number,
        )
    password_hash, has_pins, pins_text = rest.removeprefix("!").partition(":")
    pins = tuple(pins_text.split(",")) if has_pins else ()
    cost = hash_cost(password_hash)
    if cost is None:
        return Problem(
            N_('line %(line)d: the hash of "%(name)s" is not a bcrypt hash ($2b$...)'),
            N_("delete the line, then: chat-admin add %(word)s"),
            {"name": name, "word": shlex.quote(name)},
            number,
        )
    if not COST_MIN <= cost <= COST_MAX:
        return Problem(
            N_(
                'line %(line)d: the bcrypt cost of "%(name)s" is %(cost)d:'
                " must be %(min)d to %(max)d"
            ),
            N_("delete the line, then: chat-admin add %(word)s"),
            {
                "name": name,
                "word": shlex.quote(name),
                "cost": cost,
                "min": COST_MIN,
                "max": COST_MAX,
            },
            number,
        )
    if not all(map(is_pin, pins)):
        return pin_problem(name, number)
    return Account(name, password_hash, rest.startswith("!"), number, pins)


def _duplicate(account: Account, first: Account) -> Problem:
    return Problem(
        N_('line %(line)d: "%(name)s" is the same name as "%(first)s" on line %(first_line)d'),
        N_("delete one of the two lines"),
        {"name": account.name, "first": first.name, "first_line": first.line},
        account.line,
    )


def _shared_pin(account: Account, other: Account) -> Problem:
    return Problem(
        N_('line %(line)d: "%(name)s" has a key that "%(other)s" on line %(other_line)d has too'),
        N_("take the key out of one of the two lines: who shows it must be one person"),
        {"name": account.name, "other": other.name, "other_line": other.line},
        account.line,
    )


def _refusal(problems: list[Problem]) -> BadPasswordFile:
    """One sentence for the log and the error line, and up to PROBLEMS_MAX to list."""
    first = problems[0]
    summary = Problem(
        first.template, N_("every problem of the file: chat-admin check"), first.fields, first.line
    )
    if len(problems) > PROBLEMS_MAX:
        more = Problem(
            N_("and %(count)d more wrong lines"), fields={"count": len(problems) - PROBLEMS_MAX}
        )
        problems = [*problems[:PROBLEMS_MAX], more]
    return BadPasswordFile(summary, tuple(problems))
