"""Which conversations somebody may read, under which names, and times as text. Read by the commands
about history, replay, read markers and redaction.

A room is read by its members, and only what was said in it since it was made: whoever makes a room
anew under an old name must not find what others said there. A private conversation is read by the
two accounts that have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from irc.names import NickKey, RoomKey, nick_key, room_key
from server.core.facts import Conversation, conversation_of
from server.core.requests import Asker, Place
from server.core.turn import Turn
from server.core.world import Session, User, World

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


def parse_time(text: str) -> int | None:
    """Milliseconds since the epoch of an IRCv3 server-time; None for anything else."""
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text[:19] + "+00:00")
    except ValueError:
        return None
    return int((moment - _EPOCH).total_seconds()) * 1000 + int(text[20:23])


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def asker_of(user: User, session: Session) -> Asker:
    """The user, on this session, as a request names them."""
    return Asker(user.nick, nick_key(user.account), session.caps)


def place_of_room(world: World, key: RoomKey) -> Place:
    """The conversation of a room that there is."""
    room = world.rooms[key]
    conversation = Conversation(key)
    since_ms = 0 if world.is_default_room(key) else room.created_at_ms
    return Place(conversation, room.name, since_ms, world.sequences.get(conversation, 0))


def places_of_rooms(world: World, keys: Iterable[RoomKey]) -> tuple[Place, ...]:
    """The conversations of these rooms in which something was said."""
    places = (place_of_room(world, key) for key in keys)
    return tuple(place for place in places if place.last_seq)


def place_of(turn: Turn, target: str) -> Place | None:
    """The asker's conversation with this room or person; None if there is none they may read.

    With a guest, who is somebody and of whom nothing is kept, it is an empty one.
    """
    world, user = turn.world, turn.user
    if target.startswith("#"):
        key = room_key(target)
        return place_of_room(world, key) if key in user.rooms else None
    if not user.account:
        return None
    peer = world.find_addressee(target)
    if peer is not None and not peer.account:
        return Place(Conversation(""), peer.nick)
    account = nick_key(peer.account if peer is not None else target)
    conversation = conversation_of(nick_key(user.account), account)
    last_seq = world.sequences.get(conversation, 0)
    if peer is None and account not in world.settings.account_names and not last_seq:
        return None
    name = peer.nick if peer is not None else world.settings.account_names.get(account, target)
    return Place(conversation, name, last_seq=last_seq)


def other_of(conversation: Conversation, account: NickKey) -> NickKey:
    """The account that `account` has this private conversation with; itself, with itself."""
    one, _, other = conversation.partition(",")
    return NickKey(other if one == account else one)
