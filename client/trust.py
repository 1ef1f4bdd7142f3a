"""Whom the client believes: the trust store, and the TLS contexts that follow from it.

Called by `net` and by `chat-client trust`. There is no way to turn verification off: a server is
believed because of the system's CAs, one CA file, or the pin of its key (UX 4.4 to 4.6).
The store is `trust.toml` in the config folder, one table per `host:port`.
"""

import contextlib
import os
import re
import ssl
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from gettext import gettext as _
from pathlib import Path
from typing import Any

from client.identity import Endpoint, Pin
from client.paths import config_dir, write_private

TRUST_FILE_BYTES_MAX = 1_000_000  # thousands of servers; a bigger file is not ours
CA_FILE_BYTES_MAX = 1_000_000  # a bundle of every public CA is a quarter of this


class TrustError(Exception):
    """The trust store, or a CA file, cannot be used.

    TrustError
    ├── StoreBroken    trust.toml is not what we wrote, or others may write it
    ├── CaMissing      no such file, or not readable
    ├── CaIsKey        a private key where a certificate belongs
    └── CaUnreadable   no certificate in it
    """

    def __init__(self, path: Path, problem: str = "") -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}" if problem else str(path))


class StoreBroken(TrustError):
    """trust.toml is not what we wrote, or others may write it."""


class CaMissing(TrustError):
    """The CA file does not exist or may not be read."""


class CaIsKey(TrustError):
    """The CA file is a private key."""


class CaUnreadable(TrustError):
    """There is no certificate in the CA file."""


@dataclass(frozen=True, slots=True)
class SystemCas:
    """Believe what this computer believes."""


@dataclass(frozen=True, slots=True)
class CaFile:
    """Believe the CA in this file, and no other."""

    path: Path


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """Believe exactly this key. `since` is None when the pin came with the command."""

    pin: Pin
    since: date | None = None


Anchor = SystemCas | CaFile | PinnedKey


@dataclass(frozen=True, slots=True)
class Trusted:
    """One entry of the store: what is believed of a server, since when, and how it came to be."""

    anchor: CaFile | PinnedKey
    since: date
    how: str


