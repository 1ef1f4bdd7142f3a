"""Who is told of metadata, as lines in and out. Source: IRCv3 draft/metadata-2, "the page"."""

from __future__ import annotations

import pytest

from irc.names import room_key
from server.core import metadata
from server.core.commands import metadata_news
from tests.support.chat import Chat

CAPS = "batch draft/metadata-2"


def chat_of(*names: str, **settings: object) -> Chat:
    """People with the capability, in no common room."""
    base = {"history_keep": False, "default_rooms": ()}
    return Chat(*names, caps=CAPS, **(base | settings))


def news(lines: list[str]) -> list[str]:
    """The METADATA lines, without tags."""
    plain = (line.partition(" ")[2] if line[0] == "@" else line for line in lines)
    return [line for line in plain if line.split()[1] == "METADATA"]


# Changes.


def test_those_who_share_a_room_and_subscribe():
    """Each once; without the key, the room or the capability nothing (the page, "Concepts")."""
    chat = chat_of("ana", "bob", "carl", "dora", default_rooms=("#lobby", "#tea"))
    chat.login("old", caps="batch")
    chat.say("carl", "METADATA * SUB other")
    chat.say("dora", "METADATA * SUB url", "JOIN 0")
    chat.say("bob", "METADATA * SUB url")
    heard = chat.say("ana", "METADATA * SET url :x y")
    assert heard == {
        "ana": [":chat.local 761 ana ana url * :x y"],
        "bob": [":ana!ana@user/ana METADATA ana url * :x y"],
    }
    assert chat.say("ana", "METADATA * SET url")["bob"] == [":ana!ana@user/ana METADATA ana url *"]
    chat.say("ana", "METADATA * SET url :z")
    assert chat.say("ana", "METADATA * CLEAR")["bob"] == [":ana!ana@user/ana METADATA ana url *"]


def test_those_who_watch():
    """Also without a common room, and once with one (the page, "Notifications")."""
    chat = chat_of("ana", "bob")
    chat.say("bob", "METADATA * SUB url", "MONITOR + ana")
    told = [":ana!ana@user/ana METADATA ana url * x"]
    assert chat.say("ana", "METADATA * SET url :x")["bob"] == told
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    assert chat.say("ana", "METADATA * SET url :y")["bob"] == [told[0].replace("x", "y")]


def test_ones_own_other_sessions():
    """Updates for oneself, but not of what the session itself changes (the page)."""
    chat = chat_of("ana")
    chat.login("phone", "ana", caps=CAPS)
    chat.say("ana", "METADATA * SUB url", "JOIN #tea")
    chat.say("phone", "METADATA * SUB url")
    heard = chat.say("phone", "METADATA * SET url :x")
    assert news(heard["ana"]) == [":ana!ana@user/ana METADATA ana url * x"]
    assert news(heard["phone"]) == []


def test_members_of_a_room():
    """Only subscribers who are members hear of the room's (the page, "Concepts")."""
    chat = chat_of("ana", "bob", "carl")
    for name in ("ana", "bob"):
        chat.say(name, "JOIN #tea")
    for name in ("ana", "bob", "carl"):
        chat.say(name, "METADATA * SUB url")
    assert chat.say("ana", "METADATA #tea SET url :x") == {
        "ana": [":chat.local 761 ana #tea url * x"],
        "bob": [":ana!ana@user/ana METADATA #tea url * x"],
    }


# Coming in.


def test_the_welcome_has_ones_own():
    """All that is kept, in a batch, before the end of the message of the day; an empty batch if
    there is nothing (the page, "Notifications")."""
    chat = chat_of("ana", motd=("hello",))
    chat.say("ana", "METADATA * SET url :x")
    for name, count in (("ana", 1), ("bob", 0)):
        lines = chat.login(f"{name}2", name, caps=CAPS)[f"{name}2"]
        words = [line.split() for line in lines]
        start = next(n for n, each in enumerate(words) if each[1] == "BATCH")
        assert words[start][3:] == ["metadata", name]
        assert news(lines) == [f":chat.local METADATA {name} url * x"] * count
        assert words[start + count + 1][1] == "BATCH"
        assert [each[1] for each in words].index("376") > start
    assert not any("BATCH" in line for line in chat.login("old", "carl", caps="batch")["old"])


