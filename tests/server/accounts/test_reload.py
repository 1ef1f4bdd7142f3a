"""The password file changes under a running verifier: taken whole, late rather than half."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from server.accounts.errors import BadPasswordFile, MissingPasswordFile, UnsafePasswordFile
from server.accounts.passwd import PasswordFile
from server.accounts.verifier import Outcome, Verdict, Verifier

Write = Callable[[str], PasswordFile]
New = Callable[..., Verifier]
Ask = Callable[..., Verdict]
Cost = Callable[[int], str]

OK_ANA = Verdict(Outcome.OK, "ana")
WRONG = Verdict(Outcome.WRONG)


def test_reload(new_verifier: New, file: PasswordFile, ask: Ask) -> None:
    """A running verifier sees each edit at its next look, and tells who is gone or disabled."""
    verifier = new_verifier(file, delay_s=0.0)
    assert verifier.reload_if_changed() == frozenset()
    file.enable("bia")
    assert verifier.reload_if_changed() == frozenset()
    assert ask(verifier, "bia", "right") == Verdict(Outcome.OK, "bia")
    file.disable("bia")
    file.rename("ana", "anna", 32)
    assert verifier.reload_if_changed() == {"bia", "ana"}
    assert verifier.reload_if_changed() == frozenset()
    assert ask(verifier, "bia", "right") == WRONG
    assert ask(verifier, "ana", "right") == WRONG
    assert ask(verifier, "anna", "right") == Verdict(Outcome.OK, "anna")
    file.remove("joão")
    assert verifier.reload_if_changed() == {"João"}
    assert [account.name for account in verifier.accounts()] == ["anna", "bia"]


def test_a_bad_file_leaves_the_old_accounts(
    new_verifier: New, write_file: Write, file: PasswordFile, ask: Ask, hash_of_cost: Cost
) -> None:
    """A refused file changes nothing and is told once; a good one is taken again."""
    verifier = new_verifier(file, delay_s=0.0)
    write_file("zoe:oops\n")
    assert verifier.reload_if_changed() == frozenset()
    problem = verifier.problem
    assert isinstance(problem, BadPasswordFile)
    assert verifier.reload_if_changed() == frozenset()
    assert verifier.problem is problem  # the same content is not read again
    assert ask(verifier, "ana", "right") == OK_ANA
    write_file(f"zoe:{hash_of_cost(4)}\n").path.chmod(0o644)
    assert verifier.reload_if_changed() == frozenset()
    problem = verifier.problem
    assert isinstance(problem, UnsafePasswordFile)
    assert verifier.reload_if_changed() == frozenset()
    assert verifier.problem is problem
    file.path.chmod(0o600)  # which changes neither time, size nor inode
    assert verifier.reload_if_changed() == {"ana", "João"}
    assert verifier.problem is None


def test_a_lost_file_locks_nobody_out(new_verifier: New, file: PasswordFile, ask: Ask) -> None:
    """A file that is gone for a moment, as some editors do it, is a problem and not an order."""
    verifier = new_verifier(file, delay_s=0.0)
    aside = file.path.rename(file.path.with_name("aside"))
    assert verifier.reload_if_changed() == frozenset()
    assert isinstance(verifier.problem, MissingPasswordFile)
    assert ask(verifier, "ana", "right") == OK_ANA
    aside.rename(file.path)
    assert verifier.reload_if_changed() == frozenset()
    assert verifier.problem is None


def test_half_of_a_file_written_in_place(
    new_verifier: New, file: PasswordFile, hash_of_cost: Cost
) -> None:
    """A file that is being written in place is taken when it rests, never half of it."""
    verifier = new_verifier(file)
    full = file.path.read_bytes()
    file.path.write_bytes(b"")  # as htpasswd does, truncated and then written
    assert verifier.reload_if_changed() == frozenset()
    file.path.write_bytes(full + f"zoe:{hash_of_cost(4)}\n".encode())
    assert verifier.reload_if_changed() == frozenset()
    assert len(verifier.accounts()) == 3
    assert verifier.reload_if_changed() == frozenset()
    assert len(verifier.accounts()) == 4
    file.path.write_bytes(b"")
    os.utime(file.path, ns=(1, 1))
    assert verifier.reload_if_changed() == frozenset()
    assert verifier.reload_if_changed() == {"ana", "João", "zoe"}


def test_a_file_that_changes_as_we_read(
    new_verifier: New, file: PasswordFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is taken only if it is what was looked at; else the next look decides."""
    verifier = new_verifier(file)
    real = file.read
    file.remove("João")

    def read_too_late() -> object:
        file.remove("ana")
        return real()

    monkeypatch.setattr(file, "read", read_too_late)
    assert verifier.reload_if_changed() == frozenset()
    monkeypatch.undo()
    assert verifier.reload_if_changed() == {"ana", "João"}


def test_disabled_while_bcrypt_ran(write_file: Write, hash_of_cost: Cost, answers: Any) -> None:
    """An account disabled, or given another password, during the hash is not let in."""
    file = write_file(f"# note\nana:{hash_of_cost(4)}\nbia:{hash_of_cost(4)}\n")
    edits = iter(
        [
            lambda: file.disable("ana"),
            lambda: file.enable("ana"),
            lambda: file.set_password("ana", hash_of_cost(5)),
            lambda: file.path.write_text(file.path.read_text().replace("# note\n", "")),
        ]
    )

    def check(octets: bytes, password_hash: str) -> bool:
        next(edits)()
        verifier.reload_if_changed()
        verifier.reload_if_changed()
        return True

    verifier = Verifier(file, 1, 8, 4, 0.0, 0.0, check=check)
    try:
        for expected in (WRONG, WRONG, WRONG, OK_ANA):
            verifier.submit("ana", "x", "192.0.2.1", answers)
            assert answers.next() == expected
    finally:
        verifier.close()
