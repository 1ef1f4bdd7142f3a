"""Real TLS servers on loopback that write down what reaches them, and certificates of every kind.

A server runs on threads of its own, so that a test sees what another machine would see.
"""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import tempfile
import threading
import warnings
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


def server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    """A server's context for a trustme certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def context_of(
    certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate
) -> ssl.SSLContext:
    """A server's context for a certificate made with `make_certificate`, and what else it sends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
            + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
        )
        context.load_cert_chain(path)
    return context


def make_certificate(
    key: ec.EllipticCurvePrivateKey,
    *,
    subject: str = "localhost",
    issuer: str | None = None,
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
    names: tuple[str, ...] = ("localhost", "127.0.0.1"),
    not_before: datetime.datetime = NOW - DAY,
    not_after: datetime.datetime = NOW + 30 * DAY,
    is_complete: bool = True,
    is_ca: bool = False,
) -> x509.Certificate:
    """A certificate; self-signed without `issuer_key`, without key identifiers if not complete."""
    signer = issuer_key or key
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or subject)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
    if is_ca:
        builder = builder.add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False),
            critical=True,
        )
    if is_complete:
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    return builder.sign(signer, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def new_key() -> ec.EllipticCurvePrivateKey:
    """A P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def old_tls_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    """A server that speaks TLS 1.1 at best."""
    context = server_context(leaf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


class RecordingServer:
    """Accepts connections one by one, shakes hands, and keeps every application byte it gets.

    `context` may be changed between connections. `greeting` is sent after the handshake (or at
    once, without TLS); `hang_up` closes right after accepting.
    """

    def __init__(
        self, context: ssl.SSLContext | None, *, greeting: bytes = b"", hang_up: bool = False
    ) -> None:
        self.context = context
        self.greeting = greeting
        self.hang_up = hang_up
        self.received = b""
        self.handshakes = 0
        self.connections = 0
        self._stopping = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "RecordingServer":
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stopping = True
        with contextlib.suppress(OSError):  # wakes accept()
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while True:
            line, _peer = self._listener.accept()
            if self._stopping:
                line.close()
                return
            self.connections += 1
            line.settimeout(5)
            with contextlib.suppress(OSError), line:
                if not self.hang_up:
                    self._serve(line)

    def _serve(self, line: socket.socket) -> None:
        if self.context is None:
            line.sendall(self.greeting)
            line.recv(65536)
            return
        with self.context.wrap_socket(line, server_side=True) as tls:
            self.handshakes += 1
            tls.sendall(self.greeting)
            while chunk := tls.recv(65536):
                self.received += chunk