def test_joining_shows_the_room_and_who_is_in_it():
    """In a batch with the room, of the keys one subscribes to; nothing where there is nothing (the
    page, "Concepts")."""
    chat = chat_of("ana", "bob", "carl")
    chat.say("ana", "JOIN #tea", "METADATA #tea SET url :room", "METADATA * SET url :ana")
    chat.say("ana", "METADATA * SET other :x")
    chat.say("bob", "METADATA * SUB url", "METADATA * SET url :own")
    lines = chat.say("bob", "JOIN #tea")["bob"]
    end = next(n for n, line in enumerate(lines) if " 366 " in line)
    start, *middle, last = lines[end + 1 :]
    assert start.split()[1:] == ["BATCH", start.split()[2], "metadata", "#tea"]
    assert news(middle) == [
        ":chat.local METADATA #tea url * room",
        ":chat.local METADATA ana url * ana",
    ]
    assert last == f":chat.local BATCH -{start.split()[2][1:]}"
    chat.say("carl", "METADATA * SUB nothing")
    assert not any("BATCH" in line for line in chat.say("carl", "JOIN #tea")["carl"])


def test_members_see_what_there_is_of_a_newcomer():
    """So that nobody has to ask; who knows it from another room is not told again."""
    chat = chat_of("ana", "bob", "carl")
    chat.say("ana", "METADATA * SET url :x", "METADATA * SET other :y")
    for name in ("bob", "carl"):
        chat.say(name, "METADATA * SUB url", "JOIN #tea")
    chat.say("carl", "JOIN #green")
    heard = chat.say("ana", "JOIN #green")
    assert news(heard["carl"]) == [":chat.local METADATA ana url * x"]
    heard = chat.say("ana", "JOIN #tea")
    assert news(heard["bob"]) == [":chat.local METADATA ana url * x"]
    assert news(heard["carl"]) == []
    chat.say("ana", "JOIN 0")
    heard = chat.say("ana", "JOIN #green,#tea")
    assert news(heard["carl"]) == [":chat.local METADATA ana url * x"]
    assert chat.say("ana", "JOIN #tea") == {}


def test_members_of_default_rooms_see_it_too():
    """Whoever logs in comes into sight there."""
    chat = chat_of("ana", "bob", default_rooms=("#lobby",))
    chat.say("ana", "METADATA * SET url :x")
    chat.say("bob", "METADATA * SUB url")
    chat.lose("ana")
    assert news(chat.login("ana")["bob"]) == [":chat.local METADATA ana url * x"]


def test_other_sessions_are_shown_a_joined_room():
    """Whatever session joined, all are in it, and each is shown what it subscribes to."""
    chat = chat_of("ana", "bob")
    chat.say("bob", "JOIN #tea", "METADATA * SET url :x")
    chat.login("phone", "ana", caps=CAPS)
    chat.say("phone", "METADATA * SUB url")
    assert news(chat.say("ana", "JOIN #tea")["phone"]) == [":chat.local METADATA bob url * x"]


