"""Bans, exceptions, invite exceptions and TBAN, as lines in and lines out."""

from __future__ import annotations

import pytest

from server.core.apply import apply, replay
from server.core.events import ClockTicked
from server.core.facts import ActNoted
from server.core.masks import MASK_BYTES_MAX
from server.core.restore import restored_facts
from server.core.settings import Operator
from server.core.stream import PIECE_ITEMS
from server.core.world import World
from tests.support.chat import Chat


@pytest.fixture
def chat() -> Chat:
    """Ana manages #tea; Bob is in it; Carl is not."""
    chat = Chat("ana", "bob", "carl")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    return chat


def _change(chat: Chat, modes: str) -> list[str]:
    """What Ana hears of `MODE #tea ...`; what the room hears must be the MODE lines of it."""
    heard = chat.say("ana", f"MODE #tea {modes}")
    assert heard["bob"] == [line for line in heard["ana"] if " MODE #tea " in line]
    return [line.removeprefix(":ana!ana@user/ana ") for line in heard["ana"]]


# Lists.


def test_bans_are_added_listed_and_removed(chat):
    """367 for each, with setter and time, and 368; anybody may look (Modern IRC, mode b)."""
    assert _change(chat, "+b Eve") == ["MODE #tea +b Eve!*@*"]
    set_at = chat.at_ms // 1000
    assert _change(chat, "+b eve!*@*") == []
    _change(chat, "+b x@host")
    for question in ("b", "+b", "-b"):
        assert chat.say("carl", f"MODE #tea {question}")["carl"] == [
            f":chat.local 367 carl #tea Eve!*@* ana {set_at}",
            f":chat.local 367 carl #tea *!x@host ana {set_at + 2}",
            ":chat.local 368 carl #tea :End of channel ban list",
        ]
    assert _change(chat, "-b EVE") == ["MODE #tea -b Eve!*@*"]
    assert _change(chat, "-b EVE") == []


@pytest.mark.parametrize(
    ("letter", "entry", "end", "text"),
    [
        ("e", 348, 349, "End of channel exception list"),
        ("I", 346, 347, "End of Channel Invite Exception List"),
    ],
)
def test_exceptions_and_invite_exceptions(chat, letter, entry, end, text):
    """348 and 349, 346 and 347; for who may change the list (Modern IRC, MODE type A: MAY)."""
    assert _change(chat, f"+{letter} ~a:Bob") == [f"MODE #tea +{letter} ~a:Bob"]
    set_at = chat.at_ms // 1000
    assert _change(chat, letter) == [
        f":chat.local {entry} ana #tea ~a:Bob ana {set_at}",
        f":chat.local {end} ana #tea :{text}",
    ]
    for name in ("bob", "carl"):
        assert chat.say(name, f"MODE #tea {letter}")[name] == [
            f":chat.local 482 {name} #tea :You're not channel operator"
        ]
    assert _change(chat, f"-{letter} ~a:BOB") == [f"MODE #tea -{letter} ~a:Bob"]
    assert _change(chat, f"-{letter} ~a:BOB") == []


def test_an_operator_of_the_server_sees_all_lists():
    """They may do what an operator of the room may."""
    chat = Chat("ana", "root", operators={"root": Operator("root", account="root")})
    chat.say("ana", "JOIN #tea")
    assert chat.say("root", "MODE #tea eI")["root"] == [
        ":chat.local 349 root #tea :End of channel exception list",
        ":chat.local 347 root #tea :End of Channel Invite Exception List",
    ]


def test_a_question_beside_changes(chat):
    """The list is that of before; it is given once however often asked."""
    assert _change(chat, "+m+bb") == [
        ":chat.local 368 ana #tea :End of channel ban list",
        "MODE #tea +m",
    ]


def test_a_list_whose_setter_was_forgotten(chat):
    """A star stands for who is nobody any more: an empty parameter would be none."""
    _change(chat, "+b eve")
    for room in (chat.world.rooms["#tea"], chat.mirror.rooms["#tea"]):
        masks = room.masks["b"]
        masks["eve!*@*"] = masks["eve!*@*"].__class__("eve!*@*", "", 5000)
    assert chat.say("bob", "MODE #tea b")["bob"][0] == ":chat.local 367 bob #tea eve!*@* * 5"


