"""server.net.tls: which certificates and keys are refused, how it is said, and their facts."""

import hashlib
import os
import ssl
import subprocess
import sys
from datetime import UTC, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from server.net import tls
from server.net.tls import (
    CertificateFacts,
    TlsError,
    build_context,
    issuer_beside,
    read_facts,
)
from tests.support.pem import DAY, KEY, NOW, Pair, pem_cert, pem_key, write_issued

POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes")


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
