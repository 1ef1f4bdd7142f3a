"""Apache's own htpasswd and we read each other's files (skipped where it is not installed)."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from server.accounts.errors import UnsafePasswordFile
from server.accounts.passwd import PasswordFile
from server.accounts.passwords import Secret, bcrypt_check, bcrypt_input, hash_password

HTPASSWD = shutil.which("htpasswd")
pytestmark = pytest.mark.skipif(HTPASSWD is None, reason="htpasswd is not installed")

PASSWORDS = ["secret", "x" * 71, "x" * 72, "caf\u00e9 com leite", "日本語" * 8]


def htpasswd(*arguments: str | Path, password: str = "") -> int:
    """Run htpasswd with the password on its standard input; its exit code."""
    command = [str(HTPASSWD), *map(str, arguments)]
    done = subprocess.run(command, input=password.encode() + b"\n", capture_output=True)
    return done.returncode


def verifies(file: PasswordFile, name: str, password: str) -> bool:
    account = file.load().get(name)
    assert account is not None
    return bcrypt_check(bcrypt_input(Secret(password)), account.hash)


@pytest.mark.parametrize("password", PASSWORDS)
def test_it_reads_ours(tmp_path: Path, password: str) -> None:
    """htpasswd -v accepts the accounts that we write, and refuses another password."""
    file = PasswordFile(tmp_path / "passwd")
    file.add("ana", hash_password(Secret(password), 4), 32)
    assert htpasswd("-vi", file.path, "ana", password=password) == 0
    assert htpasswd("-vi", file.path, "ana", password="wrong") == 3


@pytest.mark.parametrize("password", PASSWORDS)
def test_we_read_its(tmp_path: Path, password: str) -> None:
    """An account made by htpasswd -B logs in here ($2y$)."""
    path = tmp_path / "passwd"
    path.touch(0o600)
    assert htpasswd("-iB", "-C", "4", path, "ana", password=password) == 0
    assert path.read_text().startswith("ana:$2y$04$")
    assert verifies(PasswordFile(path), "ana", password)
    assert not verifies(PasswordFile(path), "ana", "wrong")


def test_turn_by_turn(write_file: Callable[[str], PasswordFile]) -> None:
    """Both edit one file, and neither loses what the other wrote, comments included."""
    file = write_file("# people\n")
    file.add("ana", hash_password(Secret("secret of ana"), 4), 32)
    assert htpasswd("-iB", "-C", "4", file.path, "bia", password="secret of bia") == 0
    file.add("zé", hash_password(Secret("secret of zé"), 4), 32)
    assert htpasswd("-iB", "-C", "4", file.path, "ana", password="new secret") == 0
    assert htpasswd("-D", file.path, "zé") == 0
    file.rename("bia", "Beatriz", 32)
    assert htpasswd("-vi", file.path, "Beatriz", password="secret of bia") == 0
    assert verifies(file, "ana", "new secret")
    assert [account.name for account in file.load()] == ["ana", "Beatriz"]
    assert file.path.read_text().startswith("# people\n")


def test_disabled_for_it_too(write_file: Callable[[str], PasswordFile]) -> None:
    """A disabled account lets nobody in through Apache either, and comes back whole."""
    file = write_file("")
    file.add("ana", hash_password(Secret("secret"), 4), 32)
    file.disable("ana")
    assert htpasswd("-vi", file.path, "ana", password="secret") == 3
    file.enable("ana")
    assert htpasswd("-vi", file.path, "ana", password="secret") == 0


def test_its_new_file_is_open(tmp_path: Path) -> None:
    """A file made with htpasswd -c under the usual umask is refused until it is closed."""
    path = tmp_path / "passwd"
    before = os.umask(0o022)
    try:
        assert htpasswd("-ciB", "-C", "4", path, "ana", password="secret") == 0
    finally:
        os.umask(before)
    with pytest.raises(UnsafePasswordFile, match="0644"):
        PasswordFile(path).load()
    path.chmod(0o600)
    assert verifies(PasswordFile(path), "ana", "secret")


def test_it_leaves_keys_of_others_alone(tmp_path: Path) -> None:
    """A third field stays when it writes another account; changing that one's password drops it,
    and -v knows no third field (decision 0019)."""
    file = PasswordFile(tmp_path / "passwd")
    pin = "A" * 43 + "="
    for name in ("ana", "bia"):
        file.add(name, hash_password(Secret("secret"), 4), 32)
    file.add_pin("ana", pin)
    assert htpasswd("-iB", file.path, "bia", password="other") == 0
    file.path.chmod(0o600)
    assert file.load().by_pin[pin].name == "ana"
    assert verifies(file, "ana", "secret") and verifies(file, "bia", "other")
    assert htpasswd("-iB", file.path, "ana", password="other") == 0
    file.path.chmod(0o600)
    assert not file.load().by_pin and verifies(file, "ana", "other")
