"""The crash test: `python -m tests.torture.crash --cycles 1000 --seed 1`.

A real server process over TLS; people who send as fast as it lets them, in rooms and to each other,
each message with an id of its own; kill -9 at a random moment, a new start on the same port, and
everybody comes back, sends again what was not acknowledged, and reads what they missed. After every
round of cycles all falls silent, and what is kept is compared with what everybody was told.

Ends with 0 if nothing was lost, doubled, out of order or unexplained, and with 1 otherwise.
`--program tests.torture.early_server` tests the test: that server acknowledges before it commits.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.chatter import FOUNDED_ROOM, Chatter
from tests.torture.rig import DEFAULT_ROOMS, Rig
from tests.torture.verdict import judge

WINDOW = 25
"""Messages that each client has on its way at any time."""

REPEATED_SHARE = 0.03
"""So many of them are sent twice at once, and as many again long after they were acknowledged."""

SETTLE_S = 60.0
"""How long everybody may need to read the rest when nothing is said any more."""

ACKNOWLEDGEMENTS_MAX = 600
PATIENCE_S = 3.0
"""How long to wait for so many of them, at most: for a machine that is very busy."""

FINDINGS_SHOWN = 20
KINDS = ("moment", "acknowledgement", "write", "start")


@dataclass
class Figures:
    """What a run came to."""

    seed: int
    clients: int
    cycles: int = 0
    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    kept: int = 0
    restarts_s: list[float] = field(default_factory=list)
    silences_s: list[float] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    took_s: float = 0.0

    def as_json(self) -> dict[str, object]:
        """The figures with names that need no explanation."""
        return {
            "seed": self.seed,
            "clients": self.clients,
            "cycles": self.cycles,
            "rounds": self.rounds,
            "kills": dict(self.kills),
            "acknowledged": self.acknowledged,
            "resent": self.counts["resent"],
            "resent_and_already_kept": self.counts["resent_kept"],
            "repeated_on_purpose": self.counts["repeated"],
            "resumed": self.counts["resumed"],
            "pages": self.counts["pages"],
            "restart_s_median": _round(statistics.median, self.restarts_s),
            "restart_s_max": _round(max, self.restarts_s),
            "silence_s_median": _round(statistics.median, self.silences_s),
            "silence_s_max": _round(max, self.silences_s),
            "took_s": round(self.took_s, 1),
            "findings": len(self.findings),
            "lost": sum("acknowledged and lost" in finding for finding in self.findings),
        }


def _round(of: object, values: list[float]) -> float | None:
    return round(of(values), 3) if values else None  # type: ignore[operator]


class Run:
    """One round: a fresh server, and cycles until it is judged. Owner: the event loop."""

    def __init__(
        self, folder: Path, figures: Figures, chance: random.Random, seconds: float, program: str
    ) -> None:
        names = [f"u{number}" for number in range(figures.clients)]
        self.names = names
        self.figures = figures
        self.chance = chance
        self.seconds = seconds
        io_threads = 1 + figures.rounds % 2
        self.rig = Rig(folder, names, program=("-m", program), io_threads=io_threads)
        rooms = (*DEFAULT_ROOMS, FOUNDED_ROOM)
        self.chatters = [
            Chatter(
                name,
                names,
                rooms,
                random.Random(chance.random()),
                window=WINDOW,
                repeated_share=REPEATED_SHARE,
                on_answered=self._acknowledged,
            )
            for name in names
        ]
        self._struck_s = 0.0
        self._strike_in = 0
        self._is_struck = asyncio.Event()

    def _acknowledged(self) -> None:
        if self._struck_s:
            self.figures.silences_s.append(time.monotonic() - self._struck_s)
            self._struck_s = 0.0
        if self._strike_in:
            self._strike_in -= 1
            if not self._strike_in:
                self._strike()

    def _strike(self) -> None:
        self.rig.strike()
        self._is_struck.set()

    async def round(self, cycles: int) -> None:
        """Kill and start again so many times, then judge."""
        try:
            for _ in range(cycles):
                await self._cycle()
            await self._settle()
            findings = judge(self.rig.history, [*self.chatters, self.auditor])
            self.figures.findings += findings
            self.figures.rounds += 1
            self.figures.acknowledged += sum(len(each.acknowledged) for each in self.chatters)
            for chatter in self.chatters:
                self.figures.counts.update(chatter.counts)
        finally:
            await self.rig.end()

    async def _cycle(self) -> None:
        self._is_struck.clear()
        kind = self.chance.choices(KINDS, (4, 4, 4, 1))[0]
        if kind == "acknowledgement":
            self._strike_in = self.chance.randint(1, ACKNOWLEDGEMENTS_MAX)
        await self._start()
        coming = [asyncio.create_task(self._come(chatter)) for chatter in self.chatters]
        limit_s = PATIENCE_S if kind == "acknowledgement" else self._moment(kind)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_struck.wait(), limit_s)
        if kind == "write":
            self._wait_for_write()
        self._strike_in = 0
        self._strike()
        self.figures.kills[kind] += 1
        self.figures.cycles += 1
        self._struck_s = self._struck_s or time.monotonic()
        await self.rig.bury()
        await asyncio.gather(*coming)
        await asyncio.gather(*(chatter.gone.wait() for chatter in self.chatters))

    def _moment(self, kind: str) -> float:
        """When to strike. A `start` is a moment at which people are still coming in."""
        return self.chance.uniform(0, 0.1 if kind == "start" else self.seconds)

    async def _start(self) -> None:
        took_s = await self.rig.start()
        if self._struck_s:
            self.figures.restarts_s.append(took_s)

    async def _come(self, chatter: Chatter) -> None:
        with contextlib.suppress(OSError):  # it was killed before it could let them in
            await chatter.connect(self.rig)

    def _wait_for_write(self) -> None:
        """Until the server writes into its log: it is in the middle of a commit. At most 50 ms."""
        wal = self.rig.history.with_name("history.db-wal")
        before = _mark_of(wal)
        until_s = time.monotonic() + 0.05
        while _mark_of(wal) == before and time.monotonic() < until_s:
            pass

    async def _settle(self) -> None:
        """Let everybody see everything, and somebody new read it all from the beginning."""
        for chatter in self.chatters:
            chatter.say(0)
        await self._start()
        self._struck_s = 0.0
        await asyncio.gather(*(chatter.connect(self.rig) for chatter in self.chatters))
        await self._all_settled(self.chatters)
        for chatter in self.chatters:
            chatter.resume()
        await self._all_settled(self.chatters)
        rooms = self.chatters[0].rooms
        self.auditor = Chatter(self.names[0], self.names, rooms, self.chance)
        await self.auditor.connect(self.rig)
        await self._all_settled([self.auditor])
        self.rig.strike()
        await self.rig.bury()

    async def _all_settled(self, chatters: list[Chatter]) -> None:
        for chatter in chatters:
            try:
                await asyncio.wait_for(chatter.settled.wait(), SETTLE_S)
            except TimeoutError:
                chatter.find("does not get what it waits for")


def _mark_of(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


async def run(
    folder: Path,
    *,
    cycles: int,
    clients: int = 8,
    seconds: float = 0.5,
    seed: int = 0,
    round_cycles: int = 50,
    program: str = "server",
    stop_at_finding: bool = False,
    say: bool = False,
) -> Figures:
    """Torture a server in `folder`, in rounds of `round_cycles`; each has a new database."""
    figures = Figures(seed, clients)
    chance = random.Random(seed)
    began_s = time.monotonic()
    while figures.cycles < cycles and not (stop_at_finding and figures.findings):
        name = folder / f"round-{figures.rounds}"
        count = min(round_cycles, cycles - figures.cycles)
        await Run(name, figures, chance, seconds, program).round(count)
        figures.took_s = time.monotonic() - began_s
        if say:
            print(json.dumps(figures.as_json()), file=sys.stderr, flush=True)
    return figures


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=0.5, help="a server's life at most")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--round", type=int, default=50, help="cycles until all is compared")
    parser.add_argument("--program", default="server", help="the module that is the server")
    parser.add_argument("--folder", type=Path, help="keep everything here instead of removing it")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        figures = asyncio.run(
            run(
                folder.absolute(),
                cycles=options.cycles,
                clients=options.clients,
                seconds=options.seconds,
                seed=options.seed,
                round_cycles=options.round,
                program=options.program,
                stop_at_finding=options.program == "server",
                say=True,
            )
        )
    print(json.dumps(figures.as_json(), indent=2))
    for finding in figures.findings[:FINDINGS_SHOWN]:
        print(finding[:500], file=sys.stderr)
    print(
        f"{figures.cycles} kills, {figures.acknowledged} messages acknowledged, "
        f"{figures.counts['resent']} sent again: "
        + (f"{len(figures.findings)} FINDINGS" if figures.findings else "nothing lost")
    )
    return 1 if figures.findings else 0


if __name__ == "__main__":
    sys.exit(main())
