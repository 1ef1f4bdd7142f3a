"""X.509 for a private chat: names, a CA, a server's certificate, and their files.

The part of mkcert.py that decides and writes; it prints nothing. Needs `cryptography` alone. The
certificates hold what strict verification asks for (RFC 5280; Python's default since 3.13, and our
client's on every Python): key identifiers on both, BasicConstraints and KeyUsage critical, extended
key usage serverAuth, names in subjectAltName.

    CertError(sentence, hint, exit_code)
"""

import base64
import contextlib
import getpass
import hashlib
import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from gettext import gettext as _
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

EX_DATAERR, EX_NOINPUT, EX_CANTCREAT = 65, 66, 73

CA_DAYS = 3650
LEAF_DAYS = 90
LEAF_DAYS_MAX = 397  # what browsers and some libraries accept of a server (CA/Browser Forum)
RENEW_DAYS = 30  # a renewal before this many days are left does nothing
BACKDATE = timedelta(hours=1)  # clocks differ: a new certificate must be valid on a slow one
COMMON_NAME_CHARS_MAX = 64  # X.520 ub-common-name; a longer one is refused by parsers

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

Name = x509.DNSName | x509.IPAddress
SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class CertError(Exception):
    """What went wrong in one sentence, what to do in another, and the exit code (sysexits)."""

    def __init__(self, sentence: str, hint: str = "", exit_code: int = EX_DATAERR) -> None:
        super().__init__(sentence)
        self.hint = hint
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that can sign: its certificate and its key."""

    certificate: x509.Certificate
    key: SigningKey


@dataclass(frozen=True, slots=True)
class Paths:
    """The four files in a folder of certificates."""

    folder: Path

    @property
    def ca(self) -> Path:
        """The CA's certificate: for everybody who joins."""
        return self.folder / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """The CA's key: for nobody."""
        return self.folder / "ca-key.pem"

    @property
    def server(self) -> Path:
        """The server's certificate alone: whoever checks it has ca.pem, and nothing is between."""
        return self.folder / "server.pem"

    @property
    def server_key(self) -> Path:
        """The server's key."""
        return self.folder / "server-key.pem"


def parse_name(text: str) -> Name:
    """The name as a certificate holds it: an address, or a host name in its ASCII form (punycode).

    Raises CertError for what no client could connect to.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if "%" in bare:
        raise bad_name(text, _("an address with a zone (%) means something on this machine only"))
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(bare)
        if address.is_unspecified or address.is_multicast:
            raise bad_name(text, _("nobody can connect to this address; give the machine's own"))
        return x509.IPAddress(address)
    if re.search(r"[/@]|:\d*$", text):
        raise bad_name(text, _("give the name alone, without scheme, path or port"))
    try:
        # The same encoding (IDNA 2003) with which Python's ssl and socket ask for the name.
        ascii_name = text.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise bad_name(text) from None
    labels = ascii_name.removeprefix("*.").split(".")
    # The underscore is no host name's by RFC 1123, but the names of some real machines have it.
    is_host = all(re.fullmatch(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", label) for label in labels)
    if not is_host or len(ascii_name) > 253 or labels[-1].isdigit():
        raise bad_name(text)
    return x509.DNSName(ascii_name)


def bad_name(text: str, hint: str = "") -> CertError:
    """The error for what is neither a host name nor an address."""
    shown = printable(text)
    return CertError(_('"{name}" is not a host name or IP address').format(name=shown), hint)


def union(*groups: Iterable[Name]) -> list[Name]:
    """All names in their order, each once."""
    return list(dict.fromkeys(name for group in groups for name in group))


def names_of(certificate: x509.Certificate) -> list[Name]:
    """The DNS names and addresses that a certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [name for name in found if isinstance(name, x509.DNSName | x509.IPAddress)]


def new_key() -> SigningKey:
    """A fresh P-256 key: small, fast, and known to every TLS library."""
    return ec.generate_private_key(ec.SECP256R1())


