"""chat-admin at a real terminal, and what the operating system must not keep of a password."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.accounts.passwd import PasswordFile
from server.accounts.passwords import Secret, bcrypt_check, bcrypt_input

pty = pytest.importorskip("pty")
resource = pytest.importorskip("resource")

Run = Callable[..., Any]
STRONG = "correct horse battery staple"


def test_no_core_dump(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a password is read, core dumps of the process are switched off."""
    set_to: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (5, 7))
    monkeypatch.setattr(resource, "setrlimit", lambda *arguments: set_to.append(arguments))
    run("add", "ana", "--password-stdin", stdin=STRONG.encode())
    assert set_to == [(resource.RLIMIT_CORE, (0, 7))]


def test_at_a_real_terminal(folder: Path) -> None:
    """On a pseudo-terminal: the prompts come, what is typed is not shown, the account is made."""
    keyboard, terminal = pty.openpty()
    command = [sys.executable, "-m", "server.admin", "add", "ana"]
    root = str(Path(__file__).resolve().parents[3])
    with subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"},
    ) as process:
        os.close(terminal)
        shown = b""
        for prompt in (b'Password for "ana": ', b"Again: "):
            while not shown.endswith(prompt):
                shown += os.read(keyboard, 1000)
            os.write(keyboard, STRONG.encode() + b"\n")
        try:
            while piece := os.read(keyboard, 1000):
                shown += piece
        except OSError:  # on Linux, the end of the terminal
            pass
    os.close(keyboard)
    assert process.returncode == 0, shown
    assert STRONG.encode() not in shown
    assert '✓ account "ana" created'.encode() in shown
    account = PasswordFile(folder / "passwd").load().get("ana")
    assert account is not None
    assert bcrypt_check(bcrypt_input(Secret(STRONG)), account.hash)
