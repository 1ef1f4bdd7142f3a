"""The opening handshake of a WebSocket, and who is turned away (server/net/websocket.py)."""

import pytest
from websockets.protocol import State

from server.net import websocket
from server.net.stream import StreamClosed
from server.net.websocket import HANDSHAKE_BYTES_MAX, WebSocketStream
from tests.support.websocket_rig import BINARY, TEXT, Inner, Rig


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ((TEXT,), TEXT),
        ((BINARY,), BINARY),
        ((TEXT, BINARY), TEXT),
        ((BINARY, TEXT), BINARY),
        (("mqtt", BINARY), BINARY),
        ((), None),
    ],
)
def test_the_order_of_subprotocols_is_the_clients(asked, got):
    """The server MUST accept any subprotocol it supports, respecting the client's order."""
    rig = Rig(subprotocols=asked)
    assert rig.client.state is State.OPEN
    assert rig.client.subprotocol == got


def test_an_unknown_subprotocol_is_not_answered():
    """The server MAY go on without Sec-WebSocket-Protocol; browsers then end it themselves."""
    rig = Rig(subprotocols=("mqtt",), shake=False)
    rig.client.send_request(rig.client.connect())
    rig.arrives()
    assert rig.inner.sent.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Protocol" not in rig.inner.sent


def test_there_is_no_compression():
    """No extension is agreed on, so no frame can grow in memory."""
    rig = Rig(shake=False)
    request = rig.client.connect()
    request.headers["Sec-WebSocket-Extensions"] = "permessage-deflate"
    rig.client.send_request(request)
    rig.arrives()
    assert rig.inner.sent.startswith(b"HTTP/1.1 101 ")
    assert b"Extensions" not in rig.inner.sent


@pytest.mark.parametrize(
    ("origins", "origin", "may"),
    [
        ((), None, True),
        ((), "https://a.example", False),
        (("https://a.example",), "https://a.example", True),
        (("https://a.example",), "https://a.example:8443", False),
        (("https://a.example",), "http://a.example", False),
        (("https://a.example",), "https://b.a.example", False),
        (("https://a.example",), "null", False),
        (("https://a.example",), None, True),
        (("*",), "https://b.example", True),
        (("*",), None, True),
    ],
)
def test_only_pages_from_listed_origins(origins, origin, may):
    """A wrong Origin gets 403 and no WebSocket; no Origin is not a browser."""
    rig = Rig(origins=origins, origin=origin, shake=False)
    rig.client.send_request(rig.client.connect())
    if may:
        rig.arrives()
        rig.read()
        assert rig.client.state is State.OPEN
    else:
        assert str(rig.ends()) == "Not a WebSocket handshake that we take"
        assert rig.inner.sent.startswith(b"HTTP/1.1 403 ")
        assert rig.inner.sent.endswith(b"listeners.origins says which may.\n")


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
        (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", b"505"),
        (b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nNICK ana\n", b"400"),
        (b"NICK ana\r\nUSER ana 0 * :Ana\r\n", b"400"),
        (b"\x16\x03\x01\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000, b"4"),
        (
            b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n\r\n",
            b"400",
        ),
    ],
)
@pytest.mark.parametrize("step", [1 << 20, 1000, 7])
def test_what_is_no_handshake_gets_a_text(request_head, status, step):
    """A plain HTTP request gets a short 4xx or 5xx text and the end, and no line reaches IRC."""
    inner = Inner()
    stream = WebSocketStream(inner, ())
    with pytest.raises(StreamClosed) as closed:
        for at in range(0, len(request_head), step):
            inner.arrived = request_head[at : at + step]
            assert stream.receive() == b""
    assert closed.value.lingers
    assert closed.value.last == b""
    assert inner.sent.startswith(b"HTTP/1.1 " + status)
    assert b"Content-Type: text/plain" in inner.sent
    inner.arrived = b"NICK ana\r\n" * 10
    assert stream.receive() == b""
    stream.write(b"ERROR :x\r\n")
    assert not stream.unsent_bytes
    stream.finish()
    assert inner.is_finished


def test_a_handshake_has_a_size():
    """More than HANDSHAKE_BYTES_MAX of request is refused, however slowly it comes."""
    inner = Inner()
    stream = WebSocketStream(inner, ())
    inner.arrived = b"GET / HTTP/1.1\r\n"
    stream.receive()
    with pytest.raises(StreamClosed, match="handshake too long"):
        for number in range(120):
            inner.arrived = b"A%d: %s\r\n" % (number, b"x" * 8000)
            stream.receive()
            assert number < HANDSHAKE_BYTES_MAX // 8000
    assert inner.sent == websocket.BAD_REQUEST


def test_nothing_is_said_before_the_handshake():
    """Lines for somebody who is not there yet are nothing: they would stand before the answer."""
    rig = Rig(shake=False)
    rig.stream.write(b"ERROR :x\r\n")
    assert rig.stream.flush()
    assert rig.inner.sent == b""


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"A" * 22 + b"==\r\n%s\r\n"
)
FRAMES = b"\x81\x86\0\0\0\0PING 1" + b"\x88\x80\0\0\0\0"


@pytest.mark.parametrize("step", [1, 2, 3, 5, 150, 1000])
def test_frames_may_follow_at_once(step):
    """What an impatient program sends behind its request counts once it is let in."""
    inner = Inner()
    stream = WebSocketStream(inner, ())
    data, lines = HANDSHAKE % b"" + FRAMES, b""
    with pytest.raises(StreamClosed) as closed:
        for at in range(0, len(data), step):
            inner.arrived = data[at : at + step]
            lines += stream.receive()
    assert (lines + closed.value.last).startswith(b"PING 1\r\n")
    assert inner.sent.startswith(b"HTTP/1.1 101 ")
    assert inner.sent.endswith(b"\x88\x00")


@pytest.mark.parametrize("step", [1, 2, 3, 5, 150, 1000])
@pytest.mark.parametrize(
    "refused",
    [
        HANDSHAKE % b"Origin: https://evil.example\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    ],
)
def test_frames_behind_a_refused_request_are_nothing(refused, step):
    """Who is turned away says nothing, also when it had been said already."""
    inner = Inner()
    stream = WebSocketStream(inner, ())
    data = refused + FRAMES
    with pytest.raises(StreamClosed) as closed:
        for at in range(0, len(data), step):
            inner.arrived = data[at : at + step]
            assert stream.receive() == b""
    assert closed.value.last == b""
    assert inner.sent.startswith(b"HTTP/1.1 4")
    assert inner.sent.count(b"HTTP/1.1") == 1


def test_a_bug_costs_one_connection(monkeypatch):
    """An error in the library ends the connection that met it, and not the io thread."""
    rig = Rig()
    monkeypatch.setattr(rig.stream._protocol, "receive_data", lambda data: 1 / 0)
    rig.client.send_text(b"PING 1")
    with pytest.raises(StreamClosed, match="WebSocket error: ZeroDivisionError") as closed:
        rig.arrives()
    assert not closed.value.lingers
