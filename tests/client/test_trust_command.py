"""`chat-client trust`: list, add, remove."""

import pytest

from client import trust_command
from client.identity import Endpoint, Pin
from client.trust import TrustStore

PIN = Pin(b"p" * 32)


@pytest.fixture
def store(tmp_path):
    return TrustStore(tmp_path)


def run(store, *words):
    return trust_command.run(list(words), store)


def test_add_list_remove(store, capsys, ca_file):
    """What is added is listed with its story, and is gone when removed."""
    assert run(store, "add", "chat.lan:6697", "--pin", str(PIN)) == 0
    assert run(store, "add", "[::1]:7000", "--ca", str(ca_file)) == 0
    capsys.readouterr()
    assert run(store, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("[::1]:7000  ca   ")
    assert lines[1].startswith(f"chat.lan:6697  pin  {PIN}  20")
    assert run(store, "remove", "chat.lan:6697") == 0
    assert store.find(Endpoint("chat.lan", 6697)) is None


def test_remove_what_is_not_there(store, capsys):
    """65, with the nearest entry."""
    run(store, "add", "chat.lan:6697", "--pin", str(PIN))
    assert run(store, "remove", "chat.lna:6697") == 65
    assert 'did you mean "chat.lan:6697"?' in capsys.readouterr().err
    assert run(store, "remove", "other:1") == 65
    assert "trust list" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["add", "chat.lan"],
        ["add", "chat.lan", "--pin", "short"],
        ["add", "chat.lan:x", "--pin", str(PIN)],
        ["remove"],
        ["forget", "x"],
    ],
)
def test_mistakes(store, words):
    """A mistake is exit 2 and changes nothing."""
    with pytest.raises(SystemExit) as caught:
        run(store, *words)
    assert caught.value.code == 2
    assert store.load() == {}


def test_files_that_cannot_be_used(store, capsys, tmp_path):
    """A missing CA file and a broken store are told with what to do."""
    assert run(store, "add", "h", "--ca", str(tmp_path / "none.pem")) == 66
    store.path.write_text("broken")
    assert run(store, "list") == 78
    assert "trust the servers again" in capsys.readouterr().err


def test_store_that_cannot_be_written(tmp_path, capsys):
    """A folder that is a file: 73."""
    (tmp_path / "file").write_text("")
    store = TrustStore(tmp_path / "file")
    assert run(store, "add", "h", "--pin", str(PIN)) in (73, 78)
    assert "chat-client: error:" in capsys.readouterr().err
