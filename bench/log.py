"""Measures the message log: `python bench/log.py [--rows 1000000]`. Prints tables for the docs.

Writes a history.db into a temporary folder (some 400 MB for a million messages), measures storing
by the size of the groups, opening, pages and searches, and removes it. `--folder` chooses the disk,
whose fdatasync is most of what storing costs: it is shown apart.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from irc.names import NickKey
from server.core.facts import Conversation, Redacted, Said, UserId
from server.core.history import AtMsgid, AtTime, Search
from server.log.reader import SqliteReader
from server.log.sqlite import SqliteLog

GROUPS = (1, 10, 40, 1000)
SECONDS = 3.0
SMALL_ROOMS = 300
PEOPLE = 100
WORDS = 30_000
START_MS = 1_700_000_000_000
BIG = Conversation("#big")


class Talk:
    """Messages without end: half of them in one big room, the rest in many small ones."""

    def __init__(self) -> None:
        self.chance = random.Random(1)
        self.words = self._vocabulary()
        self.weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(WORDS)))
        self.last: dict[str, int] = {}
        self.number = 0

    def _vocabulary(self) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < WORDS:
            length = self.chance.randint(2, 9)
            words["".join(self.chance.choices("etaoinshrdlcumwfgypbvk", k=length))] = None
        return list(words)

    def next(self, count: int) -> list[Said]:
        """The next messages, eight words each, the common ones as common as in speech."""
        return [self._one() for _ in range(count)]

    def _one(self) -> Said:
        self.number += 1
        room = "#big" if self.number % 2 else f"#small{self.chance.randrange(SMALL_ROOMS)}"
        name = f"person{self.chance.randrange(PEOPLE)}"
        self.last[room] = self.last.get(room, 0) + 1
        return Said(
            f"8k2jd7c-{self.number:x}",
            START_MS + self.number * 1000,
            Conversation(room),
            self.last[room],
            UserId(1),
            f"{name}!{name}@user/{name}",
            name,
            room,
            "PRIVMSG",
            " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=8)),
            once=f"once-{self.number:08x}",
        )


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and worst milliseconds of one call."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken), max(taken)


def row(*cells: object) -> None:
    """A line of a table."""
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def header(*cells: str) -> None:
    """The head of a table."""
    print()
    row(*cells)
    print("|---" * len(cells) + "|")


def measure_disk(folder: Path) -> None:
    """What the disk asks for making 4 KiB durable."""
    with (folder / "probe").open("wb", buffering=0) as probe:

        def write() -> None:
            probe.write(bytes(4096))
            os.fdatasync(probe.fileno())

        median, worst = timed(write, 500)
    print(f"4 KiB and fdatasync: {median:.2f} ms, worst of 500 {worst:.1f} ms")


def measure_storing(path: Path, talk: Talk) -> None:
    """Rows a second by the size of the groups."""
    header("messages a commit", "messages/s", "commits/s", "median ms", "p99 ms")
    log = SqliteLog(path)
    log.restore()
    for size in GROUPS:
        batches = [talk.next(size) for _ in range(max(50, int(4000 * SECONDS / (size**0.75))))]
        taken = []
        for batch in batches:
            begin = time.perf_counter()
            log.accept(batch)
            taken.append(time.perf_counter() - begin)
        rate = len(batches) / sum(taken)
        p99 = sorted(taken)[int(len(taken) * 0.99)] * 1000
        median = statistics.median(taken) * 1000
        row(size, f"{rate * size:,.0f}", f"{rate:,.0f}", f"{median:.2f}", f"{p99:.1f}")
    log.close()


def fill(path: Path, talk: Talk, rows: int) -> None:
    """Bring the file to so many messages, and index them; what a step of `tidy` takes."""
    log = SqliteLog(path)
    log.restore()
    while talk.number < rows:
        log.accept(talk.next(min(2000, rows - talk.number)))
    steps = []
    more = True
    while more:
        begin = time.perf_counter()
        more = log.tidy(START_MS)
        steps.append((time.perf_counter() - begin) * 1000)
    report_steps("indexing", steps)
    log.accept([Redacted(f"8k2jd7c-{rows // 2 | 1:x}", BIG, "op!o@h", "op", "", START_MS)])
    steps = []
    more = True
    while more:
        begin = time.perf_counter()
        more = log.tidy(START_MS)
        steps.append((time.perf_counter() - begin) * 1000)
    report_steps("purge after a redaction", steps)
    log.close()
    print(f"file: {path.stat().st_size >> 20} MiB for {rows:,} messages")


def report_steps(name: str, steps: Sequence[float]) -> None:
    """How long the steps of `tidy` were."""
    p99 = sorted(steps)[int(len(steps) * 0.99)]
    print(
        f"{name}: {len(steps):,} steps, {sum(steps) / 1000:.1f} s in all, a step median "
        f"{statistics.median(steps):.2f} ms, p99 {p99:.1f} ms, worst {max(steps):.1f} ms"
    )


def measure_opening(path: Path) -> None:
    """From nothing to the first batch."""

    def start() -> None:
        log = SqliteLog(path)
        log.restore()
        log.close()

    median, worst = timed(start, 5)
    print(f"\nopen, quick check and restore: {median:.0f} ms, worst of 5 {worst:.0f} ms")


def questions(reader: SqliteReader, talk: Talk) -> Iterator[tuple[str, Callable[[], object]]]:
    """What a reader is asked."""
    middle_ms = START_MS + talk.number * 500
    middle = AtMsgid(f"8k2jd7c-{talk.number // 2 | 1:x}")
    small = Conversation("#small7")
    rooms = tuple(Conversation(f"#small{number}") for number in range(SMALL_ROOMS))
    yield "latest 100", lambda: reader.latest(BIG, 100)
    yield "before a msgid, 100", lambda: reader.before(BIG, middle, 100)
    yield "around a time, 100", lambda: reader.around(BIG, AtTime(middle_ms), 100)
    yield "targets of 300 rooms", lambda: reader.targets(rooms, 0, 1 << 60, 100)
    searches = {
        "a common word, big room": Search((BIG,), talk.words[0]),
        "a common word, small room": Search((small,), talk.words[0]),
        "a rare word, big room": Search((BIG,), talk.words[-1]),
        "a word in 300 rooms": Search(rooms, talk.words[100]),
        "two letters, small room": Search((small,), talk.words[0][:2]),
        "two words, from somebody": Search(
            (BIG,), f"{talk.words[3]} {talk.words[9]}", NickKey("person7")
        ),
        "from somebody, before a time": Search(
            (BIG,), sender=NickKey("person7"), before_ms=middle_ms
        ),
    }
    for name, search in searches.items():
        yield f"search {name}", lambda search=search: reader.search(search)  # type: ignore[misc]


def measure_reading(path: Path, talk: Talk) -> None:
    """Pages and searches over all that was stored."""
    header("question", "median ms", "worst of 30 ms", "found")
    log = SqliteLog(path)
    reader = SqliteReader(path, time_limit_s=10)
    for name, question in questions(reader, talk):
        found = question()
        median, worst = timed(question, 30)
        row(name, f"{median:.2f}", f"{worst:.2f}", len(found))  # type: ignore[arg-type]
    row("find an id of the sender's", *_find_once(log), 1)
    reader.close()
    log.close()


def _find_once(log: SqliteLog) -> tuple[str, str]:
    found = log.find("8k2jd7c-ff")
    assert found is not None
    account = NickKey(found.account)
    median, worst = timed(lambda: log.find_once(account, "once-000000ff"), 300)
    return f"{median:.3f}", f"{worst:.2f}"


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", default=None, help="where to write (default: the system's)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tlschat-bench-", dir=arguments.folder) as folder:
        path, talk = Path(folder) / "history.db", Talk()
        measure_disk(path.parent)
        measure_storing(path, talk)
        fill(path, talk, arguments.rows)
        measure_opening(path)
        measure_reading(path, talk)


if __name__ == "__main__":
    main()
