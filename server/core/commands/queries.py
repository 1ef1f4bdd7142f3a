"""WHOIS: who somebody is. Who is there is in who.py.

What is told is what anybody may know, never a secret room to a stranger to it. An address is told
to operators of the server, and to whom it belongs.
Sources: Modern IRC, "User-Based Queries"; IRCv3 multi-prefix, draft/metadata-2.
"""

from __future__ import annotations

from irc import caps, numerics
from irc.message import Message
from irc.names import nick_key
from server.core.addresses import as_param
from server.core.commands import nickserv
from server.core.commands.metadata_news import understands
from server.core.commands.who import visible_rooms
from server.core.metadata import VISIBLE
from server.core.modes import prefix_of
from server.core.turn import Refusal, Turn, fill_lines
from server.core.world import User


def whois(turn: Turn, message: Message) -> None:
    """WHOIS [<server or nick>] <nick>{,<nick>}"""
    if not message.params or not message.params[-1]:
        raise Refusal(numerics.ERR_NONICKNAMEGIVEN, "No nickname given")
    settings = turn.world.settings
    server = message.params[0] if len(message.params) > 1 else settings.server_name
    asked = message.params[min(len(message.params), 2) - 1]
    nicks = asked.split(",")[: settings.targets_max]
    is_known = server == settings.server_name or nick_key(server) == nickserv.KEY
    if not is_known and turn.world.find_user(server) is None:
        turn.reply(numerics.ERR_NOSUCHSERVER, server, "No such server")
        nicks = []
    for nick in nicks:
        user = turn.world.find_user(nick)
        if user is None and nick_key(nick) == nickserv.KEY:
            nickserv.whois(turn)
        elif user is None:
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
    if user.is_bot:
        turn.reply(numerics.RPL_WHOISBOT, user.nick, f"is a bot on {settings.network}")
    if turn.user.is_operator or turn.user.id == user.id:
        _describe_privately(turn, user)
    turn.reply(
        numerics.RPL_WHOISIDLE,
        user.nick,
        str(idle_s),
        str(signed_on),
        "seconds idle, signon time",
    )
    head = turn.line(None, numerics.RPL_WHOISCHANNELS, turn.name, user.nick)
    multi_prefix = turn.session.has(caps.MULTI_PREFIX)
    words = (
        prefix_of(room.members[user.id], all_of_them=multi_prefix) + room.name
        for room in visible_rooms(turn, user)
    )
    for line in fill_lines(head, words):
        turn.reply_line(line)
    if user.account:
        turn.reply(numerics.RPL_WHOISACCOUNT, user.nick, user.account, "is logged in as")
    if user.away:
        turn.reply(numerics.RPL_AWAY, user.nick, user.away)
    if all(session.secure for session in user.sessions.values()):
        turn.reply(numerics.RPL_WHOISSECURE, user.nick, "is using a secure connection")
    if understands(turn.session):
        for key, value in turn.world.metadata_of(user).items():
            turn.reply(numerics.RPL_WHOISKEYVALUE, user.nick, key, VISIBLE, value)


def _describe_privately(turn: Turn, user: User) -> None:
    """What only operators and the user itself are told: the addresses, and the user's modes."""
    for address in dict.fromkeys(session.address for session in user.sessions.values()):
        text = "is actually using this address"
        turn.reply(numerics.RPL_WHOISACTUALLY, user.nick, as_param(address), text)
    modes = "+" + "".join(sorted(user.modes))
    turn.reply(numerics.RPL_WHOISMODES, user.nick, f"is using modes {modes}")
