"""JOIN: coming into rooms, and making them.

Whoever logs in comes into the default rooms the same way (presence.py). Sources: Modern IRC, "JOIN
message"; IRCv3 extended-join, away-notify.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from irc import caps, numerics
from irc.framing import BODY_BYTES_MAX
from irc.message import Message
from irc.names import RoomKey, is_valid_room, nick_key, room_key
from server.core.commands import metadata_news, ranks, replay
from server.core.commands.markread import marker_line
from server.core.commands.room_lists import names_items
from server.core.commands.rooms import leave_room, topic_lines
from server.core.effects import Outgoing, Subscribe
from server.core.events import Dialect
from server.core.facts import Conversation, Joined, RoomCreated, RoomEnded, RoomFounded
from server.core.modes import NEW_ROOM_MODES, format_changes
from server.core.permissions import join_obstacle
from server.core.turn import Refusal, Turn
from server.core.world import Room, Session, User


def join(turn: Turn, message: Message) -> None:
    """JOIN <room>{,<room>} [<key>{,<key>}], or JOIN 0: leave all rooms."""
    if message.params[0] == "0":
        for key in list(turn.user.rooms):
            leave_room(
                turn, turn.user, key, turn.line(turn.user, "PART", turn.world.rooms[key].name)
            )
        return
    keys = message.params[1].split(",") if len(message.params) > 1 else []
    before = set(turn.user.rooms)
    for index, name in enumerate(message.params[0].split(",")):
        try:
            join_room(turn, name, keys[index] if index < len(keys) else "")
        except Refusal as refusal:
            turn.refuse(refusal)
    metadata_news.tell_of_newcomer(turn, turn.user, before)
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

    The user has the letters of their account (ranks.py). All their sessions hear the room from here
    on, and are shown the JOIN, the topic and the names; `quiet` keeps that from the asking one.
    """
    key = room_key(name)
    is_new = key not in turn.world.rooms
    if is_new:
        _make_room(turn, user, name, key)
    room = turn.world.rooms[key]
    flags = ranks.flags_on_joining(turn.world, key, room, user, is_new=is_new)
    turn.record(Joined(user.id, key, flags))
    shown = turn.noted(key, join_line(turn, user, room))
    turn.broadcast(key, shown)
    if flags and not is_new:
        for params in format_changes(ranks.changes_of(flags, user.nick), BODY_BYTES_MAX):
            mode_line = turn.noted(key, turn.line(None, "MODE", room.name, *params))
            turn.broadcast(key, mode_line)
    if user.away:
        away = turn.line(user, "AWAY", user.away)
        turn.broadcast(key, replace(away, needs=caps.AWAY_NOTIFY))
    heads: dict[bool, list[Outgoing]] = {}
    for session in user.sessions.values():
        if session.id == turn.session.id:
            show_room(turn, user, key, quiet=quiet)
        elif session.dialect is Dialect.IRC:
            turn.effect(Subscribe(session.id, key))
            _show_room_to(turn, session, user, room, heads)
        elif turn.world.may_hear(session, key):
            turn.effect(Subscribe(session.id, key))


def _make_room(turn: Turn, user: User, name: str, key: RoomKey) -> None:
    """Make a room that belongs to the user's account, unless it has enough of them already.

    Such a room stays when it is empty, all others end. A default room belongs to nobody. What the
    log still has of an earlier room of that name is over.
    """
    world, account, at_ms = turn.world, nick_key(user.account), turn.stamp.at_ms
    owned = world.owned.get(account, 0)
    is_default = world.is_default_room(key)
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
    if quiet:
        return
    room = turn.world.rooms[key]
    for line in head_lines(turn, turn.session, user, room):
        turn.reply_line(line)
    if not turn.session.has(caps.NO_IMPLICIT_NAMES):
        turn.stream(names_items(turn, turn.session, room))
    metadata_news.show_room(turn, turn.session, room)


def _show_room_to(
    turn: Turn, session: Session, user: User, room: Room, heads: dict[bool, list[Outgoing]]
) -> None:
    """Show some other session a room that its user is in now.

    `heads` has what comes before the names for those with read markers and for those without, made
    once.
    """
    kind = session.has(caps.READ_MARKER)
    if kind not in heads:
        heads[kind] = list(head_lines(turn, session, user, room))
    for line in heads[kind]:
        turn.send(session.id, line)
    if not session.has(caps.NO_IMPLICIT_NAMES):
        turn.stream_to(session.id, names_items(turn, session, room))
    metadata_news.show_room_to(turn, session, room)


def head_lines(turn: Turn, session: Session, user: User, room: Room) -> Iterator[Outgoing]:
    """What somebody who comes in is shown before the names: their JOIN, the topic if there is one.

    Sources: Modern IRC, "JOIN message"; IRCv3 draft/read-marker, no-implicit-names.
    """
    yield join_line(turn, user, room)
    if room.topic:
        yield from topic_lines(turn, user, room)
    if session.has(caps.READ_MARKER):
        yield marker_line(turn, user, Conversation(room_key(room.name)), room.name)


def join_line(turn: Turn, user: User, room: Room) -> Outgoing:
    """The JOIN of a user, with what only extended-join sees. Made in one go: JOIN makes many."""
    return Outgoing(
        user.source,
        "JOIN",
        (room.name,),
        turn.stamp.at_ms,
        account=user.account,
        extended=(user.account or "*", user.realname),
        is_bot=user.is_bot,
    )
