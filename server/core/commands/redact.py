"""REDACT: a message is taken back by its sender, or by who manages the room.

Its text and tags go out of the log; that it was there, from whom, and who took it back, stays.
The hub has looked the message up (`Stamp.meant`). Source: IRCv3 draft/message-redaction.
"""

from __future__ import annotations

from irc import caps, numerics
from irc.message import Message
from irc.names import nick_key, room_key
from server.core.commands.places import other_of, place_of, place_of_room
from server.core.commands.rooms import clip
from server.core.effects import Outgoing
from server.core.facts import Redacted
from server.core.history import Stored
from server.core.permissions import may_manage
from server.core.requests import Place
from server.core.turn import Refusal, Turn


def redact(turn: Turn, message: Message) -> None:
    """REDACT <target> <msgid> [<reason>]"""
    if not turn.session.has(caps.MESSAGE_REDACTION):
        raise Refusal(numerics.ERR_UNKNOWNCOMMAND, message.command, "Unknown command")
    target, msgid, *reasons = message.params[:3]
    place = _place_of(turn, target)
    if place is None:
        text = f"You cannot delete messages from {target}"
        raise Refusal("FAIL", "REDACT", "INVALID_TARGET", target, text)
    meant = turn.stamp.meant
    if meant is None or not _is_there(meant, place):
        text = "This message does not exist or is too old"
        raise Refusal("FAIL", "REDACT", "UNKNOWN_MSGID", target, msgid, text)
    _check(turn, target, meant)
    reason = clip(reasons[0], turn.world.settings.kick_bytes_max) if reasons else ""
    user, at_ms = turn.user, turn.stamp.at_ms
    turn.record(Redacted(msgid, place.conversation, user.source, user.account, reason, at_ms))
    turn.rests_on_log = True
    if nick_key(meant.account) != nick_key(user.account) or not user.account:
        turn.act("REDACT", meant.source.partition("!")[0], place.name, reason)
    _tell(turn, place, (msgid, reason) if reason else (msgid,))


def _place_of(turn: Turn, target: str) -> Place | None:
    """As for whoever reads it; and operators of the server manage rooms that they are not in."""
    key = room_key(target)
    if turn.user.is_operator and key in turn.world.rooms:
        return place_of_room(turn.world, key)
    return place_of(turn, target)


def _is_there(meant: Stored, place: Place) -> bool:
    return (
        meant.conversation == place.conversation
        and meant.seq > 0
        and meant.at_ms >= place.since_ms
        and meant.redaction is None
    )


def _check(turn: Turn, target: str, meant: Stored) -> None:
    """Return if the asker may take this message back.

    Raises:
        Refusal: It is somebody else's, or too long ago.
    """
    user, window_s = turn.user, turn.world.settings.redact_window_s
    room = turn.world.rooms.get(room_key(target)) if target.startswith("#") else None
    if room is not None and may_manage(user, room):
        return
    if not user.account or nick_key(meant.account) != nick_key(user.account):
        text = "You are not authorised to delete this message"
        raise Refusal("FAIL", "REDACT", "REDACT_FORBIDDEN", target, meant.msgid, text)
    if window_s and turn.stamp.at_ms - meant.at_ms > window_s * 1000:
        text = "You can no longer delete this message"
        about = (target, meant.msgid, str(window_s), text)
        raise Refusal("FAIL", "REDACT", "REDACT_WINDOW_EXPIRED", *about)


def _tell(turn: Turn, place: Place, about: tuple[str, ...]) -> None:
    """Show it to all who have the message and the capability; the asker sees it in any case."""
    user = turn.user

    def line(name: str) -> Outgoing:
        return Outgoing(
            user.source,
            "REDACT",
            (name, *about),
            turn.stamp.at_ms,
            account=user.account,
            needs=caps.MESSAGE_REDACTION,
            is_bot=user.is_bot,
        )

    if place.conversation.startswith("#"):
        turn.broadcast(room_key(place.conversation), line(place.name))
    else:
        peer = turn.world.find_account(other_of(place.conversation, nick_key(user.account)))
        if peer is not None and peer is not user:
            turn.send_to_user(peer, line(peer.nick))
        turn.send_to_user(user, line(place.name))
    turn.reply_line(line(place.name))
