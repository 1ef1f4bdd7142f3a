"""IRC over WebSocket: lines in, lines out, the end (server/net/websocket.py).

The library's client is at the other end of a pair of byte strings.
"""

import pytest
from hypothesis import given, settings, strategies as st
from websockets.frames import Frame, Opcode

from irc.framing import LineBuffer
from server.net.stream import StreamClosed
from server.net.websocket import CONTROL_BYTES_MAX, MESSAGE_BYTES_MAX, frame_lines
from tests.support.websocket_rig import BINARY, TEXT, Inner, Rig


def masked(opcode, fin, payload):
    """A frame of a client's, whether it may be or not, with a mask that changes nothing."""
    return bytes((fin << 7 | opcode, 0x80 | len(payload))) + bytes(4) + payload


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


class Gone(Inner):
    """A peer that has left: what it sent is here, and nothing can be sent to it."""

    def flush(self):
        raise StreamClosed("Connection lost")


def test_finishing_never_raises():
    """Also when the peer is gone already."""
    rig = Rig()
    rig.stream._inner = gone = Gone()
    rig.stream.finish()
    assert gone.is_finished


def test_the_last_words_of_somebody_gone_count():
    """That a Pong or a Close cannot be answered any more takes nothing away from the lines."""
    rig = Rig()
    rig.stream._inner = rig.inner = Gone()
    rig.client.send_text(b"PING 1")
    rig.client.send_ping(b"x")
    assert rig.arrives() == b"PING 1\r\nPONG\r\n"
    rig.client.send_text(b"QUIT :bye")
    rig.client.send_close(1001)
    assert rig.ends().last == b"QUIT :bye\r\nPONG\r\n"


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
