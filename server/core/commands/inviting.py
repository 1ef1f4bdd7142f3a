"""INVITE: opening an invite-only room to somebody, and to which rooms one is invited oneself.

Members whose client asked for it see who is invited. Sources: Modern IRC, "INVITE message" and
"Invite list"; IRCv3 invite-notify.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from server.core.commands.rooms import find_room
from server.core.facts import Invited
from server.core.permissions import may_manage
from server.core.stream import Item
from server.core.turn import Refusal, Turn


def invite(turn: Turn, message: Message) -> None:
    """INVITE <nick> <room>, or INVITE alone: the rooms that the asker is invited to."""
    if not message.params:
        turn.stream(_invitations(turn))
        return
    if len(message.params) < 2:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters")
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
    line = turn.line(user, "INVITE", peer.nick, room.name)
    turn.send_to_user(peer, line)
    turn.broadcast(key, replace(line, needs=caps.INVITE_NOTIFY))


def _invitations(turn: Turn) -> Iterator[Item]:
    user = turn.user
    for key in tuple(user.invited):
        if key in user.invited:
            name = turn.world.rooms[key].name
            yield turn.line(None, numerics.RPL_INVITELIST, user.nick, name)
        else:
            yield None
    yield turn.line(None, numerics.RPL_ENDOFINVITELIST, user.nick, "End of /INVITE list")
