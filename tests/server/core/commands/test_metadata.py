"""METADATA, as lines in and lines out. Source: IRCv3 draft/metadata-2, here "the page"."""

from __future__ import annotations

import pytest

from server.core.apply import apply
from server.core.effects import Announce
from tests.support.chat import Chat

CAPS = "batch draft/metadata-2"


def chat_of(*names: str, **settings: object) -> Chat:
    """People with the capability, who share the lobby."""
    return Chat(*names, caps=CAPS, **({"history_keep": False} | settings))


def inside(lines: list[str]) -> list[str]:
    """What is in the one batch that the lines are, without its tag; the start comes first."""
    start, *middle, end = lines
    reference = start.split()[2][1:]
    assert end == f":chat.local BATCH -{reference}"
    tag = f"@batch={reference} :chat.local "
    assert all(line.startswith(tag) for line in middle), lines
    return [start.partition(f"+{reference} ")[2], *(line.removeprefix(tag) for line in middle)]


def fail(*words: str) -> str:
    return f":chat.local FAIL METADATA {' '.join(words)}"


def test_whois_tells_it():
    """760 for who has the capability (the page, "`RPL_WHOISKEYVALUE` numeric"), nothing else."""
    chat = chat_of("ana", "bob")
    chat.login("eve")
    chat.say("ana", "METADATA * SET url :https://example.org")
    told = ":chat.local 760 bob ana url * https://example.org"
    assert told in chat.say("bob", "WHOIS ana")["bob"]
    assert not any(" 760 " in line for line in chat.say("eve", "WHOIS ana")["eve"])


# The capability.


def test_the_capability_says_the_limits():
    """max-subs, max-keys and max-value-bytes (the page, "`draft/metadata-2` Capability")."""
    chat = chat_of()
    chat.connect("ana")
    (line,) = (x for x in chat.say("ana", "CAP LS 302")["ana"] if "metadata" in x)
    assert "draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=300" in line


def test_negotiating_it_in_any_order():
    """It depends on batch; the order MUST NOT be enforced (the page, "Relation")."""
    chat = chat_of()
    chat.connect("ana")
    for name in ("draft/metadata-2", "batch"):
        assert " ACK " in chat.say("ana", f"CAP REQ {name}")["ana"][0]
    assert " NAK " in chat.say("ana", "CAP REQ metadata-notify")["ana"][0]


@pytest.mark.parametrize("caps", ["", "batch", "draft/metadata-2"])
def test_without_both_it_is_unknown(caps):
    """Answers are batches, so without batch there are none (the page, "Batch types")."""
    chat = Chat()
    chat.login("ana", caps=caps)
    assert chat.say("ana", "METADATA * LIST")["ana"] == [
        ":chat.local 421 ana METADATA :Unknown command"
    ]


def test_not_before_registration():
    """`before-connect` is not claimed, so nobody tries (the page, "client command")."""
    chat = chat_of()
    chat.connect("ana")
    assert chat.say("ana", f"CAP REQ :{CAPS}", "METADATA * SUB a")["ana"][-1] == (
        ":chat.local 451 * :You have not registered"
    )


@pytest.mark.parametrize("line", ["METADATA", "METADATA *", "METADATA * GET", "METADATA * SUB"])
def test_too_few_parameters(line):
    """461, as for any command (Modern IRC)."""
    assert chat_of("ana").say("ana", line)["ana"] == [
        ":chat.local 461 ana METADATA :Not enough parameters"
    ]


def test_an_unknown_subcommand():
    """FAIL SUBCOMMAND_INVALID with what was said (the page, "Standard Replies")."""
    assert chat_of("ana").say("ana", "METADATA * destr0y")["ana"] == [
        fail("SUBCOMMAND_INVALID", "destr0y", ":There is no such subcommand")
    ]


# SET, GET, LIST, CLEAR.


def test_setting_and_getting():
    """761 for what is set; GET is a batch with the target, each key in its order (the page)."""
    chat = chat_of("ana")
    assert chat.say("ana", "METADATA * SET url :http://www.example.com")["ana"] == [
        ":chat.local 761 ana ana url * http://www.example.com"
    ]
    assert inside(chat.say("ana", "METADATA ANA get blargh $url url")["ana"]) == [
        "metadata ana",
        "766 ana ana blargh :Key not set",
        "FAIL METADATA KEY_INVALID $url :That is not a valid key",
        "761 ana ana url * http://www.example.com",
    ]


