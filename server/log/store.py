"""The promise of a message log, as protocols: what every engine keeps, whatever it is made of.

`MessageLog` is the hub's: it accepts a batch of facts, which is durable on return, and remembers at
start. The hub releases a batch's effects only after `accept` has returned. `MessageReader` answers
everything else from another thread. `tests/server/log/contract.py` holds every engine to this.

- A batch is kept whole or not at all, in its order, over kill -9 and over a power cut.
- What was refused (`LogFull`) was kept by nobody, and nothing of it is ever read.
- A reader sees whole batches, and each one as soon as `accept` has returned.
- A msgid is kept once, and so is an account's `once`. The numbers of a conversation have no gap and
  times never run back; an engine that is told otherwise breaks (`LogBroken`), it does not guess.

Which facts are kept: those in `facts.DURABLE`; any other, and a message with no conversation, is
passed over. `NoLog` keeps nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from irc.names import NickKey
from server.core.facts import Conversation, Fact
from server.core.history import Bound, Restored, Search, Span, Stored, Target


class MessageLog(Protocol):
    """Where facts go before anybody hears of them. Owner: the hub thread."""

    def restore(self) -> Restored:
        """What was kept before: call once, before the first `accept`."""

    def accept(self, facts: Sequence[Fact]) -> None:
        """Make the facts durable, all of them, in order. Returns when they are.

        Raises:
            LogFull: There is no room. Nothing of the batch was kept; later ones may fit.
            LogBroken: It is not certain what was kept. The process must stop.
        """

    def find(self, msgid: str) -> Stored | None:
        """The message with this id, if it was accepted and is still kept. Takes microseconds.

        Raises:
            LogBroken: It cannot be read.
        """

    def find_once(self, account: NickKey, once: str) -> Stored | None:
        """The message that the account sent with this id of its own, if it is still kept.

        Knows nothing of what was not accepted yet: the sender of a batch looks there itself.

        Raises:
            LogBroken: It cannot be read.
        """

    def tidy(self, now_ms: int) -> bool:
        """Do a small step (about 2 ms) of what can wait; whether there is more to do.

        Indexes for the search, lets old messages go, removes traces of what was redacted, writes
        back. Call while nothing waits, and once in a while (every second) even if something does:
        the search lags behind by what was not indexed. Never needed for the promise.

        Raises:
            LogBroken: As for `accept`. A full disk is no error here; the step is done later.
        """

    def close(self) -> None:
        """Give everything back. Nothing is lost without it. May be called twice."""


class MessageReader(Protocol):
    """Answers from what is kept. Owner: one reader thread. Takes nothing from the hub's time.

    Pages are in order of time, oldest first, at most `limit` long (1 or more), and hold only
    PRIVMSG and NOTICE unless `events`: then TAGMSG and other events, too. Redacted messages count
    and come as such. A bound is never part of its page; only AROUND has the message in its middle.
    Each call sees whole batches, and holds nothing when it has returned. Who may read what is for
    the asker to check.

    Each raises:
        UnknownMessage: A bound's msgid is not one of this conversation.
        ReadTooSlow: It took too long; nothing is the matter otherwise.
        ReadFailed: The log cannot be read.
    """

    def latest(
        self,
        conversation: Conversation,
        limit: int,
        *,
        after: Bound | None = None,
        events: bool = False,
    ) -> list[Stored]:
        """The newest messages, only those after `after` if it is given."""

    def before(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]:
        """The newest messages before the bound."""

    def after(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]:
        """The oldest messages after the bound."""

    def between(
        self,
        conversation: Conversation,
        first: Bound,
        second: Bound,
        limit: int,
        *,
        events: bool = False,
    ) -> list[Stored]:
        """Messages between the bounds, counted from `first`, which may be the later one."""

    def around(
        self, conversation: Conversation, bound: Bound, limit: int, *, events: bool = False
    ) -> list[Stored]:
        """Messages on both sides of the bound, with the one that is at it.

        Half of them (rounded down) come before it; where a side has fewer, the other fills up.
        """

    def targets(
        self, conversations: Sequence[Conversation], first_ms: int, second_ms: int, limit: int
    ) -> list[Target]:
        """Conversations whose last message (PRIVMSG or NOTICE) is between the times, as `between`.

        Those nearest to `first_ms` are counted first; the answer is in order of time.
        """

    def direct(self, account: NickKey) -> list[Conversation]:
        """The conversations between this account and another, in no order."""

    def span(self, conversation: Conversation) -> Span:
        """Which numbers are kept."""

    def find(self, msgid: str) -> Stored | None:
        """The message or event with this id."""

    def search(self, search: Search) -> list[Stored]:
        """The PRIVMSGs and NOTICEs that fit, oldest first. Sees what `tidy` has indexed."""

    def close(self) -> None:
        """Give everything back. May be called twice."""


class NoLog:
    """A log that keeps nothing."""

    def restore(self) -> Restored:
        """Nothing was kept."""
        return Restored()

    def accept(self, facts: Sequence[Fact]) -> None:
        """Forget the facts."""

    def find(self, msgid: str) -> Stored | None:
        """Nothing is found."""
        return None

    def find_once(self, account: NickKey, once: str) -> Stored | None:
        """Nothing is found."""
        return None

    def tidy(self, now_ms: int) -> bool:
        """There is nothing to do."""
        return False

    def close(self) -> None:
        """Nothing to give back."""
