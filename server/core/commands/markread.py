"""MARKREAD: how far an account has read each of its conversations, on all of its sessions.

Nobody else ever hears of it. Source: IRCv3 draft/read-marker.
"""

from __future__ import annotations

from irc import caps
from irc.message import Message
from irc.names import is_valid_nick, is_valid_room, nick_key, room_key
from server.core.commands.places import parse_time, place_of
from server.core.effects import Outgoing
from server.core.facts import Conversation, MarkerMoved
from server.core.render import server_time
from server.core.requests import Place
from server.core.turn import Refusal, Turn
from server.core.world import User


def markread(turn: Turn, message: Message) -> None:
    """MARKREAD <target> [timestamp=<time>]"""
    if not message.params:
        raise Refusal("FAIL", "MARKREAD", "NEED_MORE_PARAMS", "Missing parameters")
    target, *times = message.params
    place = place_of(turn, target)
    if place is None:
        if times or not _is_name(turn, target):
            text = "There is no such conversation"
            raise Refusal("FAIL", "MARKREAD", "INVALID_PARAMS", target, text)
        place = Place(Conversation(room_key(target) if target[0] == "#" else ""), target)
    if times:
        at_ms = parse_time(times[0].removeprefix("timestamp="))
        if at_ms is None or not times[0].startswith("timestamp="):
            raise Refusal("FAIL", "MARKREAD", "INVALID_PARAMS", target, times[0], "Invalid time")
        if not (turn.user.account and place.conversation):
            text = "The read timestamp could not be set: it is kept for accounts only"
            raise Refusal("FAIL", "MARKREAD", "INTERNAL_ERROR", target, text)
        _move(turn, place.conversation, place.name, min(at_ms, turn.stamp.at_ms))
    turn.reply_line(marker_line(turn, turn.user, place.conversation, place.name))


def _is_name(turn: Turn, target: str) -> bool:
    """Whether there might be such a conversation. If there is none, nothing of it has been read."""
    settings = turn.world.settings
    return is_valid_room(target, settings.room_name_bytes_max) or is_valid_nick(
        target, settings.nick_chars_max
    )


def _move(turn: Turn, conversation: Conversation, name: str, at_ms: int) -> None:
    """Move the marker if that is forward, and tell the account's other sessions."""
    user, account = turn.user, nick_key(turn.user.account)
    if at_ms <= turn.world.markers.get(conversation, {}).get(account, 0):
        return
    turn.record(MarkerMoved(account, conversation, at_ms))
    line = marker_line(turn, user, conversation, name)
    for session in user.sessions.values():
        if session is not turn.session and session.has(caps.READ_MARKER):
            turn.send(session.id, line)


def marker_line(turn: Turn, user: User, conversation: Conversation, name: str) -> Outgoing:
    """How far the user has read, as the server tells it; a star when that is not known."""
    at_ms = turn.world.markers.get(conversation, {}).get(nick_key(user.account))
    when = "*" if at_ms is None else f"timestamp={server_time(at_ms)}"
    return turn.line(None, "MARKREAD", name, when)
