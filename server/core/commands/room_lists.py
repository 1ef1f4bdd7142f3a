"""NAMES and LIST: who is in a room, and which rooms there are.

Sources: Modern IRC, "NAMES message" and "LIST message"; IRCv3 multi-prefix.
"""

from __future__ import annotations

from collections.abc import Iterator

from irc import caps, numerics
from irc.message import Message
from irc.names import room_key
from server.core.effects import Outgoing
from server.core.listing import ROOMS_LISTED_MAX, parse_filter
from server.core.modes import prefix_of
from server.core.permissions import may_see_room, may_see_user
from server.core.turn import Turn, fill_lines
from server.core.world import Room, Session, User


def names(turn: Turn, message: Message) -> None:
    """NAMES <room>{,<room>}. Without a room it names nobody: LIST and WHO show what there is."""
    settings = turn.world.settings
    wanted = message.params[0].split(",") if message.params else ["*"]
    for name in wanted[: settings.targets_max]:
        room = turn.world.rooms.get(room_key(name))
        if room is not None and may_see_room(turn.user, room):
            for line in names_lines(turn, turn.session, turn.user, room):
                turn.reply_line(line)
        turn.reply(numerics.RPL_ENDOFNAMES, name, "End of /NAMES list")
    for name in wanted[settings.targets_max :]:
        turn.reply(numerics.ERR_TOOMANYTARGETS, name, "Too many targets")


def names_lines(turn: Turn, session: Session, user: User, room: Room) -> Iterator[Outgoing]:
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
