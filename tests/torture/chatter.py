"""One person of the torture test: sends as fast as the server lets, and remembers everything.

Theory of operation. A chatter outlives its connections. What it has sent and not seen echoed waits,
in order; after a login it all goes out again with the same ids (`tlschat/once`), and only then new
messages. At the same time it reads what it missed with CHATHISTORY AFTER, conversation by
conversation, from the last message up to which it misses nothing, and merges by msgid what comes
live meanwhile. Everything that contradicts the promise becomes a finding, and the run goes on.

Owner: the event loop. It knows nothing of the server but the protocol.
"""

from __future__ import annotations

import asyncio
import base64
import random
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from irc.message import Message, parse_line
from tests.torture.rig import PASSWORD, Rig

CAPS = (
    "message-tags server-time batch labeled-response echo-message sasl "
    "draft/chathistory tlschat/once"
)
PAGE = 100
FOUNDED_ROOM = "#den"
"""A room that somebody made, beside those of the config."""

DAWN = "timestamp=1970-01-01T00:00:00.000Z"
_FILLER = "the quick brown fox, ação, 日本語, \N{GRINNING FACE} and so on " * 5
_NUMBERED = re.compile(r"r?\d+")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as this person has it. `text` begins with who said it and their own number."""

    msgid: str
    seq: int
    time: str
    text: str


class View:
    """One conversation on one person's screen."""

    def __init__(self) -> None:
        self.by_seq: dict[int, Seen] = {}
        self.seq_of: dict[str, int] = {}
        self.whole_seq = 0
        """Up to here nothing is missing."""

    def add(self, seen: Seen) -> str:
        """Merge a message; what is wrong with it, if anything."""
        known = self.by_seq.get(seen.seq)
        if known is not None:
            return "" if known == seen else f"number said twice: {known} and {seen}"
        if seen.msgid in self.seq_of:
            return f"msgid with two numbers: {self.seq_of[seen.msgid]} and {seen}"
        self.by_seq[seen.seq] = seen
        self.seq_of[seen.msgid] = seen.seq
        while self.whole_seq + 1 in self.by_seq:
            self.whole_seq += 1
        return ""


