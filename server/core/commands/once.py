"""`tlschat/once`: a message with an id of its sender's own is said once, however often it is sent.

docs/once.md is the specification. Called by messages.py, which does everything else as for any
other message. The hub has looked up what the account has sent before with the id (`Stamp.earlier`).
A sender who asks for it wants to know what became of the message, so even a NOTICE is answered.
"""

from __future__ import annotations

import re

from irc import caps
from irc.message import Message
from irc.names import NickKey, nick_key
from server.core.effects import Outgoing
from server.core.events import LineReceived
from server.core.history import ONCE_TAG, Stored
from server.core.speech import Speech, pieces_of
from server.core.turn import Refusal, Turn
from server.core.world import World

_ID = re.compile(r"[A-Za-z0-9._~-]{8,64}", re.ASCII)


def is_asked(turn: Turn, message: Message) -> bool:
    """Whether the message has an id of its sender's, and the session the capability."""
    return ONCE_TAG in message.tags and turn.session.has(caps.ONCE)


def asked_id(turn: Turn, message: Message) -> str | None:
    """The id that the line asks for, whatever it is worth; None when it asks for none."""
    return message.tags[ONCE_TAG] if is_asked(turn, message) else None


def id_in(world: World, event: LineReceived) -> tuple[NickKey, str] | None:
    """The account and the id of what may have been said before, for who looks it up (the hub).

    A message of several lines has its id on the line that opened it, and is said by the last.
    """
    message, session = event.message, world.sessions.get(event.session)
    if session is None or session.user is None:
        return None
    if message.command == "BATCH":
        once = session.batch.once if session.batch is not None else None
    else:
        once = message.tags.get(ONCE_TAG)
    account = world.users[session.user].account
    return (nick_key(account), once) if account and once else None


def check(turn: Turn, target: str, speech: Speech) -> None:
    """Return if this can be said once.

    Raises:
        Refusal: The id is none, the sender is a guest, or there are several targets.
    """
    if not _ID.fullmatch(speech.once):
        text = "An id has 8 to 64 letters, digits and any of . _ ~ -"
        raise Refusal("FAIL", speech.command, "ONCE_INVALID", text)
    if not turn.user.account:
        text = "Only somebody with an account can send a message once"
        raise Refusal("FAIL", speech.command, "ONCE_NEEDS_ACCOUNT", text)
    if "," in target:
        text = "A message with an id has one target"
        raise Refusal("FAIL", speech.command, "ONCE_ONE_TARGET", text)


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
            pieces=pieces_of(earlier.params[-1]),
            is_bot=turn.user.is_bot,
        )
    )
