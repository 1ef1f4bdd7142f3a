"""The person's own certificate, shown to the server instead of a password (SASL EXTERNAL).

Called by `runner`, which reads it before anything is sent, and by `net`, which puts it into each
context that verifies the server: a server that is not believed never sees whose key this is. What
is wrong with the files is a `ConnectFailure` with what to do.
"""

import os
import shlex
import ssl
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import gettext as _
from pathlib import Path

from client.failures import ConnectFailure
from irc.cli import EXIT_AUTH, EXIT_DATA, EXIT_NO_INPUT

FILE_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate and its key, in two files or in one."""

    cert: Path
    key: Path

    def put_into(self, context: ssl.SSLContext) -> None:
        """Have `context` show it. Raises ConnectFailure."""
        try:
            context.load_cert_chain(self.cert, self.key, password=_no_password)
        except ssl.SSLError as error:
            raise self._unusable(error) from error
        except OSError as error:
            raise _unreadable(self.cert, error) from error

    def _unusable(self, error: ssl.SSLError) -> ConnectFailure:
        fields = {"cert": self.cert, "key": self.key}
        if error.reason == "KEY_VALUES_MISMATCH":
            sentence = _("the key in %(key)s does not belong to the certificate in %(cert)s.")
            return ConnectFailure(sentence % fields, exit_code=EXIT_DATA)
        sentence = _("%(key)s has no key that can be used: it is missing, or has a passphrase.")
        advice = _("mkcert.py client puts both into one file; another key file is named by --key")
        return ConnectFailure(sentence % fields, (advice,), exit_code=EXIT_DATA)


def read_own(cert: Path, key: Path | None) -> OwnCertificate:
    """The certificate, if it can be used now.

    Raises:
        ConnectFailure: It is missing, none, not valid today, or others may read the key.
    """
    from cryptography import x509  # takes a while: only for who has one

    own = OwnCertificate(cert, key or cert)
    try:
        certificate = x509.load_pem_x509_certificate(_read(cert))
    except ValueError:
        sentence = _("%s has no certificate in it.") % cert
        raise ConnectFailure(sentence, exit_code=EXIT_DATA) from None
    now = datetime.now(UTC)
    if now > certificate.not_valid_after_utc:
        day = certificate.not_valid_after_utc.date()
        sentence = _("your certificate %(cert)s expired on %(day)s.") % {"cert": cert, "day": day}
        advice = _("the owner of the server makes a new one: mkcert.py client NAME")
        raise ConnectFailure(sentence, (advice,), exit_code=EXIT_AUTH)
    if now < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc.date()
        sentence = _("your certificate %(cert)s is valid only from %(day)s; is your clock right?")
        raise ConnectFailure(sentence % {"cert": cert, "day": day}, exit_code=EXIT_AUTH)
    _check_mode(own.key)
    own.put_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return own


def refused_by_server(reason: str) -> ConnectFailure:
    """The server ended TLS because of the certificate that we showed."""
    return ConnectFailure(
        _("the server refuses your certificate (%s).") % reason,
        (
            _("it must be made for people, by the server's own CA: mkcert.py client NAME"),
            _("without --cert you log in with your password"),
        ),
        exit_code=EXIT_AUTH,
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(FILE_BYTES_MAX)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> ConnectFailure:
    why = os.strerror(error.errno or 0)
    return ConnectFailure(
        _("certificate %(file)s: %(problem)s.") % {"file": path, "problem": why},
        exit_code=EXIT_NO_INPUT,
    )


def _check_mode(key: Path) -> None:
    """Refuse a key that others on this computer can read, as ssh does."""
    try:
        mode = key.stat().st_mode
    except OSError as error:
        raise _unreadable(key, error) from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConnectFailure(
            _("others on this computer can read your key in %s.") % key,
            (_("close it: %s") % f"chmod 600 {shlex.quote(str(key))}",),
            exit_code=EXIT_DATA,
        )


def _no_password() -> str:
    # Without a callback OpenSSL would ask at the terminal, in the middle of a face.
    return ""
