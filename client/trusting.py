"""Settling whom to trust with the person at the terminal: UX 4.4 and 4.5.

Called by `__main__` before a password is asked for, so that nobody types one for a server that
turns out to be another. No connection is open while a question waits for its answer.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from gettext import gettext as _, ngettext
from pathlib import Path
from typing import Protocol

from client.failures import ConnectFailure, certificate_lines, command
from client.identity import Endpoint, PeerCertificate, Pin
from client.trust import Anchor, CaFile, PinnedKey, SystemCas, TrustStore, ca_certificates
from irc.cli import EXIT_TLS

EXPIRY_WARNING_DAYS = 7


class Asker(Protocol):
    """The person, as `ui.person.Person` is one."""

    def say(self, *lines: str) -> None:
        """Show lines."""

    def ask(self, question: str) -> str:
        """The answer."""

    def succeed(self, sentence: str) -> None:
        """Say what is now true."""


Check = Callable[[Endpoint, Anchor], PeerCertificate]  # connects, hangs up; raises ConnectFailure


def choose_anchor(
    endpoint: Endpoint, ca: Path | None, pin: Pin | None, store: TrustStore
) -> Anchor:
    """What to believe: what the command says, else what was remembered, else the system's CAs.

    Raises:
        StoreBroken: The store cannot be read.
    """
    if ca is not None:
        return CaFile(ca)
    if pin is not None:
        return PinnedKey(pin)
    trusted = store.find(endpoint)
    return trusted.anchor if trusted else SystemCas()


def settle_trust(
    endpoint: Endpoint, anchor: Anchor, store: TrustStore, person: Asker, check: Check
) -> Anchor:
    """What to connect with, after any questions. Raises ConnectFailure, TrustError."""
    try:
        certificate = check(endpoint, anchor)
    except ConnectFailure as failure:
        if not failure.is_trustable or failure.certificate is None:
            raise
        return _ask_for_key(endpoint, failure, failure.certificate, store, person)
    # As the server counts them: a day that has begun is whole.
    days = -((datetime.now(UTC) - certificate.not_after) // timedelta(days=1))
    if isinstance(anchor, CaFile) and not _is_remembered(endpoint, anchor.path, store):
        return _offer_to_remember(endpoint, anchor, certificate, days, store, person)
    if days < EXPIRY_WARNING_DAYS:
        text = ngettext(
            "! the certificate of %(host)s expires in %(days)d day; tell the owner",
            "! the certificate of %(host)s expires in %(days)d days; tell the owner",
            days,
        )
        person.say(text % {"host": endpoint.host, "days": days})
    return anchor


def _ask_for_key(
    endpoint: Endpoint,
    failure: ConnectFailure,
    certificate: PeerCertificate,
    store: TrustStore,
    person: Asker,
) -> Anchor:
    person.say(failure.sentence, "")
    person.say(*(f"   {line}" for line in certificate_lines(certificate)), "")
    person.say(
        _("Best: ask the owner for ca.pem and run"),
        "    " + command(endpoint, "--ca", "ca.pem"),
        _("Or compare the fingerprint with the owner (by phone, not in this chat)."),
    )
    while True:
        answer = person.ask(
            _("Trust this server from now on? (yes / no / paste the fingerprint): ")
        )
        if answer.lower() in ("yes", _("yes")):
            how = 'answered "yes"'
        elif answer.lower() in ("", "no", _("no")):
            raise ConnectFailure(
                _("%s is not trusted. Nothing was sent.") % endpoint, exit_code=EXIT_TLS
            )
        else:
            is_same = _compare(answer, certificate)
            if is_same is None:
                person.say(_("Please type 'yes', 'no' or the fingerprint."))
                continue
            if not is_same:
                raise ConnectFailure(
                    _("this is not the fingerprint of %s. Nothing was sent.") % endpoint,
                    (
                        _("yours    %s") % answer,
                        _("server   %s") % certificate.pin,
                        _("you may have reached another server, or someone is in between"),
                    ),
                    exit_code=EXIT_TLS,
                )
            how = "compared the fingerprint"
        today = _today()
        store.remember_pin(endpoint, certificate.pin, today, how)
        _tell_what_is_trusted(endpoint, person)
        return PinnedKey(certificate.pin, today)


def _compare(answer: str, certificate: PeerCertificate) -> bool | None:
    """Whether `answer` is the key's fingerprint, or the certificate's; None for other words.

    The second one, in hexadecimal, is what other tools print; it is just as good for one look.
    """
    try:
        return Pin.parse(answer) == certificate.pin
    except ValueError:
        pass
    digits = answer.replace(":", "").replace(" ", "")
    try:
        digest = bytes.fromhex(digits)
    except ValueError:
        return None
    shown = hashlib.sha256(certificate.der).digest()
    return digest == shown if len(digest) == len(shown) else None


def _offer_to_remember(
    endpoint: Endpoint,
    anchor: CaFile,
    certificate: PeerCertificate,
    days: int,
    store: TrustStore,
    person: Asker,
) -> Anchor:
    good = ngettext(
        '%(server)s  certificate ok (private CA "%(issuer)s", expires in %(days)d day)',
        '%(server)s  certificate ok (private CA "%(issuer)s", expires in %(days)d days)',
        days,
    )
    person.say(good % {"server": endpoint, "issuer": certificate.issuer, "days": days})
    answer = person.ask(_("Remember this CA for %s? [Y/n] ") % endpoint.host)
    if answer.lower() not in ("", "y", "yes", _("y"), _("yes")):
        return anchor
    kept = store.remember_ca(endpoint, anchor.path, _today(), "given with --ca")
    _tell_what_is_trusted(endpoint, person)
    return CaFile(kept)


def _tell_what_is_trusted(endpoint: Endpoint, person: Asker) -> None:
    person.succeed(_("%s is trusted from now on. To take it back:") % endpoint)
    person.say(f"    chat-client trust remove {endpoint}")


def _is_remembered(endpoint: Endpoint, ca: Path, store: TrustStore) -> bool:
    trusted = store.find(endpoint)
    if trusted is None or not isinstance(trusted.anchor, CaFile):
        return False
    kept = trusted.anchor.path
    return kept == ca or (kept.exists() and ca_certificates(kept) == ca_certificates(ca))


def _today() -> date:
    return datetime.now().astimezone().date()
