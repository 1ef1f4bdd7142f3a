"""Who is shown metadata without having asked for just that: its changes, and what there is when
somebody comes in, subscribes to a key, watches a nick or comes into sight of others.

A session that subscribes to a key hears a room of its own (`subscription_key`), so the io threads
find those who share a room with somebody and subscribe to the key. `World.subscribed` says whether
there is any: what nobody wants to know costs nothing. Source: IRCv3 draft/metadata-2,
"Notifications" and "Postponed synchronization".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from irc import caps, numerics
from irc.names import NickKey, RoomKey, nick_key, room_key
from server.core.commands.audience import watch_key
from server.core.effects import Announce, Outgoing, Unsubscribe
from server.core.facts import KeysUnsubscribed, UserId
from server.core.metadata import (
    SYNC_LATER_S,
    SYNC_MEMBERS_MAX,
    SYNC_SPREAD_S,
    VISIBLE,
    Subject,
    subscription_key,
)
from server.core.permissions import may_see_room, may_see_user
from server.core.stream import Item
from server.core.turn import Turn
from server.core.world import Room, Session, User

BATCH_TYPE = "metadata"


def news_line(
    turn: Turn, source: User | None, target: str, key: str, value: str | None
) -> Outgoing:
    """How a value is shown; without one when the key is not set any more."""
    shown = () if value is None else (value,)
    line = turn.line(source, "METADATA", target, key, VISIBLE, *shown)
    return replace(line, needs=caps.METADATA_2)


def understands(session: Session) -> bool:
    """Whether metadata can be shown to the session: it comes in batches."""
    return session.has(caps.METADATA_2 | caps.BATCH)


# Changes.


def tell_change(turn: Turn, subject: Subject, key: str, value: str | None) -> None:
    """Tell everybody who wants to know that the asker has changed it; not the asking session."""
    if key not in turn.world.subscribed:
        return
    line = news_line(turn, turn.user, subject.name, key, value)
    if subject.user is not None:
        _tell_of_user(turn, subject.user, key, line, but=turn.session)
    else:
        heard = (room_key(subject.name),)
        but = frozenset({turn.session.id})
        turn.effect(Announce(heard, line, but, within=subscription_key(key)))


def tell_differences(turn: Turn, user: User, before: Mapping[str, str]) -> None:
    """Tell, also the user, what is different since they have another account."""
    now = turn.world.metadata_of(user)
    for key in dict.fromkeys((*before, *now)):
        if key in turn.world.subscribed and before.get(key) != now.get(key):
            line = news_line(turn, None, user.nick, key, now.get(key))
            _tell_of_user(turn, user, key, line, but=None)


def _tell_of_user(turn: Turn, user: User, key: str, line: Outgoing, *, but: Session | None) -> None:
    """Each session once: the user's own, those in common rooms, those that watch the nick."""
    own = [session for session in user.sessions.values() if key in session.subscriptions]
    for session in own:
        if session is not but:
            turn.send(session.id, line)
    left_out = {*user.sessions, *([but.id] if but is not None else [])}
    heard = (*user.rooms, watch_key(nick_key(user.nick)))
    turn.effect(Announce(heard, line, frozenset(left_out), within=subscription_key(key)))


# Coming into sight.


def tell_of_newcomer(turn: Turn, user: User, before: Collection[RoomKey]) -> None:
    """Show the members of the rooms that somebody has just come into what there is of them, but
    those who know it already from a room that they were in before. Once, however many rooms."""
    entered = tuple(key for key in user.rooms if key not in before)
    if entered:
        _show_to(turn, user, entered, tuple(before))


def tell_of_watched(turn: Turn, user: User) -> None:
    """The same for those who watch the nick that the user has from here on."""
    if nick_key(user.nick) in turn.world.watched:
        _show_to(turn, user, (watch_key(nick_key(user.nick)),), tuple(user.rooms))


def _show_to(
    turn: Turn, user: User, heard: tuple[RoomKey, ...], outside: tuple[RoomKey, ...]
) -> None:
    own = frozenset(user.sessions)
    for key, value in turn.world.metadata_of(user).items():
        if key in turn.world.subscribed:
            line = news_line(turn, None, user.nick, key, value)
            turn.effect(Announce(heard, line, own, outside, subscription_key(key)))


# What there is.


def show_own(turn: Turn) -> None:
    """All of the user's own, whatever the session subscribes to: a part of the welcome."""
    if not understands(turn.session):
        return
    user = turn.user
    found = turn.world.metadata_of(user)
    lines = [news_line(turn, None, user.nick, key, value) for key, value in found.items()]
    for line in in_batch(turn, user.nick, lines):
        assert line is not None
        turn.reply_line(line)


