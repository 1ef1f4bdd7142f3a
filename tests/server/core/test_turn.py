"""One event being decided: server/core/turn.py. Replies, labels and their order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from irc import caps
from irc.names import room_key
from server.core import facts
from server.core.apply import replay
from server.core.effects import (
    Announce,
    Broadcast,
    Close,
    MarkRegistered,
    Outgoing,
    Send,
    SetProfile,
)
from server.core.events import Dialect, SessionId, Stamp
from server.core.facts import UserId
from server.core.settings import Settings
from server.core.turn import Refusal, Turn, fill_lines, label_of
from server.core.world import World

ANA = UserId(1)
FIRST, SECOND, NEW = SessionId(1), SessionId(2), SessionId(3)
LABELS = caps.LABELED_RESPONSE | caps.BATCH


@pytest.fixture
def world() -> World:
    """Ana with two sessions, in #tea; a third session is nobody yet."""
    return replay(
        World(Settings()),
        [
            *(facts.SessionOpened(id_, Dialect.IRC, "::1", True) for id_ in (FIRST, SECOND, NEW)),
            facts.UserAppeared(ANA, "ana", "u", "Ana", "host", "Ana", 1),
            facts.SessionAttached(FIRST, ANA),
            facts.SessionAttached(SECOND, ANA),
            facts.RoomCreated("#tea", frozenset(), 1),
            facts.Joined(ANA, room_key("#tea"), "o"),
        ],
    )


def _turn(world: World, session: SessionId = FIRST, label: str = "") -> Turn:
    return Turn(world, world.sessions[session], Stamp(5000, "s9"), label)


def _sent(turn: Turn) -> list[Outgoing]:
    return [effect.line for effect in turn.finish().effects if isinstance(effect, Send)]


def test_a_turn_knows_who_acts(world):
    """The nick, or before there is one what was asked for, or a star (Modern IRC, "Numerics")."""
    assert _turn(world).user is world.users[ANA]
    assert _turn(world).name == "ana"
    assert _turn(world, NEW).name == "*"
    replay(world, [facts.LoginChanged(NEW, facts.Login(nick="eve"))])
    assert _turn(world, NEW).name == "eve"


def test_message_ids_are_unique(world):
    """One event may say something to several targets; each has its own id (IRCv3 message-ids)."""
    turn = _turn(world)
    assert [turn.new_msgid() for _ in range(3)] == ["s9", "s9-2", "s9-3"]


def test_a_recorded_fact_is_true_at_once_and_kept(world):
    """What a handler reads next is the world after it (docstring of turn)."""
    turn = _turn(world)
    fact = facts.RealnameChanged(ANA, "Ana Ana")
    turn.record(fact)
    assert world.users[ANA].realname == "Ana Ana"
    assert turn.finish().facts == (fact,)


def test_lines_come_from_the_server_or_from_a_user(world):
    """A user's has the account beside it, for account-tag."""
    turn = _turn(world)
    assert turn.line(None, "PONG", "x") == Outgoing("chat.local", "PONG", ("x",), 5000)
    assert turn.line(turn.user, "QUIT") == Outgoing("ana!u@host", "QUIT", (), 5000, account="Ana")


@pytest.mark.parametrize("wild", ["", "a b", ":a"])
def test_what_was_said_cannot_break_a_reply(world, wild):
    """In the middle of a line such text becomes a star; at its end it may stay."""
    turn = _turn(world)
    turn.reply("400", wild, wild)
    turn.reply_plain("FAIL", "X", wild, wild)
    assert [line.params for line in turn.replies] == [("ana", "*", wild), ("X", "*", wild)]


def test_refusals_are_numerics_or_standard_replies(world):
    """A numeric has the nick in front, FAIL has not (IRCv3 standard-replies)."""
    turn = _turn(world)
    turn.refuse(Refusal("403", "#x", "No such channel"))
    turn.refuse(Refusal("FAIL", "X", "CODE", "Text"))
    assert [(line.command, line.params) for line in turn.replies] == [
        ("403", ("ana", "#x", "No such channel")),
        ("FAIL", ("X", "CODE", "Text")),
    ]


def test_the_asker_is_left_out(world):
    """What goes to others does not go to the asking session; its replies come by themselves."""
    turn = _turn(world)
    line = turn.line(turn.user, "AWAY")
    turn.send_to_user(turn.user, line)
    turn.broadcast(room_key("#tea"), line)
    turn.announce(turn.user, line, but=frozenset({SECOND}))
    assert turn.finish().effects == (
        Send(SECOND, line),
        Broadcast(room_key("#tea"), line, FIRST),
        Announce((room_key("#tea"),), line, frozenset({SECOND})),
    )


