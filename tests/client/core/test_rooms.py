"""Rooms: Modern IRC, "Channel Operations"; IRCv3 extended-join, multi-prefix."""

import pytest

from client.core.events import (
    Invited,
    Joined,
    Kicked,
    ListedMember,
    ModeChanged,
    NamesListed,
    Parted,
    TopicChanged,
)
from irc.names import nick_key


def members(talk, room="#lobby"):
    """Nick to prefixes of a room."""
    return {
        member.nick: member.prefixes for member in talk.session.model.get(room).members.values()
    }


def test_somebody_joins(online):
    """extended-join: the account (or *) and the real name come with it."""
    event = online.one(":dan!d@h JOIN #lobby danny :Dan D")
    assert event == Joined(
        buffer="#lobby", nick="dan", account="danny", realname="Dan D", time_ms=online.now_ms
    )
    assert online.one(":eve!e@h JOIN #lobby * :Eve").account == ""
    assert online.session.model.get("#lobby").members[nick_key("DAN")].account == "danny"


def test_we_join_and_hear_who_is_there(talk):
    """Our own JOIN opens the window; NAMES tells who is in it."""
    talk.go_online()
    talk.hear(":ana!a@host JOIN #Tea")
    (listed,) = talk.hear(
        ":srv 353 ana = #tea :@ana +bob",
        ":srv 353 ana = #tea :@+carol!c@h dan",
        ":srv 366 ana #tea :End",
    )
    assert listed == NamesListed(
        buffer="#Tea",
        members=(
            ListedMember("ana", "@"),
            ListedMember("bob", "+"),
            ListedMember("carol", "@+"),
            ListedMember("dan"),
        ),
        time_ms=talk.now_ms,
    )
    assert members(talk, "#tea") == {"ana": "@", "bob": "+", "carol": "@+", "dan": ""}
    assert talk.session.model.get("#tea").joined


def test_join_without_address_tells_no_prefix(talk):
    """A server may leave out user and host."""
    talk.go_online().hear(":ana JOIN #x")
    assert talk.session._state.connection.own_prefix == ""


def test_names_asked_for_are_marked(online):
    """The answer to /names is shown in full; what is known of the members stays."""
    online.hear(":dan!d@h JOIN #lobby danny :Dan")
    online.session.names("#lobby")
    assert online.said() == ["NAMES #lobby"]
    (listed,) = online.hear(":srv 353 ana = #lobby :ana +dan", ":srv 366 ana #lobby :End")
    assert listed.requested
    assert online.session.model.get("#lobby").members[nick_key("dan")].account == "danny"
    assert not online.one(":srv 366 ana #lobby :End").requested


def test_names_of_a_room_we_are_not_in(online):
    """It is listed, and no window is opened for it."""
    event = online.hear(":srv 353 ana = #far :x", ":srv 366 ana #far :End")[0]
    assert (event.buffer, event.members) == ("#far", (ListedMember("x"),))
    assert online.session.model.get("#far") is None


def test_unfinished_names_are_bounded(online):
    """Lists that never end do not fill our memory."""
    online.hear(*(f":srv 353 ana = #r{number} :x" for number in range(600)))
    assert len(online.session._state.connection.names) <= 500


@pytest.mark.parametrize("rows", [20_000])
def test_long_names_are_cut(online, rows):
    """At `ROWS_MAX` names the rest of a list is left out."""
    names = " ".join(f"n{number}" for number in range(100))
    online.hear(*([f":srv 353 ana = #lobby :{names}"] * 201))
    (event,) = online.hear(":srv 366 ana #lobby :End")
    assert len(event.members) == rows


def test_somebody_leaves(online):
    """PART with a reason takes its sender out of the list."""
    event = online.one(":bob!b@h PART #lobby :tea time")
    assert event == Parted(buffer="#lobby", nick="bob", reason="tea time", time_ms=online.now_ms)
    assert members(online) == {"ana": "", "carol": "@"}


def test_we_leave(online):
    """Our own PART empties the list and we do not go back after a reconnect."""
    assert online.one(":ana!a@host PART #lobby").own
    room = online.session.model.get("#lobby")
    assert (room.joined, room.wanted, members(online)) == (False, False, {})


def test_kicks(online):
    """KICK of somebody, and of us."""
    event = online.one(":carol!c@h KICK #lobby bob :enough")
    assert event == Kicked(
        buffer="#lobby", nick="bob", by="carol", reason="enough", time_ms=online.now_ms
    )
    assert "bob" not in members(online)
    assert online.one(":carol!c@h KICK #lobby ana").own
    assert not online.session.model.get("#lobby").joined