@pytest.mark.parametrize(
    ("letter", "mask"),
    [
        ("b", ":a b"),
        ("b", "x" * MASK_BYTES_MAX),
        ("e", "~x:eve"),
        ("I", "~a:"),
        ("I", "~m:eve"),
    ],
)
def test_a_bad_mask_is_refused(chat, letter, mask):
    """ERR_INVALIDMODEPARAM (Modern IRC, 696); nobody is invited to be silent."""
    shown = "*" if mask[0] == ":" else mask
    for sign in "+-":
        assert _change(chat, f"{sign}{letter} {mask}") == [
            f":chat.local 696 ana #tea {letter} {shown} :Mask is not well-formed"
        ]


def test_masks_per_room_max(chat):
    """478 at the limit, of all lists together (ISUPPORT's MAXLIST=beI:N; RFC 2812, 478)."""
    chat.change_settings(masks_per_room_max=2)
    assert _change(chat, "+beI a b c") == [
        ":chat.local 478 ana #tea I :Channel list is full",
        "MODE #tea +be a!*@* b!*@*",
    ]
    assert _change(chat, "-b+I a c") == ["MODE #tea -b+I a!*@* c!*@*"]
    assert _change(chat, "+e b") == []


def test_every_change_is_an_act(chat):
    """Who did it is kept (for `chat-admin log acts`); a key is nobody's business."""
    _change(chat, "+bk-t eve sesame")
    acts = [fact for fact in chat.facts if isinstance(fact, ActNoted)]
    assert [(act.actor_nick, act.what, act.room, act.target, act.reason) for act in acts] == [
        ("ana", "MODE", "#tea", "eve!*@*", "+b"),
        ("ana", "MODE", "#tea", "*", "+k"),
        ("ana", "MODE", "#tea", "", "-t"),
    ]


# What lists do.


def test_who_is_excepted_comes_in(chat):
    """A ban does not hold for whom an exception is about (Modern IRC, "Exception Channel Mode")."""
    _change(chat, "+b *!*@*")
    assert chat.say("carl", "JOIN #tea")["carl"] == [
        ":chat.local 474 carl #tea :Cannot join channel (+b)"
    ]
    _change(chat, "+e ~a:carl")
    assert chat.say("carl", "JOIN #tea")["carl"][0].endswith(" JOIN #tea")
    assert chat.say("carl", "PRIVMSG #tea :hi")["ana"]


def test_who_is_expected_comes_in(chat):
    """Without an invitation (Modern IRC, "Invite-Exception Channel Mode")."""
    _change(chat, "+i")
    assert " 473 " in chat.say("carl", "JOIN #tea")["carl"][0]
    _change(chat, "+I ~a:bob")
    assert " 473 " in chat.say("carl", "JOIN #tea")["carl"][0]
    _change(chat, "+I carl!*@user/*")
    assert chat.say("carl", "JOIN #tea")["carl"][0].endswith(" JOIN #tea")


def test_an_account_ban_is_about_the_account(chat):
    """Whatever the nick (IRCv3 account-extban)."""
    _change(chat, "+b ~a:CARL")
    assert " 474 " in chat.say("carl", "JOIN #tea")["carl"][0]


def test_who_is_muted_comes_in_and_is_silent(chat):
    """404 for what they say (Modern IRC, 404); a voice lifts it."""
    _change(chat, "+b ~m:~a:carl")
    assert chat.say("carl", "JOIN #tea")["carl"][0].endswith(" JOIN #tea")
    assert chat.say("carl", "PRIVMSG #tea :hi") == {
        "carl": [":chat.local 404 carl #tea :Cannot send to channel"]
    }
    chat.say("ana", "MODE #tea +v carl")
    assert chat.say("carl", "PRIVMSG #tea :hi")["ana"]


