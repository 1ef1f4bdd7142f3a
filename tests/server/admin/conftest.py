"""For the tests of chat-admin: a folder with a config, a person at the terminal, one run at a
time."""

import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.admin.__main__ import main

HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."
STRONG = "correct horse battery staple"

CONFIG = """
[accounts]
bcrypt_cost = 4
[[listeners]]
host = "127.0.0.1"
port = 7000
"""


@dataclass(frozen=True)
class Done:
    """What a run of chat-admin gave."""

    code: int
    out: str
    err: str


class Stdin(io.TextIOWrapper):
    """Standard input: a pipe with this in it, or a terminal where this is typed."""

    def __init__(self, text: bytes, is_terminal: bool) -> None:
        super().__init__(io.BytesIO(text), encoding="utf-8", errors="surrogateescape")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class Person:
    """Types these at the password prompts, one after the other, then gives up with Ctrl-C."""

    def __init__(self, typed: Sequence[str]) -> None:
        self.typed = list(typed)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if not self.typed:
            raise KeyboardInterrupt
        return self.typed.pop(0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config and nothing else, where we are."""
    (tmp_path / "config.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def accounts(folder: Path) -> Callable[..., Path]:
    """Writes these lines as the password file."""

    def write(*lines: str) -> Path:
        path = folder / "passwd"
        path.touch(0o600)
        path.write_text("".join(line + "\n" for line in lines))
        return path

    return write


@pytest.fixture
def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run chat-admin with these words; `typed` and a terminal, or `stdin` and a pipe."""

    def run_once(
        *words: str,
        stdin: bytes = b"",
        typed: Sequence[str] | None = None,
        is_terminal: bool = False,
    ) -> Done:
        is_terminal = is_terminal or typed is not None
        monkeypatch.setattr(sys, "stdin", Stdin(stdin, is_terminal))
        if typed is not None:
            monkeypatch.setattr("server.admin.ask.read_secret", Person(typed))
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run_once
