"""A stage for the line face: keys go in, raw terminal bytes come out, a pyte screen shows them.

There is no network: a test plays the server with lines. Waiting is for output, never for time.
"""

import asyncio
import contextlib

import pyte
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from client.core.session import Identity, Session, Settings
from client.ui.line import LineFace, LineOptions

WELCOME = (
    ":s 001 ana :Welcome",
    ":s 005 ana CHANTYPES=# NETWORK=testnet PREFIX=(ov)@+ :are supported",
    ":s 422 ana :No MOTD",
)
LOBBY = (
    ":ana!a@h JOIN #lobby",
    ":s 332 ana #lobby :Friday release",
    ":s 353 ana = #lobby :ana bob @carol",
    ":s 366 ana #lobby :End",
)


class Recorder:
    """A terminal's end of the line: keeps every byte, wakes who waits for more."""

    encoding = "utf-8"

    def __init__(self, screen: pyte.Screen) -> None:
        self.raw = ""
        self.news = asyncio.Event()
        self._stream = pyte.Stream(screen)

    def write(self, data: str) -> None:
        self.raw += data
        self._stream.feed(data)
        self.news.set()

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


class FakeTransport:
    """A driver without a line: what the session says is kept in `said`."""

    def __init__(self, session: Session, face) -> None:
        self.session = session
        self.face = face
        self.said: list[str] = []
        self.retries = 0
        self.is_leaving = False
        self.answers_pings = True
        self.now_ms = 1_790_000_000_000

    def pump(self) -> None:
        while True:
            output, events = self.session.take_output(), self.session.take_events()
            said = output.decode().splitlines()
            self.said += said
            if events:
                self.face.show(events)
            if not output and not events:
                return
            for line in said:
                if line.startswith("PING") and self.answers_pings:
                    self.session.receive(f":s PONG s {line[5:]}\r\n".encode(), self.now_ms)

    def retry_now(self) -> None:
        self.retries += 1

    def leave(self, reason: str = "") -> None:
        self.is_leaving = True
        self.said.append(f"QUIT {reason}".strip())
        self.face.stop()


class Stage:
    """Everything around one face. Use `async with stage(...)`."""

    def __init__(self, keys, options: LineOptions, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.recorder = Recorder(self.screen)
        output = Vt100_Output(
            self.recorder, lambda: Size(rows=rows, columns=columns), term="xterm-256color"
        )
        self.session = Session(Identity("ana"), Settings(id_prefix="t"))
        self.face = LineFace(self.session, options, keys, output)
        self.transport = FakeTransport(self.session, self.face)
        self._keys = keys

    def server(self, *lines: str | bytes) -> None:
        """The server says lines."""
        octets = b"".join(
            (line if isinstance(line, bytes) else line.encode()) + b"\r\n" for line in lines
        )
        self.session.receive(octets, self.transport.now_ms)
        self.transport.pump()

    def hang_up(self) -> None:
        """The line breaks."""
        self.session.disconnected("", self.transport.now_ms)
        self.transport.pump()

    def connect(self, *lines: str) -> None:
        """A connection that comes as far as `lines`."""
        self.session.connected(self.transport.now_ms)
        self.server(*(lines or WELCOME + LOBBY))

    async def type(self, keys: str, *, until=None) -> None:
        """Press keys, and wait for something on the screen, or for a condition."""
        self._keys.send_text(keys)
        if until is not None:
            await self.see(until)

    async def see(self, wanted) -> None:
        """Wait until the text is on the screen, or the function is true."""
        check = wanted if callable(wanted) else lambda: wanted in self.text
        async with asyncio.timeout(30):
            while not check():
                self.recorder.news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.recorder.news.wait(), 0.05)

    def has_said(self, target: str, text: str) -> bool:
        """Whether this message went out."""
        forms = {f"PRIVMSG {target} :{text}", f"PRIVMSG {target} {text}"}
        return any(line in forms for line in self.transport.said)

    @property
    def text(self) -> str:
        """The screen, without the empty ends."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()


def play(script, *, options: LineOptions, columns: int = 80, rows: int = 24):
    """Run `script(stage)` against a face that is up; the exit code of its run."""

    async def run():
        with create_pipe_input() as keys:
            stage = Stage(keys, options, columns, rows)
            running = asyncio.create_task(stage.face.run(stage.transport))
            stage.connect()
            await stage.see("›")
            try:
                await script(stage)
            finally:
                stage.face.stop()
                code = await running
            return code

    return asyncio.run(run())
