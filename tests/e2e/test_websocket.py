"""IRC over WebSocket with the real server, over real TLS, with the library's own client."""

import contextlib
import socket

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.support.server_process import DEADLINE_S, PASSWORD, plain

TEXT, BINARY = "text.ircv3.net", "binary.ircv3.net"
PAGE = "https://chat.example.org"

LISTENERS = f"""
[[listeners]]
host = "127.0.0.1"
port = 0
protocol = "websocket"
origins = ["{PAGE}"]
"""


class Browser:
    """Somebody with a WebSocket, who reads lines."""

    def __init__(self, server, stack, *, tls=True, **options):
        options = {"subprotocols": [TEXT], "origin": PAGE, "compression": None} | options
        port = server.ports["websocket"]
        context = server.context()
        context.set_alpn_protocols(["http/1.1"])  # as browsers do; nobody there speaks "irc"
        connecting = connect(
            f"{'wss' if tls else 'ws'}://localhost:{port}/",
            sock=socket.create_connection(("127.0.0.1", port), DEADLINE_S),
            ssl=context if tls else None,
            open_timeout=DEADLINE_S,
            close_timeout=DEADLINE_S,
            **options,
        )
        self.socket = stack.enter_context(connecting)

    def send(self, *lines):
        for line in lines:
            self.socket.send(line)

    def line(self):
        return self.socket.recv(timeout=DEADLINE_S)

    def until(self, part):
        lines = [self.line()]
        while part not in lines[-1]:
            lines.append(self.line())
        return lines

    def login(self, name):
        self.send("CAP LS 302", "CAP REQ sasl", f"NICK {name}", f"USER {name} 0 * :x")
        self.send("AUTHENTICATE PLAIN")
        self.until("AUTHENTICATE +")
        self.send(f"AUTHENTICATE {plain(name, PASSWORD)}")
        self.until(" 903 ")
        self.send("CAP END")
        self.until(" 366 ")


@pytest.fixture
def serve(make_server):
    """Start a server with a WebSocket listener as well."""

    def make(listener=LISTENERS, limits="", per_address=2000):
        server = make_server(start=False, limits=limits)
        config = server.folder / "config.toml"
        text = config.read_text().replace("_address_max = 2000", f"_address_max = {per_address}")
        config.write_text(listener + text)
        return server.start()

    return make


@pytest.fixture
def server(serve):
    """A server with a WebSocket listener as well."""
    return serve()


@pytest.fixture
def open_browser(server):
    """Open WebSockets; they are closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: Browser(server, stack, **options)


def test_a_browser_and_a_client_talk(server, open_browser):
    """Two people, one on WebSocket and one on IRC, are in the same room."""
    joao = server.login("joao")
    ana = open_browser()
    ana.login("ana")
    joao.until(" JOIN ")

    ana.send("PRIVMSG #lobby :olá 🌊")
    assert joao.line().endswith(" PRIVMSG #lobby :olá 🌊")
    joao.send("PRIVMSG #lobby :one", "PRIVMSG #lobby :two", "PRIVMSG ana :three")
    heard = [ana.line() for _ in range(3)]
    assert [line.rpartition(":")[2] for line in heard] == ["one", "two", "three"]
    assert not any("\r" in line or "\n" in line for line in heard)

    ana.send("QUIT :bye")
    assert " ERROR :" in ana.line()
    with pytest.raises(ConnectionClosed) as closed:
        ana.line()
    assert closed.value.rcvd.code == 1000
    assert " QUIT " in joao.line()


def test_a_line_that_cannot_be_is_answered(server, open_browser):
    """Refusals are the same as on IRC, and talk goes on."""
    ana = open_browser(subprotocols=[BINARY])
    ana.send(b"PING \xff", "PING 1\nPING 2", "x" * 600, b"PING 3")
    lines = [ana.line().decode() for _ in range(4)]
    assert "INVALID_UTF8" in lines[0]
    assert "MALFORMED_MESSAGE" in lines[1]
    assert " 417 " in lines[2]
    assert lines[3] == ":chat.local PONG chat.local 3"


def test_a_browser_that_leaves_is_gone(server, open_browser):
    """A closed page is somebody who left; the others see it."""
    joao = server.login("joao")
    ana = open_browser()
    ana.login("ana")
    ana.socket.close()
    assert joao.until(" QUIT ")[-1].endswith(" QUIT :Connection closed")


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_other_pages_may_not(server, open_browser, origin):
    """A page whose origin is not in `listeners.origins` gets 403."""
    with pytest.raises(InvalidStatus) as refused:
        open_browser(origin=origin)
    assert refused.value.response.status_code == 403


def test_programs_may(server, open_browser):
    """Without an Origin it is not a browser."""
    ana = open_browser(origin=None, subprotocols=None)
    ana.login("ana")


def test_http_gets_a_text(server):
    """Who opens the address in a browser reads what it is."""
    with server.connect("websocket").sock as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 426 ")
    assert b"You need a WebSocket client" in answer


def test_no_tls_gets_a_text(server):
    """`ws://` to a TLS port is told about `wss://`."""
    with socket.create_connection(("127.0.0.1", server.ports["websocket"]), DEADLINE_S) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"wss://" in answer


def test_stopping_closes_politely(server, open_browser):
    """A stopping server says so, and closes the WebSocket."""
    ana = open_browser()
    ana.login("ana")
    assert server.stop() == 0
    assert "The server is stopping" in ana.until("ERROR")[0]
    with pytest.raises(ConnectionClosed) as closed:
        ana.line()
    assert closed.value.rcvd.code == 1000


def test_behind_a_proxy(serve):
    """Without TLS on loopback, where a web server in front does that: all from one address."""
    server = serve(
        LISTENERS + "tls = false\n", 'connections_exempt = ["127.0.0.0/8"]', per_address=1
    )
    with contextlib.ExitStack() as stack:
        ana, joao = (Browser(server, stack, tls=False) for _ in range(2))
        for browser in (ana, joao):
            browser.send("PING x")
            assert browser.line() == ":chat.local PONG chat.local x"
