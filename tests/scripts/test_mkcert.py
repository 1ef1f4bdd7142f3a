"""mkcert.py by its verbs: files, names, renewal, other people's files, sentences and exit codes."""

import os
import shutil
import ssl
import stat
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

import mkcert
import pki

SCRIPTS = Path(mkcert.__file__).parent


def names_in(path: str = "certs/server.pem") -> list[str]:
    """The names of a certificate file."""
    return [str(name.value) for name in pki.names_of(pki.load_certificate(Path(path)))]


def handshake(server_name: str) -> None:
    """Connect a strictly verifying TLS client, with ca.pem alone, to a server with certs/."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain("certs/server.pem", "certs/server-key.pem")
    client_side = ssl.create_default_context(cafile="certs/ca.pem")
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT
    client_side.hostname_checks_common_name = False
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_side.wrap_bio(ours, theirs, server_side=True)
    client = client_side.wrap_bio(theirs, ours, server_hostname=server_name)
    is_done = False
    while not is_done:
        is_done = True
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                is_done = False


def make(*words: str) -> int:
    """Run a verb."""
    return mkcert.main(words)


@pytest.mark.parametrize(
    "name",
    ["chat.lan", "192.168.1.10", "2001:db8::7", "bücher.lan", "localhost", "127.0.0.1", "::1"],
)
def test_strict_client_accepts(name: str) -> None:
    """Each kind of name, and the local ones unasked, pass strict verification (RFC 5280)."""
    assert make("server", "chat.lan", "192.168.1.10", "2001:db8::7", "bücher.lan") == 0
    handshake(name)


def test_strict_client_refuses_another_name() -> None:
    """A name that was not asked for is not in the certificate."""
    make("server", "chat.lan")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake("other.lan")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_accepts_and_agrees() -> None:
    """`openssl verify -x509_strict` passes, and its fingerprint is the one that we print."""
    make("server", "chat.lan")
    verify = [
        "openssl",
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        "certs/ca.pem",
    ]
    subprocess.run([*verify, "certs/server.pem"], check=True, stdout=subprocess.DEVNULL)
    ask = ["openssl", "x509", "-in", "certs/server.pem", "-noout", "-fingerprint", "-sha256"]
    answer = subprocess.run(ask, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    assert answer.split("=")[1] == pki.fingerprint(pki.load_certificate(Path("certs/server.pem")))


def test_extensions() -> None:
    """What UX.md 4.2 lists: identifiers, constraints, usages, life time, backdating, P-256."""
    make("server", "chat.lan")
    authority = pki.load_certificate(Path("certs/ca.pem"))
    leaf = pki.load_certificate(Path("certs/server.pem"))

    def value(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> tuple[object, bool]:
        extension = certificate.extensions.get_extension_for_class(kind)
        return extension.value, extension.critical

    assert value(authority, x509.BasicConstraints) == (x509.BasicConstraints(True, 0), True)
    assert value(leaf, x509.BasicConstraints) == (x509.BasicConstraints(False, None), True)
    usage, is_critical = value(authority, x509.KeyUsage)
    assert is_critical and usage.key_cert_sign and usage.crl_sign and not usage.digital_signature
    usage, is_critical = value(leaf, x509.KeyUsage)
    assert is_critical and usage.digital_signature and not usage.key_cert_sign
    purposes, _ = value(leaf, x509.ExtendedKeyUsage)
    assert list(purposes) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    key_id, _ = value(authority, x509.SubjectKeyIdentifier)
    issuer_id, _ = value(leaf, x509.AuthorityKeyIdentifier)
    assert issuer_id.key_identifier == key_id.digest
    assert value(leaf, x509.SubjectKeyIdentifier)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=90, hours=1)
    assert authority.not_valid_after_utc - authority.not_valid_before_utc == timedelta(
        3650, hours=1
    )
    assert leaf.public_key().curve.name == "secp256r1"


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX thing")
def test_keys_are_never_readable_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key file is 0600 from its first instant, whatever the umask (STYLE.md and UX.md 4.2)."""
    born: dict[str, int] = {}
    real_open = os.open

    def watching_open(path: Path, flags: int, mode: int = 0o777) -> int:
        file = real_open(path, flags, mode)
        born[Path(path).name.split(".")[1]] = stat.S_IMODE(os.fstat(file).st_mode)
        return file

    monkeypatch.setattr(os, "open", watching_open)
    make("server", "chat.lan")
    assert born == {"ca-key": 0o600, "ca": 0o644, "server-key": 0o600, "server": 0o644}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path("certs").iterdir()}
    assert modes == {
        "ca-key.pem": 0o600,
        "ca.pem": 0o644,
        "server-key.pem": 0o600,
        "server.pem": 0o644,
    }


