"""The trust store: what is kept, how, and what is refused."""

import datetime
import os
import ssl
import stat
from pathlib import Path

import pytest
import trustme

from client import trust
from client.identity import Endpoint, Pin
from client.trust import CaFile, PinnedKey, StoreBroken, TrustStore

DAY = datetime.date(2026, 11, 20)
PIN = Pin(bytes(range(32)))
CHAT = Endpoint("chat.lan", 6697)


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "tlschat")


def test_empty_without_a_file(store):
    """No file means nobody is trusted beyond the system's CAs."""
    assert store.load() == {}
    assert store.find(CHAT) is None
    assert not store.remove(CHAT)


def test_pin_is_kept_privately(store):
    """A pin comes back with its date and story; the file is its owner's alone (UX 4.4)."""
    store.remember_pin(CHAT, PIN, DAY, 'typed "yes"\n')
    kept = store.find(CHAT)
    assert kept.anchor == PinnedKey(PIN, DAY)
    assert (kept.since, kept.how) == (DAY, 'typed "yes"\n')
    assert stat.S_IMODE(os.stat(store.path).st_mode) == 0o600
    assert os.listdir(store.path.parent) == ["trust.toml"]


def test_ca_is_copied(store, tmp_path):
    """A CA is kept as a copy, without any key that was in the file, and goes when it is removed."""
    ca = tmp_path / "download.pem"
    made = trustme.CA()
    ca.write_bytes(made.private_key_pem.bytes() + made.cert_pem.bytes())
    copy = store.remember_ca(Endpoint("::1", 6697), ca, DAY, "--ca")
    ca.unlink()
    assert store.find(Endpoint("::1", 6697)).anchor == CaFile(copy)
    assert "PRIVATE" not in copy.read_text()
    assert ":" not in copy.name
    trust.make_context(CaFile(copy))
    assert store.remove(Endpoint("::1", 6697))
    assert not copy.exists()
    assert store.load() == {}


def test_servers_do_not_disturb_each_other(store):
    """Entries are by host and port."""
    other = Endpoint("chat.lan", 7000)
    store.remember_pin(CHAT, PIN, DAY, "a")
    store.remember_pin(other, Pin(b"x" * 32), DAY, "b")
    assert store.remove(CHAT)
    assert list(store.load()) == ["chat.lan:7000"]


@pytest.mark.parametrize(
    "content",
    [
        "not toml",
        '["h:1"]\npin = "SHA256:short"\nsince = 2026-01-01\n',
        '["h:1"]\nsince = 2026-01-01\n',
        '["h:1"]\npin = 3\nsince = 2026-01-01\n',
        f'["h:1"]\npin = "{PIN}"\nca = "x"\nsince = 2026-01-01\n',
        f'["h:1"]\npin = "{PIN}"\nsince = "yesterday"\n',
        f'["h:1"]\npin = "{PIN}"\n',
        'h = "SHA256"\n',
        b"\xff\xfe",
    ],
)
def test_broken_store_is_refused(store, content):
    """A store that is not what we wrote is an error, never an empty store."""
    store.path.parent.mkdir()
    octets = content if isinstance(content, bytes) else content.encode()
    store.path.write_bytes(octets)
    store.path.chmod(0o600)
    with pytest.raises(StoreBroken):
        store.load()


def test_store_that_others_may_write_is_refused(store):
    """Whoever writes the store chooses the server that gets the password."""
    store.remember_pin(CHAT, PIN, DAY, "a")
    store.path.chmod(0o620)
    with pytest.raises(StoreBroken, match="others may write"):
        store.find(CHAT)


def test_unreadable_store_is_refused(store):
    """A store that is a folder, or unreadable, is an error with the system's words."""
    store.path.mkdir(parents=True)
    with pytest.raises(StoreBroken, match="directory"):
        store.load()


def test_xdg_config_home_counts(monkeypatch, tmp_path):
    """XDG_CONFIG_HOME is honoured on every system; a relative one is ignored (XDG, UX 3.7)."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert TrustStore().path == tmp_path / "tlschat" / "trust.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert TrustStore().path.is_absolute()


def test_contexts_always_verify(tmp_path):
    """TLS 1.2, strict fields, chain and name: in every context that may send (UX 4.2)."""
    ca = tmp_path / "ca.pem"
    made = trustme.CA()
    made.cert_pem.write_to_path(str(ca))
    der = ssl.PEM_cert_to_DER_cert(made.issue_cert("h").cert_chain_pems[0].bytes().decode())
    for context in (
        trust.make_context(trust.SystemCas()),
        trust.make_context(CaFile(ca)),
        trust.make_leaf_context(der),
    ):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.verify_flags & ssl.VERIFY_X509_STRICT
        assert not context.hostname_checks_common_name


def test_ca_in_der_is_read(tmp_path):
    """A CA exported as DER works like PEM."""
    path = tmp_path / "ca.cer"
    path.write_bytes(ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode()))
    trust.make_context(CaFile(path))


@pytest.mark.parametrize("dress", ["{}", " {} \n", "sha256:{bare}", "{bare}", "{bare}="])
def test_pin_is_read_as_people_paste_it(dress):
    """With or without prefix, padding and spaces it is the same pin."""
    bare = str(PIN).removeprefix("SHA256:").rstrip("=")
    assert Pin.parse(dress.format(PIN, bare=bare)) == PIN


@pytest.mark.parametrize("text", ["", "SHA256:", "yes", "SHA256:AAAA", "SHA256:é", str(PIN) + "A"])
def test_what_is_no_pin(text):
    """Anything else is refused."""
    with pytest.raises(ValueError):
        Pin.parse(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("chat.lan", "chat.lan:6697"),
        ("Chat.LAN:7000", "chat.lan:7000"),
        ("::1", "[::1]:6697"),
        ("[::1]:7000", "[::1]:7000"),
        ("[::1]", "[::1]:6697"),
    ],
)
def test_endpoints(text, key):
    """How a server is written, and its key in the store."""
    assert str(Endpoint.parse(text)) == key
    assert Endpoint.parse(key) == Endpoint.parse(text)


@pytest.mark.parametrize(
    "text", ["", ":6697", "h:0", "h:65536", "h:x", "h:" + "9" * 5000, "[::1]:"]
)
def test_what_is_no_endpoint(text):
    """Ports are 1 to 65535, hosts are not empty."""
    if text == "[::1]:":
        assert Endpoint.parse(text) == Endpoint("::1", 6697)
        return
    with pytest.raises(ValueError):
        Endpoint.parse(text)
