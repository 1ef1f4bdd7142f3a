"""The command chat-server: arguments, start-up problems as two lines, and exit codes.

Runs on the main thread. An operator's mistake is never a traceback: each kind of error below has
its sentence, its hint and its documented exit code. The server itself is `server.app`.
"""

import errno
import os
import sys
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from irc.cli import (
    EXIT_CANT_CREATE,
    EXIT_CONFIG,
    EXIT_DATA,
    EXIT_FAILURE,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_TEMPORARY,
    EXIT_TLS,
    EXIT_UNAVAILABLE,
    EXIT_USAGE,
    ArgumentParser,
    fail,
    install_gettext,
    print_error,
)
from server import banner, process
from server.accounts.errors import AccountsError, BadPasswordFile, MissingPasswordFile
from server.accounts.passwd import PasswordFile
from server.config import Config, ConfigError, ConfigMissing, load_config
from server.journal import Journal
from server.lockfile import DataFolder, DataFolderError, DataFolderLocked
from server.log.errors import LogUnusable
from server.net import tls

if TYPE_CHECKING:
    from server.app import App

PROG = "chat-server"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run chat-server; its exit code."""
    install_gettext("tlschat")
    options = _parser().parse_args(arguments)
    if options.version:
        print(f"{PROG} {_version()}")
        return EXIT_OK
    try:
        config = load_config(options.config)
        if options.check:
            return _check(config)
        return _serve(config)
    except ConfigError as error:
        _fail_config(error)
    except tls.TlsError as error:
        fail(PROG, error.error, error.hint, EXIT_TLS)
    except AccountsError as error:
        _fail_accounts(error, config)
    except LogUnusable as error:
        fail(PROG, error.error, error.hint, EXIT_DATA)
    except DataFolderLocked as error:
        fail(PROG, error.error, error.hint, EXIT_TEMPORARY)
    except DataFolderError as error:
        fail(PROG, error.error, error.hint, EXIT_CANT_CREATE)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog=PROG,
        description=_("The chat server: TLS, accounts, IRC. It runs until Ctrl-C."),
        epilog=_exit_codes(),
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        default=Path("config.toml"),
        help=_("the configuration (default: ./config.toml)"),
    )
    parser.add_argument(
        "--check", action="store_true", help=_("load everything, print what would run, and end")
    )
    parser.add_argument("--version", action="store_true", help=_("print the version"))
    return parser


def _exit_codes() -> str:
    meanings = {
        EXIT_OK: _("stopped as asked; with --check: all is well"),
        EXIT_FAILURE: _("stopped because of an error of its own"),
        EXIT_USAGE: _("the command line is wrong"),
        EXIT_DATA: _("the history is damaged, or not ours"),
        EXIT_UNAVAILABLE: _("a port or address cannot be had"),
        EXIT_CANT_CREATE: _("the data folder cannot be used"),
        EXIT_TEMPORARY: _("another server is using the data folder"),
        EXIT_TLS: _("the certificate or its key is missing or wrong"),
        EXIT_CONFIG: _("the config, or the accounts file, is wrong"),
        EXIT_INTERRUPTED: _("interrupted with Ctrl-C before it was started"),
    }
    return _("exit codes:") + "".join(f"\n  {code:3}  {meanings[code]}" for code in meanings)


def _check(config: Config) -> int:
    contexts = _contexts(config)
    listeners = [
        banner.BoundListener(each.protocol, each.tls, each.host, each.port)
        for each in config.listeners
    ]
    banner.print_check(_facts(config, contexts), listeners)
    return EXIT_OK


def _serve(config: Config) -> int:
    """Start, and serve until a signal.

    In this order, so that the first thing an operator hears is the first thing to mend, and no port
    is open before everything else is known to be well.
    """
    contexts = _contexts(config)
    facts = _facts(config, contexts)
    process.forbid_core_dumps()
    with DataFolder(config.server.data):
        journal = Journal(config.log.level, config.log.format)
        try:
            app = _bind(config, contexts, journal)

            def on_ready(listeners: list[banner.BoundListener]) -> None:
                if sys.stdout.isatty():
                    banner.print_screen(facts, listeners)
                else:
                    banner.log_start(facts, listeners, journal)

            return EXIT_OK if app.run(on_ready) else EXIT_FAILURE
        finally:
            journal.close()


def _bind(config: Config, contexts: tls.ContextBox | None, journal: Journal) -> "App":
    from server.app import App  # not for --help and --check
    from server.wiring import PortInUse

    try:
        return App(config, contexts, journal)
    except PortInUse as error:
        _fail_port(error.host, error.port, error.reason)


def _contexts(config: Config) -> tls.ContextBox | None:
    """The certificate, checked; none is needed where nobody speaks TLS."""
    from server.wiring import client_ca_of  # not for --help

    if not any(listener.tls for listener in config.listeners):
        return None
    return tls.ContextBox(config.tls.cert, config.tls.key, client_ca=client_ca_of(config))


def _facts(config: Config, contexts: tls.ContextBox | None) -> banner.Facts:
    try:
        accounts = len(PasswordFile(config.accounts.file).load())
    except MissingPasswordFile:
        accounts = 0  # a first start; the screen says how to make one
    return banner.Facts(
        version=_version(),
        pid=os.getpid(),
        config=config,
        accounts=accounts,
        certificate=contexts.facts if contexts else None,
        ca=tls.issuer_beside(config.tls.cert) if contexts else None,
        files_max=process.raise_files_max(config.limits.connections_max + banner.FILES_SPARE),
        now=tls.utc_now(),
    )


def _fail_config(error: ConfigError) -> NoReturn:
    if isinstance(error, ConfigMissing):
        text = _("there is no config file at %s")
        hint = _(
            "python3 scripts/quickstart.py makes one; config.example.toml shows every setting; "
            "--config FILE names another"
        )
        fail(PROG, text % error.path, hint, EXIT_CONFIG)
    path = banner.shortest(error.path)
    for problem in error.problems:
        print_error(PROG, f"{path}: {problem}", problem.hint)
    raise SystemExit(EXIT_CONFIG)


def _fail_accounts(error: AccountsError, config: Config) -> NoReturn:
    if isinstance(error, BadPasswordFile):
        for problem in error.problems:
            path = banner.shortest(config.accounts.file)
            print_error(PROG, f"{path}: {problem.text(_)}", problem.hint(_))
        raise SystemExit(EXIT_CONFIG)
    fail(PROG, error.problem.text(_), error.problem.hint(_), EXIT_CONFIG)


def _fail_port(host: str, port: int, reason: OSError) -> NoReturn:
    # Not strerror: asyncio and others say more there, in words of their own.
    why = os.strerror(reason.errno) if reason.errno else str(reason)
    where = {"port": port, "host": host, "why": why}
    if reason.errno == errno.EADDRINUSE:
        text = _("port %(port)d on %(host)s is in use; is another chat-server running?")
        hint = _("stop it, or choose another port in [[listeners]]; ss -ltnp shows who has it")
    elif reason.errno in (errno.EACCES, errno.EPERM):
        text = _("port %(port)d on %(host)s may not be used: %(why)s")
        hint = _("ports below 1024 are for root; choose another in [[listeners]], such as 6697")
    else:
        text = _("cannot listen on %(host)s, port %(port)d: %(why)s")
        hint = _('the host in [[listeners]] must be an address of this computer, or "*"')
    fail(PROG, text % where, hint, EXIT_UNAVAILABLE)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tlschat")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0"


if __name__ == "__main__":
    sys.exit(main())
