"""The history of typed lines: kept privately, never with secrets."""

import asyncio
import os
import stat

import pytest

from client.core.input import may_remember
from client.ui import history
from client.ui.history import LineHistory


def load(path):
    async def run():
        return [entry async for entry in LineHistory(path, may_remember).load()]

    return asyncio.run(run())


def test_kept_in_a_private_file(tmp_path):
    """Entries of several lines come back, the latest first; 0600 (UX 5.4)."""
    path = tmp_path / "state" / "history"
    lines = LineHistory(path, may_remember)
    for text in ("one", "two\nlines", "two\nlines", "three"):
        lines.append_string(text)
    assert load(path) == ["three", "two\nlines", "one"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


@pytest.mark.parametrize(
    "line", ["/pass hunter2", "/oper ana hunter2", "/raw PASS hunter2", "/x y"]
)
def test_secrets_are_not_kept(tmp_path, line):
    """A line that may hold a password is kept nowhere, not even for the arrow keys."""
    path = tmp_path / "history"
    lines = LineHistory(path, may_remember)
    lines.append_string(line)
    assert list(lines.get_strings()) == []
    assert not path.exists()


def test_no_file(tmp_path):
    """history = false: only for this run."""
    lines = LineHistory(None, may_remember)
    lines.append_string("one")
    assert lines.get_strings() == ["one"]


def test_broken_lines_are_skipped(tmp_path):
    """Half a line after a crash, or something else, harms nothing."""
    path = tmp_path / "history"
    path.write_bytes(b'"one"\n{"a": 1}\n"tw')
    assert load(path) == ["one"]


def test_cut_down(tmp_path, monkeypatch):
    """The file does not grow for ever: the last entries stay."""
    monkeypatch.setattr(history, "ENTRIES_MAX", 3)
    path = tmp_path / "history"
    path.write_text("".join(f'"{number}"\n' for number in range(10)))
    assert load(path) == ["9", "8", "7"]
    assert path.read_text() == '"7"\n"8"\n"9"\n'


def test_disk_that_cannot_be_written(tmp_path):
    """The chat goes on without a history file."""
    (tmp_path / "file").write_text("")
    lines = LineHistory(tmp_path / "file" / "history", may_remember)
    lines.append_string("one")
    assert lines.get_strings() == ["one"]
