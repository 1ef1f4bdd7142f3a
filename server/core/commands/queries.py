"""WHO and WHOIS: who is there, and who somebody is.

What these tell is what anybody may know: never an address, never a secret room to a stranger to it,
and in lists nobody who is invisible (user mode "i") to strangers. Sources: Modern IRC, "User-Based
Queries"; IRCv3 multi-prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from irc import caps, numerics
from irc.message import Message
from irc.names import matches_mask, room_key
from server.core.modes import prefix_of
from server.core.permissions import may_see_room, may_see_user
from server.core.turn import Refusal, Turn, fill_lines
from server.core.world import User

WHO_REPLIES_MAX = 500
"""So many lines of 512 bytes fit into an outgoing buffer of the usual size; more would cost the
asker the connection. What is left out is said at the end. (NAMES gives every nick.)"""


def who(turn: Turn, message: Message) -> None:
    """WHO <room, nick or mask> [o]: with `o` only the operators of the server."""
    mask = message.params[0]
    if mask.startswith("#"):
        found = _members(turn, mask)
    elif (user := turn.world.find_user(mask)) is not None:
        found = iter([(user, "*", "")])
    else:
        found = _matching(turn, "*" if mask == "0" else mask)
    if message.params[1:2] == ("o",):
        found = (row for row in found if row[0].is_operator)
    for user, room_name, prefix in islice(found, WHO_REPLIES_MAX):
        turn.reply(
            numerics.RPL_WHOREPLY,
            room_name,
            user.username,
            user.host,
            turn.world.settings.server_name,
            user.nick,
            ("G" if user.away else "H") + ("*" if user.is_operator else "") + prefix,
            f"0 {user.realname}",
        )
    is_cut_off = next(found, None) is not None
    note = f", cut off after {WHO_REPLIES_MAX}" if is_cut_off else ""
    turn.reply(numerics.RPL_ENDOFWHO, mask, f"End of WHO list{note}")


def _members(turn: Turn, name: str) -> Iterator[tuple[User, str, str]]:
    room = turn.world.rooms.get(room_key(name))
    if room is None or not may_see_room(turn.user, room):
        return
    asker = turn.user
    multi_prefix = turn.session.has(caps.MULTI_PREFIX)
    for user, flags in turn.world.members_of(room):
        if asker.id in room.members or may_see_user(turn.world, asker, user):
            yield user, room.name, prefix_of(flags, all_of_them=multi_prefix)


def _matching(turn: Turn, mask: str) -> Iterator[tuple[User, str, str]]:
    """Everybody visible whose nick, or `nick!user@host` if there is a sign of it, fits the mask."""
    if "*" not in mask and "?" not in mask:
        return
    asker = turn.user
    is_whole = "!" in mask or "@" in mask
    for user in turn.world.users.values():
        fits = matches_mask(mask, user.source if is_whole else user.nick)
        if fits and may_see_user(turn.world, asker, user):
            yield user, "*", ""


def whois(turn: Turn, message: Message) -> None:
    """WHOIS [<server or nick>] <nick>{,<nick>}"""
    if not message.params or not message.params[-1]:
        raise Refusal(numerics.ERR_NONICKNAMEGIVEN, "No nickname given")
    settings = turn.world.settings
    if len(message.params) > 1:
        server = message.params[0]
        if server != settings.server_name and turn.world.find_user(server) is None:
            raise Refusal(numerics.ERR_NOSUCHSERVER, server, "No such server")
    asked = message.params[min(len(message.params), 2) - 1]
    for nick in asked.split(",")[: settings.targets_max]:
        user = turn.world.find_user(nick)
        if user is None:
            turn.reply(numerics.ERR_NOSUCHNICK, nick, "No such nick/channel")
        else:
            _describe(turn, user)
    turn.reply(numerics.RPL_ENDOFWHOIS, asked, "End of /WHOIS list")


def _describe(turn: Turn, user: User) -> None:
    settings = turn.world.settings
    idle_s = max(0, turn.stamp.at_ms - user.spoke_at_ms) // 1000
    signed_on = user.signed_on_ms // 1000
    turn.reply(numerics.RPL_WHOISUSER, user.nick, user.username, user.host, "*", user.realname)
    turn.reply(numerics.RPL_WHOISSERVER, user.nick, settings.server_name, settings.network)
    if user.is_operator:
        turn.reply(numerics.RPL_WHOISOPERATOR, user.nick, "is an IRC operator")
    turn.reply(
        numerics.RPL_WHOISIDLE,
        user.nick,
        str(idle_s),
        str(signed_on),
        "seconds idle, signon time",
    )
    head = turn.line(None, numerics.RPL_WHOISCHANNELS, turn.name, user.nick)
    for line in fill_lines(head, _visible_rooms(turn, user)):
        turn.reply_line(line)
    if user.account:
        turn.reply(numerics.RPL_WHOISACCOUNT, user.nick, user.account, "is logged in as")
    if user.away:
        turn.reply(numerics.RPL_AWAY, user.nick, user.away)
    if all(session.secure for session in user.sessions.values()):
        turn.reply(numerics.RPL_WHOISSECURE, user.nick, "is using a secure connection")


def _visible_rooms(turn: Turn, user: User) -> Iterator[str]:
    """The rooms of `user` that the asker may know of: an invisible user's only where both are."""
    asker = turn.user
    multi_prefix = turn.session.has(caps.MULTI_PREFIX)
    hides = "i" in user.modes and asker.id != user.id and not asker.is_operator
    for key in user.rooms:
        room = turn.world.rooms[key]
        if may_see_room(asker, room) and not (hides and key not in asker.rooms):
            yield prefix_of(room.members[user.id], all_of_them=multi_prefix) + room.name
