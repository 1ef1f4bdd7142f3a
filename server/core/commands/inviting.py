"""INVITE: opening an invite-only room to somebody.

Sources: Modern IRC, "INVITE message".
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message
from server.core.commands.rooms import find_room
from server.core.facts import Invited
from server.core.permissions import may_manage
from server.core.turn import Refusal, Turn


def invite(turn: Turn, message: Message) -> None:
    """INVITE <nick> <room>"""
    key, room = find_room(turn, message.params[1])
    user = turn.user
    if user.id not in room.members and not user.is_operator:
        raise Refusal(numerics.ERR_NOTONCHANNEL, room.name, "You're not on that channel")
    if "i" in room.modes and not may_manage(user, room):
        raise Refusal(numerics.ERR_CHANOPRIVSNEEDED, room.name, "You're not channel operator")
    peer = turn.world.find_user(message.params[0])
    if peer is None:
        raise Refusal(numerics.ERR_NOSUCHNICK, message.params[0], "No such nick/channel")
    if peer.id in room.members:
        raise Refusal(numerics.ERR_USERONCHANNEL, peer.nick, room.name, "is already on channel")
    turn.record(Invited(key, peer.id))
    turn.reply(numerics.RPL_INVITING, peer.nick, room.name)
    if peer.away:
        turn.reply(numerics.RPL_AWAY, peer.nick, peer.away)
    turn.send_to_user(peer, turn.line(user, "INVITE", peer.nick, room.name))
