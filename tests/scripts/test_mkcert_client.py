"""mkcert.py client: a certificate with which one person logs in, and nothing else."""

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import mkcert
import pki

CLIENT = Path("certs/client-ana.pem")


def make(*words: str) -> int:
    """Run a verb."""
    return mkcert.main(words)


@pytest.fixture(autouse=True)
def authority() -> None:
    """A CA and a server's certificate, in a folder of the test's own."""
    assert make("server", "chat.lan") == 0


def test_one_file_for_its_owner() -> None:
    """Certificate and key in one file that nobody else can read; signed by the CA, for clients
    only, and named after the account."""
    assert make("client", "ana") == 0
    assert stat.S_IMODE(CLIENT.stat().st_mode) == 0o600
    certificate = pki.load_certificate(CLIENT)
    ca = pki.load_certificate(Path("certs/ca.pem"))
    assert pki.is_signed_by(certificate, ca)
    assert pki.public_bytes(pki.load_key(CLIENT).public_key()) == pki.public_bytes(
        certificate.public_key()
    )
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "ana"
    assert pki.days_left(certificate, pki.now_utc()) == 365
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(CLIENT)  # as WeeChat and chat-client take it


def handshake(pem: Path) -> None:
    """Show it to a server that strictly verifies its clients."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain("certs/server.pem", "certs/server-key.pem")
    server_side.load_verify_locations("certs/ca.pem")
    server_side.verify_mode = ssl.CERT_REQUIRED
    server_side.verify_flags |= ssl.VERIFY_X509_STRICT
    client_side = ssl.create_default_context(cafile="certs/ca.pem")
    client_side.load_cert_chain(pem)
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_side.wrap_bio(ours, theirs, server_side=True)
    client = client_side.wrap_bio(theirs, ours, server_hostname="chat.lan")
    is_done = False
    while not is_done:
        is_done = True
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                is_done = False
    assert server.getpeercert()


def test_servers_take_it_and_no_other() -> None:
    """Strict verification (RFC 5280) takes it of a client; the server's own is not for clients."""
    assert make("client", "ana") == 0
    handshake(CLIENT)
    both = Path("both.pem")
    both.write_bytes(
        Path("certs/server.pem").read_bytes() + Path("certs/server-key.pem").read_bytes()
    )
    with pytest.raises(ssl.SSLError, match="verify failed"):
        handshake(both)


def test_once_more(capsys: pytest.CaptureFixture[str]) -> None:
    """The same key, so that the account need not be told; --new-key makes another."""
    make("client", "ana", "--days", "30")
    first = pki.load_certificate(CLIENT)
    assert "chat-admin cert add ana certs/client-ana.pem" in capsys.readouterr().out
    make("client", "ana")
    second = pki.load_certificate(CLIENT)
    assert pki.pin(first) == pki.pin(second) and first.serial_number != second.serial_number
    assert "knows it already" in capsys.readouterr().out
    make("client", "ana", "--new-key")
    assert pki.pin(pki.load_certificate(CLIENT)) != pki.pin(first)
    assert "cert add" in capsys.readouterr().out


def test_what_people_type(capsys: pytest.CaptureFixture[str]) -> None:
    """The receipt says what to do on the server, and what the person types in each client."""
    make("client", "joão")
    told = capsys.readouterr().out
    for words in (
        "client_ca",
        "chat-client --tls HOST 6697",
        "sasl_mechanism EXTERNAL",
        "tls_cert",
    ):
        assert words in told


@pytest.mark.parametrize("name", ["../etc", "a/b", ".", "", "1ana", "-x", "a b", "x" * 49, "a\n"])
def test_names_that_are_no_accounts(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused with exit code 2, and no file is made."""
    before = sorted(Path("certs").iterdir())
    try:
        assert make("client", "--", name) == 2
    except SystemExit as ended:
        assert ended.code == 2
    assert sorted(Path("certs").iterdir()) == before
    assert "error" in capsys.readouterr().err
