"""KICK, INVITE, TOPIC, NAMES, LIST, as lines in and lines out; JOIN and PART: test_rooms.py."""

from __future__ import annotations

import pytest

from server.core.settings import Operator
from tests.support.chat import Chat

ROOT = {"operators": {"root": Operator("root", account="root")}}
"""Settings with an operator of the server."""


def _numerics(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


# KICK.


def test_kick_removes_everybody_named():
    """One line each, told to the room and to the kicked (Modern IRC, KICK)."""
    chat = Chat("ana", "bob", "carl", "dora")
    chat.say("ana", "JOIN #tea")
    for name in ("bob", "carl", "dora"):
        chat.say(name, "JOIN #tea")
    chat.login("bob2", "bob")
    heard = chat.say("ana", "KICK #TEA BOB,carl :too loud")
    kicks = [
        ":ana!ana@user/ana KICK #tea bob :too loud",
        ":ana!ana@user/ana KICK #tea carl :too loud",
    ]
    assert heard["ana"] == heard["dora"] == heard["carl"] == kicks
    assert heard["bob"] == heard["bob2"] == kicks[:1]
    assert chat.say("ana", "PRIVMSG #tea :hush")["bob2"] == []
    assert chat.say("bob", "PART #tea")["bob"][0].startswith(":chat.local 442 ")


def test_a_kick_without_a_reason_has_the_kickers_name():
    """The server uses a default (Modern IRC, KICK); an empty reason is none."""
    chat = Chat("ana", "bob")
    for command in ("KICK #tea bob", "KICK #tea bob :"):
        chat.say("ana", "JOIN #tea")
        chat.say("bob", "JOIN #tea")
        assert chat.say("ana", command)["bob"] == [":ana!ana@user/ana KICK #tea bob :ana"]


def test_kick_bytes_max():
    """A longer reason loses its end, but never half a character."""
    chat = Chat("ana", "bob", kick_bytes_max=5)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    assert chat.say("ana", "KICK #tea bob :ééé")["bob"][0].endswith(" bob :éé")


def test_kick_needs_the_right_and_a_member():
    """403, 442 and 482 before anything; 401 and 441 for each one named (Modern IRC, KICK)."""
    chat = Chat("ana", "bob", "carl")
    chat.say("ana", "JOIN #tea")
    assert chat.say("bob", "KICK #none ana")["bob"][0].startswith(":chat.local 403 bob #none ")
    assert chat.say("bob", "KICK #tea ana")["bob"][0].startswith(":chat.local 442 bob #tea ")
    chat.say("bob", "JOIN #tea")
    assert chat.say("bob", "KICK #tea ana") == {
        "bob": [":chat.local 482 bob #tea :You're not channel operator"]
    }
    assert chat.say("ana", "KICK #tea nobody,CARL,ana")["ana"] == [
        ":chat.local 401 ana nobody :No such nick/channel",
        ":chat.local 441 ana carl #tea :They aren't on that channel",
        ":ana!ana@user/ana KICK #tea ana :ana",
    ]


def test_kick_from_several_rooms():
    """As many rooms as nicks are pairs, each refused alone; another number is 461 (RFC 2812)."""
    chat = Chat("ana", "bob", "carl")
    chat.say("ana", "JOIN #tea,#two")
    chat.say("bob", "JOIN #tea,#two,#own")
    chat.say("carl", "JOIN #two")
    assert chat.say("ana", "KICK #tea,#own,#two bob,bob,carl")["ana"] == [
        ":ana!ana@user/ana KICK #tea bob :ana",
        ":chat.local 442 ana #own :You're not on that channel",
        ":ana!ana@user/ana KICK #two carl :ana",
    ]
    for line in ("KICK #tea,#two bob", "KICK #tea,#two bob,carl,ana"):
        assert chat.say("ana", line)["ana"] == [":chat.local 461 ana KICK :Not enough parameters"]


def test_kick_names_at_most_targets_max():
    """The rest is refused aloud (TARGMAX, 407)."""
    chat = Chat("ana", "bob", "carl", targets_max=1)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    heard = chat.say("ana", "KICK #tea bob,carl")
    assert _numerics(heard["ana"]) == ["KICK", "407"]


def test_an_operator_of_the_server_may_kick_from_outside():
    """They may do what an operator of the room may."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    heard = chat.say("root", "KICK #tea bob :out")
    assert heard["ana"] == heard["bob"] == heard["root"]
    assert heard["root"] == [":root!root@user/root KICK #tea bob :out"]
    assert _numerics(chat.say("root", "KICK #none bob")["root"]) == ["403"]


# INVITE.


def test_an_invitation_reaches_the_invited_alone():
    """341 to who invites, INVITE to all sessions of the invited (Modern IRC, INVITE)."""
    chat = Chat("ana", "bob", "carl")
    chat.login("bob2", "bob")
    chat.say("ana", "JOIN #tea", "MODE #tea +i")
    heard = chat.say("ana", "INVITE BOB #TEA")
    assert heard == {
        "ana": [":chat.local 341 ana bob #tea"],
        "bob": [":ana!ana@user/ana INVITE bob #tea"],
        "bob2": [":ana!ana@user/ana INVITE bob #tea"],
    }
    assert _numerics(chat.say("bob", "JOIN #tea")["bob"])[0] == "JOIN"
    chat.say("bob", "PART #tea")
    assert _numerics(chat.say("bob", "JOIN #tea")["bob"]) == ["473"]


def test_inviting_somebody_away_says_so():
    """RPL_AWAY as for a message (RFC 2812 section 3.2.7)."""
    chat = Chat("ana", "bob")
    chat.say("bob", "AWAY :at lunch")
    chat.say("ana", "JOIN #tea")
    assert chat.say("ana", "INVITE bob #tea")["ana"] == [
        ":chat.local 341 ana bob #tea",
        ":chat.local 301 ana bob :at lunch",
    ]


def test_what_keeps_one_from_inviting():
    """403, 442, 482 where the room is invite-only, 401, 443, in this order (Modern IRC, INVITE)."""
    chat = Chat("ana", "bob", "carl", "root", **ROOT)
    assert _numerics(chat.say("ana", "INVITE bob #none")["ana"]) == ["403"]
    chat.say("ana", "JOIN #tea")
    assert _numerics(chat.say("bob", "INVITE nobody #tea")["bob"]) == ["442"]
    chat.say("bob", "JOIN #tea")
    assert chat.say("bob", "INVITE nobody #tea")["bob"] == [
        ":chat.local 401 bob nobody :No such nick/channel"
    ]
    assert chat.say("bob", "INVITE ana #tea")["bob"] == [
        ":chat.local 443 bob ana #tea :is already on channel"
    ]
    chat.say("ana", "MODE #tea +i")
    assert _numerics(chat.say("bob", "INVITE carl #tea")["bob"]) == ["482"]
    assert _numerics(chat.say("root", "INVITE carl #tea")["root"]) == ["341"]


# TOPIC.


def test_a_topic_is_set_told_shown_and_taken_away():
    """332 with 333, or 331 when there is none (Modern IRC, TOPIC)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    heard = chat.say("ana", "TOPIC #tea green")
    set_at = chat.at_ms // 1000
    assert heard["ana"] == heard["bob"] == [":ana!ana@user/ana TOPIC #tea :green"]
    assert chat.say("bob", "TOPIC #TEA")["bob"] == [
        ":chat.local 332 bob #tea :green",
        f":chat.local 333 bob #tea ana {set_at}",
    ]
    heard = chat.say("ana", "TOPIC #tea :")
    assert heard["bob"] == [":ana!ana@user/ana TOPIC #tea :"]
    assert chat.say("bob", "TOPIC #tea")["bob"] == [":chat.local 331 bob #tea :No topic is set"]


def test_who_may_set_the_topic():
    """With mode t operators; without it members; strangers never (Modern IRC, TOPIC)."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.say("ana", "JOIN #tea")
    assert _numerics(chat.say("bob", "TOPIC #tea :mine")["bob"]) == ["442"]
    assert _numerics(chat.say("bob", "TOPIC #tea")["bob"]) == ["331"]
    chat.say("bob", "JOIN #tea")
    assert chat.say("bob", "TOPIC #tea :mine")["bob"] == [
        ":chat.local 482 bob #tea :You're not channel operator"
    ]
    chat.say("ana", "MODE #tea -t")
    assert _numerics(chat.say("bob", "TOPIC #tea :mine")["bob"]) == ["TOPIC"]
    heard = chat.say("root", "TOPIC #tea :the server's")
    assert heard["root"] == heard["ana"] == [":root!root@user/root TOPIC #tea :the server's"]
    assert _numerics(chat.say("bob", "TOPIC #none")["bob"]) == ["403"]


def test_topic_bytes_max():
    """A longer topic loses its end (ISUPPORT's TOPICLEN), also what is kept of it."""
    chat = Chat("ana", topic_bytes_max=4)
    chat.say("ana", "JOIN #tea")
    assert chat.say("ana", "TOPIC #tea :ééé")["ana"][0].endswith(" :éé")
    assert chat.say("ana", "TOPIC #tea")["ana"][0].endswith(" #tea :éé")
    chat.change_settings(topic_bytes_max=1)
    assert chat.say("ana", "TOPIC #tea :abcdef")["ana"][0].endswith(" :abcd")


# NAMES.


def test_names_with_one_prefix_or_all():
    """The highest, or every one with multi-prefix (IRCv3 multi-prefix); order of joining."""
    chat = Chat("ana", "bob")
    chat.login("carl", caps="multi-prefix")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    chat.say("ana", "MODE #tea +vv ana bob")
    assert chat.say("ana", "NAMES #TEA")["ana"] == [
        ":chat.local 353 ana = #tea :~ana +bob",
        ":chat.local 366 ana #TEA :End of /NAMES list",
    ]
    assert chat.say("carl", "NAMES #tea")["carl"][0] == ":chat.local 353 carl = #tea :~@+ana +bob"


def test_names_of_a_secret_room():
    """With its own sign for members, as though it were not there for others (Modern IRC, NAMES)."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.say("ana", "JOIN #tea", "MODE #tea +s")
    assert chat.say("ana", "NAMES #tea")["ana"][0] == ":chat.local 353 ana @ #tea :~ana"
    assert chat.say("root", "NAMES #tea")["root"][0] == ":chat.local 353 root @ #tea :~ana"
    assert chat.say("bob", "NAMES #tea,#none")["bob"] == [
        ":chat.local 366 bob #tea :End of /NAMES list",
        ":chat.local 366 bob #none :End of /NAMES list",
    ]


def test_names_hide_the_invisible_from_strangers():
    """Members see everybody; others do not see who has mode i (Modern IRC, NAMES)."""
    chat = Chat("ana", "bob", "carl", default_rooms=())
    chat.say("ana", "JOIN #tea", "MODE ana +i")
    chat.say("bob", "JOIN #tea")
    assert chat.say("bob", "NAMES #tea")["bob"][0].endswith(" :~ana bob")
    assert chat.say("carl", "NAMES #tea")["carl"][0].endswith(" :bob")


def test_names_without_a_room_names_nobody():
    """Everybody there is would be too much; WHO and LIST are for looking around."""
    chat = Chat("ana")
    assert chat.say("ana", "NAMES")["ana"] == [":chat.local 366 ana * :End of /NAMES list"]


def test_names_of_at_most_targets_max_rooms():
    """Else one short line would be answered with a flood (TARGMAX, 407)."""
    chat = Chat("ana", targets_max=2)
    heard = chat.say("ana", "NAMES #lobby,#lobby,#lobby")
    assert _numerics(heard["ana"]) == ["353", "366", "353", "366", "407"]


def test_many_names_fill_several_lines():
    """Each line fits, nobody is lost (Modern IRC, RPL_NAMREPLY)."""
    nicks = [f"somebody{number:03}" for number in range(100)]
    chat = Chat(*nicks, caps="multi-prefix")
    heard = chat.say(nicks[0], "NAMES #lobby")[nicks[0]]
    *replies, end = heard
    assert len(replies) > 1
    assert end.endswith("366 somebody000 #lobby :End of /NAMES list")
    assert " ".join(line.partition(" :")[2] for line in replies).split(" ") == nicks


# LIST.


def test_list_shows_rooms_largest_first():
    """With their members and topics (Modern IRC, LIST)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea,#Chá", "TOPIC #tea :green tea")
    assert chat.say("bob", "LIST")["bob"] == [
        ":chat.local 321 bob Channel :Users  Name",
        ":chat.local 322 bob #lobby 2 :",
        ":chat.local 322 bob #tea 1 :green tea",
        ":chat.local 322 bob #Chá 1 :",
        ":chat.local 323 bob :End of /LIST",
    ]


def test_list_of_some_rooms():
    """Names, masks and conditions, wherever they stand (Modern IRC, LIST)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea,#Chá")

    def listed(line: str) -> list[str]:
        return [each.split(" ")[3] for each in chat.say("bob", line)["bob"][1:-1]]

    assert listed("LIST #CHÁ,#none") == ["#Chá"]
    assert listed("LIST #t*") == ["#tea"]
    assert listed("LIST >1") == ["#lobby"]
    assert listed("LIST #tea,#lobby <2") == ["#tea"]
    assert listed("LIST C>5") == []


def test_list_keeps_a_secret():
    """A secret room is listed for its members and the server's operators (Modern IRC, mode s)."""
    chat = Chat("ana", "bob", "root", **ROOT)
    chat.say("ana", "JOIN #tea", "MODE #tea +s")
    assert len(chat.say("ana", "LIST #tea")["ana"]) == 3
    assert len(chat.say("root", "LIST #tea")["root"]) == 3
    assert len(chat.say("bob", "LIST #tea")["bob"]) == 2


def test_a_long_list_comes_in_pieces():
    """Each takes the hub a moment; nothing is left out (Modern IRC, "LIST message")."""
    chat = Chat("ana", rooms_per_user_max=1000)
    for start in range(0, 500, 50):
        chat.say("ana", "JOIN " + ",".join(f"#{number}" for number in range(start, start + 50)))
    lines = chat.say("ana", "LIST")["ana"]
    assert _numerics(lines) == ["321", *["322"] * 501, "323"]
    assert len(set(lines)) == 503


@pytest.mark.parametrize(
    "line", ["PART #tea", "KICK #tea ana", "INVITE bob #tea", "TOPIC #tea", "MODE #tea"]
)
def test_a_secret_room_is_not_there_for_strangers(line):
    """They get the answer that a room which does not exist gives (Modern IRC, mode s)."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", "MODE #tea +s")
    secret = chat.say("bob", line)["bob"]
    missing = chat.say("bob", line.replace("#tea", "#cha"))["bob"]
    assert secret == [each.replace("#cha", "#tea") for each in missing]
    assert secret[0].startswith(":chat.local 403 bob #tea ")
