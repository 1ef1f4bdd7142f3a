"""The road to the server, and the CA file: the rows of the catalogue not about identity."""

import asyncio
import socket

import pytest

from client import net
from client.failures import ConnectFailure
from client.identity import Endpoint
from client.trust import CaFile, SystemCas
from tests.support.attempts import attempt
from tests.support.tls_servers import RecordingServer, old_tls_context

# --- the road -----------------------------------------------------------------------------------


def test_plain_text_server():
    """A port without TLS is told as that, with the usual port (4.9)."""
    with RecordingServer(None, greeting=b"New User. Please register\r\n") as server:
        failure = attempt(server.port, SystemCas())
    assert f"port {server.port} of localhost does not speak TLS" in failure.sentence
    assert "6697" in failure.advice[0]
    assert (failure.exit_code, failure.is_retryable) == (76, False)


def test_old_tls(leaf, ca_file):
    """TLS 1.1 is refused, whatever the server would like (4.9)."""
    with RecordingServer(old_tls_context(leaf)) as server:
        failure = attempt(server.port, CaFile(ca_file))
    assert "TLS 1.1 or older" in failure.sentence
    assert failure.exit_code == 76


def test_closed_at_once():
    """A server that hangs up is told as that, and may be tried again (4.9)."""
    with RecordingServer(None, hang_up=True) as server:
        failure = attempt(server.port, SystemCas())
    assert "closed the connection at once" in failure.sentence
    assert (failure.exit_code, failure.is_retryable) == (69, True)


def test_refused():
    """Nobody listens (4.9)."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        failure = attempt(taken.getsockname()[1], SystemCas())
    assert "nobody listens on localhost:" in failure.sentence
    assert (failure.exit_code, failure.is_retryable) == (69, True)


def test_no_answer():
    """A server that accepts and says nothing is given up after the time-out (4.9)."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = attempt(silent.getsockname()[1], SystemCas(), timeout_s=0.2)
    assert "no answer from localhost:" in failure.sentence
    assert "in 0.2 s" in failure.sentence
    assert (failure.exit_code, failure.is_retryable) == (69, True)


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "x" * 64 + ".invalid"])
def test_no_such_host(host):
    """A name that does not resolve, or that is no name (4.9)."""
    failure = attempt(6697, SystemCas(), host)
    assert f'no such host "{host}"' in failure.sentence
    assert failure.exit_code == 69


def test_no_tls_is_for_loopback():
    """--no-tls to another machine is refused before anything is sent (DESIGN 1.3)."""

    async def run(host: str, port: int) -> None:
        line = await net.connect_plain(Endpoint(host, port), timeout_s=5)
        line.write(b"NICK ana\r\n")
        assert await line.read() == b"hello"
        await line.close()

    with RecordingServer(None, greeting=b"hello") as server:
        asyncio.run(run("localhost", server.port))
    with pytest.raises(ConnectFailure, match="only on this computer") as caught:
        asyncio.run(run("192.0.2.1", 6667))
    assert caught.value.exit_code == 2


def test_several_addresses_refuse():
    """asyncio joins several refusals into one text; it still reads as a refusal."""
    error = OSError(
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1), [Errno 111] x"
    )
    failure = net._os_failure(Endpoint("localhost", 1), error, 10)
    assert "nobody listens" in failure.sentence
    late = net._os_failure(Endpoint("h", 1), OSError("Multiple exceptions: [Errno 110] a"), 10)
    assert "no answer" in late.sentence
    other = net._os_failure(Endpoint("h", 1), OSError(113, "No route to host"), 10)
    assert "cannot reach h:1: No route to host" in other.sentence


# --- files --------------------------------------------------------------------------------------


def test_ca_file_missing(tmp_path):
    """--ca names no file (4.9)."""
    failure = attempt(1, CaFile(tmp_path / "nothing.pem"))
    assert "nothing.pem: no such file" in failure.sentence
    assert failure.exit_code == 66


def test_ca_file_is_a_key(leaf, tmp_path):
    """--ca names the key: said so, because OpenSSL does not (4.9)."""
    path = tmp_path / "ca-key.pem"
    leaf.private_key_pem.write_to_path(str(path))
    failure = attempt(1, CaFile(path))
    assert "is a private key, not a certificate" in failure.sentence
    assert failure.exit_code == 65


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello\n",
        b"\x30\x03abc",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
)
def test_ca_file_is_no_certificate(tmp_path, content):
    """--ca names some other file (4.9)."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    failure = attempt(1, CaFile(path))
    assert "no certificate in" in failure.sentence
    assert failure.exit_code == 65
