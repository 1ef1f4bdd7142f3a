"""INVITE alone, and who sees an invitation (commands/inviting.py); INVITE: test_rooms_inside.py."""

import pytest

from server.core.effects import TellWhenDrained
from server.core.events import Drained
from server.core.stream import PIECE_ITEMS
from tests.support.chat import Chat


class Slow(Chat):
    """A chat whose io thread says only when the test tells it that a session has drained."""

    def _carry_out(self, effect):
        if not isinstance(effect, TellWhenDrained):
            super()._carry_out(effect)


@pytest.fixture
def chat():
    """Ana and bob are in #tea, bob's client wants to know; carl is not there."""
    chat = Chat("ana", "carl")
    chat.login("bob", caps="invite-notify")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    return chat


def test_the_rooms_that_one_is_invited_to(chat):
    """RPL_INVITELIST for each, RPL_ENDOFINVITELIST (Modern IRC, "Invite list")."""
    assert chat.say("carl", "INVITE")["carl"] == [":chat.local 337 carl :End of /INVITE list"]
    chat.say("bob", "JOIN #two", "INVITE carl #two", "INVITE carl #tea")
    heard = chat.say("carl", "INVITE")["carl"]
    assert sorted(heard[:-1]) == [":chat.local 336 carl #tea", ":chat.local 336 carl #two"]
    assert heard[-1] == ":chat.local 337 carl :End of /INVITE list"
    chat.say("carl", "JOIN #tea")
    assert len(chat.say("carl", "INVITE")["carl"]) == 2


def test_many_invitations():
    """They come in pieces; one that is used between two of them is left out."""
    chat = Slow("ana", "bob", rooms_per_user_max=2 * PIECE_ITEMS)
    names = [f"#{number:03}" for number in range(PIECE_ITEMS + 9)]
    chat.say("ana", *(f"JOIN {name}" for name in names))
    chat.say("ana", *(f"INVITE bob {name}" for name in names))
    first = chat.say("bob", "INVITE")["bob"]
    told = {line.split(" ")[3] for line in first}
    left = sorted(set(names) - told)
    chat.say("bob", f"JOIN {left[0]}")
    rest = chat.event(Drained(chat.wires["bob"].session))["bob"]
    assert sorted(line.split(" ")[3] for line in rest[:-1]) == left[1:]
    assert len(told) == PIECE_ITEMS


def test_one_parameter_is_too_few(chat):
    """461."""
    assert chat.say("ana", "INVITE carl")["ana"] == [
        ":chat.local 461 ana INVITE :Not enough parameters"
    ]


def test_members_who_want_to_know_see_it(chat):
    """INVITE to members with the capability (IRCv3 invite-notify), to others nothing."""
    line = ":ana!ana@user/ana INVITE carl #tea"
    assert chat.say("ana", "INVITE carl #tea") == {
        "ana": [":chat.local 341 ana carl #tea"],
        "carl": [line],
        "bob": [line],
    }
    chat.login("ana2", "ana", caps="invite-notify")
    assert chat.say("ana2", "INVITE carl #tea") == {
        "ana2": [":chat.local 341 ana carl #tea"],
        "carl": [line],
        "bob": [line],
    }


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("INVITE nobody #no", "403 carl #no :No such channel"),
        ("INVITE nobody #tea", "442 carl #tea :You're not on that channel"),
    ],
)
def test_the_room_comes_first(chat, line, answer):
    """Then the asker's place in it; who is invited comes last."""
    assert chat.say("carl", line)["carl"] == [f":chat.local {answer}"]


def test_rights_come_before_the_nick(chat):
    """482 tells nothing about who is here; 401 and 443 are for who may invite."""
    chat.say("ana", "MODE #tea +i")
    for nick in ("nobody", "ana", "carl"):
        assert chat.say("bob", f"INVITE {nick} #tea")["bob"][0].split(" ")[1] == "482"
    assert chat.say("ana", "INVITE nobody #tea")["ana"][0].split(" ")[1] == "401"
    assert chat.say("ana", "INVITE bob #tea")["ana"][0].split(" ")[1] == "443"
