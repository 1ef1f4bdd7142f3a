"""One person's conversation with one server, without any I/O: bytes in, bytes and events out.

Called by the transport (client/net.py) and the faces, all on one thread, which owns it. It knows
no socket and no clock: `now_ms` is the wall clock in milliseconds since 1970, always an argument.
What arrives is handled by families: registration, messages, speaking, rooms, people, replies; they
share a `State` (state.py). This file is the two doors: one for the transport, one for the person,
whose half that needs a connection is in actions.py.

Theory of operation of the keep-alive. After `ping_idle_ms` of silence we send PING; after
`ping_timeout_ms` more the line is dead. Time is counted from one call to the next, backward steps
as nothing, so a changed clock cannot kill a line; and after a gap in which no tick came (the
machine was asleep) the deadline starts again with a new PING: nobody could have answered in time.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from client.core import (
    batches,
    deleting,
    messages,
    moderating,
    past,
    people,
    reading,
    registration,
    replies,
    rooms,
    speaking,
    watching,
    welcome,
)
from client.core.actions import Actions
from client.core.events import (
    Disconnected,
    Event,
    MessageKind,
    ServerText,
    TextKind,
)
from client.core.model import Model
from client.core.outbox import ItemState, Outbox
from client.core.state import Connection, Handler, Identity, Phase, Settings, State
from client.core.unsent import Unsent
from irc.errors import InvalidUtf8, LineTooLong, ProtocolError
from irc.framing import SERVER_TAGS_BYTES_MAX, LineBuffer
from irc.message import Message, parse_line

__all__ = ["Identity", "Session", "Settings"]

# A server that sends more than the 512 bytes of the standard is still understood.
_BODY_BYTES_MAX: Final = 8192

# Error numerics outside 400 to 599 (Modern IRC, "Numerics"; IRCv3 monitor).
_ERRORS_ABOVE: Final = frozenset({"691", "696", "716", "723", "734"})

_HANDLERS: Final[Mapping[str, Handler]] = {
    **registration.HANDLERS,
    **welcome.HANDLERS,
    **batches.HANDLERS,
    **deleting.HANDLERS,
    **messages.HANDLERS,
    **reading.HANDLERS,
    **speaking.HANDLERS,
    **rooms.HANDLERS,
    **people.HANDLERS,
    **moderating.HANDLERS,
    **watching.HANDLERS,
    **replies.HANDLERS,
}


class Session(Actions):
    """A conversation that outlives its connections. To read: `model`, `outbox`, `identity`.

    Transport loop: `connected`, then `receive` for what arrives, `tick` at `next_tick_ms()`, and
    after every call write `take_output()`, show `take_events()`, and close when `wants_close`;
    when the connection is gone for whatever reason, `disconnected`.
    """

    def __init__(self, identity: Identity, settings: Settings | None = None) -> None:
        super().__init__(State(identity, settings or Settings()))
        self._lines = LineBuffer()
        for room in self._state.settings.rooms:
            self._state.model.open(room).wanted = True

    # --- to read ---

    @property
    def identity(self) -> Identity:
        """Who we are, from the next connection on."""
        return self._state.identity

    @identity.setter
    def identity(self, identity: Identity) -> None:
        self._state.identity = identity

    @property
    def model(self) -> Model:
        """What is known."""
        return self._state.model

    @property
    def outbox(self) -> Outbox:
        """What we said and is not confirmed."""
        return self._state.outbox

    @property
    def is_online(self) -> bool:
        """Tell whether we are registered."""
        return self._state.is_online

    @property
    def has_history(self) -> bool:
        """Tell whether the server keeps history for us; only while online."""
        return past.is_used(self._state)

    def awaits_history(self, name: str) -> bool:
        """Tell whether history of window `name` is on its way."""
        return past.is_asked(self._state, name)

    @property
    def wants_close(self) -> bool:
        """Tell whether the transport should write what is left and close."""
        return self._state.close_reason != "" and self._state.connection.phase is not Phase.OFFLINE

    @property
    def close_reason(self) -> str:
        """Why we want to close, or closed last; for a log, in English."""
        return self._state.close_reason

    @property
    def may_retry(self) -> bool:
        """Tell whether connecting again may help: not after a refused login or name, or QUIT."""
        return self._state.may_retry

    # --- the transport ---

    def connected(self, now_ms: int) -> None:
        """There is a new connection, encrypted and trusted: begin."""
        self._state.advance(now_ms)
        state = self._state
        state.connection = Connection(started_ms=state.steady_ms, heard_ms=state.steady_ms)
        state.output.clear()
        state.close_reason, state.may_retry = "", True
        self._lines = LineBuffer(_BODY_BYTES_MAX, SERVER_TAGS_BYTES_MAX)
        registration.begin(state)

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Take in what arrived, in any pieces."""
        self._state.advance(now_ms)
        connection = self._state.connection
        if connection.phase is Phase.OFFLINE:
            return
        connection.heard_ms, connection.pinged_ms = self._state.steady_ms, None
        for line in self._lines.feed(octets):
            message = self._parse(line)
            if message is not None and not batches.collect(self._state, message):
                _find_handler(message.command)(self._state, message)
                speaking.open_outbox(self._state)

    def disconnected(self, reason: str, now_ms: int) -> None:
        """The connection is gone, or could not be made. What was in flight is in doubt now."""
        self._state.advance(now_ms)
        state = self._state
        doubtful = state.outbox.line_broke()
        state.connection = Connection()
        state.output.clear()
        state.model.lost()
        waiting = len(state.outbox.in_state(ItemState.WAITING))
        state.emit(Disconnected(reason=reason, waiting=waiting))
        for item in doubtful:
            speaking.emit_unconfirmed(state, item)

    def tick(self, now_ms: int) -> None:
        """Look at the time. Early calls do no harm."""
        gap_ms = self._state.advance(now_ms)
        state, connection = self._state, self._state.connection
        if connection.phase is Phase.OFFLINE or state.close_reason:
            return
        settings = state.settings
        give_up_ms = past.due_ms(state)
        if give_up_ms is not None and state.steady_ms >= give_up_ms:
            past.give_up(state)
            speaking.open_outbox(state)
        if connection.phase is not Phase.ONLINE:
            if self._state.steady_ms - connection.started_ms >= settings.registration_timeout_ms:
                state.close("the server did not finish the registration", may_retry=True)
        elif connection.pinged_ms is None:
            if self._state.steady_ms - connection.heard_ms >= settings.ping_idle_ms:
                self._ping()
        elif gap_ms >= 2 * settings.ping_timeout_ms:
            self._ping()
        elif self._state.steady_ms - connection.pinged_ms >= settings.ping_timeout_ms:
            state.close("no answer from the server", may_retry=True)

    def next_tick_ms(self) -> int | None:
        """The time (as `now_ms`) at which `tick` has something to do; None for never."""
        state, connection = self._state, self._state.connection
        if connection.phase is Phase.OFFLINE or state.close_reason:
            return None
        if connection.phase is not Phase.ONLINE:
            due_ms = connection.started_ms + state.settings.registration_timeout_ms
        elif connection.pinged_ms is None:
            due_ms = connection.heard_ms + state.settings.ping_idle_ms
        else:
            due_ms = connection.pinged_ms + state.settings.ping_timeout_ms
        dues_ms = (due_ms, past.due_ms(state), reading.due_ms(state))
        return state.now_ms + min(ms for ms in dues_ms if ms is not None) - state.steady_ms

    def take_output(self) -> bytes:
        """The bytes to write, once. From now on what is in them may have arrived."""
        reading.mark(self._state)
        octets = bytes(self._state.output)
        self._state.output.clear()
        self._state.outbox.handed_over()
        return octets

    def take_events(self) -> list[Event]:
        """What happened since the last call."""
        events, self._state.events = self._state.events, []
        return events

    def _ping(self) -> None:
        self._state.send("PING", "alive")
        self._state.connection.pinged_ms = self._state.steady_ms

    def _parse(self, line: bytes | LineTooLong) -> Message | None:
        """The message in `line`, even if it is not UTF-8; one without sense becomes a warning."""
        try:
            if isinstance(line, LineTooLong):
                raise line
            try:
                return parse_line(line)
            except InvalidUtf8:
                return parse_line(line.decode(errors="replace").encode())
        except ProtocolError as error:
            text, code = str(error), type(error).__name__
            self._state.emit(ServerText(text=text, kind=TextKind.WARNING, code=code))
            return None

    # --- the person: messages, which wait while there is no connection ---

    def send_text(
        self, target: str, text: str, kind: MessageKind = MessageKind.MESSAGE, *, now_ms: int
    ) -> tuple[str, ...]:
        """Say `text` to a room or a person; the ids of the messages made of it.

        Emits `MessageQueued` for each, or one `MessageFailed` and nothing is sent.
        """
        self._state.advance(now_ms)
        return speaking.send_text(self._state, target, text, kind)

    def restore(self, messages: Iterable[Unsent]) -> None:
        """Take back messages of an earlier run: they wait, and go out with their ids."""
        speaking.restore(self._state, messages)

    def resend(self, outbox_id: str, now_ms: int) -> bool:
        """Send an unconfirmed message again, perhaps for a second time: the person decided so."""
        self._state.advance(now_ms)
        found = self._state.outbox.resend(outbox_id, now_ms)
        speaking.pump(self._state)
        return found

    def discard(self, outbox_id: str) -> bool:
        """Forget a message that waits or is unconfirmed; not one that is on its way."""
        item = self._state.outbox.get(outbox_id)
        if item is None or item.state not in (ItemState.WAITING, ItemState.UNCONFIRMED):
            return False
        self._state.outbox.remove(outbox_id)
        return True

    def release_outbox(self, now_ms: int) -> None:
        """The answer to `OutboxQuestion` is yes: send what waits."""
        self._state.advance(now_ms)
        self._state.outbox.is_held = False
        speaking.pump(self._state)

    def discard_outbox(self) -> None:
        """The answer to `OutboxQuestion` is no: forget what waits."""
        for item in self._state.outbox.in_state(ItemState.WAITING):
            self._state.outbox.remove(item.id)
        self._state.outbox.is_held = False


def _find_handler(command: str) -> Handler:
    handler = _HANDLERS.get(command)
    if handler is not None:
        return handler
    if not (len(command) == 3 and command.isdigit()):
        return replies.on_other_command
    if "400" <= command <= "599" or command in _ERRORS_ABOVE:
        return replies.on_error_numeric
    return replies.on_other_numeric
