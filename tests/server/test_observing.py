"""What the server's log says of who comes, goes and moderates (server/observing.py)."""

import json

import pytest

from server.core.events import Connected, Dialect, Disconnected, LineReceived, SessionId
from server.core.facts import ActNoted, SessionAttached, SessionClosed, UserId
from server.journal import Journal
from server.observing import observe
from tests.support.chat import Chat

SESSION = SessionId(1)
LINE = LineReceived(SESSION, None)


@pytest.fixture
def seen():
    """A function that observes an event and its facts; gives the lines that were written."""
    lines = []

    def seen(event, *facts, world=None):
        journal = Journal("debug", "json", write=lines.append)
        observe(journal, world, event, facts)
        journal.close()
        return [json.loads(line) for line in b"".join(lines).splitlines()]

    return seen


def test_who_comes(seen):
    """The connection, and who it is once it has logged in, with the address."""
    chat = Chat("ann")
    address = chat.session("ann").address
    (line,) = seen(Connected(SESSION, Dialect.IRC, address))
    assert (line["event"], line["level"], line["address"]) == ("connected", "debug", address)
    *_, line = seen(LINE, SessionAttached(SESSION, chat.user("ann").id), world=chat.world)
    assert (line["event"], line["account"], line["address"]) == ("logged_in", "ann", address)


def test_who_goes(seen):
    """One line, whether somebody said goodbye or the connection broke."""
    gone = SessionClosed(SESSION)
    assert [line["event"] for line in seen(Disconnected(SESSION, "lost"), gone)] == ["disconnected"]
    assert [line["event"] for line in seen(LINE, gone)][1:] == ["left"]


def test_who_came_and_went_at_once(seen):
    """Somebody who was ended within the same step is not looked for any more."""
    world = Chat("ann").world
    assert seen(LINE, SessionAttached(SessionId(99), UserId(99)), world=world) == []


def test_who_moderated(seen):
    """One line with all of it; what came from people is escaped as everywhere in the log."""
    (line,) = seen(LINE, ActNoted(1, "Ann", "ann", "KICK", "#tea", "bob", "why\x1b"))
    assert line["event"] == "act"
    words = [line[key] for key in ("what", "by", "account", "room", "target")]
    assert words == ["KICK", "Ann", "ann", "#tea", "bob"]
    assert "\x1b" not in line["reason"]
