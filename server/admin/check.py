"""chat-admin check: everything about the accounts that is wrong, or will be, with its remedy.

What the server would refuse, and beside it what it takes but should not have: hashes that are cheap
to guess, names that people mistake for others, operators that are nobody. Changes nothing.
"""

import argparse
import shlex
from collections.abc import Iterator
from gettext import gettext as _
from typing import Final

from irc.cli import EXIT_CONFIG, EXIT_DATA, EXIT_OK, print_error
from irc.names import skeleton
from irc.sanitise import clean
from server.accounts import guard
from server.accounts.errors import (
    N_,
    BusyPasswordFile,
    MissingPasswordFile,
    Problem,
    UnsafePasswordFile,
)
from server.accounts.passwd import PasswordFile
from server.accounts.records import Account, Accounts, accounts_of, is_reserved, scan
from server.admin import say
from server.config import Config

COST_LOW: Final = 10
"""Below, a stolen file gives up its passwords too soon: htpasswd's own default is 5."""


def check(config: Config, options: argparse.Namespace) -> int:
    """Print every problem with its line and what to do; EXIT_OK if there is none."""
    path = config.accounts.file
    file_problems, content = _look_at(PasswordFile(path))
    lines, line_problems = scan(content)
    accounts = accounts_of(lines)
    line_problems += _doubts(accounts, config)
    problems = [*file_problems, *sorted(line_problems, key=lambda problem: problem.line)]
    for problem in problems:
        print(problem.text(_))
        if hint := problem.hint(_):
            print(f"    {hint}")
    if problems:
        sentence = _("%(path)s: problems found: %(count)d, see above")
        print_error(say.PROG, sentence % {"path": path, "count": len(problems)})
        return EXIT_CONFIG if file_problems else EXIT_DATA
    sentence = _("%(path)s: no problems; accounts: %(count)d, disabled: %(disabled)d")
    disabled = sum(account.disabled for account in accounts)
    fields = {"path": path, "count": len(accounts), "disabled": disabled}
    print(clean(sentence % fields))
    return EXIT_OK


def _look_at(file: PasswordFile) -> tuple[list[Problem], bytes]:
    """What is wrong with file and folder, and the content, read even if others could read it."""
    problems = []
    try:
        guard.check_folder(file.path)
    except UnsafePasswordFile as error:
        problems.append(error.problem)
    try:
        return problems, guard.read_checked(file.path)[0]
    except (UnsafePasswordFile, MissingPasswordFile, BusyPasswordFile) as error:
        problems.append(error.problem)
    try:
        is_worth_reading = file.path.is_file() and file.path.stat().st_size <= guard.FILE_BYTES_MAX
        return problems, file.path.read_bytes() if is_worth_reading else b""
    except OSError:
        return problems, b""


def _doubts(accounts: Accounts, config: Config) -> Iterator[Problem]:
    """What the server takes and should not have."""
    looks: dict[str, Account] = {}
    for account in accounts:
        if account.cost < COST_LOW:
            yield _doubt(
                account,
                N_('line %(line)d: the bcrypt cost of "%(name)s" is %(cost)d: too low'),
                N_(
                    "whoever steals the file guesses it soon;"
                    " make a new one: chat-admin passwd %(word)s"
                ),
                cost=account.cost,
            )
        chars_max = config.limits.nick_chars_max
        if len(account.name) > chars_max:
            yield _doubt(
                account,
                N_('line %(line)d: "%(name)s" is longer than limits.nick_chars_max, %(max)d'),
                N_("chat-admin rename %(word)s NEW"),
                max=chars_max,
            )
        if is_reserved(account.name):
            yield _doubt(
                account,
                N_('line %(line)d: "%(name)s" is reserved: people take it for the server'),
                N_("chat-admin rename %(word)s NEW"),
            )
        first = looks.setdefault(skeleton(account.name), account)
        if first is not account:
            yield _doubt(
                account,
                N_('line %(line)d: "%(name)s" looks like "%(first)s" on line %(first_line)d'),
                N_("chat-admin rename %(word)s NEW"),
                first=first.name,
                first_line=first.line,
            )
    for name, operator in config.operators.items():
        known = accounts.get(operator.account) if operator.account else None
        if operator.account and (known is None or known.disabled):
            yield Problem(
                N_('config: operators.%(operator)s: no enabled account "%(name)s"'),
                N_("chat-admin list shows what there is"),
                {"operator": name, "name": operator.account},
            )


def _doubt(account: Account, template: str, advice: str, **fields: object) -> Problem:
    return Problem(
        template,
        advice,
        {"name": account.name, "word": shlex.quote(account.name), **fields},
        account.line,
    )
