"""MONITOR: who wants to know when somebody comes and goes; and telling them.

A session that watches a nick is subscribed to a key of its own (`watch_key`), as it is to rooms: so
the io threads find the watchers, and what a coming or a going costs the hub does not grow with
them. `World.watched` says whether there is any. A nick is watched, not a person: only who is called
so at the moment is told of, under folding, and mode `i` hides nobody from who knows the nick
already, as it does not from WHOIS. Sources: IRCv3 monitor, extended-monitor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from irc.names import NickKey, is_valid_nick, nick_key
from server.core.commands.audience import watch_key as watch_key
from server.core.commands.metadata_news import tell_of_watched, understands, watched_items
from server.core.effects import Announce, Broadcast, Outgoing, Subscribe, Unsubscribe
from server.core.facts import Unwatched, Watched
from server.core.turn import Refusal, Turn, fill_lines
from server.core.world import User

ANYBODY = "*"
"""In place of the asker's nick, so that one line is for all who watch (monitor, RPL_MONONLINE)."""


def monitor(turn: Turn, message: Message) -> None:
    """MONITOR + <nick>{,<nick>} | - <nick>{,<nick>} | C | L | S"""
    targets = [each for each in "".join(message.params[1:2]).split(",") if each]
    match message.params[0].upper():
        case "+" | "-" if not targets:
            raise Refusal(numerics.ERR_NEEDMOREPARAMS, "MONITOR", "Not enough parameters")
        case "+":
            _watch(turn, targets)
        case "-":
            watching = turn.session.watching
            _unwatch(turn, {key for key in map(nick_key, targets) if key in watching})
        case "C":
            _unwatch(turn, turn.session.watching)
        case "L":
            _reply_list(turn, numerics.RPL_MONLIST, turn.session.watching.values())
            turn.reply(numerics.RPL_ENDOFMONLIST, "End of MONITOR list")
        case "S":
            _reply_state(turn, turn.session.watching.values())
        case other:
            raise Refusal(numerics.ERR_UNKNOWNERROR, "MONITOR", other[:20], "Unknown subcommand")


def _watch(turn: Turn, targets: list[str]) -> None:
    """Watch as many as there is room for; what cannot be a nick is nobody's."""
    settings, watching = turn.world.settings, turn.session.watching
    asked: dict[NickKey, str] = {}
    too_many: list[str] = []
    added = 0
    for nick in targets:
        key = nick_key(nick)
        if not is_valid_nick(nick, settings.nick_chars_max) or key in asked:
            continue
        if key not in watching:
            if len(watching) + added >= settings.monitored_nicks_max:
                too_many.append(nick)
                continue
            added += 1
        asked[key] = nick
    new = {key: nick for key, nick in asked.items() if key not in watching}
    if new:
        turn.record(Watched(turn.session.id, tuple(new.values())))
    for key in new:
        turn.effect(Subscribe(turn.session.id, watch_key(key)))
    _reply_state(turn, asked.values())
    session = turn.session
    if session.subscriptions and understands(session):
        turn.stream(watched_items(turn, asked, session.subscriptions, {turn.user.id}))
    if too_many:
        most = str(settings.monitored_nicks_max)
        turn.reply(numerics.ERR_MONLISTFULL, most, ",".join(too_many), "Monitor list is full.")


def _unwatch(turn: Turn, keys: Iterable[NickKey]) -> None:
    gone = tuple(keys)
    if gone:
        turn.record(Unwatched(turn.session.id, gone))
    for key in gone:
        turn.effect(Unsubscribe(turn.session.id, watch_key(key)))


def _reply_state(turn: Turn, nicks: Iterable[str]) -> None:
    """Which of these are here, as they are, and which are not, as they were asked for."""
    online, offline = [], []
    for nick in nicks:
        user = turn.world.find_user(nick)
        if user is None:
            offline.append(nick)
        else:
            online.append(user.source)
    _reply_list(turn, numerics.RPL_MONONLINE, online)
    _reply_list(turn, numerics.RPL_MONOFFLINE, offline)


def _reply_list(turn: Turn, numeric: str, words: Iterable[str]) -> None:
    for line in fill_lines(turn.line(None, numeric, turn.name), words, between=","):
        turn.reply_line(line)


# What others are told.


def tell_online(turn: Turn, user: User) -> None:
    """Tell who watches the user's nick that somebody is called so now."""
    _tell(turn, nick_key(user.nick), numerics.RPL_MONONLINE, user.source)
    tell_of_watched(turn, user)


def tell_offline(turn: Turn, nick: str) -> None:
    """Tell who watches the nick that nobody is called so any more."""
    _tell(turn, nick_key(nick), numerics.RPL_MONOFFLINE, nick)


def _tell(turn: Turn, key: NickKey, numeric: str, who: str) -> None:
    if key in turn.world.watched:
        turn.effect(Broadcast(watch_key(key), turn.line(None, numeric, ANYBODY, who)))


def tell_of(turn: Turn, user: User, line: Outgoing) -> None:
    """Announce how a user has changed, to who shares a room, and who watches with extended-monitor.

    Each is told once. The user's own sessions are not.
    """
    own = frozenset(user.sessions)
    turn.announce(user, line, but=own)
    key = nick_key(user.nick)
    if key in turn.world.watched:
        for_watchers = replace(line, needs=line.needs | caps.EXTENDED_MONITOR)
        turn.effect(Announce((watch_key(key),), for_watchers, own, outside=tuple(user.rooms)))
