"""Long answers, a piece at a time: so that no question costs the hub more than a moment.

An answer that visits many things is a generator: it yields once for each thing it visits, with the
line to tell or None for nothing. A turn takes a first piece; if it has several such answers (JOIN
of many rooms), one piece of all of them together. The rest waits in the world and goes on, a piece
a time, whenever all that was sent before has left for the asker's socket
(`TellWhenDrained`, `Drained`). So a slow reader slows only its own answer.

The world changes between the pieces. A generator goes by ids that it took at its beginning, and
looks at each one whether it is still there and still to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from irc.framing import BODY_BYTES_MAX
from server.core.effects import Outgoing

Item = Outgoing | None

PIECE_ITEMS = 100
"""How many things one piece visits: each takes up to 5 us, a piece about half a millisecond."""

STREAMS_MAX = 64
"""How many unfinished answers one session may have."""


@dataclass(slots=True)
class Stream:
    """What is still to come of an answer, and the batch it is in ("" for none)."""

    items: Iterator[Item]
    batch: str = ""


def take_piece(
    items: Iterator[Item], items_max: int | None = None
) -> tuple[list[Outgoing], int, bool]:
    """The lines of the next piece, how many things it visited, and whether it was the last one.

    With `items_max` it is a smaller piece.
    """
    items_max = PIECE_ITEMS if items_max is None else items_max
    piece = list(islice(items, items_max))
    return [item for item in piece if item is not None], len(piece), len(piece) < items_max


def fill_paced(head: Outgoing, words: Iterable[str], between: str = " ") -> Iterator[Item]:
    """`head` with the words as its last parameter, in as many lines as they need.

    One item for each word (an empty one is passed over), as a stream wants it, and one for the rest
    at the end.
    """
    bytes_used = len(f":{head.source} {head.command} {' '.join(head.params)} :\r\n".encode())
    held: list[str] = []
    size = bytes_used
    for word in words:
        if not word:
            yield None
            continue
        word_size = len(word.encode()) + 1  # with the space before it
        if held and size + word_size - 1 > BODY_BYTES_MAX:
            yield replace(head, params=(*head.params, between.join(held)))
            held, size = [], bytes_used
        else:
            yield None
        held.append(word)
        size += word_size
    if held:
        yield replace(head, params=(*head.params, between.join(held)))
