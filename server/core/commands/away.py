"""AWAY: it is said by a session, and a user is away when all of their sessions are.

What is shown is the text that was said last. So a phone in a pocket, which says AWAY, takes nobody
from their desk. A session that is there by itself, to read up on things, says `AWAY *`, if it can
before anybody sees it (IRCv3 pre-away): it counts as away and its star replaces nobody's text.
Sources: Modern IRC, "AWAY message"; IRCv3 away-notify, pre-away, extended-monitor.
"""

from __future__ import annotations

from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from server.core.commands.monitor import tell_of
from server.core.commands.rooms import clip
from server.core.facts import AwayChanged
from server.core.turn import Refusal, Turn
from server.core.world import User


def away(turn: Turn, message: Message) -> None:
    """AWAY [<text>]"""
    session = turn.session
    if session.user is None and not session.has(caps.PRE_AWAY):
        raise Refusal(numerics.ERR_NOTREGISTERED, "You have not registered")
    text = clip(message.params[0] if message.params else "", turn.world.settings.away_bytes_max)
    user = turn.user if session.user is not None else None
    before = user.away if user is not None else ""
    if text or session.away:
        turn.record(AwayChanged(session.id, text, turn.stamp.at_ms))
    if user is not None:
        tell_away(turn, user, before)
    if text:
        turn.reply(numerics.RPL_NOWAWAY, "You have been marked as being away")
    else:
        turn.reply(numerics.RPL_UNAWAY, "You are no longer marked as being away")


def tell_away(turn: Turn, user: User, before: str) -> None:
    """Tell others that the user is away, back, or away for another reason than `before`."""
    if user.away != before:
        line = turn.line(user, "AWAY", *([user.away] if user.away else []))
        tell_of(turn, user, replace(line, needs=caps.AWAY_NOTIFY))
