"""`chat-client trust list | add | remove`: what is in the trust store, by hand.

Called by `__main__`. It never connects: what is added is believed because the person says so, and
checked at the next connection.
"""

import argparse
import sys
from datetime import datetime
from gettext import gettext as _
from pathlib import Path

from client.failures import trust_file_failed
from client.identity import Endpoint, Pin
from client.trust import CaFile, PinnedKey, TrustError, TrustStore
from irc import cli
from irc.sanitise import clean

PROG = "chat-client trust"


def run(words: list[str], store: TrustStore | None = None) -> int:
    """Do one verb; the exit code. `words` come after "trust"."""
    given = _make_parser().parse_args(words)
    store = store or TrustStore()
    try:
        if given.verb == "list":
            return _list(store)
        if given.verb == "add":
            return _add(store, given.server, given.ca, given.pin)
        return _remove(store, given.server)
    except TrustError as error:
        failure = trust_file_failed(error)
        cli.print_error("chat-client", failure.sentence, "\n".join(failure.advice))
        return failure.exit_code
    except OSError as error:
        cli.print_error("chat-client", f"{store.path}: {error.strerror}")
        return cli.EXIT_CANT_CREATE


def _list(store: TrustStore) -> int:
    for key, trusted in sorted(store.load().items()):
        match trusted.anchor:
            case CaFile(path):
                what = f"ca   {path}"
            case PinnedKey(pin):
                what = f"pin  {pin}"
        _say(f"{key}  {what}  {trusted.since.isoformat()}  {trusted.how}")
    return cli.EXIT_OK


def _add(store: TrustStore, server: Endpoint, ca: Path | None, pin: Pin | None) -> int:
    today = datetime.now().astimezone().date()
    if ca is not None:
        store.remember_ca(server, ca, today, "chat-client trust add")
    elif pin is not None:
        store.remember_pin(server, pin, today, "chat-client trust add")
    _say(_("%s is trusted from now on.") % server)
    return cli.EXIT_OK


def _remove(store: TrustStore, server: Endpoint) -> int:
    known = store.load()
    if store.remove(server):
        _say(_("%s is no longer trusted.") % server)
        return cli.EXIT_OK
    cli.print_error(
        "chat-client",
        _('there is no entry for "%s"') % server,
        cli.did_you_mean(str(server), known) or _("chat-client trust list   shows what there is"),
    )
    return cli.EXIT_DATA


def _say(line: str) -> None:
    sys.stdout.write(clean(line) + "\n")


def _make_parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(prog=PROG, description=_("The servers that chat-client trusts."))
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("list", help=_("show every server, what is trusted, since when and why"))
    add = verbs.add_parser("add", help=_("trust a CA file or a fingerprint for a server"))
    add.add_argument("server", metavar="HOST:PORT", type=_endpoint)
    what = add.add_mutually_exclusive_group(required=True)
    what.add_argument("--ca", metavar="FILE", type=Path, help=_("a copy of FILE is kept"))
    what.add_argument("--pin", metavar="SHA256:…", type=_pin, help=_("the key's fingerprint"))
    remove = verbs.add_parser("remove", help=_("forget a server"))
    remove.add_argument("server", metavar="HOST:PORT", type=_endpoint)
    return parser


def _endpoint(text: str) -> Endpoint:
    try:
        return Endpoint.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            _('"%s" is no server; write HOST or HOST:PORT') % text
        ) from None


def _pin(text: str) -> Pin:
    try:
        return Pin.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            _('"%s" is no fingerprint; it looks like SHA256: and 43 letters') % text
        ) from None
