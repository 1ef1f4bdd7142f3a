"""chat-admin list, disable, enable, remove, rename: what they do, say and refuse."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Accounts = Callable[..., Path]
HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."


def test_list(run: Run, accounts: Accounts) -> None:
    """The accounts in the order of the file, with state and cost."""
    accounts("# us", f"ana:{HASH}", f"João:!{HASH}", f"日本:{HASH.replace('12', '04', 1)}")
    done = run("list")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "state     cost  name",
        "enabled     12  ana",
        "disabled    12  João",
        "enabled      4  日本",
    ]


def test_list_as_json(run: Run, accounts: Accounts) -> None:
    """--json is a list for programs, [] where there is no file yet; never a hash in it."""
    assert (run("list", "--json").out, run("list", "--json").err) == ("[]\n", "")
    accounts(f"ana:{HASH}", f"João:!{HASH}")
    done = run("list", "--json")
    assert json.loads(done.out) == [
        {"name": "ana", "disabled": False, "cost": 12},
        {"name": "João", "disabled": True, "cost": 12},
    ]
    assert "$2b$" not in done.out
    assert done.out.isascii()


def test_no_accounts_yet(run: Run) -> None:
    """Without accounts it says so, and how to make one; other verbs say the same as an error."""
    done = run("list")
    assert (done.code, done.out) == (0, "")
    assert "no accounts yet" in done.err
    assert "next: chat-admin add NAME" in done.err
    done = run("disable", "ana")
    assert done.code == 66
    assert "chat-admin: hint: make the first one: chat-admin add NAME" in done.err


def test_disable_and_enable(run: Run, accounts: Accounts) -> None:
    """Both say what is now true and how to undo it; a second time changes nothing."""
    path = accounts(f"Ana:{HASH}")
    done = run("disable", "ana")
    assert (done.code, path.read_text()) == (0, f"Ana:!{HASH}\n")
    assert 'ok: account "Ana" is disabled' in done.err
    assert "next: chat-admin enable Ana" in done.err
    again = run("disable", "ana")
    assert (again.code, path.read_text()) == (0, f"Ana:!{HASH}\n")
    assert "was disabled already" in again.err
    done = run("enable", "ANA")
    assert (done.code, path.read_text()) == (0, f"Ana:{HASH}\n")
    assert 'ok: account "Ana" is enabled' in done.err
    assert "next: chat-client --tls 127.0.0.1 7000 --user Ana" in done.err
    assert "was enabled already" in run("enable", "ana").err


def test_remove_asks_for_the_name(run: Run, accounts: Accounts) -> None:
    """At a terminal the name has to be typed; anything else removes nothing."""
    path = accounts(f"ana:{HASH}", f"João:{HASH}")
    done = run("remove", "ana", stdin=b"yes\n", is_terminal=True)
    assert (done.code, path.read_text().count("\n")) == (1, 2)
    assert "nothing was removed" in done.err
    done = run("remove", "ana", stdin=b"", is_terminal=True)  # Ctrl-D
    assert (done.code, path.read_text().count("\n")) == (130, 2)
    done = run("remove", "JOÃO", stdin="joa\u0303o\n".encode(), is_terminal=True)
    assert done.code == 1  # the name as it is shown, not as it was asked for
    done = run("remove", "joão", stdin=" Joa\u0303o\n".encode(), is_terminal=True)
    assert (done.code, path.read_text()) == (0, f"ana:{HASH}\n")
    assert 'Type the name to remove the account "João": ' in done.err
    assert 'ok: account "João" is removed' in done.err


def test_remove_in_a_script(run: Run, accounts: Accounts) -> None:
    """Without a terminal nothing is removed but with --yes; --no-input never asks."""
    path = accounts(f"ana:{HASH}")
    for words, is_terminal in ((("remove", "ana"), False), (("--no-input", "remove", "ana"), True)):
        done = run(*words, stdin=b"ana\n", is_terminal=is_terminal)
        assert (done.code, path.read_text()) == (2, f"ana:{HASH}\n")
        assert "--yes" in done.err
    assert run("remove", "ana", "--yes").code == 0
    assert path.read_text() == ""


def test_rename(run: Run, accounts: Accounts) -> None:
    """A new name keeps the password; one that is taken or looks so is refused."""
    path = accounts(f"ana:{HASH}", f"bia:!{HASH}")
    done = run("rename", "ANA", "zoe\u0301")
    assert (done.code, path.read_text()) == (0, f"zoé:{HASH}\nbia:!{HASH}\n")
    assert 'ok: account "ana" is now "zoé"' in done.err
    for new_name, error in (
        ("bia", "already exists"),
        ("Bia", "looks like"),
        ("root", "reserved"),
        ("a b", "cannot be the name"),
        ("x" * 33, "cannot be the name"),
    ):
        done = run("rename", "zoé", new_name)
        assert (done.code, error in done.err) == (65, True), new_name
    assert path.read_text() == f"zoé:{HASH}\nbia:!{HASH}\n"


@pytest.mark.parametrize("verb", ["passwd", "disable", "enable", "remove", "rename"])
def test_unknown_name(run: Run, accounts: Accounts, verb: str) -> None:
    """A name that is not there is exit code 65 and "did you mean"."""
    accounts(f"Ana:{HASH}", f"wolfgang:{HASH}")
    words = [verb, "anna", *(["new"] if verb == "rename" else [])]
    done = run(*words)
    assert (done.code, done.out) == (65, "")
    assert done.err == (
        'chat-admin: error: no account "anna"\nchat-admin: hint: did you mean "Ana"?\n'
    )


def test_quiet(run: Run, accounts: Accounts) -> None:
    """--quiet says nothing of success, before or after the verb; errors and results are said."""
    accounts(f"ana:{HASH}")
    for words in (("--quiet", "disable", "ana"), ("enable", "ana", "--quiet")):
        done = run(*words)
        assert (done.code, done.out + done.err) == (0, "")
    assert run("--quiet", "list").out
    assert run("--quiet", "add", "bob", "--generate").out
    assert run("--quiet", "disable", "nobody").err


def test_names_in_commands_are_quoted(run: Run, accounts: Accounts) -> None:
    """A command to copy means one account even where its name has signs of the shell."""
    accounts(f"a`b`:{HASH}", f"x|y:{HASH}")
    assert "next: chat-admin enable 'a`b`'\n" in run("disable", "a`b`").err
    assert "chat-admin passwd 'x|y'\n" in run("add", "x|y", "--generate").err


def test_a_hostile_name_in_an_option(run: Run) -> None:
    """What was typed comes back without its escape sequences."""
    done = run("add", "\x1b]0;owned\x07\u202eana", "--generate")
    assert done.code == 65
    assert not [char for char in done.err.replace("\n", "") if ord(char) < 32 or char == "\u202e"]
