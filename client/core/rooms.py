"""Rooms and who is in them: JOIN, PART, KICK, TOPIC, MODE, INVITE, NAMES and their numerics.

Source: Modern IRC, "Channel Operations"; IRCv3 extended-join, multi-prefix.
"""

from collections.abc import Mapping
from typing import Final

from client.core import past
from client.core.events import (
    Invited,
    Joined,
    Kicked,
    ListedMember,
    ModeChanged,
    NamesListed,
    Parted,
    RoomRenamed,
    TopicChanged,
)
from client.core.model import Buffer, Member
from client.core.state import ROWS_MAX, Handler, State, nick_of, param
from irc import numerics
from irc.message import Message
from irc.names import nick_key, room_key

# NAMES answers that are begun and not ended; past this the oldest is forgotten.
LISTS_MAX: Final = 500

# Which channel modes take an argument, while the server has not said (Modern IRC, "CHANMODES").
_CHANMODES_DEFAULT: Final = "beI,k,l,imnpst"


def on_join(s: State, message: Message) -> None:
    """`:source JOIN room [account :realname]`"""
    nick = nick_of(message.source)
    own = s.is_from_me(message)
    account = param(message, 1).removeprefix("*")
    buffer = s.model.open(param(message, 0))
    if own:
        s.connection.own_prefix = message.source if "!" in message.source else ""
        was_joined = buffer.joined
        s.model.entered(buffer)
        if not was_joined:
            past.enter(s, buffer, message)
    buffer.add_member(Member(nick, account=account))
    s.emit(
        Joined(
            buffer=buffer.name,
            nick=nick,
            account=account,
            realname=param(message, 2),
            own=own,
            time_ms=s.time_of(message),
        )
    )


def on_part(s: State, message: Message) -> None:
    """`:source PART room [:reason]`"""
    nick = nick_of(message.source)
    own = s.is_from_me(message)
    name = _remove(s, param(message, 0), nick, own)
    reason, time_ms = param(message, 1), s.time_of(message)
    s.emit(Parted(buffer=name, nick=nick, reason=reason, own=own, time_ms=time_ms))


def on_kick(s: State, message: Message) -> None:
    """`:source KICK room nick [:reason]`"""
    nick = param(message, 1)
    own = s.model.is_me(nick)
    name = _remove(s, param(message, 0), nick, own)
    s.emit(
        Kicked(
            buffer=name,
            nick=nick,
            by=nick_of(message.source),
            reason=param(message, 2),
            own=own,
            time_ms=s.time_of(message),
        )
    )


def _remove(s: State, name: str, nick: str, own: bool) -> str:
    """Take `nick` out of the room called `name`; the name of its window."""
    buffer = s.model.get(name)
    if buffer is None:
        return name
    if own:
        s.model.left(buffer)
    else:
        buffer.members.pop(nick_key(nick), None)
    return buffer.name


def on_rename(s: State, message: Message) -> None:
    """`:source RENAME old new :reason` (IRCv3 draft channel-rename)"""
    old, new = param(message, 0), param(message, 1)
    if s.model.get(old) is None or not s.model.is_room_name(new):
        return
    s.emit(
        RoomRenamed(
            buffer=s.model.rename_room(old, new).name,
            old_name=old,
            by=nick_of(message.source),
            reason=param(message, 2),
            time_ms=s.time_of(message),
        )
    )


def on_topic(s: State, message: Message) -> None:
    """`:source TOPIC room :topic`"""
    _set_topic(s, message, param(message, 0), param(message, 1), nick_of(message.source))


def on_topic_is(s: State, message: Message) -> None:
    """332: `<us> room :topic`"""
    _set_topic(s, message, param(message, 1), param(message, 2), "")


def on_no_topic(s: State, message: Message) -> None:
    """331: `<us> room :No topic is set`"""
    _set_topic(s, message, param(message, 1), "", "")


def _set_topic(s: State, message: Message, room: str, topic: str, nick: str) -> None:
    buffer = s.model.get(room)
    if buffer is not None:
        buffer.topic, room = topic, buffer.name
    s.emit(TopicChanged(buffer=room, topic=topic, nick=nick, time_ms=s.time_of(message)))


def on_invite(s: State, message: Message) -> None:
    """`:source INVITE nick room`"""
    nick, room, by = param(message, 0), param(message, 1), nick_of(message.source)
    own = s.model.is_me(nick)
    buffer = "" if own else room
    time_ms = s.time_of(message)
    s.emit(Invited(buffer=buffer, room=room, nick=nick, by=by, own=own, time_ms=time_ms))


def on_inviting(s: State, message: Message) -> None:
    """341: `<us> nick room`: our invitation is on its way."""
    nick, room, by = param(message, 1), param(message, 2), s.model.nick
    s.emit(Invited(buffer=room, room=room, nick=nick, by=by, time_ms=s.time_of(message)))


