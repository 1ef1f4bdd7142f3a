"""server.net.tls: what is refused and how, what is negotiated, and reloading under load."""

import hashlib
import os
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from server.net import tls
from server.net.tls import (
    CertificateFacts,
    ContextBox,
    TlsError,
    build_context,
    issuer_beside,
    read_facts,
)

NOW = datetime(2026, 11, 20, 23, 20, tzinfo=UTC)
DAY = timedelta(days=1)
POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes")


def pem_key(key, password=None):
    locked = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        locked or serialization.NoEncryption(),
    )


def pem_cert(key, *, not_before=NOW - DAY, not_after=NOW + 90 * DAY, subject=None, names=()):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject or "chat.lan")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


KEY = ec.generate_private_key(ec.SECP256R1())


class Pair:
    """A certificate and a key in files, valid at NOW."""

    def __init__(self, folder):
        self.cert = folder / "server.pem"
        self.key = folder / "server-key.pem"
        self.write(pem_cert(KEY), pem_key(KEY))

    def write(self, cert=None, key=None):
        if cert is not None:
            self.cert.write_bytes(cert)
        if key is not None:
            self.key.unlink(missing_ok=True)
            self.key.touch(0o600)
            self.key.write_bytes(key)

    def refused(self):
        """The problem with this pair."""
        with pytest.raises(TlsError) as caught:
            build_context(self.cert, self.key, NOW)
        assert caught.value.error == str(caught.value)
        assert caught.value.hint
        return caught.value


@pytest.fixture
def pair(tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir()
    return Pair(folder)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


# What is refused, and how it is said


def test_a_good_pair_is_taken(pair):
    """A matching pair, in time, with the key for its owner only."""
    context, facts = build_context(pair.cert, pair.key, NOW)
    assert isinstance(context, ssl.SSLContext)
    assert facts == read_facts(pair.cert)


@pytest.mark.parametrize(
    ("missing", "reason", "sentence"),
    [
        ("cert", "certificate_missing", "there is no server certificate at "),
        ("key", "key_missing", "there is no private key at "),
    ],
)
def test_a_missing_file_says_how_to_make_one(pair, missing, reason, sentence):
    """UX 4.1: the sentence names the file, the hint is the command."""
    path = getattr(pair, missing)
    path.unlink()
    problem = pair.refused()
    assert problem.reason == reason
    assert problem.error == f"{sentence}{path}"
    assert problem.hint == ("make one: python3 scripts/mkcert.py server chat.lan 192.168.1.10")


def test_the_command_names_another_folder(tmp_path):
    """mkcert writes to certs/ by default; elsewhere the hint says where."""
    with pytest.raises(TlsError) as caught:
        build_context(tmp_path / "tls" / "a.pem", tmp_path / "tls" / "b.pem", NOW)
    assert f"server --dir {tmp_path}/tls chat.lan" in caught.value.hint


@pytest.mark.parametrize(
    ("not_before", "not_after", "reason", "sentence"),
    [
        (-90 * DAY, timedelta(0), "certificate_expired", "expired on 2026-11-20"),
        (-90 * DAY, -7 * DAY, "certificate_expired", "expired on 2026-11-13"),
        (timedelta(seconds=1), DAY, "certificate_not_yet_valid", "the clock here says 2026-11-20"),
    ],
)
def test_a_certificate_out_of_its_time_is_refused(pair, not_before, not_after, reason, sentence):
    """RELIABILITY row 27: expired and not yet valid, at the very second."""
    pair.write(cert=pem_cert(KEY, not_before=NOW + not_before, not_after=NOW + not_after))
    problem = pair.refused()
    assert problem.reason == reason
    assert sentence in problem.error
    assert "scripts/mkcert.py" in problem.hint


def test_the_first_and_last_second_are_valid(pair):
    """The control of the test above."""
    for span in ((NOW, NOW + DAY), (NOW - DAY, NOW + timedelta(seconds=1))):
        pair.write(cert=pem_cert(KEY, not_before=span[0], not_after=span[1]))
        build_context(pair.cert, pair.key, NOW)


@pytest.mark.parametrize("other", [ec.generate_private_key(ec.SECP256R1()), "rsa"])
def test_a_key_of_another_certificate_is_refused(pair, other):
    """UX 4.9: certificate and key do not match, whatever kind of key it is."""
    key = rsa.generate_private_key(65537, 2048) if other == "rsa" else other
    pair.write(key=pem_key(key))
    problem = pair.refused()
    assert problem.reason == "key_mismatch"
    assert f"{pair.key} does not belong to the certificate {pair.cert}" in problem.error


@POSIX
@pytest.mark.parametrize("mode", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o660, 0o644, 0o777])
def test_a_key_that_others_may_read_is_refused(pair, mode):
    """RELIABILITY row 28, the chmod matrix: no bit for group or others."""
    pair.key.chmod(mode)
    problem = pair.refused()
    assert problem.reason == "key_too_open"
    assert f"(mode {mode:04o})" in problem.error
    assert problem.hint == f"chmod 600 {pair.key}"


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_key_for_its_owner_only_is_taken(pair, mode):
    """The rest of the matrix."""
    pair.key.chmod(mode)
    build_context(pair.cert, pair.key, NOW)


