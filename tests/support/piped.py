"""A program between two pipes: lines go in, lines come out, and nobody waits for ever."""

import contextlib
import queue
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 30.0


class Piped:
    """One program, as `python -m NAME ...`. Use with `with`; what is left running is killed."""

    def __init__(self, *words: str, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=env,
            encoding="utf-8",
            errors="surrogateescape",
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._complaints: list[str | None] = []
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self._lines.put)),
            threading.Thread(
                target=self._read, args=(self.process.stderr, self._complaints.append)
            ),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Piped":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def _read(self, pipe, keep) -> None:
        with pipe:
            for line in pipe:
                keep(line.rstrip("\n"))
        keep(None)

    def type(self, *lines: str) -> None:
        """Lines of input."""
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def line(self) -> str | None:
        """The next line of output; None is its end."""
        try:
            return self._lines.get(timeout=DEADLINE_S)
        except queue.Empty:
            raise AssertionError(f"no more output; errors: {self._complaints}") from None

    def until(self, part: str) -> list[str]:
        """Read up to a line that contains `part`; all lines read."""
        read = []
        while True:
            try:
                line = self.line()
            except AssertionError as error:
                raise AssertionError(f"no {part!r}; got {read}; {error}") from None
            assert line is not None, f"ended before {part!r}; got {read} {self._complaints}"
            read.append(line)
            if part in line:
                return read

    def rest(self) -> list[str]:
        """All output up to its end."""
        read = []
        while (line := self.line()) is not None:
            read.append(line)
        return read

    def end(self) -> int:
        """No more input: the exit code."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        code = self.process.wait(DEADLINE_S)
        for reader in self._readers:
            reader.join()
        return code

    @property
    def complaints(self) -> str:
        """What standard error has so far; everything after `end`."""
        return "\n".join(line for line in self._complaints if line is not None)
