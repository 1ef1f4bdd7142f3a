"""A running io thread over socket pairs, with a hub that only remembers."""

import contextlib
import queue
import socket
import time
from collections import deque

from irc.names import RoomKey
from server.core.effects import Outgoing
from server.core.events import Connected, Dialect, SessionId
from server.net.connection import Connection
from server.net.limits import NetLimits
from server.net.loop import Loop
from server.net.stream import PlainStream

DEADLINE_S = 20.0
LOBBY = RoomKey("#lobby")


class HubThatRemembers:
    """Takes events and lets a test wait for the next one."""

    def __init__(self):
        self.events = queue.Queue()

    def put(self, events):
        for event in events:
            self.events.put(event)

    def next(self):
        return self.events.get(timeout=DEADLINE_S)


class Rig:
    """A running loop, and peers at the other ends."""

    def __init__(self, **limits):
        self.limits = NetLimits(**limits)
        self.hub = HubThatRemembers()
        self.released = deque()
        self.loop = Loop("io-test", self.hub, self.limits, self.released)
        self.loop.start()
        self.count = 0
        self.peers = []

    def connect(self, dialect=Dialect.IRC, wrap=lambda stream: stream):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.settimeout(DEADLINE_S)
        self.count += 1
        session = SessionId(self.count)
        self.loop.adopt(
            Connection(
                session,
                dialect,
                f"127.0.0.{self.count}",
                wrap(PlainStream(ours)),
                self.limits,
                time.monotonic(),
                secure=False,
            )
        )
        self.peers.append(theirs)
        assert self.hub.next() == Connected(session, dialect, f"127.0.0.{self.count}", False)
        return session, theirs

    def close(self):
        for peer in self.peers:
            peer.close()
        self.loop.stop()
        assert self.loop.join(DEADLINE_S)


@contextlib.contextmanager
def rigs():
    """Gives what makes rigs with limits; they are stopped at the end."""
    made = []

    def make(**limits):
        made.append(Rig(**limits))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


def says(text):
    return Outgoing("ana!a@h", "PRIVMSG", ("#lobby", text), 0)


def read_line(peer):
    line = b""
    while not line.endswith(b"\n"):
        part = peer.recv(1)
        if not part:
            break
        line += part
    return line
