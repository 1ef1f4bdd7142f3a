"""The catalogue of ways a connection can fail: one sentence and one next step each (UX 4.9).

Called by `net`, which turns every exception into one of these, and by the trust flow. The entries
are keyed by OpenSSL's verification codes and reasons, as Python hands them on. Texts that came
from the server arrive here cleaned (see `identity`).
"""

import shlex
from datetime import datetime
from gettext import gettext as _, ngettext
from pathlib import Path

from client.identity import DEFAULT_PORT, Endpoint, PeerCertificate, Pin
from client.trust import CaFile, CaIsKey, CaMissing, PinnedKey, StoreBroken, SystemCas, TrustError
from irc.cli import EXIT_CONFIG, EXIT_DATA, EXIT_NO_INPUT, EXIT_TLS, EXIT_UNAVAILABLE, EXIT_USAGE

# X509_V_ERR_* of OpenSSL's x509_vfy.h
CERT_SIGNATURE_FAILURE = 7
CERT_NOT_YET_VALID = 9
CERT_HAS_EXPIRED = 10
SELF_SIGNED_LEAF = 18
SELF_SIGNED_IN_CHAIN = 19
UNKNOWN_ISSUER = 20
UNVERIFIED_LEAF = 21
HOST_MISMATCH = 62
IP_MISMATCH = 64

TRUSTABLE_CODES = frozenset({SELF_SIGNED_LEAF, SELF_SIGNED_IN_CHAIN, UNKNOWN_ISSUER})
_UNKNOWN_ISSUER_CODES = TRUSTABLE_CODES | {CERT_SIGNATURE_FAILURE, UNVERIFIED_LEAF}

_OLD_TLS_REASONS = frozenset(
    {
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "NO_PROTOCOLS_AVAILABLE",
        "VERSION_TOO_LOW",
        "WRONG_SSL_VERSION",
    }
)
# What OpenSSL makes of bytes that are no TLS record; newer versions have newer words for it.
_PLAIN_TEXT_REASONS = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "RECORD_LAYER_FAILURE",
        "PACKET_LENGTH_TOO_LONG",
        "UNKNOWN_PROTOCOL",
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "BAD_RECORD_TYPE",
    }
)


