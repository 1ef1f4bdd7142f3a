"""Clients with a screen each, on lines to a `KeepingServer`; a cut loses what is on its way."""

from dataclasses import replace
from itertools import count as count_from

from client.core.events import Event, GapFound, MessageFailed, MessageReceived, MessageUnconfirmed
from client.core.session import Identity, Session, Settings
from tests.support.irc_keeper import KeepingServer, Peer


class Client:
    """One person's client. `up` and `down` are bytes on their way."""

    def __init__(
        self,
        server: KeepingServer,
        nick: str,
        rooms: tuple[str, ...],
        settings: Settings | None = None,
    ) -> None:
        numbers = count_from(1)
        self.server = server
        self.nick = nick
        self.session = Session(
            Identity(nick, nick, "secret"),
            replace(
                settings or Settings(rooms=rooms),
                new_once=lambda: f"once-{nick}-{next(numbers)}",
            ),
        )
        self.events: list[Event] = []
        self.up = self.down = b""
        self.peer: Peer | None = None
        self.connect()

    def connect(self) -> None:
        """A new line."""
        self.peer = self.server.connect()
        self.session.connected(self.server.now_ms)

    def cut(self) -> None:
        """The line breaks: what is on its way is lost."""
        assert self.peer is not None
        self.server.hang_up(self.peer)
        self.peer, self.up, self.down = None, b"", b""
        self.session.disconnected("cut", self.server.now_ms)

    def say(self, target: str, text: str) -> None:
        """A person types."""
        self.session.send_text(target, text, now_ms=self.server.now_ms)

    def move(self, up: int, down: int) -> bool:
        """So many bytes travel; whether there was anything to move."""
        assert self.peer is not None
        self.up += self.session.take_output()
        gone, self.up = self.up[:up], self.up[up:]
        self.peer.receive(gone)
        self.down += self.peer.take()
        came, self.down = self.down[:down], self.down[down:]
        self.session.receive(came, self.server.now_ms)
        self.events += self.session.take_events()
        return bool(gone or came)

    def screen(self, buffer: str) -> list[str]:
        """What a face that only appends has shown in a window."""
        said = (event for event in self.events if isinstance(event, MessageReceived))
        return [event.text for event in said if event.buffer == buffer]

    def troubles(self) -> list[Event]:
        """What should not happen on a server that keeps everything."""
        kinds = (GapFound, MessageFailed, MessageUnconfirmed)
        return [event for event in self.events if isinstance(event, kinds)]


def run(*clients: Client) -> None:
    """Move everything there is."""
    while any([client.move(1 << 20, 1 << 20) for client in clients]):
        pass


ROOM = "#lobby"


def come(
    server: KeepingServer, nick: str = "ana", rooms: tuple[str, ...] = (ROOM,), **more
) -> Client:
    """A client that is in, and has shown what there is."""
    client = Client(server, nick, rooms, **more)
    run(client)
    return client


def asked(server: KeepingServer) -> list[str]:
    """The questions about history that came, without labels."""
    return [
        line.partition(" ")[2] if line.startswith("@") else line
        for line in server.lines
        if "CHATHISTORY" in line
    ]


def kinds(client: Client, *types: type[Event]) -> list[Event]:
    """The events of these types, in order."""
    return [event for event in client.events if isinstance(event, types)]


def talk(server: KeepingServer, count: int, start: int = 0, room: str = ROOM) -> None:
    """Bob says something."""
    for number in range(start, start + count):
        server.say("bob", room, f"text {number}")
