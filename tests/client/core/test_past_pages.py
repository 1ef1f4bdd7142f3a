"""What may be in a page of history, and answers of odd servers."""

import pytest

from client.core import events as e
from client.core.events import HistoryBegins, HistoryEnds, MessageReceived
from client.core.view import rings
from tests.support.irc_keeper import CAPS, KeepingServer
from tests.support.irc_wire import ROOM, come, kinds, run, talk


@pytest.fixture
def server():
    return KeepingServer()


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


def test_holes_say_nothing_where_not_all_is_told(server):
    """Without event-playback a missing number may be a reaction (docs/once.md, "The number")."""
    server.caps = CAPS.replace(" draft/event-playback", "")
    talk(server, 1)
    ana = come(server)
    ana.peer.send("PRIVMSG", ROOM, "three", source="bob!b@h", tlschat_seq="3")
    run(ana)
    assert not kinds(ana, e.GapFound)
