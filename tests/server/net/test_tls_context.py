"""server.net.tls: what is negotiated with clients, and reloading while they come."""

import os
import ssl
import threading

import pytest
import trustme

from server.net.tls import ContextBox, TlsError
from tests.support.pem import (
    DAY,
    KEY,
    NOW,
    Handshake,
    Pair,
    client_context,
    pem_cert,
    pem_key,
    write_issued,
)


@pytest.fixture
def pair(tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir()
    return Pair(folder)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


# What is negotiated


@pytest.fixture
def issued(pair, authority):
    """A box over a pair that a client can check."""
    write_issued(pair, authority.issue_cert("chat.lan"))
    return ContextBox(pair.cert, pair.key)


@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"]
)
def test_today_s_tls_is_spoken(issued, authority, version):
    """TLS 1.2 and 1.3, with forward secrecy and authenticated encryption (row 5)."""
    client = client_context(authority, minimum_version=version, maximum_version=version)
    name, protocol, bits = Handshake(issued.current(), client).run().server.cipher()
    assert bits >= 128
    assert "GCM" in name or "CHACHA20" in name
    assert name.startswith(("ECDHE", "TLS_"))
    assert protocol in ("TLSv1.2", "TLSv1.3")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_is_refused(issued, authority):
    """TLS below 1.2 does not come in (row 5)."""
    client = client_context(authority)
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    client.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError) as caught:
        Handshake(issued.current(), client).run()
    assert "PROTOCOL" in caught.value.reason


@pytest.mark.parametrize(
    "suites",
    ["AES256-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256"],
)
def test_weak_suites_are_refused(pair, authority, suites):
    """No static RSA and no CBC (row 5)."""
    write_issued(pair, authority.issue_cert("chat.lan", key_type=trustme.KeyType.RSA))
    issued = ContextBox(pair.cert, pair.key)
    client = client_context(authority, maximum_version=ssl.TLSVersion.TLSv1_2)
    client.set_ciphers(suites)
    with pytest.raises(ssl.SSLError):
        Handshake(issued.current(), client).run()
    client.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    Handshake(issued.current(), client).run()


def test_the_options_that_close_old_holes(issued):
    """No renegotiation, no compression (row 5), and a client needs no certificate yet."""
    context = issued.current()
    for option in (ssl.OP_NO_RENEGOTIATION, ssl.OP_NO_COMPRESSION):
        assert context.options & option
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    ("offered", "selected"),
    [(None, None), (["irc"], "irc"), (["http/1.1"], None), (["h2", "irc"], "irc")],
)
def test_alpn_is_irc_or_none(issued, authority, offered, selected):
    """Row 6: 'irc' or nothing is selected; a browser's wish is not granted."""
    client = client_context(authority)
    if offered:
        client.set_alpn_protocols(offered)
    shake = Handshake(issued.current(), client).run()
    assert shake.server.selected_alpn_protocol() == selected
    assert shake.client.selected_alpn_protocol() == selected


# Reloading


def test_a_renewed_certificate_is_swapped_in(pair, authority, issued):
    """A new context, not the old one changed; the facts are the new ones."""
    old, old_facts = issued.current(), issued.facts
    assert not issued.has_changed()
    write_issued(pair, authority.issue_cert("chat.lan", "new.lan"))
    assert issued.has_changed()
    assert issued.current() is old
    assert issued.reload() is None
    assert issued.current() is not old
    assert not issued.has_changed()
    assert issued.facts != old_facts
    assert "new.lan" in issued.facts.names
    Handshake(issued.current(), client_context(authority), "new.lan").run()


def test_a_failed_reload_keeps_the_old_context(pair, authority, issued):
    """Row 27: half of a renewal (new certificate, old key) breaks nothing, and is told once."""
    old, facts = issued.current(), issued.facts
    pair.write(cert=authority.issue_cert("chat.lan").cert_chain_pems[0].bytes())
    assert issued.has_changed()
    problem = issued.reload()
    assert problem.reason == "key_mismatch"
    assert (issued.current(), issued.facts) == (old, facts)
    assert not issued.has_changed()
    Handshake(issued.current(), client_context(authority)).run()


def test_an_expired_certificate_is_not_swapped_in(pair, issued):
    """A reload checks as the start does."""
    old = issued.current()
    pair.write(pem_cert(KEY, not_before=NOW - 3 * DAY, not_after=NOW - 2 * DAY), pem_key(KEY))
    issued._clock = lambda: NOW
    assert issued.reload().reason == "certificate_expired"
    assert issued.current() is old


@pytest.mark.parametrize("which", ["cert", "key"])
def test_every_kind_of_change_is_seen(pair, issued, which):
    """By time, size and inode, of both files: also a replacement of equal size and time."""
    path = getattr(pair, which)
    stamp = path.stat()
    path.unlink()
    assert issued.has_changed()
    assert issued.reload().reason in ("certificate_missing", "key_missing")
    assert not issued.has_changed()
    path.write_bytes(b"x" * stamp.st_size)
    path.chmod(0o600)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert issued.has_changed()
    issued.reload()
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert issued.has_changed()
    issued.reload()
    path.write_bytes(b"y" * (stamp.st_size + 1))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert issued.has_changed()


def test_a_box_is_not_made_from_a_bad_pair(pair):
    """At start there is no old context to keep: the problem is raised."""
    pair.key.unlink()
    with pytest.raises(TlsError):
        ContextBox(pair.cert, pair.key, lambda: NOW)


def test_reloading_under_load_fails_no_handshake(pair, authority, issued):
    """RELIABILITY row 27 and section 3.2: reloads while handshakes run, 0 of them fail."""
    pairs = [authority.issue_cert("chat.lan") for _ in range(2)]
    client = client_context(authority)
    failures, done, stop = [], [], threading.Event()

    def shake():
        while not stop.is_set():
            try:
                Handshake(issued.current(), client).run()
                done.append(1)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=shake) for _ in range(3)]
    for thread in threads:
        thread.start()
    for at in range(60):
        write_issued(pair, pairs[at % 2])
        assert issued.reload() is None
        if at % 5 == 0:  # a bad pair in between, as a copy in two steps makes it
            pair.write(key=pem_key(KEY))
            assert issued.reload() is not None
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(done) > 10
