"""The real programs over real TLS on loopback: a server process, and people to talk to it.

Certificates come from trustme. Ports are free ones that the server prints. Nothing sleeps: a test
waits for a line, or for PING's answer, with a deadline that only a broken program reaches.
"""

import contextlib
import datetime
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import bcrypt
import pytest
import trustme

from tests.support.piped import Piped
from tests.support.terminal import Terminal

ROOT = Path(__file__).resolve().parent.parent.parent
DEADLINE_S = 30.0
PASSWORD = "correct horse"


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
    import base64

    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()


CONFIG = """
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
[accounts]
bcrypt_cost = 4
{accounts}
[limits]
login_delay_s = 0.0
connections_per_address_max = 2000
connections_per_address_minute_max = 100000
handshakes_per_address_max = 2000
{limits}
"""


@pytest.fixture(scope="session")
def ca():
    """A certificate authority for the whole run."""
    return trustme.CA()


@pytest.fixture
def make_server(tmp_path, ca):
    """Start servers: `make_server(accounts=[...], limits="ping_interval_s = 1")`."""
    servers = []

    def make(accounts=("ana", "joao"), *, limits="", account_settings="", start=True):
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        config = CONFIG.format(accounts=account_settings, limits=textwrap.dedent(limits))
        server = Server(folder, ca, config, accounts)
        servers.append(server)
        return server.start() if start else server

    yield make
    for server in servers:
        server.kill()


@pytest.fixture(scope="session")
def next_server(tmp_path_factory, ca):
    """Servers with ana, joao and maria; the next one starts while a test uses the last."""
    spawned = []

    def spawn():
        config = CONFIG.format(accounts="", limits="")
        server = Server(tmp_path_factory.mktemp("server"), ca, config, ("ana", "joao", "maria"))
        spawned.append(server.spawn())

    def take():
        spawn()
        return spawned[-2].wait()

    spawn()
    yield take
    for server in spawned:
        server.kill()


@pytest.fixture
def server(next_server):
    """A server with the accounts ana, joao and maria."""
    server = next_server()
    yield server
    server.kill()


@pytest.fixture
def yesterday():
    """For certificates that ended."""
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.fixture
def person_of():
    """Make a Person of any socket; closed at the end."""
    people = []

    def make(sock):
        people.append(Person(sock))
        return people[-1]

    yield make
    for person in people:
        person.close()


@pytest.fixture
def environment(tmp_path):
    """For programs: this Python's, with a home folder of the test's own."""
    return os.environ | {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "home" / "config"),
        "XDG_STATE_HOME": str(tmp_path / "home" / "state"),
        "PYTHONPATH": str(ROOT),
        "LANGUAGE": "en",
    }


@pytest.fixture
def words_for(tmp_path):
    """What the command line of a chat-client says: `words_for(server, "ana", "--plain")`."""

    def make(server, name, *more, password=PASSWORD, ca=None):
        file = tmp_path / f"password-{name}"
        file.write_text(password + "\n")
        return (
            *("client", "--tls", "localhost", str(server.port), "--no-input"),
            *("--user", name, "--password-file", str(file)),
            *("--ca", str(ca or server.folder / "ca.pem"), *map(str, more)),
        )

    return make


@pytest.fixture
def start(environment):
    """Start programs between two pipes: `start("client", ...)`."""
    with contextlib.ExitStack() as programs:
        yield lambda *words: programs.enter_context(Piped(*words, env=environment))


@pytest.fixture
def join(start, words_for):
    """chat-clients with the plain face, in the lobby: `join(server, "ana")`."""

    def make(server, name, *more):
        client = start(*words_for(server, name, "--plain", *more))
        client.until("/help lists the commands, /quit leaves")
        return client

    return make


@pytest.fixture
def open_terminal(environment):
    """Start programs at a terminal: `open_terminal("client", ...)`."""
    with contextlib.ExitStack() as programs:
        yield lambda *words, **size: programs.enter_context(
            Terminal(*words, env=environment, **size)
        )


@pytest.fixture
def sit_down(open_terminal, words_for):
    """chat-clients with the line face, in the lobby: `sit_down(server, "ana")`."""

    def make(server, name, *more, **size):
        terminal = open_terminal(*words_for(server, name, *more), **size)
        terminal.see("#lobby ›")
        return terminal

    return make
