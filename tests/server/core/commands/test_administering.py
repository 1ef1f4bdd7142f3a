"""Orders of the operator about rooms: decided by the core, told to who is there."""

import pytest
from hypothesis import given, strategies as st

from server.core.apply import apply
from server.core.commands.room_lists import names_items
from server.core.effects import Report
from server.core.events import RoomAdministered, Stamp
from server.core.facts import ActNoted
from server.core.orders import Answer, DescribeRooms, NameRooms, RemoveRoom, SetRoom
from server.core.turn import Turn
from tests.support.chat import Chat


class Run(Chat):
    """A chat that somebody administers."""

    def _carry_out(self, effect):
        if isinstance(effect, Report):
            effect.reply(effect.answer)
        else:
            super()._carry_out(effect)

    def order(self, order):
        """The answer to an order, and what was heard."""
        answers = []
        heard = self.event(RoomAdministered(order, answers.append))
        (answer,) = answers
        return answer, {name: lines for name, lines in heard.items() if name in self.wires}


@pytest.fixture
def chat():
    """Ana founded #Tea, bob is in it."""
    chat = Run("ana", "bob")
    chat.say("ana", "JOIN #Tea", "MODE #tea +kb x *!*@no", "TOPIC #tea :Leaves")
    chat.say("ana", "PRIVMSG #tea :hi")
    chat.say("bob", "JOIN #tea x")
    return chat


def test_rooms_are_described(chat):
    """All keys, then a few at a time; what is gone meanwhile is left out."""
    answer, heard = chat.order(NameRooms())
    assert (answer.keys, heard) == (("#lobby", "#tea"), {})
    answer, heard = chat.order(DescribeRooms((*answer.keys, "#gone")))
    lobby, tea = answer.rows
    assert (lobby.name, lobby.is_default, lobby.founder) == ("#lobby", True, "")
    assert (tea.name, tea.founder, tea.members, tea.modes) == ("#Tea", "ana", 2, "+ntk *")
    assert (tea.messages, tea.topic, tea.masks) == (1, "Leaves", 1)
    assert heard == {}


def test_everything_is_set(chat):
    """One MODE line for members and modes, the topic, and acts of the server for each."""
    order = SetRoom("#TEA", "bob", "Green", ("+m", "-k x"), (("ana", False), ("bob", True)))
    answer, heard = chat.order(order)
    (row,) = answer.rows
    assert (row.founder, row.modes, row.topic, row.access) == (
        "bob",
        "+mnt",
        "Green",
        (("bob", "o"),),
    )
    for name in ("ana", "bob"):
        assert heard[name] == [
            ":chat.local MODE #Tea +m-kq+qo-o * ana bob bob ana",
            ":chat.local TOPIC #Tea :Green",
        ]
    acts = [fact for fact in chat.last.facts if isinstance(fact, ActNoted)]
    assert [(act.actor_nick, act.what, act.target) for act in acts] == [
        ("chat.local", "MODE", ""),
        ("chat.local", "MODE", ""),
        ("chat.local", "FOUNDER", "bob"),
        ("chat.local", "MODE", "ana"),
        ("chat.local", "MODE", "bob"),
        ("chat.local", "TOPIC", "Green"),
    ]


def test_accounts_that_are_not_here(chat):
    """Nobody in the room has anything to see; they have it when they come."""
    answer, heard = chat.order(SetRoom("#tea", operators=(("eve", True), ("bob", True))))
    assert heard["ana"] == [":chat.local MODE #Tea +o bob"]
    answer, heard = chat.order(SetRoom("#tea", operators=(("bob", True),)))
    assert heard == {}
    assert chat.order(SetRoom("#tea", founder="ana"))[1] == {}
    answer, heard = chat.order(SetRoom("#tea", founder="eve"))
    assert heard["ana"] == [":chat.local MODE #Tea -q ana"]
    assert answer.rows[0].access == (("ana", "o"), ("bob", "o"), ("eve", "o"))
    chat.login("eve")
    heard = chat.say("eve", "JOIN #tea")
    assert heard["ana"][-1] == ":chat.local MODE #Tea +qo eve eve"


def test_a_room_of_nobody(chat):
    """It has no operators by account, unless it is given a founder in the same order."""
    chat.say("ana", "MODE #tea -q ana")
    order = SetRoom("#tea", operators=(("bob", True),))
    answer, _heard = chat.order(order)
    assert answer == Answer(problem="nobodys_room", about="#Tea")
    answer, _heard = chat.order(SetRoom("#tea", "ana", operators=(("bob", True),)))
    assert (answer.rows[0].founder, answer.rows[0].access) == ("ana", (("bob", "o"),))


def test_a_default_room():
    """It is made when it is set before anybody came; it belongs to nobody."""
    chat = Run()
    answer, _heard = chat.order(SetRoom("#lobby", founder="ana"))
    assert answer.problem == "default_room"
    assert chat.world.rooms == {}
    answer, _heard = chat.order(SetRoom("#lobby", operators=(("ana", True),), modes=("+m",)))
    assert (answer.rows[0].modes, answer.rows[0].access) == ("+mnt", (("ana", "o"),))
    assert chat.order(RemoveRoom("#lobby"))[0].problem == "default_room"


