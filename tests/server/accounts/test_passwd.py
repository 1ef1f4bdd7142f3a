"""Editing the password file: what each verb leaves behind, and what it leaves alone."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from server.accounts.errors import (
    AccountExists,
    AccountsError,
    BadPasswordFile,
    BusyPasswordFile,
    LookAlikeAccount,
    MissingPasswordFile,
    UnknownAccount,
    UnsafePasswordFile,
    UnwritablePasswordFile,
)
from server.accounts.filelock import locked
from server.accounts.passwd import PasswordFile, unknown_account

Write = Callable[[str], PasswordFile]
HASH = "$2b$04$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."
OTHER = HASH.replace("abc", "xyz")


def test_add_makes_the_file(tmp_path: Path) -> None:
    """The first account makes the file, 0600 whatever the umask."""
    file = PasswordFile(tmp_path / "passwd")
    with pytest.raises(MissingPasswordFile):
        file.load()
    before = os.umask(0)
    try:
        file.add("ana", HASH, 32)
    finally:
        os.umask(before)
    assert file.path.read_text() == f"ana:{HASH}\n"
    with pytest.raises(MissingPasswordFile):
        PasswordFile(tmp_path / "other").remove("ana")
    for made in tmp_path.iterdir():
        assert made.stat().st_mode & 0o777 == 0o600, made


def test_each_edit(write_file: Write) -> None:
    """Every verb changes its line and no other; comments stay where they are."""
    file = write_file(f"# us\nana:{HASH}\n\n# them\nbia:{HASH}\n")

    def text() -> str:
        return file.path.read_text()

    file.add("zé", OTHER, 32)
    assert text() == f"# us\nana:{HASH}\n\n# them\nbia:{HASH}\nzé:{OTHER}\n"
    file.disable("ANA")
    assert text().startswith(f"# us\nana:!{HASH}\n")
    file.set_password("ana", OTHER)
    assert text().startswith(f"# us\nana:!{OTHER}\n")  # still disabled
    file.enable("ana")
    file.rename("bia", "Beatriz", 32)
    assert text() == f"# us\nana:{OTHER}\n\n# them\nBeatriz:{HASH}\nzé:{OTHER}\n"
    file.rename("beatriz", "BEATRIZ", 32)
    file.remove("ana")
    assert text() == f"# us\n\n# them\nBEATRIZ:{HASH}\nzé:{OTHER}\n"
    assert [account.name for account in file.load()] == ["BEATRIZ", "zé"]


def test_the_last_content_is_kept(write_file: Write) -> None:
    """passwd.bak is the file as it was before the last edit; an edit without effect is none."""
    file = write_file(f"ana:{HASH}\n")
    before = file.path.read_bytes()
    file.disable("ana")
    assert file.path.with_name("passwd.bak").read_bytes() == before
    state = file.signature()
    file.disable("ana")
    assert file.signature() == state
    assert file.path.with_name("passwd.bak").read_bytes() == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda file: file.set_password("anna", HASH),
        lambda file: file.disable("anna"),
        lambda file: file.enable("Anna"),
        lambda file: file.remove("anna"),
        lambda file: file.rename("anna", "bia", 32),
    ],
)
def test_unknown_names(write_file: Write, edit: Callable[[PasswordFile], None]) -> None:
    """An edit of a name that is not there changes nothing and names the nearest one."""
    file = write_file(f"Ana:{HASH}\n")
    state = file.signature()
    with pytest.raises(UnknownAccount) as refused:
        edit(file)
    assert refused.value.suggestion == "Ana"
    assert refused.value.problem.hint() == 'did you mean "Ana"?'
    assert file.signature() == state


def test_nothing_near(write_file: Write) -> None:
    """Without a near name the hint is where to see them all."""
    accounts = write_file(f"ana:{HASH}\n").load()
    error = unknown_account(accounts, "wolfgang")
    assert (error.suggestion, "chat-admin list" in error.problem.hint()) == ("", True)


def test_taken_names(write_file: Write) -> None:
    """Neither add nor rename makes a second account of the same or a similar name."""
    file = write_file(f"ana:{HASH}\nbia:{HASH}\n")
    state = file.signature()
    with pytest.raises(AccountExists):
        file.add("ana", OTHER, 32)
    with pytest.raises(LookAlikeAccount):
        file.add("ANA", OTHER, 32)
    with pytest.raises(AccountExists):
        file.rename("bia", "ana", 32)
    assert file.signature() == state


@pytest.mark.parametrize(
    "edit",
    [
        lambda file: file.add("bia", HASH, 32),
        lambda file: file.set_password("ana", OTHER),
        lambda file: file.remove("ana"),
    ],
)
def test_a_bad_file_is_not_rewritten(
    write_file: Write, edit: Callable[[PasswordFile], None]
) -> None:
    """A file with a wrong line, or open to others, stays byte for byte as it is."""
    file = write_file(f"ana:{HASH}\noops\n")
    before = file.path.read_bytes()
    with pytest.raises(BadPasswordFile, match="line 2"):
        edit(file)
    assert file.path.read_bytes() == before
    file = write_file(f"ana:{HASH}\n")
    file.path.chmod(0o640)
    with pytest.raises(UnsafePasswordFile):
        edit(file)
    assert file.path.read_text() == f"ana:{HASH}\n"


def test_a_locked_file(write_file: Write) -> None:
    """While another writer holds the lock an edit waits, then says who and changes nothing."""
    file = write_file(f"ana:{HASH}\n")
    with (
        locked(file.path.with_name("passwd.lock"), 0.0),
        pytest.raises(BusyPasswordFile),
    ):
        PasswordFile(file.path, lock_timeout_s=0.0).disable("ana")
    assert not file.load().by_key["ana"].disabled


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk(write_file: Write, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """When the new content cannot be written, the old file is whole and nothing is left behind."""
    file = write_file(f"ana:{HASH}\n")

    def full(*args: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, full)
        with pytest.raises(UnwritablePasswordFile, match="No space left"):
            file.disable("ana")
    assert file.path.read_text() == f"ana:{HASH}\n"
    assert not file.path.with_name("passwd.tmp").exists()
    file.disable("ana")
    assert file.path.read_text() == f"ana:!{HASH}\n"


def test_no_hard_links(write_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without hard links goes without passwd.bak, not without the edit."""
    file = write_file(f"ana:{HASH}\n")

    def unable(*args: object) -> NoReturn:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", unable)
    file.disable("ana")
    assert file.load().by_key["ana"].disabled


WRITER = """
import sys
from pathlib import Path
from server.accounts.passwd import PasswordFile
file, hash, name = PasswordFile(Path(sys.argv[1]), 60.0), sys.argv[2], sys.argv[3]
for number in range(8):
    file.add(f"{name}{number}", hash, 32)
"""


def test_no_update_is_lost(write_file: Write) -> None:
    """What four processes add at the same time is all there in the end."""
    file = write_file("# all of us\n")
    names = ["ana", "bia", "cai", "dea"]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file.path), HASH, name])
        for name in names
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    expected = {f"{name}{number}" for name in names for number in range(8)}
    assert {account.name for account in file.load()} == expected


def test_errors_have_one_base() -> None:
    """Every error of this package can be caught as one."""
    for error in (BadPasswordFile, BusyPasswordFile, UnknownAccount, UnwritablePasswordFile):
        assert issubclass(error, AccountsError)
