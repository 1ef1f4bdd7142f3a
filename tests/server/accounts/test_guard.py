"""Who could touch the password file: modes, owners, links, folders, each with its remedy."""

import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from server.accounts import guard
from server.accounts.errors import (
    BusyPasswordFile,
    MissingPasswordFile,
    UnsafePasswordFile,
)
from server.accounts.guard import FILE_BYTES_MAX, Signature, read_guarded, signature

grp = pytest.importorskip("grp")
pwd = pytest.importorskip("pwd")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="mode bits are not its rights")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder"
    folder.mkdir(0o700)
    path = folder / "passwd"
    path.touch(0o600)
    path.write_bytes(b"content\n")
    return path


def remedy(error: UnsafePasswordFile) -> str:
    """The command in an error's hint, which is to be copied whole."""
    return error.problem.hint().partition(": ")[2]


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_closed_modes(path: Path, mode: int) -> None:
    """A file that only its owner can read or write is read."""
    path.chmod(mode)
    assert read_guarded(path)[0] == b"content\n"


@pytest.mark.parametrize("mode", [0o600 | bit for bit in (1, 2, 4, 8, 16, 32)] + [0o644, 0o666])
def test_open_modes(path: Path, mode: int) -> None:
    """Any right of group or others refuses the file; the hint is the command that repairs it."""
    path.chmod(mode)
    with pytest.raises(UnsafePasswordFile, match=f"{mode:04o}") as refused:
        read_guarded(path)
    assert remedy(refused.value) == f"chmod 600 {shlex.quote(str(path))}"
    subprocess.run(remedy(refused.value), shell=True, check=True)
    assert read_guarded(path)[0] == b"content\n"


@pytest.mark.parametrize(("mode", "change"), [(0o702, "o-w"), (0o777, "o-w"), (0o720, "g-w")])
def test_open_folders(path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, change: str) -> None:
    """A folder where others can replace the file is refused, with the command that repairs it."""
    monkeypatch.setattr(guard, "_is_private_group", lambda status: False)
    path.parent.chmod(mode)
    with pytest.raises(UnsafePasswordFile, match=f"{mode:04o}") as refused:
        read_guarded(path)
    assert remedy(refused.value) == f"chmod {change} {shlex.quote(str(path.parent))}"
    subprocess.run(remedy(refused.value), shell=True, check=True)


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o1777])
def test_folders_that_will_do(path: Path, mode: int) -> None:
    """A folder others can only read, or a sticky one as /tmp, is fine."""
    path.parent.chmod(mode)
    assert read_guarded(path)[0] == b"content\n"


def test_a_private_group_is_nobody_else(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Where every user has a group of their own, folders are group-writable, and that is safe."""
    path.parent.chmod(0o770)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name="ana"))

    def group(name: str, *members: str) -> Callable[[int], Any]:
        return lambda gid: SimpleNamespace(gr_name=name, gr_mem=list(members))

    for private in (group("ana"), group("ana", "ana")):
        monkeypatch.setattr(grp, "getgrgid", private)
        read_guarded(path)
    for shared in (group("ana", "bia"), group("staff")):
        monkeypatch.setattr(grp, "getgrgid", shared)
        with pytest.raises(UnsafePasswordFile):
            read_guarded(path)

    def unknown(gid: int) -> None:
        raise KeyError(gid)

    monkeypatch.setattr(grp, "getgrgid", unknown)
    with pytest.raises(UnsafePasswordFile):
        read_guarded(path)


def test_somebody_elses_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another user is refused, with both names and a remedy; root's is fine."""
    real = os.fstat

    def owned_by(uid: int) -> Callable[[int], os.stat_result]:
        def fstat(descriptor: int) -> os.stat_result:
            fields = list(real(descriptor))
            fields[4] = uid
            return os.stat_result(fields)

        return fstat

    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(os, "fstat", owned_by(54_321))
    with pytest.raises(UnsafePasswordFile, match='"54321", and this is "4711"') as refused:
        read_guarded(path)
    assert remedy(refused.value) == f"chown 4711 {shlex.quote(str(path))}"
    monkeypatch.setattr(os, "fstat", owned_by(0))
    read_guarded(path)
    monkeypatch.setattr(os, "fstat", owned_by(4711))
    read_guarded(path)


def test_links_and_other_kinds(path: Path) -> None:
    """A symbolic link, a folder and a FIFO are refused, and none of them makes us wait."""
    real = path.rename(path.with_name("real"))
    path.symlink_to(real)
    with pytest.raises(UnsafePasswordFile, match="symbolic link"):
        read_guarded(path)
    path.unlink()
    path.mkdir(0o700)
    with pytest.raises(UnsafePasswordFile, match="not a regular file"):
        read_guarded(path)
    path.rmdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(UnsafePasswordFile, match="not a regular file"):
        read_guarded(path)


def test_missing(path: Path) -> None:
    """No file is no accounts yet, and the hint makes the first; no folder is a mistake."""
    path.unlink()
    with pytest.raises(MissingPasswordFile, match="no accounts yet") as refused:
        read_guarded(path)
    assert "chat-admin add" in refused.value.problem.hint()
    path.parent.rmdir()
    with pytest.raises(UnsafePasswordFile, match="No such file"):
        read_guarded(path)
    assert signature(path) is None


def test_a_file_we_may_not_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be opened is refused with the system's reason."""

    def denied(*args: object) -> int:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(UnsafePasswordFile, match="Permission denied"):
        read_guarded(path)


def test_too_large(path: Path) -> None:
    """A file beyond the limit is refused before it is read; one at it is read."""
    os.truncate(path, FILE_BYTES_MAX + 1)
    with pytest.raises(UnsafePasswordFile, match=f"must be at most {FILE_BYTES_MAX}"):
        read_guarded(path)
    os.truncate(path, FILE_BYTES_MAX)
    assert len(read_guarded(path)[0]) == FILE_BYTES_MAX


@pytest.mark.parametrize("times", [1, 100])
def test_a_file_that_is_being_written(
    path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """A file that changes while we read is read again; if it never rests, that is said."""
    real, writes = os.read, iter(range(times))

    def read(descriptor: int, size: int) -> bytes:
        content = real(descriptor, size)
        if content and next(writes, None) is not None:
            with path.open("ab") as file:
                file.write(b"more\n")
        return content

    monkeypatch.setattr(os, "read", read)
    if times == 1:
        content, state = read_guarded(path)
        assert content == b"content\nmore\n"
        assert state == signature(path)
    else:
        with pytest.raises(BusyPasswordFile, match="being written"):
            read_guarded(path)


def test_signature_tells_changes(path: Path) -> None:
    """Another time, size or inode is another state; reading alone is not."""
    first = signature(path)
    assert first == read_guarded(path)[1] == signature(path)
    path.write_bytes(b"longer content\n")
    second = signature(path)
    os.utime(path, ns=(0, 0))
    third = signature(path)
    path.rename(path.with_name("old"))
    path.touch(0o600)
    fourth = signature(path)
    assert len({first, second, third, fourth}) == 4
    assert isinstance(third, Signature)
    assert third.mtime_ns == 0
    assert stat.S_ISREG(path.stat().st_mode)
