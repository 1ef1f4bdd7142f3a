"""The reader: one thread that answers questions about history from a connection of its own.

The hub hands questions over after the commit of the batch that asked (`ask`, never blocks); the
answer goes straight to the io threads as lines for the asking session. So a page costs the hub
nothing, and many greedy readers wait for each other and for nobody else: sessions have their turn
one question each, in order of asking.

Nothing is held between two questions: a reader that kept a transaction open would keep the
write-ahead log from ever getting shorter.

A page may be a good part of what a connection's buffer holds. So after an answer a session has its
next turn only when all of it is with its socket (`TellWhenDrained`, which the hub hears of and
passes on: `hear`). A client may ask for all its rooms at once, and a slow one waits for itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

from server.core.effects import Effect, Outgoing, ReadHistory, Send, TellWhenDrained
from server.core.events import Disconnected, Drained, SessionId
from server.log.errors import ReadFailed
from server.log.store import MessageReader

QUESTIONS_MAX = 16_384
"""Questions that may wait in all, some 10 MB; one more is answered with the excuse."""

QUESTIONS_PER_SESSION_MAX = 64
"""Questions of one session that may wait. Clients ask for the latest of each room they are in, and
may be in 50 (`limits.rooms_per_user_max`)."""

Answer = Callable[[ReadHistory, MessageReader], Sequence[Outgoing]]
Post = Callable[[Sequence[Effect]], None]


class Note(Protocol):
    """The journal, as far as the reader needs it."""

    def __call__(self, event: str, **fields: str) -> None: ...


class Reader:
    """Answers `ReadHistory` effects. `ask` and `hear` are for the hub."""

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
        self._taking: dict[SessionId, deque[ReadHistory]] = {}  # those who have not taken it all
        self._in_hand: SessionId | None = None
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
            questions = self._questions_of(question.session)
            is_room_left = (
                len(questions) < QUESTIONS_PER_SESSION_MAX and self._count < QUESTIONS_MAX
            )
            if is_room_left:
                questions.append(question)
                self._count += 1
                if question.session not in self._taking:
                    self._waiting[question.session] = questions
                    self._changed.notify()
        if not is_room_left:
            self._post([Send(question.session, self._excuse(question))])

    def hear(self, event: Drained | Disconnected) -> None:
        """A session has taken its answer, or is gone."""
        session = event.session
        with self._changed:
            questions = self._taking.pop(session, None)
            if isinstance(event, Disconnected):
                questions = self._waiting.pop(session, questions)
                self._count -= len(questions or ())
                if self._in_hand == session:
                    self._in_hand = None
            elif questions:
                self._waiting[session] = questions
                self._changed.notify()

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
                    self._pause(question.session)
                    told = [Send(question.session, line) for line in lines]
                    self._post([*told, TellWhenDrained(question.session)])
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

    def _questions_of(self, session: SessionId) -> deque[ReadHistory]:
        """Those that wait; a new queue, not kept yet, if none do."""
        taking = self._taking.get(session)
        return self._waiting.get(session, deque()) if taking is None else taking

    def _pause(self, session: SessionId) -> None:
        """Its next question waits until it has taken this answer; before that is on its way."""
        with self._changed:
            if self._in_hand is not None:
                self._taking[session] = self._waiting.pop(session, deque())

    def _next(self) -> ReadHistory | None:
        """The next session's next question; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopping or self._waiting)
            if self._is_stopping:
                return None
            session, questions = self._waiting.popitem(last=False)
            question = questions.popleft()
            self._in_hand = session
            self._count -= 1
            if questions:
                self._waiting[session] = questions
            return question
