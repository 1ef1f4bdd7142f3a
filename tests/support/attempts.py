"""One attempt of the client to connect, and what the server saw of it."""

import asyncio

import pytest

from client import net
from client.failures import ConnectFailure
from client.identity import Endpoint
from tests.support.tls_servers import RecordingServer


def attempt(port: int, anchor, host: str = "localhost", timeout_s: float = 5.0) -> ConnectFailure:
    """The failure of one connection; writes a secret if there is none, so that it would be seen."""

    async def run() -> None:
        line = await net.connect(Endpoint(host, port), anchor, timeout_s=timeout_s)
        line.write(b"PASS secret\r\n")
        await line.close()

    with pytest.raises(ConnectFailure) as caught:
        asyncio.run(run())
    return caught.value


def assert_nothing_sent(server: RecordingServer, failure: ConnectFailure) -> None:
    assert server.received == b""
    assert "Nothing was sent." in " ".join((failure.sentence, *failure.advice))
