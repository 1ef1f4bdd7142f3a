"""Who a server is: its address, the certificate it showed, and the pin of its public key.

Used by `trust`, `failures` and `net`. Every text in a certificate was written by whoever made it,
so it is cleaned here, once, before anything can print it.
"""

import base64
import binascii
import hashlib
import ipaddress
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from irc.sanitise import clean_line

if TYPE_CHECKING:
    from cryptography import x509

DEFAULT_PORT = 6697  # RFC 7194: IRC over TLS

NAME_CHARS_MAX = 80  # one line of a terminal: a longer name is an attack or a mistake
NAMES_SHOWN_MAX = 20

_PIN_PREFIX = "SHA256:"
_PIN_BYTES = 32


class CertificateUnreadable(Exception):
    """The bytes a server sent as its certificate cannot be read as one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a port, as a person wrote them; `str()` is the key in the trust store."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Endpoint":
        """From `host`, `host:port`, `[v6]:port` or a bare IPv6 address. Raises ValueError."""
        host, port = text, str(DEFAULT_PORT)
        if text.startswith("["):
            host, _bracket, rest = text[1:].partition("]")
            port = rest.removeprefix(":") or port
        elif text.count(":") == 1:
            host, _colon, port = text.partition(":")
        if ":" in host and not _is_address(host):
            raise ValueError(text)
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65536:
            raise ValueError(text)
        return cls(host.lower(), int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def tls_name(self) -> str:
        """What the certificate has to be for: the host, without a link-local address's zone."""
        return self.host.partition("%")[0]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Pin:
    """SHA-256 of a public key (its SubjectPublicKeyInfo, DER).

    The key and not the certificate, so that renewing with the same key disturbs nobody.
    """

    digest: bytes

    @classmethod
    def of(cls, public_key_der: bytes) -> "Pin":
        """The pin of a key."""
        return cls(hashlib.sha256(public_key_der).digest())

    @classmethod
    def parse(cls, text: str) -> "Pin":
        """From `SHA256:<base64>`, with or without the prefix, padding and stray spaces.

        Raises:
            ValueError: It is not 32 bytes of base64.
        """
        body = "".join(text.split())
        if body[: len(_PIN_PREFIX)].upper() == _PIN_PREFIX:
            body = body[len(_PIN_PREFIX) :]
        body = body.rstrip("=")
        try:
            digest = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(text) from None
        if len(digest) != _PIN_BYTES:
            raise ValueError(text)
        return cls(digest)

    def __str__(self) -> str:
        return _PIN_PREFIX + base64.b64encode(self.digest).decode("ascii")


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """What a server's certificate says of itself. All texts are safe to print; times are UTC."""

    der: bytes
    pin: Pin
    names: tuple[str, ...]
    issuer: str
    is_self_issued: bool
    not_before: datetime
    not_after: datetime

    def names_text(self) -> str:
        """The names on one line, at most `NAMES_SHOWN_MAX` of them."""
        shown = ", ".join(self.names[:NAMES_SHOWN_MAX])
        more = len(self.names) - NAMES_SHOWN_MAX
        return f"{shown}, … (+{more})" if more > 0 else shown


def read_certificate(der: bytes) -> PeerCertificate:
    """The certificate in `der`, believed in nothing.

    Raises:
        CertificateUnreadable: Not X.509, or of a kind the library does not know.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    try:
        with warnings.catch_warnings():
            # A server could make our terminal show the library's complaints about odd fields.
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            key = certificate.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return PeerCertificate(
                der=der,
                pin=Pin.of(key),
                names=tuple(_names(certificate)),
                issuer=_title(certificate.issuer),
                is_self_issued=certificate.issuer == certificate.subject,
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
            )
    except Exception as error:  # hostile bytes: the library raises a dozen kinds, all mean the same
        raise CertificateUnreadable(str(error)) from error


def _names(certificate: "x509.Certificate") -> Iterable[str]:
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return
    for name in extension.value:
        if isinstance(name, x509.DNSName | x509.IPAddress):
            yield clean_line(str(name.value), NAME_CHARS_MAX)


def _title(name: "x509.Name") -> str:
    """The common name, else the organisation, else the whole as one line."""
    from cryptography.x509.oid import NameOID

    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            return clean_line(str(attribute.value), NAME_CHARS_MAX)
    return clean_line(name.rfc4514_string(), NAME_CHARS_MAX)
