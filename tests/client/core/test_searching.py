"""Search on the server (soju.im/search), and taking messages back (draft/message-redaction)."""

import pytest

from client.core.events import ErrorReply, MessageDeleted, SearchFound
from tests.support.irc_keeper import CAPS, KeepingServer
from tests.support.irc_wire import Client, run

ROOM = "#lobby"


@pytest.fixture
def server():
    return KeepingServer()


def come(server, nick="ana"):
    """A client that is in."""
    client = Client(server, nick, (ROOM,))
    run(client)
    client.events.clear()
    return client


def only(client, kind):
    """The one event of a kind."""
    (event,) = [event for event in client.events if isinstance(event, kind)]
    return event


def test_search_in_a_window(server):
    """Words with spaces and semicolons arrive whole; results are messages, the oldest first."""
    server.say("bob", ROOM, "tea; and cake")
    server.say("ana", ROOM, "no tea")
    server.say("bob", "#ops", "tea; and cake")
    ana = come(server)
    ana.session.search("tea; and", ROOM)
    run(ana)
    found = only(ana, SearchFound)
    assert (found.buffer, found.words) == (ROOM, "tea; and")
    assert [(message.buffer, message.text) for message in found.messages] == [
        (ROOM, "tea; and cake")
    ]
    assert server.lines[-1].endswith(r"SEARCH in=#lobby;limit=50;text=tea\:\sand")


@pytest.mark.parametrize("caps", [CAPS, CAPS.replace("labeled-response ", "")])
def test_search_everywhere(server, caps):
    """Private conversations have the other person's window, whoever spoke."""
    server.caps = caps
    server.say("bob", "ana", "tea?")
    server.say("ana", "bob", "tea!")
    ana = come(server)
    ana.session.search("tea")
    run(ana)
    found = only(ana, SearchFound)
    assert [(m.buffer, m.own, m.is_history) for m in found.messages] == [
        ("bob", False, True),
        ("bob", True, True),
    ]


def test_only_the_last_search_counts(server):
    """An answer to an earlier search, or to none, is no news."""
    ana = come(server)
    ana.session.search("one")
    ana.session.search("two")
    run(ana)
    assert only(ana, SearchFound).words == "two"
    ana.events.clear()
    ana.peer.send("BATCH", "+x", "soju.im/search")
    ana.peer.send("BATCH", "-x")
    run(ana)
    assert ana.events == []


def test_no_search_here(server):
    """A server without the capability, and no server at all."""
    server.caps = CAPS.replace("soju.im/search ", "")
    ana = come(server)
    ana.session.search("x", ROOM)
    ana.cut()
    ana.session.search("x")
    ana.session.delete_last(ROOM)
    events = ana.session.take_events()
    assert [event.code for event in events if isinstance(event, ErrorReply)] == [
        "no_search",
        "offline",
        "offline",
    ]


def test_search_that_no_line_can_hold(server):
    """Too long to ask for: an error, and nothing is waited for."""
    ana = come(server)
    ana.session.search("x" * 600)
    run(ana)
    assert only(ana, ErrorReply).code == "too_long"


# --- taking back ----------------------------------------------------------------------------


def test_delete_our_last(server):
    """/delete takes back what we said last; everybody is told, and the text is forgotten."""
    ana, bob = come(server), come(server, "bob")
    ana.say(ROOM, "fine")
    ana.say(ROOM, "oops")
    run(ana, bob)
    server.say("carol", ROOM, "hi")
    run(ana, bob)
    ana.session.delete_last(ROOM)
    run(ana, bob)
    deleted = only(bob, MessageDeleted)
    assert (deleted.by, deleted.nick, deleted.text, deleted.own) == ("ana", "ana", "oops", False)
    assert only(ana, MessageDeleted).own
    for client in (ana, bob):
        kept = [message.text for message in client.session.model.get(ROOM).messages]
        assert kept == ["fine", "hi"]


def test_deleted_message_that_is_not_here(server):
    """Of one that we never had, only that it is gone; in a window that we do not have, nothing."""
    ana = come(server)
    ana.peer.send("REDACT", ROOM, "m99", "spam", source="op!o@h")
    ana.peer.send("REDACT", "ana", "m98", source="bob!b@h")
    run(ana)
    deleted = only(ana, MessageDeleted)
    assert (deleted.nick, deleted.text, deleted.reason) == ("", "", "spam")


def test_nothing_to_delete(server):
    """We said nothing here; or the server cannot."""
    server.say("bob", ROOM, "hi")
    ana = come(server)
    ana.session.delete_last(ROOM)
    run(ana)
    assert only(ana, ErrorReply).code == "nothing_to_delete"
    server.caps = CAPS.replace(" draft/message-redaction", "")
    eve = come(server, "eve")
    eve.session.delete_last(ROOM)
    run(eve)
    assert only(eve, ErrorReply).code == "no_redaction"
