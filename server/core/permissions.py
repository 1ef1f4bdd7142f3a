"""Who may do what in a room. Pure predicates, asked by the handlers before they record anything.

An operator of the server (user mode "o") may do what an operator of the room may, member or not.
That does not open a closed room: to get in, an operator takes the mode off, and everybody sees it.
"""

from __future__ import annotations

from irc import numerics
from irc.names import matches_mask
from server.core.world import Room, User, World


def is_banned(user: User, room: Room) -> bool:
    """Whether a ban of the room matches `nick!user@host`."""
    return any(matches_mask(mask, user.source) for mask in room.masks.get("b", ()))


def may_speak(user: User, room: Room) -> bool:
    """Members may speak, unless banned or the room is moderated and they have no voice.

    With mode `n` off, others may speak as well.
    """
    flags = room.members.get(user.id)
    if flags or (flags is not None and user.is_operator):
        return True
    if flags is None and "n" in room.modes:
        return False
    return "m" not in room.modes and not is_banned(user, room)


def may_manage(user: User, room: Room) -> bool:
    """Whether the user may kick, set modes and the like."""
    return room.is_operator(user.id) or user.is_operator


def may_set_topic(user: User, room: Room) -> bool:
    """Any member may, unless mode `t` leaves it to the operators."""
    return may_manage(user, room) or ("t" not in room.modes and user.id in room.members)


def may_see_room(user: User, room: Room) -> bool:
    """A secret room exists only for its members, its founder, and the operators of the server."""
    return (
        "s" not in room.modes
        or user.id in room.members
        or user.is_operator
        or room.is_founder(user)
    )


def may_see_user(world: World, asker: User, user: User) -> bool:
    """Whether `user` shows up in lists that `asker` gets: mode `i` hides from strangers."""
    return (
        "i" not in user.modes
        or asker.is_operator
        or asker.id == user.id
        or world.has_rooms_in_common(asker, user)
    )


def join_obstacle(user: User, room: Room, key: str, members_max: int) -> tuple[str, str] | None:
    """What keeps the user from joining: a numeric and its sentence; None when nothing does.

    An invitation opens an invite-only room and nothing else, as Modern IRC has it: the key, a ban
    and the limit hold for the invited as well. For the founder only `members_max` holds: in a room
    that is empty there is nobody else to open it.
    """
    if room.is_founder(user):
        is_full = len(room.members) >= members_max
        return (numerics.ERR_CHANNELISFULL, "Cannot join channel (+l)") if is_full else None
    if is_banned(user, room):
        return numerics.ERR_BANNEDFROMCHAN, "Cannot join channel (+b)"
    if "i" in room.modes and user.id not in room.invited:
        return numerics.ERR_INVITEONLYCHAN, "Cannot join channel (+i)"
    if room.key and key != room.key:
        return numerics.ERR_BADCHANNELKEY, "Cannot join channel (+k)"
    if len(room.members) >= min(room.limit or members_max, members_max):
        return numerics.ERR_CHANNELISFULL, "Cannot join channel (+l)"
    return None
