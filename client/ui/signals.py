"""Signals that end a run in order: the server is told, the terminal is put back.

Used by every face around its run, on the event loop's thread.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def on_signals(names: tuple[str, ...], end: Callable[[int], None]) -> Iterator[None]:
    """Call `end` with the exit code (128 and the signal's number) when one of them comes."""
    loop = asyncio.get_running_loop()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    for number in numbers:
        with contextlib.suppress(NotImplementedError):  # Windows has no such thing
            loop.add_signal_handler(number, end, 128 + number)
    try:
        yield
    finally:
        for number in numbers:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
