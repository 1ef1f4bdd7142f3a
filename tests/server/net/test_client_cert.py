"""Certificates of clients: asked for, never required, and only those that are for clients."""

import base64
import hashlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from server.net.client_cert import key_pin
from server.net.tls import ContextBox, TlsError
from tests.support.pem import Handshake, Pair, client_context, write_issued


@pytest.fixture
def pair(tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir()
    return Pair(folder)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def people():
    """The CA of people's certificates."""
    return trustme.CA()


@pytest.fixture
def box(pair, authority, people, tmp_path):
    """A server that asks for certificates of `people`."""
    write_issued(pair, authority.issue_cert("chat.lan"))
    ca = tmp_path / "people.pem"
    people.cert_pem.write_to_path(ca)
    return ContextBox(pair.cert, pair.key, client_ca=ca)


def shown_by(box, authority, issued=None):
    """What the server knows of a client that shows this, after the handshake and a word."""
    client = client_context(authority)
    if issued is not None:
        issued.configure_cert(client)
    shake = Handshake(box.current(), client).run()
    return shake.server.getpeercert(binary_form=True) or b""


def test_without_a_certificate(box, authority):
    """CERT_OPTIONAL: who has a password needs none."""
    assert box.current().verify_mode == ssl.CERT_OPTIONAL
    assert key_pin(shown_by(box, authority)) == ""


def test_the_fingerprint_of_the_key(box, authority, people):
    """SHA-256 of the public key in base64, as mkcert.py and chat-client print it."""
    issued = people.issue_cert("ana")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    expected = base64.b64encode(hashlib.sha256(spki).digest()).decode()
    assert key_pin(shown_by(box, authority, issued)) == expected


def test_a_resumed_session_is_as_good_as_its_certificate(box, authority, people):
    """It brings the certificate of its first handshake along, whatever the client shows now; but
    not beyond the end of the certificate, at which OpenSSL does not look again."""
    soon = datetime.now(UTC) + timedelta(minutes=1)
    issued = people.issue_cert("ana", not_after=soon)
    client = client_context(authority)
    issued.configure_cert(client)
    first = Handshake(box.current(), client).run()
    first.server.write(b"x")  # with it come the tickets of TLS 1.3
    assert first.client.read(1) == b"x"
    again = Handshake(box.current(), client, session=first.client.session).run()
    assert again.server.session_reused
    der = again.server.getpeercert(binary_form=True)
    assert der == first.server.getpeercert(binary_form=True)
    assert key_pin(der, soon - timedelta(seconds=2))
    assert key_pin(der, soon + timedelta(seconds=2)) == ""
    assert key_pin(der, soon - timedelta(days=20_000)) == ""
    box.reload()  # a new CA is a new context, which knows none of the old one's sessions
    anew = Handshake(box.current(), client, session=first.client.session).run()
    assert not anew.server.session_reused


def test_another_ca(box, authority):
    """A certificate that our CA did not sign ends the handshake."""
    with pytest.raises(ssl.SSLError, match="verify failed"):
        shown_by(box, authority, trustme.CA().issue_cert("ana"))


@pytest.mark.parametrize("junk", [b"", b"x", b"\x30\x00"])
def test_what_is_no_certificate(junk):
    """No key, no fingerprint, and nobody logs in."""
    assert key_pin(junk) == ""


def test_a_key_of_an_unknown_kind(monkeypatch, people):
    """A kind of key that the library cannot name is no key to us."""
    der = x509.load_pem_x509_certificate(
        people.issue_cert("ana").cert_chain_pems[0].bytes()
    ).public_bytes(Encoding.DER)

    def unable(_der):
        raise ValueError("unknown kind")

    monkeypatch.setattr(x509, "load_der_x509_certificate", unable)
    assert key_pin(der) == ""


def test_a_ca_that_cannot_be_used(pair, authority, tmp_path):
    """Missing, or not a certificate: an error with what to do, at the start and on reload."""
    write_issued(pair, authority.issue_cert("chat.lan"))
    missing = tmp_path / "nothing.pem"
    with pytest.raises(TlsError) as caught:
        ContextBox(pair.cert, pair.key, client_ca=missing)
    assert caught.value.reason == "client_ca_missing"
    missing.write_text("hello")
    with pytest.raises(TlsError) as caught:
        ContextBox(pair.cert, pair.key, client_ca=missing)
    assert caught.value.reason == "client_ca_unreadable"
    assert "tls.client_ca" in caught.value.hint


def test_a_new_ca_is_taken(box, authority, tmp_path):
    """Its file is watched like the other two."""
    other = trustme.CA()
    assert not box.has_changed()
    other.cert_pem.write_to_path(tmp_path / "people.pem")
    assert box.has_changed()
    assert box.reload() is None
    assert shown_by(box, authority, other.issue_cert("ana"))
