"""chat-admin add and passwd: where the password comes from, and that it stays secret."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.accounts.passwd import PasswordFile
from server.accounts.passwords import PASSWORD_BYTES_MAX, Secret, bcrypt_check, bcrypt_input
from server.admin import ask

Run = Callable[..., Any]
STRONG = "correct horse battery staple"


def fits(path: Path, name: str, password: str) -> bool:
    account = PasswordFile(path).load().get(name)
    assert account is not None
    return bcrypt_check(bcrypt_input(Secret(password)), account.hash)


def test_add_at_a_terminal(run: Run, folder: Path) -> None:
    """The password is asked for twice; then what is now true and the next command are said."""
    done = run("add", "ana", typed=[STRONG, STRONG])
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        'ok: account "ana" created; it can log in now',
        "   next: chat-client --tls 127.0.0.1 7000 --user ana",
    ]
    assert fits(folder / "passwd", "ana", STRONG)
    assert PasswordFile(folder / "passwd").load().costs == (4,)  # accounts.bcrypt_cost


def test_weak_and_mistyped_ones_are_asked_again(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A weak, an impossible or a mistyped password is asked for again, with the reason."""
    done = run("add", "ana", typed=["password", "", "a\0b", STRONG, "other", STRONG, STRONG])
    assert done.code == 0
    reasons = [line.strip() for line in done.err.splitlines()[:4]]
    assert reasons[0].startswith("weak: This is a top-10 common password.")
    assert reasons[1:] == [
        "the password is empty",
        "the password contains a NUL character",
        "the two are not the same",
    ]
    assert fits(folder / "passwd", "ana", STRONG)


def test_a_terminal_that_answers_by_itself(run: Run, folder: Path) -> None:
    """After some tries it ends, without an account."""
    done = run("add", "ana", typed=["password"] * 100)
    assert done.code == 65
    assert done.err.count("weak:") == ask.TRIES_MAX
    assert "chat-admin: error: no password was set\nchat-admin: hint: four words" in done.err
    assert not (folder / "passwd").exists()


def test_weak_on_purpose(run: Run, folder: Path) -> None:
    """--allow-weak still says that it is weak."""
    done = run("add", "ana", "--allow-weak", typed=["password", "password"])
    assert done.code == 0
    assert "weak:" in done.err
    assert fits(folder / "passwd", "ana", "password")


def test_giving_up(run: Run, folder: Path) -> None:
    """Ctrl-C at the prompt is exit code 130 and no account."""
    done = run("add", "ana", typed=[STRONG])
    assert (done.code, done.err.splitlines()[-1]) == (130, "chat-admin: error: interrupted")
    assert not (folder / "passwd").exists()


@pytest.mark.parametrize(
    ("words", "error"),
    [((), "there is no terminal"), (("--no-input",), "--no-input forbids to ask")],
)
def test_nobody_to_ask(run: Run, words: tuple[str, ...], error: str) -> None:
    """Without a terminal, or told not to ask, it says which options a script uses."""
    done = run("add", "ana", *words)
    assert done.code == 2
    assert error in done.err
    assert "--password-stdin" in done.err
    assert "--generate" in done.err


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
def test_from_standard_input(run: Run, folder: Path, end: bytes) -> None:
    """--password-stdin takes one line; the line's end is no part of the password."""
    done = run("add", "ana", "--password-stdin", stdin=STRONG.encode() + end)
    assert (done.code, done.out) == (0, "")
    assert fits(folder / "passwd", "ana", STRONG)


@pytest.mark.parametrize(
    "password", ["x" * 71, "x" * 72, "x" * 73, "x" * 71 + "é", " pass  word 12 "]
)
def test_lengths_and_blanks(run: Run, folder: Path, password: str) -> None:
    """Long passwords and those with blanks around them are taken as they are."""
    assert run("add", "ana", "--password-stdin", stdin=password.encode() + b"\n").code == 0
    assert fits(folder / "passwd", "ana", password)


@pytest.mark.parametrize(
    ("stdin", "error"),
    [
        (b"", "the password is empty"),
        (b"\n", "the password is empty"),
        (b"password\n", "the password is weak: This is a top-10 common password."),
        (b"one two three four\nfive six\n", "more than one line"),
        (b"correct horse\0battery", "contains a NUL"),
        (b"correct horse battery \xff", "not UTF-8"),
        (b"x" * (PASSWORD_BYTES_MAX + 1), "longer than 1000 bytes"),
        (b"x" * 1_000_000, "longer than 1000 bytes"),
    ],
)
def test_refused_from_standard_input(run: Run, folder: Path, stdin: bytes, error: str) -> None:
    """What cannot be asked for again is exit code 65, with the reason, and no account."""
    done = run("add", "ana", "--password-stdin", stdin=stdin)
    assert done.code == 65
    assert done.err.startswith("chat-admin: error: ")
    assert error in done.err
    assert not (folder / "passwd").exists()


