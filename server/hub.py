"""The hub: one thread that owns the world. Drain, decide, commit, release.

Theory of operation. Everyone puts lists of events into one queue. The hub takes what is there
(bounded), decides event by event, makes the durable facts of the whole batch durable with one
`accept` of the log, and only then hands the effects on, in order: to every io thread, and password
checks to the verifier. While one commit runs the next batch piles up, so the busier it is the
bigger the groups. A renaming ends its batch: who joins or leaves under the new name does so for
good, and could not follow if it were taken back.

A log that is full keeps nothing of the batch. Then what was promised in it is taken back (each
event knows the opposites of its facts), its senders get their refusal in place of every effect, and
the rest goes on.

When it is quiet, the log gets time for what it can do later (`tidy`), a small step at a time; under
load it gets ten steps a second.

A bug while deciding costs the connection whose event it was. A bug in `apply`, or a log that fails,
stops the process: `on_failure` is called with the exception and the thread ends.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Protocol

from irc.names import NickKey, nick_key
from server.core.apply import replay
from server.core.commands import COMMANDS
from server.core.commands.once import id_in
from server.core.effects import (
    Afterwards,
    Close,
    Effect,
    ForAccounts,
    ReadHistory,
    Rehash,
    Report,
)
from server.core.events import (
    ClockTicked,
    Disconnected,
    Drained,
    Event,
    LineReceived,
    ServerStopping,
    Stamp,
)
from server.core.facts import Fact, RoomRenamed, Said, is_durable
from server.core.history import ONCE_TAG, Stored, stored_of
from server.core.machine import step
from server.core.owed import Owed
from server.core.restore import restored_facts
from server.core.turn import Batch
from server.core.undo import take_back
from server.core.world import World
from server.log.errors import LogFull
from server.log.store import MessageLog

BATCH_EVENTS_MAX = 4096
"""How many events one commit may cover. More would only make the first of them wait longer."""

BEHIND_EVENTS_MAX = 20_000
"""How many undecided events may wait. Beyond it `put` blocks, and TCP slows the senders down."""


TIDY_INTERVAL_S = 0.1
"""How often the log gets a step of its own under load: a hundredth of the hub's time. With one a
second the search fell behind steady talk."""

QUIET_S = 0.2
"""How long nothing must have happened before the log may tidy up: a step would delay who comes."""

TICK_INTERVAL_S = 1.0
"""How often the world's deadlines are looked at: what ends by itself is at most this late."""

IDLE_TIDY_INTERVAL_S = 30.0
"""How often an idle hub asks the log whether something has become due."""


COLLECT_EVENTS = 5_000
"""After so many events, the next quiet moment is used to look for garbage. With ten thousand users
that takes 13 ms, which would otherwise come in the middle of some talk."""


class Poster(Protocol):
    """An io thread, as far as the hub needs it."""

    def post(self, effects: Sequence[Effect]) -> None: ...