# For a time.


def _tick(chat: Chat, seconds: int) -> dict[str, list[str]]:
    """The clock goes on (each step takes a second), then it is looked at."""
    chat.at_ms += (seconds - 1) * 1000
    return chat.event(ClockTicked())


@pytest.mark.parametrize("capability", ["", "standard-replies"])
def test_a_timed_ban_ends_by_itself(capability):
    """Everybody there sees it begin by its setter and end by the server."""
    chat = Chat("ana", "bob", caps=capability)
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    told = {
        "": ":chat.local NOTICE ana :#tea eve!*@*: It ends by itself after 1m 30s",
        "standard-replies": ":chat.local NOTE TBAN TIMED #tea eve!*@*"
        " :It ends by itself after 1m 30s",
    }
    begun = ":ana!ana@user/ana MODE #tea +b eve!*@*"
    heard = chat.say("ana", "TBAN #tea 90 eve")
    assert heard == {"ana": [begun, told[capability]], "bob": [begun]}
    set_at = chat.at_ms // 1000
    assert chat.say("bob", "MODE #tea b")["bob"][0] == (
        f":chat.local 367 bob #tea eve!*@* ana {set_at}"
    )
    assert _tick(chat, 88) == {}
    ended = ":chat.local MODE #tea -b eve!*@*"
    assert _tick(chat, 1) == {"ana": [ended], "bob": [ended]}
    assert chat.world.rooms["#tea"].masks == {}
    assert chat.world.deadlines == []
    assert _tick(chat, 1000) == {}


def test_a_timed_mute(chat):
    """Any mask of the ban list may have an end."""
    chat.say("ana", "TBAN #tea 10m ~m:~a:bob")
    assert " 404 " in chat.say("bob", "PRIVMSG #tea :hi")["bob"][0]
    assert _tick(chat, 600)["bob"] == [":chat.local MODE #tea -b ~m:~a:bob"]
    assert chat.say("bob", "PRIVMSG #tea :hi")["ana"]


def test_a_ban_that_was_lifted_before_does_not_end_again(chat):
    """Nor does one that was set anew, for ever."""
    chat.say("ana", "TBAN #tea 10 eve", "MODE #tea -b eve")
    assert _tick(chat, 60) == {}
    chat.say("ana", "TBAN #tea 10 eve", "MODE #tea -b+b eve eve")
    assert _tick(chat, 60) == {}
    assert list(chat.world.rooms["#tea"].masks["b"]) == ["eve!*@*"]
    chat.say("ana", "MODE #tea -b eve", "TBAN #tea 10 eve", "PART #tea")
    chat.say("bob", "PART #tea")
    assert _tick(chat, 60)["ana"] == []


def test_a_room_that_is_gone_has_no_bans_to_end():
    """A guest's room ends with its last member."""
    chat = Chat("ana", accounts_required=False)
    chat.say("ana", "JOIN #tea", "TBAN #tea 10 eve", "PART #tea")
    assert _tick(chat, 60) == {}


def test_another_end_is_told_again(chat):
    """By TBAN a ban gets an end or another one; by MODE +b it is for ever."""
    again = "MODE #tea +b eve!*@*"
    _change(chat, "+b eve")
    assert chat.say("ana", "TBAN #tea 10 EVE")["bob"] == [f":ana!ana@user/ana {again}"]
    assert chat.say("ana", "TBAN #tea 100 eve")["bob"] == [f":ana!ana@user/ana {again}"]
    assert chat.say("ana", "TBAN #tea 99 eve")["bob"] == []
    assert _tick(chat, 10) == {}
    assert _change(chat, "+b eve") == [again]
    assert _tick(chat, 1000) == {}
    assert chat.world.rooms["#tea"].masks["b"]["eve!*@*"].until_ms == 0


def test_a_timed_ban_ends_after_a_restart(chat):
    """Its end is kept with it."""
    chat.say("ana", "TBAN #tea 1h eve")
    chat.reader()
    chat.log.restore()
    again = World(chat.world.settings)
    replay(again, restored_facts(chat.world.settings, chat.log.restore()))
    assert again.rooms["#tea"].masks == chat.world.rooms["#tea"].masks
    assert again.deadlines == chat.world.deadlines


