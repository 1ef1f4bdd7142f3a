"""server.journal: one event is one line, no secret is in it, and writing it stalls nobody."""

import json
import os
import re
import subprocess
import sys
import threading

import pytest
from hypothesis import given, strategies as st

from server import journal as journal_module
from server.journal import BURST_LINES, EVENTS_MAX, LINES_PER_S, Journal

CLOCK_S = 1_795_217_441.120  # 2026-11-20 23:30:41.120 UTC


class Log:
    """A journal over a list, with clocks that stand still until they are moved."""

    def __init__(self, level="debug", format="human", **options):
        self.written = []
        self.now_s = 0.0
        options = {"write": self.written.append, **options}
        self.journal = Journal(
            level, format, clock=lambda: CLOCK_S, monotonic=lambda: self.now_s, **options
        )

    @property
    def lines(self):
        """What was written, after everything is."""
        self.journal.close()
        return [line.decode() for chunk in self.written for line in chunk.splitlines(True)]

    @property
    def events(self):
        """The same without time: level, event and fields."""
        return [line.split(" ", 2)[2].rstrip("\n") for line in self.lines]


@pytest.fixture
def log():
    return Log()


def test_an_event_is_one_line(log):
    """One line an event: time, level, event, fields in their order."""
    log.journal.info("login_failed", account="ana", address="127.0.0.1", attempt=2)
    [line] = log.lines
    assert re.fullmatch(
        r"2026-11-\d\d \d\d:\d\d:41\.120 info login_failed "
        r"account=ana address=127.0.0.1 attempt=2\n",
        line,
    )


def test_an_event_as_json_is_one_object(log):
    """JSON with log.format = "json": UTC, and values keep their type."""
    log.journal.configure("info", "json")
    log.journal.warning(
        "x", text="olá", n=1, f=0.5, yes=True, none=None, names=("a", "b"), level="fake"
    )
    [line] = log.lines
    assert json.loads(line) == {
        "time": "2026-11-20T23:30:41.120Z",
        "level": "warning",
        "event": "x",
        "text": "olá",
        "n": 1,
        "f": 0.5,
        "yes": True,
        "none": None,
        "names": ["a", "b"],
    }
    assert "olá" in line


def test_auto_is_for_people():
    """log.format = "auto" is human text."""
    log = Log(format="auto")
    log.journal.info("x")
    assert log.events == ["info x"]


def test_values_can_be_told_apart(log):
    """A value with a space, a sign of our own, or nothing in it is quoted."""
    log.journal.info(
        "x", a="two words", b='say "hi"', c="k=v", d="", e=None, f=False, g=["a", "b c"]
    )
    log.journal.info("y", g=[], back="a\\b c", alone="a\\b")
    assert log.events == [
        'info x a="two words" b="say \\"hi\\"" c="k=v" d="" e=- f=no g=a,"b c"',
        'info y g=- back="a\\\\b c" alone=a\\\\b',
    ]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_lines_below_the_level_are_not_written(log, level):
    """log.level is the least important that is written, and may change while running."""
    levels = ["debug", "info", "warning", "error"]
    log.journal.configure("error", "human")
    log.journal.warning("before")
    log.journal.configure(level, "human")
    for each in levels:
        getattr(log.journal, each)("x")
    assert log.events == [f"{each} x" for each in levels[levels.index(level) :]]


@pytest.mark.parametrize("format", ["human", "json"])
@given(text=st.text(max_size=200))
def test_whatever_a_client_sends_is_one_printable_line(format, text):
    """RELIABILITY row 29: fuzz, 1 event = 1 line, and nothing that a terminal obeys."""
    log = Log(format=format)
    log.journal.info("x", nick=text, list=[text, text])
    log.journal.exception("y", ValueError(text))
    assert len(log.lines) == 2
    for line in log.lines:
        assert line.endswith("\n")
        assert not re.search(
            r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", line[:-1]
        )


def test_a_long_value_is_cut(log):
    """A field is at most 512 bytes: nobody fills the disk with one line."""
    log.journal.info("x", nick="é" * 10_000)
    [line] = log.lines
    assert len(line.encode()) < 700


def test_a_secret_has_no_way_in(log):
    """RELIABILITY row 30: the canary, given under any name of a secret, is not written."""
    for name in ("password", "passwd", "pass", "hash", "secret", "token", "new_password"):
        log.journal.error("x", **{name: "canary"})
    try:
        password = "canary"
        raise KeyError("account")
    except KeyError as error:
        log.journal.exception("y", error)
        assert password
    text = "".join(log.lines)
    assert "canary" not in text
    assert "password=(hidden)" in text


def test_an_exception_is_one_line_with_its_way(log):
    """An error of ours says what and where, without a traceback of many lines."""

    def inner():
        raise ValueError("two\nlines")

    try:
        inner()
    except ValueError as error:
        log.journal.exception("bug", error, event_kind="Line")
    [line] = log.lines
    assert " error bug event_kind=Line error=" in line
    assert "ValueError: two" in line
    assert re.search(r"test_journal\.py:\d+ inner", line)


# Rate limit


def test_a_flood_of_one_event_is_suppressed_and_counted(log):
    """RELIABILITY row 29: over the budget only every so often, with how many are missing."""
    for _ in range(BURST_LINES + 50):
        log.journal.info("flood")
    log.journal.info("other")
    log.now_s += 1 / LINES_PER_S
    log.journal.info("flood", n=1)
    assert log.events[BURST_LINES - 1 :] == [
        "info flood",
        "info other",
        "info flood n=1 suppressed=50",
    ]


