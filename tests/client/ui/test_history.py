"""The history of typed lines: kept privately, never with secrets."""

import asyncio
import os
import stat

import pytest

from client.core.input import DEFAULT_ALIASES, may_remember
from client.core.view import ViewOptions
from client.ui import history
from client.ui.history import LineHistory
from client.ui.line import LineOptions
from tests.support.stage import play


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


def test_the_history_has_no_passwords(tmp_path):
    """What is typed to NickServ goes into no file, with or without a command in front of it."""
    path = tmp_path / "history"

    async def script(stage):
        for line in ("/msg NickServ IDENTIFY hunter2", "/query NickServ", "IDENTIFY hunter2"):
            await stage.type(f"{line}\r")
        await stage.see(
            lambda: stage.transport.said.count("PRIVMSG NickServ :IDENTIFY hunter2") > 1
        )
        await stage.type("/query bob\r", until="bob ›")
        await stage.type("hello\r")
        await stage.see(lambda: stage.has_said("bob", "hello"))
        await stage.see(lambda: "hello" in path.read_text())

    play(
        script, options=LineOptions(aliases=DEFAULT_ALIASES, view=ViewOptions(), history_path=path)
    )
    assert "hunter2" not in path.read_text()
