"""The one place that changes the world: one function a fact. Called by the turn (turn.py) and by
replay.

`apply` never refuses and never decides: whoever records a fact has checked it. It reads no clock
and gives no output, so the same facts always give an equal world. An exception here is a bug of
ours and stops the process before the fact reaches the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from irc.names import RoomKey, nick_key, room_key, skeleton
from server.core import (
    apply_masks,
    apply_metadata,
    apply_people,
    apply_rooms,
    apply_server,
    facts,
)
from server.core.world import Room, Session, User, World


def apply(world: World, fact: facts.Fact) -> None:
    """Make `fact` true in `world`. Owner: the hub thread."""
    _APPLY[type(fact)](world, fact)


def replay(world: World, history: Iterable[facts.Fact]) -> World:
    """Apply every fact in order; gives the world back."""
    for fact in history:
        apply(world, fact)
    return world


def _session_opened(world: World, fact: facts.SessionOpened) -> None:
    world.sessions[fact.session] = Session(
        fact.session, fact.dialect, fact.address, fact.secure, fact.certificate
    )


def _login_changed(world: World, fact: facts.LoginChanged) -> None:
    world.sessions[fact.session].login = fact.login


def _caps_changed(world: World, fact: facts.CapsChanged) -> None:
    world.sessions[fact.session].caps = fact.caps


def _user_appeared(world: World, fact: facts.UserAppeared) -> None:
    world.users[fact.user] = User(
        id=fact.user,
        nick=fact.nick,
        username=fact.username,
        realname=fact.realname,
        host=fact.host,
        account=fact.account,
        signed_on_ms=fact.at_ms,
        spoke_at_ms=fact.at_ms,
    )
    world.nicks[nick_key(fact.nick)] = fact.user
    world.skeletons[skeleton(fact.nick)] = fact.user
    if fact.account:
        world.accounts[nick_key(fact.account)] = fact.user
    world.next_user = fact.user + 1
    world.users_max = max(world.users_max, len(world.users))


def _session_attached(world: World, fact: facts.SessionAttached) -> None:
    session = world.sessions[fact.session]
    world.registered += session.user is None
    session.user = fact.user
    user = world.users[fact.user]
    user.sessions[fact.session] = session
    apply_people.refresh_away(user)


def _session_closed(world: World, fact: facts.SessionClosed) -> None:
    session = world.sessions.pop(fact.session)
    world.streams.pop(fact.session, None)
    apply_people.stop_watching(world, session)
    apply_metadata.stop_listening(world, session)
    if session.user is not None:
        world.registered -= 1
        user = world.users[session.user]
        del user.sessions[fact.session]
        apply_people.refresh_away(user)


def _user_left(world: World, fact: facts.UserLeft) -> None:
    user = world.users.pop(fact.user)
    apply_server.forget_modes(world, user)
    del world.nicks[nick_key(user.nick)]
    del world.skeletons[skeleton(user.nick)]
    if user.account:
        del world.accounts[nick_key(user.account)]
    for key in user.invited:
        world.rooms[key].invited.discard(fact.user)
    for key in user.rooms:
        _leave(world, key, fact.user)


def _leave(world: World, key: RoomKey, user: facts.UserId) -> None:
    room = world.rooms[key]
    del room.members[user]
    room.ranked.pop(user, None)
    room.verdicts.pop(user, None)
    _end_if_empty(world, key)


def _end_if_empty(world: World, key: RoomKey) -> None:
    room = world.rooms[key]
    if not room.members and not room.founder and not world.is_default_room(key):
        for invited in room.invited:
            world.users[invited].invited.discard(key)
        del world.rooms[key]


def _account_changed(world: World, fact: facts.AccountChanged) -> None:
    user = world.users[fact.user]
    world.accounts.pop(nick_key(user.account), None)
    user.account = fact.account
    user.metadata.clear()
    world.accounts[nick_key(fact.account)] = fact.user


def _settings_changed(world: World, fact: facts.SettingsChanged) -> None:
    world.settings = fact.settings
    for key in [key for key, room in world.rooms.items() if not room.members]:
        _end_if_empty(world, key)


def _nick_changed(world: World, fact: facts.NickChanged) -> None:
    user = world.users[fact.user]
    del world.nicks[nick_key(user.nick)]
    del world.skeletons[skeleton(user.nick)]
    user.nick = fact.nick
    world.nicks[nick_key(fact.nick)] = fact.user
    world.skeletons[skeleton(fact.nick)] = fact.user


def _room_created(world: World, fact: facts.RoomCreated) -> None:
    world.rooms[room_key(fact.name)] = Room(fact.name, fact.at_ms, fact.modes)


def _joined(world: World, fact: facts.Joined) -> None:
    room = world.rooms[fact.room]
    _set_flags(room, fact.user, fact.flags)
    room.invited.discard(fact.user)
    user = world.users[fact.user]
    user.invited.discard(fact.room)
    user.rooms[fact.room] = None


def _set_flags(room: Room, user: facts.UserId, flags: str) -> None:
    room.members[user] = flags
    if flags:
        room.ranked[user] = None
    else:
        room.ranked.pop(user, None)


def _parted(world: World, fact: facts.Parted) -> None:
    del world.users[fact.user].rooms[fact.room]
    _leave(world, fact.room, fact.user)


def _topic_changed(world: World, fact: facts.TopicChanged) -> None:
    room = world.rooms[fact.room]
    room.topic, room.topic_setter, room.topic_at_ms = fact.topic, fact.setter, fact.at_ms


def _room_flag_changed(world: World, fact: facts.RoomFlagChanged) -> None:
    room = world.rooms[fact.room]
    room.modes = room.modes | {fact.letter} if fact.on else room.modes - {fact.letter}


def _room_key_changed(world: World, fact: facts.RoomKeyChanged) -> None:
    world.rooms[fact.room].key = fact.key


def _room_limit_changed(world: World, fact: facts.RoomLimitChanged) -> None:
    world.rooms[fact.room].limit = fact.limit


def _member_flag_changed(world: World, fact: facts.MemberFlagChanged) -> None:
    room = world.rooms[fact.room]
    without = room.members[fact.user].replace(fact.letter, "")
    flags = "".join(sorted(without + fact.letter)) if fact.on else without
    _set_flags(room, fact.user, flags)


def _invited(world: World, fact: facts.Invited) -> None:
    world.rooms[fact.room].invited.add(fact.user)
    world.users[fact.user].invited.add(fact.room)


def _batch_changed(world: World, fact: facts.BatchChanged) -> None:
    world.sessions[fact.session].batch = fact.batch


def _said(world: World, fact: facts.Said) -> None:
    world.users[fact.user].spoke_at_ms = fact.at_ms
    if fact.conversation:
        world.sequences[fact.conversation] = fact.seq


def _sequence_restored(world: World, fact: facts.SequenceRestored) -> None:
    if fact.seq:
        world.sequences[fact.conversation] = fact.seq
    else:
        world.sequences.pop(fact.conversation, None)


def _account_seen(world: World, fact: facts.AccountSeen) -> None:
    world.last_seen[fact.account] = fact.at_ms


def _marker_moved(world: World, fact: facts.MarkerMoved) -> None:
    world.markers.setdefault(fact.conversation, {})[fact.account] = fact.at_ms


def _only_kept(world: World, fact: facts.Fact) -> None:
    """Only the log wants to know."""


_APPLY: dict[type, Callable[[World, Any], None]] = {
    facts.SessionOpened: _session_opened,
    facts.LoginChanged: _login_changed,
    facts.CapsChanged: _caps_changed,
    facts.UserAppeared: _user_appeared,
    facts.SessionAttached: _session_attached,
    facts.SessionClosed: _session_closed,
    facts.UserLeft: _user_left,
    facts.AccountChanged: _account_changed,
    facts.SettingsChanged: _settings_changed,
    facts.NickChanged: _nick_changed,
    facts.AwayChanged: apply_people.away_changed,
    facts.Watched: apply_people.watched,
    facts.Unwatched: apply_people.unwatched,
    facts.RealnameChanged: apply_people.realname_changed,
    facts.HostChanged: apply_people.host_changed,
    facts.NickRetired: apply_people.nick_retired,
    facts.NameChangePaid: apply_people.name_change_paid,
    facts.Addressed: apply_people.addressed,
    facts.UserModesChanged: apply_server.user_modes_changed,
    facts.RoomCreated: _room_created,
    facts.Joined: _joined,
    facts.Parted: _parted,
    facts.TopicChanged: _topic_changed,
    facts.RoomFlagChanged: _room_flag_changed,
    facts.RoomKeyChanged: _room_key_changed,
    facts.RoomLimitChanged: _room_limit_changed,
    facts.RoomPaceChanged: apply_masks.pace_changed,
    facts.PaceTaken: apply_masks.pace_taken,
    facts.MaskAdded: apply_masks.added,
    facts.MaskRemoved: apply_masks.removed,
    facts.MemberFlagChanged: _member_flag_changed,
    facts.Invited: _invited,
    facts.BatchChanged: _batch_changed,
    facts.Said: _said,
    facts.SequenceRestored: _sequence_restored,
    facts.RoomFounded: apply_rooms.founded,
    facts.AccountSeen: _account_seen,
    facts.Redacted: _only_kept,
    facts.EventNoted: _only_kept,
    facts.MarkerMoved: _marker_moved,
    facts.RoomEnded: _only_kept,
    facts.RoomOwnerChanged: apply_rooms.owner_changed,
    facts.RoomAccessChanged: apply_rooms.access_changed,
    facts.RoomRenamed: apply_rooms.renamed,
    facts.RoomRemoved: apply_rooms.removed,
    facts.ActNoted: _only_kept,
    facts.AddressBanned: apply_server.address_banned,
    facts.AddressUnbanned: apply_server.address_unbanned,
    facts.AccountMetadataChanged: apply_metadata.of_account,
    facts.RoomMetadataChanged: apply_metadata.of_room,
    facts.GuestMetadataChanged: apply_metadata.of_guest,
    facts.MetadataChangePaid: apply_metadata.paid,
    facts.KeysSubscribed: apply_metadata.subscribed,
    facts.KeysUnsubscribed: apply_metadata.unsubscribed,
}
