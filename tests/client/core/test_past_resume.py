"""What was said while we were away: IRCv3 draft/chathistory, and gaps."""

import pytest

from client.core import events as e
from client.core.events import HistoryBegins, MessageReceived, Purpose
from client.core.view import rings
from tests.support.irc_keeper import KeepingServer
from tests.support.irc_wire import ROOM, asked, come, kinds, run, talk


@pytest.fixture
def server():
    return KeepingServer()


def test_back_after_a_loss(server):
    """Everything since the last message, page by page, then what is live; and it says how many."""
    server.page_max = 4
    talk(server, 2)
    ana = come(server)
    ana.cut()
    talk(server, 10, start=2)
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in range(12)]
    begins = kinds(ana, HistoryBegins)[-1]
    assert (begins.purpose, begins.count) == (Purpose.RESUME, 10)
    assert sum("AFTER" in line for line in asked(server)) == 3


def test_page_that_was_cut_for_its_size(server):
    """A server may bound a page by bytes as well: a big one is not the last, however few it has."""
    server.page_chars_max = 31_000
    ana = come(server)
    ana.cut()
    for number in range(200):
        server.say("bob", ROOM, f"{number} {'x' * 400}")
    ana.connect()
    run(ana)
    assert len(ana.screen(ROOM)) == 200


def test_by_time_where_ids_are_not_liked(server):
    """A server may know only timestamps (MSGREFTYPES)."""
    server.references = "timestamp"
    talk(server, 2)
    ana = come(server)
    ana.cut()
    talk(server, 2, start=2)
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in range(4)]
    assert not any("msgid=" in line for line in asked(server))


def test_last_message_is_gone(server):
    """Where the message that we saw last is kept no more, its time is as good; gaps are told."""
    talk(server, 3)
    ana = come(server)
    ana.cut()
    talk(server, 3, start=3)
    del server.log[:4]
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in (0, 1, 2, 4, 5)]
    (gap,) = kinds(ana, e.GapFound)
    assert gap.missing == 1


def test_nothing_helps_but_the_latest(server):
    """A server that knows neither place still has its latest messages."""
    talk(server, 3)
    ana = come(server)
    ana.cut()
    talk(server, 60, start=3)
    server.refused = frozenset({"AFTER"})
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in (*range(3), *range(13, 63))]
    assert [gap.missing for gap in kinds(ana, e.GapFound)] == [10]


def test_server_that_refuses_everything(server):
    """Then there is no history, what is live goes on, and a gap shows where it is known."""
    talk(server, 3)
    ana = come(server)
    ana.cut()
    talk(server, 3, start=3)
    server.refused = frozenset({"AFTER", "LATEST", "TARGETS"})
    ana.connect()
    ana.say(ROOM, "oi")
    run(ana)
    assert ana.screen(ROOM) == ["text 0", "text 1", "text 2", "oi"]
    assert [gap.missing for gap in kinds(ana, e.GapFound)] == [3]


def test_server_that_does_not_answer(server):
    """After 15 s without an answer we go on without history; nothing that came is lost."""
    server.silent = frozenset({"CHATHISTORY"})
    ana = come(server)
    server.say("bob", ROOM, "live")
    server.say("bob", "ana", "psst")
    ana.say(ROOM, "oi")
    run(ana)
    assert ana.screen(ROOM) == ana.screen("bob") == []
    due_ms = ana.session.next_tick_ms()
    ana.session.tick(due_ms - 1)
    run(ana)
    assert ana.screen(ROOM) == []
    ana.session.tick(due_ms)
    run(ana)
    assert ana.screen(ROOM) == ["live", "oi"]
    assert [event.is_missing for event in kinds(ana, e.HistoryEnds)] == [True]
    assert ana.screen("bob") == ["psst"]


def test_refused_list_of_conversations(server):
    """It costs only itself: rooms are asked for all the same."""
    talk(server, 2)
    server.refused = frozenset({"TARGETS"})
    ana = come(server)
    assert ana.screen(ROOM) == ["text 0", "text 1"]
    server.silent = frozenset({"CHATHISTORY"})
    ana.session.join(["#ops"])
    run(ana)
    assert ana.session.awaits_history("#ops") and not ana.session.awaits_history(ROOM)


def test_marker_that_is_never_told(server):
    """A conversation whose marker does not come holds nothing for ever."""
    server.say("bob", "ana", "old")
    server.silent = frozenset({"MARKREAD"})
    ana = come(server, rooms=())
    server.say("carol", "ana", "psst")
    run(ana)
    assert ana.screen("carol") == []
    ana.session.tick(ana.session.next_tick_ms())
    run(ana)
    assert ana.screen("carol") == ["psst"]


def test_live_lines_wait_for_their_history(server):
    """What comes while a page is on its way shows behind it, and rings."""
    talk(server, 2)
    server.silent = frozenset({"CHATHISTORY"})
    ana = come(server)
    server.say("bob", ROOM, "ana: live")
    run(ana)
    assert ana.screen(ROOM) == []
    server.silent = frozenset()
    ana.peer.receive(b"CHATHISTORY LATEST #lobby * 50\r\n")
    run(ana)
    assert ana.screen(ROOM) == ["text 0", "text 1", "ana: live"]
    assert rings(kinds(ana, MessageReceived)[-1])


