"""chat-admin as a command: options, config, exit codes, and what it does not import."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from server.accounts.filelock import locked
from server.accounts.passwd import PasswordFile
from server.admin import say
from server.config import default_config

Run = Callable[..., Any]
Accounts = Callable[..., Path]
HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."
ROOT = str(Path(__file__).resolve().parents[3])


def test_help(run: Run) -> None:
    """--help, and nothing at all, show commands, examples and exit codes."""
    done, bare = run("--help"), run()
    assert (done.code, done.out) == (bare.code, bare.out) == (0, done.out)
    for word in ("add", "check", "examples:", "exit codes:", "--config FILE"):
        assert word in done.out
    assert "--password-stdin" in run("add", "--help").out
    assert run("--version").out.startswith("chat-admin ")


def test_help_imports_nothing_slow() -> None:
    """Help and a mistyped command answer at once: bcrypt, zxcvbn and the config are not loaded."""
    code = (
        "import sys\n"
        "from server.admin.__main__ import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "slow = {'bcrypt', 'zxcvbn', 'tomllib', 'server.config', 'server.accounts.passwd'}\n"
        "print(sorted(slow & set(sys.modules)), file=sys.stderr)\n"
    )
    for word in ("--help", "lst"):
        done = subprocess.run(
            [sys.executable, "-c", code, word],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": ROOT},
        )
        assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("lst",), 'did you mean "list"?'),
        (("ad", "ana"), 'did you mean "add"?'),
        (("add", "ana", "--generat"), 'did you mean "--generate"?'),
    ],
)
def test_did_you_mean(run: Run, words: tuple[str, ...], hint: str) -> None:
    """A mistyped command or option is exit code 2 and a guess."""
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(f"chat-admin: hint: {hint}\n")


def test_no_config(run: Run, folder: Path) -> None:
    """Without a config the hint is quickstart, and --config."""
    (folder / "config.toml").unlink()
    for words in (("list",), ("--config", "config.toml", "list")):
        done = run(*words)
        assert done.code == 78
        assert done.err.startswith(
            f"chat-admin: error: there is no config file {folder / 'config.toml'}\n"
            "chat-admin: hint: python3 scripts/quickstart.py makes one"
        )
        assert "--config FILE" in done.err


def test_the_config_says_where(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config may stand before or after the command; paths in it are relative to it."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(0o700)
    (elsewhere / "my.toml").write_text('[accounts]\nfile = "people"\nbcrypt_cost = 4\n')
    assert run("--config", "elsewhere/my.toml", "add", "ana", "--generate").code == 0
    assert run("add", "bia", "--generate", "--config", "elsewhere/my.toml").code == 0
    assert len(PasswordFile(elsewhere / "people").load()) == 2
    done = run("disable", "ana", "--config", "elsewhere/my.toml")
    assert "next: chat-admin --config elsewhere/my.toml enable ana\n" in done.err


def test_a_bad_config(run: Run, folder: Path) -> None:
    """Every problem of the config is told in the house style, exit code 78."""
    (folder / "config.toml").write_text("[accounts]\nbcrypt_cost = 15\npepper = 'x'\n")
    done = run("list")
    assert done.code == 78
    assert "chat-admin: error: config.toml: accounts.bcrypt_cost = 15: must be" in done.err
    assert "accounts.pepper" in done.err


def test_exit_codes_of_the_file(run: Run, accounts: Accounts, folder: Path) -> None:
    """A bad file is 65, an open one 78, a locked one 75, one that cannot be written 73."""
    path = accounts(f"ana:{HASH}", "oops")
    done = run("list")
    assert done.code == 65
    assert "chat-admin: error: line 2: not of the form name:hash" in done.err
    assert "chat-admin: hint: every problem of the file: chat-admin check" in done.err
    accounts(f"ana:{HASH}")
    path.chmod(0o644)
    done = run("disable", "ana")
    assert done.code == 78
    assert done.err.endswith(f"chat-admin: hint: close it: chmod 600 {path}\n")
    path.chmod(0o600)
    (folder / "passwd.lock").mkdir()
    assert run("disable", "ana").code == 73
    (folder / "passwd.lock").rmdir()


def test_a_locked_file(
    run: Run, accounts: Accounts, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """While another one edits, it is exit code 75: try again."""
    accounts(f"ana:{HASH}")
    monkeypatch.setattr(PasswordFile.__init__, "__defaults__", (0.0,))
    with locked(folder / "passwd.lock", 0.0):
        done = run("disable", "ana")
    assert done.code == 75
    assert "chat-admin: hint: try again in a moment" in done.err


def test_a_reader_that_has_seen_enough(folder: Path, accounts: Accounts) -> None:
    """chat-admin list | head does not end in a traceback."""
    accounts(*(f"user{number}:{HASH}" for number in range(5000)))
    with subprocess.Popen(
        [sys.executable, "-m", "server.admin", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": ROOT},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_how_to_join_without_irc(run: Run, folder: Path) -> None:
    """Where only the simple dialect is spoken, chat-client is not what comes next."""
    (folder / "config.toml").write_text(
        "[accounts]\nbcrypt_cost = 4\n"
        '[[listeners]]\nhost = "127.0.0.1"\nprotocol = "simple"\ntls = false\n'
    )
    done = run("add", "ana", "--generate")
    assert (done.code, "next:" in done.err) == (0, False)


def test_how_to_join(folder: Path) -> None:
    """The command to join has the listener's address and port, and the private CA if there is
    one."""
    (folder / "config.toml").write_text("")
    config = default_config(folder)
    assert say.join_command(config, "ana") == "chat-client --tls localhost 6697 --user ana"
    (folder / "certs").mkdir()
    (folder / "certs" / "ca.pem").touch()
    assert say.join_command(config, "a|b") == (
        "chat-client --tls localhost 6697 --ca certs/ca.pem --user 'a|b'"
    )


def test_how_to_join_with_a_public_certificate(folder: Path) -> None:
    """The private CA may lie beside it still; whoever believed only that one could not join."""
    (folder / "config.toml").write_text("")
    config = default_config(folder)
    own, public = trustme.CA(), trustme.CA()
    config.tls.cert.parent.mkdir()
    own.cert_pem.write_to_path(config.tls.cert.parent / "ca.pem")
    for authority, has_ca in ((own, True), (public, False)):
        authority.issue_cert("chat.lan").cert_chain_pems[0].write_to_path(config.tls.cert)
        assert ("--ca certs/ca.pem" in say.join_command(config, "ana")) == has_ca