def test_any_text_is_a_value_also_none():
    """Values can take any form; the empty string is one (the page, "Keys and Values")."""
    chat = chat_of("ana")
    chat.say("ana", "METADATA * SET a :->\U0001f49c<- x", "METADATA * SET b :")
    assert inside(chat.say("ana", "METADATA * LIST")["ana"]) == [
        "metadata ana",
        "761 ana ana a * :->\U0001f49c<- x",
        "761 ana ana b * :",
    ]


def test_removing():
    """SET without a value removes, and 766 says so; KEY_NOT_SET if there was none (the page)."""
    chat = chat_of("ana")
    chat.say("ana", "METADATA * SET url :x")
    assert chat.say("ana", "METADATA * SET url")["ana"] == [
        ":chat.local 766 ana ana url :Key not set"
    ]
    assert chat.say("ana", "METADATA * SET url")["ana"] == [
        fail("KEY_NOT_SET", "ana", "url", ":Key not set")
    ]
    assert inside(chat.say("ana", "METADATA * LIST")["ana"]) == ["metadata ana"]
    assert chat.world.metadata == {}


@pytest.mark.parametrize("key", ["$url$", "URL", "a:b", "é", "x" * 41])
def test_what_is_no_key(key):
    """Keys have a-z, 0-9 and _./-, and here at most 40 bytes (the page, "Keys and Values")."""
    shown = "x" * 40 if "x" in key else key
    invalid = fail("KEY_INVALID", shown, ":That is not a valid key")
    chat = chat_of("ana")
    assert chat.say("ana", f"METADATA * SET {key} :x")["ana"] == [invalid]
    assert chat.say("ana", f"METADATA * SUB {key}")["ana"] == [invalid]
    assert chat.say("ana", f"METADATA * UNSUB {key}")["ana"] == [invalid]
    assert chat.say("ana", f"METADATA * SET {'x' * 40} :x")["ana"][0].split()[1] == "761"


def test_a_value_that_is_too_long():
    """VALUE_INVALID, counted in bytes (the page; limits.metadata_value_bytes_max)."""
    chat = chat_of("ana", metadata_value_bytes_max=4)
    too_long = [fail("VALUE_INVALID", ":The value is too long")]
    assert chat.say("ana", "METADATA * SET a :éé")["ana"][0].split()[1] == "761"
    assert chat.say("ana", "METADATA * SET a :ééx")["ana"] == too_long


def test_too_many_keys():
    """LIMIT_REACHED for another key; those that are there can be changed (the page)."""
    chat = chat_of("ana", metadata_keys_max=2)
    chat.say("ana", "METADATA * SET a :1", "METADATA * SET b :1")
    assert chat.say("ana", "METADATA * SET c :1")["ana"] == [
        fail("LIMIT_REACHED", "ana", ":There is no room for more keys")
    ]
    assert chat.say("ana", "METADATA * SET b :2")["ana"] == [":chat.local 761 ana ana b * 2"]


def test_too_many_changes():
    """RATE_LIMITED with target, key and seconds; they pass (the page, "METADATA SET")."""
    chat = chat_of("ana", metadata_changes_per_minute_max=2)
    chat.say("ana", "METADATA * SET a :1", "METADATA * SET b :1")
    later = ":You change too much: wait 28 seconds"
    assert chat.say("ana", "METADATA * SET a :2")["ana"] == [
        fail("RATE_LIMITED", "ana", "a", "28", later)
    ]
    assert chat.say("ana", "METADATA * CLEAR")["ana"][0].startswith(
        fail("RATE_LIMITED", "ana", "*", "27")
    )
    # What changes nothing costs nothing.
    assert chat.say("ana", "METADATA * SET a :1")["ana"] == [":chat.local 761 ana ana a * 1"]
    chat.at_ms += 27_000
    assert chat.say("ana", "METADATA * SET a :2")["ana"] == [":chat.local 761 ana ana a * 2"]


def test_clearing():
    """A batch with a 761 for each key that was there (the page, "METADATA CLEAR")."""
    chat = chat_of("ana")
    chat.say("ana", "METADATA * SET a :1", "METADATA * SET b :2")
    cleared = ["metadata ana", "761 ana ana a * 1", "761 ana ana b * 2"]
    assert inside(chat.say("ana", "METADATA * CLEAR")["ana"]) == cleared
    assert inside(chat.say("ana", "METADATA * CLEAR")["ana"]) == ["metadata ana"]
    assert chat.world.metadata == {}


@pytest.mark.parametrize("target", ["nobody", "#none", "$a:user", "#hidden"])
@pytest.mark.parametrize("rest", ["GET a", "LIST", "SET a :1", "CLEAR", "SYNC"])
def test_no_such_target(target, rest):
    """ONLY a FAIL INVALID_TARGET; a secret room is none to strangers (the page)."""
    chat = chat_of("ana", "bob")
    chat.say("bob", "JOIN #hidden", "MODE #hidden +s")
    assert chat.say("ana", f"METADATA {target} {rest}")["ana"] == [
        fail("INVALID_TARGET", target, ":There is no such target")
    ]