def test_a_big_room_is_for_later(monkeypatch):
    """774 with the room and the seconds, on JOIN and on SUB, in place of what there is; SYNC gives
    it then (the page, "Postponed synchronization")."""
    monkeypatch.setattr(metadata_news, "SYNC_MEMBERS_MAX", 2)
    chat = chat_of("ana", "bob", "carl")
    for name in ("ana", "bob"):
        chat.say(name, "JOIN #tea")
    chat.say("ana", "METADATA * SET url :x")
    chat.login("phone", "carl", caps=CAPS)
    chat.say("carl", "METADATA * SUB url")
    chat.say("phone", "METADATA * SUB url")
    heard = chat.say("carl", "JOIN #tea")
    assert heard["carl"][-1] == ":chat.local 774 carl #tea 8"
    assert heard["phone"][-1] == ":chat.local 774 carl #tea 9"
    assert chat.say("carl", "METADATA * SUB more")["carl"] == [
        ":chat.local 770 carl more",
        ":chat.local 774 carl #tea 8",
    ]
    start, *middle, _end = chat.say("carl", "METADATA #tea SYNC")["carl"]
    assert start.endswith("metadata #tea")
    assert news(middle) == [":chat.local METADATA ana url * x"]


# Subscribing, watching, syncing.


def test_subscribing_shows_what_there_is():
    """Of oneself, rooms, members and whom one watches, each once (the page, "Notifications")."""
    chat = chat_of("ana", "bob", "carl", "dora")
    for name in ("ana", "bob"):
        chat.say(name, "JOIN #tea,#green")
    for name in ("ana", "bob", "carl", "dora"):
        chat.say(name, f"METADATA * SET url :{name}")
    chat.say("ana", "METADATA #tea SET url :tea", "METADATA #tea SET other :x")
    chat.say("bob", "MONITOR + carl,ana,nobody")
    assert chat.say("bob", "METADATA * SUB none url")["bob"] == [
        ":chat.local 770 bob none url",
        ":chat.local METADATA bob url * bob",
        ":chat.local METADATA #tea url * tea",
        ":chat.local METADATA ana url * ana",
        ":chat.local METADATA carl url * carl",
    ]
    assert chat.say("bob", "METADATA * SUB url")["bob"] == [":chat.local 770 bob url"]


def test_watching_shows_what_there_is():
    """When they MONITOR a user, and when one comes online or takes the nick (the page)."""
    chat = chat_of("ana", "bob", nick_policy="free")
    chat.say("ana", "METADATA * SET url :x")
    chat.say("bob", "METADATA * SUB url")
    told = ":chat.local METADATA ana url * x"
    lines = chat.say("bob", "MONITOR + ana,nobody,zoe")["bob"]
    assert [line.split()[1] for line in lines] == ["730", "731", "METADATA"]
    assert lines[-1] == told
    chat.lose("ana")
    came, shown = chat.login("ana", caps=CAPS)["bob"]
    assert came.split()[1] == "730" and shown == told
    assert news(chat.say("ana", "NICK zoe")["bob"]) == [told.replace("ana", "zoe")]
    # Who shares a room knows already whose it is.
    for name in ("ana", "bob"):
        chat.say(name, "JOIN #tea")
    assert news(chat.say("ana", "NICK ana")["bob"]) == []
    chat.say("ana", "NICK zoe", "PART #tea")
    chat.login("eve")
    assert news(chat.say("eve", "MONITOR + zoe")["eve"]) == []


def test_syncing():
    """A batch with the target, of subscribed keys; it may be empty (the page, "METADATA SYNC")."""
    chat = chat_of("ana", "bob")
    chat.say("ana", "METADATA * SET url :x", "METADATA * SET other :y", "JOIN #tea")
    chat.say("bob", "METADATA * SUB url")
    for target, count in (("ana", 1), ("bob", 0), ("*", 0), ("#TEA", 1)):
        start, *middle, _end = chat.say("bob", f"METADATA {target} SYNC")["bob"]
        assert start.endswith(f"metadata {target.lower().replace('*', 'bob')}")
        assert news(middle) == [":chat.local METADATA ana url * x"] * count


def test_syncing_a_room_from_outside_names_nobody_who_hides():
    """User mode i hides from strangers, here as in NAMES."""
    chat = chat_of("ana", "bob")
    chat.say("ana", "METADATA * SET url :x", "JOIN #tea", "MODE ana +i")
    chat.say("bob", "METADATA * SUB url")
    assert news(chat.say("bob", "METADATA #tea SYNC")["bob"]) == []
    chat.say("bob", "JOIN #tea")
    assert len(news(chat.say("bob", "METADATA #tea SYNC")["bob"])) == 1


