"""What we say, on its way out and back: split, written, confirmed or refused.

Theory of operation. A message is confirmed in the best way the server has:
1. echo-message with labeled-response: our own message comes back with its label. Certain.
2. echo-message alone: it comes back without; the oldest one out with that target and text is meant.
3. neither: a PING behind the message; its PONG means that the server has read the message and,
   as errors come before the PONG, did not refuse it. Then we make the echo ourselves.
With 2 the PING goes out as well, because a server may change the text that it echoes.
In every case a face sees one `MessageReceived` with `own`, then `MessageConfirmed`.

Where the server has `tlschat/once` each message carries an id, the echo brings it back, and a
message whose echo was lost with the line is sent again with the same id. Its echo is then the first
one's, and is shown unless history showed it before.

Nothing goes out before the rooms are joined, which a PING behind the JOINs tells, and before the
history that we missed is here (past.py).
Source: IRCv3 echo-message, labeled-response; Modern IRC, "PRIVMSG message".
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from client.core.capabilities import ONCE
from client.core.events import (
    MessageConfirmed,
    MessageFailed,
    MessageKind,
    MessageQueued,
    MessageReceived,
    MessageUnconfirmed,
    OutboxQuestion,
)
from client.core.outbox import Item, ItemState
from client.core.state import LINE_BYTES_MAX, Handler, State, param
from client.core.unsent import Unsent
from irc import numerics
from irc.errors import UnsafeParameter
from irc.message import Message, format_message, split_text
from irc.names import fold

# `user@host` as a server may show it, while we have not seen ours: about the most that common
# servers allow.
_USER_CHARS_MAX: Final = 20
_HOST_CHARS_MAX: Final = 64
# Room for a nick that may be longer when a message typed offline goes out.
_OFFLINE_RESERVE: Final = 32

# A target this long leaves no sensible room for text.
_TEXT_BYTES_MIN: Final = 64

_ACTION_BYTES: Final = len("\x01ACTION \x01")

# Numerics that refuse a message to the target in their second parameter, without labels.
_REFUSALS: Final = frozenset(
    {
        numerics.ERR_NOSUCHNICK,
        numerics.ERR_NOSUCHCHANNEL,
        numerics.ERR_CANNOTSENDTOCHAN,
        numerics.ERR_TOOMANYTARGETS,
        numerics.ERR_NOTONCHANNEL,
        "415",  # a mask that is not allowed
        "477",  # only with an account
        "486",  # this person takes messages only from accounts
        "489",
        "716",  # this person takes messages only from some
    }
)

# The server will not take an id here (from a guest, to a guest, of this form): it goes without.
_ONCE_REFUSALS: Final = frozenset(
    {"ONCE_INVALID", "ONCE_NEEDS_ACCOUNT", "ONCE_NOT_KEPT", "ONCE_ONE_TARGET"}
)


# --- going out ------------------------------------------------------------------------------


def send_text(s: State, target: str, text: str, kind: MessageKind) -> tuple[str, ...]:
    """Take what a person says into the outbox, a message for each line and each target; their ids.

    What cannot be sent becomes one `MessageFailed` with its whole text, so that it can be put back
    into the editor, and nothing of it is sent.
    """
    targets = [name for name in target.split(",") if name]
    pieces: list[tuple[str, str]] = []
    code = "" if targets else "bad_target"
    for name in targets:
        found, code = _pieces_for(s, name, text, kind)
        if code:
            break
        pieces += [(name, piece) for piece in found]
    if not code and not s.outbox.has_room(len(pieces)):
        code = "outbox_full"
    if code:
        s.emit(MessageFailed(outbox_id="", target=target, text=text, code=code, reason=""))
        return ()
    waits = not s.connection.is_outbox_open or s.outbox.is_held
    new_once = s.settings.new_once
    items = [s.outbox.add(name, piece, kind, s.now_ms, new_once()) for name, piece in pieces]
    for item in items:
        s.emit(
            MessageQueued(
                outbox_id=item.id, target=item.target, text=item.text, kind=kind, waiting=waits
            )
        )
    pump(s)
    return tuple(item.id for item in items)


def restore(s: State, messages: Iterable[Unsent]) -> None:
    """Take back what was not confirmed in an earlier run, as far as it can be sent at all."""
    for unsent in messages:
        is_line = _sendable(unsent.text) == unsent.text and "\n" not in unsent.text
        fits = len(unsent.target.encode()) + len(unsent.text.encode()) < LINE_BYTES_MAX
        is_sound = is_line and fits and unsent.text.strip() and _may_be_target(unsent.target)
        if not is_sound or not s.outbox.has_room(1):
            continue
        added = s.outbox.add(
            unsent.target, unsent.text, unsent.kind, unsent.typed_at_ms, unsent.once
        )
        item = s.outbox.mark_old(added, may_be_there=unsent.may_be_there)
        if item.state is ItemState.UNCONFIRMED:
            emit_unconfirmed(s, item)
        else:
            s.emit(
                MessageQueued(
                    outbox_id=item.id,
                    target=item.target,
                    text=item.text,
                    kind=item.kind,
                    waiting=True,
                    time_ms=item.typed_at_ms,
                )
            )


def _pieces_for(s: State, target: str, text: str, kind: MessageKind) -> tuple[list[str], str]:
    """The lines to send, and what is wrong ("" for nothing)."""
    bytes_max = _text_bytes_max(s, target, kind)
    if not _may_be_target(target) or bytes_max < _TEXT_BYTES_MIN:
        return [], "bad_target"
    clean = _sendable(text)
    if len(clean.encode()) > s.settings.text_bytes_max:
        return [], "too_long"
    pieces = [
        piece for line in clean.split("\n") if line.strip() for piece in split_text(line, bytes_max)
    ]
    return pieces, "" if pieces else "empty"


def _may_be_target(target: str) -> bool:
    """Tell whether a line can be made with `target`; one that cannot would wait for ever."""
    try:
        format_message(Message("PRIVMSG", (target, "text")))
    except UnsafeParameter:
        return False
    return True


def _sendable(text: str) -> str:
    """`text` as it may travel: composed (NFC), LF the only break, nothing no line can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\x01", "")
    text = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return unicodedata.normalize("NFC", text)


