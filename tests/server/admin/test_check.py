"""chat-admin check: every problem, with its line and its remedy; and nothing to say of a good
file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.accounts import guard

Run = Callable[..., Any]
Accounts = Callable[..., Path]
HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."
LOW = HASH.replace("$12$", "$05$")


def test_a_good_file(run: Run, accounts: Accounts) -> None:
    """All well is one line and exit code 0."""
    path = accounts("# us", f"ana:{HASH}", f"bia:!{HASH}")
    done = run("check")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{path}: no problems; accounts: 2, disabled: 1\n"


def test_every_problem_at_once(run: Run, accounts: Accounts) -> None:
    """Wrong lines and doubtful ones are told together, in the order of the file."""
    path = accounts(
        f"ana:{LOW}",
        "oops",
        f"Ana:{HASH}",
        "bia:$apr1$x$y",
        f"root:{HASH}",
        f"cai:{HASH.replace('$12$', '$31$')}",
        f"{'x' * 33}:{HASH}",
        f"ahoj:{HASH}",
        f"аһој:{HASH}",
    )
    done = run("check")
    assert done.code == 65
    lines = done.out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        'line 1: the bcrypt cost of "ana" is 5: too low',
        "line 2: not of the form name:hash",
        'line 3: "Ana" is the same name as "ana" on line 1',
        'line 4: the hash of "bia" is not a bcrypt hash ($2b$...)',
        'line 5: "root" is reserved: people take it for the server',
        'line 6: the bcrypt cost of "cai" is 31: must be 4 to 14',
        f'line 7: "{"x" * 33}" is longer than limits.nick_chars_max, 32',
        'line 9: "аһој" looks like "ahoj" on line 8',
    ]
    assert all(hint.startswith("    ") for hint in lines[1::2])
    assert "chat-admin passwd ana" in lines[1]
    assert done.err == f"chat-admin: error: {path}: problems found: 8, see above\n"
    assert "$2b$12" not in done.out


@pytest.mark.skipif(os.name == "nt", reason="mode bits are not its rights")
def test_rights(run: Run, accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights of file and folder are told with the command to copy, and the lines beside them."""
    monkeypatch.setattr(guard, "_is_private_group", lambda status: False)
    path = accounts(f"ana:{LOW}")
    path.chmod(0o644)
    path.parent.chmod(0o775)
    done = run("check")
    path.parent.chmod(0o700)
    assert done.code == 78
    assert f"close it: chmod g-w {path.parent}\n" in done.out
    assert f"close it: chmod 600 {path}\n" in done.out
    assert 'line 1: the bcrypt cost of "ana" is 5' in done.out
    assert "problems found: 3" in done.err


def test_not_a_file(run: Run, folder: Path) -> None:
    """No file, a folder in its place, and no folder at all: each is told, exit code 78."""
    done = run("check")
    assert (done.code, "no accounts yet" in done.out) == (78, True)
    (folder / "passwd").mkdir()
    done = run("check")
    assert (done.code, "is not a regular file" in done.out) == (78, True)
    (folder / "config.toml").write_text('[accounts]\nfile = "nowhere/passwd"\n')
    done = run("check")
    assert (done.code, "nowhere: No such file" in done.out) == (78, True)


def test_a_file_that_cannot_be_read(
    run: Run, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be opened is one problem, and no traceback."""
    accounts(f"ana:{HASH}")

    def denied(*args: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "open", denied)
    monkeypatch.setattr(Path, "read_bytes", denied)
    done = run("check")
    assert (done.code, "Permission denied" in done.out) == (78, True)
    assert "problems found: 1" in done.err


def test_operators(run: Run, accounts: Accounts, folder: Path) -> None:
    """An operator of the config whose account is not there, or disabled, is a problem."""
    accounts(f"ana:{HASH}", f"bia:!{HASH}")
    (folder / "config.toml").write_text(
        '[operators.boss]\naccount = "ANA"\n'
        '[operators.deputy]\naccount = "bia"\n'
        '[operators.ghost]\naccount = "cai"\n'
        f'[operators.key]\nhash = "{HASH}"\n'
    )
    done = run("check")
    assert done.code == 65
    assert [line for line in done.out.splitlines() if line.startswith("config")] == [
        'config: operators.deputy: no enabled account "bia"',
        'config: operators.ghost: no enabled account "cai"',
    ]


def test_hostile_names(run: Run, accounts: Accounts) -> None:
    """Nothing in the file reaches the terminal as a control sequence."""
    accounts(f"\x1b]52;c;x\x07\u202e:{HASH}", "\x9b2J")
    done = run("check")
    assert done.code == 65
    for char in "\x1b\x07\x9b\u202e":
        assert char not in done.out + done.err
