"""How long a start takes: `python -m tests.torture.start --rows 1000000`.

Fills a history.db in a temporary folder, unless `--folder` has one already, and starts the real
server on it: stopped in order before, killed in the middle of talk, and with nothing of the file in
the page cache. Prints a table for docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.log import Talk, fill
from tests.torture.chatter import Chatter
from tests.torture.rig import DEFAULT_ROOMS, Rig

STARTS = 7
NAMES = ("u0", "u1")
TALK_S = 2.0


async def measure(rig: Rig) -> None:
    """Start it again and again, in each of the ways."""
    await rig.start()
    await rig.stop()
    print(f"history.db: {rig.history.stat().st_size / 2**20:.0f} MiB")
    print("| before the start | median s | worst s |\n|---|---|---|")
    await _starts(rig, "stopped in order", lambda: None)
    await _starts(rig, "nothing of the file in memory", lambda: _forget(rig.history))
    taken = []
    for _ in range(STARTS):
        await rig.start()
        await _talk(rig)
        rig.strike()
        await rig.bury()
        taken.append(await rig.start())
        await rig.stop()
    _row("killed while people talked", taken)


async def _starts(rig: Rig, name: str, prepare: Callable[[], None]) -> None:
    taken = []
    for _ in range(STARTS):
        prepare()
        taken.append(await rig.start())
        await rig.stop()
    _row(name, taken)


def _row(name: str, taken: list[float]) -> None:
    print(f"| {name} | {statistics.median(taken):.2f} | {max(taken):.2f} |", flush=True)


async def _talk(rig: Rig) -> None:
    for name in NAMES:
        chatter = Chatter(name, NAMES, DEFAULT_ROOMS, random.Random(name), window=50)
        chatter.number_from(random.randrange(1 << 30))
        await chatter.connect(rig)
    await asyncio.sleep(TALK_S)


def _forget(path: Path) -> None:
    """Let the kernel read the file from the disk the next time."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="has a server's data, or shall have it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        rig = Rig(folder, NAMES)
        if not rig.history.exists():
            rig.data.mkdir(mode=0o700)
            fill(rig.history, Talk(), options.rows)
        asyncio.run(measure(rig))
    return 0


if __name__ == "__main__":
    sys.exit(main())