def test_weak_from_standard_input_on_purpose(run: Run, folder: Path) -> None:
    """--allow-weak is for scripts and tests."""
    assert run("add", "ana", "--password-stdin", "--allow-weak", stdin=b"x").code == 0
    assert fits(folder / "passwd", "ana", "x")


@pytest.mark.parametrize("verb", ["add", "passwd"])
def test_generated(run: Run, folder: Path, accounts: Callable[..., Path], verb: str) -> None:
    """--generate prints the password alone on stdout, once, and it works."""
    if verb == "passwd":
        run("add", "ana", "--password-stdin", stdin=STRONG.encode())
    done = run(verb, "ana", "--generate")
    assert done.code == 0
    assert re.fullmatch(r"([a-hjkmnp-z]{4}-){4}[a-hjkmnp-z]{4}\n", done.out)
    assert done.out.strip() not in done.err
    assert fits(folder / "passwd", "ana", done.out.strip())
    assert run(verb, "bob" if verb == "add" else "ana", "--generate").out != done.out


def test_generated_ones_have_80_bits() -> None:
    """What is generated cannot be guessed even with the hash in hand, and can be read aloud."""
    assert len(ask.LETTERS) ** (ask.GROUPS * ask.GROUP_CHARS) > 2**80
    assert len(set(ask.LETTERS)) == len(ask.LETTERS)
    assert len({ask.generate_password() for _ in range(100)}) == 100


def test_one_source_only(run: Run) -> None:
    """--generate and --password-stdin exclude each other."""
    assert run("add", "ana", "--generate", "--password-stdin").code == 2


def test_passwd(run: Run, folder: Path) -> None:
    """passwd replaces the password, in any spelling of the name, and says what comes next."""
    run("add", "Ana", "--password-stdin", stdin=STRONG.encode())
    done = run("passwd", "ana", typed=["another good one", "another good one"])
    assert done.code == 0
    assert 'ok: account "Ana" has a new password' in done.err
    assert "next: chat-client --tls 127.0.0.1 7000 --user Ana" in done.err
    assert fits(folder / "passwd", "Ana", "another good one")


def test_passwd_of_a_disabled_account(run: Run, folder: Path) -> None:
    """A new password does not let a disabled account in by the way, and that is said."""
    run("add", "ana", "--password-stdin", stdin=STRONG.encode())
    run("disable", "ana")
    done = run("passwd", "ana", "--password-stdin", stdin=b"another good one")
    assert "it is still disabled\n   next: chat-admin enable ana" in done.err
    assert PasswordFile(folder / "passwd").load().by_key["ana"].disabled  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("add", "ana"), 'account "ana" already exists'),
        (("add", "ANA"), '"ANA" looks like the existing account "ana"'),
        (("add", "1a"), '"1a" cannot be the name'),
        (("add", "nickserv"), '"nickserv" is reserved'),
        (("add", "x" * 33), f'"{"x" * 33}" cannot be the name'),
        (("passwd", "anna"), 'no account "anna"'),
    ],
)
def test_names_are_looked_up_first(
    run: Run, accounts: Callable[..., Path], words: tuple[str, ...], error: str
) -> None:
    """Nobody types a password twice to hear that the name is taken."""
    accounts("ana:$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123.")
    done = run(*words, typed=[])  # a prompt would end in Ctrl-C, 130
    assert done.code == 65
    assert f"chat-admin: error: {error}" in done.err
    assert "chat-admin: hint: " in done.err


def test_a_decomposed_name(run: Run, folder: Path) -> None:
    """A name typed with a separate accent, as on some keyboards, is the composed one."""
    assert run("add", "joa\u0303o", "--generate").code == 0
    assert [account.name for account in PasswordFile(folder / "passwd").load()] == ["joão"]


def test_the_password_is_nowhere(run: Run, folder: Path) -> None:
    """No file, no output and no error has the password in it."""
    canary = "canary sings at dawn"
    for words in (("add", "ana"), ("add", "ana"), ("passwd", "ana"), ("passwd", "nobody")):
        done = run(*words, "--password-stdin", stdin=canary.encode())
        assert "canary" not in done.out + done.err
    for path in folder.rglob("*"):
        assert b"canary" not in path.read_bytes()