def _text_bytes_max(s: State, target: str, kind: MessageKind) -> int:
    """How many bytes of text fit into one line as the server relays it, behind our prefix."""
    prefix = s.connection.own_prefix
    prefix_bytes = len(prefix.encode())
    if not prefix:
        prefix_bytes = len(s.model.nick.encode()) + _USER_CHARS_MAX + _HOST_CHARS_MAX + 2
    if not s.is_online:
        prefix_bytes += _OFFLINE_RESERVE
    frame_bytes = (
        1 + prefix_bytes + len(f" {_verb(kind)} {target} :\r\n".encode("utf-8", "replace"))
    )
    if kind is MessageKind.ACTION:
        frame_bytes += _ACTION_BYTES
    return LINE_BYTES_MAX - frame_bytes


def _verb(kind: MessageKind) -> str:
    return "NOTICE" if kind is MessageKind.NOTICE else "PRIVMSG"


def pump(s: State) -> None:
    """Write what may go now."""
    while s.connection.is_outbox_open and (item := s.outbox.take_next()):
        _write(s, item)


def _write(s: State, item: Item) -> None:
    text = f"\x01ACTION {item.text}\x01" if item.kind is MessageKind.ACTION else item.text
    labels = s.has_cap("labeled-response")
    tags = {"label": item.id} if labels else {}
    if s.sends_once and item.once:
        tags[ONCE] = item.once
        s.outbox.carry_once(item)
    s.send(_verb(item.kind), item.target, text, tags=tags)
    if ONCE not in tags and not (labels and s.has_cap("echo-message")):
        _send_barrier(s, item.id)


def _send_barrier(s: State, outbox_id: str) -> None:
    connection = s.connection
    connection.barrier_number += 1
    token = f"{s.settings.id_prefix}-{connection.barrier_number}"
    connection.barriers[token] = outbox_id
    s.send("PING", token)


def rejoin_rooms(s: State) -> None:
    """Go (back) to the rooms we want to be in; when the server has answered, messages may go."""
    for buffer in s.model:
        if buffer.wanted and not buffer.joined:
            s.send("JOIN", buffer.name, *([buffer.room_key] if buffer.room_key else []))
    _send_barrier(s, "")


def open_outbox(s: State) -> None:
    """Let messages go once we are where we want to be and know what was said there meanwhile.

    Asks first if they are many or old.
    """
    connection = s.connection
    if not connection.are_rooms_joined or connection.is_outbox_open:
        return
    if not connection.fetching.is_quiet:
        return
    connection.is_outbox_open = True
    for item in s.outbox.doubt() if not s.sends_once else ():
        emit_unconfirmed(s, item)
    question = s.outbox.hold_if_doubtful(s.now_ms)
    if question is not None:
        count, oldest_ms = question
        s.emit(OutboxQuestion(count=count, oldest_ms=oldest_ms))
    pump(s)


