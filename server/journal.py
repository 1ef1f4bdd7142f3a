"""The server's log: one line an event, for people or as JSON, on stderr.

An event is a fixed name and named fields: `journal.info("login_failed", account=name)`. Called from
every thread; never blocks and never raises: lines go through a bounded queue to one writer thread,
so that a paused terminal or a full pipe stalls nobody's chat, and a broken pipe kills nothing.

Text from the network is escaped (`irc.sanitise.escape_log`), so one event is always one line. There
is no field for a password: a field whose name smells of one is written as `(hidden)`.

Standard `logging` is underneath: levels, records and handlers are its own. The Logger is not
registered, because two servers in one test process must not share one.
"""

import contextlib
import json
import logging
import os
import queue
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Literal

from irc.sanitise import escape_log

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "human", "json"]

QUEUE_LINES_MAX = 10_000
"""Lines that may wait for the writer; the next ones are dropped and counted."""

BURST_LINES = 100
LINES_PER_S = 10.0
"""Of one event: a flood costs this much log, and then one "suppressed=N"."""

EVENTS_MAX = 1024
"""Event names the rate limit remembers; beyond it events share one budget. Names are constants in
our code, so no stranger reaches this."""

CLOSE_TIMEOUT_S = 2.0
"""How long a stop waits for a reader of stderr that does not read."""

FIELD_BYTES_MAX = 512
TRACE_FRAMES_MAX = 12

_SECRET_WORDS = ("pass", "secret", "hash", "token", "credential", "authenticate")


def write_stderr(line: bytes) -> None:
    """Write `line` to file descriptor 2. Blocks; raises OSError.

    Not through sys.stderr: after a broken pipe its buffer would fail once more when Python exits,
    and turn a clean exit code into 120.
    """
    view = memoryview(line)
    while view:
        view = view[os.write(2, view) :]


class Journal:
    """Where every part of the server says what happened.

    Owner: the main thread makes and closes it; the methods that log may be called on any thread.
    """

    def __init__(
        self,
        level: Level = "info",
        format: Format = "auto",
        *,
        write: Callable[[bytes], None] = write_stderr,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        queue_lines_max: int = QUEUE_LINES_MAX,
    ) -> None:
        """`clock` stamps lines (seconds since 1970), `monotonic` drives the rate limit."""
        self._clock = clock
        self._limit = _RateLimit(monotonic)
        self._handler = _WriterHandler(write, queue_lines_max, clock)
        self.configure(level, format)

    def configure(self, level: Level, format: Format) -> None:
        """Change level and format while running, as a reload of the config does."""
        self._handler.setFormatter(_JsonFormatter() if format == "json" else _HumanFormatter())
        # A new one, because a Logger that is not registered keeps a cache of its old level.
        self._logger = logging.Logger("tlschat", level.upper())
        self._logger.addHandler(self._handler)

    def debug(self, event: str, **fields: object) -> None:
        """What only a developer wants to know."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """What happened, as it should."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """What an operator should look at some day."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """What an operator should look at now."""
        self._log(logging.ERROR, event, fields)

    def exception(self, event: str, error: BaseException, **fields: object) -> None:
        """An error of ours: its type, its words and the way it came, on the same one line.

        The values of variables are never in it, so a password in a frame stays there.
        """
        frames = traceback.extract_tb(error.__traceback__)[-TRACE_FRAMES_MAX:]
        trace = [f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames]
        words = f"{type(error).__name__}: {error}"
        self._log(logging.ERROR, event, {**fields, "error": words, "trace": trace})

    def tick(self) -> None:
        """Report what was suppressed of events now quiet. Call it about once a second."""
        for event, suppressed in self._limit.quiet_events():
            self._emit(logging.WARNING, event, {}, suppressed)

    def close(self) -> None:
        """Write what is waiting and stop the writer; after it nothing is written any more."""
        for event, suppressed in self._limit.drain():
            self._emit(logging.WARNING, event, {}, suppressed)
        self._handler.close()

    def _log(self, level: int, event: str, fields: dict[str, object]) -> None:
        if not self._logger.isEnabledFor(level):
            return
        suppressed = self._limit.take(event)
        if suppressed is not None:
            self._emit(level, event, fields, suppressed)

    def _emit(self, level: int, event: str, fields: dict[str, object], suppressed: int) -> None:
        plain = {key: _plain(key, value) for key, value in fields.items()}
        if suppressed:
            plain["suppressed"] = suppressed
        self._logger.handle(_record(level, event, plain, self._clock()))


def _record(
    level: int, event: str, fields: dict[str, object], created_s: float
) -> logging.LogRecord:
    record = logging.LogRecord("tlschat", level, "", 0, event, (), None)
    record.created = created_s
    record.__dict__["fields"] = fields
    return record


def _plain(key: str, value: object) -> object:
    """`value` as it may be written: escaped, bounded, and never a secret."""
    if any(word in key for word in _SECRET_WORDS):
        return "(hidden)"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [escape_log(str(item), FIELD_BYTES_MAX) for item in value]
    return escape_log(str(value), FIELD_BYTES_MAX)


class _RateLimit:
    """A token bucket for each event name, and how many lines of it were not written."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, event: str) -> int | None:
        """How many lines were suppressed before this one; None when this one is, too."""
        now = self._monotonic()
        with self._lock:
            if event not in self._buckets and len(self._buckets) >= EVENTS_MAX:
                event = "other"
            bucket = self._buckets.setdefault(event, _Bucket(now))
            bucket.refill(now)
            if bucket.tokens < 1:
                bucket.suppressed += 1
                return None
            bucket.tokens -= 1
            suppressed, bucket.suppressed = bucket.suppressed, 0
            return suppressed

    def quiet_events(self) -> list[tuple[str, int]]:
        """Events with suppressed lines whose bucket has filled again, and how many lines."""
        now = self._monotonic()
        with self._lock:
            for bucket in self._buckets.values():
                bucket.refill(now)
            return self._take_suppressed(BURST_LINES)

    def drain(self) -> list[tuple[str, int]]:
        """All events with suppressed lines, and how many lines."""
        with self._lock:
            return self._take_suppressed(0)

    def _take_suppressed(self, tokens_min: float) -> list[tuple[str, int]]:
        found = []
        for event, bucket in self._buckets.items():
            if bucket.suppressed and bucket.tokens >= tokens_min:
                found.append((event, bucket.suppressed))
                bucket.suppressed = 0
        return found


