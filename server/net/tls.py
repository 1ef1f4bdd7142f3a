"""The server's certificate, key and SSLContext: checked before use, and replaced as a whole.

Called by the main thread at start and on reload; `ContextBox.current` by the door for each
handshake. Reads two files; opens no socket and logs nothing: a problem is a `TlsError` with its own
sentence.

Theory of operation: a context in use is never touched. Loading a new certificate into a live
SSLContext crashed CPython 3.11, broke a third of the handshakes under way, and after a failed load
left no key at all (measured; see docs/decisions/). So `reload` builds a new context, checks it, and
swaps one reference; handshakes that began with the old context finish with it.
"""

import base64
import hashlib
import os
import ssl
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from gettext import gettext as _
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from irc.sanitise import clean_line
from server.net.client_cert import ask_clients

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""TLS 1.2 suites: forward secret and authenticated only; TLS 1.3 has no others (Mozilla's
intermediate list without its finite-field half)."""

ALPN = "irc"
"""Offered to clients that ask. Python cannot refuse a mismatch (RFC 7301 wants it to), so what
keeps a browser's bytes out of the chat is the first line, which the connection checks."""

WARN_DAYS = (30, 7, 1)
"""Days before expiry from which an operator hears of it, more urgently each time."""

CA_NAME = "ca.pem"
"""What scripts/mkcert.py calls the certificate of the private CA, beside the server's."""

PEM_BYTES_MAX = 1 << 20
"""A chain is a few kilobytes; more is not a certificate."""

_NAME_CHARS_MAX = 200
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

FileStamp = tuple[int, int, int]


