"""What people in a random chat say and do (tests/server/core/test_replay.py), as strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from server.core.orders import RemoveRoom, SetRoom
from tests.support.chat import PASSWORD

SESSIONS = ("ana", "ana2", "bob", "carl", "root", "sim")
"""Two of one account, an account, a guest, an operator, and one who speaks the simple dialect."""

NICKS = ("ana", "Bob", "carl", "root", "sim")
STRANGE_NICKS = ("ANA", "аnа", "dora", "Zoë", "nobody", "9", "")
ROOMS = ("#lobby", "#a", "#A", "#b")
STRANGE_ROOMS = ("#ção", "#c", "#d", "&x", "#", "")
WORDS = ("", "x", "hi there", ":", "é" * 30, "a,b", "*", "sesame", "\x01ACTION waves\x01", "\x02")


def _often(*choices: tuple[int, st.SearchStrategy]) -> st.SearchStrategy:
    """One of the strategies, each as often as its number says (`one_of` takes all as equal)."""
    return st.sampled_from([each for times, each in choices for _ in range(times)]).flatmap(
        lambda chosen: chosen
    )


nicks = _often((9, st.sampled_from(NICKS)), (1, st.sampled_from(STRANGE_NICKS)))
rooms = _often((9, st.sampled_from(ROOMS)), (1, st.sampled_from(STRANGE_ROOMS)))
targets = st.one_of(nicks, rooms)
words = st.sampled_from(WORDS)
masks = st.sampled_from(
    ("bob", "c*!*@*", "*@user/*", "*", ":", "x y", "~a:ana", "~m:~a:b*", "~m:*")
)


def _some(names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(names, st.lists(names, min_size=1, max_size=3).map(",".join))


def _line(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda chosen: template.format(*chosen))


changes = st.one_of(
    st.tuples(st.sampled_from(("+o", "-o", "+v", "-v", "+q", "-q")), nicks),
    st.tuples(st.sampled_from(("+b", "-b", "+b", "-b", "+e", "-e", "+I", "-I")), masks),
    st.sampled_from((("+S", "3"), ("-S", None), ("+mU", None), ("+C-U", None), ("eI", None))),
    st.tuples(st.sampled_from(("+i", "-i", "+m", "-m", "+s", "-s", "-n", "-t", "b")), st.none()),
    st.sampled_from((("+k", "sesame"), ("-k", "*"), ("+l", "2"), ("-l", None))),
    st.tuples(st.text("+-bklovxz", max_size=4), st.one_of(st.none(), nicks)),
)


def _mode_line(room: str, chosen: list[tuple[str, str | None]]) -> str:
    params = [param for _, param in chosen if param]
    return " ".join([f"MODE {room}", "".join(letters for letters, _ in chosen), *params])


room_lines = st.one_of(
    _line("JOIN {}", _some(rooms)),
    _line("JOIN {} sesame", rooms),
    _line("PART {}", _some(rooms)),
    _line("PART {} :{}", rooms, words),
    _line("KICK {} {} :{}", rooms, _some(nicks), words),
    _line("INVITE {} {}", nicks, rooms),
    _line("TBAN {} {} {}", rooms, st.sampled_from("395x"), masks),
    _line("RENAME {} {} :{}", rooms, rooms, words),
    _line("TOPIC {} :{}", rooms, words),
    st.builds(_mode_line, rooms, st.lists(changes, min_size=1, max_size=3)),
    st.builds(_mode_line, rooms, st.lists(changes, min_size=1, max_size=3)),
    _line("{} {} :{}", st.sampled_from(("PRIVMSG", "NOTICE")), _some(targets), words),
)
history_lines = st.one_of(
    _line("CHATHISTORY {} {} * 3", st.sampled_from(("LATEST", "BEFORE")), targets),
    _line("CHATHISTORY AROUND {} msgid=m{} 3", targets, st.integers(20, 60)),
    _line("@label=l3 SEARCH text={};in={}", words, targets),
    _line("MARKREAD {} timestamp=2023-11-14T22:14:0{}.000Z", targets, st.integers(0, 9)),
    _line("REDACT {} m{} :{}", targets, st.integers(20, 60), words),
    _line("@tlschat/once=once000{} NOTICE {} :{}", st.integers(0, 3), targets, words),
    _line("@+reply=m1;+draft/react=x TAGMSG {}", targets),
)
keys = st.sampled_from(("a", "b", "c", "d", "A", "$"))
metadata_lines = st.one_of(
    _line("METADATA {} SET {} :{}", st.one_of(st.just("*"), targets), keys, words),
    _line("METADATA {} SET {} :{}", st.one_of(st.just("*"), targets), keys, words),
    _line("METADATA {} SET {}", st.one_of(st.just("*"), targets), keys),
    _line("METADATA {} GET {} {}", targets, keys, keys),
    _line("METADATA {} {}", targets, st.sampled_from(("LIST", "CLEAR", "SYNC", "SUBS", "x"))),
    _line("METADATA * {} {} {}", st.sampled_from(("SUB", "SUB", "UNSUB")), keys, keys),
    _line("@label=l4 METADATA {} SYNC", targets),
    _line("MONITOR + {}", nicks),
    _line("CAP REQ {}draft/metadata-2", st.sampled_from(("-", "", ""))),
)
other_lines = st.one_of(
    st.just("JOIN 0"),
    st.just("INVITE"),
    _line("TOPIC {}", rooms),
    _line("NAMES {}", _some(rooms)),
    _line("LIST {}", _some(st.sampled_from((*ROOMS, "*a*", ">1", "C<1", "T>0", "!#a", "#?")))),
    _line("MODE {} {}", nicks, st.text("+-iowBx", max_size=5)),
    _line("MODE {}", targets),
    _line("WHO {}", st.one_of(targets, st.sampled_from(("*", "?n*", "*!*@*")))),
    _line("WHOIS {}", _some(nicks)),
    _line("NICK {}", nicks),
    _line("AWAY :{}", words),
    _line("@+x={};label=l1 TAGMSG {}", st.sampled_from("ab"), _some(targets)),
    _line("@label=l2 {}", st.sampled_from(("LIST", "WHO *", "JOIN #a,#b,#c", "PONG x", "PART #a"))),
    _line("QUIT :{}", words),
    _line("CAP {}", st.sampled_from(("LIST", "LS 302", "REQ :batch -batch", "END", "REQ :nope"))),
    _line("OPER root {}", words.filter(bool)),
    _line(
        "{} {}",
        st.sampled_from(("USERHOST", "ISON", "PING", "LUSERS", "VERSION", "TIME", "MOTD", "PASS")),
        nicks,
    ),
    _line("AUTHENTICATE {}", st.sampled_from(("PLAIN", "*", "+", "YW5hAGFuYQBzZWNyZXQ="))),
    st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=120),
)
server_lines = st.one_of(
    _line("KILL {} :{}", nicks, words),
    _line("WALLOPS :{}", words),
    _line("DLINE 3s {} :{}", st.sampled_from(("198.51.100.0/24", "Bob", "carl", "root")), words),
    _line("{} {}", st.sampled_from(("DLINE", "UNDLINE")), st.sampled_from(("2001:db8::1", "::/0"))),
    st.just("UNDLINE 198.51.100.0/24"),
    _line("STATS {}", st.sampled_from("umodlx")),
    _line("HELP {}", st.sampled_from(("", "join", "nothing"))),
    st.sampled_from(("REHASH", "ADMIN", "INFO", "LINKS", "HELPOP")),
)
simple_lines = st.one_of(
    _line("NICK {}", nicks),
    _line("NICK {} {}", nicks, st.just(PASSWORD)),
    _line("MSG {}", words),
    _line("MSG @{} {}", nicks, words),
    st.sampled_from(("WHO", "QUIT", "DANCE", "", PASSWORD)),
)

orders = st.one_of(
    st.builds(
        SetRoom,
        rooms,
        st.one_of(st.none(), st.sampled_from(("ana", "bob", "dora"))),
        st.one_of(st.none(), st.sampled_from(("", "x"))),
        st.lists(st.sampled_from(("+m", "-n", "+k sesame", "+z", "+l x")), max_size=1).map(tuple),
        st.lists(st.tuples(st.sampled_from(("ana", "bob")), st.booleans()), max_size=2).map(tuple),
    ),
    st.builds(RemoveRoom, rooms, st.booleans()),
)

steps = _often(
    (16, st.tuples(st.sampled_from(SESSIONS[:-1]), room_lines)),
    (6, st.tuples(st.sampled_from(SESSIONS[:-1]), other_lines)),
    (4, st.tuples(st.sampled_from(SESSIONS[:3]), history_lines)),
    (3, st.tuples(st.sampled_from(SESSIONS[:-1]), metadata_lines)),
    (2, st.tuples(st.sampled_from(("root", "root", "ana")), server_lines)),
    (1, st.tuples(st.just("sim"), simple_lines)),
    (2, st.tuples(st.sampled_from(SESSIONS), st.just(None))),
    (1, st.tuples(st.just("revoke"), st.sampled_from(("ana", "Bob")))),
    (1, st.tuples(st.just("clock"), st.none())),
    (1, st.tuples(st.just("order"), orders)),
    (1, st.tuples(st.just("default rooms"), st.sampled_from(("#lobby", "#a", "#lobby,#b")))),
)
