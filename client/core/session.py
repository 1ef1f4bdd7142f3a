"""One person's conversation with one server, without any I/O: bytes in, bytes and events out.

Called by the transport (client/net.py) and the faces, all on one thread, which owns it. It knows
no socket and no clock: `now_ms` is the wall clock in milliseconds since 1970, always an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from client.core.events import Event, MessageKind


@dataclass(frozen=True, slots=True)
class Identity:
    """Who to be. With a password the session logs in by SASL PLAIN, or fails; it never goes on without."""

    nick: str
    account: str = ""
    password: str = field(default="", repr=False)
    user: str = ""
    realname: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ between faces. All limits are documented where they act."""

    rooms: tuple[str, ...] = ()  # joined at the first registration
    highlight_words: tuple[str, ...] = ()
    id_prefix: str = "t"  # outbox ids are this and a number; give random letters for each run
    ping_idle_ms: int = 30_000
    ping_timeout_ms: int = 15_000
    registration_timeout_ms: int = 30_000
    text_bytes_max: int = 16_384
    in_flight_max: int = 10
    outbox_max: int = 500
    outbox_question_count: int = 20
    outbox_question_age_ms: int = 300_000
    messages_per_buffer_max: int = 5_000


class Session:
    """A conversation that outlives its connections. Public attributes: `identity`, `model`, `outbox`.

    Transport loop: `connected`, then `receive` for what arrives, `tick` at `next_tick_ms()`, and
    after every call write `take_output()`, show `take_events()`, and close when `wants_close`.
    """

    def __init__(self, identity: Identity, settings: Settings = Settings()) -> None: ...

    # transport side
    def connected(self, now_ms: int) -> None: ...
    def receive(self, octets: bytes, now_ms: int) -> None: ...
    def disconnected(self, reason: str, now_ms: int) -> None: ...
    def tick(self, now_ms: int) -> None: ...
    def next_tick_ms(self) -> int | None: ...  # None: nothing to wait for
    def take_output(self) -> bytes: ...
    def take_events(self) -> list[Event]: ...
    @property
    def wants_close(self) -> bool: ...  # write take_output(), then close
    @property
    def close_reason(self) -> str: ...
    @property
    def may_retry(self) -> bool: ...  # False after a refused login or name
    @property
    def is_online(self) -> bool: ...  # registered

    # what a person does; each goes out now or, for text, waits in the outbox
    def send_text(
        self, target: str, text: str, kind: MessageKind = MessageKind.MESSAGE, *, now_ms: int
    ) -> tuple[str, ...]: ...  # outbox ids, one for each piece
    def send_raw(self, line: str) -> None: ...
    def join(self, rooms: Sequence[str], key: str = "") -> None: ...
    def part(self, room: str, reason: str = "") -> None: ...
    def topic(self, room: str, text: str | None = None) -> None: ...
    def names(self, room: str) -> None: ...
    def who(self, target: str) -> None: ...
    def list_rooms(self, pattern: str = "") -> None: ...
    def away(self, reason: str = "") -> None: ...
    def nick(self, nick: str) -> None: ...
    def whois(self, nick: str) -> None: ...
    def invite(self, nick: str, room: str) -> None: ...
    def kick(self, room: str, nick: str, reason: str = "") -> None: ...
    def mode(self, target: str, arguments: Sequence[str] = ()) -> None: ...
    def quit(self, reason: str = "") -> None: ...  # sends QUIT; wants_close follows
    def resend(self, outbox_id: str, now_ms: int) -> bool: ...
    def discard(self, outbox_id: str) -> bool: ...
    def release_outbox(self, now_ms: int) -> None: ...
    def discard_outbox(self) -> None: ...
