"""How far we have read: IRCv3 draft/read-marker."""

import pytest

from client.core.events import MarkerMoved
from tests.support.irc_keeper import CAPS, KeepingServer
from tests.support.irc_wire import Client, run

ROOM = "#lobby"


@pytest.fixture
def server():
    return KeepingServer()


@pytest.fixture
def ana(server):
    client = Client(server, "ana", (ROOM, "#ops"))
    run(client)
    return client


def marks(server):
    """The markers that were set."""
    return [line for line in server.lines if line.startswith("MARKREAD") and "timestamp" in line]


def test_marked_when_shown_to_a_person(server, ana):
    """A message in the window that a person looks at is read; elsewhere it is not."""
    server.say("bob", ROOM, "unseen")
    run(ana)
    assert marks(server) == []
    ana.session.look_at(ROOM, server.now_ms)
    run(ana)
    assert marks(server) == [f"MARKREAD {ROOM} timestamp=1970-01-01T00:16:40.005Z"]
    assert ana.session.next_tick_ms() > server.now_ms + 3_000


def test_marked_when_answered_from_elsewhere(server, ana):
    """A person who answers with /msg has read what she answers."""
    ana.session.look_at(ROOM, server.now_ms)
    server.say("bob", "#ops", "well?")
    run(ana)
    ana.session.send_text("#ops", "yes", now_ms=server.now_ms)
    run(ana)
    ana.session.tick(server.now_ms + 3_000)
    run(ana)
    assert [mark.split()[1] for mark in marks(server)] == ["#ops"]


def test_not_for_every_message(server, ana):
    """At most one marker in 3 s; what came meanwhile is marked then."""
    ana.session.look_at(ROOM, server.now_ms)
    for number in range(5):
        server.say("bob", ROOM, str(number))
        run(ana)
    assert len(marks(server)) == 1
    due_ms = ana.session.next_tick_ms()
    assert due_ms <= server.now_ms + 3_000
    ana.session.tick(due_ms)
    run(ana)
    assert len(marks(server)) == 2
    run(ana)
    assert server.markers["ana", ROOM] == server.log[-1].at_ms


def test_marked_before_leaving(server, ana):
    """What was read in the last seconds is told before QUIT, and nothing after it."""
    ana.session.look_at(ROOM, server.now_ms)
    for text in "ab":
        server.say("bob", ROOM, text)
        run(ana)
    ana.session.quit()
    assert [line.split()[0] for line in ana.session.take_output().decode().splitlines()] == [
        "MARKREAD",
        "QUIT",
    ]
    assert ana.session.take_output() == b""


def test_read_on_another_device(server, ana):
    """A marker from elsewhere makes messages read here."""
    for text in ("ana: one", "ana: two", "three"):
        server.say("bob", ROOM, text)
    run(ana)
    window = ana.session.model.get(ROOM)
    assert (window.unread, window.mentions) == (3, 2)
    ana.peer.send("MARKREAD", ROOM, "timestamp=1970-01-01T00:16:40.005Z")
    ana.peer.send("MARKREAD", ROOM, "timestamp=1970-01-01T00:16:40.001Z")
    ana.peer.send("MARKREAD", "#other", "*")
    ana.events.clear()
    run(ana)
    assert (window.unread, window.mentions) == (2, 1)
    assert [event.read_ms for event in ana.events if isinstance(event, MarkerMoved)] == [1_000_005]


def test_nothing_to_mark(server):
    """No marker without the capability, in the server's own window, or in an empty one."""
    server.caps = CAPS.replace("draft/read-marker ", "")
    server.say("bob", ROOM, "hi")
    client = Client(server, "ana", (ROOM,))
    run(client)
    client.session.look_at(ROOM, server.now_ms)
    run(client)
    assert marks(server) == []
    server.caps = CAPS
    client = Client(server, "eve", ("#empty",))
    run(client)
    for window in ("", "#empty"):
        client.session.look_at(window, server.now_ms)
        run(client)
    assert marks(server) == []