class Chatter(asyncio.Protocol):
    """One account with one connection at a time."""

    def __init__(
        self,
        name: str,
        peers: Sequence[str],
        rooms: Sequence[str],
        chance: random.Random,
        *,
        window: int = 0,
        repeated_share: float = 0.0,
        on_answered: Callable[[], None] = lambda: None,
    ) -> None:
        """`window` messages are on their way at any time; with 0 it only listens.

        Of what it says it sends `repeated_share` twice at once, and as many long afterwards again.
        """
        self.name = name
        self.rooms = tuple(rooms)
        self.peers = tuple(peer for peer in peers if peer != name)
        self.window = window
        self.acknowledged: dict[int, Seen] = {}
        self.refused: dict[int, str] = {}
        self.views: dict[str, View] = {}
        self.findings: list[str] = []
        self.counts: Counter[str] = Counter()
        self._chance = chance
        self._repeated_share = repeated_share
        self.on_answered = on_answered
        self._number = 0
        self._waiting: dict[int, tuple[str, str]] = {}
        self.settled = asyncio.Event()
        """It is in, everything it sent is answered for, and it has read what it missed."""
        self.gone = asyncio.Event()
        self.gone.set()
        self._forget_connection()

    def _forget_connection(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._is_in = False
        self._rest = b""
        self._told: set[str] = set()
        self._to_resume: deque[str] = deque()
        self._pages: dict[str, list[Seen]] = {}
        self._labels: dict[str, str] = {}
        self._since = ""
        self.settled.clear()

    # The connection.

    async def connect(self, rig: Rig) -> None:
        """Come in; sending and reading go on by themselves from there.

        Raises:
            OSError: The server is not there, or not any more.
        """
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            lambda: self, "127.0.0.1", rig.port, ssl=rig.context, server_hostname="localhost"
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._forget_connection()
        self.gone.clear()
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send(
            "CAP LS 302",
            f"CAP REQ :{CAPS}",
            f"NICK {self.name}",
            f"USER {self.name} 0 * :{self.name}",
            "AUTHENTICATE PLAIN",
        )

    def connection_lost(self, _error: Exception | None) -> None:
        self._forget_connection()
        self.gone.set()

    def leave(self) -> None:
        """Close the connection, whatever is on its way."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            message = parse_line(line)
            if message.command == "PRIVMSG":
                self._privmsg(message)
            else:
                self._other(message)
        if self._is_in:
            self._top_up()
            if not (self._waiting or self._to_resume):
                self.settled.set()

    def _send(self, *lines: str) -> None:
        if self._transport is not None:
            self._transport.write("".join(f"{line}\r\n" for line in lines).encode())

    # Sending.

    def _top_up(self) -> None:
        lines: list[str] = []
        while len(self._waiting) < self.window:
            self._number += 1
            number = self._number
            targets = self.rooms if self._chance.random() < 0.6 else self.peers
            length = self._chance.randrange(0, 250) if self._chance.random() < 0.3 else 10
            text = f"{self.name} {number} {_FILLER[:length]}".rstrip()
            self._waiting[number] = (self._chance.choice(targets), text)
            lines.append(self._line(number, str(number)))
            if self._chance.random() < self._repeated_share:
                lines.append(self._line(number, f"r{number}"))
        if lines:
            self.settled.clear()
            self._send(*lines)

    def _line(self, number: int, label: str) -> str:
        target, text = self._waiting[number]
        return f"@label={label};tlschat/once={once_of(self.name, number)} PRIVMSG {target} :{text}"

    def _begin(self) -> None:
        """Logged in: first what is not acknowledged, in its order; then what was missed."""
        self._is_in = True
        self.counts["resent"] += len(self._waiting)
        self._send(
            f"JOIN {FOUNDED_ROOM}", *(self._line(number, str(number)) for number in self._waiting)
        )
        self.resume()

    # Reading what was missed.

    def say(self, window: int) -> None:
        """From now on so many messages are on their way; 0 is silence."""
        self.window = window
        if self._is_in:
            self._top_up()

    def number_from(self, number: int) -> None:
        """Call the next message by this number, if an earlier life has used those before."""
        self._number = number - 1

    def try_again(self, number: int) -> None:
        """Send something again that was refused."""
        del self.refused[number]
        self._waiting[number] = (FOUNDED_ROOM, f"{self.name} {number} again")
        self._send(self._line(number, str(number)))

    def resume(self) -> None:
        """Ask for everything after what is known, in every conversation, one after the other."""
        is_under_way = bool(self._to_resume)
        self._to_resume.extend((*self.rooms, *self.peers))
        self.settled.clear()
        if not is_under_way:
            self._ask(self._view(self._to_resume[0]))

    def _ask(self, view: View, after: str = "") -> None:
        if not after:
            whole = view.by_seq.get(view.whole_seq)
            after = f"msgid={whole.msgid}" if whole else DAWN
        self._send(f"CHATHISTORY AFTER {self._to_resume[0]} {after} {PAGE}")

    def _page(self, page: list[Seen]) -> None:
        """A page is here: ask for the next one, or go on with the next conversation."""
        self.counts["pages"] += 1
        self.counts["resumed"] += len(page)
        view = self._view(self._to_resume[0])
        for seen in page:
            self._note(view, seen)
        is_whole = view.whole_seq == len(view.by_seq)
        if not page or (len(page) < PAGE and is_whole):
            self._next_conversation()
        else:  # a page may be short because its messages are long
            self._ask(view, f"msgid={page[-1].msgid}")

    def _next_conversation(self) -> None:
        self._to_resume.popleft()
        if self._to_resume:
            self._ask(self._view(self._to_resume[0]))

    def _view(self, target: str) -> View:
        return self.views.setdefault(conversation_of(self.name, target), View())

    def _note(self, view: View, seen: Seen) -> None:
        problem = view.add(seen)
        if problem:
            self.find(problem)

    def find(self, problem: str) -> None:
        """Something is not as promised."""
        self.findings.append(f"{self.name}: {problem}")

    # Lines from the server.

    def _privmsg(self, message: Message) -> None:
        tags = message.tags
        target, text = message.params
        seen = Seen(tags["msgid"], int(tags["tlschat/seq"]), tags["time"], text)
        batch = tags.get("batch", "")
        if batch in self._pages:
            self._pages[batch].append(seen)
            return
        sender = message.source.partition("!")[0]
        view = self._view(sender if target == self.name else target)
        if sender == self.name:
            self._echo(tags.get("label") or self._labels.get(batch, ""), seen)
        elif seen.msgid in self._told:
            self.find(f"told twice: {seen}")
        else:
            self._told.add(seen.msgid)
        self._note(view, seen)

    def _echo(self, label: str, seen: Seen) -> None:
        number = int(label.removeprefix("r") or 0)
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            self.acknowledged[number] = seen
            if waiting[1] != seen.text:
                self.find(f"acknowledged another text than {waiting[1]!r}: {seen}")
            if seen.time < self._since:
                self.counts["resent_kept"] += 1
            self.on_answered()
            if self.window and self._chance.random() < self._repeated_share:
                self._say_again(seen)
        elif self.acknowledged.get(number) != seen:
            self.find(f"answered with {seen} after {self.acknowledged.get(number)}")
        else:
            self.counts["repeated"] += 1

    def _say_again(self, seen: Seen) -> None:
        """Send something again that was acknowledged, as a client does that lost its memory."""
        number = self._chance.choice((int(seen.text.split()[1]), self._chance.randint(1, 50)))
        if number in self.acknowledged:
            tags = f"@label=r{number};tlschat/once={once_of(self.name, number)}"
            self._send(f"{tags} PRIVMSG {FOUNDED_ROOM} :{self.name} {number} again")

    def _other(self, message: Message) -> None:
        match message.command, message.params:
            case "PING", (token, *_):
                self._send(f"PONG {token}")
            case "AUTHENTICATE", _:
                plain = base64.b64encode(f"\0{self.name}\0{PASSWORD}".encode()).decode()
                self._send(f"AUTHENTICATE {plain}")
            case "903", _:
                self._send("CAP END")
            case (("376" | "422"), _):
                self._since = message.tags.get("time", "")
                self._begin()
            case "BATCH", (reference, *kind):
                self._batch(reference[0] == "+", reference[1:], kind, message.tags)
            case (("904" | "CAP" | "ERROR"), _) if (
                "NAK" in message.params or message.command != "CAP"
            ):
                self.find(f"not let in: {message}")
            case "FAIL", ("CHATHISTORY", *_):
                self.find(f"could not resume {self._to_resume[0]}: {' '.join(message.params)}")
                self._next_conversation()
            case _ if _NUMBERED.fullmatch(message.tags.get("label", "")):
                self._refusal(message)

    def _batch(self, begins: bool, name: str, kind: Sequence[str], tags: Mapping[str, str]) -> None:
        """A page of history, or an answer of several lines, which has its label only here."""
        if begins and kind[0] == "chathistory":
            self._pages[name] = []
        elif begins:
            self._labels[name] = tags.get("label", "")
        elif name in self._pages:
            self._page(self._pages.pop(name))
        else:
            del self._labels[name]

    def _refusal(self, message: Message) -> None:
        label = message.tags["label"]
        number = int(label.removeprefix("r"))
        if self._waiting.pop(number, None) is not None:
            reason = f"{message.command} {' '.join(message.params)}"
            self.refused[number] = reason
            if "STORAGE_ERROR" not in reason:
                self.find(f"refused: {reason}")
            self.on_answered()


def once_of(name: str, number: int) -> str:
    """The id that a sender gives its message."""
    return f"{name}-{number:08d}"


def conversation_of(one: str, other: str) -> str:
    """The name under which the server keeps what is said to `other`."""
    return other if other.startswith("#") else ",".join(sorted((one, other)))
