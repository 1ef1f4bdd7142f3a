"""Measures what each command costs the hub: `python bench/commands.py [--users 10000]`.

Makes a world with many users, all of them in one room, each with a room of their own and in a few
others, and gives it every command of the table, in the shapes that could cost most. Measured
is `step`, which is all that the hub does for a line before the commit; a long answer counts by its
pieces. The garbage collector runs as it does in the server.

A command without a line here is an error, so that none is forgotten.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from irc import caps
from irc.caps import CAP_BITS
from irc.message import parse_line
from irc.names import nick_key, room_key
from server.core.apply import apply
from server.core.commands import COMMANDS
from server.core.effects import TellWhenDrained
from server.core.events import Dialect, Drained, LineReceived, SessionId, Stamp
from server.core.facts import (
    CapsChanged,
    Joined,
    Login,
    LoginChanged,
    MaskAdded,
    RoomFounded,
    SessionAttached,
    SessionOpened,
    UserAppeared,
    UserId,
    UserModesChanged,
)
from server.core.machine import step
from server.core.modes import NEW_ROOM_MODES
from server.core.settings import Settings, with_accounts
from server.core.world import World

EVERYBODY = room_key("#all")
AT_MS = 1_700_000_000_000
ROOMS_OF_EACH = 4
BIG_ROOMS = 40
BIG_ROOM_USERS = 1000
"""In each of these, the same: who joins them all is shown forty thousand names."""
ROUNDS = 21
MASKS = 100
LIMIT_MS = 1.0

BOSS = 2
"""Who asks: user 2, who is an operator of the server and of the big room."""

LINES: dict[str, list[str]] = {
    # {n} is another number each time, for what can be done to somebody only once.
    "ADMIN": ["ADMIN"],
    "AUTHENTICATE": ["AUTHENTICATE PLAIN", "AUTHENTICATE *"],
    "AWAY": ["AWAY :lunch", "AWAY"],
    "BATCH": ["BATCH +b draft/multiline #all", "BATCH -b"],
    "CAP": ["CAP LS 302", "CAP LIST", "CAP REQ :-away-notify", "CAP REQ :away-notify"],
    "CHATHISTORY": ["CHATHISTORY LATEST #all * 100"],
    "DLINE": ["DLINE 198.51.100.7 :spam"],
    "HELP": ["HELP", "HELP MODE"],
    "HELPOP": ["HELPOP"],
    "INFO": ["INFO"],
    "INVITE": ["INVITE user77 #own1", "INVITE"],
    "ISON": ["ISON " + " ".join(f"user{number}" for number in range(60))],
    "ISUPPORT": ["ISUPPORT"],
    "JOIN": [
        *("JOIN #own7", "PART #own7", "PART #all", "JOIN #all", "JOIN 0"),
        "JOIN " + ",".join(f"#big{number}" for number in range(BIG_ROOMS)),
        *("JOIN 0", "JOIN #all,#own1"),
    ],
    "KICK": ["KICK #all user{n}"],
    "KILL": ["KILL user{n} :bye"],
    "LINKS": ["LINKS"],
    "LIST": ["LIST", "LIST #own*", "LIST >1000", "LIST *x*,!*y*,C>1,T<9"],
    "LUSERS": ["LUSERS"],
    "MARKREAD": ["MARKREAD #all timestamp=2030-01-01T00:00:00.000Z", "MARKREAD #all"],
    "METADATA": [
        "METADATA * SUB a b c",
        "METADATA * SET a :1",
        "METADATA #all SET a :1",
        "METADATA * LIST",
        "METADATA #all SYNC",
        "METADATA * CLEAR",
        "METADATA * UNSUB a b c",
    ],
    "MODE": [
        "MODE #all",
        "MODE #all b",
        "MODE #all +mst-k+k x x",
        "MODE #all -mstk x",
        "MODE #all +vvvv user3 user4 user5 user6",
        "MODE #all +b *!*@nobody",
        "MODE #all -b *!*@nobody",
        "MODE #all +SCUIe 30 *!*@friends ~a:user9",
        "MODE #all -SCUIe *!*@friends ~a:user9",
        "MODE #all -b+b *bad1*!*x1@*.example *bad1*!*x1@*.example",
        "MODE user2 +i",
    ],
    "MONITOR": ["MONITOR + " + ",".join(f"user{n}" for n in range(90)), "MONITOR S", "MONITOR C"],
    "MOTD": ["MOTD"],
    "NAMES": ["NAMES #all,#all,#all,#all", "NAMES"],
    "NICK": ["NICK other", "NICK user2"],
    "NICKSERV": ["NICKSERV HELP"],
    "NOTICE": ["NOTICE #all :hello"],
    "NS": ["NS HELP"],
    "OPER": ["OPER root wrong"],
    "PART": ["PART #all", "JOIN #all"],
    "PASS": ["PASS x"],
    "PASSWD": ["PASSWD"],
    "PING": ["PING x"],
    "PONG": ["@label=x PONG x"],
    "PRIVMSG": [
        "PRIVMSG #all :hello",
        "PRIVMSG @#all,@#all,@#all,@#all :hello",
        "PRIVMSG user9 :hello",
        "PRIVMSG user3,user4,#all :hi",
    ],
    "QUIT": ["QUIT :bye"],
    "REDACT": ["REDACT #all nothing :x"],
    "REGISTER": ["REGISTER * * password"],
    "REHASH": ["REHASH"],
    "RENAME": ["RENAME #own2 #renamed", "RENAME #renamed #own2"],
    "SEARCH": ["SEARCH text=hello", "SEARCH in=#all;text=hello"],
    "SETNAME": ["SETNAME :Somebody else", "SETNAME :User 2"],
    "STATS": ["STATS m", "STATS u", "STATS o", "STATS d"],
    "TAGMSG": ["@+typing=active TAGMSG #all"],
    "TBAN": ["TBAN #all 10m *!*@nowhere"],
    "TIME": ["TIME"],
    "TOPIC": ["TOPIC #all :news", "TOPIC #all", "TOPIC #all :"],
    "UNDLINE": ["UNDLINE 198.51.100.7"],
    "USER": ["USER x 0 * :x"],
    "USERHOST": ["USERHOST user1 user2 user3 user4 user5"],
    "VERIFY": ["VERIFY user1 1234"],
    "VERSION": ["VERSION"],
    "WALLOPS": ["WALLOPS :hello all"],
    "WHO": ["WHO #all", "WHO *", "WHO *x*!*@*", "WHO #all %tcuihsnfdlaor,7", "WHO *9*"],
    "WHOIS": ["WHOIS user9", "WHOIS user1,user2,user3,user4"],
    "WHOWAS": ["WHOWAS user9"],
}


Row = tuple[float, float, int, str]
"""The worst and the median (ms) of each round's dearest piece, the number of pieces, the line."""


