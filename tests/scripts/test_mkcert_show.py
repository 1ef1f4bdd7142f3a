"""mkcert.py show, its help, its refusals of wrong arguments, and where it finds its library."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

import mkcert
import pki

SCRIPTS = Path(mkcert.__file__).parent


def make(*words: str) -> int:
    """Run a verb."""
    return mkcert.main(words)


def expire() -> None:
    """Make the server's certificate one that ended yesterday."""
    paths = pki.Paths(Path("certs"))
    began = pki.now_utc() - timedelta(days=91)
    names = pki.names_of(pki.load_certificate(paths.server))
    leaf = pki.new_leaf(pki.load_authority(paths), names, pki.load_key(paths.server_key), began, 90)
    pki.write_certificate(paths.server, leaf)


def test_show_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: all that is printed for people, the key file and the chain included."""
    make("server", "chat.lan")
    capsys.readouterr()
    assert make("show", "certs/server.pem", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["names"] == ["chat.lan", "localhost", "127.0.0.1", "::1"]
    assert report["days_left"] == 90
    assert report["pin"].startswith("SHA256:")
    assert (report["key_matches"], report["issued_by_ca"]) == (True, True)
    if os.name == "posix":
        assert report["key_mode"] == "0600"


def test_show_tells_what_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    """Another CA, another key, and an end that has passed are said aloud."""
    make("server", "chat.lan")
    make("server", "chat.lan", "--dir", "other")
    expire()
    shutil.copy("other/ca.pem", "certs/ca.pem")
    shutil.copy("other/server-key.pem", "certs/server-key.pem")
    capsys.readouterr()
    assert make("show", "certs/server.pem") == 0
    out = capsys.readouterr().out
    for words in ("EXPIRED", "NOT signed by certs", "does NOT belong"):
        assert words in out


def test_show_never_prints_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever made a certificate chose its text: no escape reaches the terminal (UX.md 5.1)."""
    paths = pki.Paths(Path("certs"))
    authority = pki.new_authority(pki.now_utc())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "\x1b]0;evil\x07\u202e")])
    evil = (
        pki.builder(name, name, authority.key.public_key(), pki.now_utc(), pki.now_utc())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a\x1b[2J")]), critical=False)
        .sign(authority.key, pki.hashes.SHA256())
    )
    pki.write_certificate(paths.server, evil)
    assert make("show", str(paths.server)) == 0
    assert make("show", str(paths.server), "--json") == 0
    out = capsys.readouterr().out
    assert "evil" in out
    assert all(char.isprintable() or char == "\n" for char in out)


def test_show_of_a_running_server(capsys: pytest.CaptureFixture[str]) -> None:
    """HOST:PORT reads the certificate that a server shows, and compares it with our CA."""
    make("server", "chat.lan")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("certs/server.pem", "certs/server-key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as raw, context.wrap_socket(raw, server_side=True) as tls:
                tls.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        capsys.readouterr()
        assert make("show", f"127.0.0.1:{listener.getsockname()[1]}") == 0
        thread.join()
    out = capsys.readouterr().out
    assert pki.pin(pki.load_certificate(Path("certs/server.pem"))) in out
    assert "signed by certs" in out


def test_show_of_a_server_without_tls(capsys: pytest.CaptureFixture[str]) -> None:
    """Plain text on that port is said to be that: exit code 76."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as raw:
                raw.sendall(b"220 this is not TLS\r\n")
                raw.recv(4096)

        thread = threading.Thread(target=serve)
        thread.start()
        assert make("show", f"127.0.0.1:{listener.getsockname()[1]}") == 76
        thread.join()
        port = listener.getsockname()[1]
    assert "does not speak TLS" in capsys.readouterr().err
    assert make("show", f"127.0.0.1:{port}") == 69


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no file"),
        ("nothing", "has no certificate in it"),
        ("key", "is a private key"),
    ],
)
def test_show_of_what_is_no_certificate(
    content: str | None, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file, another file, and the key by mistake each have their sentence."""
    path = Path("x.pem")
    if content == "key":
        pki.write_key(path, pki.new_key())
    elif content:
        path.write_text(content)
    assert make("show", str(path)) == (65 if content else 66)
    assert sentence in capsys.readouterr().err


def test_no_argument_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Five examples, exit code 0 (UX.md 4.2)."""
    assert make() == 0
    out = capsys.readouterr().out
    assert len([line for line in out.splitlines() if line.startswith("  ")]) == 6


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (["serve"], 2, 'did you mean "server"?'),
        (["frobnicate"], 2, "the verbs are: server, client, renew, show, ca"),
        (["server"], 2, "give the names by which people will connect"),
        (["server", "not a host"], 65, '"not a host" is not a host name or IP address'),
        (["server", "chat.lan:6697"], 65, "without scheme, path or port"),
    ],
)
def test_wrong_arguments(
    words: list[str], exit_code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence for what is wrong, one for what to do, and nothing is made."""
    assert make(*words) == exit_code
    assert said in capsys.readouterr().err
    assert not Path("certs").exists()


@pytest.mark.parametrize("text", ["0", "398", "-1", "x", "९"])
def test_days_have_a_limit(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """From 1 to 397 days (what other software accepts of a server's certificate)."""
    with pytest.raises(SystemExit) as stop:
        make("server", "chat.lan", f"--days={text}")
    assert stop.value.code == 2
    assert "from 1 to 397" in capsys.readouterr().err


def test_without_cryptography(tmp_path: Path) -> None:
    """A Python that lacks it gets one sentence with the command, and exit code 69."""
    for name in ("mkcert.py", "pki.py", "receipt.py"):
        shutil.copy(SCRIPTS / name, tmp_path / name)
    command = [sys.executable, "-I", "-S", str(tmp_path / "mkcert.py")]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 69
    assert "pip install cryptography" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_environment_of_the_set_up_is_used(tmp_path: Path) -> None:
    """`python3 scripts/mkcert.py` after the quickstart means the Python that has the library."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPTS / "mkcert.py", tmp_path / "scripts")
    python = tmp_path / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\nexit 7\n')
    python.chmod(0o755)
    script = str(tmp_path / "scripts" / "mkcert.py")
    command = [sys.executable, "-I", "-S", script, "show", "x"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    assert (done.returncode, done.stdout) == (7, f"{script} show x\n")
