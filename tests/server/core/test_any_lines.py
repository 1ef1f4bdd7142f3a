"""Whatever anybody says, in any order: the harness's invariants hold.

Replaying the facts gives an equal world, every line is well-formed and fits, every session hears
exactly its user's rooms, and the world's tables agree with each other.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import given, strategies as st

from irc.names import nick_key, skeleton
from server.core.events import AccountsRevoked, Dialect
from server.core.settings import Operator
from tests.support.chat import PASSWORD, Chat

NAMES = ["ann", "eve", "bob", "zoë", "сара", "capa", "1x", "ChanServ", ""]
ROOMS = ["#lobby", "#tea", "#Tea", "#é", "tea", "#", "0"]
TEXTS = ["", "hi", ":", "a b", "\x01ACTION waves\x01", "é" * 200, "+o-v", "x" * 400]
CAPS = "server-time message-tags labeled-response batch echo-message account-notify away-notify"
COMMANDS = [
    *("NICK {name}", "USER {name} 0 * :{text}", "PASS {name}:" + PASSWORD, "PASS :{text}"),
    *("CAP LS 302", f"CAP REQ :{CAPS}", "CAP REQ :-batch sasl {name}", "CAP LIST", "CAP END"),
    *("AUTHENTICATE PLAIN", "AUTHENTICATE AGFubgBzZWNyZXQ=", "AUTHENTICATE *"),
    *("JOIN {room}", "JOIN {room},{room} {text}", "PART {room} :{text}", "NAMES {room}"),
    *("PRIVMSG {room} :{text}", "PRIVMSG {name} :{text}", "NOTICE {name},{room} :{text}"),
    *("@label={name};+x={name} TAGMSG {room}", "@label=l PRIVMSG {room} :{text}"),
    *("TOPIC {room} :{text}", "TOPIC {room}", "LIST {room}", "WHO {room}", "WHOIS {name}"),
    *("MODE {room}", "MODE {room} +{mode} {name}", "MODE {room} -{mode} {name}"),
    *("MODE {name} +i", "MODE {name} -o", "KICK {room} {name} :{text}", "INVITE {name} {room}"),
    *("AWAY :{text}", "ISON {name} :{text}", "USERHOST {name} {name}", "OPER boss " + PASSWORD),
    *("PING :{text}", "PONG x", "LUSERS", "MOTD {name}", "VERSION", "TIME {name}", "QUIT :{text}"),
    *("SETNAME :{text}", "MONITOR + {name},eve", "MONITOR - {name}", "MONITOR C", "MONITOR S"),
    *("WHOWAS {name} 2", "WHO {room} %tcuihsnfdlaor,1", "WHO *", "AWAY *", "CAP REQ :{cap}"),
    *("{name} {text}", "MSG {text}", "MSG @{name} {text}", "WHO"),
]

LINES = st.builds(
    lambda command, **words: command.format(**words),
    st.sampled_from(COMMANDS),
    name=st.sampled_from(NAMES),
    room=st.sampled_from(ROOMS),
    text=st.sampled_from(TEXTS),
    cap=st.sampled_from(["chghost", "setname", "extended-monitor", "draft/pre-away", "-chghost"]),
    mode=st.sampled_from(list("bklimnstovx")),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(["ann", "ann2", "eve", "new", "simple"]), LINES), min_size=10
)


def check_tables(chat: Chat) -> None:
    """The world's tables say the same of every user and room."""
    world = chat.world
    users = world.users.values()
    assert world.nicks == {nick_key(user.nick): user.id for user in users}
    assert world.skeletons == {skeleton(user.nick): user.id for user in users}
    assert world.accounts == {nick_key(user.account): user.id for user in users if user.account}
    for user in users:
        assert user.sessions, f"{user.nick} is nobody's"
        assert all(session.user == user.id for session in user.sessions.values())
        assert all(user.id in world.rooms[key].members for key in user.rooms)
        assert all(user.id in world.rooms[key].invited for key in user.invited)
        here = [session for session in user.sessions.values() if not session.away]
        assert bool(user.away) == (not here), f"{user.nick} is here in {here}"
    watching = [key for session in world.sessions.values() for key in session.watching]
    assert world.watched == Counter(watching)
    for key, room in world.rooms.items():
        assert room.members or room.founder or world.is_default_room(key)
        assert all(key in world.users[member].rooms for member in room.members)
        assert all(key in world.users[invited].invited for invited in room.invited)


@given(st.sampled_from(["account", "free"]), st.booleans(), STEPS, st.booleans())
def test_any_lines(policy, accounts_required, steps, revoked):
    """Nothing that anybody says breaks an invariant, or raises anything but a refusal."""
    operators = {"boss": Operator("boss", nick_key("eve"), "$2b$")}
    chat = Chat(
        "ann",
        "eve",
        nick_policy=policy,
        accounts_required=accounts_required,
        operators=operators,
        sessions_max=2,
    )
    chat.login("ann2", "ann") if accounts_required else chat.login("ann2", caps=CAPS)
    chat.connect("new")
    chat.connect("simple", Dialect.SIMPLE)
    for name, line in steps:
        if not chat.is_closed(name):
            chat.say(name, line)
            check_tables(chat)
    if revoked:
        chat.event(AccountsRevoked(frozenset({"ann"})))
    for name in list(chat.wires):
        if not chat.is_closed(name):
            chat.lose(name)
    check_tables(chat)
    assert chat.world.users == {} and chat.world.sessions == {}
