"""Messages that are taken back (IRCv3 draft/message-redaction). Called by the session.

What a face has printed stays on its screen, so it is told which message is gone; the model forgets
its text.
"""

from collections.abc import Mapping
from typing import Final

from client.core.capabilities import REDACTION
from client.core.events import ErrorReply, MessageDeleted
from client.core.model import Buffer
from client.core.state import Handler, State, nick_of, param
from irc.message import Message


def delete_last(s: State, buffer: Buffer) -> None:
    """Take back the last thing that we said in `buffer`."""
    if not s.has_cap(REDACTION):
        s.emit(ErrorReply(code="no_redaction", text="", command="REDACT", buffer=buffer.name))
        return
    for message in reversed(buffer.messages):
        if message.own and message.msgid:
            s.send("REDACT", buffer.name, message.msgid)
            return
    s.emit(ErrorReply(code="nothing_to_delete", text="", command="REDACT", buffer=buffer.name))


def on_redact(s: State, message: Message) -> None:
    """`:source REDACT target msgid [:reason]`. Of a message we do not have, only that."""
    by, target, msgid = nick_of(message.source), param(message, 0), param(message, 1)
    own = s.is_from_me(message)
    room = s.model.room_in(target)
    buffer = s.model.get(room or (target if own else by))
    if buffer is None:
        return
    deleted = next((kept for kept in buffer.messages if msgid and kept.msgid == msgid), None)
    if deleted is not None:
        buffer.messages.remove(deleted)
    s.emit(
        MessageDeleted(
            buffer=buffer.name,
            msgid=msgid,
            by=by,
            nick=deleted.nick if deleted else "",
            text=deleted.text if deleted else "",
            reason=param(message, 2),
            own=own,
            time_ms=s.time_of(message),
        )
    )


HANDLERS: Final[Mapping[str, Handler]] = {"REDACT": on_redact}
