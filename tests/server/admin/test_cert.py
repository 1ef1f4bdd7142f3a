"""chat-admin cert and invite: whose key it is, and codes for somebody new."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from server.accounts.invites import InviteFile

Run = Callable[..., Any]
Accounts = Callable[..., Path]
HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."
PIN = "SHA256:" + "A" * 43 + "="


def test_add_list_remove(run: Run, accounts: Accounts) -> None:
    """A key is added to an account by its fingerprint, shown, and taken away."""
    path = accounts(f"ana:{HASH}", f"bia:!{HASH}")
    done = run("cert", "add", "ANA", PIN)
    assert done.code == 0 and 'can log in as "ana"' in done.err
    assert 'client_ca = "certs/ca.pem"' in done.err
    run("cert", "add", "bia", PIN.replace("AAAA", "BBBB", 1))
    assert run("cert", "list").out.splitlines() == [
        f"{PIN}  ana",
        f"{PIN.replace('AAAA', 'BBBB', 1)}  bia (disabled)",
    ]
    assert json.loads(run("cert", "list", "--json").out)[0] == {
        "name": "ana",
        "key": PIN,
        "disabled": False,
    }
    assert "any more" in run("cert", "remove", "ana", PIN).err
    assert path.read_text().splitlines()[0] == f"ana:{HASH}"
    assert run("cert", "remove", "ana", PIN).code == 65


def test_a_file(run: Run, accounts: Accounts, folder: Path) -> None:
    """The fingerprint of the key in a certificate's file is taken from it, in a file with the key
    as well."""
    accounts(f"ana:{HASH}")
    (folder / "config.toml").write_text(
        (folder / "config.toml").read_text() + '[tls]\nclient_ca = "ca.pem"\n'
    )
    issued = trustme.CA().issue_cert("ana")
    both = folder / "client-ana.pem"
    both.write_bytes(issued.private_key_pem.bytes() + issued.cert_chain_pems[0].bytes())
    done = run("cert", "add", "ana", str(both))
    assert done.code == 0 and "client_ca" not in done.err
    assert run("cert", "add", "ana", str(both)).code == 65


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "eva", PIN), 'no account "eva"'),
        (("add", "ana", "nonsense"), "neither a file nor the fingerprint"),
        (("add", "ana", "config.toml"), "has no certificate in it"),
        (("remove", "ana", PIN), "has no key"),
    ],
)
def test_refusals(run: Run, accounts: Accounts, words: tuple[str, ...], says: str) -> None:
    """What is wrong is said, with exit code 65, and nothing is changed."""
    path = accounts(f"ana:{HASH}")
    done = run("cert", *words)
    assert (done.code, path.read_text()) == (65, f"ana:{HASH}\n")
    assert says in done.err


def test_no_keys(run: Run, accounts: Accounts) -> None:
    """Nothing on standard output where there is nothing."""
    accounts(f"ana:{HASH}")
    done = run("cert", "list")
    assert (done.code, done.out) == (0, "")
    assert "nobody has a key" in done.err


def test_an_unknown_kind_of_key(
    run: Run, accounts: Accounts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate whose key we cannot name is refused."""
    accounts(f"ana:{HASH}")
    (folder / "x.pem").write_bytes(trustme.CA().issue_cert("x").cert_chain_pems[0].bytes())
    monkeypatch.setattr("server.admin.cert.key_pin", lambda _der: "")
    assert "unknown kind" in run("cert", "add", "ana", "x.pem").err


# Invitations.


def test_invite(run: Run, folder: Path) -> None:
    """The code alone is on standard output; what is missing in the config is said."""
    done = run("invite", "--uses", "3", "--days", "2")
    code = done.out.strip()
    assert done.code == 0 and code.count("-") == 4
    assert 'registration = "invite"' in done.err
    (invitation,) = InviteFile(folder / "passwd").load()
    assert invitation.uses == 3
    config = folder / "config.toml"
    text = config.read_text().replace("[accounts]", '[accounts]\nregistration = "invite"')
    config.write_text(text)
    told = run("invite").err
    assert "next: chat-client" in told and "--register NAME" in told
    assert run("invite", "--quiet").err == ""


def test_list_and_remove(run: Run, folder: Path) -> None:
    """Each is listed by the beginning of its digest, and taken back by that or by its code."""
    code = run("invite").out.strip()
    listed = run("invite", "list").out.split()
    assert len(listed) == 3 and listed[1] == "1" and code not in listed
    assert json.loads(run("invite", "list", "--json").out)[0]["name"] == listed[0]
    assert run("invite", "remove").code == 2
    assert run("invite", "remove", listed[0]).code == 0
    assert "there are no invitations" in run("invite", "list").err
    assert run("invite", "remove", code).code == 65


@pytest.mark.parametrize("words", [("--uses", "0"), ("--days", "3651"), ("--uses", "x"), ("foo",)])
def test_mistakes(run: Run, words: tuple[str, ...]) -> None:
    """Numbers out of their range, and unknown verbs, are mistakes of the command line."""
    done = run("invite", *words)
    assert done.code == 2
