"""History on open, and when a person asks for more: IRCv3 draft/chathistory."""

import pytest

from client.core import events as e
from client.core.events import HistoryBegins, HistoryEnds, MessageReceived, Purpose
from client.core.session import Settings
from client.core.view import rings
from tests.support.irc_keeper import CAPS, KeepingServer
from tests.support.irc_wire import ROOM, asked, come, kinds, run, talk


@pytest.fixture
def server():
    return KeepingServer()


# --- on open -------------------------------------------------------------------------------


def test_first_time_the_latest(server):
    """The latest messages of a room as we enter it: dim, ours too, and they call nobody (UX 9)."""
    server.say("bob", ROOM, "ana: look")
    server.say("ana", ROOM, "I did")
    ana = come(server)
    assert ana.screen(ROOM) == ["ana: look", "I did"]
    first, second = kinds(ana, MessageReceived)
    assert (first.is_history, first.mention, first.seq, rings(first)) == (True, True, 1, False)
    assert (second.own, second.is_history) == (True, True)
    begins, ends = kinds(ana, HistoryBegins, HistoryEnds)
    assert (begins.purpose, begins.count, ends.is_whole) == (Purpose.OPEN, 2, True)


def test_so_many_and_no_more(server):
    """`history_count` messages in as many pages as the server's limit makes of them."""
    server.page_max = 20
    talk(server, 90)
    ana = come(server, settings=Settings(rooms=(ROOM,), history_count=30))
    assert ana.screen(ROOM) == [f"text {number}" for number in range(60, 90)]
    assert [line.split()[-1] for line in asked(server)[1:]] == ["20", "10"]


def test_none_where_none_is_wanted(server):
    """With 0 nothing is asked for on open, but after a loss all that was said since."""
    talk(server, 3)
    ana = come(server, settings=Settings(rooms=(ROOM,), history_count=0))
    assert asked(server) == []
    ana.cut()
    talk(server, 2, start=3)
    server.say("bob", "ana", "psst")
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == ["text 3", "text 4"]
    assert ana.screen("bob") == ["psst"]


def test_server_without_history_is_not_asked(server):
    """No capability, no question; messages go as ever."""
    server.caps = CAPS.replace("draft/chathistory ", "")
    ana = come(server)
    ana.say(ROOM, "oi")
    run(ana)
    assert asked(server) == [] and ana.screen(ROOM) == ["oi"]
    ana.session.fetch_history(ROOM, 5, 0)
    ana.session.look_at("bob", 0)
    run(ana)
    assert kinds(ana, e.ErrorReply)[0].code == "no_history"


def test_unread_begins_after_what_was_read(server):
    """A marker stands before the first message that was read nowhere (UX 10)."""
    talk(server, 2)
    server.markers["ana", ROOM] = server.now_ms
    talk(server, 2, start=2)
    ana = come(server)
    shown = kinds(ana, MessageReceived, e.UnreadBegins)
    assert [type(event) for event in shown].index(e.UnreadBegins) == 2
    assert ana.session.model.get(ROOM).unread == 2


@pytest.mark.parametrize("read", [0, 4])
def test_all_read_or_nothing_read_has_no_marker(server, read):
    """The marker needs something read before it, and something unread behind it."""
    talk(server, read)
    server.markers["ana", ROOM] = server.now_ms if read else 1
    talk(server, 4 - read, start=read)
    assert not kinds(come(server), e.UnreadBegins)


def test_without_read_markers_history_is_not_unread(server):
    """A server that does not know what we read cannot tell us what is new."""
    server.caps = CAPS.replace("draft/read-marker ", "")
    talk(server, 4)
    server.say("bob", "ana", "psst")
    ana = come(server)
    assert ana.session.model.get(ROOM).unread == 0
    assert ana.screen("bob") == []


# --- private conversations -----------------------------------------------------------------


def test_what_was_said_to_us_while_we_were_not_here(server):
    """On open only conversations with something unread are shown, from there."""
    for text in ("old", "new"):
        server.say("bob", "ana", text)
        server.markers.setdefault(("ana", "bob"), server.now_ms)
    server.say("carol", "ana", "first words")
    server.say("dave", "ana", "read")
    server.markers["ana", "dave"] = server.now_ms
    ana = come(server)
    assert ana.screen("bob") == ["new"]
    assert ana.screen("carol") == ["first words"]
    assert ana.session.model.get("dave") is None
    assert ana.session.model.get("bob").mentions == 1


def test_opening_a_conversation_fetches_it(server):
    """Whoever goes to a person's window sees what was said there, once."""
    server.say("bob", "ana", "one")
    server.say("ana", "bob", "two")
    server.markers["ana", "bob"] = server.now_ms
    ana = come(server)
    ana.session.look_at("bob", server.now_ms)
    ana.session.look_at("bob", server.now_ms)
    run(ana)
    assert ana.screen("bob") == ["one", "two"]
    ana.session.look_at("bob", server.now_ms)
    ana.session.look_at(ROOM, server.now_ms)
    run(ana)
    assert len(asked(server)) == 3


def test_opening_a_conversation_that_has_begun(server):
    """What is shown already is not shown again: only what was before it."""
    server.say("bob", "ana", "one")
    server.markers["ana", "bob"] = server.now_ms
    ana = come(server)
    server.say("bob", "ana", "live")
    run(ana)
    ana.session.look_at("bob", server.now_ms)
    run(ana)
    assert ana.screen("bob") == ["live", "one"]
    assert [m.text for m in ana.session.model.get("bob").messages] == ["one", "live"]


