"""The reader's answers (server/core/history_answer.py): what the chat's own tests do not reach."""

import pytest

from irc import caps
from irc.names import NickKey, RoomKey
from server.core.effects import ReadHistory
from server.core.events import SessionId
from server.core.facts import Conversation, RoomFounded, Said, UserId
from server.core.history import AtMsgid, AtSeq, AtTime
from server.core.history_answer import PAGE_BYTES_MAX, REPLAY_LINES_MAX, answer, excuse
from server.core.requests import (
    Asker,
    MissedRequest,
    PageRequest,
    Place,
    ReplayRequest,
    SearchRequest,
    TargetsRequest,
)
from tests.support.memory_log import MemoryLog, MemoryReader

TEA = Conversation("#tea")
ANA = Asker("Ana", NickKey("ana"), 0)
SERVER = "chat.local"


def said(at_ms, text, conversation=TEA, account="bob", seq=0, tags=""):
    """A message; its id is its time."""
    target = "#tea" if conversation == TEA else "somebody"
    source = f"{account}!u@user/{account}"
    fact = ("PRIVMSG", text, tags)
    return Said(
        f"m{at_ms}", at_ms, conversation, seq or at_ms, UserId(1), source, account, target, *fact
    )


def reader_of(*facts):
    """A reader of these."""
    log = MemoryLog()
    log.accept([RoomFounded(RoomKey("#tea"), "#tea", NickKey("ana"), frozenset(), 0), *facts])
    return MemoryReader(log)


def ask(reader, request):
    """The texts of the answer."""
    question = ReadHistory(SessionId(1), request, "r", 1000)
    return [line.params[-1] for line in answer(question, reader, SERVER)]


def page(subcommand, first=None, second=None, *, since_ms=0, limit=100):
    """A page of the room, for somebody without batches."""
    return PageRequest(ANA, subcommand, Place(TEA, "#tea", since_ms), first, second, limit)


# A room that was made anew.


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (page("LATEST", since_ms=4), "45"),
        (page("LATEST", AtTime(1), since_ms=4), "45"),
        (page("BEFORE", AtTime(5), since_ms=4), "4"),
        (page("AFTER", AtTime(1), since_ms=4, limit=1), "4"),
        (page("AROUND", AtTime(4), since_ms=4), "45"),
        (page("BETWEEN", AtTime(1), AtTime(9), since_ms=4, limit=1), "4"),
        (page("BETWEEN", AtTime(9), AtTime(1), since_ms=4), "45"),
        (page("AFTER", AtMsgid("m1"), since_ms=4), "45"),
    ],
)
def test_what_was_said_before_is_not_told(request_, found):
    """Those who were in the room of that name before said it to others."""
    reader = reader_of(*(said(number, str(number)) for number in range(1, 6)))
    assert "".join(ask(reader, request_)) == found


def test_nor_that_something_was_said():
    """TARGETS and SEARCH keep to it as well."""
    reader = reader_of(said(1, "1"))
    place = Place(TEA, "#tea", since_ms=2)
    assert ask(reader, TargetsRequest(ANA, (place,), 0, 9, 9, {})) == []
    assert ask(reader, SearchRequest(ANA, (place,), False, "", None, None, None, 9, {})) == []


