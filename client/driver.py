"""Keeps a session on the line: reads, writes, ticks, and comes back after a loss.

Made by `__main__` for each run of a face, on the event loop's thread, which owns it with the
session and the face. It decides nothing about the conversation; the session does.

Theory of operation. Whoever changes the session (bytes that came, a timer, a person) calls `pump`
afterwards: it writes what the session wants to say, shows what happened, sets the next timer, and
hangs up when the session is done. The first connection is tried once, because a person is watching
and can read the reason; after the session was online, what the network broke is tried again with
growing pauses, and what a new attempt cannot mend (trust, login) ends the run (UX 4.8).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from typing import Protocol

from client.core.events import (
    Event,
    LoggedIn,
    LoginFailed,
    Registered,
    RegistrationFailed,
    RetryScheduled,
    ServerClosing,
)
from client.core.reasons import closing_reason
from client.core.reconnect import Backoff
from client.core.session import Identity, Session
from client.failures import ConnectFailure
from irc.cli import EXIT_AUTH, EXIT_DATA, EXIT_TEMPORARY, EXIT_UNAVAILABLE

LINGER_S = 1.0  # how long the other side may take to close after QUIT

# Refusals of the name itself: the person's to mend, with another one (UX section 4).
_NAME_CODES = frozenset({"431", "432", "433", "436", "437"})


class Line(Protocol):
    """A connection, as `net.Connection` is one."""

    async def read(self) -> bytes:
        """What arrived; b"" when the line is gone."""

    def write(self, octets: bytes) -> None:
        """Send."""

    async def close(self) -> None:
        """Hang up after what was written."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. `is_login_refused`: another answer may help: a password, or
    what `code` asks for."""

    exit_code: int = 0
    sentence: str = ""
    advice: tuple[str, ...] = ()
    is_login_refused: bool = False
    code: str = ""  # of the refusal


class Driver:
    """One session's transport; see the top of the file."""

    def __init__(
        self,
        session: Session,
        open_line: Callable[[], Awaitable[Line]],
        show: Callable[[Sequence[Event]], None],
        *,
        comes_back: bool,
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        self._session = session
        self._open_line = open_line
        self._show = show
        self._comes_back = comes_back
        self._keep = keep  # what has to be on disk before bytes go out, and after each change
        self._line: Line | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        self._backoff = Backoff()
        self._hurry = asyncio.Event()
        self._is_closed = asyncio.Event()
        self._refusal: Ending | None = None
        self._is_logged_in = False
        self._leaving = asyncio.Event()
        self._was_online = False
        self._is_pumping = False

    async def run(self) -> Ending:
        """Stay on the line until the person leaves or nothing more can be done."""
        try:
            while True:
                failure: ConnectFailure | None = None
                try:
                    line = await self._connect()
                except ConnectFailure as error:
                    failure = error
                else:
                    if line is not None:
                        failure = await self._converse(line)
                ending = self._judge(failure)
                if ending is not None:
                    return ending
                await self._pause()
                if self.is_leaving:
                    return Ending()
        finally:
            self._disarm()

    def pump(self) -> None:
        """Do what the session wants done; call it after every change to the session."""
        if self._is_pumping:  # a face that acts while it is shown something: the loop goes round
            return
        self._is_pumping = True
        try:
            while True:
                output = self._session.take_output()
                self._keep()
                if output and self._line is not None:
                    self._line.write(output)
                events = self._session.take_events()
                if not events and not output:
                    break
                for event in events:
                    self._note(event)
                if events:
                    self._show(events)
        finally:
            self._is_pumping = False
        self._arm()
        if self._session.wants_close and self._line is not None and self._closing is None:
            self._closing = asyncio.create_task(self._hang_up(self._line))

    async def _hang_up(self, line: Line) -> None:
        # The other side answers what it still has of us, and closes first; cutting the line at
        # once would lose those answers, and with them what we said last.
        try:
            async with asyncio.timeout(LINGER_S):
                await self._is_closed.wait()
        except TimeoutError:
            pass
        await line.close()

    def retry_now(self) -> None:
        """The person does not want to wait for the next attempt."""
        self._backoff.reset()
        self._hurry.set()

    def leave(self, reason: str = "") -> None:
        """Say goodbye and end the run, on the line or off it."""
        self._leaving.set()
        self._hurry.set()
        if self._line is not None:
            self._session.quit(reason)
            self.pump()

    @property
    def is_leaving(self) -> bool:
        """Whether the person is on the way out."""
        return self._leaving.is_set()

    @property
    def now_ms(self) -> int:
        """The wall clock, as the session wants it."""
        return time.time_ns() // 1_000_000

    async def _connect(self) -> Line | None:
        """A line; None when the person left meanwhile."""
        connecting = asyncio.ensure_future(self._open_line())
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({connecting, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return connecting.result() if connecting.done() else None
        finally:
            leaving.cancel()
            connecting.cancel()
            await asyncio.gather(connecting, leaving, return_exceptions=True)

    async def _converse(self, line: Line) -> ConnectFailure | None:
        """Talk until the line ends; why, if the server never wanted to hear us."""
        failure = None
        self._line = line
        self._refusal = None
        self._is_logged_in = False
        self._is_closed.clear()
        self._session.connected(self.now_ms)
        if self.is_leaving:
            self._session.quit()
        self.pump()
        try:
            while octets := await line.read():
                self._session.receive(octets, self.now_ms)
                self.pump()
        except ConnectFailure as error:
            failure = error
        self._is_closed.set()
        self._line = None
        if self._closing is not None:
            await self._closing
            self._closing = None
        else:
            await line.close()
        self._disarm()
        self._session.disconnected(self._session.close_reason, self.now_ms)
        self.pump()
        return failure

    def _note(self, event: Event) -> None:
        match event:
            case Registered():
                self._was_online = True
                self._backoff.connected(self.now_ms)
            case LoggedIn():
                self._is_logged_in = True
            case LoginFailed():
                # After we were online a busy server is waited for, like one that is away.
                if event.is_permanent or not self._was_online:
                    self._refusal = login_refused(self._session.identity, event)
            case RegistrationFailed(text=text, code=code):
                is_name = code in _NAME_CODES
                self._refusal = Ending(EXIT_DATA if is_name else EXIT_UNAVAILABLE, text)
            case ServerClosing(reason=reason) if not self._session.is_online:
                # It knows who we are and shows us the door: about the name or the number of
                # sessions. To a stranger it says so when it is full, which passes; and so does
                # our own old session, which it may still have after a loss.
                if self._is_logged_in and self._refusal is None and not self._was_online:
                    self._refusal = Ending(EXIT_DATA, closing_reason(reason))

    def _judge(self, failure: ConnectFailure | None) -> Ending | None:
        """How the run ends now, or None when another attempt is due."""
        if self.is_leaving:
            return Ending()
        if failure is not None:
            if self._was_online and self._comes_back and failure.is_retryable:
                return None
            return Ending(failure.exit_code, failure.sentence, failure.advice)
        if self._refusal is not None:
            return self._refusal
        if self._was_online and self._comes_back and self._session.may_retry:
            return None
        reason = closing_reason(self._session.close_reason)
        sentence = _("the connection was lost (%s).") % reason if reason else None
        return Ending(EXIT_UNAVAILABLE, sentence or _("the connection was lost."))

    async def _pause(self) -> None:
        self._hurry.clear()
        delay_ms = self._backoff.failed(random.random(), self.now_ms)
        self._show(
            [RetryScheduled(time_ms=self.now_ms, delay_ms=delay_ms, attempt=self._backoff.attempt)]
        )
        try:
            async with asyncio.timeout(delay_ms / 1000):
                await self._hurry.wait()
        except TimeoutError:
            pass

    def _arm(self) -> None:
        self._disarm()
        due_ms = self._session.next_tick_ms() if self._line is not None else None
        if due_ms is not None:
            delay_s = max(0, due_ms - self.now_ms) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self._session.tick(self.now_ms)
        self.pump()


def login_refused(identity: Identity, event: LoginFailed) -> Ending:
    """The ending for a refused login: the same for a wrong name and a wrong password (UX 4.7)."""
    if identity.is_registering:
        return register_refused(identity, event)
    if event.code == "sasl_unavailable":
        if identity.has_certificate:
            sentence = _("the server lets nobody in with a certificate, or not with this one.")
            advice = _("its owner sets tls.client_ca; without --cert you log in with a password")
            return Ending(EXIT_UNAVAILABLE, sentence, (advice,))
        return Ending(EXIT_UNAVAILABLE, _("the server has no way to log in with a password."))
    if not event.is_permanent:
        return Ending(EXIT_TEMPORARY, event.text)
    if identity.has_certificate:
        advice = _("the owner adds its key:   chat-admin cert add %s FILE") % identity.account
        sentence = _('the certificate does not log in as "%s".') % identity.account
        return Ending(EXIT_AUTH, sentence, (advice,))
    if not identity.password:
        advice = _("log in with --user NAME and a password, typed or from --password-file")
        return Ending(EXIT_AUTH, event.text, (advice,), is_login_refused=True)
    return Ending(
        EXIT_AUTH,
        _('wrong name or password for "%s".') % identity.account,
        (_("forgot it? Ask the owner:   chat-admin passwd %s") % identity.account,),
        is_login_refused=True,
    )


def register_refused(identity: Identity, event: LoginFailed) -> Ending:
    """The ending for an account that was not made."""
    name = identity.account
    match event.code:
        case "registration_unavailable":
            sentence = _("the server lets nobody make an account by themselves.")
            advice = _("ask its owner for one:   chat-admin add %s") % name
            return Ending(EXIT_UNAVAILABLE, sentence, (advice,))
        case "ACCOUNT_EXISTS":
            sentence = _('the name "%s" is taken.') % name
            advice = _("choose another; if it is yours, log in with --user %s") % name
            return Ending(EXIT_DATA, sentence, (advice,))
        case "VERIFICATION_REQUIRED":
            advice = _("its owner makes them:   chat-admin invite")
            sentence = _("the server lets in who has an invitation.")
        case "INVALID_CODE":
            advice = _("its owner makes a new one:   chat-admin invite")
            sentence = _("there is no such invitation, or it is used up or too old.")
        case "WEAK_PASSWORD" | "UNACCEPTABLE_PASSWORD":
            text = event.text.rstrip(".") + "."
            return Ending(EXIT_DATA, text, is_login_refused=True, code=event.code)
        case _:
            return Ending(EXIT_DATA if event.is_permanent else EXIT_TEMPORARY, event.text)
    return Ending(EXIT_AUTH, sentence, (advice,), is_login_refused=True, code=event.code)