def test_add_keeps_names_and_key(capsys: pytest.CaptureFixture[str]) -> None:
    """--add makes it anew with one name more and the same key, and shows the names before."""
    make("server", "chat.lan")
    key = Path("certs/server-key.pem").read_bytes()
    capsys.readouterr()
    assert make("server", "--add", "10.0.0.7") == 0
    assert names_in() == ["chat.lan", "localhost", "127.0.0.1", "::1", "10.0.0.7"]
    assert Path("certs/server-key.pem").read_bytes() == key
    out = capsys.readouterr().out
    assert "names before        chat.lan, localhost, 127.0.0.1, ::1" in out


def test_server_again_replaces_the_names() -> None:
    """New names instead of the old ones, when no --add asks to keep them."""
    make("server", "chat.lan")
    make("server", "other.lan", "--days", "7")
    assert names_in() == ["other.lan", "localhost", "127.0.0.1", "::1"]
    leaf = pki.load_certificate(Path("certs/server.pem"))
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=7, hours=1)


def test_receipt_ends_with_the_client_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Each run says what to give to whom, and what they type (UX.md 0.7)."""
    make("server", "chat.lan")
    out = capsys.readouterr().out
    assert "certs/ca.pem (never ca-key.pem)" in out
    assert "chat-client --tls chat.lan 6697 --ca ca.pem" in out
    assert pki.pin(pki.load_certificate(Path("certs/server.pem"))) in out
    assert pki.pin(pki.load_certificate(Path("certs/ca.pem"))) in out


def test_idn_is_shown_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    """The certificate has the punycode; a person sees the letters beside it (UX.md 4.2)."""
    make("server", "bücher.lan")
    assert "xn--bcher-kva.lan (bücher.lan)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (["*.chat.lan"], "one level only: not for chat.lan, nor for a.b.chat.lan"),
        (["*.lan"], "a whole top level"),
        (["localhost"], "nobody can connect from another machine"),
    ],
)
def test_warnings(words: list[str], warning: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Names that will not do what one hopes get a warning, and the certificate all the same."""
    assert make("server", *words) == 0
    assert warning in capsys.readouterr().err


def age(days_left: float) -> None:
    """Make the server's certificate one that has this many days left of 90."""
    paths = pki.Paths(Path("certs"))
    old = pki.load_certificate(paths.server)
    began = pki.now_utc() - timedelta(days=90 - days_left)
    key = pki.load_key(paths.server_key)
    leaf = pki.new_leaf(pki.load_authority(paths), pki.names_of(old), key, began, 90)
    pki.write_certificate(paths.server, leaf)


def test_renew_waits(capsys: pytest.CaptureFixture[str]) -> None:
    """With more than 30 days left nothing is written, so that cron may run it daily."""
    make("server", "chat.lan")
    age(31)
    before = {path: path.read_bytes() for path in Path("certs").iterdir()}
    capsys.readouterr()
    assert make("renew") == 0
    assert {path: path.read_bytes() for path in Path("certs").iterdir()} == before
    assert (
        capsys.readouterr().out == "nothing to do: 31 days left (--force to renew all the same)\n"
    )


@pytest.mark.parametrize("days_left", [30, -2])
def test_renew_keeps_names_and_key(days_left: int) -> None:
    """At 30 days, and after the end, the same names and key go on for as long as before."""
    make("server", "chat.lan", "10.0.0.7")
    names, key = names_in(), Path("certs/server-key.pem").read_bytes()
    age(days_left)
    assert make("renew") == 0
    leaf = pki.load_certificate(Path("certs/server.pem"))
    assert pki.days_left(leaf, pki.now_utc()) == 90
    assert (names_in(), Path("certs/server-key.pem").read_bytes()) == (names, key)
    handshake("chat.lan")


def test_renew_with_a_new_key(capsys: pytest.CaptureFixture[str]) -> None:
    """--new-key changes the pin, and says so; --force does it before its time."""
    make("server", "chat.lan")
    before = pki.pin(pki.load_certificate(Path("certs/server.pem")))
    assert make("renew", "--new-key", "--force") == 0
    after = pki.pin(pki.load_certificate(Path("certs/server.pem")))
    assert after != before
    assert "trust this one anew" in capsys.readouterr().err
    handshake("chat.lan")


