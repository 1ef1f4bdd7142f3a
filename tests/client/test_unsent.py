"""The file of unsent messages: private, before the bytes, one owner, hostile content (UX 36)."""

import asyncio
import json
import os
import stat

import pytest

from client.core.session import Identity, Session, Settings
from client.driver import Driver
from client.identity import Endpoint
from client.unsent import UnsentFile, unsent_path
from tests.support.irc_talk import ALL_CAPS, Talk


class Kept:
    """A session with a file, and what the person is told."""

    def __init__(self, path):
        self.path = path
        self.warnings = []
        self.talk = Talk(Identity("ana"), Settings())
        self.file = UnsentFile(path, self.warnings.append)
        self.found = self.file.open()
        self.file.watch(self.talk.session.outbox)

    def texts(self):
        """The messages on disk."""
        return [message["text"] for message in json.loads(self.path.read_text())["messages"]]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "unsent" / "file.json"


def test_path_names_server_and_account(monkeypatch, tmp_path):
    """One file for each; no name can lead out of the folder or be too long for it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    path = unsent_path(Endpoint("chat.lan", 6697), "ana")
    assert path == tmp_path / "tlschat" / "unsent" / "chat.lan%3A6697%3Aana.json"
    wild = unsent_path(Endpoint("::1", 1), "../../" + "ã" * 200)
    assert wild.parent == path.parent and len(wild.name) <= 160


def test_on_disk_when_typed(path):
    """What is typed is kept at once, for its owner alone."""
    kept = Kept(path)
    kept.talk.say("#lobby", "oi")
    kept.file.keep()
    assert kept.texts() == ["oi"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_doubt_is_on_disk_before_the_bytes_go(path):
    """What goes out without an id is marked first: after a crash it is a question."""
    kept = Kept(path)
    kept.talk.go_online(ALL_CAPS).say("#lobby", "oi")
    kept.talk.said()
    kept.file.keep()
    assert json.loads(path.read_text())["messages"][0]["may_be_there"] is True


def test_confirmed_leaves_the_file(path, monkeypatch):
    """A confirmation is written a little later, or with the next change; then the file is gone."""
    kept = Kept(path)
    kept.talk.go_online(ALL_CAPS).say("#lobby", "oi")
    kept.talk.said()
    kept.file.keep()
    kept.talk.hear("@label=t1 :ana!a@h PRIVMSG #lobby oi")
    kept.file.keep()
    assert kept.texts() == ["oi"]
    monkeypatch.setattr("client.unsent.LAZY_S", 0.0)
    kept.file.keep()
    assert not path.exists()


def test_closing_writes_the_rest(path):
    """And the next run finds it."""
    first = Kept(path)
    first.talk.say("#lobby", "oi")
    first.file.close()
    first.file.close()
    second = Kept(path)
    assert [unsent.text for unsent in second.found] == ["oi"]
    assert second.warnings == []


def test_nothing_changed_is_not_written(path):
    """No writing for nothing."""
    kept = Kept(path)
    kept.file.keep()
    kept.file.close()
    assert not path.exists()


def test_second_client_keeps_nothing(path):
    """Two clients of one person: the first one has the file."""
    first, second = Kept(path), Kept(path)
    second.talk.say("#lobby", "oi")
    second.file.keep()
    assert not path.exists() and not second.file.is_kept
    assert "another chat-client" in second.warnings[0]
    first.file.close()
    assert Kept(path).file.is_kept


@pytest.mark.parametrize("content", [b"{torn", b"\xff\xfe", b"x" * 2_000_001, b'{"version": 9}'])
def test_unreadable_is_put_aside(path, content):
    """A torn or hostile file is told, and never overwritten."""
    path.parent.mkdir()
    path.write_bytes(content)
    kept = Kept(path)
    assert kept.found == () and kept.file.is_kept
    assert "cannot be read" in kept.warnings[0]
    kept.talk.say("#lobby", "oi")
    kept.file.keep()
    assert path.with_suffix(".bad").read_bytes() == content


def test_no_folder_for_it(tmp_path):
    """Where nothing can be kept the chat goes on, and the person is told."""
    (tmp_path / "unsent").write_text("a file where the folder should be")
    kept = Kept(tmp_path / "unsent" / "file.json")
    assert not kept.file.is_kept and kept.file.trouble == ""
    assert "not kept" in kept.warnings[0]


def test_disk_that_fills_up(path):
    """A failed write does not stop the chat; it is told at the end."""
    kept = Kept(path)
    path.mkdir()
    kept.talk.say("#lobby", "oi")
    kept.file.keep()
    assert not kept.file.is_kept
    assert "not kept" in kept.file.trouble and kept.warnings == []
    kept.file.close()
    assert os.listdir(path) == []


def test_driver_keeps_before_it_writes():
    """A message is on disk before its bytes leave: a crash in between loses nothing."""
    session, order = Session(Identity("ana")), []

    class Line:
        async def read(self):
            order.append("read")
            return b""

        def write(self, octets):
            order.append("write")

        async def close(self):
            pass

    async def open_line():
        return Line()

    driver = Driver(
        session, open_line, lambda events: None, comes_back=False, keep=lambda: order.append("keep")
    )
    asyncio.run(driver.run())
    assert order[:2] == ["keep", "write"]


def test_without_being_opened_it_does_nothing(path):
    """Pipe mode, or keep_unsent = false."""
    file = UnsentFile(path, print)
    file.watch(Session(Identity("ana")).outbox)
    file.keep()
    file.close()
    assert not path.parent.exists()
