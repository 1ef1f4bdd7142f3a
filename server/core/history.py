"""What is kept and read again: bounds of a page, kept messages, searches, and what a start finds.

Pure values. The core asks with them and renders them; the message log answers (server/log/). They
travel between the hub and the reader thread. Sources: IRCv3 draft/chathistory, soju.im/search.

Within a conversation, what is kept has one order: by time, and within one millisecond by when it
was accepted. It never changes, over restarts neither, and pages go by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from irc.names import NickKey
from server.core.facts import Conversation, Fact, Said

ONCE_TAG = "tlschat/once"
"""The tag, and the capability, with which a sender gives its message an id of its own."""


@dataclass(frozen=True, slots=True)
class AtMsgid:
    """The place of a message."""

    msgid: str


@dataclass(frozen=True, slots=True)
class AtTime:
    """A time, in milliseconds since the epoch. What was said in that very millisecond is at it."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class AtSeq:
    """The place of the message with this number in its conversation, kept or not."""

    seq: int


Bound = AtMsgid | AtTime | AtSeq


@dataclass(frozen=True, slots=True)
class Redaction:
    """Who took a message back (`nick!user@host`), why ("" for no reason) and when."""

    source: str
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A message, or another event of a conversation, as the log kept it.

    `params` are the line's, as first shown: target and text for PRIVMSG and NOTICE, the target for
    TAGMSG. `account` is the sender's as written, "" for a guest. `seq` is 0 for what is not a
    message. A redacted message has its place, number and sender; its text and tags are "" and gone.
    """

    msgid: str
    at_ms: int
    conversation: Conversation
    seq: int
    source: str
    account: str
    command: str
    params: tuple[str, ...]
    client_tags: str = ""
    redaction: Redaction | None = None


def stored_of(said: Said) -> Stored:
    """A message as the log will give it back, before it is there."""
    return Stored(
        said.msgid,
        said.at_ms,
        said.conversation,
        said.seq,
        said.source,
        said.account,
        said.command,
        (said.target,) if said.command == "TAGMSG" else (said.target, said.text),
        said.client_tags,
    )


@dataclass(frozen=True, slots=True)
class Target:
    """A conversation and the time of its last message (CHATHISTORY TARGETS)."""

    conversation: Conversation
    at_ms: int


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers of the first and the last message that are kept; first > last when none is.

    A client that has seen up to a number below `first_seq - 1` has missed what is gone.
    """

    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; everything given must hold. Only in these conversations.

    `words`: each occurs as a word or the beginning of one, whatever the case or the accents; words
    in double quotes follow each other. `sender`: the account's key, or the key of the nick it was
    said under. Times are inclusive. With `after_ms` the oldest matches come first into the `limit`,
    without it the newest; the answer is in order of time all the same.
    """

    conversations: tuple[Conversation, ...]
    words: str = ""
    sender: NickKey | None = None
    after_ms: int | None = None
    before_ms: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Restored:
    """What a start finds in the log.

    `sequences` has the last number given in each conversation, also where nothing is kept any more.
    `at_ms` is the greatest time kept: the clock goes on from there. `facts` are those that make the
    rooms with their settings (`RoomFounded` first), the read markers, and when accounts were last
    here. Settings of a room that nobody founded come without it: it is a default room, or it ended.
    """

    sequences: Mapping[Conversation, int] = field(default_factory=dict)
    at_ms: int = 0
    facts: tuple[Fact, ...] = ()
