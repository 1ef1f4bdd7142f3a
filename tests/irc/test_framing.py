"""Lines out of bytes. Source: Modern IRC, "Message Format"; IRCv3 message-tags, "Size limit"."""

import pytest
from hypothesis import example, given, strategies as st

from irc.errors import LineTooLong
from irc.framing import SERVER_TAGS_BYTES_MAX, LineBuffer

BODY = LineTooLong("body", 512)
TAGS = LineTooLong("tags", 4096)


def feed_whole(data, *limits):
    return LineBuffer(*limits).feed(data)


def feed_bytewise(data, *limits):
    buffer = LineBuffer(*limits)
    return [line for index in range(len(data)) for line in buffer.feed(data[index : index + 1])]


CASES = [
    (b"", []),
    (b"PING", []),
    (b"PING\r\n", [b"PING"]),
    (b"PING\n", [b"PING"]),
    (b"PING a\r\nPING b\r\nPING", [b"PING a", b"PING b"]),
    (b"\r\n\n\r\n", []),
    (b"a\rb\r\n", [b"a\rb"]),
    (b"a\r\r\n", [b"a\r"]),
    (b"a\0b\n", [b"a\0b"]),
    (b"x" * 510 + b"\r\n", [b"x" * 510]),
    (b"x" * 510 + b"\n", [b"x" * 510]),
    (b"x" * 511 + b"\n", [BODY]),
    (b"x" * 511 + b"\r\nPING\r\n", [BODY, b"PING"]),
    (b"x" * 511, [BODY]),
    (b"x" * 510 + b"\r\r\n", [BODY]),
    (b"x" * 9999 + b"\n" + b"y" * 9999 + b"\nPING\n", [BODY, BODY, b"PING"]),
    (b"@" + b"t" * 4094 + b" PING\n", [b"@" + b"t" * 4094 + b" PING"]),
    (b"@" + b"t" * 4095 + b" PING\nPING\n", [TAGS, b"PING"]),
    (b"@" + b"t" * 4094 + b" " + b"x" * 510 + b"\r\n", [b"@" + b"t" * 4094 + b" " + b"x" * 510]),
    (b"@" + b"t" * 4094 + b" " + b"x" * 511 + b"\r\n", [BODY]),
    (b"@t " + b"x" * 510 + b"\r\n", [b"@t " + b"x" * 510]),
    (b"@t " + b"x" * 511 + b"\r\n", [BODY]),
    (b"@t  " + b"x" * 510 + b"\r\n", [BODY]),
    (b"@" + b"t" * 4094 + b"\r\n", [b"@" + b"t" * 4094]),
    (b"@" + b"t" * 4095 + b"\r\n", [TAGS]),
    (b"@" + b"t" * 4095, [TAGS]),
    (b"@" + b"t" * 9999 + b" " + b"x" * 9999 + b"\n", [TAGS]),
]


@pytest.mark.parametrize(("data", "lines"), CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("feed", [feed_whole, feed_bytewise])
def test_lines(feed, data, lines):
    """Both endings, empty lines ignored, and each limit at its edge, whole and byte by byte."""
    assert feed(data) == lines


def test_server_limits():
    """IRCv3 message-tags: a server may send 8,191 bytes of tags."""
    line = b"@" + b"t" * 8189 + b" PING"
    assert feed_whole(line + b"\r\n", 512, SERVER_TAGS_BYTES_MAX) == [line]
    too_long = b"@" + b"t" * 8190 + b" PING\r\n"
    assert feed_whole(too_long, 512, SERVER_TAGS_BYTES_MAX) == [LineTooLong("tags", 8191)]


def test_body_limit_of_another_dialect():
    """The limits are the caller's; tags may even be shorter than the body."""
    assert feed_whole(b"x" * 2046 + b"\n", 2048, 10) == [b"x" * 2046]
    assert feed_whole(b"@ttttttttt x\n", 2048, 10) == [LineTooLong("tags", 10)]


def test_too_long_is_told_when_certain_and_once():
    """One LineTooLong for a line, however long it goes on; then the next line counts again."""
    buffer = LineBuffer()
    assert buffer.feed(b"x" * 510) == []
    assert buffer.feed(b"x") == [BODY]
    assert buffer.pending_bytes == 0
    assert buffer.feed(b"x" * 5000) == []
    assert buffer.pending_bytes == 0
    assert buffer.feed(b"x\nPING\r") == []
    assert buffer.pending_bytes == 5
    assert buffer.feed(b"\n") == [b"PING"]
    assert buffer.pending_bytes == 0


CHUNKS = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"@", b" ", b"x", b"x" * 7, b"x" * 20, b"\xc3", b"\0"])
    | st.binary(max_size=6),
    max_size=40,
)


@given(CHUNKS, st.data())
@example([b"x" * 20], None)
def test_any_chunking_gives_the_same(chunks, draw):
    """RELIABILITY rows 7 and 8: chunks change nothing, and what is kept never passes the limits."""
    data = b"".join(chunks)
    whole = feed_whole(data, 16, 12)
    assert feed_bytewise(data, 16, 12) == whole
    buffer = LineBuffer(16, 12)
    lines = []
    while data:
        size = draw.draw(st.integers(1, 30)) if draw else 3
        lines += buffer.feed(data[:size])
        assert buffer.pending_bytes <= 14 + 12 + 1
        data = data[size:]
    assert lines == whole


@given(CHUNKS)
def test_lines_are_what_splitting_gives(chunks):
    """Within the limits a LineBuffer is no more than a split at LF."""
    data = b"".join(chunks) + b"\n"
    expected = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    assert feed_whole(data, 10_000, 10_000) == [line for line in expected if line]
