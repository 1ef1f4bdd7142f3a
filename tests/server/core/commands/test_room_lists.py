"""NAMES and LIST in pieces, and names as each client wants them (commands/room_lists.py)."""

import pytest

from server.core.commands import room_lists
from server.core.effects import TellWhenDrained
from server.core.events import Drained
from server.core.stream import PIECE_ITEMS
from tests.support.chat import Chat

MANY = PIECE_ITEMS + 20


class Slow(Chat):
    """A chat whose io thread says only when the test tells it that a session has drained."""

    def _carry_out(self, effect):
        if not isinstance(effect, TellWhenDrained):
            super()._carry_out(effect)

    def drain(self, name):
        """All that was sent has left."""
        return self.event(Drained(self.wires[name].session))

    def drain_all(self, name):
        """Again and again, until the session has all its answers; the lines."""
        lines = []
        while self.wires[name].session in self.world.streams:
            lines += self.drain(name)[name]
        return lines


def nicks(lines):
    """Everybody named in RPL_NAMREPLY, in order."""
    return [nick for line in lines if " 353 " in line for nick in line.split(":")[-1].split()]


def numerics(lines):
    """The second words."""
    return [line.split(" ")[1] for line in lines]


@pytest.fixture
def chat(monkeypatch):
    """Ana in #tea with many others, and eve, who is not in it. Each name counts as an item."""
    monkeypatch.setattr(room_lists, "MEMBERS_PER_ITEM", 1)
    names = [f"member{number}" for number in range(MANY)]
    chat = Slow("ana", *names, "eve")
    for name in ("ana", *names):
        chat.say(name, "JOIN #tea")
    for name in (*names, "eve"):
        chat.drain_all(name)
    return chat


def test_names_come_in_pieces(chat):
    """A piece now, the rest as the asker takes it; RPL_ENDOFNAMES once, at the end."""
    first = chat.say("eve", "NAMES #tea")["eve"]
    assert set(numerics(first)) == {"353"}
    rest = chat.drain("eve")["eve"]
    assert nicks(first + rest) == ["~ana", *(f"member{number}" for number in range(MANY))]
    assert numerics(rest).count("366") == 1
    assert chat.drain("eve") == {}


def test_who_leaves_between_two_pieces_is_not_named(chat):
    """Their PART came already: named behind it they would be a ghost in the asker's list."""
    first = chat.say("ana", "NAMES #tea")["ana"]
    following, last = f"member{len(nicks(first)) - 1}", f"member{MANY - 1}"
    assert following not in nicks(first)
    chat.say(following, "PART #tea")
    chat.say(last, "QUIT")
    rest = nicks(chat.drain("ana")["ana"])
    assert following not in rest
    assert last not in rest
    assert f"member{MANY - 2}" in rest


def test_who_is_called_otherwise_by_then_is_named_so(chat):
    """The line still fits, however long the new nick is."""
    chat.change_settings(nick_policy="free")
    first = chat.say("ana", "NAMES #tea")["ana"]
    named = len(nicks(first))
    for number in range(named - 1, MANY):
        chat.say(f"member{number}", f"NICK {'x' * 28}{number}")
    rest = nicks(chat.drain("ana")["ana"])
    assert rest == [f"{'x' * 28}{number}" for number in range(named - 1, MANY)]


def test_nobody_is_left_to_name(chat):
    """A line with no name in it is not sent."""
    first = chat.say("eve", "NAMES #tea")["eve"]
    for name in ("ana", *(f"member{number}" for number in range(MANY))):
        chat.say(name, "PART #tea")
    assert first
    assert numerics(chat.drain("eve")["eve"]) == ["366"]


def test_a_room_that_becomes_secret_says_no_more(chat):
    """Modern IRC, mode s; the end is told all the same."""
    chat.say("eve", "NAMES #tea")
    chat.say("ana", "MODE #tea +s")
    assert numerics(chat.drain("eve")["eve"]) == ["366"]


def test_join_shows_names_the_same_way(chat):
    """To the asking session and to others of its user; a room of a label's batch ends it once."""
    chat.login("eve2", "eve", caps="labeled-response batch")
    chat.drain_all("eve2")
    heard = chat.say("eve2", "@label=7 JOIN #tea")
    assert heard["eve2"][0].startswith("@label=7 :chat.local BATCH +")
    assert " 366 " not in " ".join(heard["eve"] + heard["eve2"])
    rest = chat.drain_all("eve2")
    assert rest[-1].split(" ")[1:2] == ["BATCH"]
    assert len(nicks(heard["eve"] + chat.drain("eve")["eve"])) == MANY + 2


def test_no_implicit_names():
    """A server MUST NOT send names after JOIN then, and replies to NAMES (no-implicit-names)."""
    chat = Chat("ana")
    chat.login("ana2", "ana", caps="no-implicit-names")
    assert numerics(chat.say("ana2", "JOIN #tea")["ana2"]) == ["JOIN"]
    assert numerics(chat.say("ana", "JOIN #two")["ana2"]) == ["JOIN"]
    assert numerics(chat.say("ana2", "NAMES #tea")["ana2"]) == ["353", "366"]


def test_userhost_in_names():
    """ "The full hostmask of every user listed", behind the prefixes."""
    chat = Chat("ana")
    chat.login("ana2", "ana", caps="userhost-in-names multi-prefix")
    heard = chat.say("ana", "JOIN #tea")
    assert heard["ana"][1] == ":chat.local 353 ana = #tea :~ana"
    assert heard["ana2"][1] == ":chat.local 353 ana = #tea :~@ana!ana@user/ana"


def test_list_in_pieces():
    """What is gone, or secret by then, is left out; what comes meanwhile as well."""
    chat = Slow("ana", "bob", rooms_per_user_max=MANY + 9)
    chat.say("ana", *(f"JOIN #{number:03}" for number in range(MANY)))
    first = chat.say("bob", "LIST")["bob"]
    chat.say("ana", "MODE #115 +s", "JOIN #new")
    chat.say("ana", "MODE #116 -q ana", "PART #116")
    rest = chat.drain("bob")["bob"]
    listed = [line.split(" ")[3] for line in first + rest if " 322 " in line]
    gone = (115, 116)
    assert listed == ["#lobby", *(f"#{n:03}" for n in range(MANY) if n not in gone)]
    assert numerics(rest)[-1] == "323"


def test_named_rooms_are_not_looked_for():
    """LIST of names takes as long as there are names; masks weigh as much as they cost."""
    chat = Slow("ana", rooms_per_user_max=MANY + 9)
    chat.say("ana", *(f"JOIN #{number:03}" for number in range(MANY)))
    assert numerics(chat.say("ana", "LIST #119,#no,#lobby")["ana"]) == ["321", "322", "322", "323"]
    masks = ",".join(f"*{number}*" for number in range(10, 20))
    assert numerics(chat.say("ana", f"LIST {masks}")["ana"]) == ["321"]
    pieces = 0
    while chat.world.streams:
        chat.drain("ana")
        pieces += 1
    assert pieces > (MANY * 10) // PIECE_ITEMS
