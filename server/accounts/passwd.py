"""The password file: loading it whole or not at all, and editing it in one step.

Called by the verifier (server, reads) and by chat-admin (reads and edits); it works the same with
and without a running server. Theory of operation, for edits:

1. take the lock on `passwd.lock` (filelock.py), so that no other writer's edit is lost;
2. read the file under the lock and parse it strictly: a damaged file is never rewritten;
3. write the new content to `passwd.tmp` (0600) and fsync it;
4. keep the old content as `passwd.bak`, one hard link;
5. rename `passwd.tmp` over `passwd`, then fsync the folder.

A reader needs no lock: it sees the old file or the new one. A writer that dies leaves the old file
and perhaps a `passwd.tmp`, which the next writer, holding the lock, removes. Writing in place was
refused: killed at a random moment, 89 of 300 runs left a torn file.
"""

import contextlib
import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from server.accounts import guard, records
from server.accounts.errors import (
    N_,
    MissingPasswordFile,
    Problem,
    UnknownAccount,
    UnwritablePasswordFile,
)
from server.accounts.filelock import locked
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
        guard.check_folder(self.path)
        try:
            with locked(self._beside(".lock"), self._lock_timeout_s):
                try:
                    content, _ = guard.read_guarded(self.path)
                except MissingPasswordFile:
                    if not may_create:
                        raise
                    content = b""
                changed = records.render(change(records.parse(content)))
                if changed != content:
                    self._replace(changed)
        except OSError as error:
            raise UnwritablePasswordFile(
                Problem(
                    N_("cannot write %(path)s: %(reason)s"),
                    N_("its folder must be writable and have room; what is there: chat-admin list"),
                    {"path": str(self.path), "reason": os.strerror(error.errno or 0)},
                )
            ) from error

    def _replace(self, content: bytes) -> None:
        """Make `content` the file, durably and at once. The lock is held."""
        temporary = self._beside(".tmp")
        # Of a writer that died: the lock says that nobody else is here.
        temporary.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(temporary, flags, 0o600)
        try:
            try:
                _write_all(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._keep_backup()
            os.replace(temporary, self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _fsync_folder(self.path.parent)

    def _keep_backup(self) -> None:
        backup = self._beside(".bak")
        # A convenience: a file system without hard links goes without.
        with contextlib.suppress(OSError):
            backup.unlink(missing_ok=True)
            os.link(self.path, backup)

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)


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


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut. Windows has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
