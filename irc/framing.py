"""Bytes as they arrive, cut into lines; within a limit, so that a peer without LF costs nothing.

The io thread that owns a connection owns its `LineBuffer` and feeds it what it decrypted. Whatever
the chunks, the lines are the same. Source: Modern IRC, "Message Format"; IRCv3 message-tags, "Size
limit".
"""

from typing import Final

from irc.errors import LineTooLong

BODY_BYTES_MAX: Final = 512  # everything but the tags, with CR LF
CLIENT_TAGS_BYTES_MAX: Final = 4096  # what a client may send: "@", 4,094 bytes of tags, one space
SERVER_TAGS_BYTES_MAX: Final = (
    8191  # what a server may send: "@", the client's 4,094, ";", its own 4,094, one space
)


class LineBuffer:
    """Collects bytes until there is a line. Owner: the thread that reads the connection.

    A line ends with CR LF or LF. At most one unfinished line within the limits is kept. One that
    passes them becomes one `LineTooLong` as soon as that is certain, and is skipped up to its LF.
    """

    __slots__ = ("_body_bytes_max", "_pending", "_short_bytes_max", "_skipping", "_tags_bytes_max")

    def __init__(
        self, body_bytes_max: int = BODY_BYTES_MAX, tags_bytes_max: int = CLIENT_TAGS_BYTES_MAX
    ) -> None:
        self._body_bytes_max = (
            body_bytes_max - 2
        )  # from here on without the CR LF, whichever ending the line has
        self._tags_bytes_max = tags_bytes_max
        # Up to here a line is within both limits, so nobody need look for its tags.
        self._short_bytes_max = min(self._body_bytes_max, tags_bytes_max - 1)
        self._pending = b""
        self._skipping = False

    @property
    def pending_bytes(self) -> int:
        """How many bytes of an unfinished line are kept."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[bytes | LineTooLong]:
        """Return the lines that `data` completes, without endings and empty ones, in order."""
        chunks = data.split(b"\n")
        if self._skipping:
            if len(chunks) == 1:
                return []
            del chunks[0]
            self._skipping = False
        elif self._pending:
            chunks[0] = self._pending + chunks[0]
        self._pending = chunks.pop()
        lines: list[bytes | LineTooLong] = []
        for line in chunks:
            if line[-1:] == b"\r":
                line = line[:-1]
            if len(line) > self._short_bytes_max and (problem := self._measure(line)):
                lines.append(problem)
            elif line:
                lines.append(line)
        if len(self._pending) > self._short_bytes_max and (problem := self._measure_pending()):
            lines.append(problem)
            self._pending = b""
            self._skipping = True
        return lines

    def _measure_pending(self) -> LineTooLong | None:
        """Return what is wrong with the unfinished line, whatever follows."""
        # A CR at its end may be half of its ending.
        return self._measure(self._pending.removesuffix(b"\r"))

    def _measure(self, line: bytes) -> LineTooLong | None:
        """Return what is wrong with the length of `line`; the answer stays the same as it grows."""
        tags_bytes = 0
        if line[:1] == b"@":
            # Without the space there is no body yet: all is tags, and the space comes on top.
            tags_bytes = (line.find(b" ") if b" " in line else len(line)) + 1
            if tags_bytes > self._tags_bytes_max:
                return LineTooLong("tags", self._tags_bytes_max)
        if len(line) - tags_bytes > self._body_bytes_max:
            return LineTooLong("body", self._body_bytes_max + 2)
        return None
