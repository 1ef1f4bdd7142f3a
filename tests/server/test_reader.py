"""The reader thread: turns, limits, failures (server/reader.py)."""

import queue
import threading

import pytest

from server import reader as reader_module
from server.core.effects import Outgoing, ReadHistory, Send, TellWhenDrained
from server.core.events import Disconnected, Drained, SessionId
from server.log.errors import ReadTooSlow
from server.reader import Reader

DEADLINE_S = 20.0
ANA, BOB = SessionId(1), SessionId(2)


def line(text):
    return Outgoing("chat.local", "NOTICE", ("*", text), 0)


def question(session, reference):
    return ReadHistory(session, None, reference, 0)


class Rig:
    """A reader whose answers wait for a gate, and what it gave to whom."""

    def __init__(self, answer=None):
        self.gate = threading.Event()
        self.in_hand = threading.Event()
        self.posted = queue.Queue()
        self.failures = queue.Queue()
        self.notes = queue.Queue()
        self.is_opened = threading.Event()
        self.is_closed = threading.Event()
        self.reader = Reader(
            self._open,
            answer or self._answer,
            lambda asked: line(f"excuse {asked.reference}"),
            self.posted.put,
            lambda event, **fields: self.notes.put((event, fields)),
            self.failures.put,
        )
        self.reader.start()

    def _open(self):
        self.is_opened.set()
        return self

    def _answer(self, asked, source):
        assert source is self
        self.in_hand.set()
        self.gate.wait(DEADLINE_S)
        return [line(asked.reference)] if asked.reference else []

    def close(self):
        self.is_closed.set()

    def ask_first(self, asked):
        """Ask, and wait until the reader has it in hand."""
        self.reader.ask(asked)
        assert self.in_hand.wait(DEADLINE_S)

    def next(self):
        """What is sent next, which is taken at once."""
        told = self.next_untaken()
        if self.asked_drained:
            self.reader.hear(Drained(told[0][0]))
        return told

    def next_untaken(self):
        effects = self.posted.get(timeout=DEADLINE_S)
        told = [(each.session, each.line.params[1]) for each in effects if isinstance(each, Send)]
        self.asked_drained = effects[-1] == TellWhenDrained(told[0][0])
        assert len(effects) == len(told) + self.asked_drained
        return told


@pytest.fixture
def rig():
    """A reader that is stopped at the end."""
    rig = Rig()
    yield rig
    rig.gate.set()
    rig.reader.stop()
    assert rig.is_closed.is_set() == rig.is_opened.is_set()


def test_an_answer_goes_to_who_asked(rig):
    """As lines for that session alone, in one piece."""
    rig.gate.set()

    rig.reader.ask(question(ANA, "a"))

    assert rig.next() == [(ANA, "a")]


def test_nothing_to_say_is_nothing_sent(rig):
    """An empty answer posts nothing; the next question is answered."""
    rig.gate.set()

    rig.reader.ask(question(ANA, ""))
    rig.reader.ask(question(ANA, "b"))

    assert rig.next() == [(ANA, "b")]


def test_sessions_take_turns(rig):
    """A session with many questions does not keep another one waiting for all of them."""
    rig.ask_first(question(ANA, "1"))
    for reference in "234":
        rig.reader.ask(question(ANA, reference))
    rig.reader.ask(question(BOB, "x"))
    rig.gate.set()

    assert [rig.next()[0][1] for _ in range(5)] == ["1", "x", "2", "3", "4"]


def test_one_session_may_have_so_many_questions(rig, monkeypatch):
    """One more is answered at once, with an excuse; another session is not concerned."""
    monkeypatch.setattr(reader_module, "QUESTIONS_PER_SESSION_MAX", 2)
    rig.ask_first(question(ANA, "1"))
    for reference in "234":
        rig.reader.ask(question(ANA, reference))
    rig.reader.ask(question(BOB, "x"))

    assert rig.next() == [(ANA, "excuse 4")]
    rig.gate.set()
    assert [rig.next()[0][1] for _ in range(4)] == ["1", "x", "2", "3"]


def test_a_session_takes_an_answer_before_it_gets_the_next(rig):
    """Several pages at once could fill its buffer; meanwhile others are answered."""
    rig.gate.set()
    rig.reader.ask(question(ANA, "1"))
    assert rig.next_untaken() == [(ANA, "1")]
    rig.reader.ask(question(ANA, "2"))
    rig.reader.ask(question(BOB, "x"))
    assert rig.next() == [(BOB, "x")]
    assert rig.posted.empty()

    rig.reader.hear(Drained(ANA))

    assert rig.next() == [(ANA, "2")]


def test_somebody_who_took_what_was_no_answer(rig):
    """Its connection was drained for another reason: nothing happens."""
    rig.gate.set()
    rig.reader.hear(Drained(ANA))
    rig.reader.ask(question(ANA, "1"))

    assert rig.next() == [(ANA, "1")]


def test_who_is_gone_gets_nothing_more(rig, monkeypatch):
    """Questions that wait, for their turn or for the asker, are forgotten, and make room."""
    monkeypatch.setattr(reader_module, "QUESTIONS_MAX", 2)
    rig.ask_first(question(ANA, "1"))
    rig.reader.ask(question(ANA, "2"))
    rig.reader.ask(question(BOB, "x"))
    rig.reader.hear(Disconnected(ANA, "gone"))
    rig.gate.set()
    assert rig.next_untaken() == [(ANA, "1")]  # it was in hand
    assert rig.next_untaken() == [(BOB, "x")]
    rig.reader.ask(question(BOB, "y"))
    rig.reader.hear(Disconnected(BOB, "gone"))
    for reference in "34":
        rig.reader.ask(question(SessionId(3), reference))

    assert [rig.next(), rig.next()] == [[(SessionId(3), "3")], [(SessionId(3), "4")]]
    assert not rig.reader._taking and not rig.reader._waiting


def test_all_may_have_so_many_questions(rig, monkeypatch):
    """The bound of all is kept too, also for a session that has asked nothing yet."""
    monkeypatch.setattr(reader_module, "QUESTIONS_MAX", 0)

    rig.reader.ask(question(ANA, "1"))

    assert rig.next() == [(ANA, "excuse 1")]


def test_what_cannot_be_read_is_excused():
    """The asker gets the excuse, the log the reason, and the next question its answer."""

    def read(asked, source):
        if asked.reference == "1":
            raise ReadTooSlow("took too long")
        return [line(asked.reference)]

    rig = Rig(read)
    rig.reader.ask(question(ANA, "1"))
    rig.reader.ask(question(ANA, "2"))

    assert [rig.next(), rig.next()] == [[(ANA, "excuse 1")], [(ANA, "2")]]
    assert rig.notes.get() == ("history_not_read", {"reason": "took too long"})
    rig.reader.stop()


def test_a_failure_is_reported():
    """A bug while answering is for the app to decide."""

    def fail(asked, source):
        raise ZeroDivisionError

    rig = Rig(fail)
    rig.reader.ask(question(ANA, "1"))

    assert isinstance(rig.failures.get(timeout=DEADLINE_S), ZeroDivisionError)
    rig.reader.stop()
