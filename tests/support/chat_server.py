"""A small IRC server on loopback for the client's tests: accounts, rooms, echo; on its own thread.

It knows what a well-behaved server does in the cases the client's faces meet, and does what a test
tells it: inject bytes, hang up, swallow echoes, refuse. It is no model of `server/`.
"""

import asyncio
import base64
import ssl
import threading
from collections.abc import Callable

CAPS = "sasl=PLAIN echo-message labeled-response message-tags server-time batch multi-prefix"
NAME = "chat.test"


class Guest:
    """One connection."""

    def __init__(self, server: "ChatServer", writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.writer = writer
        self.nick = "*"
        self.account = ""
        self.caps: set[str] = set()
        self.is_negotiating = False
        self.has_user = False
        self.is_welcome = False
        self.rooms: list[str] = []

    def send(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")

    def reply(self, numeric: str, rest: str) -> None:
        self.send(f":{NAME} {numeric} {self.nick} {rest}")

    @property
    def prefix(self) -> str:
        return f"{self.nick}!{self.nick}@host"


class ChatServer:
    """The server. Attributes may be changed by the test at any time.

    `accounts`: name to password; empty lets everybody in. `echoes`: whether messages come back.
    `motd`: sent raw after the welcome. `lines`: every line that came, without CR LF.
    """

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.accounts: dict[str, str] = {}
        self.echoes = True
        self.is_refusing_sessions = ""
        self.topic = "Friday release"
        self.taken_nicks: set[str] = set()
        self.lines: list[str] = []
        self.guests: list[Guest] = []
        self.logins = 0
        self.port = 0
        self._context = context
        self._msgids = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._ready = threading.Event()
        self._listener: asyncio.Server | None = None

    def __enter__(self) -> "ChatServer":
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.call(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # --- what a test does; from its own thread ---

    def call(self, function: Callable[[], object]) -> None:
        """Run on the server's thread and wait for it."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(5)

    def inject(self, octets: bytes) -> None:
        """Send raw bytes to everybody."""
        self.call(lambda: [guest.writer.write(octets) for guest in self.guests])

    def say(self, nick: str, target: str, text: str) -> None:
        """Somebody who is not there says something."""
        self.inject(f":{nick}!{nick}@host PRIVMSG {target} :{text}\r\n".encode())

    def hang_up(self) -> None:
        """Cut every line."""
        self.call(lambda: [guest.writer.transport.abort() for guest in self.guests])

    def stop_listening(self) -> None:
        """As if the server were gone; lines that are open stay."""
        self.call(lambda: self._listener and self._listener.close())

    def listen_again(self) -> None:
        """Take connections on the same port as before."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    # --- inside ---

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self._context
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    def _stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for guest in self.guests:
            guest.writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = Guest(self, writer)
        try:
            while line := await reader.readline():
                text = line.decode().rstrip("\r\n")
                self.lines.append(text)
                self._handle(guest, text)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            if guest in self.guests:
                self.guests.remove(guest)
            writer.transport.abort()

    def _handle(self, guest: Guest, text: str) -> None:
        label = ""
        if text.startswith("@"):
            tags, _space, text = text.partition(" ")
            found = dict(tag.partition("=")[::2] for tag in tags[1:].split(";"))
            label = found.get("label", "")
        head, _colon, trailing = text.partition(" :")
        command, *params = head.split(" ")
        if _colon:
            params.append(trailing)
        handler = getattr(self, f"_on_{command.lower()}", None)
        if handler is None:
            guest.reply("421", f"{command} :Unknown command")
        else:
            handler(guest, params, label)

    def _on_cap(self, guest: Guest, params: list[str], _label: str) -> None:
        match params[0]:
            case "LS":
                guest.is_negotiating = True
                guest.send(f":{NAME} CAP * LS :{CAPS}")
            case "REQ":
                guest.caps |= set(params[1].split())
                guest.send(f":{NAME} CAP * ACK :{params[1]}")
            case "END":
                guest.is_negotiating = False
                self._welcome(guest)

    def _on_authenticate(self, guest: Guest, params: list[str], _label: str) -> None:
        if params[0] == "PLAIN":
            guest.send("AUTHENTICATE +")
            return
        _authzid, name, password = base64.b64decode(params[0]).decode().split("\0")
        self.logins += 1
        if self.accounts.get(name) == password:
            guest.account = name
            guest.reply("900", f"{guest.prefix} {name} :You are now logged in as {name}")
            guest.reply("903", ":SASL authentication successful")
        else:
            guest.reply("904", ":SASL authentication failed")

    def _on_nick(self, guest: Guest, params: list[str], _label: str) -> None:
        if params[0] in self.taken_nicks:
            guest.reply("433", f"{params[0]} :Nickname is already in use")
            return
        guest.nick = params[0]
        self._welcome(guest)

    def _on_user(self, guest: Guest, _params: list[str], _label: str) -> None:
        guest.has_user = True
        self._welcome(guest)

    def _welcome(self, guest: Guest) -> None:
        if guest.is_welcome or guest.is_negotiating or not guest.has_user or guest.nick == "*":
            return
        if self.is_refusing_sessions:
            guest.send(f"ERROR :{self.is_refusing_sessions}")
            guest.writer.close()
            return
        if self.accounts and not guest.account:
            guest.send("FAIL * ACCOUNT_REQUIRED_TO_CONNECT :Log in first")
            guest.writer.close()
            return
        guest.is_welcome = True
        self.guests.append(guest)
        guest.reply("001", f":Welcome {guest.nick}")
        guest.reply("005", "CHANTYPES=# NETWORK=testnet PREFIX=(ov)@+ :are supported")
        guest.reply("422", ":No MOTD")
        self._on_join(guest, ["#lobby"], "")

    def _on_join(self, guest: Guest, params: list[str], _label: str) -> None:
        for room in params[0].split(","):
            if room in guest.rooms:
                continue
            guest.rooms.append(room)
            for other in self._members(room):
                other.send(f":{guest.prefix} JOIN {room}")
            if self.topic:
                guest.reply("332", f"{room} :{self.topic}")
            names = " ".join(other.nick for other in self._members(room))
            guest.reply("353", f"= {room} :{names}")
            guest.reply("366", f"{room} :End")

    def _members(self, room: str) -> list[Guest]:
        return [guest for guest in self.guests if room in guest.rooms]

    def _on_privmsg(self, guest: Guest, params: list[str], label: str) -> None:
        target, text = params
        people = [other for other in self.guests if other.nick == target]
        if target.startswith("#"):
            people = [other for other in self._members(target) if other is not guest]
        elif not people:
            guest.send(f"@label={label} :{NAME} 401 {guest.nick} {target} :No such nick")
            return
        self._msgids += 1
        for other in people:
            other.send(f"@msgid=m{self._msgids} :{guest.prefix} PRIVMSG {target} :{text}")
        if self.echoes:
            guest.send(
                f"@label={label};msgid=m{self._msgids} :{guest.prefix} PRIVMSG {target} :{text}"
            )

    def _on_names(self, guest: Guest, params: list[str], _label: str) -> None:
        names = " ".join(other.nick for other in self._members(params[0]))
        guest.reply("353", f"= {params[0]} :{names}")
        guest.reply("366", f"{params[0]} :End")

    def _on_ping(self, guest: Guest, params: list[str], label: str) -> None:
        tags = f"@label={label} " if label else ""
        guest.send(f"{tags}:{NAME} PONG {NAME} {params[0]}")

    def _on_pong(self, guest: Guest, params: list[str], label: str) -> None:
        pass

    def _on_quit(self, guest: Guest, params: list[str], _label: str) -> None:
        guest.send("ERROR :Closing link (Client quit)")
        guest.writer.close()
