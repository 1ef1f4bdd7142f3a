"""A program at a real (pseudo) terminal: its bytes, its screen, the terminal's state after it."""

import contextlib
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]

# The first terminal that a session's leader opens becomes the one that signals come from.
_TAKE_TERMINAL = """
import os, sys
os.close(os.open(os.ttyname(0), os.O_RDWR))
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """One program at one terminal: a module of ours, or a path. What is left running is killed."""

    def __init__(self, *words: str, env: dict[str, str], columns: int = 80, rows: int = 24) -> None:
        self.raw = b""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._master, self._slave = pty.openpty()
        self._open = [self._master, self._slave]
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl_ioctl(self._slave, termios.TIOCSWINSZ, size)
        self.modes_before = termios.tcgetattr(self._slave)
        command = words if Path(words[0]).is_absolute() else (sys.executable, "-m", *words)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=ROOT,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **env},
        )

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_exc: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._close()

    def go_away(self) -> int:
        """The terminal is closed, as a window is; the exit code of the program."""
        self._close()
        return self.process.wait(15)

    def _close(self) -> None:
        while self._open:
            os.close(self._open.pop())

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def see(self, wanted: str, timeout_s: float = 15.0, *, at_end: bool = False) -> None:
        """Wait until the screen has the text; `at_end`: until nothing comes after it."""
        deadline = time.monotonic() + timeout_s
        while not (self.text.endswith(wanted) if at_end else wanted in self.text):
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"no {wanted!r} on the screen:\n{self.text}")

    def end(self, timeout_s: float = 15.0) -> int:
        """Wait for the end; the exit code (negative for a signal)."""
        deadline = time.monotonic() + timeout_s
        while self.process.poll() is None:
            self._read(0.05)
            assert time.monotonic() < deadline, f"still running:\n{self.text}"
        while self._read(0.05):
            pass
        return self.process.returncode

    def kill(self, name: str) -> None:
        """Send a signal."""
        self.process.send_signal(getattr(signal, name))

    @property
    def modes(self) -> list[object]:
        """The terminal's modes now, as `stty` would show them."""
        return termios.tcgetattr(self._slave)

    @property
    def text(self) -> str:
        """The screen without the empty ends."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def _read(self, timeout_s: float) -> bool:
        ready, _write, _odd = select.select([self._master], [], [], max(0, timeout_s))
        if not ready:
            return False
        octets = os.read(self._master, 65536)
        self.raw += octets
        self._stream.feed(octets)
        return True


def fcntl_ioctl(descriptor: int, request: int, argument: bytes) -> None:
    """Only where there are terminals of this kind."""
    import fcntl

    fcntl.ioctl(descriptor, request, argument)
