"""The face for programs: standard input to the chat, events to standard output. It never asks.

Made by `__main__` for `--to`, `--follow` and `--json`. Each line of input is one message (`--to`);
the run is good only when the server has confirmed every one of them, which a server that keeps
history does when it is on disk: exit code 0 means durable. With `--json` each event is one line of
JSON with the RAW text, which JSON's escapes make harmless; without, lines are clean. `--last N`
prints what was said before and ends, or goes on with `--follow`. A `--follow` outlives a lost line:
what was said meanwhile is printed when it is back, each message once (`is_history` in JSON).
Errors go to stderr. Exit codes: 65 a message was refused, 69 not confirmed in time.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from gettext import gettext as _, ngettext

from client.core.event_json import as_json
from client.core.events import (
    Disconnected,
    Event,
    HistoryEnds,
    MessageConfirmed,
    MessageFailed,
    MessageReceived,
    NickInUse,
    OutboxQuestion,
    Registered,
    ServerClosing,
    ServerText,
    TextKind,
    TypingChanged,
)
from client.core.session import Session
from client.core.view import ViewOptions, lines, plain_text
from client.ui.ending import on_signals, work_until
from client.ui.stdin import Oversize, read_lines
from client.ui.stdout import write_stdout
from client.ui.transport import Transport
from irc.cli import EXIT_DATA, EXIT_OK, EXIT_UNAVAILABLE, print_error
from irc.names import fold
from irc.sanitise import clean

EXIT_PIPE_CLOSED = 128 + 13  # as a shell shows a death by SIGPIPE

UNCONFIRMED_MAX = 50  # lines read ahead of the server's confirmation; the rest waits in the pipe


@dataclass(frozen=True, slots=True)
class PipeOptions:
    """What the command line said. `follow`: None for not, "" for everything, else one window.

    `last`: so many messages of the past of the window of `to` or `follow`; 0 for none. Without
    `follow` they are all there is to do.
    """

    to: str = ""
    follow: str | None = None
    is_json: bool = False
    timeout_s: float = 30.0
    last: int = 0

    @property
    def window(self) -> str:
        """Whose past `last` means."""
        return self.to or self.follow or ""

    @property
    def is_reading(self) -> bool:
        """Whether the run only prints the past."""
        return self.last > 0 and self.follow is None


class PipeFace:
    """One run of pipe mode. Owner: the event loop's thread."""

    def __init__(
        self,
        session: Session,
        options: PipeOptions,
        view_options: ViewOptions,
        *,
        write: Callable[[bytes], None] | None = None,
        complain: Callable[[str], None] | None = None,
        stdin_fd: int = 0,
    ) -> None:
        self._session = session
        self._options = options
        self._view_options = view_options
        self._write = write or write_stdout
        self._complain = complain or _write_stderr
        self._stdin_fd = stdin_fd
        self._registered = asyncio.Event()
        self._over = asyncio.Event()
        self._progress = asyncio.Event()
        self._past_shown = asyncio.Event()
        self._pending: set[str] = set()
        self._refused = 0
        self._taken_name = ""
        self._signal_code = 0
        self._is_pipe_closed = False
        self._transport: Transport | None = None

    def show(self, events: Sequence[Event]) -> None:
        """Take note of what happened and print what was asked for."""
        printed = b""
        for event in events:
            if self._is_wanted(event):
                printed += self._format(event)
            self._note(event)
        if not printed or self._is_pipe_closed:
            return
        try:
            self._write(printed)
        except BrokenPipeError:  # "| head" has seen enough
            self._is_pipe_closed = True
            if self._transport is not None:
                self._transport.leave()

    async def run(self, transport: Transport) -> int:
        """Send and follow until there is nothing left to do; the exit code."""
        self._transport = transport
        with on_signals(("SIGINT", "SIGTERM", "SIGHUP"), self._end):
            await work_until(self._over, self._work(transport))
        return self._exit_code()

    def stop(self) -> None:
        """The driver is done."""
        self._over.set()

    def unsent(self) -> list[str]:
        """What was not confirmed, for the person who reads stderr."""
        return [clean(f"{item.target}: {item.text}") for item in self._session.outbox]

    def _end(self, exit_code: int) -> None:
        self._signal_code = exit_code
        if self._transport is not None:
            self._transport.leave()

    def _exit_code(self) -> int:
        if self._signal_code:
            return self._signal_code
        if self._is_pipe_closed:
            return EXIT_PIPE_CLOSED
        if self._refused:
            return EXIT_DATA
        return EXIT_UNAVAILABLE if self._pending else EXIT_OK

    async def _work(self, transport: Transport) -> None:
        await self._registered.wait()
        is_sending = bool(self._options.to) and not self._options.is_reading
        if is_sending and self._taken_name:  # nobody shall speak as somebody else unawares
            name = clean(self._taken_name)
            self._refuse(_('the name "%s" is taken; nothing was sent') % name)
            transport.leave()
            await self._over.wait()
        if self._options.last and not await self._show_past(transport):
            transport.leave()
            await self._over.wait()
        if is_sending:
            await self._send_all(transport)
        if self._options.follow is None:
            transport.leave()
        await self._over.wait()

    async def _show_past(self, transport: Transport) -> bool:
        """Wait for the past of a room, which comes as we enter; ask for that of a person."""
        window = self._options.window
        if not self._session.has_history:
            self._refuse(_("this server keeps no history for us"))
            return False
        if not self._session.model.is_room_name(window):
            self._session.fetch_latest(window, transport.now_ms)
            transport.pump()
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await self._past_shown.wait()
        except TimeoutError:
            self._refuse(_("the server did not tell what was said before"))
        return self._refused == 0

    async def _send_all(self, transport: Transport) -> None:
        async for line in read_lines(self._stdin_fd):
            if isinstance(line, Oversize):
                self._refuse(_("a line is too long to be a message"))
                continue
            if not line.strip():
                continue
            # Noted before the pump shows an answer, or a quick one would be missed.
            self._pending.update(
                self._session.send_text(self._options.to, line, now_ms=transport.now_ms)
            )
            transport.pump()
            while len(self._pending) >= UNCONFIRMED_MAX:
                if not await self._is_progressing():
                    return
        while self._pending:
            if not await self._is_progressing():
                return

    async def _is_progressing(self) -> bool:
        self._progress.clear()
        try:
            async with asyncio.timeout(self._options.timeout_s):
                await self._progress.wait()
        except TimeoutError:
            self._complain(
                ngettext(
                    "%(count)d message was not confirmed in %(seconds)g s",
                    "%(count)d messages were not confirmed in %(seconds)g s",
                    len(self._pending),
                )
                % {"count": len(self._pending), "seconds": self._options.timeout_s}
            )
            return False
        return True

    def _note(self, event: Event) -> None:
        match event:
            case NickInUse(nick=name) if not self._registered.is_set():
                self._taken_name = name
            case Registered():
                self._registered.set()
            case OutboxQuestion():
                # Whoever pipes in many lines before the room is open wants them all to go.
                if self._transport is not None:
                    self._session.release_outbox(self._transport.now_ms)
            case HistoryEnds(buffer=buffer) if fold(buffer) == fold(self._options.window):
                if event.is_missing and not self._past_shown.is_set():
                    self._refuse(_("the server did not tell what was said before"))
                self._past_shown.set()
            case MessageConfirmed(outbox_id=outbox_id):
                self._pending.discard(outbox_id)
                self._progress.set()
            case MessageFailed(outbox_id=outbox_id):
                self._pending.discard(outbox_id)
                self._progress.set()
                told = lines(event, self._view_options)[0]
                self._refuse("".join(token.text for token in told.tokens))

    def _refuse(self, sentence: str) -> None:
        self._refused += 1
        self._complain(sentence)

    def _is_wanted(self, event: Event) -> bool:
        if isinstance(event, TypingChanged):
            return False
        if self._options.is_reading:
            if not isinstance(event, MessageReceived) or not event.is_history:
                return False
            return fold(event.buffer) == fold(self._options.window)
        if self._options.follow is None:
            # With --to alone, --json shows what became of our own messages.
            own = isinstance(event, MessageReceived) and event.own
            return self._options.is_json and (own or isinstance(event, MessageFailed))
        if not self._options.follow:
            return True
        return fold(getattr(event, "buffer", "")) == fold(self._options.follow)

    def _is_noise(self, event: Event) -> bool:
        """What a server says of itself to newcomers, and what comes of our own leaving."""
        if isinstance(event, ServerText) and event.kind is TextKind.INFO:
            return not self._registered.is_set()
        is_leaving = self._transport is not None and self._transport.is_leaving
        return is_leaving and isinstance(event, ServerClosing | Disconnected)

    def _format(self, event: Event) -> bytes:
        if self._options.is_json:
            return json.dumps(as_json(event), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        if self._is_noise(event):
            return b""
        shown = (plain_text(line) for line in lines(event, self._view_options))
        return "".join(f"{line}\n" for line in shown).encode("utf-8", "replace")


def _write_stderr(sentence: str) -> None:
    print_error("chat-client", sentence)
