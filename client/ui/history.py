"""The lines a person typed, kept for the next time in a file that only they may read.

Used by the line face. A line that may hold a password is kept nowhere, not even for the arrow keys.
The file has one line for each entry, as JSON, because entries may have several lines.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from prompt_toolkit.history import History

ENTRIES_MAX = 1_000
FILE_BYTES_MAX = 2_000_000  # past it the file is cut down to its last `ENTRIES_MAX` entries


class LineHistory(History):
    """See the top of the file. `path` None keeps entries for this run only."""

    def __init__(self, path: Path | None, may_keep: Callable[[str], bool]) -> None:
        super().__init__()
        self._path = path
        self._may_keep = may_keep

    def append_string(self, string: str) -> None:
        """Take an entry in, unless it may hold a secret or repeats the last one."""
        entries = self.get_strings()
        if self._may_keep(string) and (not entries or entries[-1] != string):
            super().append_string(string)

    def load_history_strings(self) -> Iterable[str]:
        """The entries of the file, the latest first."""
        entries = self._read()
        if self._path is not None and len(entries) > ENTRIES_MAX:
            entries = entries[-ENTRIES_MAX:]
            self._rewrite(entries)
        return reversed(entries)

    def store_string(self, string: str) -> None:
        """Add an entry to the file. A disk that is full must not stop the chat."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(json.dumps(string).encode() + b"\n")
        except OSError:
            self._path = None

    def _read(self) -> list[str]:
        if self._path is None:
            return []
        try:
            with self._path.open("rb") as stream:
                lines = stream.read(2 * FILE_BYTES_MAX).splitlines()
        except OSError:
            return []
        entries = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:  # half a line, after a crash
                continue
            if isinstance(entry, str):
                entries.append(entry)
        return entries

    def _rewrite(self, entries: list[str]) -> None:
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        try:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(json.dumps(entry).encode() + b"\n" for entry in entries)
            os.replace(part, self._path)
        except OSError:
            self._path = None
