"""WHO and WHOX, as lines in and lines out."""

from __future__ import annotations

import pytest

from irc.names import room_key
from server.core.commands.who import MASK_CHARS_MAX
from server.core.settings import Operator
from server.core.stream import PIECE_ITEMS
from tests.support.chat import Chat

ROOT = {"operators": {"root": Operator("root", account="root")}}
END = ":chat.local 315 ana {} :End of WHO list"


def _numerics(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


def _nicks(lines: list[str]) -> list[str]:
    return [line.split(" ")[7] for line in lines[:-1]]


def test_who_of_a_room():
    """Its members with their prefixes; away is G, a server's operator has * (Modern IRC, 352)."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea", "AWAY :lunch")
    chat.say("root", "JOIN #tea")
    chat.say("ana", "MODE #tea +v ana")
    assert chat.say("bob", "WHO #TEA")["bob"] == [
        ":chat.local 352 bob #tea ana user/ana chat.local ana H~ :0 Ana",
        ":chat.local 352 bob #tea bob user/bob chat.local bob G :0 Bob",
        ":chat.local 352 bob #tea root user/root chat.local root H* :0 Root",
        ":chat.local 315 bob #TEA :End of WHO list",
    ]
    assert _nicks(chat.say("bob", "WHO #tea o")["bob"]) == ["root"]
    chat.login("carl", caps="multi-prefix")
    assert " H~@+ " in chat.say("carl", "WHO #tea")["carl"][0]


def test_who_of_one():
    """An exact nick gives that one, of no room in particular (Modern IRC, WHO)."""
    chat = Chat("ana", "bob")
    chat.say("bob", "MODE bob +i", "PART #lobby")
    assert chat.say("ana", "WHO BOB")["ana"] == [
        ":chat.local 352 ana * bob user/bob chat.local bob H :0 Bob",
        ":chat.local 315 ana BOB :End of WHO list",
    ]


@pytest.mark.parametrize(
    ("mask", "nicks"),
    [
        ("*", ["ana", "bob", "anton"]),
        ("0", ["ana", "bob", "anton"]),
        ("AN*", ["ana", "anton"]),
        ("?ob", ["bob"]),
        ("*!*@user/b*", ["bob"]),
        ("*@user/an*", ["ana", "anton"]),
        ("user/*", []),
        ("nobody", []),
        ("nobody!x@y", []),
    ],
)
def test_who_by_mask(mask, nicks):
    """The nick, or with a ! or @ the whole of nick!user@host (Modern IRC, WHO)."""
    chat = Chat("ana", "bob", "anton")
    lines = chat.say("ana", f"WHO {mask}")["ana"]
    assert _nicks(lines) == nicks
    assert lines[-1] == f":chat.local 315 ana {mask} :End of WHO list"


def test_who_does_not_list_the_invisible_to_strangers():
    """By mask nor in a room they are in (Modern IRC, user mode i)."""
    chat = Chat("ana", "bob", "carl", "root", default_rooms=(), **ROOT)
    chat.say("ana", "JOIN #tea", "MODE ana +i")
    chat.say("bob", "JOIN #tea")
    assert _nicks(chat.say("carl", "WHO *")["carl"]) == ["bob", "carl", "root"]
    assert _nicks(chat.say("carl", "WHO #tea")["carl"]) == ["bob"]
    assert _nicks(chat.say("bob", "WHO *")["bob"]) == ["ana", "bob", "carl", "root"]
    assert _nicks(chat.say("bob", "WHO #tea")["bob"]) == ["ana", "bob"]
    assert _nicks(chat.say("ana", "WHO a*")["ana"]) == ["ana"]
    assert _nicks(chat.say("root", "WHO #tea")["root"]) == ["ana", "bob"]


def test_who_of_no_room_or_a_secret_one():
    """Both end at once, alike (Modern IRC, mode s)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", "MODE #tea +s")
    assert _numerics(chat.say("ana", "WHO #tea")["ana"]) == ["352", "315"]
    assert _numerics(chat.say("bob", "WHO #tea")["bob"]) == ["315"]
    assert _numerics(chat.say("bob", "WHO #none")["bob"]) == ["315"]


def test_who_of_one_tells_a_room():
    """<channel> is an arbitrary one the user is in, or a star (Modern IRC, 352)."""
    chat = Chat("ana", "bob", "root", default_rooms=(), **ROOT)
    chat.say("bob", "JOIN #secret", "MODE #secret +s", "JOIN #tea")
    assert chat.say("ana", "WHO bob")["ana"][0].startswith(":chat.local 352 ana #tea bob ")
    assert chat.say("root", "WHO bob")["root"][0].startswith(":chat.local 352 root #secret bob ")
    chat.say("bob", "MODE bob +i")
    assert chat.say("ana", "WHO bob")["ana"][0].startswith(":chat.local 352 ana * bob ")
    chat.say("ana", "JOIN #tea")
    assert " #tea bob user/bob chat.local bob H~ " in chat.say("ana", "WHO bob")["ana"][0]


def test_who_repeats_what_can_be_repeated():
    """The mask stands in the middle of the end line; what cannot becomes a star."""
    chat = Chat("ana")
    assert chat.say("ana", "WHO :a b")["ana"] == [END.format("*")]
    assert chat.say("ana", "WHO :")["ana"] == [END.format("*")]
    assert chat.say("ana", "WHO ::a")["ana"] == [END.format("*")]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("%cuhnar", "#tea bob user/bob bob bob :Bob B"),
        ("%ranhuc", "#tea bob user/bob bob bob :Bob B"),
        ("%afnt,42", "42 bob G~ bob"),
        ("%tn,007", "007 bob"),
        ("%tn", "0 bob"),
        ("%tn,1234", "0 bob"),
        ("%tn,x", "0 bob"),
        ("%n,12", "bob"),
        ("%nnzZn", "bob"),
        ("%isdo", "255.255.255.255 chat.local 0 n/a"),
        ("%lr", "4 :Bob B"),
        ("o%n", None),
        (
            "%tcuihsnfdlaor,9",
            "9 #tea bob 255.255.255.255 user/bob chat.local bob G~ 0 4 bob n/a :Bob B",
        ),
    ],
)
def test_whox_fields(asked, told):
    """Exactly the fields asked for, in the order of the text; unknown ones are nothing (whox)."""
    chat = Chat("ana", "bob")
    chat.world.users[chat.user("bob").id].realname = "Bob B"
    chat.mirror.users[chat.user("bob").id].realname = "Bob B"
    chat.say("ana", "PART #lobby")
    chat.say("bob", "PART #lobby", "JOIN #tea", "AWAY :x", "PRIVMSG #tea :x")
    chat.at_ms += 3000
    lines = chat.say("ana", f"WHO #tea {asked}")["ana"]
    rows = [] if told is None else [f":chat.local 354 ana {told}"]
    assert lines == [*rows, END.format("#tea")]
    if told is not None:
        assert chat.say("ana", f"WHO b* {asked}")["ana"][0].split(" ")[1] == "354"


