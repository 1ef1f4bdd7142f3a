"""Killed at any moment, cut off at any byte: what was acknowledged is there, in whole batches.

Source: the promise of server/log/store.py; DESIGN of SQLite's WAL. Each has its control.
"""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from server.log import care
from server.log.connecting import FILE_NAME
from server.log.reader import SqliteReader
from server.log.schema import APPLICATION_ID
from server.log.sqlite import SqliteLog
from tests.support.log_engines import ROOM, Talk

ROOT = Path(__file__).resolve().parents[3]
IS_DEEP = settings.default.max_examples > 1000
CYCLES = 300 if IS_DEEP else 8
CONTROL_CYCLES_MAX = 20
FRAME_HEADER_BYTES = 24
WAL_HEADER_BYTES = 32
PAGE_BYTES = 512


def run_and_kill(path, chance, *options):
    """Let a writer store for a while and kill it; the last number that it called safe."""
    command = [sys.executable, "-m", "tests.support.log_writer", path, str(chance.random())]
    with subprocess.Popen(
        [*map(str, command), *options], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        for _ in range(chance.randrange(1, 60)):
            last = writer.stdout.readline()
        writer.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        rest = [line for line in writer.stdout.read().splitlines(keepends=True) if "\n" in line]
    return int((rest or [last])[-1])


def kept(path):
    """How many messages are there, after seeing that their numbers and batches are whole."""
    log = SqliteLog(path)
    last = log.restore().sequences.get(ROOM, 0)
    log.close()
    assert care.check(path) == []
    entries = [entry for entry in care.export(path) if entry["seq"]]
    assert [entry["seq"] for entry in entries] == list(range(1, last + 1))
    for text, count in Counter(entry["params"][1] for entry in entries).items():
        assert text.endswith(f" of {count}")
    return last


def test_nothing_acknowledged_is_lost_to_kill_9(tmp_path):
    """A killed writer leaves every batch it called safe, in order, and no half one."""
    chance = random.Random(7)
    for cycle in range(CYCLES):
        path = tmp_path / f"{cycle // 5}.db"  # a few times each: the next one goes on with it
        safe = run_and_kill(path, chance)
        assert kept(path) >= safe


def test_the_crash_test_sees_losses(tmp_path):
    """Control: a writer that calls its batches safe before they are is caught."""
    chance = random.Random(7)
    for _ in range(CONTROL_CYCLES_MAX):
        safe = run_and_kill(tmp_path / FILE_NAME, chance, "--early")
        if kept(tmp_path / FILE_NAME) < safe:
            return
    pytest.fail("acknowledged before the commit, and no loss was seen: the test is blind")


@pytest.fixture
def written(tmp_path):
    """A file with small pages, its WAL, and how much of the WAL each batch needs."""
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.close()
    log, talk, ends = SqliteLog(path), Talk(), []
    wal = path.with_name(f"{FILE_NAME}-wal")
    for size in (1, 4, 2, 3):
        log.accept([talk.said(f"text {number}") for number in range(size)])
        ends.append((wal.stat().st_size, talk.count))
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    octets = wal.read_bytes()
    log.close()
    yield copy, octets, ends
    copy.unlink()


def cut_off(copy, octets, folder):
    """The file with this much of its WAL, as a fresh one."""
    path = folder / "cut.db"
    shutil.copyfile(copy, path)
    (folder / "cut.db-wal").write_bytes(octets)
    return path


def count_plainly(path):
    """How many messages SQLite finds, without any help of ours."""
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    connection.close()
    return count


def expected(ends, size):
    """How many messages a WAL of this size has whole."""
    return max((count for end, count in ends if end <= size), default=0)


def test_a_wal_cut_at_any_byte_has_whole_batches(written, tmp_path):
    """Every edge of a frame, and between them many a byte; every one with TLSCHAT_TESTS=deep."""
    copy, octets, ends = written
    frame = FRAME_HEADER_BYTES + PAGE_BYTES
    edges = range(WAL_HEADER_BYTES, len(octets), frame)
    cuts = {edge + near for edge in edges for near in (-1, 0, 1)} | {0, 1, len(octets)}
    cuts |= set(range(0, len(octets), 1 if IS_DEEP else 41))
    for cut in sorted(cuts):
        assert count_plainly(cut_off(copy, octets[:cut], tmp_path)) == expected(ends, cut), cut


def test_a_cut_wal_opens_and_goes_on(written, tmp_path):
    """The log takes it as it is: numbers follow on from what is there."""
    copy, octets, ends = written
    for cut in (end + near for end, _count in ends for near in (-1, 0, 1)):
        path = cut_off(copy, octets[:cut], tmp_path)
        count = expected(ends, min(cut, len(octets)))
        log = SqliteLog(path)
        assert log.restore().sequences.get(ROOM, 0) == count
        talk = Talk(9000)
        talk.count = talk.last[ROOM] = count
        log.accept([talk.said("next")])
        reader = SqliteReader(path)
        assert [one.seq for one in reader.latest(ROOM, 99)] == list(range(1, count + 2))
        reader.close()
        log.close()
        assert care.check(path) == []


def test_a_torn_wal_has_whole_batches(written, tmp_path):
    """A disk that wrote the length and not the bytes: what follows is noise or nothing."""
    copy, octets, ends = written
    noise = random.Random(3).randbytes(len(octets))
    for filling in (bytes(len(octets)), noise):
        for cut in range(ends[-2][0], len(octets), 97):
            torn = octets[:cut] + filling[cut:]
            assert count_plainly(cut_off(copy, torn, tmp_path)) == expected(ends, cut), cut
