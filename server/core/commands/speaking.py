"""What a room asks of whoever speaks in it, beside being allowed to: modes C and S.

Called by messages.py for every way of saying something in a room. Source: Modern IRC, "Channel
Modes", for what a refusal looks like; the letters are those that other servers use.
"""

from __future__ import annotations

from irc import numerics
from irc.names import RoomKey
from server.core.facts import PaceTaken
from server.core.permissions import is_paced, pace_key, wait_s
from server.core.speech import Speech
from server.core.turn import Refusal, Turn
from server.core.world import Room

_CTCP = "\x01"
_ACTION = "ACTION"


def take_pace(turn: Turn, key: RoomKey, room: Room, speech: Speech) -> None:
    """See that this may be said now, and count it where slow mode counts.

    Typing and reactions (TAGMSG) are neither counted nor refused.

    Raises:
        Refusal: It is a request between programs (mode C), or too soon (mode S).
    """
    if "C" in room.modes and any(map(_is_request, speech.pieces or (speech.text,))):
        raise Refusal(numerics.ERR_CANNOTSENDTOCHAN, room.name, "No CTCP in this channel (+C)")
    if not room.pace_s or speech.command == "TAGMSG":
        return
    user, at_ms = turn.user, turn.stamp.at_ms
    left_s = wait_s(user, room, at_ms)
    if left_s:
        sentence = f"Slow mode: you can speak again in {left_s} s"
        raise Refusal(numerics.ERR_CANNOTSENDTOCHAN, room.name, sentence)
    if is_paced(user, room):
        turn.record(PaceTaken(key, pace_key(user), at_ms))


def _is_request(text: str) -> bool:
    """Whether the text, or this piece of a message of several lines, is CTCP and no `/me`."""
    text = text.removeprefix("\n")
    return text[:1] == _CTCP and text[1:].rstrip(_CTCP).partition(" ")[0] != _ACTION