def show_room(turn: Turn, session: Session, room: Room) -> None:
    """Show the asking session a room that it has just come into, or tell it to ask later."""
    if _wants(session):
        if len(room.members) > SYNC_MEMBERS_MAX:
            turn.reply_line(later_line(turn, session, room))
        else:
            turn.stream(_of_joined_room(turn, session, room))


def show_room_to(turn: Turn, session: Session, room: Room) -> None:
    """The same for some other session."""
    if _wants(session):
        if len(room.members) > SYNC_MEMBERS_MAX:
            turn.send(session.id, later_line(turn, session, room))
        else:
            turn.stream_to(session.id, _of_joined_room(turn, session, room))


def _wants(session: Session) -> bool:
    return bool(session.subscriptions) and understands(session)


def _of_joined_room(turn: Turn, session: Session, room: Room) -> Iterator[Item]:
    """Nothing at all if there is nothing to show."""
    user = turn.world.user_of(session)
    items = room_items(turn, session, room_key(room.name), session.subscriptions, {user.id})
    return in_batch(turn, room.name, items, is_always=False)


def later_line(turn: Turn, session: Session, room: Room) -> Outgoing:
    """That the metadata of a room is to be asked for, and when."""
    later_s = SYNC_LATER_S + session.id % SYNC_SPREAD_S
    name = turn.world.user_of(session).nick
    return turn.line(None, numerics.RPL_METADATASYNCLATER, name, room.name, str(later_s))


def in_batch(
    turn: Turn, about: str, items: Iterable[Item], *, is_always: bool = True
) -> Iterator[Item]:
    """The items in a batch of their own; without `is_always`, only if there is a line."""
    reference = f"k{turn.new_msgid()}"
    start = turn.line(None, "BATCH", f"+{reference}", BATCH_TYPE, about)
    if is_always:
        yield start
    is_open = is_always
    for item in items:
        if item is not None and not is_open:
            yield start
            is_open = True
        yield None if item is None else replace(item, batch=reference)
    if is_open:
        yield turn.line(None, "BATCH", f"-{reference}")


def room_items(
    turn: Turn, session: Session, key: RoomKey, keys: Collection[str], seen: set[UserId]
) -> Iterator[Item]:
    """What there is of these keys for a room and its members, but for those seen already, as far as
    the session's user may see them; an item for each."""
    world, user = turn.world, turn.world.user_of(session)
    room = world.rooms[key]
    yield from _values(turn, room.name, room.metadata, keys)
    for member in tuple(room.members):
        if world.rooms.get(key) is not room or not may_see_room(user, room):
            return
        if member in seen or member not in room.members:
            yield None
            continue
        seen.add(member)
        who = world.users[member]
        found = world.metadata_of(who)
        if found and (user.id in room.members or may_see_user(world, user, who)):
            yield from _values(turn, who.nick, found, keys)
        yield None


def user_items(turn: Turn, user: User, keys: Collection[str]) -> Iterator[Item]:
    """What there is of these keys for somebody."""
    return _values(turn, user.nick, turn.world.metadata_of(user), keys)


def watched_items(
    turn: Turn, nicks: Iterable[NickKey], keys: Collection[str], seen: set[UserId]
) -> Iterator[Item]:
    """What there is of these keys for who has one of the nicks now."""
    world = turn.world
    for nick in nicks:
        found = world.nicks.get(nick)
        if found is not None and found not in seen:
            seen.add(found)
            yield from user_items(turn, world.users[found], keys)
        yield None


def subscribed_items(turn: Turn, session: Session, keys: Collection[str]) -> Iterator[Item]:
    """What there is of these keys for oneself, one's rooms and who is in them, and who one watches;
    of a big room only that it has to be asked for."""
    world, user = turn.world, turn.world.user_of(session)
    seen = {user.id}
    yield from user_items(turn, user, keys)
    for key in tuple(user.rooms):
        room = world.rooms.get(key)
        if room is None or key not in user.rooms:
            yield None
        elif len(room.members) > SYNC_MEMBERS_MAX:
            yield later_line(turn, session, room)
        else:
            yield from room_items(turn, session, key, keys, seen)
    yield from watched_items(turn, tuple(session.watching), keys, seen)


def _values(
    turn: Turn, name: str, found: Mapping[str, str], keys: Collection[str]
) -> Iterator[Item]:
    for key, value in list(found.items()):
        if key in keys:
            yield news_line(turn, None, name, key, value)


def unsubscribe(turn: Turn, keys: Iterable[str]) -> None:
    """The asking session does not want to know of these keys any more; all are among its own."""
    gone = tuple(keys)
    if gone:
        turn.record(KeysUnsubscribed(turn.session.id, gone))
    for key in gone:
        turn.effect(Unsubscribe(turn.session.id, subscription_key(key)))