@POSIX
@pytest.mark.parametrize(("uid", "is_taken"), [(0, True), (4711, True), (4712, False)])
def test_a_key_must_be_ours_or_roots(pair, monkeypatch, uid, is_taken):
    """RELIABILITY row 28: a stranger's key is a stranger's server."""
    real = os.stat_result
    found = pair.key.stat()
    faked = real([*found[:4], uid, *found[5:]])
    path_type = type(pair.key)
    stat = path_type.stat
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(
        path_type, "stat", lambda self, **k: faked if self == pair.key else stat(self, **k)
    )
    if is_taken:
        build_context(pair.cert, pair.key, NOW)
    else:
        problem = pair.refused()
        assert problem.reason == "key_of_other"
        assert problem.hint == f"make it yours: chown 4711 {pair.key}"


@POSIX
@pytest.mark.parametrize("which", ["cert", "key"])
def test_a_file_of_root_that_we_may_not_read_says_so(pair, which, monkeypatch):
    """UX 4.2: pointed at /etc/letsencrypt, the sentence tells of the hook, without a traceback."""
    path = getattr(pair, which)
    path_type = type(path)
    real_open = path_type.open

    def forbidden(self, *args, **kwargs):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return real_open(self, *args, **kwargs)

    monkeypatch.setattr(path_type, "open", forbidden)
    problem = pair.refused()
    assert problem.reason == "file_forbidden"
    assert f"{path} cannot be read by the user" in problem.error
    assert "docs/operations.md" in problem.hint


@pytest.mark.parametrize("which", ["cert", "key"])
def test_a_folder_is_no_file(pair, which):
    """Any other trouble with reading is a sentence too."""
    path = getattr(pair, which)
    path.unlink()
    path.mkdir()
    assert pair.refused().reason == "file_unreadable"


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "BEGIN CERTIFICATE"),
        (b"junk", "BEGIN CERTIFICATE"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "BEGIN CERTIFICATE"),
        (pem_key(KEY), "the wrong way round?"),
    ],
)
def test_a_file_without_a_certificate_is_refused(pair, content, hint):
    """UX 4.9: has no certificate (is it the key?)."""
    pair.write(cert=content)
    problem = pair.refused()
    assert problem.reason == "certificate_unreadable"
    assert hint in problem.hint


@pytest.mark.parametrize("content", [b"", b"junk", pem_cert(KEY)])
def test_a_file_without_a_key_is_refused(pair, content):
    """The same for the key."""
    pair.write(key=content)
    problem = pair.refused()
    assert (problem.reason, "BEGIN PRIVATE KEY" in problem.hint) == ("key_unreadable", True)


def test_a_locked_key_is_refused_and_nobody_is_asked(pair):
    """OpenSSL would ask at the terminal, where a service hangs for ever."""
    pair.write(key=pem_key(KEY, b"canary"))
    problem = pair.refused()
    assert problem.reason == "key_encrypted"
    assert problem.hint.startswith(f"openssl pkey -in {pair.key}")


def test_what_openssl_alone_refuses_is_a_sentence_too(pair):
    """A key too weak for the security level passes our checks and not OpenSSL's."""
    weak = rsa.generate_private_key(65537, 1024)
    pair.write(pem_cert(weak), pem_key(weak))
    problem = pair.refused()
    assert problem.reason == "certificate_refused"
    assert "EE_KEY_TOO_SMALL" in problem.error


# Facts


def test_the_facts_of_a_certificate(authority, tmp_path):
    """Names first DNS then addresses, issuer, dates, fingerprint, and the pin clients compare."""
    issued = authority.issue_cert("127.0.0.1", "::1", "chat.lan", common_name="chat.lan")
    path = tmp_path / "server.pem"
    issued.cert_chain_pems[0].write_to_path(path)
    facts = read_facts(path)
    der = ssl.PEM_cert_to_DER_cert(path.read_text())
    assert sorted(facts.names) == ["127.0.0.1", "::1", "chat.lan"]
    assert facts.names[0] == "chat.lan"
    assert facts.subject == "chat.lan"
    assert facts.issuer.startswith("trustme")
    assert facts.fingerprint == hashlib.sha256(der).digest().hex(":").upper()
    assert facts.pin.startswith("SHA256:")
    assert len(facts.pin) == len("SHA256:") + 44
    assert facts.not_before < facts.not_after
    assert facts.not_before.tzinfo is UTC


