"""A face in front of a server that keeps what is said, without a socket."""

import asyncio

from client.core.session import Session
from tests.support.irc_keeper import KeepingServer, Peer


class KeeperTransport:
    """The driver, as faces see it; the line is cut and mended by the test."""

    def __init__(self, server: KeepingServer, session: Session, face) -> None:
        self.server = server
        self.session = session
        self.face = face
        self.is_leaving = False
        self.peer: Peer | None = None

    @property
    def now_ms(self) -> int:
        return self.server.now_ms

    def connect(self) -> None:
        """A new line, and everything up to silence."""
        self.peer = self.server.connect()
        self.session.connected(self.now_ms)
        self.pump()

    def cut(self) -> None:
        """The line breaks."""
        assert self.peer is not None
        self.server.hang_up(self.peer)
        self.peer = None
        self.session.disconnected("", self.now_ms)
        self.pump()

    def pump(self) -> None:
        while True:
            output, events = self.session.take_output(), self.session.take_events()
            if events:
                self.face.show(events)
            came = b""
            if self.peer is not None:
                self.peer.receive(output)
                came = self.peer.take()
                self.session.receive(came, self.now_ms)
            if not (output or events or came):
                return

    def retry_now(self) -> None:
        pass

    def leave(self, reason: str = "") -> None:
        self.is_leaving = True
        self.face.stop()


async def settle(check) -> None:
    """Wait until `check` is true."""
    async with asyncio.timeout(30):
        while not check():
            await asyncio.sleep(0.005)
