"""How somebody's names change while they are here: NICK, SETNAME, and the host when they log in.

Changes of nick and of real name have one pace, `nick_changes_per_minute_max` at once and in each
minute: every one goes to everybody around. Sources: Modern IRC, "NICK message"; IRCv3 setname,
chghost.
"""

from __future__ import annotations

from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from irc.names import nick_key
from server.core import nicks
from server.core.commands.joining import join_line
from server.core.commands.monitor import tell_of, tell_offline, tell_online
from server.core.effects import Announce, Outgoing
from server.core.facts import (
    HostChanged,
    NameChangePaid,
    NickChanged,
    NickRetired,
    RealnameChanged,
)
from server.core.permissions import silenced_in
from server.core.turn import Refusal, Turn
from server.core.world import User

MINUTE_MS = 60_000

HOST_CHANGES = "Changing hostname"
"""Why one seems to quit to clients that do not know chghost."""


def change_nick(turn: Turn, wanted: str) -> None:
    """Give the user another nick.

    Raises:
        Refusal: It is not a nick, or not to be had, or there were too many changes.
    """
    user, settings = turn.user, turn.world.settings
    if wanted == user.nick:
        return
    if user.account and settings.nick_policy == "account":
        text = f"On this server your nickname is the name of your account, {user.account}"
        raise Refusal(numerics.ERR_NICKNAMEINUSE, wanted, text)
    nicks.check_nick(turn.world, wanted, user.account, user.id)
    room = silenced_in(turn.world, user)
    if room is not None:
        text = "You cannot change your nickname while you may not speak here"
        raise Refusal(numerics.ERR_UNAVAILRESOURCE, room.name, text)
    if wait_s := _wait_s(turn):
        text = f"Nick change too fast. Please wait {wait_s} seconds."
        raise Refusal(numerics.ERR_NICKTOOFAST, wanted, text)
    _pay(turn)
    rename(turn, wanted)


def _interval_ms(turn: Turn) -> int:
    return MINUTE_MS // turn.world.settings.nick_changes_per_minute_max


def _wait_s(turn: Turn) -> int:
    """How long the asker has to wait for another change; 0 for not at all."""
    bucket_ms = MINUTE_MS - _interval_ms(turn)
    ahead_ms = turn.user.names_paid_until_ms - turn.stamp.at_ms
    return max(0, -((bucket_ms - ahead_ms) // 1000))


def _pay(turn: Turn) -> None:
    """Count a change: a bucket, written down as the time until which it is in use."""
    user = turn.user
    since_ms = max(user.names_paid_until_ms, turn.stamp.at_ms)
    turn.record(NameChangePaid(user.id, since_ms + _interval_ms(turn)))


def rename(turn: Turn, wanted: str) -> None:
    """Change the nick and tell everyone concerned once."""
    user, old = turn.user, turn.user.nick
    is_another = nick_key(old) != nick_key(wanted)
    line = turn.line(user, "NICK", wanted)
    if is_another:
        turn.record(NickRetired(user.id, turn.stamp.at_ms))
    turn.record(NickChanged(user.id, wanted))
    turn.announce(user, line, but=frozenset(user.sessions))
    turn.note(user.rooms, line)
    turn.send_to_user(user, line)
    turn.reply_line(line)
    if is_another:
        tell_offline(turn, old)
        tell_online(turn, user)


def setname(turn: Turn, message: Message) -> None:
    """SETNAME :<real name>. Who lacks the capability is told nothing but errors."""
    user, realname = turn.user, message.params[0]
    if not 0 < len(realname) <= turn.world.settings.realname_chars_max:
        raise Refusal("FAIL", "SETNAME", "INVALID_REALNAME", "Realname is not valid")
    if wait_s := _wait_s(turn):
        text = f"Slow down your realname changes: wait {wait_s} seconds"
        raise Refusal("FAIL", "SETNAME", "CANNOT_CHANGE_REALNAME", text)
    _pay(turn)
    turn.record(RealnameChanged(user.id, realname))
    line = replace(turn.line(user, "SETNAME", realname), needs=caps.SETNAME)
    tell_of(turn, user, line)
    turn.send_to_user(user, line)
    if turn.session.has(caps.SETNAME):
        turn.reply_line(line)


def change_host(turn: Turn, user: User, host: str) -> None:
    """Give the user another host and show it; to clients that do not know how, as coming anew."""
    before = turn.line(user, "QUIT", HOST_CHANGES)
    change = replace(turn.line(user, "CHGHOST", user.username, host), needs=caps.CHGHOST)
    turn.record(HostChanged(user.id, host))
    tell_of(turn, user, change)
    turn.send_to_user(user, change)
    if turn.session.user == user.id and turn.session.has(caps.CHGHOST):
        turn.reply_line(change)
    _seem_to_come_anew(turn, user, before)


def _seem_to_come_anew(turn: Turn, user: User, quit_line: Outgoing) -> None:
    """For clients without chghost: QUIT, and in each room JOIN and MODE (chghost, "Fallback")."""
    own = frozenset(user.sessions)
    turn.announce(user, replace(quit_line, lacks=caps.CHGHOST), but=own)
    for key in user.rooms:
        room = turn.world.rooms[key]
        lines = [join_line(turn, user, room)]
        flags = room.members[user.id]
        if flags:
            names = [user.nick] * len(flags)
            lines.append(turn.line(None, "MODE", room.name, f"+{flags}", *names))
        if user.away:
            away = turn.line(user, "AWAY", user.away)
            lines.append(replace(away, needs=caps.AWAY_NOTIFY))
        for line in lines:
            turn.effect(Announce((key,), replace(line, lacks=caps.CHGHOST), own))
