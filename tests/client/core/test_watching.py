"""Who comes and goes: IRCv3 monitor."""

import pytest

from client.core import watching
from client.core.events import PresenceTold, WatchListed


@pytest.fixture
def here(talk):
    """A session on a server that has MONITOR."""
    talk.go_online()
    talk.hear(":srv 005 ana MONITOR=100 :are")
    return talk


def test_watch_and_hear(here):
    """730 and 731 tell, the first time and when it changes; others are not ours."""
    here.session.notify(["Bob", "eve"])
    assert here.said() == ["MONITOR + Bob,eve"]
    told = here.hear(":srv 730 ana :bob!b@h,zoe!z@h", ":srv 731 ana :eve")
    now_ms = here.now_ms
    assert told == [
        PresenceTold(nicks=("bob",), is_here=True, time_ms=now_ms),
        PresenceTold(nicks=("eve",), is_here=False, time_ms=now_ms),
    ]
    assert here.hear(":srv 730 * :bob!b@h") == []
    here.session.notify([])
    assert here.take() == [WatchListed(nicks=("bob", "eve"), here=("bob",), time_ms=now_ms)]


def test_watch_no_more(here):
    """A "-" takes somebody off."""
    here.session.notify(["bob"])
    here.session.notify(["-bob", "-eve"])
    assert here.said() == ["MONITOR + bob", "MONITOR - bob,eve"]
    assert here.hear(":srv 730 ana :bob!b@h") == []


def test_watched_after_a_reconnect(here):
    """The server forgets the list with the connection; only news are told."""
    here.session.notify(["bob"])
    here.hear(":srv 730 ana :bob!b@h")
    here.session.disconnected("cut", here.now_ms)
    here.connect()
    here.hear(":srv CAP * LS :", ":srv 001 ana :hi", ":srv 005 ana MONITOR=9 :are")
    here.said()
    here.hear(":srv 422 ana :no")
    assert "MONITOR + bob" in here.said()
    here.take()
    assert here.hear(":srv 730 ana :bob!b@h") == []
    assert here.hear(":srv 731 ana :bob") != []


def test_many_in_several_lines(here, monkeypatch):
    """A line holds ten; past WATCHED_MAX nobody is added."""
    monkeypatch.setattr(watching, "WATCHED_MAX", 1)
    here.session.notify([f"n{number}" for number in range(11)])
    assert [len(line.split(",")) for line in here.said()] == [10, 1]
    assert len(here.session._state.watched) == 1


def test_server_without_monitor(online):
    """It is said at once, and nothing is sent; nor after a reconnect."""
    online.session.notify(["bob"])
    assert (online.take()[0].code, online.said()) == ("no_monitor", [])


def test_list_is_full(here):
    """734: those were not added; the person is told which."""
    here.session.notify(["bob", "eve"])
    (event,) = here.hear(":srv 734 ana 1 eve :Monitor list is full")
    assert (event.code, event.context) == ("734", ("eve",))
    assert list(here.session._state.watched) == ["bob"]
