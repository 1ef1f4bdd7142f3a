"""A client session to talk to line by line, and a small server that answers one; no socket."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from client.core.events import Event
from client.core.session import Identity, Session, Settings
from irc.framing import LineBuffer
from irc.message import Message, format_message, parse_line

ALL_CAPS = (
    "account-notify account-tag away-notify batch cap-notify echo-message extended-join"
    " labeled-response message-tags multi-prefix server-time"
)


class Talk:
    """Speaks for the server: `hear` gives the session lines, `said` is what it wrote."""

    def __init__(self, identity: Identity | None = None, settings: Settings | None = None) -> None:
        self.session = Session(identity or Identity("ana"), settings or Settings())
        self.now_ms = 1_000_000
        self.events: list[Event] = []

    def connect(self) -> list[str]:
        """A new connection; the lines of the first flight."""
        self.session.connected(self.now_ms)
        return self.said()

    def hear(self, *lines: str) -> list[Event]:
        """The server sends these; the events they make."""
        self.session.receive("".join(f"{line}\r\n" for line in lines).encode(), self.now_ms)
        return self.take()

    def take(self) -> list[Event]:
        """The events since the last time, which are also kept in `events`."""
        events = self.session.take_events()
        self.events += events
        return events

    def said(self) -> list[str]:
        """The lines that the session wrote."""
        return self.session.take_output().decode().splitlines()

    def one(self, line: str) -> Event:
        """The one event that `line` makes."""
        (event,) = self.hear(line)
        return event

    def welcome(self, nick: str = "ana", *isupport: str) -> None:
        """001 to 422, and the answer to the PING behind the rooms."""
        tokens = " ".join(isupport or ("NETWORK=Tea", "PREFIX=(ov)@+", "CHANTYPES=#"))
        self.hear(
            f":srv 001 {nick} :Welcome", f":srv 005 {nick} {tokens} :are", f":srv 422 {nick} :no"
        )
        self.answer_pings()

    def answer_pings(self) -> list[str]:
        """PONG to every PING written; gives back the lines."""
        lines = self.said()
        for line in lines:
            if line.startswith("PING "):
                self.hear(f":srv PONG srv {line[5:]}")
        return lines

    def go_online(self, caps: str = ALL_CAPS, nick: str = "ana") -> "Talk":
        """Connect, negotiate `caps`, and be welcomed."""
        self.connect()
        self.hear(f":srv CAP * LS :{caps}")
        request = self.said()
        if request and request[0].startswith("CAP REQ"):
            self.hear(f":srv CAP * ACK :{request[0].removeprefix('CAP REQ ').removeprefix(':')}")
        self.welcome(nick)
        self.said()
        return self

    def join(self, room: str = "#lobby", *others: str) -> "Talk":
        """We are in `room`, with `others`."""
        self.hear(
            f":ana!a@host JOIN {room}",
            f":srv 353 ana = {room} :{' '.join(['ana', *others])}",
            f":srv 366 ana {room} :End",
        )
        return self

    def say(self, target: str, text: str, **more: object) -> tuple[str, ...]:
        """A person types."""
        return self.session.send_text(target, text, now_ms=self.now_ms, **more)


@dataclass
class FakeServer:
    """Answers like a real one, as far as one client needs it. `said` is what people see."""

    caps: str = ALL_CAPS
    said: list[tuple[str, str]] = field(default_factory=list)
    unknown: frozenset[str] = frozenset({"nobody"})

    def connect(self) -> None:
        """Forget the connection, not what was said."""
        self._lines = LineBuffer()
        self._on: set[str] = set()
        self._has_user = self._is_negotiating = False
        self._is_in = False

    def receive(self, octets: bytes) -> bytes:
        """The answer to `octets`."""
        out = b""
        for line in self._lines.feed(octets):
            assert isinstance(line, bytes)
            for message in self._answer(parse_line(line)):
                out += format_message(message)
        return out

    def _answer(self, heard: Message) -> Iterable[Message]:
        match heard.command, heard.params:
            case "CAP", ("LS", *_) if self.caps:
                self._is_negotiating = True
                yield Message("CAP", ("*", "LS", self.caps), "srv")
            case "CAP", ("REQ", names):
                self._on.update(names.split())
                yield Message("CAP", ("*", "ACK", names), "srv")
            case "CAP", ("END",):
                self._is_negotiating = False
            case "USER", _:
                self._has_user = True
            case "PING", (token,):
                yield Message("PONG", ("srv", token), "srv")
            case "JOIN", (room, *_):
                yield Message("JOIN", (room,), "ana!a@host")
                yield Message("366", ("ana", room, "End"), "srv")
            case "PRIVMSG", (target, text):
                yield from self._relay(heard, target, text)
        if self._has_user and not self._is_negotiating and not self._is_in:
            self._is_in = True
            yield Message("001", ("ana", "Welcome"), "srv")
            yield Message("422", ("ana", "No MOTD"), "srv")

    def _relay(self, heard: Message, target: str, text: str) -> Iterable[Message]:
        label = {k: v for k, v in heard.tags.items() if "labeled-response" in self._on}
        if target in self.unknown:
            yield Message("401", ("ana", target, "No such nick"), "srv", label)
            return
        self.said.append((target, text))
        if "echo-message" in self._on:
            yield Message("PRIVMSG", (target, text), "ana!a@host", label)
        elif label:
            yield Message("ACK", (), "srv", label)
