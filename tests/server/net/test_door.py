"""The door: accepts, handshakes, refusals (server/net/door.py). Loopback, no io thread."""

import errno
import os
import queue
import socket
import ssl
from collections import deque

import pytest
import trustme

from server.core.events import Dialect
from server.net import door as door_module
from server.net.door import Door, Listener
from server.net.limits import NetLimits

DEADLINE_S = 20.0


class Room:
    """Takes finished connections, as an io thread does."""

    def __init__(self, count=0):
        self.connections_count = count
        self.adopted = queue.Queue()

    def adopt(self, connection):
        self.adopted.put(connection)

    def next(self):
        return self.adopted.get(timeout=DEADLINE_S)


class Rig:
    """A running door with a TLS and a plain listener."""

    def __init__(self, ca, rooms=None, **limits):
        self.ca = ca
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost").configure_cert(self.context)
        self.rooms = rooms or [Room()]
        self.notes = queue.Queue()
        self.released = deque()
        self.listeners = [self._listen(Dialect.IRC, True), self._listen(Dialect.SIMPLE, False)]
        self.door = Door(
            self.listeners,
            lambda: self.context,
            self.rooms,
            NetLimits(**limits),
            lambda event, **fields: self.notes.put((event, fields)),
            self.released,
        )
        self.socks = []
        self.door.start()

    def _listen(self, dialect, tls):
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setblocking(False)
        return Listener(sock, dialect, tls)

    def connect(self, number=0, source="127.0.0.1"):
        address = self.listeners[number].sock.getsockname()
        sock = socket.create_connection(address, timeout=DEADLINE_S, source_address=(source, 0))
        self.socks.append(sock)
        return sock

    def speak_tls(self, sock):
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        secure = context.wrap_socket(sock, server_hostname="localhost")
        self.socks.append(secure)
        return secure

    def note(self):
        return self.notes.get(timeout=DEADLINE_S)

    def close(self):
        self.door.stop()
        for sock in self.socks:
            sock.close()
        for room in self.rooms:
            while not room.adopted.empty():
                room.next().stream.sock.close()


@pytest.fixture(scope="module")
def ca():
    """One authority for all tests here."""
    return trustme.CA()


