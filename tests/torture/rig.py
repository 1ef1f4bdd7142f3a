"""A real chat-server in a process of its own, to be killed and started again on the same port.

Used by everything in this folder, on the event loop of whoever runs it. The server is the product,
unchanged, unless `program` names one of the deliberately wrong ones beside this file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import bcrypt
import trustme

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "torture"
START_TIMEOUT_S = 60.0
DEFAULT_ROOMS = ("#lobby", "#work")

CONFIG = """
[server]
data = "{data}"
[[listeners]]
host = "127.0.0.1"
port = {port}
[tls]
cert = "server.pem"
key = "server-key.pem"
[accounts]
bcrypt_cost = 4
bcrypt_queue_max = 10000
[rooms]
default = ["#lobby", "#work"]
[history]
min_free_bytes = {min_free_bytes}
[limits]
connections_max = 4000
connections_per_address_max = 4000
connections_per_address_minute_max = 1000000
handshakes_max = 4000
handshakes_per_address_max = 4000
login_delay_s = 0.0
lines_burst = 1000000
lines_per_s = 1000000.0
outbuf_bytes_max = 67108864
inbuf_bytes_max = 1048576
[tuning]
io_threads = {io_threads}
"""


class Rig:
    """One server's folder, and its process when it runs."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        *,
        program: Sequence[str] = ("-m", "server"),
        data: Path | None = None,
        min_free_bytes: int = 0,
        io_threads: int = 1,
    ) -> None:
        """The accounts `names` have the password `PASSWORD`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.data = data or folder / "data"
        self.history = self.data / "history.db"
        self.port = free_port()
        self.said: list[str] = []
        """What the server printed and logged, over all its lives."""
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._listeners: list[asyncio.Task[None]] = []
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
        (folder / "server.pem").write_bytes(chain)
        _write_private(folder / "server-key.pem", certificate.private_key_pem.bytes())
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        accounts = "".join(f"{name}:{hashed}\n" for name in names)
        _write_private(folder / "passwd", accounts.encode())
        config = CONFIG.format(
            data=self.data,
            port=self.port,
            min_free_bytes=min_free_bytes,
            io_threads=io_threads,
        )
        (folder / "config.toml").write_text(config)
        self.context = ssl.create_default_context()
        authority.configure_trust(self.context)

    @property
    def pid(self) -> int:
        """The process id of the server that runs."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> float:
        """Start the server; seconds from there until it listened.

        Raises:
            RuntimeError: It ended, or did not listen in time; with what it said.
        """
        began_s = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._program,
            "--config",
            str(self.folder / "config.toml"),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = self._process.stdout
        assert output is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            async for line in output:
                self.said.append(line.decode(errors="replace"))
                if line.split()[:1] == [b"listening"]:
                    break
            else:
                raise RuntimeError(f"the server did not start: {''.join(self.said[-20:])}")
        took_s = time.monotonic() - began_s
        self._listeners.append(asyncio.create_task(self._listen(output)))
        return took_s

    async def _listen(self, output: asyncio.StreamReader) -> None:
        async for line in output:
            self.said.append(line.decode(errors="replace"))

    def strike(self) -> None:
        """End the process this very moment, wherever it is."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)

    async def bury(self) -> int:
        """Wait until the process has ended; its exit code."""
        assert self._process is not None
        code = await self._process.wait()
        await asyncio.gather(*self._listeners)
        self._listeners.clear()
        self._process = None
        return code

    async def stop(self) -> int:
        """Ask the server to end, as an operator does; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self.bury()

    async def end(self) -> None:
        """Leave no process behind."""
        if self._process is not None:
            self.strike()
            await self.bury()


def free_port() -> int:
    """A port that nobody has at the moment. Below the range from which the kernel lends ports to
    connections: one of those could have it when the server wants it back."""
    for _ in range(1000):
        port = 10_000 + int.from_bytes(os.urandom(2)) % 20_000
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no port is free")


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
