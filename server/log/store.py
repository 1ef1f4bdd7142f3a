"""The promise of a message log, as a protocol: accept a batch of facts; on return they are durable.

The hub calls `accept` with all durable facts of a batch, in order, and releases the batch's effects
only after it has returned. `NoLog` keeps nothing: durable history comes with an engine that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.core.facts import Fact


class MessageLog(Protocol):
    """Where facts go before anybody hears of them. Owner: the hub thread."""

    def accept(self, facts: Sequence[Fact]) -> None:
        """Make the facts durable, all of them, in order. Returns when they are."""

    def close(self) -> None:
        """Give everything back."""


class NoLog:
    """A log that keeps nothing."""

    def accept(self, facts: Sequence[Fact]) -> None:
        """Forget the facts."""

    def close(self) -> None:
        """Nothing to give back."""
