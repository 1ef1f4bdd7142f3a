"""One run of chat-client: settle trust, log in, bring up the face, and say how it ended.

Made by `__main__` from the command line. Everything that asks happens before the event loop runs,
so Ctrl-C at a question simply ends the program; what runs in the loop never asks.
"""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from gettext import gettext as _, ngettext
from pathlib import Path
from typing import Protocol, TextIO

from client import net, wiretap
from client.config import ClientConfig, ConfigError, load_config
from client.core.events import Event
from client.core.session import Identity, Session, Settings
from client.core.view import ViewOptions
from client.driver import Driver, Ending, Line
from client.failures import ConnectFailure, trust_file_failed
from client.identity import Endpoint, PeerCertificate, Pin
from client.login import (
    PasswordMissing,
    PasswordSource,
    ask_new_password,
    ask_password,
    find_credentials,
    find_new_account,
)
from client.options import PROG, Options
from client.own_cert import read_own
from client.paths import state_dir
from client.trust import Anchor, TrustError, TrustStore
from client.trusting import choose_anchor, settle_trust
from client.ui.person import Person
from client.ui.transport import Transport
from client.unsent import UnsentFile, unsent_path
from irc import cli

OpenLine = Callable[[], Awaitable[Line]]

LOGIN_TRIES = 3  # by a person; a program has one


class Face(Protocol):
    """What every face is."""

    def show(self, events: Sequence[Event]) -> None:
        """Something happened."""

    async def run(self, transport: Transport) -> int:
        """Until the person or the input is done; the exit code."""

    def stop(self) -> None:
        """The driver is done."""

    def unsent(self) -> list[str]:
        """What was typed and never confirmed."""


def run(options: Options) -> int:
    """The whole run; the exit code. What went wrong was said on stderr."""
    person = Person(PROG, may_ask=not options.no_input and not options.is_pipe)
    try:
        return _Run(options, load_config(), person).execute()
    except ConfigError as error:
        for problem in error.problems:
            cli.print_error(PROG, f"{error.path}: {problem.sentence}", problem.hint)
        return cli.EXIT_CONFIG
    except ConnectFailure as failure:
        person.fail(failure.sentence, failure.advice)
        return failure.exit_code
    except TrustError as error:
        broken = trust_file_failed(error)
        person.fail(broken.sentence, broken.advice)
        return broken.exit_code
    except PasswordMissing as missing:
        person.fail(str(missing))
        return missing.exit_code