def test_of_others():
    """Everybody may look; only oneself may change it (the page, "METADATA SET")."""
    chat = chat_of("ana", "bob")
    chat.say("bob", "METADATA * SET url :x")
    assert inside(chat.say("ana", "METADATA bob LIST")["ana"])[1:] == ["761 ana bob url * x"]
    for said, key in (("SET url :y", "url"), ("SET url", "url"), ("CLEAR", "*")):
        assert chat.say("ana", f"METADATA bob {said}")["ana"] == [
            fail("KEY_NO_PERMISSION", "bob", key, ":You do not have permission to change that")
        ]
    assert chat.user("bob").metadata == {} and chat.world.metadata == {"bob": {"url": "x"}}


def test_of_rooms():
    """Who manages the room may change it, whoever may see the room may look (the page)."""
    chat = chat_of("ana", "bob")
    chat.say("ana", "JOIN #tea")
    assert chat.say("ana", "METADATA #TEA SET url :x")["ana"] == [
        ":chat.local 761 ana #tea url * x"
    ]
    assert inside(chat.say("bob", "METADATA #tea GET url")["bob"]) == [
        "metadata #tea",
        "761 bob #tea url * x",
    ]
    assert chat.say("bob", "METADATA #tea SET url")["bob"] == [
        fail("KEY_NO_PERMISSION", "#tea", "url", ":You do not have permission to change that")
    ]
    acts = [fact for fact in chat.facts if type(fact).__name__ == "ActNoted"]
    assert [(act.what, act.room, act.reason) for act in acts] == [("METADATA", "#tea", "url")]


def test_operators_of_the_server_change_others():
    """Privileged users may, and it is noted (the page, "Concepts")."""
    chat = chat_of("root", "bob")
    chat.say("bob", "METADATA * SET url :rude")
    user = chat.user("root")
    for world in (chat.world, chat.mirror):
        from server.core.facts import UserModesChanged

        apply(world, UserModesChanged(user.id, frozenset("o"), "root"))
    chat.say("bob", "METADATA * SUB url")
    heard = chat.say("root", "METADATA bob CLEAR")
    assert inside(heard["root"]) == ["metadata bob", "761 root bob url * rude"]
    assert heard["bob"] == [":root!root@user/root METADATA bob url *"]
    (act,) = (fact for fact in chat.facts if type(fact).__name__ == "ActNoted")
    assert (act.what, act.target, act.reason) == ("METADATA", "bob", "*")


def test_a_guests_is_gone_with_them():
    """Whoever has no account has it for as long as they are here; nothing is kept."""
    chat = chat_of("ana", accounts_required=False)
    chat.say("ana", "METADATA * SET a :1")
    assert chat.user("ana").metadata == {"a": "1"} and chat.world.metadata == {}
    chat.lose("ana")
    chat.login("ana", caps=CAPS)
    assert inside(chat.say("ana", "METADATA * LIST")["ana"]) == ["metadata ana"]


def test_what_cannot_be_kept_is_taken_back():
    """Nobody sees it, the setter is told, and the world is as before."""
    chat = chat_of("ana")
    chat.say("ana", "METADATA * SET a :1", "METADATA * SET a :2")
    for fact in chat.last.undo:
        apply(chat.world, fact)
    assert chat.world.metadata == {"ana": {"a": "1"}}
    (effect,) = chat.last.instead
    assert effect.line.params[:2] == ("METADATA", "STORAGE_ERROR")


# SUB, UNSUB, SUBS.


def test_subscribing():
    """770 with the keys, once each, in order; SUBS lists them in a batch of its own (the page)."""
    chat = chat_of("ana")
    assert chat.say("ana", "METADATA * SUB avatar website avatar")["ana"] == [
        ":chat.local 770 ana avatar website"
    ]
    assert chat.say("ana", "METADATA ana SUB website foo")["ana"] == [
        ":chat.local 770 ana website foo"
    ]
    assert inside(chat.say("ana", "METADATA * SUBS")["ana"]) == [
        "metadata-subs",
        "772 ana avatar website foo",
    ]
    assert chat.say("ana", "METADATA * UNSUB foo nothing foo")["ana"] == [
        ":chat.local 771 ana foo nothing"
    ]
    assert inside(chat.say("ana", "METADATA * SUBS")["ana"])[1:] == ["772 ana avatar website"]
    assert chat.world.subscribed == {"avatar": 1, "website": 1}


