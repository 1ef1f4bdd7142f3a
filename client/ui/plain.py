"""The plain face: one event, one line, at the end; words where the line face has signs.

For screen readers, dumb terminals and output that goes to a file (`--plain`). It moves no cursor,
draws nothing twice, has no colour, and prints no prompt. Typed or piped lines do what they do in
the line face. Made by `__main__`; runs on the event loop's thread.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from gettext import gettext as _

from client.core import events as ev
from client.core.events import Event
from client.core.session import Session
from client.core.view import ViewOptions, lines, plain_text
from client.ui.desk import Desk, Note
from client.ui.ending import on_signals, work_until
from client.ui.stdin import Echo, Oversize, read_lines
from client.ui.stdout import write_stdout
from client.ui.transport import Transport

OUTBOX_TIMEOUT_S = 30.0  # at the end of the input: how long the last messages may take


@dataclass(frozen=True, slots=True)
class PlainOptions:
    """What the config and the command line chose."""

    aliases: Mapping[str, str]
    view: ViewOptions


class PlainFace:
    """See the top of the file."""

    def __init__(
        self,
        session: Session,
        options: PlainOptions,
        write: Callable[[bytes], None] | None = None,
        stdin_fd: int = 0,
    ) -> None:
        self._session = session
        self._view = options.view
        self._write = write or write_stdout
        self._stdin_fd = stdin_fd
        self._desk = Desk(
            session, options.aliases, self._tell, self._moved, ask_secret=self._ask_secret
        )
        self._registered = asyncio.Event()
        self._over = asyncio.Event()
        self._news = asyncio.Event()
        self._is_welcomed = False
        self._last_day = options.view.day(time.time_ns() // 1_000_000)
        self._is_stdout_gone = False
        self._take_secret: Callable[[str], None] | None = None
        self._echo = Echo(stdin_fd)
        self._exit_code = 0

    def show(self, events: Sequence[Event]) -> None:
        """Append what happened."""
        self._news.set()
        shown: list[str] = []
        for event in events:
            if isinstance(event, ev.Registered):
                self._registered.set()
            if self._desk.follow(event):
                self._print(shown)  # what the desk tells comes after what was before it
                shown = []
                continue
            if self._desk.is_noise(event):
                continue
            shown += self._rows(event)
        self._print(shown)

    async def run(self, transport: Transport) -> int:
        """Until the person leaves, the input ends, or the task is cancelled."""
        self._desk.transport = transport
        with on_signals(("SIGINT", "SIGTERM", "SIGHUP"), self._end):
            try:
                await work_until(self._over, self._work(transport))
            finally:
                self._echo.show()
        return self._exit_code

    def stop(self) -> None:
        """The driver is done."""
        self._over.set()

    def unsent(self) -> list[str]:
        """What was typed and never confirmed."""
        return self._desk.unsent()

    async def _work(self, transport: Transport) -> None:
        await self._registered.wait()
        async for line in read_lines(self._stdin_fd):
            if self._take_secret is not None:
                self._answer("" if isinstance(line, Oversize) else line)
            elif isinstance(line, Oversize):
                self._print([_("This is too long to send.")])
            elif line.strip():
                self._desk.enter(line)
        await self._flush_outbox()
        transport.leave()
        await self._over.wait()

    def _ask_secret(self, question: str, then: Callable[[str], None]) -> bool:
        """The next line is the answer, if the terminal can hide it."""
        if not self._echo.hide():
            return False
        self._take_secret = then
        self._print([question.rstrip()])
        return True

    def _answer(self, line: str) -> None:
        then, self._take_secret = self._take_secret, None
        self._echo.show()
        if then is not None:
            then(line)

    async def _flush_outbox(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OUTBOX_TIMEOUT_S):
                while self._session.outbox.is_moving():
                    self._news.clear()
                    await self._news.wait()

    def _rows(self, event: Event) -> list[str]:
        options = replace(self._view, window=self._desk.window)
        rows = [plain_text(line) for line in lines(event, options)]
        if isinstance(event, ev.MessageReceived):
            day = self._view.day(event.time_ms)
            last, self._last_day = self._last_day, day
            if last != day:
                rows.insert(0, _("day %s") % day)
        return rows

    def _tell(self, notes: Sequence[Note]) -> None:
        self._print([note.text for note in notes])

    def _moved(self, past: Sequence[Event]) -> None:
        title = self._desk.window_title()
        self._tell([Note(_("window %s") % title if title else _("window of the server"))])
        self._print([row for event in past for row in self._rows(event)])
        self._tell(self._desk.describe_window())
        if not self._is_welcomed:
            self._is_welcomed = True
            self._tell([Note(_("/help lists the commands, /quit leaves"))])

    def _print(self, rows: Sequence[str]) -> None:
        if not rows or self._is_stdout_gone:
            return
        try:
            self._write("".join(f"{row}\n" for row in rows).encode("utf-8", "replace"))
        except OSError:  # a closed pipe, a terminal that went away
            self._is_stdout_gone = True
            if self._desk.transport is not None:
                self._desk.transport.leave()

    def _end(self, exit_code: int) -> None:
        self._exit_code = exit_code
        if os.isatty(self._stdin_fd):
            self._print([""])  # behind the ^C that the terminal shows
        if self._desk.transport is not None:
            self._desk.transport.leave()
