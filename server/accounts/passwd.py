"""The password file: loading it whole or not at all, and editing it in one step.

Called by the verifier and by what people change themselves (server), and by chat-admin; it works
the same with and without a running server. How an edit is made, so that nothing is torn and nothing
lost, is in editing.py.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.accounts import editing, guard, keys, records
from server.accounts.errors import N_, Problem, UnknownAccount
from server.accounts.guard import Signature
from server.accounts.records import Account, Accounts, Line

LOCK_TIMEOUT_S: Final = 5.0
"""An edit takes some milliseconds; who waits longer should hear why."""

Lines = tuple[Line, ...]


class PasswordFile:
    """The accounts in the file at `path`. Holds no state: any thread may use it."""

    def __init__(self, path: Path, lock_timeout_s: float = LOCK_TIMEOUT_S) -> None:
        self.path = path
        self._lock_timeout_s = lock_timeout_s

    def load(self) -> Accounts:
        """Every account of the file.

        Raises:
            MissingPasswordFile: There is none.
            UnsafePasswordFile, BadPasswordFile, BusyPasswordFile: It is refused, whole.
        """
        return self.read()[0]

    def read(self) -> tuple[Accounts, Signature]:
        """As `load`, with the state of the file that the accounts belong to."""
        content, signature = guard.read_guarded(self.path)
        return records.accounts_of(records.parse(content)), signature

    def signature(self) -> Signature | None:
        """The file's present state, to compare with the one `read` gave; None when absent."""
        return guard.signature(self.path)

    def add(self, name: str, password_hash: str, name_chars_max: int) -> None:
        """Add an enabled account, making the file if need be.

        Raises:
            BadAccountName, AccountExists, LookAlikeAccount: The name cannot be had.
            AccountsError: The file is refused or cannot be written; see the module's start.
        """

        def change(lines: Lines) -> Lines:
            records.check_new_name(records.accounts_of(lines), name, name_chars_max)
            account = Account(name, password_hash)
            return (*lines, Line(str(account), account))

        self._edit(change, may_create=True)

    def set_password(self, name: str, password_hash: str) -> None:
        """Give an account another password. A disabled one stays disabled.

        Raises:
            UnknownAccount: There is no such name (any spelling finds it).
            AccountsError: As in `add`.
        """
        self._change(name, lambda account: dataclasses.replace(account, hash=password_hash))

    def replace_password(self, account: Account, password_hash: str) -> None:
        """Give an account another password, if it is still as `account` says.

        Raises:
            UnknownAccount: It was removed, disabled or given a password meanwhile.
            AccountsError: As in `add`.
        """

        def change(lines: Lines) -> Lines:
            accounts = records.accounts_of(lines)
            if accounts.get(account.name) != account:
                raise unknown_account(accounts, account.name)
            changed = dataclasses.replace(account, hash=password_hash)
            return records.replaced(lines, account.key, changed)

        self._edit(change)

    def add_pin(self, name: str, pin: str) -> None:
        """Let who has the key of this fingerprint log in to an account.

        Raises:
            PinTaken: It is some account's already, or the account has as many as there may be.
            AccountsError: As in `set_password`.
        """

        def change(lines: Lines) -> Lines:
            account = _find(lines, name)
            keys.check_new_pin(account.pins, records.accounts_of(lines).by_pin.get(pin), pin)
            pinned = dataclasses.replace(account, pins=(*account.pins, pin))
            return records.replaced(lines, account.key, pinned)

        self._edit(change)

    def remove_pin(self, name: str, pin: str) -> None:
        """Let that key in no more. Raises UnknownPin, and as `set_password`."""

        def change_account(account: Account) -> Account:
            if pin not in account.pins:
                raise keys.unknown_pin(account.name, pin)
            return dataclasses.replace(
                account, pins=tuple(each for each in account.pins if each != pin)
            )

        self._change(name, change_account)

    def disable(self, name: str) -> None:
        """Let nobody in as `name`, and keep its password. Raises as `set_password`."""
        self._change(name, lambda account: dataclasses.replace(account, disabled=True))

    def enable(self, name: str) -> None:
        """Let `name` in again, with the password it had. Raises as `set_password`."""
        self._change(name, lambda account: dataclasses.replace(account, disabled=False))

    def remove(self, name: str) -> None:
        """Forget an account. Raises as `set_password`."""
        self._edit(lambda lines: records.replaced(lines, _find(lines, name).key, None))

    def rename(self, name: str, new_name: str, name_chars_max: int) -> None:
        """Give an account another name; the password stays. Raises as `add` and `set_password`."""

        def change(lines: Lines) -> Lines:
            account = _find(lines, name)
            records.check_new_name(
                records.accounts_of(lines), new_name, name_chars_max, leaving_out=account.key
            )
            renamed = dataclasses.replace(account, name=new_name)
            return records.replaced(lines, account.key, renamed)

        self._edit(change)

    def _change(self, name: str, change_account: Callable[[Account], Account]) -> None:
        def change(lines: Lines) -> Lines:
            account = _find(lines, name)
            return records.replaced(lines, account.key, change_account(account))

        self._edit(change)

    def _edit(self, change: Callable[[Lines], Lines], may_create: bool = False) -> None:
        """Apply `change` to the file's lines, read and written under the lock."""
        editing.edit(
            self.path,
            lambda content: records.render(change(records.parse(content))),
            self._lock_timeout_s,
            may_create=may_create,
        )


def unknown_account(accounts: Accounts, name: str) -> UnknownAccount:
    """The error for a name that is not there, with the nearest one that is."""
    import difflib

    by_folded = {str(account.key): account.name for account in accounts}
    near = difflib.get_close_matches(name.casefold()[: records.NAME_CHARS_MAX], by_folded, n=1)
    fields = {"name": name, "suggestion": by_folded[near[0]] if near else ""}
    advice = (
        N_('did you mean "%(suggestion)s"?') if near else N_("to see all accounts: chat-admin list")
    )
    problem = Problem(N_('no account "%(name)s"'), advice, fields)
    return UnknownAccount(problem, fields["suggestion"])


def _find(lines: Lines, name: str) -> Account:
    accounts = records.accounts_of(lines)
    account = accounts.get(name)
    if account is None:
        raise unknown_account(accounts, name)
    return account
