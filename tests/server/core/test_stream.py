"""Long answers in pieces: server/core/stream.py, and how a turn and `go_on` use it."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from irc.message import parse_line
from server.core.commands import COMMANDS, Command
from server.core.effects import Outgoing, TellWhenDrained
from server.core.events import Drained
from server.core.render import render
from server.core.stream import PIECE_ITEMS, STREAMS_MAX, fill_paced, take_piece
from server.core.turn import fill_lines
from tests.support.chat import Chat

HEAD = Outgoing("chat.local", "353", ("ann", "=", "#tea"), 0)
LONG = PIECE_ITEMS * 2 + 10


@pytest.fixture
def count(monkeypatch):
    """COUNT n answers with n lines (every other thing visited has none); COUNTALL shows others."""

    def items(turn, message):
        for number in range(int(message.params[0])):
            yield None if number % 2 else turn.line(None, "NOTE", turn.name, str(number))
        yield turn.line(None, "NOTE", turn.name, "end")

    def count_all(turn, message):
        for session in turn.user.sessions:
            if session == turn.session.id:
                turn.stream(items(turn, message))
            else:
                turn.stream_to(session, items(turn, message))

    monkeypatch.setitem(
        COMMANDS, "COUNT", Command(lambda turn, message: turn.stream(items(turn, message)), 1)
    )
    monkeypatch.setitem(COMMANDS, "COUNTALL", Command(count_all, 1))


def numbers(lines):
    return [line.split(" ")[-1] for line in lines if " NOTE " in line]


EXPECTED = [str(number) for number in range(0, LONG, 2)] + ["end"]


def test_a_short_answer_is_told_at_once(count):
    """What fits into one piece needs no second event."""
    chat = Chat("ann")

    assert numbers(chat.say("ann", "COUNT 4")["ann"]) == ["0", "2", "end"]
    assert not chat.world.streams


def test_a_long_answer_goes_on_when_the_asker_has_taken_the_first_piece(count):
    """Each piece visits at most PIECE_ITEMS things, and waits for the socket before the next."""
    chat = Chat("ann")
    chat.answers_drains = False

    first = numbers(chat.say("ann", f"COUNT {LONG}")["ann"])
    assert first == EXPECTED[: PIECE_ITEMS // 2]
    assert chat.last.effects[-1] == TellWhenDrained(chat.session("ann").id)

    chat.answers_drains = True
    rest = numbers(chat.event(Drained(chat.drains.pop()))["ann"])
    assert first + rest == EXPECTED
    assert not chat.world.streams


def test_several_long_answers_of_one_turn_share_a_piece(count):
    """Somebody with many sessions in many rooms must not hold the hub up once for each of them."""
    chat = Chat("ann")
    for number in range(3):
        chat.login(f"ann{number}", account="ann")
    chat.answers_drains = False

    heard = chat.say("ann", f"COUNTALL {LONG}")
    assert sum(len(numbers(lines)) for lines in heard.values()) == PIECE_ITEMS // 2

    chat.answers_drains = True
    for drained in [Drained(session) for session in chat.drains]:
        for name, lines in chat.event(drained).items():
            heard.setdefault(name, []).extend(lines)
    assert [numbers(lines) for lines in heard.values()] == [EXPECTED] * 4


def test_other_commands_are_answered_in_between(count):
    """A long answer holds nobody up, its asker neither."""
    chat = Chat("ann")
    chat.answers_drains = False
    chat.say("ann", f"COUNT {LONG}")

    assert chat.say("ann", "PING x")["ann"] == [":chat.local PONG chat.local x"]


def test_several_long_answers_follow_each_other(count):
    """One request for `Drained` at a time, whatever waits."""
    chat = Chat("ann")
    chat.answers_drains = False
    told = numbers(chat.say("ann", f"COUNT {LONG}", f"COUNT {LONG}")["ann"])
    assert len(chat.drains) == 1

    chat.answers_drains = True
    told += numbers(chat.event(Drained(chat.drains.pop()))["ann"])
    assert sorted(told) == sorted(EXPECTED * 2)


def test_a_label_is_on_one_batch_that_ends_with_the_last_piece(count):
    """IRCv3 labeled-response: one labelled batch has all of the answer, however long it takes."""
    chat = Chat("ann", caps="labeled-response batch")

    lines = [parse_line(line.encode()) for line in chat.say("ann", f"@label=x COUNT {LONG}")["ann"]]

    assert (lines[0].command, lines[0].tags) == ("BATCH", {"label": "x"})
    reference = lines[0].params[0][1:]
    assert lines[-1].params == (f"-{reference}",)
    assert {line.tags.get("batch") for line in lines[1:-1]} == {reference}
    assert [line.params[-1] for line in lines[1:-1]] == EXPECTED


def test_other_sessions_get_theirs(count):
    """`stream_to` shows a further session the same, at its own pace."""
    chat = Chat("ann")
    chat.login("phone", "ann")

    heard = chat.say("ann", f"COUNTALL {LONG}")

    assert numbers(heard["ann"]) == EXPECTED
    assert numbers(heard["phone"]) == EXPECTED


def test_who_asks_for_too_much_is_told(count):
    """At most STREAMS_MAX unfinished answers; one more is cut off after its first piece."""
    chat = Chat("ann")
    chat.login("phone", "ann")
    chat.answers_drains = False
    for _ in range(STREAMS_MAX):
        chat.say("phone", f"COUNT {LONG}")

    told = chat.say("phone", f"COUNT {LONG}")["phone"]
    assert told[-1] == (
        ":chat.local 263 ann COUNT :Too many long answers at once: this one was cut off"
    )
    assert len(chat.world.streams[chat.session("phone").id]) == STREAMS_MAX
    heard = chat.say("ann", f"COUNTALL {LONG}")
    assert (len(numbers(heard["ann"])), numbers(heard["phone"])) == (PIECE_ITEMS // 2, [])
    assert len(chat.world.streams[chat.session("phone").id]) == STREAMS_MAX


def test_who_leaves_takes_the_rest_along(count):
    """Nothing is kept for a session that is gone; a late `Drained` is nothing."""
    chat = Chat("ann", "eve")
    chat.answers_drains = False
    session = chat.session("ann").id
    chat.say("ann", f"COUNT {LONG}")
    chat.lose("ann")

    assert not chat.world.streams
    assert not chat.event(Drained(session))
    assert not chat.event(Drained(chat.session("eve").id))


WORDS = st.lists(st.text("abcü", max_size=100))


@given(WORDS)
def test_words_fill_lines(words):
    """Every word is told once, in order, in lines that fit and take the next word in no more."""
    told = list(fill_lines(HEAD, words))

    assert " ".join(line.params[-1] for line in told).split() == [word for word in words if word]
    sizes = [len(render(line, 0)) for line in told]
    assert all(size <= 512 for size in sizes)
    for line, size, following in zip(told, sizes, told[1:], strict=False):
        assert size + 1 + len(following.params[-1].split(" ")[0].encode()) > 512, line


@given(WORDS)
def test_each_word_is_one_step(words):
    """Cost is counted by what is visited, not by what is told."""
    steps = list(fill_paced(HEAD, words))
    has_rest = any(words)
    assert len(steps) == len(words) + has_rest


def test_a_piece_counts_what_is_visited():
    """A piece ends after PIECE_ITEMS things, told of or not."""
    nothing = iter([None] * (PIECE_ITEMS + 1))
    assert take_piece(nothing) == ([], PIECE_ITEMS, False)
    assert take_piece(nothing) == ([], 1, True)