@pytest.mark.parametrize("then", ["lose", "hide", "remove"])
def test_a_long_answer_looks_again(then):
    """What changes between two pieces is not told of as it was (stream.py)."""
    chat = chat_of("ana", *(f"u{n}" for n in range(120)))
    for n in range(120):
        chat.say(f"u{n}", "JOIN #tea", f"METADATA * SET url :{n}")
    chat.say("ana", "METADATA * SUB url")
    chat.answers_drains = False
    first = len(news(chat.say("ana", "METADATA #tea SYNC")["ana"]))
    assert 0 < first < 120
    if then == "lose":
        chat.lose("u119")
    elif then == "hide":
        chat.say("u0", "MODE #tea +s")
    else:
        chat.say("u119", "METADATA * SET url")
    chat.answers_drains = True
    lines = chat.say("ana", "PING x")["ana"]
    assert len(news(lines)) == (0 if then == "hide" else 119 - first)
    assert lines[-1].split()[1] == "BATCH"


def test_subscribing_looks_again_at_rooms():
    """A room that one has left between two pieces is passed over."""
    chat = chat_of("ana", *(f"u{n}" for n in range(110)))
    for n in range(110):
        chat.say(f"u{n}", "JOIN #tea", f"METADATA * SET url :{n}")
    chat.say("u0", "JOIN #green,#blue", "METADATA #green SET url :g", "METADATA #blue SET url :b")
    chat.say("ana", "JOIN #tea,#green,#blue,#none")
    chat.answers_drains = False
    chat.say("ana", "METADATA * SUB url")
    chat.say("ana", "PART #green,#none")
    chat.answers_drains = True
    told = news(chat.say("ana", "PING x")["ana"])
    assert ":chat.local METADATA #blue url * b" in told
    assert not any("#green" in line for line in told)


# Another account.


def test_logging_in_later_changes_what_is_said():
    """The account's takes the place of the guest's own, and everybody concerned is told."""
    chat = chat_of("bob")
    chat.say("bob", "METADATA * SET url :account", "METADATA * SET same :1")
    chat.lose("bob")
    chat.change_settings(accounts_required=False)
    chat.login("bob", caps=f"{CAPS} sasl")
    chat.login("carl", caps=CAPS)
    for name in ("bob", "carl"):
        chat.say(name, "METADATA * SUB same mine url", "JOIN #tea")
    chat.say("bob", "METADATA * SET mine :x", "METADATA * SET same :1")
    heard = chat.sasl("bob", "bob")
    told = [":chat.local METADATA bob mine *", ":chat.local METADATA bob url * account"]
    assert news(heard["carl"]) == news(heard["bob"]) == told


def test_logging_in_tells_nobody_what_nobody_wants_to_know():
    """No effect for a key without subscribers."""
    chat = chat_of("bob")
    chat.say("bob", "METADATA * SET url :account")
    chat.lose("bob")
    chat.change_settings(accounts_required=False)
    chat.login("bob", caps=f"{CAPS} sasl")
    chat.sasl("bob", "bob")
    assert not any("METADATA" in str(effect) for effect in chat.last.effects)


# With many.


def test_what_a_change_costs_does_not_grow():
    """One effect for all of them, whoever they are: the io threads find who is meant."""
    chat = chat_of("ana", *(f"u{n}" for n in range(30)))
    for name in ("ana", *(f"u{n}" for n in range(30))):
        chat.say(name, "JOIN #tea", "METADATA * SUB url")
    heard = chat.say("ana", "METADATA * SET url :x")
    assert len(heard) == 31
    assert len(chat.last.effects) == 2


def test_a_subscription_is_no_room():
    """Nobody can join what subscribers hear."""
    assert metadata.subscription_key("url") not in (room_key("#url"), room_key("url"))