# --- who is in a room -----------------------------------------------------------------------


def on_names_line(s: State, message: Message) -> None:
    """353: `<us> = room :@nick +nick`"""
    names = s.connection.names
    listed = names.setdefault(room_key(param(message, 2)), [])
    if len(names) > LISTS_MAX:
        del names[next(iter(names))]
    signs = "".join(s.model.prefix_modes.values())
    for name in param(message, 3).split():
        if len(listed) < ROWS_MAX:
            nick = name.lstrip(signs)
            listed.append(ListedMember(nick_of(nick), name[: len(name) - len(nick)]))


def on_names_end(s: State, message: Message) -> None:
    """366: `<us> room :End of /NAMES list`. For a room we are in, this is who is in it."""
    name = param(message, 1)
    key = room_key(name)
    listed = s.connection.names.pop(key, [])
    buffer = s.model.get(name)
    if buffer is not None and buffer.joined:
        known = buffer.members
        buffer.members = {}
        for entry in listed:
            old = known.get(nick_key(entry.nick))
            member = Member(entry.nick, entry.prefixes)
            if old is not None:
                member.account, member.is_away = old.account, old.is_away
            buffer.add_member(member)
    requested = key in s.connection.names_requested
    s.connection.names_requested.discard(key)
    s.emit(
        NamesListed(
            buffer=buffer.name if buffer else name,
            members=tuple(listed),
            requested=requested,
            time_ms=s.time_of(message),
        )
    )


# --- modes ----------------------------------------------------------------------------------


def on_mode(s: State, message: Message) -> None:
    """`:source MODE target modes [arguments]`"""
    target, modes, arguments = param(message, 0), param(message, 1), message.params[2:]
    buffer = s.model.get(s.model.room_in(target) or target)
    if buffer is not None:
        _apply_prefixes(s, buffer, modes, list(arguments))
    _emit_modes(s, message, target, modes, arguments, nick_of(message.source))


def on_room_modes_are(s: State, message: Message) -> None:
    """324: `<us> room modes [arguments]`"""
    _emit_modes(s, message, param(message, 1), param(message, 2), message.params[3:], "")


def on_own_modes_are(s: State, message: Message) -> None:
    """221: `<us> modes`"""
    _emit_modes(s, message, s.model.nick, param(message, 1), (), "")


def _emit_modes(
    s: State, message: Message, target: str, modes: str, arguments: tuple[str, ...], by: str
) -> None:
    s.emit(
        ModeChanged(
            buffer=s.model.room_in(target),
            target=target,
            modes=modes,
            arguments=arguments,
            by=by,
            time_ms=s.time_of(message),
        )
    )


def _apply_prefixes(s: State, buffer: Buffer, modes: str, arguments: list[str]) -> None:
    """Carry +o, -v and the like into the members; skip the arguments of the other modes."""
    kinds = s.connection.isupport.get("CHANMODES", _CHANMODES_DEFAULT).split(",")
    always, when_set = "".join(kinds[:2]), "".join(kinds[2:3])
    is_set = True
    for mode in modes:
        if mode in "+-":
            is_set = mode == "+"
        elif mode in s.model.prefix_modes:
            nick = arguments.pop(0) if arguments else ""
            _set_prefix(s, buffer, nick, s.model.prefix_modes[mode], is_set)
        elif (mode in always or (mode in when_set and is_set)) and arguments:
            arguments.pop(0)


def _set_prefix(s: State, buffer: Buffer, nick: str, prefix: str, is_set: bool) -> None:
    member = buffer.members.get(nick_key(nick))
    if member is not None:
        has = set(member.prefixes) - {prefix} | ({prefix} if is_set else set())
        member.prefixes = "".join(sign for sign in s.model.prefix_modes.values() if sign in has)


def on_nothing(s: State, message: Message) -> None:
    """333, 329: who set a topic, and when a room was made; we show neither."""


HANDLERS: Final[Mapping[str, Handler]] = {
    "JOIN": on_join,
    "PART": on_part,
    "KICK": on_kick,
    "RENAME": on_rename,
    "TOPIC": on_topic,
    "MODE": on_mode,
    "INVITE": on_invite,
    numerics.RPL_UMODEIS: on_own_modes_are,
    numerics.RPL_CHANNELMODEIS: on_room_modes_are,
    numerics.RPL_CREATIONTIME: on_nothing,
    numerics.RPL_NOTOPIC: on_no_topic,
    numerics.RPL_TOPIC: on_topic_is,
    numerics.RPL_TOPICWHOTIME: on_nothing,
    numerics.RPL_INVITING: on_inviting,
    numerics.RPL_NAMREPLY: on_names_line,
    numerics.RPL_ENDOFNAMES: on_names_end,
}