def test_the_budget_fills_again_and_no_further(log):
    """After an hour of quiet there is one burst, not an hour's worth."""
    log.now_s += 3600
    for _ in range(BURST_LINES + 1):
        log.journal.info("flood")
    log.now_s += 3600
    for _ in range(BURST_LINES + 1):
        log.journal.info("flood")
    assert log.events.count("info flood") == 2 * BURST_LINES - 1
    assert log.events[BURST_LINES] == "info flood suppressed=1"


def test_suppressed_lines_are_told_when_the_flood_is_over(log):
    """Nobody should wait for the next attack to hear how big the last one was."""
    for _ in range(BURST_LINES + 7):
        log.journal.info("flood")
    log.journal.tick()
    log.now_s += BURST_LINES / LINES_PER_S
    log.journal.tick()
    log.journal.tick()
    assert log.events[BURST_LINES:] == ["warning flood suppressed=7"]


def test_suppressed_lines_are_told_at_the_end(log):
    """A stop loses no count."""
    for _ in range(BURST_LINES + 7):
        log.journal.info("flood")
    assert log.events[BURST_LINES:] == ["warning flood suppressed=7"]


def test_the_rate_limit_remembers_a_bounded_number_of_events(log):
    """Beyond 1,024 names events share one budget: the table cannot be made to grow."""
    for at in range(EVENTS_MAX + BURST_LINES + 10):
        log.journal.info(f"event{at}")
    assert len(log.journal._limit._buckets) == EVENTS_MAX + 1
    assert log.events[-1] == "warning other suppressed=10"


def test_lines_that_are_not_written_cost_no_budget(log):
    """A debug flood at level info must not suppress anything."""
    log.journal.configure("info", "human")
    for _ in range(BURST_LINES * 2):
        log.journal.debug("x")
    log.journal.info("x")
    assert log.events == ["info x"]


# Writing


def test_a_reader_that_does_not_read_stalls_nobody():
    """A paused terminal blocks the writer thread only; what does not fit is counted as lost."""
    gate, started, written = threading.Event(), threading.Event(), []

    def write(line):
        started.set()
        gate.wait()
        written.append(line)

    log = Log(write=write, queue_lines_max=3)
    log.journal.info("x0")
    started.wait()
    for at in range(1, 6):
        log.journal.info(f"x{at}")
    gate.set()
    log.journal.close()
    log.written = written
    assert log.events == ["info x0", "warning log_lost lines=2", "info x1", "info x2", "info x3"]


def test_lines_lost_at_the_end_are_counted_too():
    """Also when no later line carries the count."""
    gate, started, written = threading.Event(), threading.Event(), []

    def write(line):
        started.set()
        gate.wait()
        written.append(line)

    log = Log(write=write, queue_lines_max=1)
    log.journal.info("x0")
    started.wait()
    log.journal.info("x1")
    closer = threading.Thread(target=log.journal.close)
    gate.set()
    closer.start()
    closer.join()
    log.journal.info("after the end")
    log.written = written
    assert log.events == ["info x0", "info x1"]


def test_a_stop_does_not_wait_for_ever(monkeypatch):
    """A reader that never reads cannot keep the server from stopping."""
    monkeypatch.setattr(journal_module, "CLOSE_TIMEOUT_S", 0.05)
    gate = threading.Event()
    log = Log(write=lambda line: gate.wait(), queue_lines_max=1)
    for _ in range(3):
        log.journal.info("x")
    log.journal.close()
    log.journal.close()
    gate.set()
    log.journal._handler._thread.join()


def test_a_write_that_fails_loses_its_line_only():
    """A broken pipe or a full disk never reaches the server; the next line is tried again."""
    written = []

    def write(line):
        if b"first" in line:
            raise BrokenPipeError
        written.append(line)

    log = Log(write=write)
    log.journal.info("first")
    log.journal.info("second")
    log.journal.close()
    log.written = written
    assert log.events == ["info second"]


@pytest.mark.skipif(os.name != "posix", reason="closes a pipe under a process")
def test_a_broken_stderr_never_kills_the_server():
    """A real process whose stderr has no reader logs, goes on, and exits with its own code."""
    code = (
        "import sys\nfrom server.journal import Journal\n"
        "sys.stdin.read()\n"
        "j = Journal()\n"
        "for at in range(50): j.error('x', at=at)\n"
        "j.close()\nprint('alive', flush=True)\nsys.exit(3)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
    )
    process.stderr.close()
    process.stdin.close()
    assert process.stdout.read() == b"alive\n"
    process.stdout.close()
    assert process.wait() == 3


def test_stderr_gets_whole_lines(capfd):
    """The default writer writes to file descriptor 2, and nothing to stdout."""
    journal = Journal()
    journal.info("started", pid=7)
    journal.close()
    out, err = capfd.readouterr()
    assert out == ""
    assert err.endswith(" info started pid=7\n")


def test_many_threads_make_whole_lines():
    """Called from every thread: lines are never mixed and none is lost."""
    log = Log()
    threads = [
        threading.Thread(
            target=lambda at=at: [log.journal.info(f"t{at}", n=n) for n in range(BURST_LINES)]
        )
        for at in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(log.events) == sorted(
        f"info t{at} n={n}" for at in range(8) for n in range(BURST_LINES)
    )
