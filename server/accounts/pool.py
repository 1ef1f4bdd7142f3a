"""A few threads for slow work, with a bounded queue, turns by source, and answers held back.

Called by the verifier; knows nothing of passwords. Theory of operation. A job comes from a *source*
(an address). A source has one job in hand at a time; its next ones wait in a line of their own, so
that one source can fill its line but never the queue. A job in hand is

    queued -> running (`run`, on a pool thread) -> held back for the seconds `run` gave -> `deliver`

and only then its source's next job is queued. Holding back takes a place in a heap and no thread:
a thousand failed logins that wait keep nobody else from being served. Threads look at the heap
before the queue; so an answer is at most one running job late.

Everything is bounded. A job beyond its source's line, or a source beyond the queue, is refused at
once; but a job of a better rank is run first, and takes the place of one of a worse rank when the
queue is full. Otherwise some hundred sources that fail at their slowest would fill the queue, and
keep everybody out. Were a full heap refusing jobs too, failing often enough would keep everybody
out; so there the answer that is due first goes out early.
"""

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

HELD_BACK_MAX: Final = 4096
"""Answers in the heap, about 2 MB; see the module's start for what happens then."""

WAITING_MAX: Final = 4096
"""Jobs in the lines of all sources together; beyond, they are refused."""

RANKS: Final = 3
"""Of jobs; see the module's start."""

CLOSE_TIMEOUT_S: Final = 5.0
"""A job that runs is waited for; the highest bcrypt cost takes about 1.2 s."""

logger = logging.getLogger(__name__)


class Job(Protocol):
    """What the pool does. `deliver` or `refuse` is called exactly once, unless the pool closes."""

    @property
    def source(self) -> str: ...

    def rank(self) -> int:
        """How well its source is known, now: 0 is the best, RANKS - 1 the worst. Quick."""

    def run(self) -> float:
        """Do the slow work; the seconds to hold the answer back."""

    def deliver(self) -> None:
        """Give the answer. On a pool thread."""

    def refuse(self) -> None:
        """Say that there is no room."""


class Pool:
    """See the module's start. `submit` and `close` may be called from any thread."""

    def __init__(
        self,
        threads: int,
        queue_max: int,
        line_max: int,
        clock: Callable[[], float],
        held_back_max: int = HELD_BACK_MAX,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._queue_max = queue_max
        self._line_max = line_max
        self._held_back_max = held_back_max
        self._waiting_max = waiting_max
        self._clock = clock
        self._changed = threading.Condition()  # guards everything below
        self._queues: list[deque[Job]] = [deque() for _ in range(RANKS)]  # the best rank first
        self._held_back: list[tuple[float, int, Job]] = []
        self._lines: dict[str, deque[Job]] = {}  # a key for each source with a job in hand
        self._waiting = 0
        self._serial = 0
        self._closed = False
        # Daemon: a bug that skips close() must not keep the process alive.
        self._threads = [
            threading.Thread(target=self._work, name=f"bcrypt-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Job) -> None:
        """Take `job`, or call its `refuse` on this thread. Never blocks.

        Jobs that lose their place to this one are refused on this thread too.
        """
        with self._changed:
            refused = self._take(job)
        for each in refused:
            _call(each.refuse)

    def close(self) -> None:
        """Stop: jobs that run end, those that wait are dropped, later ones are refused."""
        with self._changed:
            self._closed = True
            for queue in self._queues:
                queue.clear()
            self._held_back.clear()
            self._lines.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(CLOSE_TIMEOUT_S)

    def _take(self, job: Job) -> list[Job]:
        """Find a place for `job`; those to refuse, perhaps itself. The lock is held."""
        if self._closed:
            return [job]
        line = self._lines.get(job.source)
        if line is not None:
            if len(line) >= self._line_max or self._waiting >= self._waiting_max:
                return [job]
            line.append(job)
            self._waiting += 1
            return []
        self._lines[job.source] = deque()
        return self._enqueue(job)

    def _enqueue(self, job: Job) -> list[Job]:
        """Queue a job whose source has its turn; those to refuse. The lock is held."""
        rank = job.rank()
        refused = []
        if sum(map(len, self._queues)) >= self._queue_max:
            worst = max((each for each in range(RANKS) if self._queues[each]), default=rank)
            if worst <= rank:
                return [job, *self._drop(job.source)]
            loser = self._queues[worst].pop()
            refused = [loser, *self._drop(loser.source)]
        self._queues[rank].append(job)
        self._changed.notify()
        return refused

    def _drop(self, source: str) -> deque[Job]:
        """Forget a source that has lost its turn; the jobs in its line. The lock is held."""
        line = self._lines.pop(source)
        self._waiting -= len(line)
        return line

    def _work(self) -> None:
        """The life of a pool thread."""
        while (task := self._next_task()) is not None:
            job, is_due = task
            if not is_due:
                delay_s = self._run(job)
                if delay_s > 0:
                    self._hold_back(job, delay_s)
                    continue
            _call(job.deliver)
            for refused in self._end_turn(job.source):
                _call(refused.refuse)

    def _next_task(self) -> tuple[Job, bool] | None:
        """The next answer that is due (True) or job to run (False); None to end the thread."""
        with self._changed:
            while not self._closed:
                wait_s = None
                if self._held_back:
                    wait_s = self._held_back[0][0] - self._clock()
                    if wait_s <= 0:
                        return heapq.heappop(self._held_back)[2], True
                for queue in self._queues:
                    if queue:
                        return queue.popleft(), False
                self._changed.wait(wait_s)
            return None

    def _run(self, job: Job) -> float:
        try:
            return job.run()
        except Exception:
            # Never the arguments: the traceback shows lines of code, and no values.
            logger.exception("a job of the bcrypt pool failed")
            return 0.0

    def _hold_back(self, job: Job, delay_s: float) -> None:
        with self._changed:
            if self._closed:
                return
            now = self._clock()
            self._push(now + delay_s, job)
            if len(self._held_back) > self._held_back_max:
                self._push(now, heapq.heappop(self._held_back)[2])
            self._changed.notify()  # a thread may be waiting for a later one

    def _push(self, due: float, job: Job) -> None:
        self._serial += 1  # so that two jobs due at once are never compared
        heapq.heappush(self._held_back, (due, self._serial, job))

    def _end_turn(self, source: str) -> list[Job]:
        """Queue the source's next job; those to refuse, because the queue is full."""
        with self._changed:
            line = self._lines.get(source)
            if line is None:  # closed meanwhile
                return []
            if not line:
                del self._lines[source]
                return []
            self._waiting -= 1
            return self._enqueue(line.popleft())


def _call(answer: Callable[[], None]) -> None:
    try:
        answer()
    except Exception:
        logger.exception("an answer of the bcrypt pool could not be given")
