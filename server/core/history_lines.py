"""What a kept message looks like to somebody who reads it later. Pure, called by history_answer.py.

Sources: IRCv3 draft/chathistory ("Returned message notes"), message-redaction ("Chat history").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from irc import caps
from irc.names import nick_key
from server.core.effects import Outgoing
from server.core.history import Stored
from server.core.render import server_time
from server.core.requests import Asker
from server.core.speech import pieces_of

_TEXTS = frozenset({"PRIVMSG", "NOTICE"})
_MESSAGES = _TEXTS | {"TAGMSG"}
_OF_ROOMS = frozenset({"JOIN", "PART", "KICK", "MODE", "TOPIC"})
"""Events whose first parameter is the room, which may have another name since."""

CONTEXT_TAG = "draft/chathistory-context"
"""On what is beside the messages that were asked for, and not counted (IRCv3 draft/chathistory)."""

_CTCP = "\x01"
_ACTION = "\x01ACTION "


def lines_of(stored: Stored, asker: Asker, name: str) -> Iterator[Outgoing]:
    """The lines of one message in a conversation that the asker knows under this name.

    What was redacted is shown only to who can understand it, as a message without text and the
    REDACT behind it.
    """
    redaction = stored.redaction
    if redaction is not None and not asker.has(caps.MESSAGE_REDACTION):
        return
    if stored.command == "RENAME" and not asker.has(caps.CHANNEL_RENAME):
        return
    source, params = _as_now(stored, asker, name)
    yield Outgoing(
        source,
        stored.command,
        params,
        stored.at_ms,
        msgid=stored.msgid,
        account=stored.account,
        client_tags=stored.client_tags,
        needs=caps.MESSAGE_TAGS if stored.command == "TAGMSG" else 0,
        seq=stored.seq,
        pieces=pieces_of(params[-1]) if stored.command in _TEXTS else (),
        # extended-join has always two more; what the real name was is not kept.
        extended=(stored.account or "*", "") if stored.command == "JOIN" else (),
    )
    if redaction is not None:
        about = (params[0], stored.msgid, *([redaction.reason] if redaction.reason else []))
        when, tags = redaction.at_ms, CONTEXT_TAG
        yield Outgoing(redaction.source, "REDACT", about, when, client_tags=tags)


def _as_now(stored: Stored, asker: Asker, name: str) -> tuple[str, tuple[str, ...]]:
    """Source and parameters with the names of today: clients sort private messages by nick."""
    if stored.command not in _MESSAGES:
        is_of_room = stored.command in _OF_ROOMS
        return stored.source, (name, *stored.params[1:]) if is_of_room else stored.params
    if stored.conversation.startswith("#"):
        return stored.source, (name, *stored.params[1:])
    _, bang, rest = stored.source.partition("!")
    is_own = nick_key(stored.account) == asker.account
    sender, target = (asker.nick, name) if is_own else (name, asker.nick)
    return sender + bang + rest, (target, *stored.params[1:])


def may_replay(stored: Stored) -> bool:
    """Whether it may be shown to a client that did not ask: one that answers CTCP would answer."""
    text = stored.params[-1]
    is_ctcp = text.startswith(_CTCP) and not text.startswith(_ACTION)
    return stored.redaction is None and not is_ctcp


def with_time(line: Outgoing, asker: Asker, now_ms: int) -> Outgoing:
    """The line with its time (UTC) in its text, for who has no server-time; else as it is.

    Without it, what was said yesterday would look like said just now.
    """
    if asker.has(caps.SERVER_TIME):
        return line
    then, now = server_time(line.at_ms), server_time(now_ms)
    clock = then[11:16] if then[:10] == now[:10] else f"{then[:10]} {then[11:16]}"
    target, text = line.params
    head = _ACTION if text.startswith(_ACTION) else ""
    whole = f"{head}[{clock}] {text.removeprefix(head)}"
    return replace(line, params=(target, whole), pieces=pieces_of(whole))
