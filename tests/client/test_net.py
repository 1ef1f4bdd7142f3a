"""Connections to real TLS servers on loopback: each row of the catalogue, and what was sent."""

import asyncio
import datetime
import socket

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding

from client import net
from client.identity import Endpoint, Pin
from client.trust import CaFile, PinnedKey, SystemCas
from tests.support.attempts import assert_nothing_sent, attempt
from tests.support.tls_servers import (
    DAY,
    NOW,
    RecordingServer,
    context_of,
    make_certificate,
    new_key,
    server_context,
)


def test_ca_file_is_believed(leaf, ca_file):
    """--ca FILE: a certificate of that CA is good, and only then bytes flow (UX 4.4)."""
    with RecordingServer(server_context(leaf), greeting=b"hi\r\n") as server:

        async def run() -> bytes:
            line = await net.connect(Endpoint("localhost", server.port), CaFile(ca_file))
            assert line.certificate is not None
            assert line.certificate.names == ("localhost", "127.0.0.1")
            assert line._writer.get_extra_info("socket").getsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY
            )
            line.write(b"NICK ana\r\n")
            answer = await line.read()
            await line.close()
            line.write(b"after the end\r\n")
            assert await line.read() == b""
            return answer

        assert asyncio.run(run()) == b"hi\r\n"
    assert server.received == b"NICK ana\r\n"


def test_ip_address_is_matched(leaf, ca_file):
    """A certificate with an IP address in its names is good for that address (UX 5.2)."""
    with RecordingServer(server_context(leaf)) as server:

        async def run() -> None:
            line = await net.connect(Endpoint("127.0.0.1", server.port), CaFile(ca_file))
            await line.close()

        asyncio.run(run())
    assert server.handshakes == 1


@pytest.mark.parametrize("sends_root", [False, True])
def test_unknown_issuer(sends_root):
    """Codes 20 and 19: the issuer by name, --ca and --pin to run, trustable, nothing sent (4.9)."""
    root, key = new_key(), new_key()
    issuer = make_certificate(root, subject="lab CA", names=(), is_ca=True)
    leaf = make_certificate(key, issuer="lab CA", issuer_key=root)
    context = context_of(leaf, key)
    if sends_root:
        context = context_of(leaf, key, issuer)
    with RecordingServer(context) as server:
        failure = attempt(server.port, SystemCas())
    assert_nothing_sent(server, failure)
    assert 'issued by "lab CA", which this computer does not know' in failure.sentence
    assert f"chat-client --tls localhost {server.port} --ca ca.pem" in str(failure.advice)
    assert f"--pin {failure.certificate.pin}" in str(failure.advice)
    assert (failure.exit_code, failure.is_trustable, failure.is_retryable) == (76, True, False)


def test_self_signed():
    """Code 18: made by itself; trustable (4.9)."""
    key = new_key()
    with RecordingServer(context_of(make_certificate(key), key)) as server:
        failure = attempt(server.port, SystemCas())
    assert_nothing_sent(server, failure)
    assert "made by itself" in failure.sentence
    assert (failure.exit_code, failure.is_trustable) == (76, True)


def test_wrong_ca_file(leaf, tmp_path):
    """Another CA in --ca: named, and no offer to trust the key (4.9)."""
    other = tmp_path / "old-ca.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with RecordingServer(server_context(leaf)) as server:
        failure = attempt(server.port, CaFile(other))
    assert_nothing_sent(server, failure)
    assert f"not issued by the CA in {other}" in failure.sentence
    assert (failure.exit_code, failure.is_trustable) == (76, False)


def test_wrong_ca_file_of_the_same_name(tmp_path):
    """A CA that was made anew under the old name (code 7, bad signature) reads the same."""
    root, key, new_root = new_key(), new_key(), new_key()
    leaf = make_certificate(key, issuer="lab CA", issuer_key=root, is_complete=False)
    path = tmp_path / "ca.pem"
    made = make_certificate(new_root, subject="lab CA", names=(), is_ca=True, is_complete=False)
    path.write_bytes(made.public_bytes(Encoding.PEM))
    with RecordingServer(context_of(leaf, key)) as server:
        failure = attempt(server.port, CaFile(path))
    assert_nothing_sent(server, failure)
    assert failure.exit_code == 76


def test_expired(ca, ca_file):
    """Code 10: since when, whose job, and what our clock says (4.6)."""
    old = ca.issue_cert("localhost", not_before=NOW - 90 * DAY, not_after=NOW - 7 * DAY)
    with RecordingServer(server_context(old)) as server:
        failure = attempt(server.port, CaFile(ca_file))
    assert_nothing_sent(server, failure)
    day = (NOW - 7 * DAY).astimezone().date().isoformat()
    assert f"localhost expired on {day} (7 days ago)" in failure.sentence
    assert "mkcert.py renew" in failure.advice[1]
    assert "your clock says 20" in failure.advice[2]
    assert (failure.exit_code, failure.is_trustable) == (76, False)


def test_expired_of_an_unknown_issuer_is_not_trustable():
    """OpenSSL stops at the unknown issuer; we look on, and never offer an expired key (4.5)."""
    key = new_key()
    old = make_certificate(key, not_before=NOW - 90 * DAY, not_after=NOW - 2 * DAY)
    with RecordingServer(context_of(old, key)) as server:
        failure = attempt(server.port, SystemCas())
    assert_nothing_sent(server, failure)
    assert "expired" in failure.sentence
    assert not failure.is_trustable


