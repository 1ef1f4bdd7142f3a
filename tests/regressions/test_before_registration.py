"""The class of bug: whoever has not said who they are may send as much as they like, and the server
keeps all of it, or works for it.

Here a stranger has so many lines, so many seconds and so many bytes, and what is remembered of them
is of a fixed size.
"""

import pytest

from server.core.events import Dialect, SessionId
from server.net.connection import Connection
from server.net.deadlines import End, look
from server.net.limits import NetLimits
from tests.support.chat import Chat

STRANGERS = ["NICK x", "CAP LS", "CAP REQ :no-such", "PING x", "PASS x", "FOO", "JOIN #x", "USER"]


def connect(**limits):
    """A stranger of an io thread, who came at second 0."""
    limits = NetLimits(**limits)
    return Connection(SessionId(1), Dialect.IRC, "127.0.0.1", None, limits, 0.0, secure=True)


def test_lines_are_counted_by_the_io_thread():
    """Every line counts, also those that the pace has held back, and those that are no message."""
    peer = connect(registration_lines_max=8, lines_burst=4, lines_per_s=1.0)
    peer.feed(b"NICK x\r\n\xff\r\n" + b"x" * 600 + b"\r\nPONG\r\n" + b"FOO\r\n" * 20)
    taken = [len(list(peer.take_lines(float(second)))) for second in range(6)]
    assert taken == [4, 1, 1, 1, 1, 1]
    assert peer.lines_taken == 9 > peer.limits.registration_lines_max


def test_time_runs_from_the_first_moment():
    """No line and no byte prolongs it."""
    peer = connect(registration_timeout_s=30.0)
    for second in range(30):
        peer.read_at_s = float(second)
        assert look(peer, peer.limits, float(second)) is None
    assert look(peer, peer.limits, 30.1) == End("Registration took too long")


def test_an_endless_line_is_not_kept():
    """Without a line feed a stranger costs a line's bytes, and no more."""
    peer = connect()
    for _ in range(100):
        peer.feed(b"x" * 16_384)
        assert peer.framer.pending_bytes <= 512
    assert len(peer.backlog) == 1


def test_the_backlog_of_a_stranger_is_bounded():
    """At `inbuf_bytes_max` nothing more is read."""
    peer = connect(inbuf_bytes_max=4608)
    peer.feed(b"NICK x\r\n" * 576)
    assert peer.is_backlog_full


@pytest.mark.parametrize("line", STRANGERS)
def test_nothing_is_collected(line):
    """A line said a hundred times leaves what it leaves the first time."""
    chat = Chat()
    chat.connect("eve")
    chat.say("eve", line)
    first = len(repr(chat.session("eve")))
    for _ in range(100):
        chat.say("eve", line)
    assert chat.is_closed("eve") or len(repr(chat.session("eve"))) == first


def test_pieces_of_a_password_are_bounded():
    """AUTHENTICATE in 400-byte pieces without an end is ended by the server."""
    chat = Chat()
    chat.connect("eve")
    chat.say("eve", "CAP REQ sasl", "AUTHENTICATE PLAIN")
    sizes = []
    for _ in range(50):
        chat.say("eve", "AUTHENTICATE " + "A" * 400)
        sizes.append(len(repr(chat.session("eve").login)))
    assert max(sizes) < 5000