class Crowd:
    """A world with many people, and a clock."""

    def __init__(self, users: int) -> None:
        names = [f"user{number}" for number in range(users)]
        settings = replace(
            Settings(), rooms_max=users + 100, members_per_room_max=users + 100, default_rooms=()
        )
        self.world = World(with_accounts(settings, names))
        self.at_ms = AT_MS
        self.serial = 0
        self.victim = 100
        apply(self.world, RoomFounded(EVERYBODY, "#all", nick_key("user2"), NEW_ROOM_MODES, AT_MS))
        for number, name in enumerate(names):
            self._enter(number + 1, name)
        for number in range(BIG_ROOMS):
            name, key = f"#big{number}", room_key(f"#big{number}")
            apply(self.world, RoomFounded(key, name, nick_key("user1"), NEW_ROOM_MODES, AT_MS))
            for user in range(1, min(users, BIG_ROOM_USERS)):
                if user != BOSS + 1:
                    apply(self.world, Joined(UserId(user), key, ""))
        for number in range(MASKS):
            mask = f"*bad{number}*!*x{number}@*.example"
            apply(self.world, MaskAdded(EVERYBODY, "b", mask, "user2", AT_MS))
        apply(self.world, UserModesChanged(UserId(BOSS + 1), frozenset("o")))

    def _enter(self, number: int, name: str) -> None:
        session, user = SessionId(number), UserId(number)
        known = sum(CAP_BITS.values()) & ~caps.NO_IMPLICIT_NAMES
        own = room_key(f"#own{number - 1}")
        for fact in (
            SessionOpened(session, Dialect.IRC, f"192.0.2.{number % 250}", True),
            CapsChanged(session, known),
            UserAppeared(user, name, "user", "Somebody", f"user/{name}", name, AT_MS),
            SessionAttached(session, user),
            LoginChanged(session, Login(account=name, cap_version=302)),
            Joined(user, EVERYBODY, "o" if number - 1 == BOSS else ""),
            RoomFounded(own, f"#own{number - 1}", nick_key(name), NEW_ROOM_MODES, AT_MS),
            Joined(user, own, "o"),
        ):
            apply(self.world, fact)
        for other in range(max(0, number - 1 - ROOMS_OF_EACH), number - 1):
            apply(self.world, Joined(user, room_key(f"#own{other}"), ""))

    def cost_ms(self, who: int, line: str) -> Iterator[float]:
        """What `step` takes for the line, and for each further piece of its answer."""
        session = SessionId(who + 1)
        event: LineReceived | Drained = LineReceived(session, parse_line(line.encode()))
        while True:
            self.at_ms += 10_000
            self.serial += 1
            stamp = Stamp(self.at_ms, f"b{self.serial}")
            began_s = time.perf_counter()
            batch = step(self.world, event, stamp)
            yield (time.perf_counter() - began_s) * 1000
            if not any(
                isinstance(each, TellWhenDrained) and each.session == session
                for each in batch.effects
            ):
                return
            event = Drained(session)


