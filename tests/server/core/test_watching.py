"""Whatever people do, who watches them knows who is here, and whether they are away.

A naive model of a client, which believes 730, 731 and AWAY alone, is right after every step, in a
common room or not. Source: IRCv3 monitor, extended-monitor, pre-away.
"""

from __future__ import annotations

from hypothesis import given, strategies as st

from irc.message import parse_line
from irc.names import nick_key
from tests.support.chat import Chat

NICKS = ("ann", "Bob", "carl", "dora")
SESSIONS = ("one", "two", "three", "four")
LINES = ("AWAY", "AWAY :tea", "AWAY *", "JOIN #tea", "PART #tea", "QUIT", "SETNAME :{nick}")

steps = st.lists(
    st.tuples(
        st.sampled_from(SESSIONS),
        st.one_of(
            st.sampled_from(LINES),
            st.just("lost"),
            st.sampled_from([f"NICK {nick}" for nick in (*NICKS, "BOB", "eve")]),
            st.sampled_from([f"login {nick}" for nick in NICKS]),
        ),
    ),
    min_size=10,
    max_size=60,
)


class Watcher:
    """What a client can know of the nicks it watches."""

    def __init__(self) -> None:
        self.online: set[str] = set()
        self.away: dict[str, str] = {}

    def hear(self, line: str) -> None:
        message = parse_line(line.encode())
        who = nick_key(message.source.partition("!")[0])
        match message.command, message.params:
            case "730", (_, masks):
                for mask in masks.split(","):
                    key = nick_key(mask.partition("!")[0])
                    assert key not in self.online, f"{key} comes twice"
                    self.online.add(key)
            case "731", (_, nicks):
                for nick in nicks.split(","):
                    self.online.discard(nick_key(nick))
                    self.away.pop(nick_key(nick), None)
            case "AWAY", (text,):
                self.away[who] = text
            case "AWAY", ():
                del self.away[who]


@given(steps, st.booleans())
def test_who_watches_knows(script, in_a_room):
    """After every step, what is believed is what is true."""
    chat = Chat(nick_policy="free", default_rooms=(), nick_changes_per_minute_max=1000)
    chat.login("watcher", caps="extended-monitor away-notify setname")
    if in_a_room:
        chat.say("watcher", "JOIN #tea")
    client = Watcher()
    for line in chat.say("watcher", f"MONITOR + {','.join(NICKS)}")["watcher"]:
        client.hear(line)
    for name, what in script:
        here = name in chat.wires and not chat.is_closed(name)
        if what.startswith("login "):
            heard = {} if here else chat.login(name, what.removeprefix("login "))
        elif not here:
            continue
        elif what == "lost":
            heard = chat.lose(name)
        else:
            heard = chat.say(name, what.format(nick=name))
        before = set(client.online)
        for line in heard.get("watcher", []):
            client.hear(line)
        truth = {key: user for key in map(nick_key, NICKS) if (user := chat.world.find_user(key))}
        assert client.online == truth.keys()
        for key in client.online - before:  # a client asks by WHO about who has just come
            client.away[key] = truth[key].away
        known = {key: client.away.get(key, "") for key in client.online}
        assert known == {key: user.away for key, user in truth.items()}
