"""What members are in a room: founder (q), operator (o), voice (v), by account where that is known.

A room that belongs to an account remembers its operators and voices by their accounts: whoever logs
in to one has the letters again on joining. A default room belongs to nobody; there an operator of
the server says who is to be remembered. Called by MODE and JOIN.

The founder gives the room away by `MODE room +q nick`, and up by `-q` of their own. Nobody in the
room takes anything from its founder. Source: Modern IRC, "Channel Membership Prefixes".
"""

from __future__ import annotations

from irc import caps, numerics
from irc.names import NickKey, RoomKey, nick_key
from server.core.commands.mode_lines import tell_changes
from server.core.facts import (
    MemberFlagChanged,
    RoomAccessChanged,
    RoomFounded,
    RoomOwnerChanged,
)
from server.core.modes import PREFIXES, ModeChange
from server.core.turn import Refusal, Turn
from server.core.world import Room, User, World

FOUNDER = "q"
OPERATOR = "o"
REMEMBERED = "ov"
"""The letters that accounts may have; the founder's is in `Room.founder`."""

ONLY_FOUNDER = "Only the founder of the channel may do that"


def flags_on_joining(world: World, key: RoomKey, room: Room, user: User, *, is_new: bool) -> str:
    """The letters that somebody gets who comes in: their account's, and what the place gives.

    Who makes a room manages it. But nobody manages a default room by being the first to log in:
    that is for the operators of the server.
    """
    flags = letters_of(room, user.account)
    if user.is_operator if world.is_default_room(key) else is_new:
        flags.add(OPERATOR)
    return "".join(sorted(flags))


def letters_of(room: Room, account: str) -> set[str]:
    """What an account is in the room, here or not."""
    key = nick_key(account)
    if not key:
        return set()
    return {FOUNDER, OPERATOR} if room.founder == key else set(room.access.get(key, ""))


def changes_of(flags: str, nick: str) -> list[ModeChange]:
    """The letters of a member as changes, the highest first."""
    return [ModeChange(letter, True, nick) for letter in PREFIXES if letter in flags]


def change_member(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> list[ModeChange]:
    """Carry out a change of a member's letters; what is to be told of it.

    Raises:
        Refusal: There is no such member, or it is not for the asker.
    """
    if not change.param:
        sentence = "Whose? A nick is missing"
        raise Refusal(numerics.ERR_INVALIDMODEPARAM, room.name, change.letter, "", sentence)
    user = turn.world.find_user(change.param)
    if user is None or user.id not in room.members:
        if not change.on and _forget_absent(turn, key, room, change):
            return []
        if user is None:
            raise Refusal(numerics.ERR_NOSUCHNICK, change.param, "No such nick/channel")
        sentence = "They aren't on that channel"
        raise Refusal(numerics.ERR_USERNOTINCHANNEL, user.nick, room.name, sentence)
    if change.letter == FOUNDER:
        return _give(turn, key, room, user) if change.on else _give_up(turn, key, room, user)
    if not change.on:
        check_rank(turn, room, user)
    _remember(turn, key, room, user, change)
    return _set(turn, key, room, user, change.letter, change.on)


def check_rank(turn: Turn, room: Room, user: User) -> None:
    """See to it that the founder is safe from all but the operators of the server.

    Raises:
        Refusal: The asker has less to say than this member.
    """
    asker = turn.user
    if FOUNDER in room.members[user.id] and asker.id != user.id and not asker.is_operator:
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, ONLY_FOUNDER)


def recognise(turn: Turn, user: User, before: str) -> None:
    """Give a user who has just logged in the letters of their account in the rooms they are in.

    Those of the account that they were logged in to `before` go with it.
    """
    for key in user.rooms:
        room = turn.world.rooms[key]
        had, now = letters_of(room, before), letters_of(room, user.account)
        made: list[ModeChange] = []
        for letter in PREFIXES:
            if letter in had ^ now:
                made += _set(turn, key, room, user, letter, letter in now)
        tell_changes(turn, key, room, made, None)


def is_remembering(turn: Turn, key: RoomKey, room: Room) -> bool:
    """Whether letters that the asker gives here are for the account, not only for the stay."""
    if turn.world.is_default_room(key):
        return turn.user.is_operator
    return bool(room.founder)