def subject(common_name: str) -> x509.Name:
    """A subject; the client shows the common name of the issuer."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tlschat"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:COMMON_NAME_CHARS_MAX]),
        ]
    )


def new_authority(now: datetime) -> Authority:
    """A CA for ten years, named after who made it, so that people can tell theirs from others.

    It has no name constraints: a name added later would need a new CA on every user's machine.
    """
    try:
        owner = f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):  # a user id without a name, as in some containers
        owner = socket.gethostname()
    key = new_key()
    name = subject(f"tlschat private CA ({owner})")
    certificate = (
        builder(name, name, key.public_key(), now, now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(is_ca=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def key_usage(*, is_ca: bool) -> x509.KeyUsage:
    """What the key may do: sign certificates, or sign handshakes. P-256 needs no more than that."""
    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def new_leaf(
    authority: Authority, names: Sequence[Name], key: SigningKey, now: datetime, days: int
) -> x509.Certificate:
    """The server's certificate for these names; it never outlives the CA."""
    issuer = authority.certificate
    title = next(
        (str(n.value) for n in names if len(str(n.value)) <= COMMON_NAME_CHARS_MAX), "chat"
    )
    not_after = min(now + timedelta(days=days), issuer.not_valid_after_utc)
    return (
        builder(subject(title), issuer.subject, key.public_key(), now, not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(is_ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(authority_id(issuer), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def authority_id(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """How a leaf names its issuer's key. Without it Python 3.13 refuses the leaf (code 85)."""
    try:
        found = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:  # a CA made by another tool
        key = issuer.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def builder(
    subject_name: x509.Name,
    issuer_name: x509.Name,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    now: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    """What both kinds of certificate have in common."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject_name)
        .issuer_name(issuer_name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether this CA's name and signature are on the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, ValueError):  # another key, or kind of key, or name
        return False
    return True


def public_bytes(key: PublicKeyTypes) -> bytes:
    """The key as SubjectPublicKeyInfo: what a pin is a digest of, and what tells keys apart."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.DER, form)


def pin(certificate: x509.Certificate) -> str:
    """The public key as chat-client pins it; it stays the same over renewals with the same key."""
    digest = hashlib.sha256(public_bytes(certificate.public_key())).digest()
    return "SHA256:" + base64.b64encode(digest).decode("ascii")


def fingerprint(certificate: x509.Certificate) -> str:
    """The SHA-256 of the whole certificate, as `openssl x509 -fingerprint -sha256` prints it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Days until it expires, a day that has begun counted whole; 0 or less when it has."""
    return -((now - certificate.not_valid_after_utc) // timedelta(days=1))


def load_certificate(path: Path) -> x509.Certificate:
    """The first certificate in a PEM file. Raises CertError."""
    content = read(path)
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError:
        if b"PRIVATE KEY-----" in content:
            raise CertError(
                _("{path} is a private key, not a certificate").format(path=path)
            ) from None
        raise CertError(_("{path} has no certificate in it").format(path=path)) from None


def load_key(path: Path) -> SigningKey:
    """The private key in a PEM file: EC or RSA, not encrypted. Raises CertError."""
    content = read(path)
    try:
        key: PrivateKeyTypes = serialization.load_pem_private_key(content, password=None)
    except TypeError:
        raise CertError(_("{path} is protected by a password").format(path=path)) from None
    except Exception:  # not PEM, not a key, or of a kind that the library has no support for
        raise CertError(_("{path} has no private key in it").format(path=path)) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CertError(_("{path} is neither an EC nor an RSA key").format(path=path))
    return key


def load_authority(paths: Paths) -> Authority:
    """The CA in this folder. Raises CertError, also when the two files do not belong together."""
    for path in (paths.ca, paths.ca_key):
        if not path.exists():
            raise CertError(
                _("{path} is missing").format(path=path),
                _("only the CA's certificate and key together can sign; put the file back"),
                EX_NOINPUT,
            )
    authority = Authority(load_certificate(paths.ca), load_key(paths.ca_key))
    theirs = public_bytes(authority.certificate.public_key())
    if theirs != public_bytes(authority.key.public_key()):
        raise CertError(
            _("{key} does not belong to {ca}").format(key=paths.ca_key, ca=paths.ca),
            _("put the right one back, or take both away to make a new CA"),
        )
    return authority


def read(path: Path) -> bytes:
    """The content of a file. Raises CertError."""
    try:
        return path.read_bytes()
    except OSError as problem:
        reason = problem.strerror or str(problem)
        sentence = _("{path} cannot be read: {reason}").format(path=path, reason=reason)
        raise CertError(sentence, exit_code=EX_NOINPUT) from None


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    """Put the certificate in its place at once; everybody may read it."""
    replace(path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def write_key(path: Path, key: SigningKey) -> None:
    """Put the key in its place at once; never, not for an instant, may others read it."""
    form = serialization.PrivateFormat.PKCS8
    content = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    replace(path, content, 0o600)


def replace(path: Path, content: bytes, mode: int) -> None:
    """Write a new file and rename it over the old one: readers see the one or the other, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(new, flags, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def set_aside(path: Path) -> Path:
    """Rename what is not ours to a free name beside it, so that it is never lost."""
    numbers = iter(range(1, 1000))
    aside = path.with_name(path.name + ".old")
    while aside.exists():
        aside = path.with_name(f"{path.name}.old{next(numbers)}")
    path.rename(aside)
    return aside


def printable(text: str) -> str:
    """The text without what could steer a terminal: whoever made a certificate chose its text."""
    return "".join(char if char.isprintable() else "\ufffd" for char in text)


def now_utc() -> datetime:
    """The time, in whole seconds as certificates have it."""
    return datetime.now(UTC).replace(microsecond=0)
