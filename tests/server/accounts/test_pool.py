"""The pool: turns by source, answers held back without a thread, bounds. No test waits for time."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.accounts.pool import Pool

TIMEOUT_S = 10.0


class FakeJob:
    """A job that tells what happens to it, and runs until its gate opens."""

    def __init__(
        self,
        name: str,
        told: Callable[[str], None],
        delay_s: float = 0.0,
        is_gated: bool = False,
        rank: int = 1,
    ) -> None:
        self.name = name
        self.source = name[0]
        self._told = told
        self._delay_s = delay_s
        self._rank = rank
        self.gate = threading.Event()
        if not is_gated:
            self.gate.set()

    def rank(self) -> int:
        return self._rank

    def run(self) -> float:
        self._told(f"run {self.name}")
        assert self.gate.wait(TIMEOUT_S)
        return self._delay_s

    def deliver(self) -> None:
        self._told(f"answer {self.name}")

    def refuse(self) -> None:
        self._told(f"refuse {self.name}")


class BrokenJob(FakeJob):
    """A job with bugs."""

    def run(self) -> float:
        raise ZeroDivisionError("canary of run")

    def deliver(self) -> None:
        super().deliver()
        raise ZeroDivisionError("canary of deliver")


@pytest.fixture
def new_pool(clock: Any) -> Iterator[Callable[..., Pool]]:
    made: list[Pool] = []

    def make(**changes: int) -> Pool:
        limits = {"threads": 1, "queue_max": 4, "line_max": 4} | changes
        pool = Pool(**limits, clock=clock)
        made.append(pool)

        def wake() -> None:
            with pool._changed:
                pool._changed.notify_all()

        clock.wake = wake
        return pool

    yield make
    for pool in made:
        pool.close()


def test_one_in_hand_for_each_source(new_pool: Callable[..., Pool], answers: Any) -> None:
    """A source's second job waits for its first to be answered; another source's does not."""
    pool = new_pool(threads=2)
    first, second = FakeJob("a1", answers, is_gated=True), FakeJob("a2", answers)
    pool.submit(first)
    pool.submit(second)
    assert answers.next() == "run a1"
    pool.submit(FakeJob("b1", answers))
    assert [answers.next() for _ in range(2)] == ["run b1", "answer b1"]
    assert len(answers) == 0  # a2 has not begun, though a thread is free
    first.gate.set()
    assert [answers.next() for _ in range(3)] == ["answer a1", "run a2", "answer a2"]


def test_holding_back_holds_no_thread(
    new_pool: Callable[..., Pool], clock: Any, answers: Any
) -> None:
    """With one thread and an answer held back for 15 s, others are served at once."""
    pool = new_pool()
    pool.submit(FakeJob("a1", answers, delay_s=15))
    pool.submit(FakeJob("a2", answers))
    assert answers.next() == "run a1"
    for name in ("b1", "c1", "d1"):
        pool.submit(FakeJob(name, answers))
        assert [answers.next() for _ in range(2)] == [f"run {name}", f"answer {name}"]
    clock.advance(14.9)
    pool.submit(FakeJob("e1", answers))
    assert [answers.next() for _ in range(2)] == ["run e1", "answer e1"]
    clock.advance(0.1)
    assert [answers.next() for _ in range(3)] == ["answer a1", "run a2", "answer a2"]


def test_the_first_due_goes_first(new_pool: Callable[..., Pool], clock: Any, answers: Any) -> None:
    """Answers held back leave in the order they are due, and before any job is run."""
    pool = new_pool()
    for name, delay_s in (("a1", 8.0), ("b1", 2.0), ("c1", 4.0)):
        pool.submit(FakeJob(name, answers, delay_s))
        assert answers.next() == f"run {name}"
    blocker = FakeJob("d1", answers, is_gated=True)
    pool.submit(blocker)
    assert answers.next() == "run d1"
    pool.submit(FakeJob("e1", answers))
    clock.advance(10)
    blocker.gate.set()
    told = [answers.next() for _ in range(6)]
    assert told == ["answer d1", "answer b1", "answer c1", "answer a1", "run e1", "answer e1"]


def test_a_full_queue_refuses(new_pool: Callable[..., Pool], answers: Any) -> None:
    """A job beyond the queue is refused before submit returns."""
    pool = new_pool(queue_max=2)
    blocker = FakeJob("a1", answers, is_gated=True)
    pool.submit(blocker)
    assert answers.next() == "run a1"
    for name in ("b1", "c1"):
        pool.submit(FakeJob(name, answers))
    assert len(answers) == 0
    pool.submit(FakeJob("d1", answers))
    assert answers.next() == "refuse d1"
    blocker.gate.set()
    assert [answers.next() for _ in range(5)][-1] == "answer c1"


def test_better_ranks_go_first(new_pool: Callable[..., Pool], answers: Any) -> None:
    """Of what is queued the best rank runs first, and within a rank what came first."""
    pool = new_pool(queue_max=9)
    blocker = FakeJob("z1", answers, is_gated=True)
    pool.submit(blocker)
    assert answers.next() == "run z1"
    for name, rank in (("a1", 2), ("b1", 1), ("c1", 0), ("d1", 2), ("e1", 0)):
        pool.submit(FakeJob(name, answers, rank=rank))
    blocker.gate.set()
    told = [answers.next() for _ in range(11)]
    assert [word for word in told if word.startswith("run")] == [
        "run c1",
        "run e1",
        "run b1",
        "run a1",
        "run d1",
    ]


def test_a_full_queue_has_room_for_better_ranks(
    new_pool: Callable[..., Pool], answers: Any
) -> None:
    """A better job takes the place of the worst, last come, whose whole line is refused too."""
    pool = new_pool(queue_max=2)
    blocker = FakeJob("z1", answers, is_gated=True)
    pool.submit(blocker)
    assert answers.next() == "run z1"
    for name in ("a1", "b1", "b2"):
        pool.submit(FakeJob(name, answers, rank=2))
    assert len(answers) == 0
    for name, rank, refused in (
        ("c1", 2, ["c1"]),  # no better than they
        ("d1", 1, ["b1", "b2"]),
        ("e1", 0, ["a1"]),
        ("f1", 1, ["f1"]),
        ("g1", 0, ["d1"]),
        ("h1", 0, ["h1"]),
    ):
        pool.submit(FakeJob(name, answers, rank=rank))
        assert [answers.next() for _ in refused] == [f"refuse {each}" for each in refused]
    blocker.gate.set()
    told = [answers.next() for _ in range(5)]
    assert told[1:] == ["run e1", "answer e1", "run g1", "answer g1"]
    pool.submit(FakeJob("b3", answers, rank=2))  # who was pushed out is not forgotten about
    assert [answers.next() for _ in range(2)] == ["run b3", "answer b3"]


def test_one_source_fills_its_line_and_no_more(new_pool: Callable[..., Pool], answers: Any) -> None:
    """However much one source sends, the queue is open to others."""
    pool = new_pool(queue_max=1, line_max=2)
    blocker = FakeJob("a1", answers, is_gated=True)
    pool.submit(blocker)
    assert answers.next() == "run a1"
    for number in range(2, 100):
        pool.submit(FakeJob(f"a{number}", answers))
    assert [answers.next() for _ in range(96)] == [f"refuse a{number}" for number in range(4, 100)]
    pool.submit(FakeJob("b1", answers))
    assert len(answers) == 0
    blocker.gate.set()
    assert answers.next() == "answer a1"
    # b1 has the queue's only place, so what waits for a1's turn to end is told to try later.
    assert sorted(answers.next() for _ in range(4)) == [
        "answer b1",
        "refuse a2",
        "refuse a3",
        "run b1",
    ]
    pool.submit(FakeJob("a5", answers))
    assert answers.next() == "run a5"


def test_all_lines_together_are_bounded(new_pool: Callable[..., Pool], answers: Any) -> None:
    """Many sources cannot make more than waiting_max jobs wait; places come back."""
    pool = new_pool(waiting_max=1)
    first, second = (FakeJob(name, answers, is_gated=True) for name in ("a1", "b1"))
    for job in (first, second, FakeJob("a2", answers), FakeJob("b2", answers)):
        pool.submit(job)
    assert sorted(answers.next() for _ in range(2)) == ["refuse b2", "run a1"]
    first.gate.set()
    assert [answers.next() for _ in range(2)] == ["answer a1", "run b1"]
    pool.submit(FakeJob("b3", answers))
    second.gate.set()
    assert [answers.next() for _ in range(5)] == [
        "answer b1",
        "run a2",
        "answer a2",
        "run b3",
        "answer b3",
    ]


def test_a_full_heap_answers_early(new_pool: Callable[..., Pool], answers: Any) -> None:
    """Beyond held_back_max the answer that is due first goes out: failures keep nobody out."""
    pool = new_pool(held_back_max=2)
    for name, delay_s in (("a1", 8.0), ("b1", 2.0)):
        pool.submit(FakeJob(name, answers, delay_s))
        assert answers.next() == f"run {name}"
    pool.submit(FakeJob("c1", answers, 4.0))
    assert [answers.next() for _ in range(2)] == ["run c1", "answer b1"]
    pool.submit(FakeJob("d1", answers))
    assert [answers.next() for _ in range(2)] == ["run d1", "answer d1"]


def test_bugs_cost_one_job(
    new_pool: Callable[..., Pool], answers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that raises is answered and logged, and its thread and its source live on."""
    pool = new_pool()
    pool.submit(BrokenJob("a1", answers))
    pool.submit(FakeJob("a2", answers))
    assert [answers.next() for _ in range(3)] == ["answer a1", "run a2", "answer a2"]
    assert [record.exc_info is not None for record in caplog.records] == [True, True]


def test_close(new_pool: Callable[..., Pool], clock: Any, answers: Any) -> None:
    """Closing ends the threads; what waits is dropped, what comes later is refused."""
    pool = new_pool(threads=2)
    pool.submit(FakeJob("h1", answers, delay_s=2))
    assert answers.next() == "run h1"
    blocker = FakeJob("a1", answers, delay_s=2, is_gated=True)
    others = [FakeJob(name, answers, is_gated=True) for name in ("b1", "c1", "a2")]
    for job in (blocker, *others):
        pool.submit(job)
    assert sorted(answers.next() for _ in range(2)) == ["run a1", "run b1"]
    closer = threading.Thread(target=pool.close)
    closer.start()
    while not pool._closed:  # until the closer has the lock
        clock.wake()
    for job in (blocker, *others):
        job.gate.set()
    closer.join(TIMEOUT_S)
    assert not [thread for thread in pool._threads if thread.is_alive()]
    assert answers.next() == "answer b1"
    clock.advance(100)
    pool.submit(FakeJob("z1", answers))
    assert answers.next() == "refuse z1"
    assert len(answers) == 0
    pool.close()
