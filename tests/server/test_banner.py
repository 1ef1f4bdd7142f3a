"""server.banner: the facts, the warnings, and commands to join that really fit."""

import io
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server import banner
from server.banner import BoundListener, Facts
from server.config import Operator, default_config
from server.journal import Journal
from server.net.tls import CertificateFacts

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = ("chat.lan", "localhost", "127.0.0.1", "192.168.1.10")


def certificate(names=NAMES, days=90):
    end = NOW + timedelta(days=days)
    return CertificateFacts(names, "chat.lan", "our CA", NOW, end, "AB:CD", "SHA256:x=")


@pytest.fixture
def facts(tmp_path, monkeypatch):
    """A start without anything to warn of, in the folder of the config."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(banner, "_command", lambda name: name)
    return Facts(
        version="1.0",
        pid=7,
        config=default_config(tmp_path),
        accounts=2,
        certificate=certificate(),
        ca=tmp_path / "certs" / "ca.pem",
        files_max=None,
        now=NOW,
    )


def listener(protocol="irc", tls=True, host="*", port=6697):
    return BoundListener(protocol, tls, host, port)


def events(facts):
    return [warning.event for warning in banner.warnings_of(facts)]


def with_config(facts, section, **values):
    changed = replace(getattr(facts.config, section), **values)
    return replace(facts, config=replace(facts.config, **{section: changed}))


# Lines that others read


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (listener(host="127.0.0.1"), "irc tls 127.0.0.1:6697"),
        (listener("simple", host="::1", port=7), "simple tls [::1]:7"),
        (listener(tls=False, host="localhost"), "irc plain localhost:6697"),
        (listener(), "irc tls *:6697"),
    ],
)
def test_a_listener_is_named_for_scripts(bound, text):
    """`listening irc tls 127.0.0.1:6697`, exactly so."""
    assert str(bound) == text


def test_the_screen(facts, capsys, tmp_path):
    """One screen: loaded, certificate, listening, join, stop."""
    banner.print_screen(facts, [listener(), listener("simple", host="127.0.0.1", port=7)])
    assert (
        capsys.readouterr().out
        == f"""\
chat-server 1.0 (pid 7)
  config      {tmp_path}/config.toml
  accounts    {tmp_path}/passwd, 2 accounts
  data        {tmp_path}/data
  certificate chat.lan, localhost, 127.0.0.1, 192.168.1.10
              issued by "our CA", expires 2027-02-18, in 90 days
  fingerprint SHA256:x=

listening irc tls *:6697
listening simple tls 127.0.0.1:7

  join from here       chat-client --tls localhost 6697 --ca certs/ca.pem
  from elsewhere       chat-client --tls chat.lan 6697 --ca certs/ca.pem
  join from here       openssl s_client -quiet -CAfile certs/ca.pem -verify_return_error \
-verify_hostname localhost -connect localhost:7
  stop                 Ctrl-C
"""
    )


def test_check_is_not_read_as_a_start(facts, capsys):
    """Scripts wait for "listening"; --check must not promise it."""
    banner.print_check(facts, [listener()])
    out = capsys.readouterr().out
    assert "would listen irc tls *:6697\n" in out
    assert "listening" not in out


def test_off_a_terminal_each_fact_is_a_log_line(facts, capsys):
    """One structured line per fact, and the listening lines on stdout all the same."""
    written = []
    journal = Journal(write=written.append)
    banner.log_start(replace(facts, accounts=0), [listener(host="::1", port=7)], journal)
    journal.close()
    names = [line.split()[3].decode() for line in written]
    assert names == [
        "starting",
        "config_loaded",
        "accounts_loaded",
        "certificate_loaded",
        "no_accounts",
        "listening",
    ]
    assert b"protocol=irc tls=yes host=::1 port=7" in written[-1]
    assert capsys.readouterr().out == "listening irc tls [::1]:7\n"


def test_a_start_without_tls_has_no_certificate(facts, capsys):
    """Neither a line for it, nor a warning about it."""
    plain = replace(facts, certificate=None, ca=None)
    journal = Journal(write=lambda line: None)
    banner.log_start(plain, [], journal)
    journal.close()
    banner.print_screen(plain, [listener(tls=False, host="127.0.0.1")])
    out = capsys.readouterr().out
    assert "certificate" not in out
    assert "chat-client --no-tls 127.0.0.1 6697\n" in out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_of_another_encoding_is_no_trouble(facts, monkeypatch, encoding):
    """LANG=C: names in other scripts are escaped, and the server starts."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    banner.write_out(["名前"])
    assert raw.getvalue() == b"\\u540d\\u524d\n"


# Warnings


def test_a_good_start_warns_of_nothing(facts):
    """The control of the tests below."""
    assert events(facts) == []


def test_no_accounts_yet(facts, tmp_path):
    """UX 4.1: nobody can log in, and the command that changes it."""
    [warning] = banner.warnings_of(replace(facts, accounts=0))
    assert warning.event == "no_accounts"
    assert warning.text.endswith("chat-admin add ana")
    other = replace(facts.config, path=tmp_path / "etc" / "my chat.toml")
    [warning] = banner.warnings_of(replace(facts, accounts=0, config=other))
    assert warning.text.endswith("chat-admin --config 'etc/my chat.toml' add ana")
    assert events(replace(with_config(facts, "accounts", required=False), accounts=0)) == []


@pytest.mark.parametrize(("cost", "found"), [(4, 1), (9, 1), (10, 0), (12, 0)])
def test_a_low_bcrypt_cost(facts, cost, found):
    """Below 10."""
    warnings = banner.warnings_of(with_config(facts, "accounts", bcrypt_cost=cost))
    assert [warning.event for warning in warnings] == ["bcrypt_cost_low"] * found
    assert all(f"= {cost} " in warning.text for warning in warnings)


