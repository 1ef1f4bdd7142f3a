"""Who may do what in a room. Pure predicates, asked by the handlers before they record anything.

An operator of the server (user mode "o") may do what an operator of the room may, member or not.
That does not open a closed room: to get in, an operator takes the mode off, and everybody sees it.
"""

from __future__ import annotations

from irc import numerics
from irc.names import nick_key
from server.core.masks import BANNED, SILENCED, Subject, judge, parse_mask
from server.core.world import Room, User, World


def is_banned(user: User, room: Room) -> bool:
    """Whether a ban of the room (mode b) is about the user, and no exception (mode e) lifts it."""
    return bool(_verdict(user, room) & BANNED)


def is_silenced(user: User, room: Room) -> bool:
    """Whether the user is banned or muted (`~m:`) in the room: without rank they may not speak."""
    return bool(_verdict(user, room) & SILENCED)


def _verdict(user: User, room: Room) -> int:
    """What the room's lists say of the user (masks.py).

    Of members it is remembered, until a list changes (apply.py) or the user is called otherwise: a
    message of a member costs no matching.
    """
    bans = room.masks.get("b")
    if not bans:
        return 0
    called = (user.nick, user.username, user.host, user.account)
    known = room.verdicts.get(user.id)
    if known is not None and known[0] == room.edition and known[1] == called:
        return known[2]
    verdict = judge(bans, room.masks.get("e", ()), Subject.of(user.source, user.account))
    if user.id in room.members:
        room.verdicts[user.id] = (room.edition, called, verdict)
    return verdict


def is_expected(user: User, room: Room) -> bool:
    """Whether the user may come into an invite-only room: invited, or by a mask (mode I)."""
    if user.id in room.invited:
        return True
    masks = room.masks.get("I")
    if not masks:
        return False
    subject = Subject.of(user.source, user.account)
    return any(parse_mask(mask).matches(subject) for mask in masks)


def may_speak(user: User, room: Room) -> bool:
    """Members may speak, unless banned or muted, or the room is moderated and they have no voice.

    With mode `n` off, others may speak as well.
    """
    flags = room.members.get(user.id)
    if flags or (flags is not None and user.is_operator):
        return True
    if flags is None and "n" in room.modes:
        return False
    return "m" not in room.modes and not is_silenced(user, room)


def may_ask(user: User, room: Room) -> bool:
    """Whether the room's operators hear what the user may not say to all (mode U).

    That is for members who may not speak because of mode `m` or a mute. Who is banned is not heard.
    """
    return "U" in room.modes and user.id in room.members and not is_banned(user, room)


def pace_key(user: User) -> str:
    """Whose pace it is in slow mode: the account's, however often it leaves and comes back."""
    return nick_key(user.account) or str(user.id)


def is_paced(user: User, room: Room) -> bool:
    """Whether slow mode (mode S) is for this user: it is for those without rank."""
    return bool(room.pace_s) and not room.members.get(user.id) and not user.is_operator


def wait_s(user: User, room: Room, at_ms: int) -> int:
    """For how many seconds, rounded up, the user has to wait before they may speak; 0 for none."""
    spoke_at_ms = room.paced.get(pace_key(user))
    if spoke_at_ms is None or not is_paced(user, room):
        return 0
    return max(0, -(-(spoke_at_ms + room.pace_s * 1000 - at_ms) // 1000))


def is_kept_quiet(user: User, room: Room) -> bool:
    """Whether the user is silenced and has no rank: then a topic or a last word is no way out."""
    return not (room.members.get(user.id) or user.is_operator) and is_silenced(user, room)


def silenced_in(world: World, user: User) -> Room | None:
    """A room of the user's that keeps them quiet: no other nick helps them out of it."""
    rooms = (world.rooms[key] for key in user.rooms)
    return next((room for room in rooms if is_kept_quiet(user, room)), None)


def may_manage(user: User, room: Room) -> bool:
    """Whether the user may kick, set modes and the like."""
    return room.is_operator(user.id) or user.is_operator


def may_set_topic(user: User, room: Room) -> bool:
    """Any member may who is not silenced, unless mode `t` leaves it to the operators."""
    if may_manage(user, room):
        return True
    is_open = user.id in room.members and "t" not in room.modes
    return is_open and not is_kept_quiet(user, room)


def may_see_room(user: User, room: Room) -> bool:
    """A secret room exists only for its members, founder and operators, and those of the server."""
    return (
        "s" not in room.modes
        or user.id in room.members
        or user.is_operator
        or room.is_at_home(user)
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
    and the limit hold for the invited as well. For its founder and its operators by account only
    `members_max` holds: in a room that is empty there is nobody else to open it.
    """
    if room.is_at_home(user):
        is_full = len(room.members) >= members_max
        return (numerics.ERR_CHANNELISFULL, "Cannot join channel (+l)") if is_full else None
    if is_banned(user, room):
        return numerics.ERR_BANNEDFROMCHAN, "Cannot join channel (+b)"
    if "i" in room.modes and not is_expected(user, room):
        return numerics.ERR_INVITEONLYCHAN, "Cannot join channel (+i)"
    if room.key and key != room.key:
        return numerics.ERR_BADCHANNELKEY, "Cannot join channel (+k)"
    if len(room.members) >= min(room.limit or members_max, members_max):
        return numerics.ERR_CHANNELISFULL, "Cannot join channel (+l)"
    return None
