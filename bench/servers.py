"""Starts chat servers side by side on loopback, for compare.py: ours, ngIRCd and InspIRCd.

Each server gets a folder of its own with a config that lifts its limits, the same certificate, and
a free port. A server that is not installed is left out. Only loopback, only processes started here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import trustme

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "bench"
START_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Running:
    """A server that accepts connections."""

    name: str
    port: int
    pid: int
    start_s: float
    has_accounts: bool

    def rss_kib(self) -> int:
        """Resident memory of the process."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def cpu_s(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def make_certificate(folder: Path) -> None:
    """server.pem and server-key.pem for 127.0.0.1, from a throw-away CA."""
    certificate = trustme.CA().issue_cert("127.0.0.1", "localhost")
    (folder / "server.pem").write_bytes(b"".join(b.bytes() for b in certificate.cert_chain_pems))
    key = folder / "server-key.pem"
    key.write_bytes(certificate.private_key_pem.bytes())
    key.chmod(0o600)


def _ours(folder: Path, port: int, clients: int, extra: str) -> list[str]:
    password = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    accounts = folder / "passwd"
    accounts.write_text("".join(f"u{number}:{password}\n" for number in range(clients)))
    accounts.chmod(0o600)
    (folder / "config.toml").write_text(
        f"""
[[listeners]]
host = "127.0.0.1"
port = {port}
[tls]
cert = "server.pem"
key = "server-key.pem"
[accounts]
bcrypt_cost = 4
bcrypt_queue_max = 10000
[limits]
connections_max = 20000
connections_per_address_max = 20000
connections_per_address_minute_max = 100000
handshakes_max = 5000
handshakes_per_address_max = 5000
lines_burst = 1000000
lines_per_s = 1000000.0
outbuf_bytes_max = 67108864
inbuf_bytes_max = 1048576
{extra}
"""
    )
    return [sys.executable, "-m", "server", "--config", str(folder / "config.toml")]


def _forgetful(folder: Path, port: int, clients: int, extra: str) -> list[str]:
    """Ours without history: what durability costs is the difference."""
    return _ours(folder, port, clients, f"{extra}\n[history]\nkeep = false\n")


def _ngircd(folder: Path, port: int, clients: int, _extra: str) -> list[str]:
    (folder / "ngircd.conf").write_text(
        f"""
[Global]
    Name = irc.bench.local
    Info = bench
    Listen = 127.0.0.1
    Ports = {free_port()}
    MotdPhrase = hello
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxNickLength = 20
    MaxPenaltyTime = 0
    PingTimeout = 600
[Options]
    DNS = no
    Ident = no
    PAM = no
[SSL]
    CertFile = {folder}/server.pem
    KeyFile = {folder}/server-key.pem
    Ports = {port}
"""
    )
    return ["/usr/sbin/ngircd", "-n", "-f", str(folder / "ngircd.conf")]


def _inspircd(folder: Path, port: int, clients: int, _extra: str) -> list[str]:
    (folder / "inspircd.conf").write_text(
        f"""
<config format="xml">
<server name="irc.bench.local" description="bench" network="bench" id="001">
<admin name="bench" nick="bench" email="bench@bench.local">
<module name="ssl_gnutls">
<sslprofile name="clients" provider="gnutls" certfile="{folder}/server.pem"
            keyfile="{folder}/server-key.pem" requestclientcert="no">
<bind address="127.0.0.1" port="{port}" type="clients" sslprofile="clients">
<connect name="main" allow="*" timeout="60" pingfreq="600" hardsendq="67108864"
         softsendq="67108864" recvq="1048576" threshold="1000000" commandrate="1000000000"
         fakelag="no" localmax="20000" globalmax="20000" maxconnwarn="no"
         resolvehostnames="no" useident="no" limit="20000" modes="+x">
<performance softlimit="20000" somaxconn="512" timeskipwarn="0s" quietbursts="yes">
<options prefixquit="Quit: " defaultmodes="nt" nouserdns="yes">
<limits maxnick="20" maxchan="64">
<channels users="100" opers="100">
<pid file="{folder}/inspircd.pid">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/log">
<files motd="{folder}/motd">
"""
    )
    (folder / "motd").write_text("hello\n")
    return [
        "/usr/sbin/inspircd",
        "--nofork",
        "--runasroot",
        "--config",
        str(folder / "inspircd.conf"),
    ]


KINDS = {
    "tlschat": _ours,
    "tlschat, no history": _forgetful,
    "ngircd": _ngircd,
    "inspircd": _inspircd,
}


def is_ours(kind: str) -> bool:
    """Whether it is this project's server, of this checkout or, with `@FOLDER`, of another."""
    return kind.startswith("tlschat")


def is_installed(kind: str) -> bool:
    """Whether a server of this kind can be started here."""
    return is_ours(kind) or shutil.which(kind, path=f"/usr/sbin:{os.environ['PATH']}") is not None


@contextlib.contextmanager
def started(kind: str, folder: Path, *, clients: int = 0, extra: str = "") -> Iterator[Running]:
    """A server of `kind` in `folder`, with accounts u0, u1 ... if it has accounts; ended after."""
    folder.mkdir(parents=True, exist_ok=True)
    make_certificate(folder)
    port = free_port()
    name, _at, checkout = kind.partition("@")
    command = KINDS[name](folder, port, clients, extra)
    began = time.monotonic()
    with (folder / "output").open("wb") as output:
        where = Path(checkout or ROOT) if is_ours(kind) else folder
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=where)
    try:
        _wait_for(port, process, folder)
        start_s = time.monotonic() - began
        yield Running(kind, port, process.pid, start_s, is_ours(kind))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Until a TLS handshake works."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only to see that it answers; nothing is sent
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            with socket.create_connection(("127.0.0.1", port), timeout=1) as sock:
                context.wrap_socket(sock).close()
            return
        time.sleep(0.005)
    raise RuntimeError(f"the server did not start: {(folder / 'output').read_text()[-2000:]}")