def test_a_certificate_that_expires_soon(facts):
    """Below 30 days, with the day, the days and the command."""
    assert events(replace(facts, certificate=certificate(days=30))) == []
    [warning] = banner.warnings_of(replace(facts, certificate=certificate(days=29)))
    assert warning.event == "certificate_expires"
    assert "expires on 2026-12-19, in 29 days" in warning.text
    assert "mkcert.py renew" in warning.text
    assert warning.fields["days"] == 29


def test_a_certificate_without_names(facts):
    """Clients would refuse it, and say so only to people who cannot mend it."""
    assert events(replace(facts, certificate=certificate(()))) == ["certificate_has_no_names"]


@pytest.mark.parametrize(("files", "found"), [(4159, 1), (4160, 0), (None, 0)])
def test_too_few_open_files(facts, files, found):
    """RELIABILITY row 15: RLIMIT_NOFILE at least connections_max + 64."""
    warnings = banner.warnings_of(replace(facts, files_max=files))
    assert [warning.event for warning in warnings] == ["files_max_low"] * found
    assert all("ulimit -n 4160" in warning.text for warning in warnings)


@pytest.mark.skipif(os.name != "posix", reason="file modes")
@pytest.mark.parametrize(
    ("mode", "has_hash", "found"),
    [
        (0o644, False, 0),
        (0o666, False, 1),
        (0o602, False, 1),
        (0o644, True, 1),
        (0o640, True, 0),
        (0o600, True, 0),
    ],
)
def test_a_config_that_others_may_read_or_change(facts, mode, has_hash, found):
    """Who writes it makes operators; who reads an operator's hash may guess it."""
    facts.config.path.touch()
    facts.config.path.chmod(mode)
    operators = {"root": Operator(hash="$2b$12$x") if has_hash else Operator(account="ana")}
    config = replace(facts.config, operators=operators)
    assert events(replace(facts, config=config)) == ["config_too_open"] * found


def test_there_are_no_modes_elsewhere(facts, monkeypatch):
    """On Windows nothing is said about them."""
    facts.config.path.touch()
    facts.config.path.chmod(0o666)
    monkeypatch.setattr(banner.os, "name", "nt")
    assert banner._others_may(facts.config.path) == 0


# How to join


@pytest.mark.parametrize(
    ("names", "host", "here", "away"),
    [
        (NAMES, "*", "localhost", "chat.lan"),
        (("127.0.0.1",), "*", "127.0.0.1", None),
        (("chat.lan",), "*", "chat.lan", "chat.lan"),
        (("*.lan", "chat.lan"), "127.0.0.1", "chat.lan", None),
        (("*.lan",), "0.0.0.0", "localhost", None),
        (NAMES, "192.168.1.10", "192.168.1.10", "chat.lan"),
        (NAMES, "::1", "localhost", None),
        ((), "*", "localhost", None),
    ],
)
def test_the_name_to_join_with_is_in_the_certificate(facts, names, host, here, away):
    """A command that fails on the name would be worse than none."""
    changed = replace(facts, certificate=certificate(names))
    bound = listener(host=host)
    assert banner._name_for_here(changed, bound) == here
    assert banner._name_for_others(changed, bound) == away


def test_a_public_certificate_needs_no_ca(facts):
    """--ca only where the private CA issued it."""
    public = replace(facts, ca=None)
    irc, simple = listener(), listener("simple", host="::1")
    assert banner._join_command(public, irc, "a.org") == "chat-client --tls a.org 6697"
    command = banner._join_command(public, simple, "::1")
    assert command == (
        "openssl s_client -quiet -verify_return_error -verify_ip ::1 -connect [::1]:6697"
    )


def test_a_name_that_a_shell_would_obey_is_quoted(facts):
    """The command is there to be copied; a certificate from elsewhere may name anything."""
    command = banner._join_command(facts, listener(), "a;reboot")
    assert command == "chat-client --tls 'a;reboot' 6697 --ca certs/ca.pem"


def test_without_tls(facts):
    """On loopback: --no-tls, and netcat for the simple protocol."""
    irc, simple = (listener(p, tls=False, host="127.0.0.1") for p in ("irc", "simple"))
    assert banner._join_command(facts, irc, "127.0.0.1") == "chat-client --no-tls 127.0.0.1 6697"
    assert banner._join_command(facts, simple, "127.0.0.1") == "nc 127.0.0.1 6697"
    assert banner._name_for_here(facts, irc) == "127.0.0.1"
    assert banner._name_for_here(facts, listener(tls=False)) == "localhost"


@pytest.mark.parametrize(
    ("tls", "host", "address"),
    [(True, "a.org", "wss://a.org:6697"), (False, "::1", "ws://[::1]:6697")],
)
def test_a_websocket_has_an_address(facts, tls, host, address):
    """What a web client asks for; there is no command to copy."""
    assert banner._join_command(facts, listener("websocket", tls=tls, host=host), host) == address


def test_commands_are_named_so_that_a_shell_finds_them(tmp_path, monkeypatch):
    """In an environment that is not activated, by the path beside this Python."""
    monkeypatch.chdir(tmp_path)
    scripts = tmp_path / ".venv" / "bin"
    scripts.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(scripts / "python"))
    monkeypatch.setenv("PATH", "")
    assert banner._command("chat-client") == "chat-client"
    (scripts / "chat-client").touch(0o755)
    assert banner._command("chat-client") == str(Path(".venv/bin/chat-client"))
    monkeypatch.setenv("PATH", str(scripts))
    assert banner._command("chat-client") == "chat-client"
