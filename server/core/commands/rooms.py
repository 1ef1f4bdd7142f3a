"""JOIN, PART, KICK, INVITE, TOPIC, NAMES, LIST: being in rooms, and which there are.

Several sessions of a user are one member: whatever happens to the membership happens to all of
them, and each is shown the line. Sources: Modern IRC, "Channel Operations" and "Channel Modes";
IRCv3 extended-join, multi-prefix, away-notify.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from irc import caps, numerics
from irc.message import Message, split_text
from irc.names import RoomKey, is_valid_room, nick_key, room_key
from server.core.commands import replay
from server.core.commands.markread import marker_line
from server.core.effects import Outgoing, Subscribe, Unsubscribe
from server.core.events import Dialect
from server.core.facts import (
    Conversation,
    Invited,
    Joined,
    Parted,
    RoomCreated,
    RoomEnded,
    RoomFounded,
    TopicChanged,
)
from server.core.listing import ROOMS_LISTED_MAX, parse_filter
from server.core.modes import NEW_ROOM_MODES, prefix_of
from server.core.permissions import (
    join_obstacle,
    may_manage,
    may_see_room,
    may_see_user,
    may_set_topic,
)
from server.core.turn import Refusal, Turn, fill_lines
from server.core.world import Room, Session, User


def join(turn: Turn, message: Message) -> None:
    """JOIN <room>{,<room>} [<key>{,<key>}], or JOIN 0: leave all rooms."""
    if message.params[0] == "0":
        for key in list(turn.user.rooms):
            _leave(turn, turn.user, key, turn.line(turn.user, "PART", turn.world.rooms[key].name))
        return
    keys = message.params[1].split(",") if len(message.params) > 1 else []
    before = set(turn.user.rooms)
    for index, name in enumerate(message.params[0].split(",")):
        try:
            join_room(turn, name, keys[index] if index < len(keys) else "")
        except Refusal as refusal:
            turn.refuse(refusal)
    entered = turn.user.rooms.keys() - before
    replay.show_rooms(turn, entered, turn.user.sessions.values())


def join_room(turn: Turn, name: str, key: str = "") -> None:
    """Bring the asker into a room, making it when there is none. Who is in it already stays so.

    Raises:
        Refusal: The name is none, a limit is reached, or the room is closed to this user.
    """
    settings = turn.world.settings
    user = turn.user
    if not is_valid_room(name, settings.room_name_bytes_max):
        raise Refusal(numerics.ERR_BADCHANMASK, name, "Bad Channel Mask")
    found = room_key(name)
    if found in user.rooms:
        return
    if len(user.rooms) >= settings.rooms_per_user_max:
        raise Refusal(numerics.ERR_TOOMANYCHANNELS, name, "You have joined too many channels")
    room = turn.world.rooms.get(found)
    if room is None and len(turn.world.rooms) >= settings.rooms_max:
        raise Refusal(numerics.ERR_UNAVAILRESOURCE, name, "There are too many rooms on this server")
    if room is not None:
        obstacle = join_obstacle(user, room, key, settings.members_per_room_max)
        if obstacle is not None:
            numeric, sentence = obstacle
            raise Refusal(numeric, room.name, sentence)
    enter_room(turn, user, name)


def enter_room(turn: Turn, user: User, name: str, *, quiet: bool = False) -> None:
    """Make the user a member of a room, and the room when there is none. Nothing is asked any more.

    Who makes a room manages it, then and whenever they come back if it is their account's. But
    nobody manages a default room by being the first to log in: that is for the operators of the
    server, who get the flag as they come in. All sessions of the
    user hear the room from here on, and are shown the JOIN, the topic and the names; `quiet` keeps
    that from the asking one.
    """
    key = room_key(name)
    is_default = turn.world.is_default_room(key)
    is_new = key not in turn.world.rooms
    if is_new:
        _make_room(turn, user, name, key)
    room = turn.world.rooms[key]
    is_manager = user.is_operator if is_default else is_new or room.is_founder(user)
    flags = "o" if is_manager else ""
    turn.record(Joined(user.id, key, flags))
    join_line = _join_line(turn, user, room)
    turn.broadcast(key, join_line)
    turn.note([key], join_line)
    if flags and not is_new:
        mode_line = turn.line(None, "MODE", room.name, f"+{flags}", user.nick)
        turn.broadcast(key, mode_line)
        turn.note([key], mode_line)
    if user.away:
        away = turn.line(user, "AWAY", user.away)
        turn.broadcast(key, replace(away, needs=caps.AWAY_NOTIFY))
    for session in user.sessions.values():
        if session.id == turn.session.id:
            show_room(turn, user, key, quiet=quiet)
        elif session.dialect is Dialect.IRC:
            turn.effect(Subscribe(session.id, key))
            for line in _room_lines(turn, session, user, room):
                turn.send(session.id, line)
        elif turn.world.may_hear(session, key):
            turn.effect(Subscribe(session.id, key))


def _make_room(turn: Turn, user: User, name: str, key: RoomKey) -> None:
    """Make a room that belongs to the user's account, unless it has enough of them already.

    Such a room stays when it is empty, all others end. A default room belongs to nobody. What the
    log still has of an earlier room of that name is over.
    """
    world, account, at_ms = turn.world, nick_key(user.account), turn.stamp.at_ms
    owned = sum(room.founder == account for room in world.rooms.values())
    is_default = world.is_default_room(key)
    if not is_default:
        turn.record(RoomEnded(key))
    if not account or is_default or owned >= world.settings.rooms_per_user_max:
        turn.record(RoomCreated(name, NEW_ROOM_MODES, at_ms))
    else:
        turn.record(RoomFounded(key, name, account, NEW_ROOM_MODES, at_ms))


def show_room(turn: Turn, user: User, key: RoomKey, *, quiet: bool = False) -> None:
    """Let the asking session hear a room of its user's, and show it the room unless `quiet`.

    Alone, this is for a session that has just become one more of somebody's: nobody else notices.
    """
    turn.effect(Subscribe(turn.session.id, key))
    if not quiet:
        for line in _room_lines(turn, turn.session, user, turn.world.rooms[key]):
            turn.reply_line(line)


def _room_lines(turn: Turn, session: Session, user: User, room: Room) -> Iterator[Outgoing]:
    """What somebody who comes in is shown: their JOIN, the topic if there is one, the names."""
    yield _join_line(turn, user, room)
    if room.topic:
        yield from _topic_lines(turn, user, room)
    if session.has(caps.READ_MARKER):
        yield marker_line(turn, user, Conversation(room_key(room.name)), room.name)
    yield from _names_lines(turn, session, user, room)
    yield turn.line(None, numerics.RPL_ENDOFNAMES, user.nick, room.name, "End of /NAMES list")


def _join_line(turn: Turn, user: User, room: Room) -> Outgoing:
    line = turn.line(user, "JOIN", room.name)
    return replace(line, extended=(user.account or "*", user.realname))


def _topic_lines(turn: Turn, user: User, room: Room) -> Iterator[Outgoing]:
    set_at = str(room.topic_at_ms // 1000)
    yield turn.line(None, numerics.RPL_TOPIC, user.nick, room.name, room.topic)
    yield turn.line(
        None, numerics.RPL_TOPICWHOTIME, user.nick, room.name, room.topic_setter, set_at
    )


def _names_lines(turn: Turn, session: Session, user: User, room: Room) -> Iterator[Outgoing]:
    """RPL_NAMREPLY: who is in the room, as far as `user` may see them."""
    multi_prefix = session.has(caps.MULTI_PREFIX)
    is_member = user.id in room.members
    symbol = "@" if "s" in room.modes else "="
    return fill_lines(
        turn.line(None, numerics.RPL_NAMREPLY, user.nick, symbol, room.name),
        (
            prefix_of(flags, all_of_them=multi_prefix) + member.nick
            for member, flags in turn.world.members_of(room)
            if is_member or may_see_user(turn.world, user, member)
        ),
    )


def part(turn: Turn, message: Message) -> None:
    """PART <room>{,<room>} [<reason>]"""
    reason = message.params[1:2] if message.params[1:2] != ("",) else ()
    for name in message.params[0].split(","):
        try:
            key, room = _room_of_member(turn, name)
        except Refusal as refusal:
            turn.refuse(refusal)
        else:
            _leave(turn, turn.user, key, turn.line(turn.user, "PART", room.name, *reason))


def kick(turn: Turn, message: Message) -> None:
    """KICK <room> <nick>{,<nick>} [<reason>]"""
    key, room = room_of_manager(turn, message.params[0])
    settings = turn.world.settings
    reason = message.params[2] if len(message.params) > 2 else ""
    reason = clip(reason or turn.user.nick, settings.kick_bytes_max)
    nicks = message.params[1].split(",")
    for nick in nicks[: settings.targets_max]:
        user = turn.world.find_user(nick)
        if user is None:
            turn.reply(numerics.ERR_NOSUCHNICK, nick, "No such nick/channel")
        elif user.id not in room.members:
            turn.reply(
                numerics.ERR_USERNOTINCHANNEL, user.nick, room.name, "They aren't on that channel"
            )
        else:
            _leave(turn, user, key, turn.line(turn.user, "KICK", room.name, user.nick, reason))
    for nick in nicks[settings.targets_max :]:
        turn.reply(numerics.ERR_TOOMANYTARGETS, nick, "Too many targets")


def _leave(turn: Turn, user: User, key: RoomKey, line: Outgoing) -> None:
    """Take a user and all of their sessions out of a room, after everybody there was told."""
    turn.broadcast(key, line)
    for session in user.sessions:
        turn.effect(Unsubscribe(session, key))
    turn.record(Parted(user.id, key))
    turn.note([key], line)
    turn.reply_line(line)


def invite(turn: Turn, message: Message) -> None:
    """INVITE <nick> <room>"""
    key, room = find_room(turn, message.params[1])
    user = turn.user
    if user.id not in room.members and not user.is_operator:
        raise Refusal(numerics.ERR_NOTONCHANNEL, room.name, "You're not on that channel")
    if "i" in room.modes and not may_manage(user, room):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, "You're not channel operator")
    peer = turn.world.find_user(message.params[0])
    if peer is None:
        raise Refusal(numerics.ERR_NOSUCHNICK, message.params[0], "No such nick/channel")
    if peer.id in room.members:
        raise Refusal(numerics.ERR_USERONCHANNEL, peer.nick, room.name, "is already on channel")
    turn.record(Invited(key, peer.id))
    turn.reply(numerics.RPL_INVITING, peer.nick, room.name)
    if peer.away:
        turn.reply(numerics.RPL_AWAY, peer.nick, peer.away)
    turn.send_to_user(peer, turn.line(user, "INVITE", peer.nick, room.name))


def topic(turn: Turn, message: Message) -> None:
    """TOPIC <room> [<topic>]: an empty topic takes it away."""
    key, room = find_room(turn, message.params[0])
    user = turn.user
    if len(message.params) == 1:
        if not room.topic:
            turn.reply(numerics.RPL_NOTOPIC, room.name, "No topic is set")
            return
        for line in _topic_lines(turn, user, room):
            turn.reply_line(line)
        return
    if user.id not in room.members and not user.is_operator:
        raise Refusal(numerics.ERR_NOTONCHANNEL, room.name, "You're not on that channel")
    if not may_set_topic(user, room):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, "You're not channel operator")
    text = clip(message.params[1], turn.world.settings.topic_bytes_max)
    turn.record(TopicChanged(key, text, user.nick, turn.stamp.at_ms))
    change = turn.line(user, "TOPIC", room.name, text)
    turn.broadcast(key, change)
    turn.note([key], change)
    turn.reply_line(change)


def names(turn: Turn, message: Message) -> None:
    """NAMES <room>{,<room>}. Without a room it names nobody: LIST and WHO show what there is."""
    settings = turn.world.settings
    wanted = message.params[0].split(",") if message.params else ["*"]
    for name in wanted[: settings.targets_max]:
        room = turn.world.rooms.get(room_key(name))
        if room is not None and may_see_room(turn.user, room):
            for line in _names_lines(turn, turn.session, turn.user, room):
                turn.reply_line(line)
        turn.reply(numerics.RPL_ENDOFNAMES, name, "End of /NAMES list")
    for name in wanted[settings.targets_max :]:
        turn.reply(numerics.ERR_TOOMANYTARGETS, name, "Too many targets")


def list_(turn: Turn, message: Message) -> None:
    """LIST [<room or condition>{,<room or condition>}]: largest rooms first."""
    chosen = parse_filter(",".join(message.params[:2]))
    shown = [
        room
        for key, room in turn.world.rooms.items()
        if chosen.matches(key, room, turn.stamp.at_ms) and may_see_room(turn.user, room)
    ]
    shown.sort(key=lambda room: -len(room.members))
    turn.reply(numerics.RPL_LISTSTART, "Channel", "Users  Name")
    for room in shown[:ROOMS_LISTED_MAX]:
        turn.reply(numerics.RPL_LIST, room.name, str(len(room.members)), room.topic)
    more = len(shown) - ROOMS_LISTED_MAX
    turn.reply(
        numerics.RPL_LISTEND,
        "End of /LIST" if more <= 0 else f"End of /LIST, {more} smaller ones left out",
    )


def find_room(turn: Turn, name: str) -> tuple[RoomKey, Room]:
    """The room of this name, with its key.

    Raises:
        Refusal: There is none, or it is secret and not for the asker, who gets the same answer.
    """
    key = room_key(name)
    room = turn.world.rooms.get(key)
    if room is None or not may_see_room(turn.user, room):
        raise Refusal(numerics.ERR_NOSUCHCHANNEL, name, "No such channel")
    return key, room


def _room_of_member(turn: Turn, name: str) -> tuple[RoomKey, Room]:
    key, room = find_room(turn, name)
    if turn.user.id not in room.members:
        raise Refusal(numerics.ERR_NOTONCHANNEL, room.name, "You're not on that channel")
    return key, room


def room_of_manager(turn: Turn, name: str) -> tuple[RoomKey, Room]:
    """The room of this name, which the asker may manage.

    Raises:
        Refusal: There is no such room, or the asker is not in it, or does not manage it.
    """
    if turn.user.is_operator:
        return find_room(turn, name)
    key, room = _room_of_member(turn, name)
    if not may_manage(turn.user, room):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, "You're not channel operator")
    return key, room


def clip(text: str, bytes_max: int) -> str:
    """As much of the text as fits, without half a character at its end."""
    return text if len(text.encode()) <= bytes_max else split_text(text, max(bytes_max, 4))[0]
