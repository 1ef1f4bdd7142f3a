"""Standard output on the descriptor itself: for programs, for plain lines, and for drawing.

Not through `sys.stdout`: what it could not write it would try again at exit, loudly.
"""

import os
import sys


def write_stdout(octets: bytes) -> None:
    """Write all of it. Raises OSError, of which BrokenPipeError means "enough"."""
    while octets:
        octets = octets[os.write(1, octets) :]


class LastingTerminal:
    """A terminal to draw on, as prompt_toolkit wants one, that may go away at any moment.

    A window that is closed takes its terminal with it: writing fails, while there is still a server
    to say goodbye to. From then on nothing is written.
    """

    def __init__(self) -> None:
        self.encoding = sys.stdout.encoding or "utf-8"
        self._is_gone = False

    def write(self, data: str) -> None:
        """Write text, as far as there is a terminal and a letter for it."""
        if self._is_gone:
            return
        try:
            write_stdout(data.encode(self.encoding, "replace"))
        except OSError:
            self._is_gone = True

    def flush(self) -> None:
        """Everything is written already."""

    def fileno(self) -> int:
        """Standard output."""
        return 1

    def isatty(self) -> bool:
        """It was one when we began."""
        return True
