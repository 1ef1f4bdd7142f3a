"""The control: a server that is wrong on purpose. It releases effects first and commits after.

`python -m tests.torture.crash --program tests.torture.early_server` must find what this loses; if
it finds nothing, the crash test is worth nothing. Everything but the order is the product's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from server.__main__ import main
from server.core.facts import Fact
from server.hub import Hub

COMMIT_DELAY_S = 0.002
"""What a commit takes on a disk of average speed; the echo is on its way meanwhile."""


class EarlyHub(Hub):
    """A hub whose effects do not wait for the log."""

    _early: tuple[Fact, ...] = ()

    def _commit(self, durable: Sequence[Fact]) -> bool:
        self._early = tuple(durable)
        return True

    def _turn(self) -> None:
        super()._turn()
        if self._early:
            time.sleep(COMMIT_DELAY_S)
            super()._commit(self._early)
            self._early = ()


if __name__ == "__main__":
    import server.app

    server.app.Hub = EarlyHub  # type: ignore[attr-defined]
    sys.exit(main())
