"""What chat-admin says besides its results: what is now true, and what to do next. On stderr.

Only results (a list, a report, a generated password) go to stdout, so that a script can read them.
"""

import shlex
import sys
from gettext import gettext as _
from pathlib import Path

from irc.cli import (
    EXIT_CANT_CREATE,
    EXIT_CONFIG,
    EXIT_DATA,
    EXIT_NO_INPUT,
    EXIT_TEMPORARY,
    print_error,
)
from irc.sanitise import clean
from server.accounts.errors import (
    AccountsError,
    BusyPasswordFile,
    MissingPasswordFile,
    UnsafePasswordFile,
    UnwritablePasswordFile,
)
from server.config import Config, ConfigError, ConfigMissing
from server.lockfile import DataFolderError, DataFolderLocked
from server.log.errors import LogUnusable

PROG = "chat-admin"
CONFIG_DEFAULT = "config.toml"
"""In the folder where one is; any other has to be said each time."""


def done(sentence: str, is_quiet: bool) -> None:
    """Say what is now true."""
    if not is_quiet:
        print(f"{_mark()} {clean(sentence)}", file=sys.stderr)


def next_step(command: str, is_quiet: bool) -> None:
    """Say which command, if any, comes next; it can be copied."""
    if command and not is_quiet:
        print(f"   {_('next:')} {clean(command)}", file=sys.stderr)


def account_failure(error: AccountsError) -> int:
    """Say what is wrong and what to do; the exit code for it."""
    print_error(PROG, error.problem.text(_), error.problem.hint(_))
    match error:
        case MissingPasswordFile():
            return EXIT_NO_INPUT
        case UnsafePasswordFile():
            return EXIT_CONFIG
        case BusyPasswordFile():
            return EXIT_TEMPORARY
        case UnwritablePasswordFile():
            return EXIT_CANT_CREATE
        case _unnamed:
            return EXIT_DATA


def history_failure(error: LogUnusable | DataFolderError) -> int:
    """Say why the history cannot be had, or not now; the exit code for it."""
    if isinstance(error, DataFolderLocked):
        hint = _("stop the server first: this changes the history, which it has in hand")
        print_error(PROG, error.error, hint)
        return EXIT_TEMPORARY
    print_error(PROG, error.error, error.hint)
    return EXIT_DATA if isinstance(error, LogUnusable) else EXIT_CANT_CREATE


def config_failure(error: ConfigError) -> int:
    """Say everything that is wrong with the config; the exit code for it."""
    if isinstance(error, ConfigMissing):
        print_error(
            PROG,
            _("there is no config file %s") % error.path,
            _(
                "python3 scripts/quickstart.py makes one; or say where yours is:"
                " chat-admin --config FILE ..."
            ),
        )
        return EXIT_CONFIG
    for problem in error.problems:
        print_error(PROG, f"{error.path.name}: {problem}", problem.hint)
    return EXIT_CONFIG


def join_command(config: Config, account: str, option: str = "--user") -> str:
    """What the owner of `account` types to join, on this machine; "" where no listener is IRC.

    With `--register` as the option: what somebody types who is to have that account.
    """
    listener = next((each for each in config.listeners if each.protocol == "irc"), None)
    if listener is None:
        return ""
    host = "localhost" if listener.host in ("*", "0.0.0.0", "::") else listener.host
    words = ["chat-client", "--tls" if listener.tls else "--no-tls"]
    words += [host, str(listener.port or _("PORT"))]  # 0 is any free port: the server says which
    if listener.tls and (ca := _needed_ca(config.tls.cert)) is not None:
        words += ["--ca", _shortest(ca)]
    return shlex.join([*words, option, account])


def admin_command(config: str, *words: str) -> str:
    """The command line of chat-admin for these words, with the config that this run was given."""
    options = [] if config == CONFIG_DEFAULT else ["--config", config]
    return shlex.join([PROG, *options, *words])


def _needed_ca(cert: Path) -> Path | None:
    """The private CA beside the certificate, unless that is another's, as of a public CA."""
    from server.net.tls import issuer_beside  # slow to import

    ca = cert.parent / "ca.pem"
    if not cert.exists():  # it is still to be made
        return ca if ca.exists() else None
    return issuer_beside(cert)


def _shortest(path: Path) -> str:
    """The path from here if it is below, else in full."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _mark() -> str:
    is_drawn = sys.stderr.isatty() and "utf" in (sys.stderr.encoding or "").lower()
    return "\u2713" if is_drawn else _("ok:")