def no_targets(server, ana):
    """The list of conversations with news is empty; nothing else is answered."""
    server.silent = frozenset({"CHATHISTORY"})
    run(ana)
    label = ana.session._state.connection.fetching.current.label
    ana.peer.send("BATCH", "+t", "draft/chathistory-targets", label=label)
    ana.peer.send("BATCH", "-t")


@pytest.mark.parametrize("known", [True, False])
def test_break_in_the_middle_of_catching_up(server, known):
    """A line that breaks before a conversation's page is here finds us as far back as we were."""
    ana = come(server)
    if known:
        server.say("bob", "ana", "known")
        run(ana)
    ana.cut()
    server.say("bob", "ana", "meanwhile")
    server.now_ms += 1_000
    ana.connect()
    while not any("AFTER bob" in line for line in server.lines):
        ana.move(40, 40)
    ana.cut()
    server.say("carol", ROOM, "later")
    ana.connect()
    run(ana)
    assert ana.screen("bob") == ["known", "meanwhile"][1 - known :]
    assert not kinds(ana, e.GapFound)


def test_too_much_to_hold_is_asked_for(server, monkeypatch):
    """What is held is bounded: a line that was dropped comes with the next page."""
    monkeypatch.setattr("client.core.showing.HELD_MAX", 3)
    talk(server, 1)
    ana = come(server)
    ana.cut()
    ana.connect()
    no_targets(server, ana)
    run(ana)
    question = server.lines[-1]
    assert "AFTER" in question
    talk(server, 8, start=1)
    run(ana)
    assert ana.screen(ROOM) == ["text 0"]
    server.silent = frozenset()
    ana.peer.receive(question.encode() + b"\r\n")
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in range(9)]
    assert not kinds(ana, e.GapFound)


def test_too_much_private_to_hold_is_asked_for(server, monkeypatch):
    """The same for people, while it is not known yet who has news."""
    monkeypatch.setattr("client.core.showing.HELD_MAX", 3)
    ana = come(server, rooms=())
    ana.cut()
    ana.connect()
    server.silent = frozenset({"CHATHISTORY"})
    run(ana)
    talk(server, 8, room="ana")
    server.say("carol", "ana", "psst")
    run(ana)
    assert ana.screen("bob") == ana.screen("carol") == []
    no_targets(server, ana)
    server.silent = frozenset()
    run(ana)
    assert ana.screen("bob") == [f"text {number}" for number in range(8)]
    assert ana.screen("carol") == ["psst"]


def test_page_that_is_lost_while_others_wait(server):
    """Giving up shows what was held of every window."""
    talk(server, 1)
    ana = come(server)
    ana.cut()
    ana.connect()
    no_targets(server, ana)
    run(ana)
    talk(server, 1, start=1)
    run(ana)
    ana.session.tick(ana.session.next_tick_ms())
    run(ana)
    assert ana.screen(ROOM) == ["text 0", "text 1"]


def test_a_great_deal_is_shown_in_parts(server, monkeypatch):
    """Memory is bounded: after so many messages what came is shown, and the rest is asked for."""
    monkeypatch.setattr("client.core.past.FOUND_MAX", 8)
    server.page_max = 4
    talk(server, 1)
    ana = come(server)
    ana.cut()
    talk(server, 30, start=1)
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in range(31)]
    assert len([event for event in kinds(ana, HistoryBegins) if event.count]) == 5


def test_server_that_always_has_another_page(server, monkeypatch):
    """It is not followed for ever."""
    monkeypatch.setattr("client.core.past.PAGES_MAX", 5)
    server.page_max = 1
    talk(server, 1)
    ana = come(server)
    ana.cut()
    talk(server, 50, start=1)
    ana.connect()
    run(ana)
    assert len(ana.screen(ROOM)) == 6
    assert ana.session._state.connection.fetching.is_quiet


def test_server_that_goes_round_in_circles(server):
    """A page that leads nowhere is the last."""
    talk(server, 2)
    ana = come(server)
    ana.cut()
    server.silent = frozenset({"CHATHISTORY"})
    ana.connect()
    run(ana)
    label = ana.session._state.connection.fetching.current.label
    ana.peer.send("BATCH", "+t", "draft/chathistory-targets", label=label)
    ana.peer.send("BATCH", "-t")
    run(ana)
    request = ana.session._state.connection.fetching.current
    request.page = 1
    ana.peer.send("BATCH", "+x", "chathistory", ROOM, label=request.label)
    ana.peer.send("PRIVMSG", ROOM, "text 1", source="bob!b@h", batch="x", msgid="m2")
    ana.peer.send("BATCH", "-x")
    run(ana)
    assert ana.session._state.connection.fetching.is_quiet
    assert ana.screen(ROOM) == ["text 0", "text 1"]


def test_entered_twice_is_asked_once(server):
    """A JOIN for a room that we are in (another device entered it) asks nothing."""
    ana = come(server)
    before = len(asked(server))
    ana.peer.send("JOIN", ROOM, source="ana!u@host")
    run(ana)
    assert len(asked(server)) == before
