"""`tlschat/once`: a message with an id of its sender's own is said once, however often it is sent.

docs/once.md is the specification. Called by messages.py, which does everything else as for any
other message. The hub has looked up what the account has sent before with the id (`Stamp.earlier`).
A sender who asks for it wants to know what became of the message, so even a NOTICE is answered.
"""

from __future__ import annotations

import re

from irc import caps
from irc.message import Message
from server.core.effects import Outgoing
from server.core.history import ONCE_TAG, Stored
from server.core.turn import Refusal, Turn

_ID = re.compile(r"[A-Za-z0-9._~-]{8,64}", re.ASCII)


def is_asked(turn: Turn, message: Message) -> bool:
    """Whether the message has an id of its sender's, and the session the capability."""
    return ONCE_TAG in message.tags and turn.session.has(caps.ONCE)


def id_of(turn: Turn, message: Message) -> str:
    """The sender's id of the message.

    Raises:
        Refusal: It is none, the sender is a guest, or there are several targets.
    """
    once = message.tags[ONCE_TAG]
    if not _ID.fullmatch(once):
        text = "An id has 8 to 64 letters, digits and any of . _ ~ -"
        raise Refusal("FAIL", message.command, "ONCE_INVALID", text)
    if not turn.user.account:
        text = "Only somebody with an account can send a message once"
        raise Refusal("FAIL", message.command, "ONCE_NEEDS_ACCOUNT", text)
    if "," in message.params[0]:
        text = "A message with an id has one target"
        raise Refusal("FAIL", message.command, "ONCE_ONE_TARGET", text)
    return once


_GUEST = "What is said with a guest is not kept, so it cannot be sent once"


def not_kept(command: str, target: str, text: str = _GUEST) -> Refusal:
    """The answer to an id on a message that nobody keeps: with a guest, or to some of a room."""
    return Refusal("FAIL", command, "ONCE_NOT_KEPT", target, text)


def repeat(turn: Turn, earlier: Stored, once: str) -> None:
    """Answer as the first time; nobody else hears anything.

    If the first is in the same batch and cannot be kept, neither can this.
    """
    turn.rests_on_log = not turn.stamp.is_earlier_kept
    turn.reply_line(
        Outgoing(
            earlier.source,
            earlier.command,
            earlier.params,
            earlier.at_ms,
            msgid=earlier.msgid,
            account=earlier.account,
            client_tags=earlier.client_tags,
            seq=earlier.seq,
            once=once,
        )
    )