class TrustStore:
    """The servers a person has accepted. Each change is one atomic write of the whole file."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder if folder is not None else config_dir()
        self.path = self._folder / "trust.toml"

    def load(self) -> dict[str, Trusted]:
        """Every entry by `host:port`; empty when there is no file yet. Raises StoreBroken."""
        try:
            with self.path.open("rb") as stream:
                mode = os.fstat(stream.fileno()).st_mode
                content = stream.read(TRUST_FILE_BYTES_MAX)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StoreBroken(self.path, os.strerror(error.errno or 0)) from error
        if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
            # Whoever writes this file decides which server gets the password.
            raise StoreBroken(self.path, _("others may write this file; run: chmod 600"))
        try:
            tables = tomllib.loads(content.decode("utf-8"))
            return {key: _entry(table) for key, table in tables.items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreBroken(self.path, str(error)) from error

    def find(self, endpoint: Endpoint) -> Trusted | None:
        """What is believed of this server, if a person ever said so. Raises StoreBroken."""
        return self.load().get(str(endpoint))

    def remember_ca(self, endpoint: Endpoint, ca: Path, today: date, how: str) -> Path:
        """Keep a copy of the CA file and trust it for this server; the answer is the copy.

        A copy, because people delete what they downloaded. Raises TrustError, OSError.
        """
        pem = ca_certificates(ca)
        name = re.sub(r"[^0-9A-Za-z.-]", "_", f"{endpoint.host}_{endpoint.port}")
        copy = self._folder / "ca" / f"{name}.pem"
        write_private(copy, pem)
        self._put(endpoint, Trusted(CaFile(copy), today, how))
        return copy

    def remember_pin(self, endpoint: Endpoint, pin: Pin, today: date, how: str) -> None:
        """Trust this key for this server. Raises StoreBroken, OSError."""
        self._put(endpoint, Trusted(PinnedKey(pin, today), today, how))

    def remove(self, endpoint: Endpoint) -> bool:
        """Forget a server; whether there was anything to forget. Raises StoreBroken, OSError."""
        entries = self.load()
        gone = entries.pop(str(endpoint), None)
        if gone is None:
            return False
        self._write(entries)
        if isinstance(gone.anchor, CaFile) and gone.anchor.path.parent == self._folder / "ca":
            with contextlib.suppress(OSError):  # a left-over copy harms nobody
                gone.anchor.path.unlink()
        return True

    def _put(self, endpoint: Endpoint, entry: Trusted) -> None:
        entries = self.load()
        entries[str(endpoint)] = entry
        self._write(entries)

    def _write(self, entries: Mapping[str, Trusted]) -> None:
        lines = ["# Servers that chat-client trusts. Edit with: chat-client trust list|add|remove"]
        for key in sorted(entries):
            entry = entries[key]
            match entry.anchor:
                case CaFile(path):
                    what = f"ca = {_toml(str(path))}"
                case PinnedKey(pin):
                    what = f"pin = {_toml(str(pin))}"
            lines += [
                "",
                f"[{_toml(key)}]",
                what,
                f"since = {entry.since.isoformat()}",
                f"how = {_toml(entry.how)}",
            ]
        write_private(self.path, "\n".join(lines) + "\n")


def _entry(table: Mapping[str, Any]) -> Trusted:
    since: date = table["since"]
    if type(since) is not date:
        raise ValueError("since must be a date")
    match table:
        case {"pin": str(pin)} if "ca" not in table:
            return Trusted(PinnedKey(Pin.parse(pin), since), since, str(table.get("how", "")))
        case {"ca": str(ca)} if "pin" not in table:
            return Trusted(CaFile(Path(ca)), since, str(table.get("how", "")))
    raise ValueError("an entry has either ca or pin")


def _toml(text: str) -> str:
    # Basic strings: control characters, quote and backslash are escaped, the rest stands as it is.
    body = "".join(
        f"\\u{ord(char):04X}" if char in '"\\' or ord(char) < 32 or ord(char) == 127 else char
        for char in text
    )
    return f'"{body}"'


def ca_certificates(path: Path) -> str:
    """The PEM certificates in a CA file, and nothing else that may be in it.

    Raises:
        CaMissing, CaIsKey, CaUnreadable: With the path, and the system's words where it has some.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(CA_FILE_BYTES_MAX)
    except OSError as error:
        raise CaMissing(path, os.strerror(error.errno or 0)) from error
    if content[:1] == b"\x30":  # DER, as Windows and some browsers export it
        return ssl.DER_cert_to_PEM_cert(content)
    text = content.decode("utf-8", "replace")
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.DOTALL)
    if not blocks:
        raise CaIsKey(path) if "PRIVATE KEY-----" in text else CaUnreadable(path)
    return "\n".join(blocks) + "\n"


def make_context(anchor: SystemCas | CaFile) -> ssl.SSLContext:
    """A context that verifies the chain and the name. Raises TrustError for the CA file."""
    if isinstance(anchor, SystemCas):
        context = _verifying_context()
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context
    pem = ca_certificates(anchor.path)
    context = _verifying_context()
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise CaUnreadable(anchor.path) from error
    return context


def make_leaf_context(leaf_der: bytes) -> ssl.SSLContext:
    """A context that believes this one server certificate, and still verifies dates and names.

    For a pin: the caller has compared the key in `leaf_der`, and compares it again after the
    handshake. The partial-chain flag lets a certificate that a CA signed be the end of the chain.
    """
    context = _verifying_context()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=leaf_der)
    return context


def make_probe_context() -> ssl.SSLContext:
    """For one look at a server's certificate and nothing else: see `net.probe`, the only caller."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _verifying_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # CERT_REQUIRED and check_hostname
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The default from Python 3.13 on; set here so that a certificate fares the same everywhere.
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_TRUSTED_FIRST
    # A name in the subject was a host name thirty years ago; CAs have not checked it for long.
    context.hostname_checks_common_name = False
    context.options |= ssl.OP_NO_COMPRESSION
    if hasattr(ssl, "OP_NO_RENEGOTIATION"):
        context.options |= ssl.OP_NO_RENEGOTIATION
    return context
