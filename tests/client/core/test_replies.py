"""Errors, standard replies and texts: Modern IRC, "Numerics"; IRCv3 standard-replies."""

import pytest

from client.core.events import ErrorReply, ListListed, RoomRow, ServerText, TextKind


def test_error_numeric(online):
    """An error tells its code, what it is about, and in which window."""
    assert online.one(":srv 482 ana #lobby :no") == ErrorReply(
        code="482", text="no", context=("#lobby",), buffer="#lobby", time_ms=online.now_ms
    )
    assert online.one(":srv 696 ana #x k :bad").buffer == ""


@pytest.mark.parametrize("line", ["FAIL JOIN NOPE #lobby :no", "FAIL * NOPE :no"])
def test_fail(online, line):
    """FAIL is an error with a word for a code."""
    event = online.one(line)
    assert (event.code, event.text) == ("NOPE", "no")
    assert event.command in ("JOIN", "")


def test_room_that_will_not_have_us_is_not_tried_again(talk):
    """After a refused JOIN the next reconnect does not ask again; a room we are in is kept."""
    talk.session.join(["#secret", "#other"])
    talk.go_online()
    talk.hear(":srv 473 ana #secret :invite only", ":srv 473 ana #unknown :invite only")
    talk.join("#lobby")
    talk.hear(":srv 403 ana #lobby :odd")
    wanted = [buffer.name for buffer in talk.session.model if buffer.wanted]
    assert wanted == ["#other", "#lobby"]


def test_texts_of_the_server(online):
    """MOTD without its dash, warnings, notes, other numerics and unknown commands are shown."""
    now_ms = online.now_ms
    assert online.one(":srv 372 ana :- welcome") == ServerText(
        text="welcome", kind=TextKind.MOTD, code="372", source="srv", time_ms=now_ms
    )
    assert online.hear(":srv 375 ana :- srv Message of the day -") == []
    assert online.one(":srv WARN X SOON a :watch out") == ServerText(
        text="watch out", kind=TextKind.WARNING, code="SOON", source="srv", time_ms=now_ms
    )
    assert online.one(":srv NOTE X FYI :well").code == "FYI"
    assert online.one(":srv 252 ana 2 :operators").text == "2 operators"
    assert online.one(":srv WALLOPS :all hands").text == "all hands"
    assert online.one(":srv 12 ana x").code == "12"


def test_list(online):
    """322 lines and 323 make one answer, with or without 321."""
    online.hear(":srv 322 ana #old 1 :x")
    (event,) = online.hear(
        ":srv 321 ana Channel :Users", ":srv 322 ana #a 12 :tea", ":srv 322 ana #b many", ":srv 323"
    )
    assert event == ListListed(
        rows=(RoomRow("#a", 12, "tea"), RoomRow("#b", 0)), time_ms=online.now_ms
    )


def test_long_list_is_cut(online):
    """At `ROWS_MAX` rooms the rest is left out."""
    online.hear(*([":srv 322 ana #a 1 :t"] * 20_001))
    assert len(online.one(":srv 323 ana :End").rows) == 20_000
