"""The input line at the bottom of the terminal, its status row, and what is printed above them.

Used by the line face, on the event loop's thread. Built on prompt_toolkit's Application and not on
its PromptSession, for three reasons: the line stays up while it is handled, so no key is lost and
nothing flickers; printing above needs no question to the terminal (no cursor reports), so it works
the same over a slow ssh; and the completions live in the status row, so nothing scrolls.

Theory of operation of printing. The renderer knows where the drawn rows begin. `print_above` erases
them, prints from there, and asks for a redraw, which comes in the same turn of the loop.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO, cast

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.clipboard import InMemoryClipboard
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import (
    AnyContainer,
    BufferControl,
    ConditionalContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.processors import BeforeInput, PasswordProcessor
from prompt_toolkit.output import ColorDepth, Output, create_output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style as Sheet
from prompt_toolkit.widgets import SearchToolbar

from client.core.completion import Candidate, Completion
from client.ui.look import asciify
from client.ui.stdout import LastingTerminal

INPUT_ROWS_MAX = 8
LEAVE_TWICE_S = 1.0
ESCAPE_TIMEOUT_S = 0.08  # how long ESC waits to be the start of an Alt key; more over a slow line
REDRAW_INTERVAL_S = 0.02  # a burst of messages is drawn once


def _make_output() -> Output:
    if os.name != "posix":
        return create_output()
    return create_output(cast(TextIO, LastingTerminal()))


@dataclass(frozen=True, slots=True)
class Question:
    """Asked in the status row, answered by one key. Escape and Ctrl-C mean `cancel`."""

    text: str
    answers: dict[str, Callable[[], None]]
    cancel: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Secret:
    """Asked in the input line; what is typed shows as stars. "" for who gives up."""

    prompt: str
    then: Callable[[str], None]


@dataclass(slots=True)
class _Cycle:
    """Tab was pressed: the candidates, the one that stands in the line, and how it looks then."""

    before: str
    after: str
    candidates: tuple[Candidate, ...]
    index: int = 0
    shown: Document = field(default_factory=Document)


@dataclass(frozen=True, slots=True)
class EditorCalls:
    """What the editor asks its face for, and tells it."""

    prompt: Callable[[], StyleAndTextTuples]
    status: Callable[[], StyleAndTextTuples]
    complete: Callable[[str, int], Completion]
    entered: Callable[[str], None]
    leave: Callable[[], None]
    go_number: Callable[[int], None]
    go_by: Callable[[int], None]
    go_next_unread: Callable[[], None]


class Editor:
    """See the top of the file."""

    def __init__(
        self,
        calls: EditorCalls,
        history: History,
        sheet: Sheet,
        color_depth: ColorDepth | None,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._calls = calls
        self._sheet = sheet
        self._cycle: _Cycle | None = None
        self.question: Question | None = None
        self._offered_leave_at = -LEAVE_TWICE_S
        self.output = output or _make_output()
        # No cursor reports: see the top of the file.
        if hasattr(self.output, "enable_cpr"):
            self.output.enable_cpr = False
        self.is_ascii = "utf" not in self.output.encoding().lower()
        self._secret: _Secret | None = None
        self._secret_buffer = Buffer(multiline=False)  # without a history
        self._secret_control = BufferControl(
            buffer=self._secret_buffer,
            input_processors=[PasswordProcessor(), BeforeInput(self._secret_prompt)],
        )
        self.buffer = Buffer(history=history, multiline=True)
        self.app: Application[None] = Application(
            layout=self._make_layout(),
            key_bindings=self._make_keys(),
            style=sheet,
            color_depth=color_depth,
            erase_when_done=True,
            min_redraw_interval=REDRAW_INTERVAL_S,
            input=input,
            output=self.output,
        )
        self.app.ttimeoutlen = ESCAPE_TIMEOUT_S

    # --- for the face ---

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return self.output.get_size().columns

    def print_above(self, fragments: StyleAndTextTuples) -> None:
        """Print safe text above the input line."""
        if self.app.is_running:
            self.app.renderer.erase()
        print_formatted_text(
            self.output, self._fit(fragments), self._sheet, color_depth=self.app.color_depth
        )
        self.refresh()

    def refresh(self) -> None:
        """Draw prompt and status again, soon."""
        if self.app.is_running:
            self.app.invalidate()

    def ring(self) -> None:
        """Sound the terminal's bell."""
        self.output.bell()
        self.output.flush()

    def ask(self, question: Question) -> None:
        """Put a question into the status row; keys go to it until it is answered."""
        self.question = question
        self.refresh()

    def ask_secret(self, prompt: str, then: Callable[[str], None]) -> None:
        """Ask for what nobody may see; the line that is being written waits meanwhile."""
        self._secret = _Secret(prompt, then)
        self.app.layout.focus(self._secret_control)
        self.refresh()

    def restore(self, text: str) -> None:
        """Give a text back to the person, unless they are writing something else already."""
        if not self.buffer.text:
            self.buffer.document = Document(text)

    async def run(self) -> None:
        """Until `stop`."""
        await self.app.run_async(set_exception_handler=False)

    def stop(self) -> None:
        """Take the input line down."""
        if self.app.is_running and not self.app.is_done:
            self.app.exit()

    # --- layout ---

    def _fit(self, fragments: StyleAndTextTuples) -> StyleAndTextTuples:
        if not self.is_ascii:
            return fragments
        return [(style, asciify(text)) for style, text, *_mouse in fragments]

    def _make_layout(self) -> Layout:
        search = SearchToolbar()
        is_secret = Condition(lambda: self._secret is not None)
        line = Window(
            BufferControl(
                buffer=self.buffer,
                input_processors=[BeforeInput(lambda: self._fit(self._calls.prompt()))],
                search_buffer_control=search.control,
            ),
            height=Dimension(min=1, max=INPUT_ROWS_MAX),
            wrap_lines=True,
            dont_extend_height=True,
        )
        secret = Window(self._secret_control, height=1, dont_extend_height=True)
        rows: list[AnyContainer] = [
            ConditionalContainer(line, ~is_secret),
            ConditionalContainer(secret, is_secret),
            search,
        ]
        status = Window(
            FormattedTextControl(self._status), height=1, style="class:status", wrap_lines=False
        )
        return Layout(HSplit([*rows, status]), focused_element=line)

    def _status(self) -> StyleAndTextTuples:
        if self.question is not None:
            return self._fit([("class:status.ask", f" {self.question.text} ")])
        cycle = self._live_cycle()
        if cycle is not None and len(cycle.candidates) > 1:
            return self._fit(self._draw_candidates(cycle))
        return self._fit(self._calls.status())

    def _secret_prompt(self) -> StyleAndTextTuples:
        return [("class:prompt", self._secret.prompt if self._secret is not None else "")]

    def _answer_secret(self, answer: str) -> None:
        secret, self._secret = self._secret, None
        self._secret_buffer.reset()
        self.app.clipboard = InMemoryClipboard()  # a cut piece of it could be pasted
        self.app.layout.focus(self.buffer)
        if secret is not None:
            secret.then(answer)
        self.refresh()

    # --- completion ---

    def _live_cycle(self) -> _Cycle | None:
        """The cycle, unless the line was changed since."""
        if self._cycle is not None and self._cycle.shown != self.buffer.document:
            self._cycle = None
        return self._cycle

    def _complete(self, step: int) -> None:
        cycle = self._live_cycle()
        if cycle is None:
            document = self.buffer.document
            found = self._calls.complete(document.text, document.cursor_position)
            if not found.candidates:
                return
            before, after = document.text[: found.start], document.text_after_cursor
            cycle = _Cycle(before, after, found.candidates)
            self.buffer.save_to_undo_stack()
        else:
            cycle.index = (cycle.index + step) % len(cycle.candidates)
        chosen = cycle.before + cycle.candidates[cycle.index].text
        self.buffer.document = cycle.shown = Document(chosen + cycle.after, len(chosen))
        self._cycle = cycle

    def _draw_candidates(self, cycle: _Cycle) -> StyleAndTextTuples:
        """As many as fit, the chosen one among them, and its help."""
        drawn: StyleAndTextTuples = [("", " ")]
        left = self.width - 2
        # A page of candidates at a time, so that the row does not crawl with every Tab.
        first = cycle.index
        while first and cycle.index - first < 8:
            first -= 1
        for number, candidate in enumerate(cycle.candidates[first:], first):
            text = f" {candidate.text.strip()} "
            if len(text) > left:
                break
            left -= len(text)
            drawn.append(("class:status.chosen" if number == cycle.index else "", text))
        help_text = cycle.candidates[cycle.index].help
        if help_text and len(help_text) + 2 <= left:
            drawn.append(("class:status.quiet", f"  {help_text}"))
        return drawn

    # --- keys ---

    def _make_keys(self) -> KeyBindings:
        keys = KeyBindings()
        is_asking = Condition(lambda: self.question is not None)
        is_empty = Condition(lambda: not self.buffer.text)
        is_typing = ~is_asking & Condition(lambda: self.app.layout.has_focus(self.buffer))

        is_hiding = ~is_asking & Condition(lambda: self.app.layout.has_focus(self._secret_control))
        keys.add("enter", filter=is_hiding, eager=True)(
            lambda _event: self._answer_secret(self._secret_buffer.text)
        )
        for key in ("escape", "c-c", "<sigint>", "c-d"):
            keys.add(key, filter=is_hiding)(lambda _event: self._answer_secret(""))
        keys.add("enter", filter=is_typing)(lambda _event: self._enter())
        keys.add("escape", "enter", filter=is_typing)(lambda _event: self.buffer.insert_text("\n"))
        keys.add("tab", filter=is_typing)(lambda _event: self._complete(1))
        keys.add("s-tab", filter=is_typing)(lambda _event: self._complete(-1))
        for key in ("c-c", "<sigint>"):
            keys.add(key, filter=is_typing)(lambda _event: self._interrupt())
        keys.add("c-d", filter=is_typing & is_empty)(lambda _event: self._calls.leave())
        keys.add("c-z", filter=is_typing)(lambda event: event.app.suspend_to_background())
        keys.add(Keys.BracketedPaste, filter=is_typing)(self._paste)
        keys.add("escape", "left", filter=is_typing)(lambda _event: self._calls.go_by(-1))
        keys.add("escape", "right", filter=is_typing)(lambda _event: self._calls.go_by(1))
        keys.add("escape", "a", filter=is_typing)(lambda _event: self._calls.go_next_unread())
        for number in range(1, 10):
            keys.add("escape", str(number), filter=is_typing)(
                lambda _event, number=number: self._calls.go_number(number)
            )
        keys.add(Keys.Any, filter=is_asking, eager=True)(self._answer)
        for key in ("enter", "tab", "c-d", Keys.BracketedPaste):
            keys.add(key, filter=is_asking, eager=True)(lambda _event: None)
        for key in ("escape", "c-c"):
            keys.add(key, filter=is_asking, eager=True)(lambda _event: self._cancel())
        return keys

    def _enter(self) -> None:
        text = self.buffer.text
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1:
            self._calls.entered(text)  # the face asks first, and takes the text when it is sent
            return
        self.take()
        self._calls.entered(text.strip("\n"))

    def take(self) -> None:
        """The text in the line was accepted: remember it, and empty the line."""
        self.buffer.append_to_history()
        self.buffer.reset()

    def _interrupt(self) -> None:
        now = time.monotonic()
        if self.buffer.text == "/quit" and now - self._offered_leave_at <= LEAVE_TWICE_S:
            self._calls.leave()
        elif self.buffer.text:
            self.buffer.reset()
        else:
            self.buffer.document = Document("/quit")
            self._offered_leave_at = now

    def _paste(self, event: KeyPressEvent) -> None:
        # Pasted text must not press keys: what is no text goes, and a last line end sends nothing.
        text = event.data.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        kept = (char for char in text if char in "\n\t" or (char.isprintable()))
        self.buffer.insert_text("".join(kept))

    def _answer(self, event: KeyPressEvent) -> None:
        question = self.question
        act = question.answers.get(event.data.lower()) if question else None
        if act is not None:
            self.question = None
            act()

    def _cancel(self) -> None:
        question, self.question = self.question, None
        if question is not None:
            question.cancel()