def _set(
    turn: Turn, key: RoomKey, room: Room, user: User, letter: str, on: bool
) -> list[ModeChange]:
    if (letter in room.members[user.id]) == on:
        return []
    turn.record(MemberFlagChanged(key, user.id, letter, on))
    return [ModeChange(letter, on, user.nick)]


def _remember(turn: Turn, key: RoomKey, room: Room, user: User, change: ModeChange) -> None:
    """Change what the user's account has here; the founder needs no letters of that kind."""
    account = nick_key(user.account)
    if not account or room.is_founder(user) or not is_remembering(turn, key, room):
        return
    if not change_access(turn, key, room, account, change.letter, change.on):
        text = f"{user.nick} has it for this stay only: the room knows too many accounts"
        if turn.session.has(caps.STANDARD_REPLIES):
            turn.reply_plain("NOTE", "MODE", "ACCESS_LIST_FULL", room.name, user.nick, text)


def change_access(
    turn: Turn, key: RoomKey, room: Room, account: NickKey, letter: str, on: bool
) -> bool:
    """Whether there was room for it: `masks_per_room_max` holds here as for the mask lists."""
    before = room.access.get(account, "")
    without = before.replace(letter, "")
    after = "".join(sorted(without + letter)) if on else without
    if after == before:
        return True
    if not before and len(room.access) >= turn.world.settings.masks_per_room_max:
        return False
    turn.record(RoomAccessChanged(key, account, after))
    return True


def _forget_absent(turn: Turn, key: RoomKey, room: Room, change: ModeChange) -> bool:
    """Take a letter from an account that is not in the room; whether it had it. Nobody sees it."""
    account = nick_key(change.param)
    if change.letter not in room.access.get(account, ""):
        return False
    if not is_remembering(turn, key, room):
        return False
    change_access(turn, key, room, account, change.letter, on=False)
    turn.act("MODE", account, room.name, f"-{change.letter}")
    if turn.session.has(caps.STANDARD_REPLIES):
        text = "It is not here, and will not have it any more"
        turn.reply_plain("NOTE", "MODE", "ACCESS_REMOVED", room.name, change.param, text)
    return True


def _give(turn: Turn, key: RoomKey, room: Room, user: User) -> list[ModeChange]:
    """Hand the room over to the user's account."""
    asker, world = turn.user, turn.world
    if not (room.is_founder(asker) or asker.is_operator):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, ONLY_FOUNDER)
    account = nick_key(user.account)
    if room.is_founder(user):
        return []
    if world.is_default_room(key):
        raise _cannot_give(room, user, "A default channel belongs to nobody")
    if not account:
        raise _cannot_give(room, user, "They have no account")
    if world.owned.get(account, 0) >= world.settings.rooms_per_user_max:
        raise _cannot_give(room, user, "They have as many channels as one may have")
    return hand_over(turn, key, room, account)


def hand_over(turn: Turn, key: RoomKey, room: Room, account: NickKey) -> list[ModeChange]:
    """Make the room the account's. Nothing is asked any more; what is to be told of it."""
    if room.founder == account:
        return []
    made = _take_from_founder(turn, key, room)
    if room.founder:
        turn.record(RoomOwnerChanged(key, account))
    else:  # from here on it is kept
        founded = RoomFounded(key, room.name, account, room.modes, room.created_at_ms)
        turn.record(founded)
    user = turn.world.find_account(account)
    if user is not None and user.id in room.members:
        for letter in (FOUNDER, OPERATOR):
            made += _set(turn, key, room, user, letter, on=True)
    return made


def _give_up(turn: Turn, key: RoomKey, room: Room, user: User) -> list[ModeChange]:
    """Let the room be nobody's; it ends with its last member."""
    if not room.is_founder(user):
        return []
    check_rank(turn, room, user)
    turn.record(RoomOwnerChanged(key, NickKey("")))
    return _set(turn, key, room, user, FOUNDER, on=False)


def _take_from_founder(turn: Turn, key: RoomKey, room: Room) -> list[ModeChange]:
    """The old founder stays an operator of the room, here or not."""
    before = NickKey(room.founder)
    if not before:
        return []
    change_access(turn, key, room, before, OPERATOR, on=True)
    founder = turn.world.find_account(before)
    if founder is None or founder.id not in room.members:
        return []
    return _set(turn, key, room, founder, FOUNDER, on=False)


def _cannot_give(room: Room, user: User, sentence: str) -> Refusal:
    return Refusal(numerics.ERR_INVALIDMODEPARAM, room.name, FOUNDER, user.nick, sentence)
