"""How a face's run ends: by a signal, or because the driver is done.

Used by every face around its run, on the event loop's thread.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator


@contextlib.contextmanager
def on_signals(names: tuple[str, ...], end: Callable[[int], None]) -> Iterator[None]:
    """Call `end` with the exit code (128 and the signal's number) when one of them comes."""
    loop = asyncio.get_running_loop()
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    for number in numbers:
        # On Windows asyncio has none; there Ctrl-C raises KeyboardInterrupt (client/__main__.py).
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, end, 128 + number)
    try:
        yield
    finally:
        for number in numbers:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)


async def work_until(over: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Do `work`, but no longer than until `over`. What `work` raises is raised."""
    working = asyncio.create_task(work)
    waiting = asyncio.create_task(over.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        working.cancel()
        waiting.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
