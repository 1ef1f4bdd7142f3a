"""Who may do what in a room. Pure predicates, asked by the handlers before they record anything."""

from __future__ import annotations

from irc.names import matches_mask
from server.core.world import Room, User


def is_banned(user: User, room: Room) -> bool:
    """Whether a ban of the room matches `nick!user@host`."""
    return any(matches_mask(mask, user.source) for mask in room.masks.get("b", ()))


def may_speak(user: User, room: Room) -> bool:
    """Members may speak, unless banned or the room is moderated and they have no voice.

    With mode `n` off, others may speak as well.
    """
    flags = room.members.get(user.id)
    if flags:
        return True
    if flags is None and "n" in room.modes:
        return False
    return "m" not in room.modes and not is_banned(user, room)