def test_renew_without_a_certificate(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to renew: exit code 66 and what to run instead."""
    assert make("renew") == 66
    assert "server NAME..." in capsys.readouterr().err


def foreign() -> dict[Path, bytes]:
    """Someone else's certificate in the place of ours."""
    make("server", "bank.example", "--dir", "elsewhere")
    Path("certs").mkdir()
    for name in ("server.pem", "server-key.pem"):
        shutil.copy(Path("elsewhere", name), Path("certs", name))
    return {path: path.read_bytes() for path in sorted(Path("certs").iterdir())}


@pytest.mark.parametrize("has_ca", [False, True])
@pytest.mark.parametrize("words", [["server", "chat.lan"], ["renew", "--force"]])
def test_foreign_certificates_stay(
    words: list[str], has_ca: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A certificate that our CA did not sign is not touched: exit code 73 (UX.md 4.2)."""
    before = foreign()
    if has_ca:
        make("ca")
    assert make(*words) == 73
    assert "was not made by the CA in certs" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in before} == before


def test_force_sets_foreign_files_aside() -> None:
    """--force makes ours, and what was there is beside it under another name."""
    before = foreign()
    Path("certs/server.pem.old").write_text("older still")
    assert make("server", "chat.lan", "--force") == 0
    assert Path("certs/server.pem.old").read_text() == "older still"
    assert Path("certs/server.pem.old1").read_bytes() == before[Path("certs/server.pem")]
    assert Path("certs/server-key.pem.old").read_bytes() == before[Path("certs/server-key.pem")]
    handshake("chat.lan")


def test_a_key_that_is_there_is_kept() -> None:
    """A key without a certificate (a run that was cut short) is used, never overwritten."""
    make("server", "chat.lan")
    key = Path("certs/server-key.pem").read_bytes()
    Path("certs/server.pem").unlink()
    assert make("server", "chat.lan") == 0
    assert Path("certs/server-key.pem").read_bytes() == key


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX thing")
def test_an_open_key_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    """A key that others could read is closed to them, with a word about what that may mean."""
    make("server", "chat.lan")
    Path("certs/server-key.pem").chmod(0o644)
    make("server", "--add", "b.lan")
    assert stat.S_IMODE(Path("certs/server-key.pem").stat().st_mode) == 0o600
    assert "could be read by others" in capsys.readouterr().err


def test_broken_authorities(capsys: pytest.CaptureFixture[str]) -> None:
    """A CA without its key, or with another's, cannot sign; neither is overwritten."""
    make("ca")
    key = Path("certs/ca-key.pem").read_bytes()
    Path("certs/ca-key.pem").unlink()
    assert make("server", "chat.lan") == 66
    assert "certs/ca-key.pem is missing" in capsys.readouterr().err
    make("ca", "--dir", "other")
    shutil.copy("other/ca-key.pem", "certs/ca-key.pem")
    assert make("server", "chat.lan") == 65
    assert "does not belong to" in capsys.readouterr().err
    Path("certs/ca-key.pem").write_bytes(key)
    assert make("server", "chat.lan") == 0


def expiring_authority(days_left: int) -> None:
    """A CA in certs/ that has this many days left."""
    paths = pki.Paths(Path("certs"))
    authority = pki.new_authority(pki.now_utc() - timedelta(days=pki.CA_DAYS - days_left))
    pki.write_key(paths.ca_key, authority.key)
    pki.write_certificate(paths.ca, authority.certificate)


def test_an_expired_authority_signs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """What it signed would be refused by everybody: exit code 65 and what to do."""
    expiring_authority(-1)
    assert make("server", "chat.lan") == 65
    assert "has expired" in capsys.readouterr().err
    assert not Path("certs/server.pem").exists()


def test_a_leaf_does_not_outlive_its_authority(capsys: pytest.CaptureFixture[str]) -> None:
    """The certificate ends with the CA, and a warning says that this is near."""
    expiring_authority(40)
    assert make("server", "chat.lan") == 0
    assert "the CA expires in 40 days" in capsys.readouterr().err
    leaf = pki.load_certificate(Path("certs/server.pem"))
    assert (
        leaf.not_valid_after_utc == pki.load_certificate(Path("certs/ca.pem")).not_valid_after_utc
    )


def test_ca_shows_the_one_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A second `ca` changes nothing and prints the same fingerprint."""
    make("ca")
    content = Path("certs/ca.pem").read_bytes()
    assert make("ca") == 0
    assert Path("certs/ca.pem").read_bytes() == content
    shown = pki.pin(pki.load_certificate(Path("certs/ca.pem")))
    assert capsys.readouterr().out.count(shown) == 2


def test_a_folder_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 73 and the reason, and no half of a file stays."""
    Path("certs").write_text("a file where the folder should be")
    assert make("server", "chat.lan") == 73
    assert "cannot be written" in capsys.readouterr().err


def test_a_failed_write_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the middle: the old certificate is still whole, and nothing lies about."""
    make("server", "chat.lan")
    before = sorted(path.name for path in Path("certs").iterdir())
    content = Path("certs/server.pem").read_bytes()

    def full(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert make("server", "--add", "b.lan") == 73
    assert sorted(path.name for path in Path("certs").iterdir()) == before
    assert Path("certs/server.pem").read_bytes() == content
