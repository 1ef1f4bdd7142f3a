"""IRC over WebSocket, without sockets (server/net/websocket.py): the library's client at the other
end of a pair of byte strings."""

import pytest
from hypothesis import given, settings, strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from irc.framing import LineBuffer
from server.net import websocket
from server.net.stream import StreamClosed
from server.net.websocket import (
    CONTROL_BYTES_MAX,
    HANDSHAKE_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    WebSocketStream,
    frame_lines,
)

TEXT, BINARY = "text.ircv3.net", "binary.ircv3.net"
LONGEST_LINE = b"@" + b"a" * 4094 + b" " + b"x" * 510


class Inner:
    """A stream of bytes: what is to arrive, and what was sent as far as there is room."""

    sock = None

    def __init__(self):
        self.arrived = b""
        self.sent = b""
        self.room = 1 << 30
        self.is_finished = False
        self._unsent = b""

    def receive(self):
        arrived, self.arrived = self.arrived, b""
        return arrived

    def write(self, payload):
        assert not self._unsent, "only when everything is gone"
        self._unsent = payload

    def flush(self):
        taken = self._unsent[: self.room]
        self.room -= len(taken)
        self.sent += taken
        self._unsent = self._unsent[len(taken) :]
        return not self._unsent

    @property
    def unsent_bytes(self):
        return len(self._unsent)

    def finish(self):
        self.is_finished = True


class Rig:
    """A stream of ours, and a browser."""

    def __init__(self, *, subprotocols=(TEXT,), origin=None, origins=(), shake=True):
        self.inner = Inner()
        self.stream = WebSocketStream(self.inner, origins)
        self.client = ClientProtocol(
            parse_uri("ws://chat.local/"), subprotocols=subprotocols or None, origin=origin
        )
        self.seen = 0
        if shake:
            self.client.send_request(self.client.connect())
            assert self.arrives() == b""
            [response] = self.read()
            assert isinstance(response, Response)

    def arrives(self):
        """Everything that the client has to say arrives; the lines that came of it."""
        self.inner.arrived += b"".join(self.client.data_to_send())
        return self.stream.receive()

    def read(self):
        """The client reads what was sent; its events."""
        fresh, self.seen = self.inner.sent[self.seen :], len(self.inner.sent)
        self.client.receive_data(fresh)
        return self.client.events_received()

    def says(self, *messages):
        for message in messages:
            if isinstance(message, str):
                self.client.send_text(message.encode())
            else:
                self.client.send_binary(message)
        return self.arrives()

    def ends(self):
        """What the end is when everything has arrived."""
        with pytest.raises(StreamClosed) as closed:
            self.arrives()
        assert closed.value.lingers
        return closed.value

    def gets(self, lines):
        """Lines of ours, as the client reads them."""
        self.stream.write(lines)
        assert self.stream.flush()
        return [(frame.opcode, bytes(frame.data)) for frame in self.read()]


def masked(opcode, fin, payload):
    """A frame of a client's, whether it may be or not, with a mask that changes nothing."""
    return bytes((fin << 7 | opcode, 0x80 | len(payload))) + bytes(4) + payload


# The handshake


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


# Lines in


def test_a_message_is_a_line():
    """Each message MUST consist of a single IRC line, without CR LF."""
    assert Rig().says("NICK ana", "USER ana 0 * :Aná") == (
        b"NICK ana\r\n" + "USER ana 0 * :Aná\r\n".encode()
    )


@pytest.mark.parametrize("subprotocols", [(TEXT,), (BINARY,), ()])
def test_both_kinds_of_message_are_read(subprotocols):
    """Strive for maximum compatibility: text and binary messages are taken in any case."""
    assert Rig(subprotocols=subprotocols).says("PING 1", b"PING 2") == b"PING 1\r\nPING 2\r\n"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_an_ending_is_forgiven(ending):
    """Clients MUST NOT include a trailing CR or LF; from those who do, one is taken off."""
    assert Rig().says("PING 1" + ending) == b"PING 1\r\n"


@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r", "\n\n", "\r\r\n"])
def test_two_lines_in_a_message_are_none(inside):
    """A single IRC line: what follows a break inside a message is not a second command."""
    received = Rig().says(f"PRIVMSG ana :x{inside}QUIT{inside}x")
    [line] = LineBuffer().feed(received)
    assert b"\r" in line  # which the parser refuses


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_message_may_come_in_pieces(size):
    """Fragments of a message are one line (RFC 6455 5.4), also with a ping between them."""
    rig = Rig()
    text = "PRIVMSG #lobby :olá".encode()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    rig.client.send_text(pieces[0], fin=False)
    rig.client.send_ping(b"x")
    for piece in pieces[1:-1]:
        rig.client.send_continuation(piece, fin=False)
    rig.client.send_continuation(pieces[-1], fin=True)
    lines = rig.arrives().split(b"\r\n")
    assert [line for line in lines if line != b"PONG"] == [text, b""]
    assert lines.count(b"PONG") == len(pieces)  # the ping, and each piece but the last