def test_whox_placeholders():
    """`*` for no room, `0` for no account (whox)."""
    chat = Chat("ana", "bob", accounts_required=False)
    chat.say("bob", "PART #lobby")
    assert chat.say("ana", "WHO bob %ca")["ana"][0] == ":chat.local 354 ana * 0"


def test_whox_with_no_field():
    """Nothing asked, nothing told, but how many there are (whox)."""
    chat = Chat("ana")
    assert chat.say("ana", "WHO ana %")["ana"] == [":chat.local 354 ana", END.format("ana")]


def test_whox_tells_addresses_to_operators_only():
    """What stands in for an address is 255.255.255.255 (whox); IPv6 never begins with a colon."""
    chat = Chat("root", "bob", **ROOT)
    assert chat.say("root", "WHO bob %i")["root"][0] == ":chat.local 354 root 192.0.2.1"
    assert chat.say("bob", "WHO root %i")["bob"][0] == ":chat.local 354 bob 255.255.255.255"
    for world in (chat.world, chat.mirror):
        world.sessions[chat.session("bob").id].address = "::1"
    assert chat.say("root", "WHO bob %i")["root"][0] == ":chat.local 354 root 0::1"


def _crowd(size: int) -> Chat:
    chat = Chat("ana", accounts_required=False)
    for number in range(size):
        chat.login(f"g{number}")
    return chat


def test_a_long_who_is_whole():
    """More than a piece: each one once, then the end (Modern IRC, WHO)."""
    chat = _crowd(PIECE_ITEMS + 20)
    everybody = ["ana", *(f"g{number}" for number in range(PIECE_ITEMS + 20))]
    assert _nicks(chat.say("ana", "WHO #lobby")["ana"]) == everybody
    assert _nicks(chat.say("ana", "WHO *")["ana"]) == everybody


def test_what_changes_during_a_long_who():
    """Who has left is not shown; a room that one may not see any more ends in silence."""
    chat = _crowd(PIECE_ITEMS + 5)
    chat.answers_drains = False
    for mask in ("#lobby", "g*"):
        heard = chat.say("ana", f"WHO {mask}")["ana"]
        left = [name for name in chat.wires if name.startswith("g")][-1]
        chat.lose(left)
        chat.answers_drains = True
        heard += chat.say("ana", "PING x")["ana"]
        chat.answers_drains = False
        assert not any(f" {left} H" in line for line in heard)
        assert END.format(mask) in heard
    heard = chat.say("ana", "WHO #lobby")["ana"]
    chat.say("ana", "PART #lobby")
    chat.world.rooms[room_key("#lobby")].modes |= {"s"}
    chat.mirror.rooms[room_key("#lobby")].modes |= {"s"}
    chat.answers_drains = True
    assert chat.say("ana", "PING x")["ana"][-1] == END.format("#lobby")


def test_a_long_mask_costs_more_pieces():
    """However long a mask is, one piece of the answer has a bound."""
    chat = _crowd(20)
    chat.answers_drains = False
    mask = "*" * MASK_CHARS_MAX
    assert END.format(mask) not in chat.say("ana", f"WHO {mask}")["ana"]
    chat.answers_drains = True
    assert len(chat.say("ana", f"WHO {mask}")["ana"]) > 21


def test_a_mask_that_is_too_long():
    """It fits nobody, and is not even looked at."""
    mask = "*" * (MASK_CHARS_MAX + 1)
    assert Chat("ana").say("ana", f"WHO {mask}")["ana"] == [END.format(mask)]
