"""What HELP says: a page for each command, how it is written and what it does. Nothing else.

A test holds this equal to the command table, so that no command is without a page. A page is for
people who type: a few short lines. All of it is in docs/protocol.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """How the command is written, and what it does, line by line."""

    usage: str
    lines: tuple[str, ...]


def _page(usage: str, *lines: str) -> Page:
    return Page(usage, lines)


PAGES: dict[str, Page] = {
    "ADMIN": _page("ADMIN [server]", "Shows who runs this server."),
    "AUTHENTICATE": _page(
        "AUTHENTICATE mechanism, or a piece of its answer",
        "Logs in to an account. Your client does this for you when SASL is switched on in it.",
    ),
    "AWAY": _page(
        "AWAY [text]",
        "Marks you as away, with a text that is shown to whoever speaks to you.",
        "Without a text you are back.",
    ),
    "BATCH": _page(
        "BATCH +reference type target, or BATCH -reference",
        "Sends a message of several lines. Your client does this for you.",
    ),
    "CAP": _page(
        "CAP LS, CAP REQ :names, CAP LIST or CAP END",
        "Agrees on extensions of the protocol. Your client does this for you.",
    ),
    "CHATHISTORY": _page(
        "CHATHISTORY subcommand target bound [bound] limit",
        "Shows what was said earlier, a page at a time. Subcommands are LATEST, BEFORE, AFTER,",
        "AROUND, BETWEEN and TARGETS; a bound is msgid=..., timestamp=... or *.",
    ),
    "DLINE": _page(
        "DLINE [duration] address, network or nick [:reason]",
        "For operators: lets nobody in from an address or network, and ends who is here from it.",
        "A duration is like 30m, 12h, 7d or 1y; without one it is for ever. STATS d shows all.",
    ),
    "HELP": _page("HELP [command]", "Shows this, or how a command is used."),
    "HELPOP": _page("HELPOP [command]", "The same as HELP."),
    "INFO": _page("INFO [server]", "Says what this server is."),
    "INVITE": _page(
        "INVITE nick room, or INVITE",
        "Lets somebody into an invite-only room once. Alone it shows where you are invited.",
    ),
    "ISUPPORT": _page("ISUPPORT", "Shows what your client may rely on here: limits and features."),
    "ISON": _page("ISON nick{ nick}", "Shows which of these people are here."),
    "JOIN": _page(
        "JOIN room{,room} [key{,key}]",
        "Goes into a room; if there is none, it is made and yours. JOIN 0 leaves all rooms.",
    ),
    "KICK": _page("KICK room nick{,nick} [:reason]", "Puts people out of a room that you run."),
    "KILL": _page(
        "KILL nick :reason",
        "For operators: ends all connections of somebody, who may come back at once.",
    ),
    "LINKS": _page("LINKS [mask]", "Shows the servers of the network: this one."),
    "LIST": _page(
        "LIST [filter{,filter}]",
        "Shows the rooms, how many are in each, and what they are about. Filters are masks like",
        "#dev*, numbers of people like >10 or <50, and ages in minutes like C<60 or T<60.",
    ),
    "LUSERS": _page("LUSERS", "Counts who and what is here."),
    "MARKREAD": _page(
        "MARKREAD target [timestamp=...]",
        "Says up to where you have read, to all of your devices. Your client does this for you.",
    ),
    "METADATA": _page(
        "METADATA target subcommand [parameters]",
        "What people (yourself: *) and rooms say about themselves, by keys. LIST, GET key,",
        "SET key [:value] and CLEAR; SUB key, UNSUB key, SUBS and SYNC: what you are told of.",
    ),
    "MODE": _page(
        "MODE room [modes [parameters]], or MODE nick [modes]",
        "Shows or changes what a room, or you, are set to. Of a room: +b ban, +e exception from",
        "bans, +i only the invited, +I need no invitation, +k key, +l limit, +m only with voice,",
        "+n only from inside, +s secret, +t topic by operators, +C no CTCP, +S slow mode,",
        "+U questions to operators, +q founder, +o operator, +v voice.",
        "Of you: +i invisible, +w hear WALLOPS, +B is a bot.",
    ),
    "MONITOR": _page(
        "MONITOR + nick{,nick}, - nick{,nick}, C, L or S",
        "Tells you when people come and go: + watches, - no longer, C forgets all, L lists, S",
        "shows who is here.",
    ),
    "MOTD": _page("MOTD [server]", "Shows the message of the day."),
    "NAMES": _page("NAMES room{,room}", "Shows who is in a room."),
    "NICK": _page("NICK name", "Changes what you are called, where that is allowed."),
    "NICKSERV": _page(
        "NICKSERV command [parameters]",
        "Speaks to NickServ: HELP, IDENTIFY and PASSWD, for clients that know nothing newer.",
    ),
    "NOTICE": _page("NOTICE target{,target} :text", "Like PRIVMSG, but programs do not answer it."),
    "NS": _page("NS command [parameters]", "The same as NICKSERV."),
    "OPER": _page("OPER name password", "Makes you an operator of the server."),
    "PART": _page("PART room{,room} [:reason]", "Leaves rooms."),
    "PASS": _page(
        "PASS account:password",
        "Logs in, as the first thing said on a connection. SASL is the better way.",
    ),
    "PING": _page("PING token", "Asks for a PONG with the same token."),
    "PONG": _page("PONG token", "Answers a PING. Your client does this for you."),
    "PRIVMSG": _page(
        "PRIVMSG target{,target} :text",
        "Says something to a room or to somebody. Who is not here gets it later, if they have an",
        "account.",
    ),
    "QUIT": _page("QUIT [:reason]", "Ends this connection."),
    "REDACT": _page(
        "REDACT target msgid [:reason]",
        "Takes a message of yours back; who runs a room may take back anybody's in it.",
    ),
    "REGISTER": _page(
        "REGISTER account email password",
        "Makes an account, where this server lets people do that.",
    ),
    "REHASH": _page(
        "REHASH",
        "For operators: reads the config again. What is wrong in it, and what needs a restart, is",
        "told to you.",
    ),
    "RENAME": _page(
        "RENAME room newname [:reason]", "Gives a room of yours another name; all of it stays."
    ),
    "SEARCH": _page(
        "SEARCH attribute=value{;attribute=value}",
        "Looks for messages: text=, in=, from=, after=, before= and limit=.",
    ),
    "SETNAME": _page("SETNAME :real name", "Changes your real name."),
    "STATS": _page(
        "STATS letter [server]",
        "Shows what is counted: u since when it is up, m how often each command was used. For",
        "operators: o operators, d banned addresses.",
    ),
    "TAGMSG": _page(
        "TAGMSG target{,target}",
        "Sends only tags, such as a reaction. Your client does this for you.",
    ),
    "TBAN": _page(
        "TBAN room duration mask",
        "Bans from a room that you run, for a while: a duration is like 30m, 12h or 7d; the mask",
        "~m:nick mutes. MODE -b ends it before.",
    ),
    "TIME": _page("TIME [server]", "Shows the server's time, in UTC."),
    "TOPIC": _page("TOPIC room [:topic]", "Shows what a room is about, or changes it."),
    "UNDLINE": _page(
        "UNDLINE address or network", "For operators: lets an address or network in again."
    ),
    "USER": _page(
        "USER username 0 * :real name",
        "Says who you are, as one of the first things on a connection.",
    ),
    "USERHOST": _page(
        "USERHOST nick{ nick}", "Shows the user names and hosts of up to five people."
    ),
    "VERSION": _page("VERSION [server]", "Shows the version of the server, and what it can do."),
    "VERIFY": _page(
        "VERIFY account code", "Completes REGISTER, where it asks for a code or an invitation."
    ),
    "WALLOPS": _page("WALLOPS :text", "For operators: tells everybody who has user mode w."),
    "WHO": _page("WHO room, nick or mask [%fields]", "Shows who is in a room, or who fits a mask."),
    "WHOIS": _page("WHOIS nick{,nick}", "Shows who somebody is."),
    "WHOWAS": _page("WHOWAS nick [count]", "Shows who somebody was who has left."),
}
