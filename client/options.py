"""The command line of chat-client: what may be said, and what was.

Called by `__main__` before anything else, so it imports next to nothing: `--help` must be instant.
"""

import argparse
import sys
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

from irc import cli

PROG = "chat-client"
LAST_MAX = 10_000  # messages of --last
TRUST_VERBS = ("list", "add", "remove")

_EXIT_CODES = (
    cli.EXIT_OK,
    cli.EXIT_FAILURE,
    cli.EXIT_USAGE,
    cli.EXIT_DATA,
    cli.EXIT_NO_INPUT,
    cli.EXIT_UNAVAILABLE,
    cli.EXIT_TEMPORARY,
    cli.EXIT_TLS,
    cli.EXIT_AUTH,
    cli.EXIT_CONFIG,
    cli.EXIT_INTERRUPTED,
)


@dataclass(frozen=True, slots=True)
class Options:
    """One command line. `follow`: None for not, "" for everything, else one room or person."""

    host: str
    port: int | None
    user: str
    register: str
    ca: Path | None
    pin: str
    is_plain: bool
    to: str
    follow: str | None
    is_json: bool
    last: int
    no_input: bool
    no_tls: bool
    password_file: Path | None
    password_stdin: bool
    cert: Path | None
    key: Path | None
    timeout_s: float
    color: str
    debug: Path | None

    @property
    def is_pipe(self) -> bool:
        """Whether this run is for a program and not for a person."""
        return bool(self.to) or self.follow is not None or self.is_json

    @property
    def comes_back(self) -> bool:
        """Whether the run outlives a lost line: for a person, and for a program that follows."""
        return not self.is_pipe or self.follow is not None


def is_trust_command(words: list[str]) -> bool:
    """Whether the line is `chat-client trust VERB ...` and not a host called "trust"."""
    return (
        words[:1] == ["trust"] and words[1:2] != [] and words[1] in (*TRUST_VERBS, "-h", "--help")
    )


def read_options(words: list[str]) -> Options:
    """What the command line says; ends the program for `--help` and for mistakes."""
    parser = _make_parser()
    if not words:
        parser.print_help()
        raise SystemExit(cli.EXIT_OK)
    given = parser.parse_args(words)
    if given.version:
        import client

        sys.stdout.write(f"{PROG} {client.__version__}\n")
        raise SystemExit(cli.EXIT_OK)
    if given.host is None:
        parser.fail(_("HOST is missing"), _("for example: %s") % f"{PROG} --tls chat.lan 6697")
    if given.host.isdigit():
        parser.fail(
            _('"%s" is no host') % given.host,
            _("HOST comes first; a target of --follow is written --follow=TARGET"),
        )
    if given.last and not (given.to or given.follow):
        parser.fail(
            _("--last needs to know of which room or person"),
            _("for example: %s") % "--to '#lobby' --last 20",
        )
    if given.key is not None and given.cert is None:
        parser.fail(_("--key needs --cert"), _("for example: %s") % "--cert client-ana.pem")
    if given.cert is not None and given.no_tls:
        parser.fail(_("--cert needs TLS"), _("leave --no-tls out"))
    _check_register(parser, given)
    _refuse_unsendable(parser, given.user, given.register, given.to, given.follow, given.host)
    return Options(
        host=given.host,
        port=given.port,
        user=given.register or given.user,
        register=given.register,
        ca=given.ca,
        pin=given.pin,
        is_plain=given.plain,
        to=given.to,
        follow=given.follow,
        is_json=given.json,
        last=given.last,
        no_input=given.no_input,
        no_tls=given.no_tls,
        password_file=given.password_file,
        password_stdin=given.password_stdin,
        cert=given.cert,
        key=given.key,
        timeout_s=given.timeout,
        color="never" if given.no_color else given.color,
        debug=given.debug,
    )


def _check_register(parser: cli.ArgumentParser, given: argparse.Namespace) -> None:
    if not given.register:
        return
    if given.user or given.cert is not None:
        other = "--user" if given.user else "--cert"
        parser.fail(
            _("--register and %s do not go together") % other,
            _("for example: %s") % f"{PROG} --tls chat.lan --register ana",
        )
    if given.to or given.follow is not None or given.json:
        parser.fail(_("--register is for a person"), _("leave --to, --follow and --json out"))


def _refuse_unsendable(parser: cli.ArgumentParser, *values: str | None) -> None:
    # Bytes of the command line that are no UTF-8 arrive as lone surrogates; no line can hold them.
    for value in values:
        try:
            (value or "").encode("utf-8")
        except UnicodeEncodeError:
            parser.fail(_("an argument is not UTF-8"))
        if any(char in (value or "") for char in "\r\n\0"):
            parser.fail(_("an argument holds a line break"))


