"""chat-admin: the command line. Reads the options, loads the config, calls the verb, shows its
errors.

Importing this is fast; what is slow (the config, bcrypt, zxcvbn) is imported when a verb runs, so
that --help and a mistyped option answer at once.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path

from irc import cli

PROG = "chat-admin"


def main(argv: Sequence[str] | None = None) -> int:
    """Run chat-admin with these words, or the process's own; the exit code.

    Raises:
        SystemExit: The command line is wrong, or only help was asked for.
    """
    cli.install_gettext("tlschat")
    options = _parser().parse_args(argv)
    try:
        return _run(options)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        cli.print_error(PROG, _("interrupted"))
        return cli.EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. The interpreter would complain once more at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return cli.EXIT_FAILURE


def _run(options: argparse.Namespace) -> int:
    from server.accounts.errors import AccountsError
    from server.admin import cert, check, commands, invite, log, rooms, say
    from server.admin.ask import NoPassword
    from server.config import ConfigError, load_config
    from server.lockfile import DataFolderError
    from server.log.errors import LogUnusable

    verbs = {
        "add": commands.add,
        "passwd": commands.passwd,
        "list": commands.list_accounts,
        "disable": commands.disable,
        "enable": commands.enable,
        "remove": commands.remove,
        "rename": commands.rename,
        "cert": cert.run,
        "invite": invite.run,
        "check": check.check,
        "log": log.run,
        "room": rooms.run,
    }
    try:
        return verbs[options.command](load_config(Path(options.config)), options)
    except ConfigError as error:
        return say.config_failure(error)
    except AccountsError as error:
        return say.account_failure(error)
    except (LogUnusable, DataFolderError) as error:
        return say.history_failure(error)
    except NoPassword as error:
        cli.print_error(PROG, str(error), error.hint)
        return error.exit_code


def _parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(
        prog=PROG,
        description=_(
            "Make, change and check the accounts of a tlschat server. It need not run;\n"
            "if it does, it sees every change by itself within a moment."
        ),
        epilog=_examples() + "\n\n" + cli.describe_exit_codes(_EXIT_CODES),
    )
    _add_common(parser, config="config.toml", quiet=False, no_input=False)
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    verbs = parser.add_subparsers(dest="command", metavar="COMMAND", title=_("commands"))

    def verb(name: str, summary: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=summary, description=summary)
        _add_common(added)
        return added

    adding = verb("add", _("make an account; asks for its password twice"))
    _add_password_options(adding)
    adding.add_argument(
        "--same-person",
        action="store_true",
        help=_("it had an account of this name before: let it read its messages of then"),
    )
    _add_password_options(verb("passwd", _("give an account another password")))
    listing = verb("list", _("show all accounts"))
    listing.add_argument("--json", action="store_true", help=_("as a JSON list"))
    for name, summary in (
        ("disable", _("let nobody in as this account; keeps its password")),
        ("enable", _("let a disabled account in again")),
    ):
        verb(name, summary).add_argument("name", metavar=_("NAME"))
    removal = verb("remove", _("forget an account; asks to type its name"))
    removal.add_argument("name", metavar=_("NAME"))
    removal.add_argument("--yes", action="store_true", help=_("do not ask"))
    removal.add_argument(
        "--erase", action="store_true", help=_("forget what it said, too; with the server stopped")
    )
    renaming = verb(
        "rename", _("give an account another name; keeps password and history; server stopped")
    )
    renaming.add_argument("name", metavar=_("OLD"))
    renaming.add_argument("new_name", metavar=_("NEW"))
    _add_cert(verb("cert", _("look after keys that log in without a password: add, list, remove")))
    _add_invite(verb("invite", _("make a code with which somebody new makes an account")))
    verb("check", _("look for everything that is wrong with the accounts"))
    _add_room(verb("room", _("look after the rooms: list, show, set, remove")))
    _add_log(verb("log", _("look after the history: check, backup, export, erase, stats, acts")))
    return parser


def _add_room(room: argparse.ArgumentParser) -> None:
    """The verbs of `chat-admin room`."""
    verbs = room.add_subparsers(dest="verb", metavar=_("VERB"), title=_("verbs"))

    def verb(name: str, summary: str, epilog: str = "") -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=summary, description=summary, epilog=epilog)
        _add_common(added)
        return added

    listing = verb("list", _("show all rooms"))
    listing.add_argument("--json", action="store_true", help=_("as a JSON list"))
    showing = verb("show", _("show one room, with its operators and its topic"))
    showing.add_argument("room", metavar=_("ROOM"))
    showing.add_argument("--json", action="store_true", help=_("as a JSON object"))
    setting = verb(
        "set",
        _("change a room"),
        _(
            "changes:\n"
            "  founder=ana             the room belongs to this account\n"
            "  operator=+bob           an operator whenever it joins; -bob takes that back\n"
            "  topic='Friday release'  an empty one takes the topic away\n"
            "  mode='+k sesame'        a mode string with its parameter; -k takes it off"
        ),
    )
    setting.add_argument("room", metavar=_("ROOM"))
    setting.add_argument("changes", metavar=_("CHANGE"), nargs="+")
    removal = verb("remove", _("take a room away; asks to type its name"))
    removal.add_argument("room", metavar=_("ROOM"))
    removal.add_argument("--history", action="store_true", help=_("and what was said in it"))
    removal.add_argument("--yes", action="store_true", help=_("do not ask"))


def _add_log(log: argparse.ArgumentParser) -> None:
    """The verbs of `chat-admin log`."""
    verbs = log.add_subparsers(dest="verb", metavar=_("VERB"), title=_("verbs"))

    def verb(name: str, summary: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=summary, description=summary)
        _add_common(added)
        return added

    verb("check", _("read everything, and say what is damaged"))
    backup = verb("backup", _("copy it into a new file, also while the server runs"))
    backup.add_argument("file", metavar=_("FILE"))
    export = verb("export", _("print it, one JSON object a line"))
    export.add_argument("--room", metavar=_("ROOM"), help=_("only this room"))
    export.add_argument("--account", metavar=_("NAME"), help=_("only what concerns this account"))
    export.add_argument("--json", action="store_true", help=_("as it is anyway"))
    erase = verb("erase", _("forget all that an account said; with the server stopped"))
    erase.add_argument("--account", metavar=_("NAME"), required=True)
    erase.add_argument("--yes", action="store_true", help=_("do not ask"))
    stats = verb("stats", _("count what there is"))
    stats.add_argument("--json", action="store_true", help=_("as a JSON object"))
    acts = verb("acts", _("show who moderated what"))
    acts.add_argument("--room", metavar=_("ROOM"), help=_("only this room"))
    acts.add_argument(
        "--account", metavar=_("NAME"), help=_("only what this account did or suffered")
    )
    acts.add_argument("--json", action="store_true", help=_("one JSON object a line"))


def _add_cert(cert: argparse.ArgumentParser) -> None:
    """The verbs of `chat-admin cert`."""
    verbs = cert.add_subparsers(dest="verb", metavar=_("VERB"), title=_("verbs"), required=True)
    for name, summary in (
        ("add", _("let who has a key log in as this account")),
        ("remove", _("let that key in no more")),
    ):
        added = verbs.add_parser(name, help=summary, description=summary)
        _add_common(added)
        added.add_argument("name", metavar=_("NAME"))
        added.add_argument(
            "key", metavar=_("FILE|SHA256:..."), help=_("its certificate, or its fingerprint")
        )
    summary = _("show all keys, and whose they are")
    listing = verbs.add_parser("list", help=summary, description=summary)
    _add_common(listing)
    listing.add_argument("--json", action="store_true", help=_("as a JSON list"))


def _add_invite(invite: argparse.ArgumentParser) -> None:
    """The options of `chat-admin invite`."""
    invite.add_argument(
        "verb", metavar=_("VERB"), nargs="?", choices=("new", "list", "remove"), default="new"
    )
    invite.add_argument("name", metavar=_("CODE"), nargs="?", default="")
    invite.add_argument("--uses", type=_count, default=1, help=_("for so many accounts"))
    invite.add_argument("--days", type=_count, default=7, help=_("within so many days"))
    invite.add_argument("--json", action="store_true", help=_("list as JSON"))


def _count(text: str) -> int:
    """From 1 to 3650: of accounts, or of days."""
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= 3650:
        return int(text)
    raise argparse.ArgumentTypeError(_("from 1 to %d") % 3650)


def _add_common(parser: argparse.ArgumentParser, **defaults: object) -> None:
    """The options that every command takes, before or after its name.

    A command's own have no default, or it would overwrite what stood before the command.
    """
    parser.add_argument(
        "--config",
        metavar=_("FILE"),
        default=defaults.get("config", argparse.SUPPRESS),
        help=_("the server's config (default: ./config.toml)"),
    )
    parser.add_argument(
        "--quiet",
        action="store_true",
        default=defaults.get("quiet", argparse.SUPPRESS),
        help=_("say nothing when all is well"),
    )
    parser.add_argument(
        "--no-input",
        action="store_true",
        default=defaults.get("no_input", argparse.SUPPRESS),
        help=_("never ask; fail instead"),
    )


def _add_password_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar=_("NAME"))
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--password-stdin",
        action="store_true",
        help=_("take the password from standard input, one line"),
    )
    source.add_argument(
        "--generate",
        action="store_true",
        help=_("make a strong password and print it once, on standard output"),
    )
    parser.add_argument(
        "--allow-weak", action="store_true", help=_("take a password that is easy to guess")
    )


_EXIT_CODES = (
    cli.EXIT_OK,
    cli.EXIT_FAILURE,
    cli.EXIT_USAGE,
    cli.EXIT_DATA,
    cli.EXIT_NO_INPUT,
    cli.EXIT_CANT_CREATE,
    cli.EXIT_TEMPORARY,
    cli.EXIT_CONFIG,
    cli.EXIT_INTERRUPTED,
)


def _examples() -> str:
    return _(
        "examples:\n"
        "  chat-admin add ana                    asks for a password, twice\n"
        "  chat-admin add bob --generate         makes one and prints it\n"
        "  pass show chat/bob | chat-admin passwd bob --password-stdin\n"
        "  chat-admin list --json\n"
        "  chat-admin check                      what is wrong, and what to do\n"
        "  chat-admin room show '#dev'           whose a room is, and more"
    )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tlschat")
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
