"""Private files, written whole or not at all."""

import os
import stat

import pytest

from client import paths


def test_write_private(tmp_path):
    """The file is its owner's alone, its folder too, and nothing is left beside it."""
    path = tmp_path / "folder" / "file"
    paths.write_private(path, "olá\n")
    paths.write_private(path, "new\n")
    assert path.read_text(encoding="utf-8") == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["file"]


def test_failed_write_leaves_the_old(tmp_path):
    """A text that cannot be written leaves the old file and no part of the new one."""
    path = tmp_path / "file"
    paths.write_private(path, "old")
    with pytest.raises(UnicodeEncodeError):
        paths.write_private(path, "\ud800")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_folders(monkeypatch, tmp_path):
    """The XDG variables count on every system; without them the system's own folders do."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert paths.config_dir() == tmp_path / "c" / "tlschat"
    assert paths.state_dir() == tmp_path / "s" / "tlschat"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert paths.config_dir().name == "tlschat"
    assert paths.state_dir().name == "tlschat"
