"""chat-admin cert: the keys with which people log in without a password. Called by `__main__`.

A key is named by its fingerprint, or by a file with its certificate. The CA's signature alone lets
nobody in; so a key that is lost is taken away here, and a renewed certificate of the same key needs
nothing.
"""

import argparse
import json
from gettext import gettext as _
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from irc.cli import EXIT_DATA, EXIT_OK, print_error
from irc.sanitise import clean
from server.accounts.keys import PREFIX, read_pin
from server.accounts.passwd import PasswordFile, unknown_account
from server.admin import say
from server.config import Config
from server.net.client_cert import key_pin

FILE_BYTES_MAX = 1 << 20
"""A certificate has a few kilobytes; more is something else."""


class NoCertificate(Exception):
    """The file has no certificate in it."""


def run(config: Config, options: argparse.Namespace) -> int:
    """Carry out `options.verb`."""
    file = PasswordFile(config.accounts.file)
    if options.verb == "list":
        return _list(file, options)
    try:
        pin = _pin_of(options.key)
    except NoCertificate as error:
        print_error(say.PROG, str(error), _("give what mkcert.py client made, or a fingerprint"))
        return EXIT_DATA
    accounts = file.load()
    account = accounts.get(options.name)
    if account is None:
        raise unknown_account(accounts, options.name)
    fields = {"name": account.name, "key": PREFIX + pin}
    if options.verb == "remove":
        file.remove_pin(account.name, pin)
        sentence = _('the key %(key)s lets nobody in as "%(name)s" any more')
        say.done(sentence % fields, options.quiet)
        return EXIT_OK
    file.add_pin(account.name, pin)
    say.done(_('who has the key %(key)s can log in as "%(name)s"') % fields, options.quiet)
    if not config.tls.client_ca:
        sentence = _("the server asks nobody for a certificate yet; below [tls] in the config:")
        say.done(sentence, options.quiet)
        say.next_step('client_ca = "certs/ca.pem"', options.quiet)
    return EXIT_OK


def _list(file: PasswordFile, options: argparse.Namespace) -> int:
    accounts = file.load()
    if options.json:
        rows = [
            {"name": account.name, "key": PREFIX + pin, "disabled": account.disabled}
            for account in accounts
            for pin in account.pins
        ]
        print(json.dumps(rows, indent=2))
        return EXIT_OK
    for account in accounts:
        for pin in account.pins:
            state = " " + _("(disabled)") if account.disabled else ""
            print(f"{PREFIX}{pin}  {clean(account.name)}{state}")
    if not accounts.by_pin:
        say.done(_("nobody has a key: all log in with passwords"), options.quiet)
    return EXIT_OK


def _pin_of(text: str) -> str:
    """The fingerprint that is written here, or of the certificate in this file.

    Raises:
        BadPin: It is neither a file nor a fingerprint.
        NoCertificate: The file has none.
    """
    path = Path(text)
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX)
    except (OSError, ValueError):
        return read_pin(text)
    try:
        certificate = x509.load_pem_x509_certificate(content)
    except ValueError:
        raise NoCertificate(_("%s has no certificate in it") % clean(text)) from None
    pin = key_pin(certificate.public_bytes(Encoding.DER))
    if not pin:
        raise NoCertificate(_("%s has a key of an unknown kind") % clean(text))
    return pin
