"""The real programs over real TLS on loopback: a server process, and people to talk to it.

Certificates come from trustme. Ports are free ones that the server prints. Nothing sleeps: a test
waits for a line, or for PING's answer, with a deadline that only a broken program reaches.
"""

import contextlib
import datetime
import os
import textwrap

import pytest
import trustme

from tests.support.piped import Piped
from tests.support.server_process import LISTENERS, PASSWORD, ROOT, Person, Server
from tests.support.terminal import Terminal

CONFIG = (
    LISTENERS
    + """[accounts]
bcrypt_cost = 4
{accounts}
[limits]
login_delay_s = 0.0
connections_per_address_max = 2000
connections_per_address_minute_max = 100000
handshakes_per_address_max = 2000
{limits}
"""
)


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