def test_no_subscriptions():
    """An empty batch (the page, "METADATA SUBS")."""
    assert inside(chat_of("ana").say("ana", "METADATA * SUBS")["ana"]) == ["metadata-subs"]


def test_invalid_keys_do_not_stop_the_others():
    """KEY_INVALID, and processing goes on (the page, "METADATA SUB", "METADATA UNSUB")."""
    chat = chat_of("ana")
    invalid = fail("KEY_INVALID", "$url", ":That is not a valid key")
    for word, numeric in (("SUB", "770"), ("UNSUB", "771")):
        assert chat.say("ana", f"METADATA * {word} foo $url bar")["ana"] == [
            invalid,
            f":chat.local {numeric} ana foo bar",
        ]


def test_too_many_subscriptions():
    """TOO_MANY_SUBS with the first that was not processed; no further one is (the page)."""
    chat = chat_of("ana", metadata_subscriptions_max=3)
    too_many = ":Too many subscriptions"
    assert chat.say("ana", "METADATA * SUB avatar website")["ana"] == [
        ":chat.local 770 ana avatar website"
    ]
    # The third example of the page: what comes after the last place is not looked at.
    assert chat.say("ana", "METADATA * SUB foo website avatar")["ana"] == [
        fail("TOO_MANY_SUBS", "website", too_many),
        ":chat.local 770 ana foo",
    ]
    assert chat.say("ana", "METADATA * SUB email city")["ana"] == [
        fail("TOO_MANY_SUBS", "email", too_many)
    ]
    assert inside(chat.say("ana", "METADATA * SUBS")["ana"])[1:] == ["772 ana avatar website foo"]


def test_many_keys_take_several_lines():
    """Each key is a parameter, and a line has neither too many nor too long ones."""
    chat = chat_of("ana")
    for letter in "ab":
        keys = " ".join(f"{letter * 30}{number}" for number in range(10))
        lines = chat.say("ana", f"METADATA * SUB {keys}")["ana"]
        assert [len(line.split()) - 3 for line in lines] == [7, 3]
    chat.say("ana", "METADATA * UNSUB " + " ".join(f"{'a' * 30}{n}" for n in range(10)))
    chat.say("ana", "METADATA * UNSUB " + " ".join(f"{'b' * 30}{n}" for n in range(10)))
    chat.say("ana", "METADATA * SUB a b c d e f g", "METADATA * SUB h i j k l m n")
    subs = inside(chat.say("ana", "METADATA * SUBS")["ana"])[1:]
    assert [len(line.split()) - 2 for line in subs] == [13, 1]


@pytest.mark.parametrize("line", ["SUB a", "UNSUB a", "SUBS"])
@pytest.mark.parametrize("target", ["bob", "#lobby", "nobody"])
def test_subscriptions_are_ones_own(line, target):
    """Their target is `*`, or one's nick: INVALID_TARGET (the page, "Standard Replies")."""
    assert chat_of("ana", "bob").say("ana", f"METADATA {target} {line}")["ana"] == [
        fail("INVALID_TARGET", target, ":There is no such target")
    ]


def test_giving_the_capability_back_ends_subscriptions():
    """Who does not understand METADATA is told nothing, and is counted nowhere."""
    chat = chat_of("ana")
    chat.say("ana", "METADATA * SUB a b", "CAP REQ -draft/metadata-2")
    assert chat.world.subscribed == {} and not chat.session("ana").subscriptions
    chat.say("ana", "CAP REQ draft/metadata-2")
    assert inside(chat.say("ana", "METADATA * SUBS")["ana"]) == ["metadata-subs"]


# Labels.


def test_labels():
    """The whole answer is one labelled batch, the other one inside it (labeled-response)."""
    chat = Chat("ana", caps=f"{CAPS} labeled-response")
    lines = chat.say("ana", "@label=x METADATA * LIST")["ana"]
    outer, start, end, last = (line.split() for line in lines)
    reference = outer[3][1:]
    assert outer[0] == "@label=x" and outer[4] == "labeled-response"
    assert start[0] == end[0] == f"@batch={reference}" and start[4:] == ["metadata", "ana"]
    assert last[2] == f"-{reference}"


def test_what_nobody_wants_to_know_costs_nothing():
    """No effect but the answer where no session subscribes to the key."""
    chat = chat_of("ana", "bob")
    chat.say("bob", "METADATA * SUB other")
    chat.say("ana", "METADATA * SET url :x")
    assert not any(isinstance(effect, Announce) for effect in chat.last.effects)