def test_topics(online):
    """A change tells who did it; 332 and 331 only what it is; the rest of it is not shown."""
    changed = online.one(":bob!b@h TOPIC #lobby :tea")
    assert changed == TopicChanged(buffer="#lobby", topic="tea", nick="bob", time_ms=online.now_ms)
    assert online.session.model.get("#lobby").topic == "tea"
    assert online.one(":srv 332 ana #lobby :coffee").nick == ""
    assert online.one(":srv 331 ana #lobby :No topic").topic == ""
    assert online.hear(":srv 333 ana #lobby bob 1", ":srv 329 ana #lobby 1") == []


def test_modes_change_the_signs_of_members(online):
    """+o, +v and -o move; modes with arguments between them are skipped rightly (CHANMODES)."""
    online.hear(":srv 005 ana CHANMODES=b,k,l,imnst :are")
    online.hear(":carol!c@h MODE #lobby +bko-l+lvm-o x!*@* key bob 5 bob carol")
    assert members(online) == {"ana": "", "bob": "@+", "carol": ""}
    event = online.one(":carol!c@h MODE #lobby +v")
    assert event == ModeChanged(
        buffer="#lobby", target="#lobby", modes="+v", by="carol", time_ms=online.now_ms
    )


def test_modes_that_are_told(online):
    """324 and 221 answer a question: nobody changed anything."""
    event = online.one(":srv 324 ana #lobby +kl x 5")
    assert (event.buffer, event.modes, event.arguments, event.by) == (
        "#lobby",
        "+kl",
        ("x", "5"),
        "",
    )
    own = online.one(":srv 221 ana +i")
    assert (own.buffer, own.target, own.modes) == ("", "ana", "+i")
    assert online.one(":ana MODE ana +w").buffer == ""


def test_invitations(online):
    """To us they belong to no window; others show in the room; 341 is ours on its way."""
    assert online.one(":bob!b@h INVITE ana #tea") == Invited(
        buffer="", room="#tea", nick="ana", by="bob", own=True, time_ms=online.now_ms
    )
    assert online.one(":bob!b@h INVITE dan #lobby").buffer == "#lobby"
    event = online.one(":srv 341 ana dan #lobby")
    assert (event.by, event.nick, event.own) == ("ana", "dan", False)


def test_a_founder(talk):
    """Prefixes and their letters are the server's own: PREFIX=(qov)~@+ (Modern IRC, PREFIX)."""
    talk.go_online()
    talk.hear(":srv 005 ana PREFIX=(qov)~@+ :are supported")
    talk.hear(":ana!a@host JOIN #tea", ":srv 353 ana = #tea :~@bob @ana +eve")
    (listed,) = talk.hear(":srv 366 ana #tea :End")
    assert [each.prefixes for each in listed.members] == ["~@", "@", "+"]
    talk.hear(":bob!b@h MODE #tea -q+q bob ana")
    assert members(talk, "#tea") == {"bob": "@", "ana": "~@", "eve": "+"}


def test_news_of_other_rooms_open_no_window(online):
    """Somebody's PART, KICK, TOPIC or MODE in a room that we do not know is told, no more."""
    events = online.hear(
        ":bob!b@h PART #far",
        ":bob!b@h KICK #far dan",
        ":srv 332 ana #far :tea",
        ":bob!b@h MODE #far +o dan",
    )
    assert [event.buffer for event in events] == ["#far"] * 4
    assert online.session.model.get("#far") is None


def test_room_gets_another_name(online):
    """Members, topic and messages go along (IRCv3 draft channel-rename); we want to be there."""
    online.session.model.focus("#lobby")
    (event,) = online.hear(":carol!c@h RENAME #lobby #tea :better")
    assert (event.old_name, event.buffer, event.by, event.reason) == (
        "#lobby",
        "#tea",
        "carol",
        "better",
    )
    room = online.session.model.get("#tea")
    assert room is online.session.model.focused
    assert room.joined and nick_key("bob") in room.members
    assert online.session.model.get("#lobby") is None


def test_room_gets_the_name_of_one_we_left(online):
    """What was said there is not this room's past."""
    online.join("#tea")
    online.hear(":ana!a@host PART #tea")
    online.hear(":carol!c@h RENAME #lobby #tea :")
    names = [window.name for window in online.session.model]
    assert names.count("#tea") == 1 and "#lobby" not in names
    online.hear(":carol!c@h RENAME #tea #TEA :")
    assert online.session.model.get("#tea").name == "#TEA"


def test_renames_that_make_no_sense(online):
    """Of a room we do not know, or into no name of a room."""
    assert online.hear(":c!c@h RENAME #far #x :", ":c!c@h RENAME #lobby x :") == []
