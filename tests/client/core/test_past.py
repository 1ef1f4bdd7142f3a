"""History on open, after a reconnect and when asked for: IRCv3 draft/chathistory, and gaps."""

import pytest

from client.core import events as e
from client.core.events import HistoryBegins, HistoryEnds, MessageReceived, Purpose
from client.core.session import Settings
from client.core.view import rings
from tests.support.irc_keeper import CAPS, KeepingServer
from tests.support.irc_wire import Client, run

ROOM = "#lobby"


@pytest.fixture
def server():
    return KeepingServer()


def come(server, nick="ana", rooms=(ROOM,), **more):
    """A client that is in, and has shown what there is."""
    client = Client(server, nick, rooms, **more)
    run(client)
    return client


def asked(server):
    """The questions about history that came, without labels."""
    return [
        line.partition(" ")[2] if line.startswith("@") else line
        for line in server.lines
        if "CHATHISTORY" in line
    ]


def kinds(client, *types):
    """The events of these types, by class, in order."""
    return [event for event in client.events if isinstance(event, types)]


def talk(server, count, start=0, room=ROOM):
    """Bob says something."""
    for number in range(start, start + count):
        server.say("bob", room, f"text {number}")


# --- on open --------------------------------------------------------------------------------


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


# --- private conversations ------------------------------------------------------------------


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


# --- after a loss ---------------------------------------------------------------------------


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
    assert ana.screen("bob") == ["psst"]


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


# --- when asked for -------------------------------------------------------------------------


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
        buffer=ROOM, purpose=Purpose.OLDER, is_whole=True, time_ms=server.now_ms
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


# --- what else may be in a page -------------------------------------------------------------


def page(ana, *lines):
    """A page that nobody asked for, as a bouncer plays it back; the events it makes."""
    ana.events.clear()
    ana.peer.send("BATCH", "+x", "chathistory", ROOM)
    for command, params, tags in lines:
        source = tags.pop("source", "bob!b@h")
        ana.peer.send(command, *params, source=source, batch="x", **tags)
    ana.peer.send("BATCH", "-x")
    run(ana)
    return ana.events


def test_played_back_without_being_asked(server):
    """It is history all the same: it rings nobody, and shows once."""
    ana = come(server)
    line = ("PRIVMSG", (ROOM, "ana: then"), {"msgid": "p1"})
    (message,) = [event for event in page(ana, line, line) if isinstance(event, MessageReceived)]
    assert message.is_history and not rings(message)


def test_only_what_people_said_shows(server):
    """Joins, reactions, requests to programs and servers' words have a place, but do not show."""
    ana = come(server)
    events = page(
        ana,
        ("JOIN", (ROOM,), {}),
        ("TAGMSG", (ROOM,), {"tlschat_seq": "1"}),
        ("PRIVMSG", (ROOM, "\x01VERSION\x01"), {"tlschat_seq": "2"}),
        ("NOTICE", (ROOM, "reboot"), {"source": "srv", "tlschat_seq": "3"}),
        ("PRIVMSG", (ROOM,), {"tlschat_seq": "4"}),
        ("PRIVMSG", (ROOM, "\x01ACTION waves\x01"), {"tlschat_seq": "5"}),
        ("BATCH", ("+inner", "other"), {}),
        ("BATCH", ("-inner",), {}),
    )
    assert [type(event) for event in events] == [HistoryBegins, MessageReceived, HistoryEnds]
    assert events[1].kind is e.MessageKind.ACTION


def test_deleted_does_not_show(server):
    """A message that its page says is taken back has only its place (message-redaction)."""
    ana = come(server)
    events = page(
        ana,
        ("PRIVMSG", (ROOM, "oops"), {"msgid": "p1", "tlschat_seq": "1"}),
        ("REDACT", (ROOM, "p1"), {}),
        ("PRIVMSG", (ROOM, "fine"), {"msgid": "p2", "tlschat_seq": "2"}),
    )
    assert [event.text for event in events if isinstance(event, MessageReceived)] == ["fine"]
    assert not [event for event in events if isinstance(event, e.GapFound)]