@pytest.fixture
def start(ca):
    """Start doors; they are stopped at the end."""
    rigs = []

    def make(**options):
        rigs.append(Rig(ca, **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()


def test_a_finished_handshake_is_handed_over(start):
    """The io thread gets a connection behind its handshake, with the plain address."""
    rig = start()

    rig.speak_tls(rig.connect())
    connection = rig.rooms[0].next()

    assert connection.dialect is Dialect.IRC
    assert connection.address == "127.0.0.1"
    assert connection.secure
    connection.stream.sock.close()


def test_a_plain_listener_hands_over_at_once(start):
    """`tls = false` on loopback: no handshake."""
    rig = start()

    rig.connect(1)
    connection = rig.rooms[0].next()

    assert connection.dialect is Dialect.SIMPLE
    assert not connection.secure
    connection.stream.sock.close()


def test_the_least_loaded_thread_gets_it(start):
    """Connections spread over the io threads."""
    rooms = [Room(5), Room(2), Room(9)]
    rig = start(rooms=rooms)

    rig.speak_tls(rig.connect())

    rooms[1].next().stream.sock.close()


def test_silence_does_not_delay_others(start):
    """A peer that never speaks is dropped at its deadline; one that does is served meanwhile."""
    rig = start(handshake_timeout_s=0.5)
    silent = rig.connect()

    rig.speak_tls(rig.connect())
    rig.rooms[0].next().stream.sock.close()

    assert rig.note() == ("handshake_timed_out", {"address": "127.0.0.1"})
    assert silent.recv(1) == b""


def test_a_dripping_peer_has_the_same_deadline(start):
    """One byte now and then does not move the deadline (slow loris)."""
    rig = start(handshake_timeout_s=0.3)
    sock = rig.connect()
    sock.sendall(b"\x16\x03")

    assert rig.note()[0] == "handshake_timed_out"


def test_the_oldest_handshake_makes_room(start):
    """Full of silent peers, the door serves whoever comes next."""
    rig = start(handshakes_max=2)
    silent = [rig.connect(source=f"127.0.0.{number}") for number in (2, 3)]

    rig.speak_tls(rig.connect())
    rig.rooms[0].next().stream.sock.close()

    assert rig.note() == ("handshake_dropped", {"address": "127.0.0.2", "reason": "handshakes_max"})
    assert silent[0].recv(1) == b""


def test_plaintext_is_told_to_use_tls(start):
    """One line that says what to do, then a clean end."""
    rig = start()
    sock = rig.connect()

    sock.sendall(b"CAP LS 302\r\n")

    assert sock.recv(4096) == door_module.PLAINTEXT_ANSWER
    assert sock.recv(1) == b""
    assert rig.note() == ("plaintext_connection", {"address": "127.0.0.1"})


def test_a_broken_handshake_is_noted(start):
    """Something that begins like TLS and is none ends, with OpenSSL's reason."""
    rig = start()
    sock = rig.connect()

    sock.sendall(b"\x16\x03\x01\x00\x05hello")

    event, fields = rig.note()
    assert event == "handshake_failed"
    assert fields["reason"]


def test_a_peer_that_leaves_is_forgotten(start):
    """Its place is free for the next one from the same address."""
    rig = start(connections_per_address_max=1)

    rig.connect().close()
    while True:
        sock = rig.connect()
        try:
            rig.speak_tls(sock)
            break
        except (ConnectionError, ssl.SSLError):
            sock.close()

    rig.rooms[0].next().stream.sock.close()


def test_over_a_limit_nobody_shakes_hands(start):
    """Counted before any crypto; a plain peer is told why; a released place is free."""
    rig = start(connections_per_address_max=1)
    rig.connect(1)
    first = rig.rooms[0].next()

    refused = rig.connect(1)
    answer = refused.recv(4096)
    assert answer.startswith(b"ERROR :too many connections from your address")
    assert rig.note()[0] == "connection_refused"

    first.stream.sock.close()
    rig.released.append("127.0.0.1")
    rig.connect(1)
    rig.rooms[0].next().stream.sock.close()


def test_a_new_context_is_used_at_once(start):
    """A reloaded certificate is simply the next one asked for."""
    rig = start()
    first = rig.speak_tls(rig.connect()).getpeercert(binary_form=True)
    rig.rooms[0].next().stream.sock.close()

    rig.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    rig.ca.issue_cert("localhost").configure_cert(rig.context)
    second = rig.speak_tls(rig.connect()).getpeercert(binary_form=True)
    rig.rooms[0].next().stream.sock.close()

    assert first != second


class FullOnce:
    """A listening socket that once says that the process has no file left."""

    def __init__(self, sock):
        self._sock = sock
        self.has_failed = False

    def accept(self):
        if not self.has_failed:
            self.has_failed = True
            raise OSError(errno.EMFILE, "Too many open files")
        return self._sock.accept()

    def __getattr__(self, name):
        return getattr(self._sock, name)


def test_without_files_the_door_rests(start, monkeypatch):
    """EMFILE: the waiting peer is closed on, and after a pause the door serves again."""
    monkeypatch.setattr(door_module, "NO_FILES_PAUSE_S", 0.0)
    real_listen = Rig._listen

    def listen(self, dialect, tls):
        listener = real_listen(self, dialect, tls)
        return Listener(FullOnce(listener.sock), dialect, tls)

    monkeypatch.setattr(Rig, "_listen", listen)
    rig = start()

    unlucky = rig.connect(1)
    assert unlucky.recv(1) == b""
    assert rig.note() == ("out_of_files", {"reason": "Too many open files"})

    rig.connect(1)
    rig.rooms[0].next().stream.sock.close()


def test_without_even_a_file_in_reserve(start, monkeypatch):
    """Another thread takes the last file while the door has let go of its own: it goes on."""
    monkeypatch.setattr(door_module, "NO_FILES_PAUSE_S", 0.0)
    real_listen, real_open = Rig._listen, os.open

    def listen(self, dialect, tls):
        listener = real_listen(self, dialect, tls)
        return Listener(FullOnce(listener.sock), dialect, tls)

    def refuse(path, *words):
        if path == os.devnull:
            raise OSError(errno.EMFILE, "Too many open files")
        return real_open(path, *words)

    monkeypatch.setattr(Rig, "_listen", listen)
    rig = start()
    monkeypatch.setattr(os, "open", refuse)
    for number in (0, 1):  # the second time there is nothing to let go of
        assert rig.connect(number).recv(1) == b""
        assert rig.note()[0] == "out_of_files"
    monkeypatch.undo()
    rig.connect(1)
    rig.rooms[0].next().stream.sock.close()


def test_stopping_drops_what_is_in_progress(start):
    """Listening ends and handshakes end; the thread is gone when `stop` returns."""
    rig = start()
    silent = rig.connect()
    rig.speak_tls(rig.connect())
    rig.rooms[0].next().stream.sock.close()

    rig.door.stop()

    assert silent.recv(1) == b""
    with pytest.raises(OSError):
        rig.connect()
