"""WHOWAS, as lines in and lines out. Source: Modern IRC, "WHOWAS message"; RFC 2812, 3.6.3."""

from __future__ import annotations

import pytest

from server.core.render import server_time
from tests.support.chat import Chat

END = ":chat.local 369 ana {} :End of WHOWAS"


def _numerics(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


def test_who_has_left():
    """314, then when they left in 312, and their account; then 369."""
    chat = Chat("ana", "bob")
    chat.lose("bob")
    left_at = server_time(chat.at_ms)
    assert chat.say("ana", "WHOWAS BOB")["ana"] == [
        ":chat.local 314 ana bob bob user/bob * :Bob",
        f":chat.local 312 ana bob chat.local :{left_at}",
        ":chat.local 330 ana bob bob :was logged in as",
        END.format("BOB"),
    ]


def test_who_has_another_nick():
    """The entry is as they were; they are not in it under the new nick (Modern IRC, WHOWAS)."""
    chat = Chat("ana", "bob", accounts_required=False)
    chat.say("bob", "NICK Bob", "NICK rob")
    assert _numerics(chat.say("ana", "WHOWAS bob")["ana"]) == ["314", "312", "369"]
    assert _numerics(chat.say("ana", "WHOWAS rob")["ana"]) == ["406", "369"]


def test_nobody_had_it():
    """406, then 369 all the same; who is here only is nobody (Modern IRC, WHOWAS)."""
    chat = Chat("ana", "bob")
    for nick in ("zoe", "bob"):
        assert chat.say("ana", f"WHOWAS {nick}")["ana"] == [
            f":chat.local 406 ana {nick} :There was no such nickname",
            END.format(nick),
        ]


def _three_bobs() -> Chat:
    chat = Chat("ana", accounts_required=False)
    for number in range(3):
        chat.connect("bob", address=f"192.0.2.{number}")
        chat.say("bob", "NICK bob", f"USER u{number} 0 * :Bob")
        chat.lose("bob")
    return chat


@pytest.mark.parametrize(
    ("count", "users"),
    [
        ("", ["u2", "u1", "u0"]),
        ("1", ["u2"]),
        ("2", ["u2", "u1"]),
        ("99", ["u2", "u1", "u0"]),
        ("0", ["u2", "u1", "u0"]),
        ("-1", ["u2", "u1", "u0"]),
        ("x", ["u2", "u1", "u0"]),
        ("9" * 20, ["u2", "u1", "u0"]),
        ("1 chat.local", ["u2"]),
    ],
)
def test_the_latest_first(count, users):
    """Up to <count>; what is not a positive number asks for all (Modern IRC, WHOWAS)."""
    lines = _three_bobs().say("ana", f"WHOWAS bob {count}")["ana"]
    assert [line.split(" ")[4] for line in lines if " 314 " in line] == users


def test_several():
    """With commas, targets_max at most; one end for all (RFC 2812, 3.6.3; RPL_ENDOFWHOIS)."""
    chat = Chat("ana", "bob", "carl", "eve", targets_max=2)
    for name in ("bob", "carl", "eve"):
        chat.lose(name)
    lines = chat.say("ana", "WHOWAS bob,carl,eve")["ana"]
    assert [line.split(" ")[3] for line in lines if " 314 " in line] == ["bob", "carl"]
    assert lines[-1] == END.format("bob,carl,eve")


@pytest.mark.parametrize("line", ["WHOWAS", "WHOWAS :"])
def test_without_a_nick(line):
    """A single reply: ERR_NONICKNAMEGIVEN (Modern IRC, WHOWAS)."""
    assert Chat("ana").say("ana", line)["ana"] == [":chat.local 431 ana :No nickname given"]


def test_another_server():
    """402 (RFC 2812, 3.6.3)."""
    assert Chat("ana").say("ana", "WHOWAS bob 1 elsewhere")["ana"] == [
        ":chat.local 402 ana elsewhere :No such server"
    ]
