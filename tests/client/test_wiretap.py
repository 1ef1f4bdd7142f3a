"""--debug: the wire in a file, whole and without secrets."""

import asyncio
import os
import stat

import pytest

from client.wiretap import HELD_BYTES_MAX, TappedLine, mask, open_log


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("PASS hunter2", "PASS ***"),
        ("pass :hunter2 and more", "pass *** *** ***"),
        ("AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN"),
        ("AUTHENTICATE aGk=", "AUTHENTICATE ***"),
        ("AUTHENTICATE +", "AUTHENTICATE +"),
        ("OPER ana hunter2", "OPER ana ***"),
        ("PRIVMSG NickServ :IDENTIFY hunter2", "PRIVMSG NickServ *** ***"),
        ("PRIVMSG NickServ,bob :hunter2", "PRIVMSG NickServ,bob ***"),
        ("PRIVMSG bob :hunter2 it is", "PRIVMSG bob :hunter2 it is"),
        ("NS IDENTIFY hunter2", "NS *** ***"),
        ("@label=x :ana PASS hunter2", "@label=x :ana PASS ***"),
        ("PRIVMSG #a :PASS on", "PRIVMSG #a :PASS on"),
        ("", ""),
        ("@tag", "@tag"),
    ],
)
def test_mask(line, shown):
    """Passwords are masked in every form a line can have (RELIABILITY 30)."""
    assert mask(line) == shown


class Line:
    def __init__(self, *chunks):
        self.chunks = [*chunks, b""]
        self.written = b""

    async def read(self):
        return self.chunks.pop(0)

    def write(self, octets):
        self.written += octets

    async def close(self):
        pass


def test_whole_lines_in_any_pieces(tmp_path):
    """Lines are written when they are whole, escaped, each with time and direction; 0600."""
    path = tmp_path / "wire.log"
    endless = b"x" * (HELD_BYTES_MAX + 1)

    async def run():
        inner = Line(b":s 001 ana :We", b"lcome\r\n:s NOTICE a :\x1b[2J\r\n", endless, b"\r\n")
        log = open_log(path)
        line = TappedLine(inner, log)
        line.write(b"PASS hun")
        line.write(b"ter2\r\nNICK ana\r\n")
        while await line.read():
            pass
        await line.close()
        log.close()
        assert inner.written == b"PASS hunter2\r\nNICK ana\r\n"

    asyncio.run(run())
    shown = [line[13:] for line in path.read_text().splitlines()]
    assert shown == [
        "= connected",
        "> PASS ***",
        "> NICK ana",
        "< :s 001 ana :Welcome",
        "< :s NOTICE a :\\x1b[2J",
        "< (a line without an end)",
        "< ",
        "= closed",
    ]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