def test_nick_of_then(server):
    """A message from before a change of names belongs to the window it was asked for."""
    server.say("bob", "ana", "hi")
    ana = come(server, rooms=())
    ana.peer.send("BATCH", "+x", "chathistory", "bob")
    for source, target in (("bobby!b@h", "ana"), ("annie!a@h", "bobby")):
        account = source.partition("!")[0].replace("annie", "ana")
        ana.peer.send("PRIVMSG", target, "then", source=source, batch="x", account=account)
    ana.peer.send("BATCH", "-x")
    run(ana)
    theirs, ours = kinds(ana, MessageReceived)[-2:]
    assert (theirs.buffer, ours.buffer, ours.own) == ("bob", "bob", True)


# --- when asked for ------------------------------------------------------------------------


def test_older_messages(server):
    """/history shows what was before, says how many, and when there is no more."""
    talk(server, 70)
    ana = come(server)
    ana.events.clear()
    ana.session.fetch_history(ROOM, 15, server.now_ms)
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in range(5, 20)]
    assert [event.purpose for event in kinds(ana, HistoryBegins)] == [Purpose.OLDER]
    ana.session.fetch_history(ROOM, 15, server.now_ms)
    run(ana)
    assert kinds(ana, HistoryEnds)[-1].is_whole
    ana.session.fetch_history(ROOM, 15, server.now_ms)
    run(ana)
    assert len(kinds(ana, MessageReceived)) == 20
    assert kinds(ana, HistoryEnds)[-1] == HistoryEnds(
        buffer=ROOM, purpose=Purpose.OLDER, is_whole=True, is_asked=True, time_ms=server.now_ms
    )
    kept = [message.text for message in ana.session.model.get(ROOM).messages]
    assert kept == [f"text {number}" for number in range(70)]


def test_older_messages_of_a_window_that_has_none(server):
    """Then the latest are as old as any."""
    talk(server, 3)
    ana = come(server, settings=Settings(rooms=(ROOM,), history_count=0))
    ana.session.fetch_history(ROOM, 2, server.now_ms)
    run(ana)
    assert ana.screen(ROOM) == ["text 1", "text 2"]


def test_gap_among_the_older(server):
    """Holes in the past show where they are, also right before what we have."""
    talk(server, 60)
    del server.log[48:50], server.log[5:8], server.log[2]
    ana = come(server, settings=Settings(rooms=(ROOM,), history_count=10))
    ana.session.fetch_history(ROOM, 50, server.now_ms)
    run(ana)
    assert [gap.missing for gap in kinds(ana, e.GapFound)] == [1, 3, 2]


def test_end_of_the_past(server):
    """When a page was exactly the last, the next one is empty and says so."""
    talk(server, 60)
    ana = come(server, settings=Settings(rooms=(ROOM,), history_count=40))
    for _ in range(2):
        ana.session.fetch_history(ROOM, 20, server.now_ms)
        run(ana)
    assert [event.count for event in kinds(ana, HistoryEnds)] == [40, 20, 0]
    assert [event.is_whole for event in kinds(ana, HistoryEnds)] == [False, False, True]


def test_older_lines_that_do_not_show(server):
    """They have their place all the same."""
    server.say("bob", ROOM, "\x01VERSION\x01")
    talk(server, 60)
    ana = come(server, settings=Settings(rooms=(ROOM,), history_count=60))
    ana.session.fetch_history(ROOM, 20, server.now_ms)
    run(ana)
    assert kinds(ana, HistoryEnds)[-1].count == 0
    assert not kinds(ana, e.GapFound)


def test_old_message_that_comes_late(server):
    """It does not move the place from where we go on after a loss."""
    talk(server, 2)
    ana = come(server)
    old = "1970-01-01T00:00:01.000Z"
    ana.peer.send("PRIVMSG", ROOM, "late", source="bob!b@h", msgid="old", time=old)
    run(ana)
    ana.cut()
    talk(server, 1, start=2)
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == ["text 0", "text 1", "late", "text 2"]
    assert any("AFTER #lobby msgid=m2" in line for line in server.lines)


def test_person_with_a_name_that_fits_no_line(server):
    """Their marker cannot be asked for, and nothing waits for it."""
    server.say("x" * 600, "ana", "psst")
    ana = come(server)
    assert ana.session.has_history
    assert ana.session._state.connection.fetching.is_quiet


def test_refused_older_is_told(server):
    """A person who asked is told why not."""
    talk(server, 60)
    ana = come(server)
    server.refused = frozenset({"BEFORE"})
    ana.session.fetch_history(ROOM, 50, server.now_ms)
    run(ana)
    assert [event.code for event in kinds(ana, e.ErrorReply)] == ["MESSAGE_ERROR"]
    assert ana.session._state.connection.fetching.is_quiet


def test_not_without_a_connection(server):
    """Offline there is nobody to ask."""
    ana = come(server)
    ana.cut()
    ana.session.fetch_history(ROOM, 5, 0)
    ana.session.fetch_latest("bob", 0)
    ana.session.look_at("bob", 0)
    assert [event.code for event in ana.session.take_events()[1:]] == ["offline", "offline"]


def test_fetching_without_looking(server):
    """A program reads a conversation without marking anything as read."""
    server.say("bob", "ana", "one")
    server.markers["ana", "bob"] = server.now_ms
    ana = come(server)
    ana.session.fetch_latest("bob", server.now_ms)
    run(ana)
    assert ana.screen("bob") == ["one"]
    assert ana.session.model.focused.name == ""
