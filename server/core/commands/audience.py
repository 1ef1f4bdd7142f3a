"""Who hears something, where that is not everybody in a room.

Called by whatever speaks to some of the members: messages to `@#room` (STATUSMSG); and by what goes
to those who watch a nick (MONITOR). Source: Modern IRC, "PRIVMSG message" and the ISUPPORT token
STATUSMSG.
"""

from __future__ import annotations

from irc.names import NickKey, RoomKey, room_key
from server.core.effects import Outgoing
from server.core.modes import PREFIXES
from server.core.turn import Turn
from server.core.world import Room

SIGNS = {sign: letter for letter, sign in PREFIXES.items()}
"""The mode letter of each prefix."""


def split_target(target: str) -> tuple[str, str]:
    """The lowest of the prefixes in front of a room's name, and the name; "" for no prefix.

    What is neither is given back as it is: the name of somebody, perhaps.
    """
    name = target.lstrip("".join(SIGNS))
    if not name.startswith("#"):
        return "", target
    signs = target[: len(target) - len(name)]
    lowest = max(signs, key=list(SIGNS).index, default="")
    return lowest, name


def watch_key(nick: NickKey) -> RoomKey:
    """What who watches the nick is subscribed to. No room has such a name."""
    return RoomKey(f"={nick}")


def ranks_from(sign: str) -> str:
    """The mode letters of who stands as high as this prefix says, or higher."""
    letters = list(PREFIXES)
    return "".join(letters[: letters.index(SIGNS[sign]) + 1])


def to_ranks(turn: Turn, room: Room, letters: str, line: Outgoing) -> None:
    """Give a line to the members with any of these mode letters, and to the asker's own sessions.

    The asking session is left out, as everywhere: it may get an echo.
    """
    key, wanted, asker = room_key(room.name), set(letters), turn.user
    hearers = [user for user in room.ranked if not wanted.isdisjoint(room.members[user])]
    users = {user: turn.world.users[user] for user in (*hearers, asker.id)}
    for user in users.values():
        for session in user.sessions.values():
            if session.id != turn.session.id and turn.world.may_hear(session, key):
                turn.send(session.id, line)