class _Run:
    def __init__(self, options: Options, config: ClientConfig, person: Person) -> None:
        self._options = options
        self._config = config
        self._person = person
        self._endpoint = _read_endpoint(options)
        self._own = read_own(options.cert, options.key) if options.cert else None
        self._pick_face = _choose_face(options)

    def execute(self) -> int:
        """Everything, in order. Raises ConnectFailure, TrustError, PasswordMissing."""
        open_line = self._settle_trust()
        session = self._make_session()
        unsent = self._open_unsent(session)
        try:
            if self._options.debug is None:
                return self._converse(session, open_line, unsent)
            with _open_log(self._options.debug) as log:
                return self._converse(session, _tapped(open_line, log), unsent)
        finally:
            unsent.close()

    def _open_unsent(self, session: Session) -> UnsentFile:
        identity = session.identity
        path = unsent_path(self._endpoint, identity.account or identity.nick)
        unsent = UnsentFile(path, self._person.warn)
        if self._config.keep_unsent and not self._options.is_pipe:
            session.restore(unsent.open())
            unsent.watch(session.outbox)
        return unsent

    def _converse(self, session: Session, open_line: OpenLine, unsent: UnsentFile) -> int:
        tries_left = LOGIN_TRIES if self._person.is_there else 1
        while True:
            face = self._pick_face(self._options, self._config, session)
            comes_back = self._options.comes_back
            ending, exit_code = asyncio.run(
                _play(session, open_line, face, comes_back, unsent.keep)
            )
            # That an invitation is needed was nobody's mistake.
            tries_left -= ending.code != "VERIFICATION_REQUIRED"
            may_ask = self._person.is_there and tries_left > 0
            if not (ending.is_login_refused and may_ask):
                break
            self._ask_again(session, ending, tries_left)
        if ending.sentence:
            self._person.fail(ending.sentence, ending.advice)
        unsent.close()
        if unsent.trouble:
            self._person.warn(unsent.trouble)
        # Not "not sent": what was on its way when the line broke may well have arrived.
        template = _("kept for the next time: %s") if unsent.is_kept else _("not confirmed: %s")
        for text in face.unsent():
            self._person.warn(template % text)
        return ending.exit_code or exit_code

    def _settle_trust(self) -> OpenLine:
        endpoint = self._endpoint
        if self._options.no_tls:
            return lambda: net.connect_plain(endpoint)
        pin = _read_pin(self._options.pin) if self._options.pin else None
        store = TrustStore()
        anchor = choose_anchor(endpoint, self._options.ca, pin, store)
        if self._person.is_there:
            # A person is not asked for a password before the server is known to be the right one.
            anchor = settle_trust(endpoint, anchor, store, self._person, _check)
        own = self._own
        return lambda: net.connect(endpoint, anchor, own=own)

    def _make_session(self) -> Session:
        options = self._options
        source = PasswordSource(
            options.password_file, options.password_stdin, self._config.password_cmd
        )
        has_certificate = self._own is not None
        if options.register:
            found = find_new_account(options.register, source, self._person)
        else:
            found = find_credentials(
                options.user, source, self._person, needs_password=not has_certificate
            )
        rooms = tuple(
            dict.fromkeys(
                name for name in (options.to, options.follow) if name and name.startswith("#")
            )
        )
        return Session(
            Identity(
                nick=found.user,
                account=found.user,
                password=found.password,
                has_certificate=has_certificate,
                is_registering=bool(options.register),
            ),
            Settings(
                rooms=rooms,
                highlight_words=self._config.mention_words,
                id_prefix=secrets.token_hex(3),
                new_once=new_once,
                history_count=options.last if options.is_pipe else Settings().history_count,
            ),
        )

    def _ask_again(self, session: Session, ending: Ending, tries_left: int) -> None:
        if ending.code == "VERIFICATION_REQUIRED":
            self._person.say(_("An account here needs an invitation, a code from the owner."))
            self._ask_invitation(session)
            return
        left = ngettext("%d try left.", "%d tries left.", tries_left) % tries_left
        self._person.fail(f"{ending.sentence} {left}")
        identity = session.identity
        if ending.code == "INVALID_CODE":
            self._ask_invitation(session)
            return
        ask = ask_new_password if identity.is_registering else ask_password
        password = ask(self._person)
        session.identity = replace(identity, password=password)

    def _ask_invitation(self, session: Session) -> None:
        invitation = ""
        while not invitation:
            invitation = self._person.ask(_("Invitation: "))
        session.identity = replace(session.identity, invitation=invitation)


def new_once() -> str:
    """An id that nobody else has: 22 letters, digits, "-" and "_" (tlschat/once)."""
    return secrets.token_urlsafe(16)


def _open_log(path: Path) -> TextIO:
    try:
        return wiretap.open_log(path)
    except OSError as error:
        cli.fail(PROG, f"{path}: {error.strerror}", exit_code=cli.EXIT_CANT_CREATE)


def _tapped(open_line: OpenLine, log: TextIO) -> OpenLine:
    async def open_tapped() -> Line:
        return wiretap.TappedLine(await open_line(), log)

    return open_tapped


async def _play(
    session: Session,
    open_line: OpenLine,
    face: Face,
    comes_back: bool,
    keep: Callable[[], None] = lambda: None,
) -> tuple[Ending, int]:
    """Run driver and face until one of them is done, then end the other."""
    driver = Driver(session, open_line, face.show, comes_back=comes_back, keep=keep)
    driving = asyncio.create_task(driver.run())
    facing = asyncio.create_task(face.run(driver))
    try:
        await asyncio.wait({driving, facing}, return_when=asyncio.FIRST_COMPLETED)
        driver.leave()
        ending = await driving
        face.stop()
        await asyncio.wait({facing}, timeout=1)
        return ending, facing.result() if facing.done() else cli.EXIT_OK
    finally:
        facing.cancel()
        driving.cancel()
        await asyncio.gather(driving, facing, return_exceptions=True)


