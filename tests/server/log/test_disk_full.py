"""A disk that is really full: by a limit of SQLite's, and on a file system of a megabyte.

The contract has the rules (contract.py); here SQLite itself runs out of room, in the middle.
"""

import subprocess
import sys

import pytest

from server.core.history import Search
from server.log import care
from server.log.errors import LogFull
from server.log.retention import Retention
from tests.support.log_engines import ROOM, SqliteEngine, Talk, ids

MEGABYTE = 1 << 20


def fill(engine, talk):
    """Store until there is no room: what was kept, and the batch that was refused."""
    while True:
        batch = [talk.said(f"{talk.count} word " + "x" * 300) for _ in range(7)]
        try:
            engine.log.accept(batch)
        except LogFull:
            return batch
        engine.log.tidy(0)


def see_that_it_is_sound(engine, talk, refused):
    """Nothing of the refused batch is there, all before it is, and questions are answered."""
    kept = talk.count - len(refused)
    page = engine.reader.latest(ROOM, kept + 99)
    assert [one.seq for one in page] == list(range(1, kept + 1))
    assert engine.log.find(refused[0].msgid) is None
    assert engine.log.find("m1").seq == 1
    assert care.check(engine.path) == []


def test_the_file_may_not_grow(tmp_path):
    """SQLITE_FULL takes the transaction back by itself; ours follows, and it goes on later."""
    engine, talk = SqliteEngine(tmp_path), Talk()
    (pages,) = engine.log._execute("PRAGMA page_count").fetchone()
    for _ in range(5):
        pages += 40
        engine.log._execute(f"PRAGMA max_page_count = {pages}")
        refused = fill(engine, talk)
        see_that_it_is_sound(engine, talk, refused)
        with pytest.raises(LogFull):
            engine.log.accept(refused)
        engine.log._execute("PRAGMA max_page_count = 1000000")
        engine.log.accept(refused)
    engine.settle()
    assert len(ids(engine.reader.search(Search((ROOM,), "word", limit=9999)))) == talk.count
    engine.close()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a megabyte, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def test_the_disk_is_full(small_disk):
    """ENOSPC: refused, sound, readable; when there is room again it goes on by itself."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(MEGABYTE // 4))
    engine, talk = SqliteEngine(small_disk), Talk()
    refused = fill(engine, talk)
    see_that_it_is_sound(engine, talk, refused)
    ballast.unlink()
    engine.log.accept(refused)
    refused = fill(engine, talk)
    see_that_it_is_sound(engine, talk, refused)
    engine.reopen()
    see_that_it_is_sound(engine, talk, refused)
    assert engine.log.restore().sequences == {ROOM: talk.count - len(refused)}
    engine.close()


def test_retention_makes_room(tmp_path):
    """What goes leaves pages behind that the next messages take."""
    engine, talk = SqliteEngine(tmp_path), Talk()
    (pages,) = engine.log._execute("PRAGMA page_count").fetchone()
    engine.log._execute(f"PRAGMA max_page_count = {pages + 60}")
    refused = fill(engine, talk)
    with pytest.raises(LogFull):
        engine.log.accept(refused)
    engine.log.retention = Retention(messages_per_conversation_max=20)
    engine.settle()
    engine.log.accept(refused)
    engine.settle()
    assert len(engine.reader.latest(ROOM, 999)) == 20
    engine.close()