def test_an_end_that_cannot_be_kept_comes_again(chat):
    """The log is full: the ban is still there, and its end is still to come."""
    chat.say("ana", "TBAN #tea 10 eve")
    _tick(chat, 60)
    for fact in chat.last.undo:
        for world in (chat.world, chat.mirror):
            apply(world, fact)
    assert _tick(chat, 1)["bob"] == [":chat.local MODE #tea -b eve!*@*"]


@pytest.mark.parametrize("length", ["0", "x", "366d", "-5", "1.5h"])
def test_a_bad_duration_is_refused(chat, length):
    """Above nothing, and at most a year."""
    sentence = "A duration is such as 90, 10m, 1h30m or 2d, and at most a year"
    assert chat.say("ana", f"TBAN #tea {length} eve")["ana"] == [
        f":chat.local 696 ana #tea b {length} :{sentence}"
    ]
    assert chat.say("ana", "TBAN #tea 365d eve")["bob"]


def test_who_may_ban_for_a_time(chat):
    """As for MODE: 403, 442, 482; and 461 and 696."""
    for name, line, numeric in (
        ("ana", "TBAN #none 10 eve", 403),
        ("carl", "TBAN #tea 10 eve", 442),
        ("bob", "TBAN #tea 10 eve", 482),
        ("ana", "TBAN #tea 10", 461),
        ("ana", "TBAN #tea 10 ~x:eve", 696),
    ):
        assert f" {numeric} {name} " in chat.say(name, line)[name][0]
    assert chat.world.rooms["#tea"].masks == {}


# A nick is no way out.


def test_who_is_silenced_keeps_the_nick():
    """As other servers have it; 437 with the room (RFC 2812, 437). A voice, or leaving, helps."""
    chat = Chat("ana", "bob", nick_policy="free")
    chat.say("ana", "JOIN #tea")
    chat.say("bob", "JOIN #tea")
    chat.say("ana", "MODE #tea +b ~m:bob")
    assert chat.say("bob", "NICK robert")["bob"] == [
        ":chat.local 437 bob #tea :You cannot change your nickname while you may not speak here"
    ]
    chat.say("ana", "MODE #tea +v bob")
    assert chat.say("bob", "NICK robert")["bob"] == [":bob!bob@user/bob NICK robert"]


# Long lists.


def test_a_long_list_comes_in_pieces(chat):
    """As the asker takes it, so that no list holds the hub; what is gone meanwhile is left out."""
    chat.change_settings(masks_per_room_max=1000)
    for number in range(150):
        _change(chat, f"+b n{number}")
    chat.answers_drains = False
    assert len(chat.say("carl", "MODE #tea b")["carl"]) == PIECE_ITEMS
    _change(chat, "-b n120")
    _change(chat, "-b+b n130 n130")
    chat.answers_drains = True
    rest = chat.say("ana", "PING x")["carl"]
    assert len(rest) == 150 - PIECE_ITEMS - 2 + 1
    assert rest[-1] == ":chat.local 368 carl #tea :End of channel ban list"


# Leaving is no last word.


@pytest.mark.parametrize(
    ("line", "with_reason", "without"),
    [
        ("PART #tea :so there", "PART #tea :so there", "PART #tea"),
        ("QUIT :so there", "QUIT :Quit: so there", "QUIT :Quit: "),
    ],
)
def test_a_muted_member_leaves_without_a_word(chat, line, with_reason, without):
    """The reason would be a way to speak; a voice gives it back."""
    chat.say("carl", "JOIN #tea")
    chat.say("ana", "MODE #tea +bbv ~m:bob ~m:carl carl")
    assert chat.say("bob", line)["ana"] == [f":bob!bob@user/bob {without}"]
    assert chat.say("carl", line)["ana"] == [f":carl!carl@user/carl {with_reason}"]
