"""A process that stores messages as fast as it can and says which are safe, to be killed.

`python -m tests.support.log_writer FILE SEED [--early]`: prints the number of the last message of
each batch after `accept` has returned, one a line. With --early it says so before: the control of
the crash test, which has to find losses then.
"""

import random
import sys
from pathlib import Path

from server.log.retention import Retention
from server.log.sqlite import SqliteLog
from tests.support.log_engines import ROOM, Talk

SIZES = (1, 5, 40, 400)


def main(path: str, seed: str, *options: str) -> None:
    """Store without end: each text names its batch and how many messages that has."""
    chance = random.Random(seed)
    log = SqliteLog(Path(path), retention=Retention(age_ms_max=1))
    restored = log.restore()
    talk = Talk(restored.at_ms)
    talk.count = talk.last[ROOM] = restored.sequences.get(ROOM, 0)
    while True:
        size = chance.choice(SIZES)
        name = f"batch {talk.count + 1} of {size}"
        batch = [talk.said(name) for _ in range(size)]
        if "--early" in options:
            print(talk.count, flush=True)
        log.accept(batch)
        if "--early" not in options:
            print(talk.count, flush=True)
        for _ in range(chance.randrange(6)):
            log.tidy(0)  # indexing and write-backs in between, but nothing is too old


if __name__ == "__main__":
    main(*sys.argv[1:])