class ConnectFailure(Exception):
    """Why there is no connection, for a person.

    `sentence` says what happened, `advice` what to do, line by line. `is_retryable`: the network
    may heal by itself. `is_trustable`: a person may accept the key in `certificate` (UX 4.5).
    """

    def __init__(
        self,
        sentence: str,
        advice: tuple[str, ...] = (),
        *,
        exit_code: int = EXIT_UNAVAILABLE,
        is_retryable: bool = False,
        is_trustable: bool = False,
        certificate: PeerCertificate | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice
        self.exit_code = exit_code
        self.is_retryable = is_retryable
        self.is_trustable = is_trustable
        self.certificate = certificate


# --- identity -----------------------------------------------------------------------------------


def verification_failed(
    endpoint: Endpoint,
    anchor: SystemCas | CaFile | PinnedKey,
    code: int,
    words: str,
    certificate: PeerCertificate | None,
    now: datetime,
) -> ConnectFailure:
    """The entry for an OpenSSL verification code. `words` is OpenSSL's own text for it."""
    if code in _UNKNOWN_ISSUER_CODES and isinstance(anchor, CaFile):
        return _wrong_ca(endpoint, anchor.path, certificate)
    if code in TRUSTABLE_CODES and isinstance(anchor, SystemCas):
        return _unknown_issuer(endpoint, code, certificate)
    if code == CERT_HAS_EXPIRED:
        return _expired(endpoint, certificate, now)
    if code == CERT_NOT_YET_VALID:
        return _not_yet_valid(endpoint, certificate, now)
    if code in (HOST_MISMATCH, IP_MISMATCH):
        return _wrong_name(endpoint, certificate)
    return _strict(endpoint, words)


def _unknown_issuer(
    endpoint: Endpoint, code: int, certificate: PeerCertificate | None
) -> ConnectFailure:
    if code == SELF_SIGNED_LEAF:
        reason = _("its certificate was made by itself and nobody vouches for it.")
    else:
        reason = _('its certificate was issued by "%(issuer)s", which this computer does not know.')
        reason %= {"issuer": certificate.issuer if certificate else "?"}
    sentence = _("The identity of %(server)s could not be checked: %(reason)s Nothing was sent.")
    return ConnectFailure(
        sentence % {"server": endpoint, "reason": reason},
        trust_advice(endpoint, certificate),
        exit_code=EXIT_TLS,
        is_trustable=certificate is not None,
        certificate=certificate,
    )


def trust_advice(endpoint: Endpoint, certificate: PeerCertificate | None) -> tuple[str, ...]:
    """What to show and to run where nobody can be asked: the certificate, `--ca`, `--pin`."""
    lines = [
        _("best: ask the owner for the CA file, then run"),
        "    " + command(endpoint, "--ca", "ca.pem"),
    ]
    if certificate is not None:
        lines += (
            _("or compare the fingerprint with the owner (not in this chat), then run"),
            "    " + command(endpoint, "--pin", str(certificate.pin)),
            _("what the server showed:"),
            *(f"    {line}" for line in certificate_lines(certificate)),
        )
    return tuple(lines)


def certificate_lines(certificate: PeerCertificate) -> tuple[str, str, str]:
    """Names, dates and fingerprint, as the questions about trust show them."""
    return (
        _("names        %s") % certificate.names_text(),
        _("valid        %(from)s → %(to)s")
        % {"from": _day(certificate.not_before), "to": _day(certificate.not_after)},
        _("fingerprint  %s") % certificate.pin,
    )


def _wrong_ca(endpoint: Endpoint, ca: Path, certificate: PeerCertificate | None) -> ConnectFailure:
    # No offer to trust the key: who gave a CA said whom to believe, and this server is not it.
    issuer = certificate.issuer if certificate else "?"
    return ConnectFailure(
        _(
            "The certificate of %(server)s was not issued by the CA in %(file)s, "
            'but by "%(issuer)s". Nothing was sent.'
        )
        % {"server": endpoint, "file": ca, "issuer": issuer},
        (
            _("the file may be an old one: ask the owner of the server for the current CA file"),
            _("or someone is in between: compare the fingerprint with the owner"),
        ),
        exit_code=EXIT_TLS,
        certificate=certificate,
    )


def _expired(
    endpoint: Endpoint, certificate: PeerCertificate | None, now: datetime
) -> ConnectFailure:
    if certificate is None:
        what = _("the certificate of %(host)s has expired.") % {"host": endpoint.host}
    else:
        days = (now - certificate.not_after).days
        what = ngettext(
            "the certificate of %(host)s expired on %(day)s (%(days)d day ago).",
            "the certificate of %(host)s expired on %(day)s (%(days)d days ago).",
            days,
        ) % {"host": endpoint.host, "day": _day(certificate.not_after), "days": days}
    return ConnectFailure(
        what + " " + _("Nothing was sent."),
        (
            _("this is the server owner's job; tell them to run"),
            "    python scripts/mkcert.py renew",
            _clock_line(now),
        ),
        exit_code=EXIT_TLS,
        certificate=certificate,
    )


def _not_yet_valid(
    endpoint: Endpoint, certificate: PeerCertificate | None, now: datetime
) -> ConnectFailure:
    day = _day(certificate.not_before) if certificate else "?"
    return ConnectFailure(
        _("the certificate of %(host)s is valid only from %(day)s. Nothing was sent.")
        % {"host": endpoint.host, "day": day},
        (_clock_line(now),),
        exit_code=EXIT_TLS,
        certificate=certificate,
    )


def _clock_line(now: datetime) -> str:
    clock = now.astimezone().strftime("%Y-%m-%d %H:%M")
    return _("your clock says %s; if that is wrong, fix the clock first") % clock


def _wrong_name(endpoint: Endpoint, certificate: PeerCertificate | None) -> ConnectFailure:
    names = certificate.names_text() if certificate else ""
    sentence = _("you asked for %(host)s; the certificate is for %(names)s. Nothing was sent.")
    if not names:
        sentence = _("you asked for %(host)s; the certificate names no host. Nothing was sent.")
    return ConnectFailure(
        sentence % {"host": endpoint.host, "names": names},
        (
            _("connect by one of those names, or ask the owner to run"),
            f"    python scripts/mkcert.py server --add {shlex.quote(endpoint.host)}",
        ),
        exit_code=EXIT_TLS,
        certificate=certificate,
    )


def _strict(endpoint: Endpoint, words: str) -> ConnectFailure:
    return ConnectFailure(
        _(
            "the certificate of %(host)s lacks what a certificate needs (%(words)s). "
            "Nothing was sent."
        )
        % {"host": endpoint.host, "words": words},
        (
            _("it was made by an old tool; the owner can make a good one:"),
            "    python scripts/mkcert.py renew",
        ),
        exit_code=EXIT_TLS,
    )


def unreadable_certificate(endpoint: Endpoint) -> ConnectFailure:
    """The handshake went well, yet the certificate is of a kind nobody here can read."""
    return _strict(endpoint, _("it cannot be read"))


def changed_key(endpoint: Endpoint, trusted: PinnedKey, shown: Pin) -> ConnectFailure:
    """The server's key is not the pinned one. No way round it but removing the pin (UX 4.5)."""
    # One below the other, so that the eye can compare.
    keys = (_("trusted  %s") % trusted.pin, _("now      %s") % shown)
    if trusted.since is None:
        sentence = _("%(server)s does not have the key given with --pin. Nothing was sent.")
        return ConnectFailure(
            sentence % {"server": endpoint},
            (*keys, _("ask the owner for the fingerprint, by phone and not in this chat")),
            exit_code=EXIT_TLS,
        )
    sentence = _("%(server)s is NOT the server you trusted on %(day)s.")
    return ConnectFailure(
        sentence % {"server": endpoint, "day": trusted.since.isoformat()},
        (
            *keys,
            _("either the owner made a new key, or someone is in between. Nothing was sent."),
            _("if the owner confirms the new fingerprint, run"),
            f"    chat-client trust remove {endpoint}",
        ),
        exit_code=EXIT_TLS,
    )


# --- the road to the server ---------------------------------------------------------------------


def tls_failed(endpoint: Endpoint, reason: str) -> ConnectFailure:
    """The entry for an `ssl.SSLError` that is not about the certificate."""
    if reason in _PLAIN_TEXT_REASONS:
        return ConnectFailure(
            _("port %(port)d of %(host)s does not speak TLS. Nothing was sent.")
            % {"port": endpoint.port, "host": endpoint.host},
            (_("is it the port of the chat? The usual one is %d.") % DEFAULT_PORT,),
            exit_code=EXIT_TLS,
        )
    if reason in _OLD_TLS_REASONS:
        return ConnectFailure(
            _("%(server)s only offers TLS 1.1 or older, which is not safe. Nothing was sent.")
            % {"server": endpoint},
            (_("the owner has to update the server; TLS 1.2 is from 2008"),),
            exit_code=EXIT_TLS,
        )
    if reason == "UNEXPECTED_EOF_WHILE_READING":
        return closed_at_once(endpoint)
    return ConnectFailure(
        _("no agreement on TLS with %(server)s (%(reason)s). Nothing was sent.")
        % {"server": endpoint, "reason": reason or "?"},
        exit_code=EXIT_TLS,
    )


def closed_at_once(endpoint: Endpoint) -> ConnectFailure:
    """The other side hung up during the handshake."""
    return ConnectFailure(
        _("%(server)s closed the connection at once.") % {"server": endpoint},
        (_("too many connections from here, a ban, or no chat server; try again in a minute"),),
        is_retryable=True,
    )


def refused(endpoint: Endpoint) -> ConnectFailure:
    """Nobody listens there."""
    return ConnectFailure(
        _("nobody listens on %(server)s.") % {"server": endpoint},
        (_("is the server running, and is the port right? A firewall may also refuse."),),
        is_retryable=True,
    )


def timed_out(endpoint: Endpoint, timeout_s: float) -> ConnectFailure:
    """No answer in time, to the connection or to the handshake."""
    return ConnectFailure(
        _("no answer from %(server)s in %(seconds)g s.")
        % {"server": endpoint, "seconds": timeout_s},
        (_("is the address right, and does a firewall let port %d through?") % endpoint.port,),
        is_retryable=True,
    )


def no_such_host(endpoint: Endpoint) -> ConnectFailure:
    """The name does not resolve."""
    return ConnectFailure(
        _('no such host "%s".') % endpoint.host,
        (_("check the spelling and your network; an address like 192.168.1.10 works as well"),),
        is_retryable=True,
    )


def unreachable(endpoint: Endpoint, words: str) -> ConnectFailure:
    """The system has no way there; `words` are its own."""
    return ConnectFailure(
        _("cannot reach %(server)s: %(words)s.") % {"server": endpoint, "words": words},
        (_("check the network, or the VPN if the server is behind one"),),
        is_retryable=True,
    )


def not_loopback(endpoint: Endpoint) -> ConnectFailure:
    """`--no-tls` to another machine: the password would cross the network in the open."""
    return ConnectFailure(
        _("--no-tls works only on this computer, and %s is another one.") % endpoint.host,
        (_("leave --no-tls out:"), "    " + command(endpoint)),
        exit_code=EXIT_USAGE,
    )


# --- files --------------------------------------------------------------------------------------


def trust_file_failed(error: TrustError) -> ConnectFailure:
    """The entry for a CA file or a trust store that cannot be used."""
    ask = _("ask the owner of the server for the CA file (ca.pem)")
    match error:
        case CaMissing():
            return ConnectFailure(
                _("CA file %(file)s: %(problem)s.")
                % {"file": error.path, "problem": error.problem.lower()},
                (ask,),
                exit_code=EXIT_NO_INPUT,
            )
        case CaIsKey():
            return ConnectFailure(
                _("%s is a private key, not a certificate.") % error.path,
                (
                    _("the file for --ca is ca.pem; nobody but the owner should have a key file"),
                    ask,
                ),
                exit_code=EXIT_DATA,
            )
        case StoreBroken():
            return ConnectFailure(
                _("trust store %(file)s: %(problem)s.")
                % {"file": error.path, "problem": error.problem},
                (_("mend the file, or delete it and trust the servers again"),),
                exit_code=EXIT_CONFIG,
            )
    return ConnectFailure(
        _("there is no certificate in %s.") % error.path,
        (_("is it the key, or another file?"), ask),
        exit_code=EXIT_DATA,
    )


def command(endpoint: Endpoint, *options: str) -> str:
    """The command line that connects there, ready to paste."""
    return shlex.join(["chat-client", "--tls", endpoint.host, str(endpoint.port), *options])


def _day(moment: datetime) -> str:
    return moment.astimezone().date().isoformat()
