"""pki.py: which names can be in a certificate, and which keys and authorities can be used."""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given, strategies as st

import pki

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Chat.LAN", "chat.lan"),
        ("chat.lan.", "chat.lan"),
        ("my_host", "my_host"),
        ("*.chat.lan", "*.chat.lan"),
        ("bücher.lan", "xn--bcher-kva.lan"),
        ("3com.example", "3com.example"),
        ("a" * 63 + ".lan", "a" * 63 + ".lan"),
        (".".join(["a" * 49] * 5)[:253], ".".join(["a" * 49] * 5)[:253]),
    ],
)
def test_host_names(text: str, value: str) -> None:
    """A host name is kept in its ASCII form, in lower case (RFC 5280 4.2.1.6, RFC 1123, IDNA)."""
    assert pki.parse_name(text) == x509.DNSName(value)


@pytest.mark.parametrize("text", ["10.0.0.7", "127.0.1.1", "2001:db8::7", "[::1]", "fe80::1"])
def test_addresses(text: str) -> None:
    """An address of either kind is an IP entry, in brackets too (RFC 3986 writes it so)."""
    assert pki.parse_name(text) == x509.IPAddress(ipaddress.ip_address(text.strip("[]")))


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            ".",
            "a..b",
            "-a.lan",
            "a-.lan",
            "a b",
            "a" * 64,
            "*",
            "*.*.lan",
            "a.*.lan",
            "a*.lan",
        ],
        *["300.1.2.3", "1.2.3", "0.0.0.0", "::", "ff02::1", "224.0.0.1", "fe80::1%eth0"],
        *["https://chat.lan", "chat.lan:6697", "ana@chat.lan", "chat.lan/x", "\x1b[2J.lan"],
        *["a\u202eb", "10.0.0.0/8", "[chat.lan]", "a" * 63 + ("." + "a" * 63) * 3],
    ],
)
def test_not_names(text: str) -> None:
    """What no client could connect to is refused, and the sentence is safe to print."""
    with pytest.raises(pki.CertError) as refused:
        pki.parse_name(text)
    assert refused.value.exit_code == 65
    assert str(refused.value).isprintable()


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    """Nothing else is raised, and every name can be put into a certificate."""
    try:
        name = pki.parse_name(text)
    except pki.CertError:
        return
    x509.SubjectAlternativeName([name]).public_bytes()


def test_days_left_at_the_edges() -> None:
    """A day that has begun counts whole; at its end there are none."""
    certificate = pki.new_authority(NOW).certificate
    end = certificate.not_valid_after_utc
    assert pki.days_left(certificate, end - timedelta(days=30)) == 30
    assert pki.days_left(certificate, end - timedelta(days=30, seconds=-1)) == 30
    assert pki.days_left(certificate, end - timedelta(seconds=1)) == 1
    assert pki.days_left(certificate, end) == 0
    assert pki.days_left(certificate, end + timedelta(days=1, seconds=1)) == -1


def test_long_names_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A common name has 64 characters at most (X.520); longer ones are cut or left out."""
    monkeypatch.setattr(pki.socket, "gethostname", lambda: "h" * 90)
    authority = pki.new_authority(NOW)
    leaf = pki.new_leaf(authority, [pki.parse_name("a" * 60 + ".chat.lan")], pki.new_key(), NOW, 9)
    assert leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == "chat"
    assert pki.is_signed_by(leaf, authority.certificate)


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container the user id may have no name; the CA is named after the host alone."""

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(pki.getpass, "getuser", nobody)
    monkeypatch.setattr(pki.socket, "gethostname", lambda: "box")
    subject = pki.new_authority(NOW).certificate.subject.rfc4514_string()
    assert subject == "CN=tlschat private CA (box),O=tlschat"


def test_an_authority_of_another_tool() -> None:
    """An RSA CA without a key identifier can sign; the leaf has the identifier it computes."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Old CA")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=9))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority = pki.Authority(certificate, key)
    leaf = pki.new_leaf(authority, [pki.parse_name("chat.lan")], pki.new_key(), NOW, 9)
    found = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert found == x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    assert pki.is_signed_by(leaf, certificate)
    assert not pki.is_signed_by(leaf, pki.new_authority(NOW).certificate)


def test_keys_that_cannot_be_used(tmp_path: Path) -> None:
    """A protected key, a key of another kind, and no key at all: a sentence each."""
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    protected = pki.new_key().private_bytes(pem, pkcs8, serialization.BestAvailableEncryption(b"x"))
    other = ed25519.Ed25519PrivateKey.generate()
    other_kind = other.private_bytes(pem, pkcs8, serialization.NoEncryption())
    for content, sentence in (
        (protected, "protected by a password"),
        (other_kind, "neither an EC nor an RSA key"),
        (b"nothing", "has no private key"),
    ):
        path = tmp_path / "key.pem"
        path.write_bytes(content)
        with pytest.raises(pki.CertError, match=sentence):
            pki.load_key(path)
    with pytest.raises(pki.CertError, match="cannot be read") as missing:
        pki.load_key(tmp_path / "none.pem")
    assert missing.value.exit_code == 66


def test_a_certificate_without_names() -> None:
    """Old tools put the name into the subject alone; there it is nobody's name for us."""
    assert pki.names_of(pki.new_authority(NOW).certificate) == []


def test_a_leftover_of_another_run_is_no_target(tmp_path: Path) -> None:
    """The new file is made by us or not at all: a planted link is not followed (O_EXCL)."""
    victim = tmp_path / "victim"
    victim.write_text("keep")
    (tmp_path / f".key.pem.{os.getpid()}.new").symlink_to(victim)
    with pytest.raises(FileExistsError):
        pki.write_key(tmp_path / "key.pem", pki.new_key())
    assert victim.read_text() == "keep"