def test_who_is_in_no_room_is_announced_to_nobody(world):
    """There is nobody to tell."""
    replay(world, [facts.Parted(ANA, room_key("#tea"))])
    turn = _turn(world)
    turn.announce(turn.user, turn.line(turn.user, "QUIT"), but=frozenset())
    assert turn.finish().effects == ()


def test_the_order_of_effects(world):
    """Others first, then the replies, then what follows them, closings last."""
    turn = _turn(world)
    turn.close(FIRST, "bye")
    turn.effect_after_replies(SetProfile(FIRST, 5))
    turn.reply_plain("PONG", "x")
    turn.effect(MarkRegistered(FIRST))
    turn.send(SECOND, turn.line(None, "PONG", "y"))
    assert turn.finish().effects == (
        MarkRegistered(FIRST),
        Send(SECOND, turn.line(None, "PONG", "y")),
        Send(FIRST, turn.line(None, "PONG", "x")),
        SetProfile(FIRST, 5),
        Close(FIRST, "bye"),
    )


# Labels (IRCv3 labeled-response).


def test_without_a_label_replies_go_as_they_are(world):
    """Nothing is wrapped for who did not ask."""
    turn = _turn(world)
    turn.reply("400", "a")
    turn.reply("400", "b")
    assert [(line.label, line.batch) for line in _sent(turn)] == [("", ""), ("", "")]


def test_no_reply_is_an_ack(world):
    """A labelled command is always answered."""
    (line,) = _sent(_turn(world, label="L"))
    assert (line.command, line.params, line.label) == ("ACK", (), "L")


def test_one_reply_carries_the_label(world):
    """No batch around one line."""
    turn = _turn(world, label="L")
    turn.reply("400", "a")
    (line,) = _sent(turn)
    assert (line.command, line.label, line.batch) == ("400", "L", "")


def test_several_replies_are_a_labelled_batch(world):
    """The label is on the start of the batch alone; a batch inside keeps its own reference."""
    turn = _turn(world, label="L")
    turn.reply("400", "a")
    turn.reply_line(Outgoing("srv", "400", ("b",), 5000, batch="inner"))
    start, first, second, end = _sent(turn)
    reference = start.params[0].removeprefix("+")
    assert (start.command, start.params[1], start.label) == ("BATCH", "labeled-response", "L")
    assert (first.batch, second.batch) == (reference, "inner")
    assert (end.command, end.params) == ("BATCH", (f"-{reference}",))
    assert [line.label for line in (first, second, end)] == ["", "", ""]


def test_a_label_counts_only_with_both_capabilities(world):
    """Without batch several replies could not be labelled; over 64 bytes it is none."""
    session = world.sessions[FIRST]
    assert label_of(session, {"label": "L"}) == ""
    session.caps = LABELS
    assert label_of(session, {"label": "L"}) == "L"
    assert label_of(session, {"x": "L"}) == ""
    assert label_of(session, {"label": "é" * 32}) == "é" * 32
    assert label_of(session, {"label": "é" * 32 + "x"}) == ""


# Lists of words.


@given(st.lists(st.text("aé", min_size=1, max_size=200), max_size=60))
def test_words_fill_lines(words):
    """No line is too long, no word is lost, and no line could have held the next line's first."""
    head = Outgoing("chat.local", "353", ("ana", "=", "#tea"), 0)
    lines = [line.params[-1] for line in fill_lines(head, words)]
    assert " ".join(lines) == " ".join(words)
    overhead = len(":chat.local 353 ana = #tea :\r\n")
    assert all(len(line.encode()) + overhead <= 512 for line in lines)
    for line, following in pairwise(lines):
        longer = f"{line} {following.split(' ')[0]}"
        assert len(longer.encode()) + overhead > 512


def test_no_words_are_no_line():
    """Whoever asks gets the end of the list alone."""
    assert list(fill_lines(Outgoing("srv", "353", (), 0), [])) == []


def test_an_act_is_noted_with_who_did_it(world):
    """Nothing is put into the world; the log and the journal have it (docstring of act)."""
    turn = _turn(world)
    turn.act("KICK", "bob", "#tea", "too loud")
    assert turn.facts == [facts.ActNoted(5000, "ana", "Ana", "KICK", "#tea", "bob", "too loud")]
    assert facts.is_durable(turn.facts[0]) and not facts.is_promised(turn.facts[0])
    assert turn.finish().undo == ()
