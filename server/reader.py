"""The reader: one thread that answers questions about history from a connection of its own.

The hub hands questions over after the commit of the batch that asked (`ask`, never blocks); the
answer goes straight to the io threads as lines for the asking session. So a page costs the hub
nothing, and many greedy readers wait for each other and for nobody else: sessions have their turn
one question each, in order of asking.

Nothing is held between two questions: a reader that kept a transaction open would keep the
write-ahead log from ever getting shorter.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

from server.core.effects import Effect, Outgoing, ReadHistory, Send
from server.core.events import SessionId
from server.log.errors import ReadFailed
from server.log.store import MessageReader

QUESTIONS_MAX = 4096
"""Questions that may wait in all; one more is answered with the excuse."""

QUESTIONS_PER_SESSION_MAX = 8
"""Questions of one session that may wait. A client asks for a page when it has the last one."""

Answer = Callable[[ReadHistory, MessageReader], Sequence[Outgoing]]
Post = Callable[[Sequence[Effect]], None]


class Note(Protocol):
    """The journal, as far as the reader needs it."""

    def __call__(self, event: str, **fields: str) -> None: ...


class Reader:
    """Answers `ReadHistory` effects. `ask` is for the hub; the rest is the reader thread's."""

    def __init__(
        self,
        open_reader: Callable[[], MessageReader],
        answer: Answer,
        excuse: Callable[[ReadHistory], Outgoing],
        post: Post,
        note: Note,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        """`open_reader` is called on the thread, for the first question; `excuse` gives the line
        for a question that has no answer.
        """
        self._open_reader = open_reader
        self._answer = answer
        self._excuse = excuse
        self._post = post
        self._note = note
        self._on_failure = on_failure
        self._waiting: OrderedDict[SessionId, deque[ReadHistory]] = OrderedDict()
        self._count = 0
        self._is_stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        """Begin answering."""
        self._thread.start()

    def ask(self, question: ReadHistory) -> None:
        """Have a question answered in its turn; at the limits with an excuse, at once."""
        with self._changed:
            questions = self._waiting.setdefault(question.session, deque())
            is_room_left = (
                len(questions) < QUESTIONS_PER_SESSION_MAX and self._count < QUESTIONS_MAX
            )
            if is_room_left:
                questions.append(question)
                self._count += 1
                self._changed.notify()
            elif not questions:
                del self._waiting[question.session]
        if not is_room_left:
            self._post([Send(question.session, self._excuse(question))])

    def stop(self) -> None:
        """Answer nothing more. From any thread; waits for the answer in hand."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        reader: MessageReader | None = None
        try:
            while (question := self._next()) is not None:
                reader = reader or self._open_reader()
                lines = self._answer_or_excuse(question, reader)
                if lines:
                    self._post([Send(question.session, line) for line in lines])
        except Exception as error:
            self._on_failure(error)
        finally:
            if reader is not None:
                reader.close()

    def _answer_or_excuse(self, question: ReadHistory, reader: MessageReader) -> Sequence[Outgoing]:
        try:
            return self._answer(question, reader)
        except ReadFailed as failed:
            self._note("history_not_read", reason=str(failed))
            return [self._excuse(question)]

    def _next(self) -> ReadHistory | None:
        """The next session's next question; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping or self._waiting)
            if self._is_stopping:
                return None
            session, questions = self._waiting.popitem(last=False)
            question = questions.popleft()
            self._count -= 1
            if questions:
                self._waiting[session] = questions
            return question
