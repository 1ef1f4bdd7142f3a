"""The io thread, over socket pairs, with a hub that only remembers (server/net/loop.py)."""

import queue
import socket
import time
from collections import deque

import pytest

from irc.errors import InvalidUtf8, LineTooLong
from irc.message import Message
from irc.names import RoomKey
from server.core.effects import (
    Broadcast,
    Close,
    MarkRegistered,
    Outgoing,
    Send,
    Subscribe,
    TellWhenDrained,
)
from server.core.events import (
    Connected,
    Dialect,
    Disconnected,
    Drained,
    LineReceived,
    LineRefused,
    SessionId,
    TextReceived,
)
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

    def connect(self, dialect=Dialect.IRC):
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
                PlainStream(ours),
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


@pytest.fixture
def start():
    """Make a rig with limits; it is stopped at the end."""
    rigs = []

    def make(**limits):
        rigs.append(Rig(**limits))
        return rigs[-1]

    yield make
    for rig in rigs:
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


def test_lines_become_events(start):
    """Whole lines reach the hub parsed, in order; what cannot be parsed is refused and skipped."""
    rig = start()
    session, peer = rig.connect()

    peer.sendall(b"nick ana\r\nPRIVMSG #lobby :caf\xff\r\n" + b"x" * 600 + b"\r\nPING 1\r\n")

    assert rig.hub.next() == LineReceived(session, Message("NICK", ("ana",)))
    refused = rig.hub.next()
    assert refused.session == session
    assert isinstance(refused.problem, InvalidUtf8)
    assert rig.hub.next() == LineRefused(session, LineTooLong("body", 512))
    assert rig.hub.next() == LineReceived(session, Message("PING", ("1",)))


def test_an_answer_to_our_ping_stops_here(start):
    """PONG costs the hub nothing, unless it is labelled and wants an answer."""
    rig = start()
    session, peer = rig.connect()

    peer.sendall(b"PONG x\r\n@label=1 PONG x\r\n")

    assert rig.hub.next() == LineReceived(session, Message("PONG", ("x",), "", {"label": "1"}))


def test_the_simple_dialect_is_text(start):
    """On a simple listener a line is text; one that is not UTF-8 is refused."""
    rig = start()
    session, peer = rig.connect(Dialect.SIMPLE)

    peer.sendall("MSG olá\n".encode() + b"\xff\n")

    assert rig.hub.next() == TextReceived(session, "MSG olá")
    assert isinstance(rig.hub.next().problem, InvalidUtf8)


def test_effects_become_bytes(start):
    """What the hub releases arrives, in order."""
    rig = start()
    one, ann = rig.connect()
    two, bob = rig.connect()

    rig.loop.post([Subscribe(one, LOBBY), Subscribe(two, LOBBY)])
    rig.loop.post([Broadcast(LOBBY, says("hi"), one), Send(one, says("echo"))])

    assert read_line(ann) == b":ana!a@h PRIVMSG #lobby :echo\r\n"
    assert read_line(bob) == b":ana!a@h PRIVMSG #lobby :hi\r\n"


def test_a_lost_peer_is_reported_once(start):
    """The hub learns of it, and the address is given back to the door."""
    rig = start()
    session, peer = rig.connect()

    peer.close()

    assert rig.hub.next() == Disconnected(session, "Connection closed")
    other, _ = rig.connect()
    assert list(rig.released) == ["127.0.0.1"]
    assert other != session


def test_closing_sends_what_is_queued_first(start):
    """The peer reads its last words and then an end; the hub, which asked for it, hears nothing."""
    rig = start()
    session, peer = rig.connect()

    rig.loop.post([Send(session, says("last")), Close(session, "Quit")])

    assert read_line(peer) == b":ana!a@h PRIVMSG #lobby :last\r\n"
    assert peer.recv(1) == b""
    peer.close()
    rig.connect()
    assert rig.hub.events.empty()


def test_a_peer_that_does_not_read_is_cut_off(start):
    """Over `outbuf_bytes_max` the connection ends with a reason; others are not delayed."""
    rig = start(outbuf_bytes_max=4096)
    slow, _ = rig.connect()
    good, peer = rig.connect()
    rig.loop.post([Subscribe(slow, LOBBY), Subscribe(good, LOBBY)])

    received = 0
    gone = None
    for _ in range(10_000):
        rig.loop.post([Broadcast(LOBBY, says("x" * 400))])
        received += len(read_line(peer))
        if not rig.hub.events.empty():
            gone = rig.hub.next()
            break

    assert gone == Disconnected(slow, "Does not read: too much is waiting (outbuf_bytes_max)")
    assert received > 0


def test_a_flood_is_slowed_down_and_not_lost(start):
    """Lines beyond the burst wait for their tokens; all of them arrive in order."""
    rig = start(lines_burst=1, lines_per_s=200.0, inbuf_bytes_max=16)
    session, peer = rig.connect()

    peer.sendall(b"".join(b"PING %d\r\n" % number for number in range(20)))

    for number in range(20):
        assert rig.hub.next() == LineReceived(session, Message("PING", (str(number),)))


