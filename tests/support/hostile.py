"""Text that would like to be more than text: what other chats were caught printing (UX 5.1).

`ESCAPES` is the only thing a face of ours may make a terminal do.
"""

import re

VECTORS = {
    "osc 52 clipboard": "\x1b]52;c;aGk=\x07",
    "osc 8 link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "osc 0 title": "\x1b]0;owned\x07",
    "osc 9 conemu": "\x1b]9;7;calc\x07",
    "clear screen": "\x1b[2J\x1b[H",
    "mouse on": "\x1b[?1000h\x1b[?1003h",
    "alternate screen": "\x1b[?1049h",
    "dcs": "\x1bP+q544e\x1b\\",
    "repeat": "x\x1b[100b",
    "reset": "\x1bc",
    "c1 csi": "\u009b31mred",
    "c1 osc": "\u009d52;c;aGk=\u009c",
    "bell": "ding\x07dong",
    "backspace": "abc\x08\x08\x08xyz",
    "vertical": "a\x0bb\x0cc",
    "delete": "a\x7fb",
    "bidi": "abc\u202edef\u2066x\u2069",
    "zero width": "pay\u200bpal\ufeff",
    "line separator": "one\u2028two\u2029three",
    "tags": "a\U000e0041\U000e0042b",
    "zalgo": "z" + "\u0300" * 50,
    "zero width escape": "[ZeroWidthEscape]",
    "formatting": "\x02bold\x02 \x0304,01red\x0f \x16reverse\x16 \x11mono",
    "cr": "line\rover",
}

# Cursor moves, erasing, colours, cursor and paste modes: what prompt_toolkit draws a prompt with.
ESCAPES = re.compile(
    r"\x1b\[(\d*[ABCD]|[JK]|[\d;]*m|\?(25|7|12|1|2004)[hl]|\d* q)",
)
_ODD = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069\u200b]")


def find_odd(raw: str) -> list[str]:
    """What in raw terminal output is neither text nor an escape of ours."""
    rest = ESCAPES.sub("", raw)
    return [rest[max(0, at.start() - 10) : at.end() + 10] for at in _ODD.finditer(rest)]