def test_pieces_share_the_fate_of_the_first(server):
    """Of a long message only the first line has the msgid; the others come and go with it."""
    ana = come(server)
    at = "2026-11-20T20:00:00.000Z"
    lines = [
        ("PRIVMSG", (ROOM, "first"), {"msgid": "p1", "time": at}),
        ("PRIVMSG", (ROOM, "second"), {"time": at}),
    ]
    assert len([event for event in page(ana, *lines) if isinstance(event, MessageReceived)]) == 2
    other = ("PRIVMSG", (ROOM, "other"), {"time": "2026-11-20T20:00:01.000Z"})
    lines = [(command, params, dict(tags)) for command, params, tags in lines]
    shown = [m.text for m in page(ana, *lines, other) if isinstance(m, MessageReceived)]
    assert shown == ["other"]


def test_empty_answers(server):
    """ACK instead of a batch is an answer as well: nothing."""
    server.empty = True
    ana = come(server)
    server.say("bob", ROOM, "live")
    run(ana)
    assert ana.screen(ROOM) == ["live"]
    assert ana.session._state.connection.fetching.is_quiet


def test_server_without_labels(server):
    """Answers are then known by what they are about; errors by their words."""
    server.caps = CAPS.replace("labeled-response ", "")
    talk(server, 2)
    server.say("bob", "ana", "psst")
    ana = come(server)
    assert ana.screen(ROOM) == ["text 0", "text 1"] and ana.screen("bob") == ["psst"]
    ana.cut()
    talk(server, 2, start=2)
    server.refused = frozenset({"AFTER"})
    ana.connect()
    run(ana)
    assert ana.screen(ROOM) == [f"text {number}" for number in range(4)]


def test_answers_to_nobody(server):
    """Answers that no request of ours belongs to change nothing."""
    ana = come(server, rooms=())
    ana.events.clear()
    ana.peer.send("BATCH", "+t", "draft/chathistory-targets")
    ana.peer.send("BATCH", "-t")
    ana.peer.send("BATCH", "-never")
    run(ana)
    assert ana.events == []
    ana.peer.send("FAIL", "CHATHISTORY", "INVALID_PARAMS", "LATEST", "?")
    run(ana)
    assert [type(event) for event in ana.events] == [e.ErrorReply]
    server.silent = frozenset({"CHATHISTORY"})
    ana.session.join([ROOM])
    run(ana)
    ana.events.clear()
    ana.peer.send("FAIL", "JOIN", "ODD", "#x", "?")
    ana.peer.send("BATCH", "+y", "chathistory", "#other")
    ana.peer.send("BATCH", "-y")
    ana.peer.send("ACK", label="other")
    run(ana)
    assert not ana.session._state.connection.fetching.is_quiet


def test_reactions_are_counted(server):
    """A kept TAGMSG has a number of its own: no gap where it was (tlschat/seq)."""
    talk(server, 1)
    ana = come(server)
    ana.peer.send("TAGMSG", ROOM, source="bob!b@h", tlschat_seq="2", msgid="r1")
    ana.peer.send("TAGMSG", ROOM, source="bob!b@h", tlschat_seq="2", msgid="r1")
    ana.peer.send("TAGMSG", ROOM, source="bob!b@h")
    ana.peer.send("PRIVMSG", ROOM, "three", source="bob!b@h", tlschat_seq="3")
    run(ana)
    assert not kinds(ana, e.GapFound)
    ana.peer.send("PRIVMSG", ROOM, "six", source="bob!b@h", tlschat_seq="6")
    run(ana)
    assert [gap.missing for gap in kinds(ana, e.GapFound)] == [2]


def test_batch_without_end_is_bounded(server, monkeypatch):
    """What is collected of one batch has a limit."""
    monkeypatch.setattr("client.core.batches.LINES_MAX", 2)
    ana = come(server)
    line = ("PRIVMSG", (ROOM, "x"), {})
    shown = [m for m in page(ana, line, line, line) if isinstance(m, MessageReceived)]
    assert len(shown) == 2


def test_room_that_no_line_can_name(server):
    """A conversation that cannot be asked for is left alone."""
    server.log.clear()
    ana = come(server, rooms=())
    ana.cut()
    ana.connect()
    server.silent = frozenset({"CHATHISTORY"})
    run(ana)
    label = ana.session._state.connection.fetching.current.label
    ana.peer.send("BATCH", "+t", "draft/chathistory-targets", label=label)
    ana.peer.send("CHATHISTORY", "TARGETS", "x" * 600, "2026-11-20T20:00:00.000Z", batch="t")
    ana.peer.send("BATCH", "-t")
    run(ana)
    assert ana.session._state.connection.fetching.is_quiet
