"""Each promised fact and its opposite leave the world as it was (server/core/undo.py)."""

import copy

import pytest

from irc.names import NickKey, RoomKey
from server.core import facts
from server.core.apply import apply
from server.core.facts import UserId
from server.core.settings import Settings
from server.core.undo import INVERTIBLE, opposite, take_back
from server.core.world import World
from tests.support.chat import Chat

TEA = RoomKey("#tea")
ANA = UserId(1)


def state(world):
    """What a promised fact may change."""
    return copy.deepcopy(
        (
            *(world.rooms, world.users, world.sequences, world.markers, world.owned),
            *(world.address_bans, world.metadata),
        )
    )


@pytest.fixture
def world():
    """A room with a topic, a key, a limit, a ban and somebody in it."""
    world = World(Settings())
    for fact in (
        facts.UserAppeared(ANA, "ana", "ana", "Ana", "h", "ana", 1),
        facts.RoomCreated("#tea", frozenset("nt"), 1),
        facts.Joined(ANA, TEA, "o"),
        facts.TopicChanged(TEA, "old", "bob", 2),
        facts.RoomKeyChanged(TEA, "old"),
        facts.RoomLimitChanged(TEA, 5),
        facts.MaskAdded(TEA, "b", "Eve!*@*", "ana", 3),
        facts.AddressBanned("192.0.2.1", "x", "ana", 3, 9),
        facts.Said("m", 4, TEA, 7, ANA, "s", "ana", "#tea", "PRIVMSG", "x"),
        facts.Said("k", 4, "#old", 3, ANA, "s", "ana", "#old", "PRIVMSG", "x"),
        facts.MarkerMoved(NickKey("ana"), "#old", 2),
        facts.MarkerMoved(NickKey("ana"), TEA, 3),
        facts.UserAppeared(UserId(2), "bob", "bob", "Bob", "h", "bob", 1),
        facts.Invited(TEA, UserId(2)),
        facts.RoomFounded(TEA, "#tea", NickKey("ana"), frozenset("nt"), 1),
        facts.RoomAccessChanged(TEA, NickKey("ana"), "o"),
        facts.RoomPaceChanged(TEA, 5),
        facts.PaceTaken(TEA, "ana", 7),
        facts.AccountMetadataChanged(NickKey("ana"), "url", "old"),
        facts.RoomMetadataChanged(TEA, "url", "old"),
    ):
        apply(world, fact)
    return world


@pytest.mark.parametrize(
    "fact",
    [
        facts.Said("n", 4, TEA, 8, ANA, "s", "ana", "#tea", "PRIVMSG", "x"),
        facts.Said("n", 4, facts.Conversation("a,b"), 1, ANA, "s", "ana", "b", "PRIVMSG", "x"),
        facts.TopicChanged(TEA, "new", "ana", 9),
        facts.RoomFlagChanged(TEA, "m", True),
        facts.RoomFlagChanged(TEA, "n", False),
        facts.RoomKeyChanged(TEA, ""),
        facts.RoomLimitChanged(TEA, 0),
        facts.MaskAdded(TEA, "b", "x!*@*", "ana", 9),
        facts.MaskAdded(TEA, "e", "x!*@*", "ana", 9, 99),
        facts.MaskAdded(TEA, "b", "eve!*@*", "bob", 9, 99),
        facts.MaskRemoved(TEA, "b", "eve!*@*"),
        facts.RoomPaceChanged(TEA, 9),
        facts.RoomPaceChanged(TEA, 0),
        facts.PaceTaken(TEA, "ana", 9),
        facts.PaceTaken(TEA, "bob", 9),
        facts.RoomOwnerChanged(TEA, NickKey("bob")),
        facts.RoomOwnerChanged(TEA, NickKey("")),
        facts.RoomAccessChanged(TEA, NickKey("ana"), ""),
        facts.RoomAccessChanged(TEA, NickKey("bob"), "v"),
        facts.RoomRenamed(TEA, "#TEA", "#tea 1", 9),
        facts.RoomRenamed(TEA, "#green", "#green 1", 9),
        facts.RoomRenamed(TEA, "#old", "#old 1", 9),
        facts.MemberFlagChanged(TEA, ANA, "v", True),
        facts.AddressBanned("192.0.2.1", "y", "bob", 4),
        facts.AddressBanned("192.0.2.2", "y", "bob", 4),
        facts.AddressUnbanned("192.0.2.1"),
        facts.MemberFlagChanged(TEA, ANA, "o", False),
        facts.AccountMetadataChanged(NickKey("ana"), "url", "new"),
        facts.AccountMetadataChanged(NickKey("ana"), "url", None),
        facts.AccountMetadataChanged(NickKey("bob"), "url", ""),
        facts.RoomMetadataChanged(TEA, "url", None),
        facts.RoomMetadataChanged(TEA, "a", ""),
    ],
)
def test_the_opposite_takes_it_back(world, fact):
    """Asked before, applied after: nothing is left of the fact."""
    before = state(world)

    back = opposite(world, fact)
    apply(world, fact)
    assert state(world) != before
    apply(world, back)

    assert state(world) == before


