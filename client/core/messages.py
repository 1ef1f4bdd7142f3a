"""What people say: PRIVMSG, NOTICE, and our own words coming back.

Where and whether a message shows, `showing.py` decides. Requests from other clients (CTCP) other
than an action are shown and never answered, so nobody can make us talk.
Source: Modern IRC, "Sending Messages"; IRCv3 message-ids, echo-message; "CTCP" by modern.ircdocs.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from client.core import account, showing, speaking
from client.core.capabilities import ONCE, SEQ
from client.core.events import (
    CtcpReceived,
    MessageKind,
    MessageReceived,
    ServerText,
    TextKind,
    TypingChanged,
)
from client.core.fetching import Entry
from client.core.mentions import is_mentioned
from client.core.state import Handler, State, nick_of, number, param
from irc.message import Message
from irc.names import nick_key

# For how long somebody is typing who does not say that they go on (IRCv3 typing); 0: no more.
_TYPING_MS: Final = {"active": 6_000, "paused": 30_000, "done": 0}


def on_message(s: State, message: Message) -> None:
    """`:source PRIVMSG|NOTICE target :text`"""
    text = param(message, 1)
    if account.read_answer(s, message):
        return
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
    received = _make(s, message, kind, text)
    window = s.model.get(received.buffer)
    if window is not None:
        window.typing.pop(nick_key(received.nick), None)
    _show(s, message, received)


def _own(s: State, message: Message, kind: MessageKind, text: str) -> None:
    """Our own words: the echo of what this session sent, or what another session of ours said."""
    if "!" in message.source:
        s.connection.own_prefix = message.source
    item = speaking.match_echo(s, message, kind, text)
    if item is None and _is_second_copy(s, message):
        return
    outbox_id = item.id if item else ""
    received = replace(_make(s, message, kind, text, own=True), outbox_id=outbox_id)
    if text or item is None:  # the echo of what was taken back since has no text
        _show(s, message, received)
    if item is not None:
        speaking.confirm(s, item, received.msgid, received.time_ms)


def _make(
    s: State, message: Message, kind: MessageKind, text: str, *, own: bool = False
) -> MessageReceived:
    target, nick = param(message, 0), nick_of(message.source)
    room = s.model.room_in(target)
    words = (s.model.nick, *s.model.highlight_words)
    return MessageReceived(
        buffer=room or (target if own else nick),
        target=target,
        nick=nick,
        text=text,
        kind=kind,
        account=message.tags.get("account", ""),
        msgid=message.tags.get("msgid", ""),
        mention=not own and is_mentioned(text, words),
        own=own,
        is_private=room == "",
        seq=number(message.tags.get(SEQ, ""), 0),
        time_ms=s.time_of(message),
    )


def window_of(s: State, message: Message) -> str:
    """Which window `message` belongs to: a room's, or the other person's."""
    target = param(message, 0)
    other = target if s.is_from_me(message) else nick_of(message.source)
    return s.model.room_in(target) or other


def read_past(s: State, message: Message, window: str, *, is_deleted: bool) -> Entry:
    """A line of the history of `window`; one that does not show has only its place."""
    time_ms, seq = s.time_of(message), number(message.tags.get(SEQ, ""), 0)
    place = Entry(time_ms, seq, message.tags.get("msgid", ""))
    is_said = message.command in ("PRIVMSG", "NOTICE") and "!" in message.source
    if not is_said or is_deleted or len(message.params) < 2:
        return place
    kind, text, ctcp = _read_kind(message, message.params[1])
    if ctcp:
        return place
    account = message.tags.get("account", "")
    own = s.is_from_me(message) or (account != "" and account == s.model.account)
    item = s.outbox.find_once(message.tags.get(ONCE, ""))
    received = _make(s, message, kind, text, own=own)
    # Whatever we and the other were called then, it belongs to the window it was asked for.
    past = replace(received, buffer=window, is_history=True, outbox_id=item.id if item else "")
    return replace(place, received=past)


def _is_second_copy(s: State, message: Message) -> bool:
    """What we say to ourselves comes twice, as echo and as delivery. Without msgid, once."""
    return (
        s.model.is_me(param(message, 0))
        and s.has_cap("echo-message")
        and s.has_cap("labeled-response")
        and "msgid" not in message.tags
    )


def _show(s: State, message: Message, received: MessageReceived) -> None:
    entry = Entry(received.time_ms, received.seq, received.msgid, received)
    showing.show_live(s, received.buffer, entry, is_private=received.is_private)


def _note_typing(s: State, message: Message) -> None:
    """IRCv3 typing. A window is not opened for it."""
    state = message.tags.get("+typing", "")
    window = s.model.get(window_of(s, message))
    if window is None or s.is_from_me(message) or state not in _TYPING_MS:
        return
    nick = nick_of(message.source)
    if _TYPING_MS[state]:
        window.note_typing(nick, s.now_ms + _TYPING_MS[state])
    else:
        window.typing.pop(nick_key(nick), None)
    s.emit(TypingChanged(buffer=window.name, nick=nick, is_typing=bool(_TYPING_MS[state])))


def on_tag_message(s: State, message: Message) -> None:
    """TAGMSG: who is typing; of the rest nothing shows, but one that is kept has a number."""
    _note_typing(s, message)
    seq, target = number(message.tags.get(SEQ, ""), 0), param(message, 0)
    if seq:
        room, window = s.model.room_in(target), window_of(s, message)
        entry = Entry(s.time_of(message), seq, message.tags.get("msgid", ""))
        showing.show_live(s, window, entry, is_private=room == "")


HANDLERS: Final[Mapping[str, Handler]] = {
    "PRIVMSG": on_message,
    "NOTICE": on_message,
    "TAGMSG": on_tag_message,
}