def test_a_command_may_cost_more_than_a_line(start):
    """What costs more takes more of the pace: with a burst of 4, one WHO that costs 4 is all."""
    rig = start(lines_burst=4, lines_per_s=0.1, costs={"WHO": 4.0})
    session, peer = rig.connect()

    peer.sendall(b"who #lobby\r\n@label=2 :x WHO #lobby\r\nPING 1\r\n")

    assert rig.hub.next() == LineReceived(session, Message("WHO", ("#lobby",)))
    rig.connect()
    assert rig.hub.events.empty()


def test_cheap_commands_are_not_held_back(start):
    """What is not in the table of costs costs a line."""
    rig = start(lines_burst=4, lines_per_s=0.1, costs={"WHO": 4.0})
    session, peer = rig.connect()

    peer.sendall(b"PING 1\r\nPING 2\r\nPING 3\r\nPING 4\r\nPING 5\r\n")

    for number in range(1, 5):
        assert rig.hub.next() == LineReceived(session, Message("PING", (str(number),)))
    rig.connect()
    assert rig.hub.events.empty()


def test_registration_has_a_number_of_lines(start):
    """More than `registration_lines_max` lines before registration end the connection."""
    rig = start(registration_lines_max=8, lines_burst=100)
    session, peer = rig.connect()

    peer.sendall(b"NICK ana\r\n" * 8)
    for _ in range(8):
        assert rig.hub.next() == LineReceived(session, Message("NICK", ("ana",)))
    peer.sendall(b"PONG x\r\n")  # it does not reach the hub, and counts

    assert rig.hub.next() == Disconnected(session, "Too many lines before registration")
    assert read_line(peer) == b"ERROR :Too many lines before registration\r\n"


def test_registered_people_may_go_on(start):
    """The number of lines ends with registration."""
    rig = start(registration_lines_max=8, lines_burst=100)
    session, peer = rig.connect()
    rig.loop.post([MarkRegistered(session), Send(session, says("in"))])
    read_line(peer)

    peer.sendall(b"PING x\r\n" * 20)

    for _ in range(20):
        assert rig.hub.next() == LineReceived(session, Message("PING", ("x",)))


def test_registration_has_a_deadline(start):
    """A connection that never says who it is ends after `registration_timeout_s`."""
    rig = start(registration_timeout_s=0.0)
    session, peer = rig.connect()

    assert rig.hub.next() == Disconnected(session, "Registration took too long")
    assert read_line(peer) == b"ERROR :Registration took too long\r\n"


def test_silence_is_asked_and_then_ended(start):
    """A silent peer is pinged; one that does not answer ends with a ping timeout."""
    rig = start(ping_interval_s=0.0, ping_timeout_s=0.0)
    session, peer = rig.connect()
    rig.loop.post([MarkRegistered(session)])

    assert read_line(peer) == b"PING :are-you-there\r\n"
    gone = rig.hub.next()
    assert gone.session == session
    assert gone.reason.startswith("Ping timeout: ")


def test_an_answer_keeps_the_connection(start):
    """Whoever answers the PING is asked again later, and stays."""
    rig = start(ping_interval_s=0.0, ping_timeout_s=30.0)
    session, peer = rig.connect()
    rig.loop.post([MarkRegistered(session)])

    for _ in range(2):
        assert read_line(peer) == b"PING :are-you-there\r\n"
        peer.sendall(b"PONG are-you-there\r\n")

    assert rig.hub.events.empty()


def test_stopping_lets_everyone_read_to_the_end(start):
    """The thread ends, and each peer got everything that was posted before."""
    rig = start()
    session, peer = rig.connect()

    rig.loop.post([Send(session, says("last"))])
    rig.loop.stop()

    assert read_line(peer) == b":ana!a@h PRIVMSG #lobby :last\r\n"
    assert peer.recv(1) == b""
    peer.close()
    assert rig.loop.join(DEADLINE_S)


def test_drained_is_told_once_everything_is_with_the_socket(start):
    """`TellWhenDrained` is answered when the buffer is empty: at once if it is, later if not."""
    rig = start(outbuf_bytes_max=1 << 24)
    session, peer = rig.connect()

    rig.loop.post([TellWhenDrained(session)])
    assert rig.hub.next() == Drained(session)

    much = Outgoing("ana!a@h", "PRIVMSG", ("#lobby", "x" * 400), 0)
    rig.loop.post([*[Send(session, much)] * 5_000, TellWhenDrained(session)])
    got = len(peer.recv(1))
    assert rig.hub.events.empty()  # no socket takes so much unread
    while got < 5_000 * len(b":ana!a@h PRIVMSG #lobby :" + b"x" * 400 + b"\r\n"):
        got += len(peer.recv(65_536))
    assert rig.hub.next() == Drained(session)
