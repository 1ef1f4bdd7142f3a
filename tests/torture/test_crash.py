"""The crash test in small, and its control. At length: `python -m tests.torture.crash`."""

import asyncio

from hypothesis import settings

from tests.torture.crash import run

IS_DEEP = settings.default.max_examples > 1000
CYCLES = 300 if IS_DEEP else 4


def test_kill_nine_loses_nothing(tmp_path):
    """Acknowledged means durable, once, in order, and all can resume (docs/reliability.md)."""
    figures = asyncio.run(run(tmp_path, cycles=CYCLES, clients=4, seconds=0.3, seed=4))
    assert figures.findings == []
    assert figures.cycles == CYCLES
    assert figures.kills["acknowledgement"] > 0  # so there were some, however slow the machine
    assert figures.acknowledged > 0
    assert figures.counts["resent"] > 0


def test_a_wrong_clock_disturbs_nobody(tmp_path):
    """Times never run backwards, though the machine's clock does from one start to the next."""
    program = "tests.torture.crooked_server"
    figures = asyncio.run(run(tmp_path, cycles=2, clients=3, seconds=0.2, seed=2, program=program))
    assert figures.findings == []


def test_the_control_loses(tmp_path):
    """A server that acknowledges before the commit is found out, or the test is worth nothing."""
    figures = asyncio.run(
        run(
            tmp_path,
            cycles=30,
            clients=4,
            seconds=0.3,
            seed=4,
            round_cycles=2,
            program="tests.torture.early_server",
            stop_at_finding=True,
        )
    )
    assert figures.as_json()["lost"] > 0