@pytest.mark.parametrize("modes", ["+z", "+b x", "+o bob", "+l x", "+", "+k"])
def test_modes_that_cannot_be_set_so(chat, modes):
    """Lists and members have commands of their own; nothing else of the order is done."""
    answer, heard = chat.order(SetRoom("#tea", topic="x", modes=(modes,)))
    assert (answer, heard) == (Answer(problem="bad_mode", about=modes), {})
    assert chat.world.rooms["#tea"].topic == "Leaves"


def test_a_room_that_is_not_there(chat):
    """Nothing is made by mistake."""
    assert chat.order(SetRoom("#no"))[0] == Answer(problem="no_room", about="#no")
    assert chat.order(RemoveRoom("#no"))[0] == Answer(problem="no_room", about="#no")


def test_too_many_operators(chat):
    """`masks_per_room_max`."""
    chat.change_settings(masks_per_room_max=1)
    order = SetRoom("#tea", operators=(("eve", True), ("bob", True)))
    assert chat.order(order)[0] == Answer(problem="list_full", about="#Tea")


def test_operators_change_places_in_a_full_list(chat):
    """One goes before the other comes."""
    chat.change_settings(masks_per_room_max=1)
    chat.order(SetRoom("#tea", operators=(("eve", True),)))
    answer, _ = chat.order(SetRoom("#tea", operators=(("eve", False), ("carl", True))))
    assert answer.rows[0].access == (("carl", "o"),)


def test_who_is_still_being_told_of_a_removed_room(chat):
    """A long answer about it ends, even if people have gone meanwhile."""
    session = chat.session("ana")
    turn = Turn(chat.world, session, Stamp(chat.at_ms, "x"))
    items = names_items(turn, session, chat.world.rooms["#tea"])
    chat.order(RemoveRoom("#tea"))
    chat.lose("bob")
    assert [item.command for item in items if item is not None] == ["366"]


@pytest.mark.parametrize("forgets", [False, True])
def test_a_room_is_removed(chat, forgets):
    """Each member is shown a KICK of their own; nobody can read it, or is invited, any more."""
    chat.login("bob2", "bob")
    chat.login("eve")
    chat.say("ana", "INVITE eve #tea")
    answer, heard = chat.order(RemoveRoom("#tea", forgets))
    assert answer.rows[0].messages == 1
    assert heard == {
        "ana": [":chat.local KICK #Tea ana :The room was removed"],
        "bob": [":chat.local KICK #Tea bob :The room was removed"],
        "bob2": [":chat.local KICK #Tea bob :The room was removed"],
    }
    assert list(chat.world.rooms) == ["#lobby"]
    assert (chat.world.owned, chat.user("eve").invited) == ({}, set())
    chat.reader()
    assert len(chat.reader().latest("#tea", 9)) == (0 if forgets else 1)


def test_what_cannot_be_stored_has_not_happened(chat):
    """The answer says so, in place of all that would have been told."""
    before = chat.world.rooms["#tea"].topic
    answers = []
    chat.event(RoomAdministered(SetRoom("#tea", topic="x"), lambda answer: None))
    (report,) = chat.last.instead
    answers.append(report.answer)
    assert answers == [Answer(problem="not_stored")]
    for fact in chat.last.undo:
        apply(chat.world, fact)
    assert chat.world.rooms["#tea"].topic == before


def test_what_was_done_before_a_refusal_is_told(chat):
    """It has happened: who is in the room sees it, and the operator what cannot be done."""
    answer, heard = chat.order(SetRoom("#tea", modes=("+m", "+l x")))
    assert (answer.problem, answer.about) == ("bad_mode", "+l x")
    assert heard["bob"] == [":chat.local MODE #Tea +m"]


@pytest.mark.parametrize("text", ["", " ", "+", "tea", "\t"])
def test_what_is_no_mode(chat, text):
    """It is told from one that cannot be set."""
    answer, heard = chat.order(SetRoom("#tea", modes=(text,)))
    assert (answer.problem, heard) == ("bad_mode", {})


CHARS = st.characters(
    codec="utf-8", exclude_characters="\0\r\n"
)  # server/administering.py sees to it
WORDS = (
    st.sampled_from(["", " ", "+", "+m", "-k", "+l 3"])
    | st.text("+-bovklmnis #@:,*!x1", max_size=8)
    | st.text(CHARS, max_size=8)
)
NAMES = st.sampled_from(["#tea", "#lobby", "#none", "ana", "bob", ""]) | WORDS
SETTING = st.builds(
    SetRoom,
    NAMES,
    founder=st.none() | NAMES,
    topic=st.none() | WORDS,
    modes=st.lists(WORDS, max_size=3).map(tuple),
    operators=st.lists(st.tuples(NAMES, st.booleans()), max_size=3).map(tuple),
)


@given(st.lists(SETTING | st.builds(RemoveRoom, NAMES, st.booleans()), max_size=6))
def test_any_order_is_answered(orders):
    """A bug here would have no connection to cost, and stop the server: there is none, whatever
    comes through the socket; and a replay of the facts gives the same world."""
    chat = Run("ana", "bob")
    chat.say("ana", "JOIN #tea")
    for order in orders:
        chat.order(order)
    assert chat.world == chat.mirror
