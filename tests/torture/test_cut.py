"""A write-ahead log that ends too soon, as a lying disk or a bad copy leaves it, under the real
server. That every byte is survived is shown in tests/server/log; here it is the whole process.
"""

import asyncio
import random
import shutil

from tests.torture.chatter import FOUNDED_ROOM, Chatter
from tests.torture.rig import DEFAULT_ROOMS, Rig
from tests.torture.verdict import judge, read

NAMES = ("u0", "u1")
ROOMS = (*DEFAULT_ROOMS, FOUNDED_ROOM)
DEADLINE_S = 30.0
FRAME_BYTES = 24 + 4096
HEADER_BYTES = 32


async def talk(rig, chatters, count):
    """Say so many messages each, then be silent; everybody has read everything."""
    enough = asyncio.Event()

    def answered():
        if all(len(chatter.acknowledged) >= count for chatter in chatters):
            enough.set()

    for chatter in chatters:
        chatter.on_answered = answered
        await chatter.connect(rig)
    async with asyncio.timeout(DEADLINE_S):
        await enough.wait()
        for chatter in chatters:
            chatter.say(0)
            chatter.resume()
        for chatter in chatters:
            await chatter.settled.wait()


def people(window, seed):
    return [Chatter(name, NAMES, ROOMS, random.Random(seed), window=window) for name in NAMES]


def cuts(length):
    """The beginning, the middle and the end of the header, of a frame, and of it all."""
    chance = random.Random(7)
    last = HEADER_BYTES + (length - HEADER_BYTES) // FRAME_BYTES // 2 * FRAME_BYTES
    return [0, 17, last, last + 11, last + FRAME_BYTES // 2, chance.randrange(length), length - 1]


def test_cut_off_wal(tmp_path):
    """It starts, says what it found, and serves: whole transactions, the first ones, in order."""

    async def torture():
        rig = Rig(tmp_path, NAMES, program=("-m", "tests.torture.lazy_server"))
        try:
            await rig.start()
            await talk(rig, people(5, 1), 150)
            rig.strike()
            await rig.bury()
            wal = rig.history.with_name("history.db-wal")
            whole, backup = wal.read_bytes(), tmp_path / "backup"
            shutil.copytree(rig.data, backup, ignore=shutil.ignore_patterns("*.sock"))
            all_kept = read(rig.history)  # this writes the WAL back: from here on, only the copy
            counts = []
            for cut in cuts(len(whole)):
                shutil.rmtree(rig.data)
                shutil.copytree(backup, rig.data)
                rig.history.with_name("history.db-shm").unlink(missing_ok=True)
                wal.write_bytes(whole[:cut])
                counts.append(await serve_rest(rig, all_kept))
            assert counts[0] < counts[2] <= counts[4] < len(all_kept)
        finally:
            await rig.end()

    asyncio.run(torture())


async def serve_rest(rig, all_kept):
    """Start with what is there; how many messages that were."""
    rig.said.clear()
    await rig.start()
    kept = read(rig.history)
    assert kept == all_kept[: len(kept)]
    newcomers = people(5, 2)
    for chatter in newcomers:
        chatter.number_from(1000)
    await talk(rig, newcomers, 20)
    assert judge(rig.history, newcomers) == []
    rig.strike()
    await rig.bury()
    (found,) = [line for line in rig.said if " history_opened " in line]
    assert f" messages={len(kept)}" in found
    return len(kept)
