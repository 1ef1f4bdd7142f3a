"""WHOIS, as lines in and lines out."""

from __future__ import annotations

import pytest

from irc.names import NickKey
from server.core.settings import Operator
from tests.support.chat import Chat

ROOT = {"operators": {"root": Operator("root", account="root")}}


def _numerics(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


def test_whois_tells_what_anybody_may_know():
    """Each numeric in its place, and never an address (Modern IRC, WHOIS)."""
    chat = Chat("ana", "root", **ROOT)
    chat.say("root", "JOIN #tea", "AWAY :at lunch", "PRIVMSG #tea :later")
    spoke_at, signed_on = chat.at_ms, chat.user("root").signed_on_ms
    chat.say("ana", "NAMES")
    lines = chat.say("ana", "WHOIS ROOT")["ana"]
    idle_s = (chat.at_ms - spoke_at) // 1000
    assert lines == [
        ":chat.local 311 ana root root user/root * :Root",
        ":chat.local 312 ana root chat.local :tlschat",
        ":chat.local 313 ana root :is an IRC operator",
        f":chat.local 317 ana root {idle_s} {signed_on // 1000} :seconds idle, signon time",
        ":chat.local 319 ana root :@#lobby ~#tea",
        ":chat.local 330 ana root root :is logged in as",
        ":chat.local 301 ana root :at lunch",
        ":chat.local 671 ana root :is using a secure connection",
        ":chat.local 318 ana ROOT :End of /WHOIS list",
    ]
    assert idle_s > 0


def test_whois_of_a_guest_somewhere_insecure():
    """No account, no rooms, no 671 unless every session is safe from eavesdropping."""
    chat = Chat("ana", "bob", accounts_required=False)
    chat.say("bob", "PART #lobby")
    chat.session("bob").secure = chat.mirror.sessions[chat.session("bob").id].secure = False
    assert _numerics(chat.say("ana", "WHOIS bob")["ana"]) == ["311", "312", "317", "318"]


def test_whois_hides_secret_rooms():
    """Unless the asker is in it, too (Modern IRC, mode s); prefixes as multi-prefix says."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.login("carl", caps="multi-prefix")
    chat.say("ana", "JOIN #tea,#open", "MODE #tea +sv ana")

    def rooms_of_ana(asker: str) -> str:
        return next(line for line in chat.say(asker, "WHOIS ana")[asker] if " 319 " in line)

    assert rooms_of_ana("bob").endswith(" :#lobby ~#open")
    assert rooms_of_ana("root").endswith(" :#lobby ~#tea ~#open")
    chat.say("carl", "JOIN #tea")
    assert rooms_of_ana("carl").endswith(" :#lobby ~@+#tea ~@#open")


def test_whois_hides_where_the_invisible_are():
    """Only rooms that both are in (Modern IRC, user mode i); oneself sees all."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.say("ana", "JOIN #tea", "MODE ana +i")

    def rooms_of_ana(asker: str) -> str:
        return next(line for line in chat.say(asker, "WHOIS ana")[asker] if " 319 " in line)

    assert rooms_of_ana("bob").endswith(" :#lobby")
    assert rooms_of_ana("ana").endswith(" :#lobby ~#tea")
    assert rooms_of_ana("root").endswith(" :#lobby ~#tea")


def test_many_rooms_fill_several_lines():
    """RPL_WHOISCHANNELS may come more than once (Modern IRC, 319)."""
    chat = Chat("ana")
    names = [f"#{'x' * 50}{number}" for number in range(20)]
    chat.say("ana", *(f"JOIN {name}" for name in names))
    lines = [line for line in chat.say("ana", "WHOIS ana")["ana"] if " 319 " in line]
    assert len(lines) == 3
    shown = " ".join(line.partition(" :")[2] for line in lines).split(" ")
    assert shown == ["#lobby", *(f"~{name}" for name in names)]


def test_whois_of_nobody():
    """401, and the end all the same (Modern IRC, WHOIS)."""
    chat = Chat("ana")
    assert chat.say("ana", "WHOIS nobody")["ana"] == [
        ":chat.local 401 ana nobody :No such nick/channel",
        ":chat.local 318 ana nobody :End of /WHOIS list",
    ]


def test_whois_of_several():
    """At most targets_max; the end repeats the list whole (Modern IRC, 318)."""
    chat = Chat("ana", "bob", targets_max=2)
    lines = chat.say("ana", "WHOIS bob,ana,bob")["ana"]
    assert _numerics(lines).count("311") == 2
    assert lines[-1] == ":chat.local 318 ana bob,ana,bob :End of /WHOIS list"


@pytest.mark.parametrize("line", ["WHOIS", "WHOIS :"])
def test_whois_without_a_nick(line):
    """ERR_NONICKNAMEGIVEN (Modern IRC, WHOIS)."""
    assert Chat("ana").say("ana", line)["ana"] == [":chat.local 431 ana :No nickname given"]


def test_whois_with_a_server():
    """Ours, or by somebody on it; else 402, and 318 all the same (Modern IRC, WHOIS)."""
    chat = Chat("ana", "bob")
    assert chat.say("ana", "WHOIS chat.local bob")["ana"][0].startswith(":chat.local 311 ana bob")
    assert chat.say("ana", "WHOIS BOB bob x")["ana"][0].startswith(":chat.local 311 ana bob")
    assert chat.say("ana", "WHOIS elsewhere bob")["ana"] == [
        ":chat.local 402 ana elsewhere :No such server",
        ":chat.local 318 ana bob :End of /WHOIS list",
    ]


def test_an_address_is_for_operators_and_for_oneself():
    """338 and 379 (Modern IRC: "only to the client itself and to server operators")."""
    chat = Chat("root", operators={"root": Operator("root", NickKey("root"))})
    for name, address in (("ann", "192.0.2.7"), ("ann2", "::1"), ("ann3", "::1"), ("bob", "::2")):
        chat.connect(name, address=address)
        account = name.rstrip("23")
        chat.say(name, f"PASS {account}:secret", f"NICK {account}", f"USER {account} 0 * :x")
    for name in ("root", "ann"):
        told = [line for line in chat.say(name, "WHOIS ann")[name] if line.split()[1] in PRIVATE]
        assert told == [
            f":chat.local 338 {name} ann 192.0.2.7 :is actually using this address",
            f":chat.local 338 {name} ann 0::1 :is actually using this address",
            f":chat.local 379 {name} ann :is using modes +",
        ]
    heard = chat.say("bob", "WHOIS ann")["bob"]
    assert not any(line.split()[1] in PRIVATE for line in heard)
    assert not any("192.0.2" in line or "::1" in line for line in heard)


PRIVATE = ("338", "378", "379")