# --- coming back ----------------------------------------------------------------------------


def on_pong(s: State, message: Message) -> None:
    """PONG: everything that we sent before its PING is answered."""
    outbox_id = s.connection.barriers.pop(param(message, -1), None)
    if outbox_id == "":
        s.connection.are_rooms_joined = True
    elif outbox_id is not None and s.outbox.get(outbox_id) is not None:
        _confirm_without_echo(s, outbox_id, s.time_of(message))


def confirm_label(s: State, label: str, time_ms: int) -> None:
    """The server has done what `label` stands for."""
    if s.outbox.get(label) is not None:
        _confirm_without_echo(s, label, time_ms)


def refuse(s: State, message: Message, code: str, reason: str) -> bool:
    """If `message` (an error) is about one of ours, tell that it failed. Tells whether it was."""
    item = s.outbox.get(s.label_of(message)) or _refused_without_label(s, message)
    if item is None:
        return False
    if code in _ONCE_REFUSALS and (bare := s.outbox.drop_once(item.id)) is not None:
        if bare.state is ItemState.UNCONFIRMED:
            emit_unconfirmed(s, bare)
        pump(s)
        return True
    s.outbox.remove(item.id)
    s.emit(
        MessageFailed(
            outbox_id=item.id,
            target=item.target,
            text=item.text,
            code=code,
            reason=reason,
            time_ms=s.time_of(message),
        )
    )
    pump(s)
    return True


def emit_unconfirmed(s: State, item: Item) -> None:
    """Tell that nobody knows whether the server has `item`."""
    s.emit(
        MessageUnconfirmed(outbox_id=item.id, target=item.target, text=item.text, kind=item.kind)
    )


def _refused_without_label(s: State, message: Message) -> Item | None:
    """The oldest message out that this error must be about, on a server without labels."""
    if s.has_cap("labeled-response"):
        return None
    in_flight = s.outbox.in_flight()
    if message.command == numerics.ERR_INPUTTOOLONG:
        return in_flight[0] if in_flight else None
    if message.command == "FAIL":
        if param(message, 0) not in ("PRIVMSG", "NOTICE"):
            return None
        about = {fold(word) for word in message.params[2:-1]}
        matching = [item for item in in_flight if fold(item.target) in about]
        return next(iter(matching or in_flight), None)
    if message.command not in _REFUSALS:
        return None
    target = fold(param(message, 1))
    return next((item for item in in_flight if fold(item.target) == target), None)


def match_echo(s: State, message: Message, kind: MessageKind, text: str) -> Item | None:
    """Which of our messages came back as `message`, which is from us."""
    item = s.outbox.find_once(message.tags.get(ONCE, ""))
    if item is not None:
        return item
    if not s.has_cap("echo-message"):
        return None
    if s.has_cap("labeled-response"):
        return s.outbox.get(s.label_of(message))
    target = fold(param(message, 0))
    for item in s.outbox.in_flight():
        if fold(item.target) == target and item.kind is kind and item.text == text:
            return item
    return None


def confirm(s: State, item: Item, msgid: str, time_ms: int) -> None:
    """The server has `item`: forget it, tell, and write the next."""
    s.outbox.remove(item.id)
    s.emit(
        MessageConfirmed(outbox_id=item.id, target=item.target, msgid=msgid, time_ms=time_ms),
    )
    pump(s)


def _confirm_without_echo(s: State, outbox_id: str, time_ms: int) -> None:
    """The server took it and will not show it to us: show it ourselves, where nothing else will."""
    item = s.outbox.get(outbox_id)
    assert item is not None
    if not s.has_cap("echo-message") and not s.model.is_me(item.target):
        room = s.model.room_in(item.target)
        received = MessageReceived(
            buffer=room or item.target,
            target=item.target,
            nick=s.model.nick,
            account=s.model.account,
            text=item.text,
            kind=item.kind,
            own=True,
            outbox_id=item.id,
            is_private=room == "",
            time_ms=time_ms,
        )
        s.model.keep(received)
        s.emit(received)
    confirm(s, item, "", time_ms)


HANDLERS: Final[Mapping[str, Handler]] = {
    "PONG": on_pong,
}
