"""PART, KICK, TOPIC: what happens in rooms; and finding a room for whoever names one.

Several sessions of a user are one member: whatever happens to the membership happens to all of
them, and each is shown the line. Coming in is in `joining`. Sources: Modern IRC, "Channel
Operations" and "Channel Modes".
"""

from __future__ import annotations

from collections.abc import Iterator

from irc import numerics
from irc.message import Message, split_text
from irc.names import RoomKey, room_key
from server.core.commands import ranks
from server.core.effects import Outgoing, Unsubscribe
from server.core.facts import Parted, TopicChanged
from server.core.permissions import is_kept_quiet, may_manage, may_see_room, may_set_topic
from server.core.turn import Refusal, Turn
from server.core.world import Room, User


def part(turn: Turn, message: Message) -> None:
    """PART <room>{,<room>} [<reason>]"""
    reason = message.params[1:2] if message.params[1:2] != ("",) else ()
    for name in message.params[0].split(","):
        try:
            key, room = room_of_member(turn, name)
        except Refusal as refusal:
            turn.refuse(refusal)
        else:
            said = () if is_kept_quiet(turn.user, room) else reason
            leave_room(turn, turn.user, key, turn.line(turn.user, "PART", room.name, *said))


def kick(turn: Turn, message: Message) -> None:
    """KICK <room>{,<room>} <nick>{,<nick>} [<reason>]: several of one room, or of a room each."""
    settings = turn.world.settings
    rooms, nicks = message.params[0].split(","), message.params[1].split(",")
    if len(rooms) not in (1, len(nicks)):
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters")
    reason = message.params[2] if len(message.params) > 2 else ""
    reason = clip(reason or turn.user.nick, settings.kick_bytes_max)
    wanted = list(zip(rooms * len(nicks) if len(rooms) == 1 else rooms, nicks, strict=True))
    for index, (name, nick) in enumerate(wanted[: settings.targets_max]):
        if index == 0 or len(rooms) > 1:
            try:
                key, room = room_of_manager(turn, name)
            except Refusal as refusal:
                turn.refuse(refusal)
                if len(rooms) == 1:
                    return
                continue
        try:
            _kick_one(turn, key, room, nick, reason)
        except Refusal as refusal:
            turn.refuse(refusal)
    for _name, nick in wanted[settings.targets_max :]:
        turn.reply(numerics.ERR_TOOMANYTARGETS, nick, "Too many targets")


def _kick_one(turn: Turn, key: RoomKey, room: Room, nick: str, reason: str) -> None:
    user = turn.world.find_user(nick)
    if user is None:
        raise Refusal(numerics.ERR_NOSUCHNICK, nick, "No such nick/channel")
    if user.id not in room.members:
        sentence = "They aren't on that channel"
        raise Refusal(numerics.ERR_USERNOTINCHANNEL, user.nick, room.name, sentence)
    ranks.check_rank(turn, room, user)
    leave_room(turn, user, key, turn.line(turn.user, "KICK", room.name, user.nick, reason))
    turn.act("KICK", user.nick, room.name, reason)


def leave_room(turn: Turn, user: User, key: RoomKey, line: Outgoing) -> None:
    """Take a user and all of their sessions out of a room, after everybody there was told."""
    line = turn.noted(key, line)
    turn.broadcast(key, line)
    for session in user.sessions:
        turn.effect(Unsubscribe(session, key))
    turn.record(Parted(user.id, key))
    turn.reply_line(line)


def topic(turn: Turn, message: Message) -> None:
    """TOPIC <room> [<topic>]: an empty topic takes it away."""
    key, room = find_room(turn, message.params[0])
    user = turn.user
    if len(message.params) == 1:
        if not room.topic:
            turn.reply(numerics.RPL_NOTOPIC, room.name, "No topic is set")
            return
        for line in topic_lines(turn, user, room):
            turn.reply_line(line)
        return
    if user.id not in room.members and not user.is_operator:
        raise Refusal(numerics.ERR_NOTONCHANNEL, room.name, "You're not on that channel")
    if not may_set_topic(user, room):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, "You're not channel operator")
    text = clip(message.params[1], turn.world.settings.topic_bytes_max)
    if "t" in room.modes or user.id not in room.members:
        turn.act("TOPIC", text, room.name)
    turn.record(TopicChanged(key, text, user.nick, turn.stamp.at_ms))
    change = turn.noted(key, turn.line(user, "TOPIC", room.name, text))
    turn.broadcast(key, change)
    turn.reply_line(change)


def topic_lines(turn: Turn, user: User, room: Room) -> Iterator[Outgoing]:
    """The topic, who set it and when."""
    set_at = str(room.topic_at_ms // 1000)
    yield turn.line(None, numerics.RPL_TOPIC, user.nick, room.name, room.topic)
    yield turn.line(
        None, numerics.RPL_TOPICWHOTIME, user.nick, room.name, room.topic_setter, set_at
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


def room_of_member(turn: Turn, name: str) -> tuple[RoomKey, Room]:
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
    key, room = room_of_member(turn, name)
    if not may_manage(turn.user, room):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, "You're not channel operator")
    return key, room


def clip(text: str, bytes_max: int) -> str:
    """As much of the text as fits, without half a character at its end."""
    return text if len(text.encode()) <= bytes_max else split_text(text, max(bytes_max, 4))[0]
