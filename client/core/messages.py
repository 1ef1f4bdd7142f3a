"""What people say: PRIVMSG, NOTICE, and our own words coming back.

A message shows once: by its msgid where it has one. Requests from other clients (CTCP) other than
an action are shown and never answered, so nobody can make us talk.
Source: Modern IRC, "Sending Messages"; IRCv3 message-ids, echo-message; "CTCP" by modern.ircdocs.
"""

from collections.abc import Mapping
from typing import Final

from client.core import speaking
from client.core.events import CtcpReceived, MessageKind, MessageReceived, ServerText, TextKind
from client.core.mentions import is_mentioned
from client.core.state import Handler, State, nick_of, param
from irc.message import Message


def on_message(s: State, message: Message) -> None:
    """`:source PRIVMSG|NOTICE target :text`"""
    text = param(message, 1)
    if "!" not in message.source and not s.is_from_me(message):
        # A server. Services have "!" in their source and are people here.
        text_kind = TextKind.NOTICE if message.command == "NOTICE" else TextKind.INFO
        source = message.source
        s.emit(ServerText(text=text, kind=text_kind, source=source, time_ms=s.time_of(message)))
        return
    kind, text, ctcp = _read_kind(message, text)
    if ctcp:
        _show_ctcp(s, message, ctcp, text)
    elif s.is_from_me(message):
        _own(s, message, kind, text)
    else:
        _others(s, message, kind, text)


def _read_kind(message: Message, text: str) -> tuple[MessageKind, str, str]:
    """Kind, text, and the name of the CTCP request if it is one other than an action."""
    kind = MessageKind.NOTICE if message.command == "NOTICE" else MessageKind.MESSAGE
    if not text.startswith("\x01") or len(text) < 2:
        return kind, text, ""
    command, _, rest = text[1:].removesuffix("\x01").partition(" ")
    if command.upper() == "ACTION" and kind is MessageKind.MESSAGE:
        return MessageKind.ACTION, rest, ""
    return kind, rest, command.upper()


def _show_ctcp(s: State, message: Message, command: str, text: str) -> None:
    nick = nick_of(message.source)
    if not s.model.is_me(nick):
        buffer = s.model.room_in(param(message, 0)) or nick
        time_ms = s.time_of(message)
        s.emit(CtcpReceived(buffer=buffer, nick=nick, command=command, text=text, time_ms=time_ms))


def _others(s: State, message: Message, kind: MessageKind, text: str) -> None:
    target, nick = param(message, 0), nick_of(message.source)
    room = s.model.room_in(target)
    _show(
        s,
        MessageReceived(
            buffer=room or nick,
            target=target,
            nick=nick,
            text=text,
            kind=kind,
            account=message.tags.get("account", ""),
            msgid=message.tags.get("msgid", ""),
            mention=is_mentioned(text, (s.model.nick, *s.model.highlight_words)),
            is_private=room == "",
            time_ms=s.time_of(message),
        ),
    )


def _own(s: State, message: Message, kind: MessageKind, text: str) -> None:
    """Our own words: the echo of what this session sent, or what another session of ours said."""
    if "!" in message.source:
        s.connection.own_prefix = message.source
    target = param(message, 0)
    msgid = message.tags.get("msgid", "")
    item = speaking.match_echo(s, message, kind, text)
    if item is None and _is_second_copy(s, message):
        return
    room = s.model.room_in(target)
    _show(
        s,
        MessageReceived(
            buffer=room or target,
            target=target,
            nick=nick_of(message.source),
            text=text,
            kind=kind,
            account=message.tags.get("account", ""),
            msgid=msgid,
            own=True,
            outbox_id=item.id if item else "",
            is_private=room == "",
            time_ms=s.time_of(message),
        ),
    )
    if item is not None:
        speaking.confirm(s, item, msgid, s.time_of(message))


def _is_second_copy(s: State, message: Message) -> bool:
    """What we say to ourselves comes twice, as echo and as delivery. Without msgid, once."""
    return (
        s.model.is_me(param(message, 0))
        and s.has_cap("echo-message")
        and s.has_cap("labeled-response")
        and "msgid" not in message.tags
    )


def _show(s: State, received: MessageReceived) -> None:
    if s.model.is_new_msgid(received.msgid):
        s.model.keep(received)
        s.emit(received)


def on_tag_message(s: State, message: Message) -> None:
    """TAGMSG (typing, reactions): nothing to show yet."""


HANDLERS: Final[Mapping[str, Handler]] = {
    "PRIVMSG": on_message,
    "NOTICE": on_message,
    "TAGMSG": on_tag_message,
}