def main() -> int:
    parser = argparse.ArgumentParser(description="What each command costs the hub.")
    parser.add_argument("--users", type=int, default=10_000, help="people in the world")
    parser.add_argument("--all", action="store_true", help="every line, not only each one's worst")
    options = parser.parse_args()
    missing = COMMANDS.keys() - LINES.keys()
    if missing:
        parser.error(f"there is no line for {', '.join(sorted(missing))}: add one to LINES")
    crowd = Crowd(options.users)
    gc.collect()
    gc.freeze()
    rows: list[Row] = []
    for command in sorted(COMMANDS):
        found = _measure(crowd, LINES[command])
        rows += found if options.all else [max(found)]
    print(f"{options.users} users; milliseconds of the hub for a line or a piece of its answer\n")
    print("| line | median | worst | pieces |\n|---|---:|---:|---:|")
    for worst, median, pieces, line in sorted(rows, reverse=True):
        print(f"| `{line[:50]}` | {median:.3f} | {worst:.3f} | {pieces} |")
    over = sum(row[1] > LIMIT_MS for row in rows)
    print(f"\n{over} of {len(rows)} have a median over {LIMIT_MS:g} ms")
    return int(over > 0)


def _measure(crowd: Crowd, lines: Sequence[str]) -> list[Row]:
    """All lines of a command in turn, round by round: they may undo each other."""
    dearest: dict[str, list[float]] = {line: [] for line in lines}
    pieces: dict[str, int] = {}
    for _ in range(ROUNDS):
        crowd.victim += 1
        for line in lines:
            who = crowd.victim if line.startswith("QUIT") else BOSS
            costs = list(crowd.cost_ms(who, line.replace("{n}", str(crowd.victim))))
            dearest[line].append(max(costs))
            pieces[line] = max(pieces.get(line, 0), len(costs))
    return [
        (max(costs), statistics.median(costs), pieces[line], line)
        for line, costs in dearest.items()
    ]


if __name__ == "__main__":
    raise SystemExit(main())
