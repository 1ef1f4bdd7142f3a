"""A real chat-server process with its folder, and people with sockets of their own to it.

For the tests in tests/e2e. Nothing sleeps: whoever waits has a deadline that only a broken program
reaches.
"""

import base64
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import bcrypt

ROOT = Path(__file__).resolve().parent.parent.parent
DEADLINE_S = 30.0
PASSWORD = "correct horse"

LISTENERS = """
[[listeners]]
host = "127.0.0.1"
port = 0
[[listeners]]
host = "127.0.0.1"
port = 0
protocol = "simple"
[tls]
cert = "server.pem"
key = "server-key.pem"
"""
"""How a config begins: both dialects over TLS, with the files that a `Server` makes."""


def hash_password(password=PASSWORD):
    """bcrypt at the lowest cost: these tests are not about its slowness."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


HASH = hash_password()


def freeze(process):
    """Stop a child of ours, wholly: its threads stop one after the other. SIGCONT wakes it."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


class Person:
    """Somebody with a TLS (or plain) socket, who reads lines."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(DEADLINE_S)
        self.file = sock.makefile("rb")

    def send(self, *lines):
        self.sock.sendall(b"".join(line.encode() + b"\r\n" for line in lines))

    def line(self):
        """The next line, without its end; "" is the end of the connection."""
        try:
            return self.file.readline().decode().rstrip("\r\n")
        except ConnectionError:
            return ""

    def until(self, part):
        """Read up to a line that contains `part`; gives all lines read."""
        lines = []
        while True:
            line = self.line()
            assert line, f"the connection ended before {part!r}; got {lines}"
            lines.append(line)
            if part in line:
                return lines

    def rest(self):
        """All lines up to the end of the connection."""
        lines = []
        while line := self.line():
            lines.append(line)
        return lines

    def barrier(self):
        """Everything sent so far has been decided, and everything before the answer is here."""
        self.send("PING barrier")
        return self.until("PONG")[:-1]

    def close(self):
        """Gone, without a word."""
        with contextlib.suppress(OSError):
            self.file.close()
            self.sock.close()


class Server:
    """One chat-server process with its folder."""

    def __init__(self, folder, ca, config, accounts):
        self.folder = folder
        self.ca = ca
        self.process = None
        self.ports = {}
        self.log = []
        self.people = []
        self.readers = []
        certificate = ca.issue_cert("localhost", "127.0.0.1", "::1")
        self.set_certificate(certificate)
        self.set_accounts(accounts)
        (folder / "ca.pem").write_bytes(ca.cert_pem.bytes())
        (folder / "config.toml").write_text(config)

    def set_certificate(self, certificate):
        (self.folder / "server.pem").write_bytes(
            b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        )
        key = self.folder / "server-key.pem"
        key.touch(mode=0o600)
        key.write_bytes(certificate.private_key_pem.bytes())

    def set_accounts(self, accounts):
        new = self.folder / "passwd.new"
        new.touch(mode=0o600)
        new.write_text("".join(f"{name}:{HASH}\n" for name in accounts))
        new.replace(self.folder / "passwd")

    def start(self):
        self.spawn()
        return self.wait()

    def spawn(self):
        """Start the process; it is ready after `wait`."""
        self.ports = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server", "--config", str(self.folder / "config.toml")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._read_to_log(self.process.stderr)
        return self

    def wait(self):
        """Until it listens."""
        for line in self.process.stdout:
            words = line.split()
            if words[:1] == ["listening"]:
                self.ports.setdefault(words[1], int(words[3].rpartition(":")[2]))
            if len(self.ports) == self._listeners():
                break
        assert len(self.ports) == self._listeners(), "".join(self.log)
        self._read_to_log(self.process.stdout)
        return self

    def _listeners(self):
        return (self.folder / "config.toml").read_text().count("[[listeners]]")

    def _read_to_log(self, pipe):
        def read():
            with pipe:
                for line in pipe:
                    self.log.append(line)

        reader = threading.Thread(target=read)
        reader.start()
        self.readers.append(reader)

    @property
    def port(self):
        """The port of the first IRC listener."""
        return self.ports["irc"]

    def fix_port(self):
        """Make a restart take the same port: a client comes back to where it was."""
        config = self.folder / "config.toml"
        config.write_text(config.read_text().replace("port = 0", f"port = {self.port}", 1))

    def stop(self, number=signal.SIGTERM):
        """Ask the process to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)

    def kill(self):
        """End the process at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self.readers:
            reader.join()
        if self.process is not None:
            self.process.stdout.close()  # nobody else does if it never listened
        for person in self.people:
            person.close()

    def context(self):
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context

    def connect(self, protocol="irc", source="127.0.0.1"):
        """A person behind a verified TLS handshake."""
        sock = socket.create_connection(
            ("127.0.0.1", self.ports[protocol]), timeout=DEADLINE_S, source_address=(source, 0)
        )
        self.people.append(Person(self.context().wrap_socket(sock, server_hostname="localhost")))
        return self.people[-1]

    def login(self, name, *, caps="", password=PASSWORD, source="127.0.0.1"):
        """A person on IRC who is in, with everything read up to the lobby's names."""
        person = self.connect(source=source)
        person.send(
            "CAP LS 302",
            f"CAP REQ :sasl {caps}".rstrip(),
            f"NICK {name}",
            f"USER {name} 0 * :{name.title()}",
            "AUTHENTICATE PLAIN",
        )
        person.until("AUTHENTICATE +")
        person.send(f"AUTHENTICATE {plain(name, password)}")
        person.until(" 903 ")
        person.send("CAP END")
        person.until(" 366 ")
        return person


def plain(name, password):
    """SASL PLAIN's one message (RFC 4616)."""
    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()
