"""The line face: a prompt at the bottom, messages above it, the state always in sight.

Made by `__main__` for a person at a terminal; runs on the event loop's thread. It shows what
the core's view made safe and nothing else; `look.py` arranges it, `editor.py` draws it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from gettext import gettext as _, ngettext
from pathlib import Path

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.output import ColorDepth, Output

from client.core import events as ev
from client.core.completion import complete
from client.core.events import Event, MessageReceived
from client.core.input import may_remember
from client.core.session import Session
from client.core.view import ViewOptions, rings
from client.ui.desk import Desk, Kind, Note
from client.ui.editor import Editor, EditorCalls, Question
from client.ui.ending import on_signals
from client.ui.history import LineHistory
from client.ui.look import NICK_COLOURS, draw_rule, make_sheet
from client.ui.rows import draw_event, draw_note, titles
from client.ui.status import Link, Status, draw_status
from client.ui.transport import Transport
from irc.names import fold

EXIT_TERMINAL_GONE = 128 + 1  # as a shell shows a death by SIGHUP
TYPING_S = 6.1  # after that "is typing" has ended by itself (IRCv3 typing: 6 s)
BELL_INTERVAL_S = 3.0  # a flood of mentions rings once


@dataclass(frozen=True, slots=True)
class LineOptions:
    """What the config and the command line chose. `color_depth` None: as the terminal says."""

    aliases: Mapping[str, str]
    view: ViewOptions
    has_bell: bool = True
    has_time: bool = True
    history_path: Path | None = None
    color_depth: ColorDepth | None = None


class LineFace:
    """See the top of the file."""

    def __init__(
        self,
        session: Session,
        options: LineOptions,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._session = session
        self._options = options
        self._view = replace(options.view, nick_colours=len(NICK_COLOURS), window="")
        self._desk = Desk(
            session, options.aliases, self._tell, self._moved, key_lines(), self._ask_secret
        )
        self._status = Status()
        self._registered = asyncio.Event()
        self._is_stopped = False
        self._is_welcomed = False
        self._is_showing = False
        self._drawn: StyleAndTextTuples = []
        self._exit_code = 0
        self._rang_at = -BELL_INTERVAL_S
        self._last_day = options.view.day(time.time_ns() // 1_000_000)
        self._ticking: asyncio.TimerHandle | None = None
        self._forgetting: asyncio.TimerHandle | None = None
        is_mono = options.color_depth is ColorDepth.DEPTH_1_BIT
        self._editor = Editor(
            self._make_calls(),
            LineHistory(
                options.history_path,
                lambda text: may_remember(text, options.aliases, self._desk.window),
            ),
            make_sheet(is_mono=is_mono),
            options.color_depth,
            input,
            output,
        )

    # --- for `__main__` ---

    def show(self, events: Sequence[Event]) -> None:
        """Print what happened, and keep the state in sight."""
        is_ringing = False
        self._is_showing = True
        for event in events:
            self._follow_link(event)
            if isinstance(event, ev.TypingChanged) and event.is_typing:
                self._look_again()
            if self._desk.follow(event) or self._desk.is_noise(event):
                continue
            self._drawn += self._draw(event)
            is_ringing = is_ringing or rings(event)
            self._react(event)
        self._is_showing = False
        self._print()
        if is_ringing:
            self._ring()

    async def run(self, transport: Transport) -> int:
        """Until the person leaves or `stop`; the exit code, 0 but for signals."""
        self._desk.transport = transport
        await self._registered.wait()
        if not self._is_stopped:
            with on_signals(("SIGTERM", "SIGHUP"), self._end):
                try:
                    await self._editor.run()
                except EOFError:  # the terminal is gone
                    self._exit_code = self._exit_code or EXIT_TERMINAL_GONE
        return self._exit_code

    def stop(self) -> None:
        """The run is over: take the prompt down."""
        self._is_stopped = True
        self._registered.set()
        self._stop_ticking()
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._editor.stop()

    def unsent(self) -> list[str]:
        """What was typed and never confirmed."""
        return self._desk.unsent()

    # --- what happens ---

    def _follow_link(self, event: Event) -> None:
        match event:
            case ev.Registered():
                self._status = Status(Link.ONLINE)
                self._registered.set()
                self._stop_ticking()
            case ev.Disconnected():
                self._status = Status(Link.OFFLINE)
            case ev.RetryScheduled(delay_ms=delay_ms, attempt=attempt):
                retry_at = time.monotonic() + delay_ms / 1000
                self._status = Status(Link.OFFLINE, retry_at, attempt)
                self._tick()

    def _draw(self, event: Event) -> StyleAndTextTuples:
        width = self._editor.width
        view = replace(self._view, window=self._desk.window)
        clock = time.strftime("%H:%M:%S", time.localtime())
        match event:
            case ev.Registered(back=True):
                return draw_rule(_("back %s") % clock, width)
            case ev.Disconnected():
                return draw_rule(_("connection lost %s") % clock, width)
            case ev.RetryScheduled():
                return []
            case ev.HistoryBegins() | ev.UnreadBegins():
                return [part for title in titles(event, view) for part in draw_rule(title, width)]
            case ev.OutboxQuestion(count=count):
                self._ask_about_outbox(count)
                return []
        return [
            *self._draw_day(event),
            *draw_event(event, view, width, has_time=self._options.has_time),
        ]

    def _draw_day(self, event: Event) -> StyleAndTextTuples:
        """A rule when a message is of another day than the one before it."""
        if not isinstance(event, MessageReceived):
            return []
        day = self._view.day(event.time_ms)
        last, self._last_day = self._last_day, day
        return draw_rule(day, self._editor.width) if last != day else []

    def _react(self, event: Event) -> None:
        if isinstance(event, ev.MessageFailed):
            # Enter sends what is given back, so it must go where it was meant to go.
            is_here = fold(event.target) == fold(self._desk.window)
            to = "" if is_here else f"/msg {event.target} "
            slash = "/" if is_here and event.text.startswith("/") else ""
            self._editor.restore(to + slash + event.text)

    def _ring(self) -> None:
        now = time.monotonic()
        if self._options.has_bell and now - self._rang_at >= BELL_INTERVAL_S:
            self._rang_at = now
            self._editor.ring()

    # --- what a person does ---

    def _entered(self, text: str) -> None:
        lines = [line for line in text.split("\n") if line.strip()]
        if not lines:
            if self._status.link is Link.OFFLINE and self._desk.transport is not None:
                self._desk.transport.retry_now()
        elif len(lines) > 1:
            self._ask_about_lines(text, len(lines))
        else:
            self._desk.enter(text)

    def _ask_about_lines(self, text: str, count: int) -> None:
        def send() -> None:
            self._editor.take()
            self._desk.enter(text)

        question = ngettext(
            "Send %d line?   y send · e edit · n drop",
            "Send %d lines, as that many messages?   y send · e edit · n drop",
            count,
        )
        answers: dict[str, Callable[[], None]] = {
            "y": send,
            "e": self._editor.refresh,
            "n": self._editor.take,
        }
        self._editor.ask(Question(question % count, answers))

    def _ask_about_outbox(self, count: int) -> None:
        question = ngettext(
            "Send %d waiting message?   y send · n drop · Esc later (/resend)",
            "Send %d waiting messages?   y send · n drop · Esc later (/resend)",
            count,
        )

        def act(command: str) -> Callable[[], None]:
            return lambda: self._desk.enter(command)

        answers = {"y": act("/resend"), "n": act("/discard")}
        self._editor.ask(Question(question % count, answers))

    def _ask_secret(self, question: str, then: Callable[[str], None]) -> bool:
        self._editor.ask_secret(question, then)
        return True

    def _leave(self) -> None:
        if self._desk.transport is not None:
            self._desk.transport.leave()

    # --- for the desk and the editor ---

    def _tell(self, notes: Sequence[Note]) -> None:
        for note in notes:
            self._drawn += draw_note(note, self._editor.width)
        self._print()

    def _print(self) -> None:
        # What the desk tells while events are shown stays in their order, in one piece.
        if self._is_showing:
            return
        drawn, self._drawn = self._drawn, []
        if drawn:
            self._editor.print_above(drawn)
        else:
            self._editor.refresh()

    def _moved(self, past: Sequence[Event]) -> None:
        notes = self._desk.describe_window()
        self._drawn += draw_rule(self._desk.window_title() or _("server"), self._editor.width)
        for event in past:
            self._drawn += self._draw(event)
        if not self._is_welcomed:
            self._is_welcomed = True
            notes.append(
                Note(_("/help lists the commands · Tab completes · Ctrl-C leaves"), Kind.HINT)
            )
        self._tell(notes)

    def _make_calls(self) -> EditorCalls:
        return EditorCalls(
            prompt=self._prompt,
            status=lambda: draw_status(self._status, self._desk, self._editor.width),
            complete=lambda text, cursor: complete(
                text, cursor, self._session.model, self._desk.window, self._options.aliases
            ),
            entered=self._entered,
            leave=self._leave,
            go_number=self._desk.go_number,
            go_by=self._desk.go_by,
            go_next_unread=self._desk.go_next_unread,
        )

    def _prompt(self) -> StyleAndTextTuples:
        name = self._desk.window_title()
        style = "class:prompt" if name.startswith("#") or not name else "class:prompt.private"
        return [(style, f"{name} › " if name else "› ")]

    # --- time and signals ---

    def _tick(self) -> None:
        """While offline the seconds count down; online nothing wakes us."""
        self._stop_ticking()
        if self._status.link is Link.OFFLINE and not self._is_stopped:
            self._editor.refresh()
            self._ticking = asyncio.get_running_loop().call_later(1.0, self._tick)

    def _look_again(self) -> None:
        """Draw the status row again when somebody may have stopped typing without a word."""
        self._editor.refresh()
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._forgetting = None
        if self._desk.typing():
            loop = asyncio.get_running_loop()
            self._forgetting = loop.call_later(TYPING_S, self._look_again)

    def _stop_ticking(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def _end(self, exit_code: int) -> None:
        # A closed window (SIGHUP) or a kill (SIGTERM) leaves chat and terminal in order.
        self._exit_code = exit_code
        self._leave()


def key_lines() -> list[str]:
    """What /help says about keys."""
    return [
        _("Tab completes · Alt-Enter: a new line · Ctrl-R finds what you typed"),
        _("Alt-1 to Alt-9, Alt-Left, Alt-Right: other windows · Alt-A: what is unread"),
        _("Ctrl-C empties the line, then leaves"),
    ]
