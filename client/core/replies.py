"""Answers with no place elsewhere: errors, standard replies, LIST, message of the day, the rest.

An error that is about a message of ours becomes `MessageFailed`, every other one `ErrorReply`.
Source: Modern IRC, "Numerics"; IRCv3 standard-replies.
"""

from collections.abc import Mapping
from typing import Final

from client.core import past, speaking
from client.core.events import ErrorReply, ListListed, RoomRow, ServerText, TextKind
from client.core.state import ROWS_MAX, Handler, State, number, param
from irc import numerics
from irc.message import Message

# A room that will not have us is not tried again after the next reconnect.
_CANNOT_JOIN: Final = frozenset(
    {
        numerics.ERR_NOSUCHCHANNEL,
        numerics.ERR_TOOMANYCHANNELS,
        numerics.ERR_CHANNELISFULL,
        numerics.ERR_INVITEONLYCHAN,
        numerics.ERR_BANNEDFROMCHAN,
        numerics.ERR_BADCHANNELKEY,
        numerics.ERR_BADCHANMASK,
        "477",
    }
)


def on_error_numeric(s: State, message: Message) -> None:
    """400 to 599 and a few above: `<us> [about...] :text`"""
    text = param(message, -1)
    if past.refuse(s, message) or speaking.refuse(s, message, message.command, text):
        return
    if message.command in _CANNOT_JOIN:
        room = s.model.get(param(message, 1))
        if room is not None and not room.joined:
            room.wanted = False
    _emit_error(s, message, message.command, "", message.params[1:-1])


def on_fail(s: State, message: Message) -> None:
    """`FAIL command code [about...] :text`"""
    code = param(message, 1)
    if past.refuse(s, message):
        return
    if not speaking.refuse(s, message, code, param(message, -1)):
        _emit_error(s, message, code, param(message, 0).removeprefix("*"), message.params[2:-1])


def _emit_error(
    s: State, message: Message, code: str, command: str, context: tuple[str, ...]
) -> None:
    windows = [window.name for about in context if (window := s.model.get(about))]
    s.emit(
        ErrorReply(
            code=code,
            text=param(message, -1),
            context=context,
            command=command,
            buffer=windows[0] if windows else "",
            time_ms=s.time_of(message),
        )
    )


def on_warn(s: State, message: Message) -> None:
    """`WARN command code [about...] :text`"""
    _emit_text(s, message, param(message, -1), TextKind.WARNING, param(message, 1))


def on_note(s: State, message: Message) -> None:
    """`NOTE command code [about...] :text`"""
    _emit_text(s, message, param(message, -1), TextKind.INFO, param(message, 1))


def on_motd_line(s: State, message: Message) -> None:
    """372: `<us> :- text`"""
    text = param(message, -1).removeprefix("- ")
    _emit_text(s, message, text, TextKind.MOTD, message.command)


def on_motd_start(s: State, message: Message) -> None:
    """375: a headline that says nothing."""


def on_list_start(s: State, message: Message) -> None:
    """321. Some servers leave it out."""
    s.connection.rooms.clear()


def on_list_line(s: State, message: Message) -> None:
    """322: `<us> room members :topic`"""
    members = number(param(message, 2), 0)
    if len(s.connection.rooms) < ROWS_MAX:
        s.connection.rooms.append(RoomRow(param(message, 1), members, param(message, 3)))


def on_list_end(s: State, message: Message) -> None:
    """323"""
    rows, s.connection.rooms = tuple(s.connection.rooms), []
    s.emit(ListListed(rows=rows, time_ms=s.time_of(message)))


def on_other_numeric(s: State, message: Message) -> None:
    """A reply with no event of its own: its text, with the values in it, without our nick."""
    _emit_text(s, message, " ".join(message.params[1:]), TextKind.INFO, message.command)


def on_other_command(s: State, message: Message) -> None:
    """WALLOPS, KILL, or something we never heard of: shown as it is."""
    _emit_text(s, message, " ".join(message.params), TextKind.INFO, message.command)


def _emit_text(s: State, message: Message, text: str, kind: TextKind, code: str) -> None:
    s.emit(
        ServerText(
            text=text, kind=kind, code=code, source=message.source, time_ms=s.time_of(message)
        )
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "WARN": on_warn,
    "NOTE": on_note,
    numerics.RPL_MOTD: on_motd_line,
    numerics.RPL_MOTDSTART: on_motd_start,
    numerics.RPL_LISTSTART: on_list_start,
    numerics.RPL_LIST: on_list_line,
    numerics.RPL_LISTEND: on_list_end,
}