def _make_parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(
        prog=PROG,
        usage=f"{PROG} [--tls] HOST [PORT] [--user NAME] [--ca FILE] [OPTION ...]",
        description=_("Chat at a terminal, over TLS, with people whose server you can trust."),
        epilog=_epilog(),
        add_help=False,
    )
    _add_server(parser)
    _add_login(parser)
    _add_faces(parser)
    _add_others(parser)
    return parser


def _add_server(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(_("server"))
    group.add_argument("host", metavar="HOST", nargs="?", help=_("name or address of the server"))
    group.add_argument(
        "port", metavar="PORT", nargs="?", type=_port, help=_("its port; 6697 if left out")
    )
    tls = group.add_mutually_exclusive_group()
    tls.add_argument("--tls", action="store_true", help=_("use TLS; always done, this says it"))
    tls.add_argument("--no-tls", action="store_true", help=_("no TLS, to this computer only"))
    trust = group.add_mutually_exclusive_group()
    trust.add_argument(
        "--ca", metavar="FILE", type=Path, help=_("trust the CA in FILE, and no other")
    )
    trust.add_argument(
        "--pin",
        metavar="SHA256:…",
        default="",
        help=_("trust exactly the key with this fingerprint"),
    )


def _add_login(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(_("login"))
    group.add_argument("--user", metavar="NAME", default="", help=_("your account"))
    group.add_argument(
        "--register", metavar="NAME", default="", help=_("make an account, and log in to it")
    )
    password = group.add_mutually_exclusive_group()
    password.add_argument(
        "--password-file",
        metavar="FILE",
        type=Path,
        help=_("the password is the first line of FILE"),
    )
    password.add_argument(
        "--password-stdin", action="store_true", help=_("the password is the first line of input")
    )
    password.add_argument(
        "--cert", metavar="FILE", type=Path, help=_("your certificate, instead of a password")
    )
    group.add_argument(
        "--key", metavar="FILE", type=Path, help=_("its key, where it is in another file")
    )


def _add_faces(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(_("faces"))
    group.add_argument(
        "--plain", action="store_true", help=_("only append lines: screen readers, dumb terminals")
    )
    group.add_argument(
        "--to", metavar="TARGET", default="", help=_("send each line of input to a room or person")
    )
    group.add_argument(
        "--follow",
        metavar="TARGET",
        nargs="?",
        const="",
        help=_("print what is said, there or everywhere, until stopped"),
    )
    group.add_argument(
        "--last",
        metavar="N",
        type=_count,
        default=0,
        help=_("print the last N messages of --to or --follow; without --follow, that is all"),
    )
    group.add_argument("--json", action="store_true", help=_("print events as JSON, one a line"))
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        default=30.0,
        help=_("how long --to waits for a confirmation (%(default)g)"),
    )
    group.add_argument(
        "--color", choices=("auto", "always", "never"), default="", help=_("colours (auto)")
    )
    group.add_argument("--no-color", action="store_true", help=_("the same as --color never"))


def _add_others(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(_("others"))
    group.add_argument("--no-input", action="store_true", help=_("never ask, fail instead"))
    group.add_argument(
        "--debug", metavar="FILE", type=Path, help=_("write every line of the wire, secrets masked")
    )
    group.add_argument("--version", action="store_true", help=_("print the version"))
    group.add_argument("-h", "--help", action="help", help=_("print this help"))


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(_('"%s" is no port; ports are 1 to 65535') % text)


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text[:9]) <= LAST_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(
        _('"%(text)s" is no number from 1 to %(most)d') % {"text": text, "most": LAST_MAX}
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if 0 < seconds < 1e6:  # also false for "nan"
        return seconds
    raise argparse.ArgumentTypeError(_('"%s" is no number of seconds') % text)


def _epilog() -> str:
    examples = "\n".join(
        f"  {PROG} {rest}"
        for rest in (
            "--tls chat.lan 6697",
            "--tls chat.lan 6697 --ca chat-ca.pem --user ana",
            "--tls chat.lan --register ana",
            "chat.lan --user bot --password-file secret --to '#lobby' < log.txt",
            "chat.lan --user bot --password-file secret --follow --json",
            "chat.lan --user bot --password-file secret --to '#lobby' --last 20",
            "trust list | add | remove",
        )
    )
    return _("examples:") + "\n" + examples + "\n\n" + cli.describe_exit_codes(_EXIT_CODES)
