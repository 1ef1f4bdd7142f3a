"""Standard output for programs and plain lines, on the descriptor itself.

Not through `sys.stdout`: what it could not write it would try again at exit, loudly.
"""

import os


def write_stdout(octets: bytes) -> None:
    """Write all of it. Raises OSError, of which BrokenPipeError means "enough"."""
    while octets:
        octets = octets[os.write(1, octets) :]
