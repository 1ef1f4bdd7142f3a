"""Bytes in and out of a socket, with TLS and without (server/net/stream.py). Socket pairs, no
network."""

import contextlib
import socket
import ssl

import pytest
import trustme

from server.net.stream import PlainStream, StreamClosed, TlsStream


@pytest.fixture(scope="module")
def contexts():
    """A server's and a client's context that trust each other."""
    ca = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(server)
    client = ssl.create_default_context()
    ca.configure_trust(client)
    return server, client


@pytest.fixture
def pair():
    """Two connected sockets; ours never blocks."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(10)
    yield ours, theirs
    ours.close()
    theirs.close()


class TlsPeer:
    """The other end of a TLS stream, pumped by hand so that no thread is needed."""

    def __init__(self, sock, context):
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def handshake(self, stream):
        is_done = False
        while not is_done:
            is_done = self._try(self.tls.do_handshake)
            stream.handshake()
            self.sock.setblocking(False)
            self.fill()
        stream.handshake()

    def fill(self):
        with contextlib.suppress(BlockingIOError):
            self.incoming.write(self.sock.recv(1 << 20))

    def send(self, payload):
        self.tls.write(payload)
        self.push()

    def push(self):
        self.sock.setblocking(True)
        self.sock.sendall(self.outgoing.read())
        self.sock.setblocking(False)

    def read(self):
        self.fill()
        return self.tls.read(1 << 20)

    def _try(self, step):
        try:
            step()
            done = True
        except ssl.SSLWantReadError:
            done = False
        self.push()
        return done


@pytest.fixture
def spoken(contexts, pair):
    """A TLS stream behind its handshake, and its peer."""
    server, client = contexts
    ours, theirs = pair
    stream, peer = TlsStream(ours, server), TlsPeer(theirs, client)
    peer.handshake(stream)
    return stream, peer


def test_plain_bytes_go_both_ways(pair):
    """A plain stream is the socket."""
    ours, theirs = pair
    stream = PlainStream(ours)
    assert stream.receive() == b""

    theirs.sendall(b"in")
    stream.write(b"out")

    assert stream.receive() == b"in"
    assert stream.flush()
    assert theirs.recv(10) == b"out"


def test_plain_writes_wait_for_a_slow_reader(pair):
    """What does not fit stays, in order, and `flush` says so."""
    ours, theirs = pair
    stream = PlainStream(ours)
    payload = bytes(range(256)) * 40_000

    stream.write(payload)
    received = b""
    while not stream.flush():
        assert stream.unsent_bytes > 0
        received += theirs.recv(1 << 20)
    while len(received) < len(payload):
        received += theirs.recv(1 << 20)

    assert received == payload
    assert stream.unsent_bytes == 0


def test_plain_end_is_seen(pair):
    """The peer's end raises, and ours shows as an end at the peer."""
    ours, theirs = pair
    stream = PlainStream(ours)

    stream.finish()
    assert theirs.recv(10) == b""
    theirs.close()

    with pytest.raises(StreamClosed):
        stream.receive()


def test_a_broken_socket_is_a_closed_stream(pair):
    """Every way to lose a peer is one exception."""
    ours, theirs = pair
    stream = PlainStream(ours)
    theirs.close()
    stream.write(b"x")

    with pytest.raises(StreamClosed):
        while True:
            stream.write(b"x" * 1000)
            stream.flush()
    stream.finish()


def test_tls_bytes_go_both_ways(spoken):
    """After the handshake payloads of several records arrive whole."""
    stream, peer = spoken
    payload = b"0123456789" * 5_000

    peer.send(payload)
    received = b""
    while len(received) < len(payload):
        received += stream.receive()
    stream.write(payload)
    while not stream.flush():
        peer.fill()
    answer = b""
    while len(answer) < len(payload):
        answer += peer.read()

    assert received == payload
    assert answer == payload
    assert stream.version.startswith("TLSv1.")


def test_tls_partial_records_wait(spoken):
    """A record that arrives byte by byte is nothing until it is whole."""
    stream, peer = spoken
    peer.tls.write(b"hello")
    record = peer.outgoing.read()
    peer.sock.setblocking(True)

    received = []
    for at in range(len(record)):
        peer.sock.sendall(record[at : at + 1])
        received.append(stream.receive())

    assert received == [b""] * (len(record) - 1) + [b"hello"]


def test_tls_many_small_records_come_at_once(spoken):
    """One read gives everything that has arrived, however it was cut."""
    stream, peer = spoken
    for _ in range(20):
        peer.tls.write(b"x")
    peer.push()

    assert stream.receive() == b"x" * 20


def test_tls_end_is_seen(spoken):
    """close_notify ends the stream, behind the bytes that came before it."""
    stream, peer = spoken
    peer.tls.write(b"last")
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.unwrap()
    peer.push()

    assert stream.receive() == b"last"
    peer.sock.close()
    with pytest.raises(StreamClosed):
        stream.receive()


def test_tls_finish_says_goodbye(spoken):
    """The peer sees close_notify, not a cut: its read is an end and not a wait for more."""
    stream, peer = spoken

    stream.finish()

    assert peer.read() == b""


def test_tls_garbage_ends_the_stream(spoken):
    """A broken record is the end, with a reason fit for a quit message."""
    stream, peer = spoken
    peer.sock.setblocking(True)
    peer.sock.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32)

    with pytest.raises(StreamClosed, match="TLS error"):
        stream.receive()


def test_handshake_with_something_else_fails(contexts, pair):
    """Bytes that are no TLS raise SSLError, so the door can say so."""
    ours, theirs = pair
    stream = TlsStream(ours, contexts[0])
    theirs.sendall(b"NICK ana\r\nUSER ana 0 * :ana\r\n")

    with pytest.raises(ssl.SSLError):
        stream.handshake()


def test_handshake_with_nobody_fails(contexts, pair):
    """A peer that leaves during the handshake is a closed stream; one that waits is not done."""
    ours, theirs = pair
    stream = TlsStream(ours, contexts[0])

    assert not stream.handshake()
    theirs.close()

    with pytest.raises(StreamClosed):
        stream.handshake()