class _Bucket:
    __slots__ = ("filled_at_s", "suppressed", "tokens")

    def __init__(self, now_s: float) -> None:
        self.tokens = float(BURST_LINES)
        self.filled_at_s = now_s
        self.suppressed = 0

    def refill(self, now_s: float) -> None:
        gained = (now_s - self.filled_at_s) * LINES_PER_S
        self.tokens = min(float(BURST_LINES), self.tokens + gained)
        self.filled_at_s = now_s


class _HumanFormatter(logging.Formatter):
    """`2026-11-20 23:20:41.120 info login_failed account=ana address=127.0.0.1`, in local time."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created).strftime("%Y-%m-%d %H:%M:%S")
        head = f"{stamp}.{int(record.created * 1000) % 1000:03d} {record.levelname.lower()}"
        fields = "".join(
            f" {key}={_word(value)}" for key, value in record.__dict__["fields"].items()
        )
        return f"{head} {record.msg}{fields}"


class _JsonFormatter(logging.Formatter):
    """`{"time": "2026-11-20T23:20:41.120Z", "level": "info", "event": "login_failed", ...}`"""

    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.msg,
        }
        for key, value in record.__dict__["fields"].items():
            line.setdefault(key, value)
        return json.dumps(line, ensure_ascii=False)


def _word(value: object) -> str:
    """`value` without a space outside of quotes, so that the line can be taken apart again."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ",".join(_word(item) for item in value) or "-"
    text = str(value)
    if text and not any(char in ' "=,' for char in text):
        return text
    return '"' + text.replace('"', '\\"') + '"'  # a backslash is doubled already


class _WriterHandler(logging.Handler):
    """Hands finished lines to a thread of its own, which writes them.

    Theory of operation: `emit` never waits; when the queue is full the line is dropped and counted.
    The writer writes, and after a gap says how many lines it lost. A write that fails loses its
    line only: the next may succeed. `close` queues the end mark and waits a bounded time; the
    thread is a daemon, so a reader that never reads cannot keep the process alive.
    """

    def __init__(
        self, write: Callable[[bytes], None], queue_lines_max: int, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self._write = write
        self._clock = clock
        self._lines: queue.Queue[bytes | None] = queue.Queue(queue_lines_max)
        self._lost = 0
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        # Under the handler's own lock, which logging takes around emit.
        if self._is_closed:
            return
        try:
            self._lines.put_nowait(self._line(record))
        except queue.Full:
            self._lost += 1

    def close(self) -> None:
        self.acquire()
        was_closed, self._is_closed = self._is_closed, True
        self.release()
        if was_closed:
            return
        deadline_s = time.monotonic() + CLOSE_TIMEOUT_S
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=CLOSE_TIMEOUT_S)
        self._thread.join(max(0.0, deadline_s - time.monotonic()))
        super().close()

    def _line(self, record: logging.LogRecord) -> bytes:
        return self.format(record).encode("utf-8", "backslashreplace") + b"\n"

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            self._write_or_lose(self._lost_line() + line)
        if lost := self._lost_line():
            self._write_or_lose(lost)

    def _lost_line(self) -> bytes:
        """The line that says how many were lost since the last; empty when none were."""
        self.acquire()
        lost, self._lost = self._lost, 0
        self.release()
        if not lost:
            return b""
        return self._line(_record(logging.WARNING, "log_lost", {"lines": lost}, self._clock()))

    def _write_or_lose(self, lines: bytes) -> None:
        # OSError: a broken pipe, a full disk. There is nobody left to tell.
        with contextlib.suppress(OSError):
            self._write(lines)
