"""The io thread: lines in, effects out, ends (server/net/loop.py)."""

import pytest

from irc.errors import InvalidUtf8, LineTooLong
from irc.message import Message
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
    Dialect,
    Disconnected,
    Drained,
    LineReceived,
    LineRefused,
    TextReceived,
)
from server.net.stream import StreamClosed
from tests.support.loop_rig import DEADLINE_S, LOBBY, read_line, rigs, says


@pytest.fixture
def start():
    """Make a rig with limits; it is stopped at the end."""
    with rigs() as make:
        yield make


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


class Endings:
    """A stream that ends as the test says, when something arrives."""

    def __init__(self, inner, closed):
        self.inner, self.sock, self.closed = inner, inner.sock, closed
        self.unsent_bytes = 0

    def receive(self):
        if self.inner.receive():
            raise self.closed
        return b""

    def write(self, payload):
        self.inner.write(payload)

    def flush(self):
        return self.inner.flush()

    def finish(self):
        self.inner.finish()


@pytest.mark.parametrize("lingers", [True, False])
def test_what_came_before_the_end_is_read(start, lingers):
    """Lines that a stream gives with its end come first; then the connection is lost."""
    rig = start()
    closed = StreamClosed("over", last=b"PING 1\r\nPING 2\r\n", lingers=lingers)
    session, peer = rig.connect(wrap=lambda stream: Endings(stream, closed))

    peer.sendall(b"x")

    for number in ("1", "2"):
        assert rig.hub.next() == LineReceived(session, Message("PING", (number,)))
    assert rig.hub.next() == Disconnected(session, "over")
    assert peer.recv(1) == b""


def test_a_lingering_end_leaves_time_to_read(start):
    """What waits is sent, the peer sees the end, and only its own end takes the socket away."""
    rig = start()
    closed = StreamClosed("over", lingers=True)
    session, peer = rig.connect(wrap=lambda stream: Endings(stream, closed))

    peer.sendall(b"x")
    assert rig.hub.next() == Disconnected(session, "over")
    assert peer.recv(1) == b""
    peer.sendall(b"x")  # again: the hub hears of one end only
    peer.close()
    for _ in range(100):  # each is a turn of the loop or more; the end comes in one of the first
        rig.connect()
        if rig.released:
            break
    assert rig.hub.events.empty()
    assert list(rig.released) == ["127.0.0.1"]


@pytest.mark.parametrize("lingers", [True, False])
def test_what_the_pace_held_back_is_read_first(start, lingers):
    """Somebody pastes and leaves: every line of it counts, then they are gone."""
    rig = start(lines_burst=2, lines_per_s=100.0)
    words = b"".join(b"PING %d\r\n" % number for number in range(10))
    closed = StreamClosed("over", last=words, lingers=lingers)
    session, peer = rig.connect(wrap=lambda stream: Endings(stream, closed))
    rig.loop.post([MarkRegistered(session), Send(session, says("in"))])
    read_line(peer)

    peer.sendall(b"x")

    for number in range(10):
        assert rig.hub.next() == LineReceived(session, Message("PING", (str(number),)))
    assert rig.hub.next() == Disconnected(session, "over")
    assert peer.recv(1) == b""


def test_a_quit_among_them_is_the_end(start):
    """The hub closes a connection whose stream has ended already: nothing more is read of it."""
    rig = start(lines_burst=2, lines_per_s=0.1)
    session, peer = rig.connect()
    rig.loop.post([MarkRegistered(session), Send(session, says("in"))])
    read_line(peer)

    peer.sendall(b"PING 1\r\nQUIT\r\nPING 2\r\n")
    peer.close()
    assert rig.hub.next() == LineReceived(session, Message("PING", ("1",)))
    assert rig.hub.next() == LineReceived(session, Message("QUIT", ()))
    rig.connect()
    assert list(rig.released) == []
    rig.loop.post([Close(session, "Quit")])
    for _ in range(100):  # one turn for the order, one for the end of the stream; each has many
        if not rig.released:
            rig.connect()

    assert list(rig.released) == ["127.0.0.1"]
    assert rig.hub.events.empty()


def test_strangers_are_not_waited_for(start):
    """Who is not logged in is gone when the stream is."""
    rig = start(lines_burst=1, lines_per_s=0.1)
    session, peer = rig.connect()

    peer.sendall(b"PING 1\r\nPING 2\r\n")
    peer.close()

    assert rig.hub.next() == LineReceived(session, Message("PING", ("1",)))
    assert rig.hub.next() == Disconnected(session, "Connection closed")


def test_too_many_lines_end_also_with_the_stream(start):
    """A flood before registration that ends with the stream is one end, and not two."""
    rig = start(registration_lines_max=8, lines_burst=100)
    closed = StreamClosed("over", last=b"PONG\r\n" * 9, lingers=True)
    session, peer = rig.connect(wrap=lambda stream: Endings(stream, closed))

    peer.sendall(b"x")

    assert rig.hub.next() == Disconnected(session, "Too many lines before registration")
    assert read_line(peer) == b"ERROR :Too many lines before registration\r\n"
    rig.connect()
    assert rig.hub.events.empty()
