"""Certificates of clients: whether they are asked for, and which key one has.

Called by `tls` when it makes a context, and by the door after each handshake. A certificate that
our CA has not signed for clients (extended key usage), or that is not valid now, ends the
handshake: OpenSSL decides that. Whose key it is, the accounts know.
"""

import base64
import hashlib
import ssl
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def ask_clients(context: ssl.SSLContext, ca_pem: bytes) -> bool:
    """Ask clients for a certificate, which they may leave out; whether the CA could be read."""
    try:
        context.load_verify_locations(cadata=ca_pem.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError):
        return False
    # Not CERT_REQUIRED: whoever has a password needs no certificate.
    context.verify_mode = ssl.CERT_OPTIONAL
    return True


def key_pin(der: bytes, now: datetime | None = None) -> str:
    """The fingerprint of the key in a client's certificate, as the accounts keep it; "" for none.

    In the handshake the client has proved that the key is its own. With `now` it is "" also for a
    certificate that is not valid then: a client that resumes a TLS session gets its certificate
    back without a look at it, and may do so for as long as the server runs.
    """
    if not der:
        return ""
    try:
        certificate = x509.load_der_x509_certificate(der)
        if now and not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            return ""
        key = certificate.public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return ""  # a kind of key that we cannot name logs nobody in
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()