def _check(endpoint: Endpoint, anchor: Anchor) -> PeerCertificate:
    async def connect_and_close() -> PeerCertificate:
        connection = await net.connect(endpoint, anchor)
        certificate = connection.certificate
        await connection.close()
        assert certificate is not None  # only connect_plain has none
        return certificate

    return asyncio.run(connect_and_close())


def _read_endpoint(options: Options) -> Endpoint:
    try:
        if options.port is not None:
            return Endpoint(options.host.strip("[]").lower(), options.port)
        return Endpoint.parse(options.host)
    except ValueError:
        cli.fail(PROG, _('"%s" is no host') % options.host, exit_code=cli.EXIT_USAGE)


def _read_pin(text: str) -> Pin:
    try:
        return Pin.parse(text)
    except ValueError:
        cli.fail(
            PROG,
            _('"%s" is no fingerprint; it looks like SHA256: and 43 letters') % text,
            exit_code=cli.EXIT_USAGE,
        )


# --- faces --------------------------------------------------------------------------------------

MakeFace = Callable[[Options, ClientConfig, Session], Face]


def _choose_face(options: Options) -> MakeFace:
    if options.is_pipe:
        return _make_pipe
    if options.is_plain:
        return _make_plain
    if not sys.stdin.isatty():
        cli.fail(
            PROG,
            _("standard input is no terminal, and nothing says where its lines should go"),
            _("for example: %s") % f"echo hi | {PROG} {options.host} --user bot "
            "--password-file secret --to '#lobby'",
            cli.EXIT_USAGE,
        )
    is_dumb = os.environ.get("TERM", "") in ("", "dumb", "unknown") and os.name == "posix"
    return _make_plain if is_dumb or not sys.stdout.isatty() else _make_line


def _make_pipe(options: Options, config: ClientConfig, session: Session) -> Face:
    from client.ui.pipe import PipeFace, PipeOptions

    follow = options.follow
    if options.is_json and not options.to and follow is None:
        follow = ""
    chosen = PipeOptions(options.to, follow, options.is_json, options.timeout_s, options.last)
    return PipeFace(session, chosen, _view_options(config))


def _make_plain(_options: Options, config: ClientConfig, session: Session) -> Face:
    from client.ui.plain import PlainFace, PlainOptions

    return PlainFace(session, PlainOptions(config.aliases, _view_options(config)))


def _make_line(options: Options, config: ClientConfig, session: Session) -> Face:
    from prompt_toolkit.output import ColorDepth

    from client.ui.line import LineFace, LineOptions

    color = options.color or config.color
    is_mono = color == "never" or (color != "always" and bool(os.environ.get("NO_COLOR")))
    return LineFace(
        session,
        LineOptions(
            aliases=config.aliases,
            view=_view_options(config),
            has_bell=config.bell,
            has_time=config.timestamps,
            history_path=state_dir() / "history" if config.history else None,
            color_depth=ColorDepth.DEPTH_1_BIT if is_mono else None,
        ),
    )


def _view_options(config: ClientConfig) -> ViewOptions:
    is_safe = config.emoji == "safe"
    return ViewOptions(clock=local_clock, day=local_day, is_emoji_safe=is_safe)


def local_clock(time_ms: int) -> str:
    """HH:MM where we are."""
    return _local(time_ms, "%H:%M") or "--:--"


def local_day(time_ms: int) -> str:
    """The date where we are."""
    return _local(time_ms, "%Y-%m-%d") or "?"


def _local(time_ms: int, form: str) -> str:
    try:
        return time.strftime(form, time.localtime(time_ms / 1000))
    except (OverflowError, OSError, ValueError):  # a server may claim any time
        return ""
