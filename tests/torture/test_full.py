"""A disk without room, under the real server: the senders are told, nobody sees a thing, the rest
goes on, and so does the writing when there is room again.

Two of them need a small disk of their own (a tmpfs, which only root may mount).
"""

import asyncio
import contextlib
import random
import subprocess

import pytest

from tests.torture.chatter import FOUNDED_ROOM, Chatter
from tests.torture.rig import DEFAULT_ROOMS, Rig
from tests.torture.verdict import judge

NAMES = ("u0", "u1", "u2")
DEADLINE_S = 30.0
MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk: `small_disk(mib=8)` is its folder."""
    with contextlib.ExitStack() as stack:

        def mount(mib):
            folder = tmp_path / "disk"
            folder.mkdir()
            words = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
            try:
                subprocess.run(words, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                pytest.skip("a tmpfs cannot be mounted here")
            stack.callback(subprocess.run, ["umount", str(folder)], check=True)
            return folder

        yield mount


class Talk:
    """People on a server, and the moments to wait for."""

    def __init__(self, rig, window):
        self.rig = rig
        self.changed = asyncio.Event()
        rooms = (*DEFAULT_ROOMS, FOUNDED_ROOM)
        self.chatters = [
            Chatter(
                name,
                NAMES,
                rooms,
                random.Random(name),
                window=window,
                on_answered=self.changed.set,
            )
            for name in NAMES
        ]

    async def begin(self):
        for chatter in self.chatters:
            await chatter.connect(self.rig)

    def acknowledged(self):
        return sum(len(chatter.acknowledged) for chatter in self.chatters)

    def refused(self):
        return sum(len(chatter.refused) for chatter in self.chatters)

    async def until(self, is_so):
        async with asyncio.timeout(DEADLINE_S):
            while not is_so():
                self.changed.clear()
                await self.changed.wait()

    async def settle(self):
        """Nothing more is said, and everybody has read everything once more."""
        for chatter in self.chatters:
            chatter.say(0)
            chatter.resume()
        async with asyncio.timeout(DEADLINE_S):
            for chatter in self.chatters:
                await chatter.settled.wait()

    def say(self, window):
        """Everybody goes on talking."""
        for chatter in self.chatters:
            chatter.say(window)


async def fill_and_empty(rig, ballast, begin_full):
    """Talk until the disk is full, read, make room, talk on; then compare."""
    try:
        await rig.start()
        talk = Talk(rig, window=10)
        await talk.begin()
        await talk.until(lambda: talk.acknowledged() > 100)
        begin_full()
        await talk.until(lambda: talk.refused() > 20)
        await talk.settle()
        assert judge(rig.history, talk.chatters) == []
        refused, acknowledged = talk.refused(), talk.acknowledged()
        ballast.unlink()
        talk.say(window=10)
        await talk.until(lambda: talk.acknowledged() > acknowledged + 100)
        await talk.settle()
        assert judge(rig.history, talk.chatters) == []
        assert talk.refused() <= refused + 30
        await say_a_refused_one_again(talk)
        assert await rig.stop() == 0
    finally:
        await rig.end()


async def say_a_refused_one_again(talk):
    """The id of a refused message is still free: the same again is now said."""
    chatter = next(chatter for chatter in talk.chatters if chatter.refused)
    number = next(iter(chatter.refused))
    chatter.try_again(number)
    await talk.until(lambda: number in chatter.acknowledged)


def test_disk_full(tmp_path, small_disk):
    """ENOSPC: FAIL STORAGE_ERROR with the label, nobody saw it, reading and later writing go on."""
    disk = small_disk(6)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(3 * MIB))
    rig = Rig(tmp_path / "server", NAMES, data=disk / "data")
    asyncio.run(fill_and_empty(rig, ballast, lambda: None))


def test_too_little_free(tmp_path, small_disk):
    """Below history.min_free_bytes new messages are refused before the disk is full."""
    disk = small_disk(64)
    ballast = disk / "ballast"
    rig = Rig(tmp_path / "server", NAMES, data=disk / "data", min_free_bytes=24 * MIB)
    asyncio.run(fill_and_empty(rig, ballast, lambda: ballast.write_bytes(bytes(48 * MIB))))


def test_no_room_from_the_start(tmp_path):
    """A server that may write nothing lets people in, refuses what they say, and takes no harm."""

    async def torture():
        rig = Rig(tmp_path, NAMES, min_free_bytes=1 << 50)
        try:
            await rig.start()
            talk = Talk(rig, window=5)
            await talk.begin()
            await talk.until(lambda: talk.refused() > 50)
            await talk.settle()
            assert judge(rig.history, talk.chatters) == []
            assert talk.acknowledged() == 0
            assert await rig.stop() == 0
        finally:
            await rig.end()

    asyncio.run(torture())