def test_frames_may_come_in_pieces():
    """Whatever the chunks, the lines are the same."""
    rig = Rig()
    rig.client.send_text("PRIVMSG #lobby :olá".encode())
    rig.client.send_text(b"PING 1")
    data = b"".join(rig.client.data_to_send())
    received = b""
    for at in range(len(data)):
        rig.inner.arrived = data[at : at + 1]
        received += rig.stream.receive()
    assert received == "PRIVMSG #lobby :olá\r\nPING 1\r\n".encode()


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG])
def test_control_frames_cost_a_line(opcode):
    """Every frame is paced: what brings no line stands as PONG, which stops at the io thread."""
    rig = Rig()
    rig.client.send_frame(Frame(opcode, b"x"))
    assert rig.arrives() == b"PONG\r\n"


@pytest.mark.parametrize("empty", ["", "\r\n", b"\n"])
def test_empty_messages_cost_a_line(empty):
    """An empty message is nothing, but not for free."""
    assert Rig().says(empty) == b"PONG\r\n"


def test_a_ping_is_answered():
    """RFC 6455 5.5.2: a Pong with the same data."""
    rig = Rig()
    rig.client.send_ping(b"abc")
    rig.arrives()
    [frame] = rig.read()
    assert (frame.opcode, bytes(frame.data)) == (Opcode.PONG, b"abc")


def test_pongs_nobody_reads_are_bounded():
    """RFC 6455 5.5.3: only the latest ping wants an answer; a peer that does not read gets few."""
    rig = Rig()
    rig.inner.room = 0
    for _ in range(1000):
        rig.client.send_ping(b"x" * 100)
        rig.arrives()
    assert rig.stream.unsent_bytes < 2 * CONTROL_BYTES_MAX


def test_a_long_line_is_for_the_framer():
    """A message over a line's limits and under its own arrives: it gets 417, and talk goes on."""
    line = "x" * 5000
    assert Rig().says(line) == line.encode() + b"\r\n"


# Lines out


@pytest.mark.parametrize(
    ("subprotocols", "opcode"),
    [((TEXT,), Opcode.TEXT), ((BINARY,), Opcode.BINARY), ((), Opcode.TEXT)],
)
def test_lines_leave_as_messages(subprotocols, opcode):
    """One line a message, without CR LF, of the kind that was agreed on; text where nothing was."""
    rig = Rig(subprotocols=subprotocols)
    assert rig.gets("PING :x\r\n:ana PRIVMSG #a :olá\r\n".encode()) == [
        (opcode, b"PING :x"),
        (opcode, ":ana PRIVMSG #a :olá".encode()),
    ]


@given(st.lists(st.binary(min_size=1, max_size=9000).filter(lambda line: b"\r\n" not in line)))
@settings(max_examples=50)
def test_frames_are_as_the_library_makes_them(lines):
    """RFC 6455 5.2, by hand and by the library."""
    lines = [line.rstrip(b"\r").lstrip(b"\n") or b"x" for line in lines]
    assert frame_lines(b"".join(line + b"\r\n" for line in lines), Opcode.TEXT) == b"".join(
        bytes(Frame(Opcode.TEXT, line).serialize(mask=False)) for line in lines
    )


@pytest.mark.parametrize("size", [1, 125, 126, 127, 255, 256, 8191 + 512])
def test_frames_of_every_size(size):
    """7 bits of length, then 16."""
    rig = Rig()
    assert rig.gets(b"x" * size + b"\r\n") == [(Opcode.TEXT, b"x" * size)]


def test_an_answer_waits_for_the_frame_before_it():
    """A Pong never stands inside a frame that the socket took a part of."""
    rig = Rig()
    rig.inner.room = 5
    rig.stream.write(b"PING :" + b"x" * 100 + b"\r\n")
    assert not rig.stream.flush()
    rig.client.send_ping(b"abc")
    rig.arrives()
    assert not rig.stream.flush()
    rig.inner.room = 1 << 20
    assert rig.stream.flush()
    assert rig.stream.unsent_bytes == 0
    assert [frame.opcode for frame in rig.read()] == [Opcode.TEXT, Opcode.PONG]


# The end


