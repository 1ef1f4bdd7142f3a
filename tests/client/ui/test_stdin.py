"""Lines from standard input, in any pieces, without limits passed."""

import asyncio
import os
import threading

from hypothesis import given, strategies as st

from client.ui import stdin
from client.ui.stdin import LINE_BYTES_MAX, Oversize, read_first_line, read_lines


def split(*chunks: bytes):
    return list(stdin._split(iter(chunks)))


@given(st.lists(st.text(alphabet="aé👋 ", max_size=8)), st.data())
def test_any_pieces(lines, data):
    """However the bytes arrive, the lines are the same."""
    octets = "".join(f"{line}\n" for line in lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=5)))
    chunks = [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    assert split(*chunks) == lines


def test_ends_of_lines():
    """CR LF is an end of line, the last line needs none, and what is no UTF-8 is marked."""
    assert split(b"a\r\nb\xff\nc") == ["a", "b\ufffd", "c"]


def test_oversize():
    """A line beyond the limit is one mark, however long it is; the next one is whole."""
    big = b"x" * (LINE_BYTES_MAX + 1)
    assert split(big, big, b"x\nnext\n") == [Oversize.LINE, "next"]
    assert split(b"a\n" + big + b"\nnext") == ["a", Oversize.LINE, "next"]
    assert split(big, b"x") == [Oversize.LINE]


def test_the_reader_reads_nobody_elses_file():
    """Its descriptor is closed, and the number given to another pipe: that one is left alone."""

    async def run():
        reading, writing = os.pipe()
        lines = read_lines(reading)
        os.write(writing, b"one\n")
        assert await anext(lines) == "one"
        os.close(reading)
        other_reading, other_writing = os.pipe()
        assert other_reading == reading
        os.write(other_writing, b"not yours\n")
        os.write(writing, b"two\n")
        os.close(writing)
        assert [line async for line in lines] == ["two"]
        assert os.read(other_reading, 99) == b"not yours\n"
        os.close(other_reading)
        os.close(other_writing)

    asyncio.run(run())


def test_the_reader_does_not_run_ahead():
    """A pipe that never ends is read only as far as its lines are taken."""

    async def run():
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        lines = read_lines(reading)
        written = 0
        for _round in range(1_000):
            try:
                written += os.write(writing, b"x" * 999 + b"\n")
            except BlockingIOError:
                break
        taken = [await anext(lines) for _number in range(3)]
        os.close(writing)
        rest = [line async for line in lines]
        os.close(reading)
        return written, len(taken) + len(rest)

    written, count = asyncio.run(run())
    assert count * 1_000 >= written - 1_000


def test_first_line_only():
    """Not a byte of the second line is taken; a line without an end is cut at the limit."""
    reading, writing = os.pipe()
    os.write(writing, b"secret\r\nrest")
    assert read_first_line(reading) == "secret"
    assert os.read(reading, 10) == b"rest"
    os.write(writing, b"y" * 20)
    assert read_first_line(reading, 5) == "yyyyy"
    os.close(writing)
    os.close(reading)


def test_terminal_that_goes_away():
    """A descriptor that fails is the end of the input."""
    assert list(stdin._chunks(-1)) == []


def test_nobody_reads_any_more():
    """The thread ends when its loop is gone."""
    reading, writing = os.pipe()

    async def run():
        lines = read_lines(reading)
        os.write(writing, b"one\n")
        assert await anext(lines) == "one"
        await lines.aclose()

    asyncio.run(run())
    os.write(writing, b"two\n")
    for thread in threading.enumerate():
        if thread.name == "stdin" and thread.daemon:
            thread.join(5)
    os.close(writing)
    os.close(reading)
    assert not any(t.name == "stdin" and t.is_alive() for t in threading.enumerate())
