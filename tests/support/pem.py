"""For tests of the server: certificates of any date and key, and TLS handshakes in memory."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.net.tls import TlsError, build_context

NOW = datetime(2026, 11, 20, 23, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def pem_key(key, password=None):
    locked = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        locked or serialization.NoEncryption(),
    )


def pem_cert(key, *, not_before=NOW - DAY, not_after=NOW + 90 * DAY, subject=None, names=()):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject or "chat.lan")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


KEY = ec.generate_private_key(ec.SECP256R1())


class Pair:
    """A certificate and a key in files, valid at NOW."""

    def __init__(self, folder):
        self.cert = folder / "server.pem"
        self.key = folder / "server-key.pem"
        self.write(pem_cert(KEY), pem_key(KEY))

    def write(self, cert=None, key=None):
        if cert is not None:
            self.cert.write_bytes(cert)
        if key is not None:
            self.key.unlink(missing_ok=True)
            self.key.touch(0o600)
            self.key.write_bytes(key)

    def refused(self):
        """The problem with this pair."""
        with pytest.raises(TlsError) as caught:
            build_context(self.cert, self.key, NOW)
        assert caught.value.error == str(caught.value)
        assert caught.value.hint
        return caught.value


class Handshake:
    """A TLS handshake in memory between a server context and a client context."""

    def __init__(self, server_context, client_context, name="chat.lan", session=None):
        a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = server_context.wrap_bio(a, b, server_side=True)
        self.client = client_context.wrap_bio(b, a, server_hostname=name, session=session)

    def run(self):
        waiting = [self.client, self.server]
        for _turn in range(20):
            for side in list(waiting):
                try:
                    side.do_handshake()
                    waiting.remove(side)
                except ssl.SSLWantReadError:
                    pass
            if not waiting:
                return self
        raise AssertionError("the handshake does not end")


def client_context(authority, **settings):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def write_issued(pair, issued):
    pair.write(
        b"".join(blob.bytes() for blob in issued.cert_chain_pems), issued.private_key_pem.bytes()
    )