class Hub:
    """The world's owner. What begins with `put` is for any thread; all else is the hub thread's."""

    def __init__(
        self,
        world: World,
        log: MessageLog,
        *,
        run_id: str,
        check: Callable[[ForAccounts], None],
        ask: Callable[[ReadHistory], None],
        rehash: Callable[[Rehash], None],
        tell_reader: Callable[[Drained | Disconnected], None],
        observe: Callable[[World, Event, tuple[Fact, ...]], None],
        on_bug: Callable[[Event, Exception], None],
        on_failure: Callable[[Exception], None],
        on_full: Callable[[str], None],
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """`run_id` is unique to this run of the process: message ids begin with it.

        `on_full` hears why the log takes nothing, and "" when it takes something again.
        `observe` sees events other than lines, and lines that changed more than was said; what was
        promised only once it is kept. It must be quick.
        """
        self._world = world
        self._log = log
        self._run_id = run_id
        self._check = check
        self._ask = ask
        self._rehash = rehash
        self._tell_reader = tell_reader
        self._observe = observe
        self._on_bug = on_bug
        self._on_failure = on_failure
        self._on_full = on_full
        self._why_full = ""
        self._wall_clock = wall_clock
        self._queue: SimpleQueue[Sequence[Event]] = SimpleQueue()
        self._loops: tuple[Poster, ...] = ()
        self._in_hand: dict[tuple[NickKey, str], Said] = {}
        self._owed = Owed()
        self._held_back: list[tuple[Event, tuple[Fact, ...]]] = []
        self._tidy_at_s = 0.0
        self._tick_at_s = 0.0
        self._command_counts: dict[str, int] = {}
        self._collected_count = 0
        restored = log.restore()
        self._at_ms = restored.at_ms
        replay(world, restored_facts(world.settings, restored))
        world.sequences.update(restored.sequences)
        self._serial = 0
        self._put_count = 0
        self._taken_count = 0
        self._waiters = 0
        self._put_lock = threading.Lock()
        self._has_room = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)

    def start(self, loops: Sequence[Poster]) -> None:
        """Begin; effects go to `loops`."""
        self._loops = tuple(loops)
        self._thread.start()

    def put(self, events: Sequence[Event]) -> None:
        """Take events over, in order; blocks while the hub is far behind. Not for who may hold what
        the hub waits for, nor for the hub itself: see `put_at_once`."""
        self.put_at_once(events)
        if self._put_count - self._taken_count > BEHIND_EVENTS_MAX:
            with self._has_room:
                self._waiters += 1
                self._has_room.wait_for(self._is_near)
                self._waiters -= 1

    def put_at_once(self, events: Sequence[Event]) -> None:
        """As `put`, and never blocks: for answers, of which a session waits for one at most.

        An answer may come on the hub's own thread, when the password pool has no room.
        """
        with self._put_lock:
            self._put_count += len(events)
            self._queue.put(events)

    def join(self, timeout_s: float) -> bool:
        """Wait for the end after `ServerStopping`; whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _is_near(self) -> bool:
        return self._put_count - self._taken_count <= BEHIND_EVENTS_MAX // 2

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._turn()
        except Exception as error:
            self._on_failure(error)
        finally:
            self._log.close()

    def _turn(self) -> None:
        """What waits, as one batch: drain, decide, commit, release."""
        events = deque(self._drain())
        while events:
            self._turn_of(events)

    def _turn_of(self, events: deque[Event]) -> None:
        """One batch of these events: all of them, or up to one that nothing may rest upon yet."""
        self._in_hand.clear()
        self._held_back.clear()
        batches: list[Batch] = []
        while events:
            batches.append(self._decide(events.popleft()))
            if any(isinstance(fact, RoomRenamed) for fact in batches[-1].facts):
                break
        durable = [fact for batch in batches for fact in batch.facts if is_durable(fact)]
        is_kept = self._commit(durable) if durable else True
        if is_kept:
            for event, facts in self._held_back:
                self._observe(self._world, event, facts)
        else:
            take_back(self._world, [(batch.facts, batch.undo) for batch in batches])
        effects: list[Effect] = []
        questions: list[ReadHistory] = []
        following: list[Event] = []
        for batch in batches:
            for effect in batch.effects if is_kept or not batch.instead else batch.instead:
                if isinstance(effect, ForAccounts):
                    self._check(effect)
                elif isinstance(effect, Report):
                    effect.reply(effect.answer)
                elif isinstance(effect, ReadHistory):
                    questions.append(effect)
                elif isinstance(effect, Afterwards):
                    following.append(effect.event)
                elif isinstance(effect, Rehash):
                    self._rehash(effect)
                else:
                    effects.append(effect)
        if effects:
            for loop in self._loops:
                loop.post(effects)
        for question in questions:  # behind the effects: the answer follows the JOIN it is for
            self._ask(question)
        if following:
            self.put_at_once(following)

    def _commit(self, durable: Sequence[Fact]) -> bool:
        """Whether the log has them; when it is full it has none of them."""
        why_full = ""
        try:
            self._log.accept([*self._owed, *durable])
            self._owed.clear()
        except LogFull as full:
            why_full = str(full)
            self._owed.add(durable)
        if why_full != self._why_full:
            self._why_full = why_full
            self._on_full(why_full)
        return not why_full

    def _drain(self) -> list[Event]:
        queue = self._queue
        events = list(self._wait())
        try:
            while len(events) < BATCH_EVENTS_MAX:
                events.extend(queue.get_nowait())
        except Empty:
            pass
        self._taken_count += len(events)
        if self._waiters:
            with self._has_room:
                self._has_room.notify_all()
        if self._world.deadlines and self._is_time():
            events.append(ClockTicked())
        return events

    def _is_time(self) -> bool:
        """Whether a deadline has come, and the last look at them was a while ago."""
        now_s = time.monotonic()
        if now_s < self._tick_at_s or self._world.deadlines[0][0] > self._now_ms():
            return False
        self._tick_at_s = now_s + TICK_INTERVAL_S
        return True

    def _collect(self) -> None:
        """Look for garbage now that it is quiet, and leave what is alive out of later searches."""
        if self._taken_count - self._collected_count >= COLLECT_EVENTS:
            self._collected_count = self._taken_count
            gc.unfreeze()
            gc.collect()
            gc.freeze()

    def _idle_s(self) -> float:
        """How long an idle hub may sleep: until the log may want something, or a deadline comes."""
        if not self._world.deadlines:
            return IDLE_TIDY_INTERVAL_S
        until_s = (self._world.deadlines[0][0] - self._now_ms()) / 1000
        return min(max(until_s, TICK_INTERVAL_S), IDLE_TIDY_INTERVAL_S)

    def _wait(self) -> Sequence[Event]:
        """The next events. Once it is quiet the log may tidy up, while it has something to do."""
        now_s = time.monotonic()
        if now_s >= self._tidy_at_s:
            self._tidy_at_s = now_s + TIDY_INTERVAL_S
            self._log.tidy(self._at_ms)
        try:
            return self._queue.get(timeout=QUIET_S)
        except Empty:
            pass
        while self._queue.empty() and self._log.tidy(self._now_ms()):
            pass
        self._collect()
        try:
            return self._queue.get(timeout=self._idle_s())
        except Empty:
            return ()

    def _decide(self, event: Event) -> Batch:
        try:
            batch = step(self._world, event, self._stamp(event))
        except Exception as error:
            self._on_bug(event, error)
            batch = self._end_session_of(event)
        if not isinstance(event, LineReceived) or _is_more_than_said(batch.facts):
            if batch.instead:  # it may yet not have happened
                self._held_back.append((event, batch.facts))
            else:
                self._observe(self._world, event, batch.facts)
        for fact in batch.facts:
            if isinstance(fact, Said) and fact.once:
                self._in_hand[nick_key(fact.account), fact.once] = fact
        if isinstance(event, Drained | Disconnected):
            self._tell_reader(event)
        elif isinstance(event, ServerStopping):
            self._is_stopping = True
        return batch

    def _end_session_of(self, event: Event) -> Batch:
        """A bug of ours costs the connection whose event met it, and nobody else."""
        session = getattr(event, "session", None)
        if session is None or isinstance(event, Disconnected):
            raise RuntimeError(f"cannot go on after a failed {type(event).__name__}")
        gone = Disconnected(session, "Internal error")
        batch = step(self._world, gone, self._stamp(gone))
        return Batch(batch.facts, (*batch.effects, Close(session, "Internal error")))

    def _stamp(self, event: Event) -> Stamp:
        """Now, an id that was never given, and what only the hub knows of what it is about."""
        self._serial += 1
        stamp = Stamp(self._now_ms(), f"{self._run_id}{self._serial:x}")
        if isinstance(event, LineReceived):
            command = event.message.command
            if command in COMMANDS:
                self._command_counts[command] = self._command_counts.get(command, 0) + 1
            if command == "STATS":
                return replace(stamp, command_counts=dict(self._command_counts))
            if ONCE_TAG in event.message.tags or event.message.command == "BATCH":
                earlier, is_kept = self._find_earlier(event)
                return replace(stamp, earlier=earlier, is_earlier_kept=is_kept)
            if event.message.command == "REDACT" and len(event.message.params) > 1:
                return replace(stamp, meant=self._log.find(event.message.params[1]))
        return stamp

    def _now_ms(self) -> int:
        """The time, never before the last one."""
        self._at_ms = max(self._at_ms, int(self._wall_clock() * 1000))
        return self._at_ms

    def _find_earlier(self, event: LineReceived) -> tuple[Stored | None, bool]:
        """The message that this account has sent with this id, and whether it is kept already.

        If it is not, it is in this very batch.
        """
        asked = id_in(self._world, event)
        if asked is None:
            return None, True
        in_hand = self._in_hand.get(asked)
        if in_hand is not None:
            return stored_of(in_hand), False
        return self._log.find_once(*asked), True


def _is_more_than_said(facts: Sequence[Fact]) -> bool:
    return len(facts) > 1 or (bool(facts) and not isinstance(facts[0], Said))