def test_not_yet_valid(ca, ca_file):
    """Code 9: from when, and our clock (4.9)."""
    early = ca.issue_cert("localhost", not_before=NOW + 2 * DAY, not_after=NOW + 9 * DAY)
    with RecordingServer(server_context(early)) as server:
        failure = attempt(server.port, CaFile(ca_file))
    assert_nothing_sent(server, failure)
    assert "valid only from" in failure.sentence
    assert "your clock says" in failure.advice[0]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_wrong_name(ca, ca_file, host):
    """Codes 62 and 64: the names it is for, and the one that was asked for (4.6)."""
    other = ca.issue_cert("chat.lan", "192.168.1.10")
    with RecordingServer(server_context(other)) as server:
        failure = attempt(server.port, CaFile(ca_file), host)
    assert_nothing_sent(server, failure)
    assert f"you asked for {host}; the certificate is for chat.lan, 192.168.1.10" in (
        failure.sentence
    )
    assert f"mkcert.py server --add {host}" in failure.advice[1]
    assert (failure.exit_code, failure.is_trustable) == (76, False)


def test_name_only_in_the_subject(ca_file):
    """A host name in the common name alone counts for nothing (UX 4.2)."""
    key = new_key()
    with RecordingServer(context_of(make_certificate(key, names=()), key)) as server:
        failure = attempt(server.port, SystemCas())
    assert_nothing_sent(server, failure)
    assert "names no host" in failure.sentence


def test_strict_fields(tmp_path):
    """Code 85 and its like: made by an old tool, on every Python alike (4.9)."""
    root, key = new_key(), new_key()
    path = tmp_path / "ca.pem"
    made = make_certificate(root, subject="lab CA", names=(), is_ca=True)
    path.write_bytes(made.public_bytes(Encoding.PEM))
    leaf = make_certificate(key, issuer="lab CA", issuer_key=root, is_complete=False)
    with RecordingServer(context_of(leaf, key)) as server:
        failure = attempt(server.port, CaFile(path))
    assert_nothing_sent(server, failure)
    assert "lacks what a certificate needs" in failure.sentence
    assert "mkcert.py renew" in failure.advice[1]
    assert failure.exit_code == 76


# --- pins ---------------------------------------------------------------------------------------


def fetch_pin(port: int) -> Pin:
    return asyncio.run(net.probe(Endpoint("localhost", port))).pin


def connect_once(port: int, anchor) -> None:
    async def run() -> None:
        line = await net.connect(Endpoint("localhost", port), anchor)
        line.write(b"NICK ana\r\n")
        await line.close()

    asyncio.run(run())


def test_pin_is_believed(leaf):
    """The pinned key is good though nobody knows its issuer, also after a renewal (4.5)."""
    key = new_key()
    with RecordingServer(context_of(make_certificate(key), key)) as server:
        pinned = PinnedKey(fetch_pin(server.port))
        connect_once(server.port, pinned)
        server.context = context_of(make_certificate(key, not_after=NOW + 60 * DAY), key)
        connect_once(server.port, pinned)
    assert server.received == b"NICK ana\r\n" * 2


def test_pin_of_a_certificate_from_a_ca(leaf):
    """A leaf that a CA signed can be pinned as well (catgirl's trap, UX 4.5)."""
    with RecordingServer(server_context(leaf)) as server:
        connect_once(server.port, PinnedKey(fetch_pin(server.port)))
    assert server.received == b"NICK ana\r\n"


def test_changed_key_is_refused():
    """Another key: NOT the server you trusted, both fingerprints, the way out (4.5)."""
    old, new = new_key(), new_key()
    with RecordingServer(context_of(make_certificate(old), old)) as server:
        pin = fetch_pin(server.port)
        server.context = context_of(make_certificate(new), new)
        now = fetch_pin(server.port)
        failure = attempt(server.port, PinnedKey(pin, datetime.date(2026, 11, 20)))
        given = attempt(server.port, PinnedKey(pin))
    assert_nothing_sent(server, failure)
    assert "is NOT the server you trusted on 2026-11-20." in failure.sentence
    assert str(pin) in failure.advice[0]
    assert str(now) in failure.advice[1]
    assert f"chat-client trust remove localhost:{server.port}" in failure.advice[4]
    assert (failure.exit_code, failure.is_trustable) == (76, False)
    assert "does not have the key given with --pin" in given.sentence


def test_key_that_changes_between_the_looks(monkeypatch):
    """Whoever answers the second connection must hold the key the first one showed."""
    old, new = new_key(), new_key()
    with RecordingServer(context_of(make_certificate(old), old)) as server:
        shown = asyncio.run(net.probe(Endpoint("localhost", server.port)))
        server.context = context_of(make_certificate(new), new)

        async def stale_probe(_endpoint, *, timeout_s):
            return shown

        monkeypatch.setattr(net, "probe", stale_probe)
        failure = attempt(server.port, PinnedKey(shown.pin))
    assert server.received == b""
    assert failure.is_retryable


def test_pinned_key_with_an_expired_certificate():
    """A pin does not excuse the dates: the owner renews with the same key."""
    key = new_key()
    old = make_certificate(key, not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    with RecordingServer(context_of(old, key)) as server:
        failure = attempt(server.port, PinnedKey(fetch_pin(server.port)))
    assert_nothing_sent(server, failure)
    assert "expired" in failure.sentence
