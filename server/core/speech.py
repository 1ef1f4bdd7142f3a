"""What somebody says, on its way from a line to all who hear it; and long speech in pieces.

Values of the hub's thread, made by the commands of saying (commands/messages.py, multiline.py).

A message may have several lines (IRCv3 draft/multiline). Its text is then one string with line
feeds, and that is what is kept, searched and exported. The lines of the wire in which it came are
its `pieces`: joined they are the text. A piece that goes on with the line before has no line feed
in front, any other one but the first has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_START = re.compile(r"(?=\n)")


@dataclass(frozen=True, slots=True)
class Speech:
    """A PRIVMSG, NOTICE or TAGMSG: what is said, whoever is meant to hear it.

    `client_tags` are escaped, without `@`. `once` is the sender's own id of it. `pieces` are those
    of a message of several lines; one of a single line has none.
    """

    command: str
    text: str = ""
    client_tags: str = ""
    once: str = ""
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A message of several lines that a session is still saying (`BATCH +reference`).

    Label, `client_tags` and `once` are those of the line that opened it; they count for the whole
    message. `once` is None when it asks for nothing of the kind. `command` is that of its first
    line. What is wrong with a batch is told once: it is void from then on, and what still comes of
    it is passed over.
    """

    reference: str
    target: str
    opened_at_ms: int
    label: str = ""
    client_tags: str = ""
    once: str | None = None
    command: str = ""
    pieces: tuple[str, ...] = ()
    text_bytes: int = 0
    is_void: bool = False


def pieces_of(text: str) -> tuple[str, ...]:
    """A kept text in pieces, one for each line; none when it is a single line."""
    return tuple(_LINE_START.split(text)) if "\n" in text else ()