# Large messages.


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (page("LATEST"), "345"),
        (page("BEFORE", AtTime(9)), "345"),
        (page("AFTER", AtTime(0)), "123"),
        (page("AROUND", AtTime(3)), "234"),
        (page("BETWEEN", AtTime(0), AtTime(9)), "123"),
        (page("BETWEEN", AtTime(9), AtTime(0)), "345"),
        (page("BETWEEN", AtMsgid("m1"), AtTime(9)), "234"),
        (page("BETWEEN", AtTime(9), AtMsgid("m1")), "345"),
        (page("BETWEEN", AtSeq(0), AtTime(9)), "123"),
    ],
)
def test_an_answer_has_a_size(request_, found):
    """What is too much is left out where the next page begins: nothing is lost between pages."""
    tags = "+x=" + "y" * (PAGE_BYTES_MAX * 3 // 10)
    reader = reader_of(*(said(number, str(number), tags=tags) for number in range(1, 6)))
    assert "".join(ask(reader, request_)) == found


def test_one_message_is_always_told():
    """However large, or nobody could get past it."""
    reader = reader_of(said(1, "x" * PAGE_BYTES_MAX * 2))
    assert len(ask(reader, page("LATEST"))) == 1


def test_a_replay_is_bounded():
    """By lines, for all rooms together; each has one at least."""
    reader = reader_of(*(said(number, str(number)) for number in range(1, 9)))
    rooms = tuple(Place(TEA, "#tea", last_seq=8) for _ in range(REPLAY_LINES_MAX // 2))
    assert len(ask(reader, ReplayRequest(ANA, rooms, 5))) == 2 * len(rooms)
    assert len(ask(reader, ReplayRequest(ANA, rooms * 4, 5))) == 4 * len(rooms)


def test_a_replay_ends_where_live_messages_begin():
    """What was said after the JOIN was delivered."""
    reader = reader_of(*(said(number, str(number)) for number in range(1, 9)))
    found = ask(reader, ReplayRequest(ANA, (Place(TEA, "#tea", last_seq=5),), 2))
    assert [text[-1] for text in found] == ["4", "5"]


# Private messages.


def missed(limit, since_ms=0, until_ms=100):
    """The request."""
    names = {NickKey("bob"): "Bob"}
    return MissedRequest(ANA, since_ms, until_ms, limit, names)


def test_missed_messages_of_several_people():
    """The newest first into the limit, where one's own count, too; that there are more is told."""
    bob, eve = Conversation("ana,bob"), Conversation("ana,eve")
    reader = reader_of(
        said(1, "b1", bob, seq=1),
        said(2, "e1", eve, "eve", seq=1),
        said(3, "b2", bob, seq=2),
        said(4, "mine", bob, "ana", seq=3),
        said(200, "later", eve, "eve", seq=2),
    )

    def texts(request):
        return [text.partition("] ")[2] or text for text in ask(reader, request)]

    assert texts(missed(9)) == ["b1", "b2"]
    assert texts(missed(9, until_ms=200)) == ["b1", "b2", "e1", "later"]
    assert texts(missed(9, since_ms=3)) == ["b2"]
    notice = "Only the last of the messages you have missed are shown"
    assert texts(missed(3, until_ms=200)) == [notice, "e1", "later"]
    assert texts(missed(1, until_ms=200)) == [notice, "later"]


def test_names_are_those_of_today():
    """A client sorts private messages by nick, and the nick may have been another."""
    reader = reader_of(said(1, "hi", Conversation("ana,bob"), seq=1))
    (line,) = answer(ReadHistory(SessionId(1), missed(9), "r", 1000), reader, SERVER)
    assert line.source == "Bob!u@user/bob"
    assert line.params[0] == "Ana"


# What goes wrong.


@pytest.mark.parametrize(
    ("request_", "params"),
    [
        (page("LATEST"), ("CHATHISTORY", "MESSAGE_ERROR", "LATEST", "#tea")),
        (TargetsRequest(ANA, (), 0, 9, 9, {}), ("CHATHISTORY", "MESSAGE_ERROR", "TARGETS", "*")),
        (
            SearchRequest(ANA, (), True, "", None, None, None, 9, {}),
            ("SEARCH", "INTERNAL_ERROR"),
        ),
        (ReplayRequest(ANA, (), 9), ("Ana",)),
        (missed(9), ("Ana",)),
    ],
)
def test_every_question_has_an_excuse(request_, params):
    """FAIL with the label; a notice to who did not ask."""
    line = excuse(ReadHistory(SessionId(1), request_, "r", 1000, "7"), SERVER)
    assert line.params[:-1] == params
    assert (line.command, line.label) == (("NOTICE", "") if params == ("Ana",) else ("FAIL", "7"))


def test_a_search_everywhere():
    """The given rooms, and all private conversations; with `after` the oldest come first."""
    reader = reader_of(
        said(1, "one hi"),
        said(2, "two hi", Conversation("ana,bob"), seq=1),
        said(3, "not mine hi", Conversation("bob,eve"), seq=1),
    )
    places = (Place(TEA, "#tea"),)

    def search(*, everywhere=True, after_ms=None, limit=9):
        names: dict[NickKey, str] = {}
        request = SearchRequest(ANA, places, everywhere, "hi", None, after_ms, None, limit, names)
        return ask(reader, request)

    assert search() == ["one hi", "two hi"]
    assert search(everywhere=False) == ["one hi"]
    assert search(limit=1) == ["two hi"]
    assert search(limit=1, after_ms=0) == ["one hi"]


def test_a_search_is_a_batch():
    """Of the type of soju.im/search."""
    asker = Asker("Ana", NickKey("ana"), caps.BATCH)
    request = SearchRequest(asker, (), True, "", None, None, None, 9, {})
    lines = answer(ReadHistory(SessionId(1), request, "r", 1000, "7"), reader_of(), SERVER)
    assert [line.params for line in lines] == [("+r", "soju.im/search"), ("-r",)]
    assert lines[0].label == "7"