class TlsError(Exception):
    """The certificate or key cannot be used.

    `reason` is a fixed English word for logs, `error` the sentence, `hint` what to do about it.
    """

    def __init__(self, reason: str, error: str, hint: str) -> None:
        super().__init__(error)
        self.reason = reason
        self.error = error
        self.hint = hint


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a person wants to know of a certificate. Texts are cleaned: safe to print."""

    names: tuple[str, ...]
    """The DNS names, then the addresses it is for; clients believe nothing else."""
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    fingerprint: str
    """SHA-256 of the whole certificate as `AB:CD:...`, as openssl and browsers show it."""
    pin: str
    """SHA-256 of the public key as `SHA256:base64`: what clients pin; renewal may keep it."""

    def days_left(self, now: datetime) -> int:
        """Days until it expires, one that has begun counted whole; 0 or less when it has."""
        return -((now - self.not_after) // timedelta(days=1))

    def warn_days(self, now: datetime) -> int | None:
        """The smallest of WARN_DAYS that has begun, or None while there is time."""
        left = self.not_after - now
        return min((days for days in WARN_DAYS if left < timedelta(days=days)), default=None)


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def read_facts(cert: Path) -> CertificateFacts:
    """The facts of the first certificate in the file `cert`.

    Raises:
        TlsError: It is missing, unreadable, or no certificate.
    """
    return _facts(_load_certificate(cert))


def issuer_beside(cert: Path) -> Path | None:
    """The private CA's certificate in the same folder, when it issued `cert`; else None.

    It is what people who join need as `--ca`; a certificate of a public CA needs none.
    """
    ca = cert.parent / CA_NAME
    try:
        _load_certificate(cert).verify_directly_issued_by(_load_certificate(ca))
    except (TlsError, ValueError, TypeError, InvalidSignature):
        return None
    return ca


def build_context(
    cert: Path, key: Path, now: datetime, client_ca: Path | None = None
) -> tuple[ssl.SSLContext, CertificateFacts]:
    """A server context with this certificate, after every check that can be made before a client.

    With `client_ca` clients are asked for a certificate and may come without; one that this CA did
    not sign for clients, or that is not valid now, ends the handshake.

    Raises:
        TlsError: The first thing wrong: a file missing or unreadable, the key readable by others or
            owned by a stranger, encrypted or of another certificate, or not the time for it.
    """
    certificate = _load_certificate(cert)
    facts = _facts(certificate)
    _check_time(cert, facts, now)
    _check_mode(key)
    _check_match(certificate.public_key(), cert, key)
    context = _new_context()
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as problem:
        detail = getattr(problem, "reason", None) or str(problem)
        raise TlsError(
            "certificate_refused",
            _("%(cert)s cannot be used: OpenSSL says %(detail)s")
            % {"cert": cert, "detail": clean_line(str(detail), _NAME_CHARS_MAX)},
            _("make a new one: %s") % _mkcert_command(cert),
        ) from None
    if client_ca is not None:
        _ask_clients(context, client_ca)
    return context, facts


def _ask_clients(context: ssl.SSLContext, client_ca: Path) -> None:
    missing = _("there is no CA of clients at %s") % client_ca
    if not ask_clients(context, _read(client_ca, "client_ca_missing", missing)):
        raise TlsError(
            "client_ca_unreadable",
            _("%s has no certificate in it") % client_ca,
            _("tls.client_ca must name the ca.pem of mkcert.py, or be empty"),
        )


class ContextBox:
    """The context for the next handshake, replaced when the files change.

    Any thread may call anything; `current` is one read of a reference and never waits. A reload
    that fails leaves the old context in place.
    """

    def __init__(
        self,
        cert: Path,
        key: Path,
        clock: Callable[[], datetime] = utc_now,
        client_ca: Path | None = None,
    ) -> None:
        """Raises TlsError as `build_context` does."""
        self.cert = cert
        self.key = key
        self._clock = clock
        self._client_ca = client_ca
        self._lock = threading.Lock()
        self._stamps = self._look()
        self._loaded = build_context(cert, key, clock(), client_ca)

    def current(self) -> ssl.SSLContext:
        """The context to begin a handshake with; do not keep it for another."""
        return self._loaded[0]

    @property
    def facts(self) -> CertificateFacts:
        """What `current` shows to clients."""
        return self._loaded[1]

    def has_changed(self) -> bool:
        """Whether a file is another one than at the last attempt, successful or not.

        Not "than what is in use": a bad file is complained about once, not every second.
        """
        return self._look() != self._stamps

    def reload(self) -> TlsError | None:
        """Read both files again; None when they are in use now, else why the old ones still are."""
        with self._lock:
            # Before reading, so that a change while reading is seen as one next time.
            self._stamps = self._look()
            try:
                self._loaded = build_context(self.cert, self.key, self._clock(), self._client_ca)
            except TlsError as error:
                return error
            return None

    def _look(self) -> tuple[FileStamp | None, ...]:
        """Of every file that the context is made of."""
        paths = (self.cert, self.key, *([self._client_ca] if self._client_ca else []))
        return tuple(map(_stamp, paths))


def _stamp(path: Path) -> FileStamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _new_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= (
        ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    )
    context.set_alpn_protocols([ALPN])
    return context


def _no_password() -> str:
    # Without a callback OpenSSL would ask at the terminal, and a service would hang there.
    return ""


def _load_certificate(cert: Path) -> x509.Certificate:
    raw = _read(cert, "certificate_missing", _("there is no server certificate at %s") % cert)
    try:
        return x509.load_pem_x509_certificate(raw)
    except (ValueError, UnsupportedAlgorithm):
        pass
    is_key = b"PRIVATE KEY-----" in raw
    raise TlsError(
        "certificate_unreadable",
        _("%s has no certificate in it") % cert,
        _("it is a private key; are tls.cert and tls.key the wrong way round?")
        if is_key
        else _("it must be a PEM file that begins with -----BEGIN CERTIFICATE-----"),
    )


def _read(path: Path, missing_reason: str, missing: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(PEM_BYTES_MAX)
    except FileNotFoundError:
        hint = _("make one: %s") % _mkcert_command(path)
        raise TlsError(missing_reason, missing, hint) from None
    except PermissionError:
        raise TlsError(
            "file_forbidden",
            _("%s cannot be read by the user that runs chat-server") % path,
            _("copy it to a file of that user, as docs/operations.md does after each renewal"),
        ) from None
    except OSError as problem:
        raise TlsError(
            "file_unreadable",
            _("%(path)s cannot be read: %(why)s") % {"path": path, "why": problem.strerror},
            _("tls.cert and tls.key must name two PEM files"),
        ) from None


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = [str(name) for name in names.get_values_for_type(x509.DNSName)]
        addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    except (x509.ExtensionNotFound, ValueError):
        hosts, addresses = [], []
    digest = certificate.fingerprint(hashes.SHA256())
    return CertificateFacts(
        names=tuple(clean_line(name, _NAME_CHARS_MAX) for name in (*hosts, *addresses)),
        subject=_display_name(certificate.subject),
        issuer=_display_name(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint=digest.hex(":").upper(),
        pin=_pin(certificate.public_key()),
    )


def _display_name(name: x509.Name) -> str:
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            return clean_line(str(attribute.value), _NAME_CHARS_MAX)
    return clean_line(name.rfc4514_string(), _NAME_CHARS_MAX)


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pin(key: PublicKeyTypes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(_spki(key)).digest()).decode()


def _check_time(cert: Path, facts: CertificateFacts, now: datetime) -> None:
    if now >= facts.not_after:
        raise TlsError(
            "certificate_expired",
            _("the certificate %(cert)s expired on %(day)s")
            % {"cert": cert, "day": facts.not_after.date()},
            _("renew it: %s") % "python3 scripts/mkcert.py renew",
        )
    if now < facts.not_before:
        raise TlsError(
            "certificate_not_yet_valid",
            _("the certificate %(cert)s is valid only from %(day)s; the clock here says %(now)s")
            % {"cert": cert, "day": facts.not_before.date(), "now": now.date()},
            _("set the clock, or make a new certificate: %s") % _mkcert_command(cert),
        )


def _check_mode(key: Path) -> None:
    """Refuse a key that others may read, or that a stranger could change."""
    try:
        found = key.stat()
    except OSError:
        return  # reading it comes next and says why
    if os.name != "posix" or not stat.S_ISREG(found.st_mode):
        return
    if found.st_mode & _OTHERS:
        raise TlsError(
            "key_too_open",
            _("the private key %(key)s can be read by other users (mode %(mode)04o)")
            % {"key": key, "mode": stat.S_IMODE(found.st_mode)},
            f"chmod 600 {key}",
        )
    if found.st_uid not in (os.geteuid(), 0):
        raise TlsError(
            "key_of_other",
            _("the private key %s belongs to another user") % key,
            _("make it yours: chown %(uid)d %(key)s") % {"uid": os.geteuid(), "key": key},
        )


def _check_match(public: PublicKeyTypes, cert: Path, key: Path) -> None:
    missing = _("there is no private key at %s") % key
    raw = _read(key, "key_missing", missing)
    try:
        private = load_pem_private_key(raw, None)
    except TypeError:
        raise TlsError(
            "key_encrypted",
            _("the private key %s is locked with a passphrase, which a server cannot type") % key,
            f"openssl pkey -in {key} -out {key}.open && chmod 600 {key}.open",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise TlsError(
            "key_unreadable",
            _("%s has no private key in it") % key,
            _("it must be a PEM file that begins with -----BEGIN PRIVATE KEY-----"),
        ) from None
    if _spki(private.public_key()) != _spki(public):
        raise TlsError(
            "key_mismatch",
            _("the private key %(key)s does not belong to the certificate %(cert)s")
            % {"key": key, "cert": cert},
            _("use the pair that was made together, or make a new one: %s") % _mkcert_command(cert),
        )


def _mkcert_command(path: Path) -> str:
    """The command that makes the pair in the folder of `path`, whatever its name."""
    folder = "" if path.parent.name == "certs" else f" --dir {path.parent}"
    return f"python3 scripts/mkcert.py server{folder} chat.lan 192.168.1.10"