def test_the_pin_stays_when_the_key_stays(pair):
    """Renewal with the same key disturbs nobody: the pin is of the key, not of the certificate."""
    before = read_facts(pair.cert)
    pair.write(cert=pem_cert(KEY, not_after=NOW + 9 * DAY))
    after = read_facts(pair.cert)
    assert before.pin == after.pin
    assert before.fingerprint != after.fingerprint


def test_a_certificate_without_names_has_none(pair):
    """A CN alone is believed by no client of today; the start screen warns of it."""
    assert read_facts(pair.cert).names == ()


def test_names_are_cleaned(pair):
    """UX 5.1: certificate fields reach a terminal, so they pass the sanitiser."""
    pair.write(cert=pem_cert(KEY, subject="a\x1b]0;x\x07\u202eb"))
    facts = read_facts(pair.cert)
    assert "\x1b" not in facts.subject + facts.issuer
    assert "\u202e" not in facts.subject + facts.issuer


def test_a_subject_without_a_name_is_shown_as_it_is(pair):
    """Neither CN nor O: the distinguished name in one line."""
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "BR")])
    assert tls._display_name(name) == "C=BR"


@pytest.mark.parametrize(
    ("left", "days", "warns"),
    [
        (timedelta(days=90), 90, None),
        (timedelta(days=30), 30, None),
        (timedelta(days=30) - timedelta(seconds=1), 30, 30),
        (timedelta(days=7), 7, 30),
        (timedelta(days=7) - timedelta(seconds=1), 7, 7),
        (timedelta(days=1), 1, 7),
        (timedelta(days=1) - timedelta(seconds=1), 1, 1),
        (timedelta(0), 0, 1),
        (timedelta(seconds=-1), 0, 1),
        (timedelta(days=-1), -1, 1),
    ],
)
def test_the_warnings_before_expiry(left, days, warns):
    """Thresholds at 30, 7 and 1 days."""
    facts = CertificateFacts((), "", "", NOW - DAY, NOW + left, "", "")
    assert facts.days_left(NOW) == days
    assert facts.warn_days(NOW) == warns


def test_the_private_ca_beside_it_is_found(pair, authority):
    """People who join need the CA's certificate, if it is ours: the start screen names the file."""
    ca = pair.cert.parent / "ca.pem"
    assert issuer_beside(pair.cert) is None
    write_issued(pair, authority.issue_cert("chat.lan"))
    assert issuer_beside(pair.cert) is None
    ca.write_bytes(trustme.CA().cert_pem.bytes())
    assert issuer_beside(pair.cert) is None
    ca.write_bytes(b"junk")
    assert issuer_beside(pair.cert) is None
    ca.write_bytes(authority.cert_pem.bytes())
    assert issuer_beside(pair.cert) == ca


# What is negotiated


class Handshake:
    """A TLS handshake in memory between a server context and a client context."""

    def __init__(self, server_context, client_context, name="chat.lan"):
        a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = server_context.wrap_bio(a, b, server_side=True)
        self.client = client_context.wrap_bio(b, a, server_hostname=name)

    def run(self):
        waiting = [self.client, self.server]
        for _turn in range(20):
            for side in list(waiting):
                try:
                    side.do_handshake()
                    waiting.remove(side)
                except ssl.SSLWantReadError:
                    pass
            if not waiting:
                return self
        raise AssertionError("the handshake does not end")


def client_context(authority, **settings):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def write_issued(pair, issued):
    pair.write(
        b"".join(blob.bytes() for blob in issued.cert_chain_pems), issued.private_key_pem.bytes()
    )


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


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal-less process")
def test_a_locked_key_does_not_prompt(pair):
    """In a process without a terminal the same sentence comes, at once."""
    pair.write(key=pem_key(KEY, b"canary"))
    code = (
        "import sys; from pathlib import Path; from server.net.tls import *\n"
        "from datetime import datetime, timezone\n"
        "try: build_context(Path(sys.argv[1]), Path(sys.argv[2]),"
        " datetime(2026, 11, 21, tzinfo=timezone.utc))\n"
        "except TlsError as e: print(e.reason)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, pair.cert, pair.key],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
        cwd=os.path.dirname(tls.__file__) + "/../..",
    )
    assert found.stdout == "key_encrypted\n", found.stderr