def test_closing_is_answered():
    """RFC 6455 7: Close for Close; the lines before it count, the rest is not read."""
    rig = Rig()
    rig.client.send_text(b"QUIT :bye")
    rig.client.send_close(1001)
    closed = rig.ends()
    assert str(closed) == "Connection closed"
    assert closed.last == b"QUIT :bye\r\nPONG\r\n"
    rig.read()
    assert rig.client.close_rcvd.code == 1001
    rig.inner.arrived = b"anything"
    assert rig.stream.receive() == b""
    rig.stream.write(b"ERROR :x\r\n")
    assert rig.stream.unsent_bytes == 0
    rig.stream.finish()
    assert rig.inner.is_finished


def test_we_close_with_a_word():
    """A connection that the server ends gets Close 1000, then the end of the stream."""
    rig = Rig()
    rig.stream.finish()
    rig.read()
    assert rig.client.close_rcvd.code == 1000
    assert rig.inner.is_finished


def test_finishing_never_raises():
    """Also when the peer is gone already."""

    class Gone(Inner):
        def flush(self):
            raise StreamClosed("Connection lost")

    rig = Rig()
    rig.stream._inner = gone = Gone()
    rig.stream.finish()
    assert not gone.is_finished


@pytest.mark.parametrize(
    ("break_rule", "code"),
    [
        (lambda c: c.send_text(b"\xff"), 1007),
        (lambda c: c.send_text(b"\xed\xa0\x80"), 1007),
        (lambda c: c.send_binary(b"x" * (MESSAGE_BYTES_MAX + 1)), 1009),
        (lambda c: c.writes.append(Frame(Opcode.TEXT, b"x").serialize(mask=False)), 1002),
        (lambda c: c.writes.append(b"\x83\x80abcd"), 1002),
        (lambda c: c.writes.append(b"\xc1\x80abcd"), 1002),
        (lambda c: c.writes.append(b"\x80\x80abcd"), 1002),
        (lambda c: c.writes.append(b"\x09\x80abcd"), 1002),
        (lambda c: c.writes.append(b"\x89\xfe\x00\x80abcd" + b"x" * 128), 1002),
        (lambda c: c.writes.append(b"\x81\xff" + b"\xff" * 8 + b"abcd"), 1009),
        (lambda c: c.writes.append(b"\x88\x81abcda"), 1002),
    ],
    ids=[
        "not UTF-8",
        "a surrogate",
        "too long",
        "no mask",
        "opcode",
        "reserved bit",
        "nothing to continue",
        "a ping in pieces",
        "a long ping",
        "endless",
        "half a code",
    ],
)
def test_who_breaks_the_rules_is_told_which(break_rule, code):
    """RFC 6455 7.4.1; what came before counts, what comes after does not."""
    rig = Rig()
    rig.client.send_text(b"PING 1")
    break_rule(rig.client)
    rig.client.send_text(b"PING 2")
    closed = rig.ends()
    assert closed.last == b"PING 1\r\n"
    assert str(closed).startswith("WebSocket error: ")
    rig.read()
    assert rig.client.close_rcvd.code == code


def test_pieces_have_a_size_together():
    """The limit is the message's, not the frame's."""
    rig = Rig()
    rig.client.send_text(b"x" * 10_000, fin=False)
    rig.client.send_continuation(b"x" * 10_000, fin=True)
    assert "WebSocket error" in str(rig.ends())
    rig.read()
    assert rig.client.close_rcvd.code == 1009


@given(st.lists(st.binary(max_size=200), max_size=8), st.booleans())
@settings(max_examples=300)
def test_whatever_arrives_never_breaks_us(chunks, is_open):
    """Any bytes, in the handshake and behind it: lines, or an orderly end."""
    rig = Rig(shake=is_open)
    for chunk in chunks:
        rig.inner.arrived = chunk
        try:
            lines = rig.stream.receive()
        except StreamClosed as closed:
            lines = closed.last
        assert lines == b"" or lines.endswith(b"\r\n")
    rig.stream.write(b"PING :x\r\n")
    rig.stream.flush()
    rig.stream.finish()
    assert rig.inner.is_finished


@given(
    st.lists(
        st.builds(
            masked,
            st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONT, Opcode.PING, Opcode.CLOSE]),
            st.booleans(),
            st.one_of(st.binary(max_size=125), st.text(max_size=31).map(str.encode)),
        ),
        max_size=8,
    )
)
@settings(max_examples=300)
def test_whatever_frames_arrive_never_break_us(frames):
    """Frames in any order, whole in themselves."""
    rig = Rig()
    rig.inner.arrived = b"".join(frames)
    try:
        lines = rig.stream.receive()
    except StreamClosed as closed:
        lines = closed.last
    assert lines == b"" or lines.endswith(b"\r\n")
    assert len(LineBuffer().feed(lines)) <= len(frames)
