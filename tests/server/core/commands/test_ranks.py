"""Founder, operators and voices: by account where it is known (server/core/commands/ranks.py)."""

import pytest

from server.core.facts import RoomAccessChanged, RoomFounded, RoomOwnerChanged
from server.core.settings import Operator
from tests.support.chat import Chat

ROOT = {"operators": {"root": Operator("root", account="root")}}


@pytest.fixture
def chat():
    """Ana founded #tea; bob is in it; root is an operator of the server and is not."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    return chat


def flags(chat, nick, room="#tea"):
    """The letters of a member."""
    return chat.world.rooms[room].members[chat.user(nick).id]


def modes(lines):
    """Only the MODE lines."""
    return [line for line in lines if " MODE " in line]


def come_back(chat, name):
    """Leave the room, and join it again; the MODE lines that others see."""
    chat.say(name, "PART #tea")
    other = "ana" if name != "ana" else "bob"
    return modes(chat.say(name, "JOIN #tea")[other])


# Remembered.


def test_letters_are_remembered_by_account(chat):
    """Whoever logs in to the account has them again on joining; others see it."""
    chat.say("ana", "MODE #tea +ov bob bob")
    assert come_back(chat, "bob") == [":chat.local MODE #tea +ov bob bob"]
    chat.lose("bob")
    chat.login("bob")
    assert modes(chat.say("bob", "JOIN #tea")["ana"]) == [":chat.local MODE #tea +ov bob bob"]
    chat.say("ana", "MODE #tea -o bob")
    assert come_back(chat, "bob") == [":chat.local MODE #tea +v bob"]
    chat.say("ana", "MODE #tea -v bob")
    assert come_back(chat, "bob") == []
    assert chat.world.rooms["#tea"].access == {}


def test_nothing_new_is_not_kept_again(chat):
    """Letters that the account has already."""
    chat.say("ana", "MODE #tea +v bob")
    chat.say("ana", "MODE #tea +v bob")
    assert len([fact for fact in chat.facts if isinstance(fact, RoomAccessChanged)]) == 1


def test_the_letters_of_somebody_absent_are_taken(chat):
    """By the name of the account; nobody in the room has anything to see. The act is noted."""
    chat.say("ana", "MODE #tea +o bob")
    chat.lose("bob")
    assert chat.say("ana", "MODE #tea -o BOB") == {}
    assert chat.last.facts[-1].target == "bob"
    chat.login("bob")
    assert modes(chat.say("bob", "JOIN #tea")["ana"]) == []
    assert chat.say("ana", "MODE #tea -o nobody")["ana"] == [
        ":chat.local 401 ana nobody :No such nick/channel"
    ]


def test_who_takes_letters_from_the_absent_is_told(chat):
    """NOTE, for who understands it (IRCv3 standard-replies)."""
    chat.login("ana2", "ana", caps="standard-replies")
    chat.say("ana", "MODE #tea +o bob")
    chat.say("bob", "PART #tea")
    text = "It is not here, and will not have it any more"
    assert chat.say("ana2", "MODE #tea -o bob")["ana2"] == [
        f":chat.local NOTE MODE ACCESS_REMOVED #tea bob :{text}"
    ]
    assert chat.say("ana2", "MODE #tea -o bob")["ana2"] == [
        ":chat.local 441 ana bob #tea :They aren't on that channel"
    ]


def test_only_so_many_accounts_are_remembered():
    """`masks_per_room_max`; the letter counts for the stay, and who understands it is told."""
    chat = Chat("bob", "carl", masks_per_room_max=1)
    chat.login("ana", caps="standard-replies")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    chat.say("carl", "JOIN #tea")
    heard = chat.say("ana", "MODE #tea +vv bob carl")["ana"]
    assert heard[0].startswith(":chat.local NOTE MODE ACCESS_LIST_FULL #tea carl :")
    assert heard[1] == ":ana!ana@user/ana MODE #tea +vv bob carl"
    assert chat.world.rooms["#tea"].access == {"bob": "v"}
    chat.say("ana", "MODE #tea +o bob")
    assert chat.world.rooms["#tea"].access == {"bob": "ov"}
    chat.say("bob", "MODE #tea -v carl", "MODE #tea +v carl")
    assert flags(chat, "carl") == "v"


def test_guests_have_letters_for_their_stay(chat):
    """There is nothing to know them by."""
    chat.change_settings(accounts_required=False)
    chat.connect("gast")
    chat.say("gast", "NICK gast", "USER g 0 * :g", "JOIN #tea")
    assert modes(chat.say("ana", "MODE #tea +o gast")["bob"]) == [
        ":ana!ana@user/ana MODE #tea +o gast"
    ]
    assert chat.world.rooms["#tea"].access == {}


def test_a_room_of_nobody_remembers_nobody():
    """It ends with its last member anyway."""
    chat = Chat("bob", "ana", rooms_per_user_max=1)
    chat.say("ana", "PART #lobby", "JOIN #a", "PART #a", "JOIN #b")
    chat.say("bob", "PART #lobby", "JOIN #b")
    chat.say("ana", "MODE #b +o bob")
    assert chat.world.rooms["#b"].access == {}
    chat.say("bob", "PART #b")
    assert chat.say("ana", "MODE #b -o bob")["ana"][0].split(" ")[1] == "441"


def test_a_default_room_remembers_what_operators_of_the_server_say(chat):
    """Others give letters there for the stay, and take them for the stay."""
    chat.say("root", "MODE #lobby +o bob")
    chat.lose("bob")
    assert ":chat.local 353 bob = #lobby :ana @root @bob" in chat.login("bob")["bob"]
    chat.say("bob", "MODE #lobby +o ana")
    chat.say("ana", "MODE #lobby -o bob")
    assert chat.world.rooms["#lobby"].access == {"bob": "o"}
    chat.lose("bob")
    assert chat.say("ana", "MODE #lobby -o bob")["ana"][0].split(" ")[1] == "401"
    chat.say("root", "MODE #lobby -o bob")
    assert chat.world.rooms["#lobby"].access == {}


def test_operators_by_account_get_in(chat):
    """Like the founder: in a room that is empty nobody else could open it. Voices do not."""
    chat.say("ana", "MODE #tea +o bob", "MODE #tea +isk x", "PART #tea")
    chat.say("bob", "PART #tea")
    assert ":chat.local 322 bob #tea 0 :" in chat.say("bob", "LIST")["bob"]
    assert chat.say("bob", "JOIN #tea")["bob"][0] == ":bob!bob@user/bob JOIN #tea"
    chat.say("bob", "MODE #tea -o bob", "MODE #tea +v bob", "PART #tea")
    assert chat.say("bob", "JOIN #tea")["bob"][0].split(" ")[1] == "473"


# The founder.


def test_the_founder_is_safe(chat):
    """Nobody in the room kicks or deops the founder."""
    chat.say("ana", "MODE #tea +o bob")
    refused = [":chat.local 482 bob #tea :Only the founder of the channel may do that"]
    for line in ("MODE #tea -o ana", "KICK #tea ana", "MODE #tea -q ana", "MODE #tea +q bob"):
        assert chat.say("bob", line) == {"bob": refused}
    assert flags(chat, "ana") == "oq"
    assert chat.say("ana", "MODE #tea -o ana")["bob"] == [":ana!ana@user/ana MODE #tea -o ana"]
    assert chat.say("ana", "MODE #tea +o ana")["bob"] == [":ana!ana@user/ana MODE #tea +o ana"]


def test_operators_of_the_server_may_do_so(chat):
    """They answer for all rooms."""
    assert chat.say("root", "MODE #tea -o ana")["bob"] == [":root!root@user/root MODE #tea -o ana"]
    assert chat.say("root", "KICK #tea ana :out")["bob"] == [
        ":root!root@user/root KICK #tea ana :out"
    ]


def test_a_room_is_handed_over(chat):
    """One line with both changes; the old founder stays an operator, here or not."""
    assert chat.say("ana", "MODE #tea +q bob")["bob"] == [
        ":ana!ana@user/ana MODE #tea -q+qo ana bob bob"
    ]
    room = chat.world.rooms["#tea"]
    assert (room.founder, room.access, chat.world.owned) == ("bob", {"ana": "o"}, {"bob": 1})
    assert RoomOwnerChanged("#tea", "bob") in chat.facts
    assert chat.say("ana", "MODE #tea +q ana")["ana"][0].split(" ")[1] == "482"
    assert come_back(chat, "bob") == [":chat.local MODE #tea +qo bob bob"]


def test_handing_over_twice_changes_nothing(chat):
    """What is so already is silent, as with all modes."""
    assert chat.say("ana", "MODE #tea +q ana") == {}


def test_an_absent_founder_loses_the_room(chat):
    """An operator of the server decides; the line has only who is there."""
    chat.lose("ana")
    assert chat.say("root", "MODE #tea +q bob")["bob"] == [
        ":root!root@user/root MODE #tea +qo bob bob"
    ]
    chat.login("ana")
    assert modes(chat.say("ana", "JOIN #tea")["bob"]) == [":chat.local MODE #tea +o ana"]
    chat.say("bob", "PART #tea")
    chat.say("root", "MODE #tea +q ana")
    assert chat.world.rooms["#tea"].founder == "ana"


def test_who_cannot_have_a_room(chat):
    """696, and nothing changes: a guest, somebody who has enough, and in a default room anybody."""
    chat.change_settings(accounts_required=False, rooms_per_user_max=2)
    chat.connect("gast")
    chat.say("gast", "NICK gast", "USER g 0 * :g", "JOIN #tea")
    assert chat.say("ana", "MODE #tea +q gast")["ana"] == [
        ":chat.local 696 ana #tea q gast :They have no account"
    ]
    chat.say("bob", "PART #lobby", "JOIN #one", "PART #one", "JOIN #two")
    assert chat.say("ana", "MODE #tea +q bob")["ana"] == [
        ":chat.local 696 ana #tea q bob :They have as many channels as one may have"
    ]
    assert chat.say("root", "MODE #lobby +q ana")["root"] == [
        ":chat.local 696 root #lobby q ana :A default channel belongs to nobody"
    ]
    assert chat.say("ana", "MODE #tea +q")["ana"] == [
        ":chat.local 696 ana #tea q * :Whose? A nick is missing"
    ]


def test_a_room_is_given_up(chat):
    """It is nobody's, and ends with its last member; what is left can be claimed for somebody."""
    assert chat.say("ana", "MODE #tea -q bob") == {}
    assert chat.say("ana", "MODE #tea -q ana")["bob"] == [":ana!ana@user/ana MODE #tea -q ana"]
    assert (chat.world.rooms["#tea"].founder, chat.world.owned) == ("", {})
    assert chat.say("ana", "MODE #tea +q ana")["ana"][0].split(" ")[1] == "482"
    assert chat.say("root", "MODE #tea +q bob")["bob"] == [
        ":root!root@user/root MODE #tea +qo bob bob"
    ]
    made = [fact for fact in chat.facts if isinstance(fact, RoomFounded)]
    assert (made[-1].founder, made[-1].name) == ("bob", "#tea")
    chat.say("root", "MODE #tea -q bob")
    chat.say("ana", "PART #tea")
    chat.say("bob", "PART #tea")
    assert "#tea" not in chat.world.rooms


def test_who_logs_in_later_is_recognised():
    """A guest in the room gets the letters of the account; other letters of the stay remain."""
    chat = Chat("bob", accounts_required=False)
    chat.change_settings(accounts_required=True)
    chat.login("ana")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    chat.say("ana", "MODE #tea +v bob", "QUIT")
    chat.change_settings(accounts_required=False, nick_policy="free")
    chat.connect("gast")
    chat.say("gast", "CAP REQ sasl", "NICK gast", "USER g 0 * :g", "CAP END", "JOIN #tea")
    heard = chat.sasl("gast", "ana")
    assert ":chat.local MODE #tea +qo gast gast" in heard["bob"]
    assert ":chat.local MODE #tea +qo gast gast" in heard["gast"]
    heard = chat.sasl("gast", "carl")
    assert ":chat.local MODE #tea -qo gast gast" in heard["bob"]
    assert flags(chat, "gast") == ""
