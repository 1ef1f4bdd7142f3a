"""What operators of the server do to everybody: KILL, WALLOPS, REHASH. Banning addresses is in
bans.py.

That the asker is an operator is checked by the dispatcher. Source: Modern IRC, "Operator Messages"
and "WALLOPS message"; the order of errors is that of RFC 1459, 4.6.1.
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message
from irc.names import RoomKey, fold
from server.core.commands.leaving import end_user
from server.core.commands.rooms import clip
from server.core.effects import Rehash, Subscribe, Unsubscribe
from server.core.turn import Refusal, Turn
from server.core.world import Session, User

WALLOPS_AUDIENCE = RoomKey("+w")
"""What the sessions of users with mode `w` listen to, like a room. No room can be called so."""


def kill(turn: Turn, message: Message) -> None:
    """KILL <nick> <reason>: ends all sessions of somebody. They may come back at once."""
    nick, reason = message.params[0], message.params[1]
    user = turn.world.find_user(nick)
    if user is None:
        if fold(nick) == fold(turn.world.settings.server_name):
            raise Refusal(numerics.ERR_CANTKILLSERVER, "You cant kill a server!")
        raise Refusal(numerics.ERR_NOSUCHNICK, nick, "No such nick/channel")
    killer = turn.user
    reason = clip(reason, turn.world.settings.kick_bytes_max) or killer.nick
    turn.act("KILL", user.nick, reason=reason)
    line = turn.line(killer, "KILL", user.nick, reason)
    end_user(turn, user, f"Killed ({killer.nick} ({reason}))", line)


def wallops(turn: Turn, message: Message) -> None:
    """WALLOPS <text>: to everybody with user mode `w`; the sender sees it in any case."""
    text = message.params[0]
    if not text:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, "WALLOPS", "Not enough parameters")
    line = turn.line(turn.user, "WALLOPS", text)
    turn.act("WALLOPS", "", reason=text)
    turn.broadcast(WALLOPS_AUDIENCE, line)
    turn.reply_line(line)


def follow_wallops(turn: Turn, user: User) -> None:
    """Let the sessions of a user hear WALLOPS, or no longer, as their mode says now."""
    for session in user.sessions.values():
        if "w" not in user.modes:
            turn.effect(Unsubscribe(session.id, WALLOPS_AUDIENCE))
        else:
            hear_wallops(turn, session, user)


def hear_wallops(turn: Turn, session: Session, user: User) -> None:
    """Let one session hear WALLOPS, if its user wants to. The simple dialect has no word for it."""
    if "w" in user.modes:
        turn.effect(Subscribe(session.id, WALLOPS_AUDIENCE))


def rehash(turn: Turn, message: Message) -> None:
    """REHASH: reads the config again. What came of it follows in notices."""
    turn.act("REHASH", "")
    turn.effect(Rehash(turn.session.id))
    turn.reply(numerics.RPL_REHASHING, turn.world.settings.config_name, "Rehashing")


def rehashed(turn: Turn, lines: tuple[str, ...]) -> None:
    """Tell who asked for it what came of it, unless they are no operator any more."""
    if turn.session.user is not None and turn.user.is_operator:
        for line in lines:
            turn.reply_plain("NOTICE", turn.name, line)