def test_all_that_is_promised_has_an_opposite(world):
    """A fact that nobody may hear of before it is kept must be one that can be taken back."""
    assert set(facts.PROMISED) <= set(INVERTIBLE)


def test_other_facts_have_none(world):
    """Whoever asks is wrong, and hears so."""
    with pytest.raises(TypeError, match="UserLeft"):
        opposite(world, facts.UserLeft(ANA))


def test_a_command_takes_back_all_it_did():
    """MODE changes several things at once; taken back, the world is as before, last first."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    before = state(chat.world)

    chat.say("ana", "MODE #tea +mvkb-t bob secret x!*@*")
    assert chat.world.rooms[TEA].key == "secret"
    for fact in chat.last.undo:
        apply(chat.world, fact)

    assert state(chat.world) == before


def test_what_promises_nothing_has_nothing_to_take_back():
    """A join is as good as done: it depends on no log."""
    chat = Chat("ana")
    chat.say("ana", "JOIN #tea")
    assert chat.last.undo == chat.last.instead == ()
    chat.say("ana", "MODE #tea +v ana")
    assert chat.last.undo == chat.last.instead == ()


def test_the_refusal_has_the_label_and_the_dialect():
    """FAIL with the command and the label on IRC, one word in the simple dialect."""
    chat = Chat("ana", caps="labeled-response batch echo-message")
    chat.login_simple("bob")
    chat.say("ana", "@label=7 PRIVMSG #lobby :hi")
    (refusal,) = chat.last.instead
    assert (refusal.line.label, refusal.line.params[:2]) == ("7", ("PRIVMSG", "STORAGE_ERROR"))
    chat.say("bob", "MSG hi")
    (refusal,) = chat.last.instead
    assert refusal.text == "ERR storage_error"


def test_restored_rooms_and_accounts(world):
    """A founder's room exists without members; a founded one keeps who is in it."""
    apply(world, facts.RoomFounded(TEA, "#tea", NickKey("ana"), frozenset("nt"), 1))
    apply(world, facts.RoomFounded(RoomKey("#new"), "#New", NickKey("ana"), frozenset("n"), 2))
    apply(world, facts.AccountSeen(NickKey("ana"), 3))
    apply(world, facts.Parted(ANA, TEA))

    assert world.rooms[TEA].founder == "ana"
    assert world.rooms[RoomKey("#new")].name == "#New"


def refuse(chat, *said):
    """Several lines become one batch of the hub, and the log is full. Each is (who, line)."""
    decided = []
    for name, line in said:
        chat.say(name, line)
        decided.append((chat.last.facts, chat.last.undo))
    take_back(chat.world, decided)


def test_a_room_that_is_gone_meanwhile():
    """Its settings cannot be taken back, and need not be: a guest's room ends with its members."""
    chat = Chat("ana", accounts_required=False)
    chat.say("ana", "JOIN #tea")
    refuse(chat, ("ana", "MODE #tea +mkb x y!*@*"), ("ana", "TOPIC #tea :x"), ("ana", "PART #tea"))
    assert TEA not in chat.world.rooms


def test_a_room_that_was_made_anew_meanwhile():
    """It keeps what it has: the key of the old one is not put on it, and no mask is missing."""
    chat = Chat("ana", accounts_required=False)
    chat.say("ana", "JOIN #tea", "MODE #tea +k old")
    refuse(
        chat,
        ("ana", "MODE #tea -k+b old x!*@*"),
        ("ana", "PART #tea"),
        ("ana", "JOIN #tea"),
        ("ana", "MODE #tea +m"),
    )
    room = chat.world.rooms[TEA]
    assert (room.key, room.masks, room.modes) == ("", {}, frozenset("nt"))


def test_a_member_who_is_gone_meanwhile():
    """There is no letter to take back from them; the rest of the command is."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    refuse(chat, ("ana", "MODE #tea +vm bob"), ("bob", "PART #tea"))
    assert chat.world.rooms[TEA].modes == frozenset("nt")
