"""The questions about trust, against real TLS servers: UX 4.4 and 4.5."""

import asyncio
import hashlib

import pytest
import trustme

from client import net, trusting
from client.failures import ConnectFailure
from client.identity import Endpoint
from client.trust import CaFile, PinnedKey, SystemCas, TrustStore
from tests.support.people import ScriptedPerson
from tests.support.tls_servers import (
    DAY,
    NOW,
    RecordingServer,
    context_of,
    make_certificate,
    new_key,
    server_context,
)


@pytest.fixture
def store(tmp_path):
    return TrustStore(tmp_path / "config")


@pytest.fixture(scope="module")
def unknown():
    key = new_key()
    return context_of(make_certificate(key), key)


def check(endpoint, anchor):
    async def run():
        line = await net.connect(endpoint, anchor)
        await line.close()
        return line.certificate

    return asyncio.run(run())


def settle(server, store, person, anchor=None):
    endpoint = Endpoint("localhost", server.port)
    anchor = anchor or trusting.choose_anchor(endpoint, None, None, store)
    return trusting.settle_trust(endpoint, anchor, store, person, check)


def test_yes_pins_the_key(unknown, store):
    """ "yes": the key is remembered with how and when, and the next time nothing is asked."""
    person = ScriptedPerson("yes")
    with RecordingServer(unknown) as server:
        anchor = settle(server, store, person)
        assert isinstance(anchor, PinnedKey)
        assert settle(server, store, ScriptedPerson()) == anchor
        pin = asyncio.run(net.probe(Endpoint("localhost", server.port))).pin
    assert anchor.pin == pin
    assert store.find(Endpoint("localhost", server.port)).how == 'answered "yes"'
    assert "could not be checked" in person.screen
    assert "Nothing was sent." in person.screen
    assert f"fingerprint  {pin}" in person.screen
    assert f"--tls localhost {server.port} --ca ca.pem" in person.screen
    assert person.shown[-1] == f"    chat-client trust remove localhost:{server.port}"
    assert server.received == b""


def test_y_asks_again(unknown, store):
    """ "y" is too quick for a decision like this: it is asked again, as in OpenSSH."""
    person = ScriptedPerson("y", "ye", "YES")
    with RecordingServer(unknown) as server:
        assert isinstance(settle(server, store, person), PinnedKey)
    assert person.screen.count("Please type 'yes', 'no' or the fingerprint.") == 2


@pytest.mark.parametrize("answer", ["", "no", "NO"])
def test_enter_is_no(unknown, store, answer):
    """A bare Enter means no; exit 76, nothing remembered, nothing sent."""
    with RecordingServer(unknown) as server, pytest.raises(ConnectFailure) as caught:
        settle(server, store, ScriptedPerson(answer))
    assert caught.value.exit_code == 76
    assert store.load() == {}
    assert server.received == b""


def test_pasted_fingerprint_is_compared(unknown, store):
    """The fingerprint is compared for the person, in any dress it was pasted in."""
    with RecordingServer(unknown) as server:
        pin = asyncio.run(net.probe(Endpoint("localhost", server.port))).pin
        anchor = settle(server, store, ScriptedPerson(f"  {str(pin).rstrip('=')} "))
    assert anchor.pin == pin
    assert store.find(Endpoint("localhost", server.port)).how == "compared the fingerprint"


def test_fingerprint_of_the_certificate(unknown, store):
    """What other tools print of a certificate, SHA-256 in hexadecimal, is compared as well."""
    with RecordingServer(unknown) as server:
        der = asyncio.run(net.probe(Endpoint("localhost", server.port))).der
        shown = hashlib.sha256(der).hexdigest().upper()
        pasted = ":".join(shown[i : i + 2] for i in range(0, 64, 2))
        person = ScriptedPerson("AA:BB", pasted)
        assert isinstance(settle(server, store, person), PinnedKey)
        assert store.remove(Endpoint("localhost", server.port))
        with pytest.raises(ConnectFailure):
            settle(server, store, ScriptedPerson("00" * 32))


def test_wrong_fingerprint_ends_it(unknown, store):
    """Another fingerprint is an answer too: not this server. It is not asked again."""
    other = "SHA256:" + "A" * 43
    with RecordingServer(unknown) as server, pytest.raises(ConnectFailure) as caught:
        settle(server, store, ScriptedPerson(other))
    assert "not the fingerprint of" in caught.value.sentence
    assert caught.value.exit_code == 76
    assert store.load() == {}


def test_no_question_for_an_expired_key(store):
    """Only an unknown issuer may be excused by a person, nothing else (4.5)."""
    key = new_key()
    old = make_certificate(key, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    with RecordingServer(context_of(old, key)) as server, pytest.raises(ConnectFailure) as caught:
        settle(server, store, ScriptedPerson())
    assert "expired" in caught.value.sentence


def test_changed_key_asks_nothing(unknown, store):
    """The key of a trusted server changed: no question, no way to go on (4.5)."""
    key = new_key()
    with RecordingServer(unknown) as server:
        settle(server, store, ScriptedPerson("yes"))
        server.context = context_of(make_certificate(key), key)
        with pytest.raises(ConnectFailure, match="is NOT the server you trusted") as caught:
            settle(server, store, ScriptedPerson())
    assert caught.value.exit_code == 76
    assert server.received == b""


@pytest.mark.parametrize(("answer", "is_kept"), [("", True), ("y", True), ("n", False)])
def test_ca_is_offered_to_be_remembered(leaf, ca_file, store, answer, is_kept):
    """A good CA given with --ca is remembered unless the person says no; asked once (4.4)."""
    with RecordingServer(server_context(leaf)) as server:
        person = ScriptedPerson(answer)
        anchor = settle(server, store, person, CaFile(ca_file))
        assert (anchor != CaFile(ca_file)) is is_kept
        assert "certificate ok (private CA " in person.screen
        assert ("is trusted from now on" in person.screen) is is_kept
        if is_kept:
            ca_file_2 = ca_file.with_name("again.pem")
            ca_file_2.write_bytes(ca_file.read_bytes())
            settle(server, store, ScriptedPerson(), CaFile(ca_file_2))
            assert settle(server, store, ScriptedPerson()) == anchor


def test_wrong_ca_asks_nothing(leaf, tmp_path, store):
    """With --ca there is no question about the key (4.9)."""
    path = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    with RecordingServer(server_context(leaf)) as server, pytest.raises(ConnectFailure):
        settle(server, store, ScriptedPerson(), CaFile(path))


def test_soon_expiring_is_told(ca, ca_file, store):
    """Fewer than seven days left, counted as the server does: a note, and on with it (4.6)."""
    short = ca.issue_cert("localhost", not_after=NOW + 3 * DAY)
    with RecordingServer(server_context(short)) as server:
        settle(server, store, ScriptedPerson("y"), CaFile(ca_file))
        person = ScriptedPerson()
        settle(server, store, person)
    assert "expires in 3 days; tell the owner" in person.screen


def test_which_anchor(store, tmp_path):
    """--ca, then --pin, then what was remembered, then the system's CAs."""
    from client.identity import Pin

    chat = Endpoint("chat.lan", 6697)
    pin, other = Pin(b"1" * 32), Pin(b"2" * 32)
    assert trusting.choose_anchor(chat, None, None, store) == SystemCas()
    store.remember_pin(chat, pin, NOW.date(), "")
    assert trusting.choose_anchor(chat, None, None, store) == PinnedKey(pin, NOW.date())
    assert trusting.choose_anchor(chat, None, other, store) == PinnedKey(other)
    assert trusting.choose_anchor(chat, tmp_path, None, store) == CaFile(tmp_path)
