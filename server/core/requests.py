"""Questions about history, as the core hands them to the reader: frozen, and complete.

A request holds all that its answer depends on besides the messages, for the reader's thread sees
no world: who asks, which conversations they may read, since when and up to which number. Made by
commands/history.py and commands/replay.py, answered by history_answer.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from irc.names import NickKey
from server.core.facts import Conversation
from server.core.history import Bound


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: nick, key of the account ("" for a guest), and the session's capabilities."""

    nick: str
    account: NickKey
    caps: int

    def has(self, caps: int) -> bool:
        """Whether the session negotiated all of these capability bits."""
        return self.caps & caps == caps


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation that the asker may read, under the name that it has for them.

    What was said before `since_ms` is not theirs: an earlier room of that name, with other people.
    """

    conversation: Conversation
    name: str
    since_ms: int = 0
    last_seq: int = 0
    """The number of the last message as the question was asked."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """CHATHISTORY with a target. `second` is BETWEEN's; LATEST may have no bound at all."""

    asker: Asker
    subcommand: str
    place: Place
    first: Bound | None
    second: Bound | None
    limit: int


@dataclass(frozen=True, slots=True)
class TargetsRequest:
    """CHATHISTORY TARGETS: these rooms, and all who have talked with the asker.

    `names` are the accounts' as they are written.
    """

    asker: Asker
    rooms: tuple[Place, ...]
    first_ms: int
    second_ms: int
    limit: int
    names: Mapping[NickKey, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """SEARCH in these places; with `everywhere` also with all who have talked with the asker."""

    asker: Asker
    places: tuple[Place, ...]
    everywhere: bool
    words: str
    sender: NickKey | None
    after_ms: int | None
    before_ms: int | None
    limit: int
    names: Mapping[NickKey, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """The last messages of rooms, for a session that cannot ask, as it comes in."""

    asker: Asker
    rooms: tuple[Place, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class MissedRequest:
    """What was said in private while the account was away, for a session that cannot ask."""

    asker: Asker
    since_ms: int
    until_ms: int
    limit: int
    names: Mapping[NickKey, str] = field(repr=False)


Request = PageRequest | TargetsRequest | SearchRequest | ReplayRequest | MissedRequest
