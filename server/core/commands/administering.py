"""What the operator does to rooms from outside: an order (orders.py) decided as the server's own
act, told to who is there as coming from the server, and noted.
"""

from __future__ import annotations

from typing import assert_never

from irc.names import NickKey, RoomKey, nick_key, room_key
from server.core.commands import ranks
from server.core.commands.mode_lines import modes_of, tell_changes
from server.core.commands.modes import change_setting
from server.core.commands.rooms import clip
from server.core.effects import Report, Send, Unsubscribe
from server.core.events import RoomAdministered, Stamp
from server.core.facts import (
    ActNoted,
    Conversation,
    MemberFlagChanged,
    RoomCreated,
    RoomEnded,
    RoomRemoved,
    TopicChanged,
)
from server.core.modes import NEW_ROOM_MODES, ModeChange, parse_changes
from server.core.orders import Answer, DescribeRooms, NameRooms, RemoveRoom, RoomRow, SetRoom
from server.core.turn import Batch, Refusal, Turn
from server.core.world import Room, World

REMOVED = "The room was removed"


class _Problem(Exception):
    """An order that is not carried out."""

    def __init__(self, problem: str, about: str) -> None:
        super().__init__(problem, about)
        self.answer = Answer(problem=problem, about=about)


def administered(world: World, event: RoomAdministered, stamp: Stamp) -> Batch:
    """Carry out an order; the answer follows when all of it is durable."""
    turn = Turn.of_server(world, stamp)
    try:
        answer = _carry_out(turn, event)
    except _Problem as problem:
        answer = problem.answer
    batch = turn.finish()
    not_stored = (Report(event.reply, Answer(problem="not_stored")),)
    return Batch(
        batch.facts,
        (*batch.effects, Report(event.reply, answer)),
        batch.undo,
        not_stored if batch.instead else (),
    )


def _carry_out(turn: Turn, event: RoomAdministered) -> Answer:
    world = turn.world
    match event.order:
        case NameRooms():
            return Answer(keys=tuple(world.rooms))
        case DescribeRooms(keys):
            return Answer(rows=tuple(_describe(world, key) for key in keys if key in world.rooms))
        case SetRoom() as order:
            return _set(turn, order)
        case RemoveRoom() as order:
            return _remove(turn, order)
        case _:
            assert_never(event.order)


def _describe(world: World, key: RoomKey) -> RoomRow:
    room = world.rooms[key]
    names = world.settings.account_names
    access = ((names.get(account, account), flags) for account, flags in room.access.items())
    return RoomRow(
        room.name,
        names.get(NickKey(room.founder), room.founder),
        len(room.members),
        " ".join(modes_of(room, shows_key=False)),
        world.sequences.get(Conversation(key), 0),
        room.topic,
        tuple(sorted(access)),
        sum(map(len, room.masks.values())),
        world.is_default_room(key),
        room.created_at_ms,
    )


def _set(turn: Turn, order: SetRoom) -> Answer:
    """Who is in the room is told of what has changed, also when the rest is refused."""
    world, key = turn.world, room_key(order.name)
    is_default = world.is_default_room(key)
    if key not in world.rooms and not is_default:
        raise _Problem("no_room", order.name)
    if order.founder is not None and is_default:
        raise _Problem("default_room", order.name)
    if key not in world.rooms:
        turn.record(RoomEnded(key))
        turn.record(RoomCreated(order.name, NEW_ROOM_MODES, turn.stamp.at_ms))
    room = world.rooms[key]
    if order.operators and not (is_default or room.founder or order.founder):
        raise _Problem("nobodys_room", room.name)
    made: list[ModeChange] = []
    try:
        _change(turn, key, room, order, made)
    finally:
        tell_changes(turn, key, room, made, None)
    if order.topic is not None:
        _set_topic(turn, key, room, order.topic)
    return Answer(rows=(_describe(world, key),))


def _change(turn: Turn, key: RoomKey, room: Room, order: SetRoom, made: list[ModeChange]) -> None:
    """Change modes, founder and operators; what is to be told of it goes to `made`.

    Raises:
        _Problem: Something cannot be done; what stands before it is.
    """
    for text in order.modes:
        _set_modes(turn, key, room, text, made)
    if order.founder is not None:
        made += ranks.hand_over(turn, key, room, nick_key(order.founder))
        _note(turn, "FOUNDER", order.founder, room)
    for account, is_on in order.operators:
        made += _set_operator(turn, key, room, nick_key(account), is_on)
        _note(turn, "MODE", account, room, "+o" if is_on else "-o")


def _set_modes(turn: Turn, key: RoomKey, room: Room, text: str, made: list[ModeChange]) -> None:
    letters, *params = text.split() or [""]
    changes, unknown = parse_changes(letters, params)
    if unknown or not changes:
        raise _Problem("bad_mode", text)
    for change in changes:
        try:
            made += change_setting(turn, key, room, change)
        except Refusal as refusal:
            raise _Problem("bad_mode", text) from refusal
        _note(turn, "MODE", "", room, ("+" if change.on else "-") + change.letter)


def _set_operator(
    turn: Turn, key: RoomKey, room: Room, account: NickKey, is_on: bool
) -> list[ModeChange]:
    if not ranks.change_access(turn, key, room, account, ranks.OPERATOR, on=is_on):
        raise _Problem("list_full", room.name)
    user = turn.world.find_account(account)
    if user is None or user.id not in room.members:
        return []
    if (ranks.OPERATOR in room.members[user.id]) == is_on:
        return []
    turn.record(MemberFlagChanged(key, user.id, ranks.OPERATOR, is_on))
    return [ModeChange(ranks.OPERATOR, is_on, user.nick)]


def _set_topic(turn: Turn, key: RoomKey, room: Room, topic: str) -> None:
    settings = turn.world.settings
    text = clip(topic, settings.topic_bytes_max)
    turn.record(TopicChanged(key, text, settings.server_name, turn.stamp.at_ms))
    line = turn.line(None, "TOPIC", room.name, text)
    turn.broadcast(key, line)
    turn.note([key], line)
    _note(turn, "TOPIC", text, room)


def _remove(turn: Turn, order: RemoveRoom) -> Answer:
    """Everybody is shown that they were kicked; nobody how all the others were."""
    world, key = turn.world, room_key(order.name)
    room = world.rooms.get(key)
    if room is None:
        raise _Problem("no_room", order.name)
    if world.is_default_room(key):
        raise _Problem("default_room", room.name)
    row = _describe(world, key)
    for member, _flags in world.members_of(room):
        line = turn.line(None, "KICK", room.name, member.nick, REMOVED)
        for session in member.sessions:
            turn.effect(Send(session, line))
            turn.effect(Unsubscribe(session, key))
    _note(turn, "REMOVE", "", room, "with its history" if order.forgets else "")
    turn.record(RoomRemoved(key, order.forgets))
    return Answer(rows=(row,))


def _note(turn: Turn, what: str, target: str, room: Room, reason: str = "") -> None:
    name = turn.world.settings.server_name
    turn.record(ActNoted(turn.stamp.at_ms, name, "", what, room.name, target, reason))
