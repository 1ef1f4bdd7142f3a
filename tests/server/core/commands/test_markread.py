"""MARKREAD, as lines in and lines out (IRCv3 draft/read-marker)."""

import pytest

from server.core.facts import MarkerMoved
from tests.support.chat import Chat

CAP = "draft/read-marker"
EARLY, LATE = "timestamp=2023-11-14T22:13:21.000Z", "timestamp=2023-11-14T22:13:22.500Z"


@pytest.fixture
def chat():
    """Ana on two clients that know markers and one that does not, and bob."""
    chat = Chat("ana", "bob", caps=CAP)
    chat.login("ana2", "ana", caps=CAP)
    chat.login("ana3", "ana")
    return chat


def test_a_marker_is_for_all_sessions_of_the_account(chat):
    """And for nobody else; the log keeps it."""
    line = f":chat.local MARKREAD #lobby {LATE}"
    assert chat.say("ana", f"MARKREAD #LOBBY {LATE}") == {"ana": [line], "ana2": [line]}
    assert chat.last.facts == (MarkerMoved("ana", "#lobby", 1_700_000_002_500),)
    assert chat.say("ana2", "MARKREAD #lobby") == {"ana2": [line]}
    assert chat.say("bob", "MARKREAD #lobby")["bob"] == [":chat.local MARKREAD #lobby *"]


def test_it_only_moves_forward(chat):
    """An older or equal time is answered with what is known, and nobody else is told."""
    chat.say("ana", f"MARKREAD #lobby {LATE}")
    for time in (EARLY, LATE):
        heard = chat.say("ana2", f"MARKREAD #lobby {time}")
        assert heard == {"ana2": [f":chat.local MARKREAD #lobby {LATE}"]}
        assert chat.last.facts == ()


def test_nobody_has_read_what_is_to_come(chat):
    """A time in the future is taken as now."""
    chat.say("ana", "MARKREAD #lobby timestamp=2033-11-14T22:13:21.000Z")
    (fact,) = chat.last.facts
    assert fact.at_ms == chat.at_ms


def test_private_conversations_have_markers(chat):
    """Under the nick of the other."""
    heard = chat.say("ana", f"MARKREAD BOB {EARLY}")
    assert heard["ana"] == [f":chat.local MARKREAD bob {EARLY}"]
    assert chat.last.facts == (MarkerMoved("ana", "ana,bob", 1_700_000_001_000),)


def test_joining_shows_the_marker(chat):
    """Before RPL_ENDOFNAMES, to who has the capability."""
    chat.say("bob", "JOIN #tea")
    heard = chat.say("ana", "JOIN #tea")
    assert ":chat.local MARKREAD #tea *" in heard["ana"][:-1]
    assert ":chat.local MARKREAD #tea *" in heard["ana2"][:-1]
    assert not any("MARKREAD" in line for line in heard["ana3"])
    chat.say("ana", f"MARKREAD #tea {EARLY}", "PART #tea")
    assert f":chat.local MARKREAD #tea {EARLY}" in chat.say("ana", "JOIN #tea")["ana"]


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        ("", "NEED_MORE_PARAMS :Missing parameters"),
        (f" #none {LATE}", "INVALID_PARAMS #none :There is no such conversation"),
        (f" nobody {LATE}", "INVALID_PARAMS nobody :There is no such conversation"),
        (" :#a b", "INVALID_PARAMS * :There is no such conversation"),
        (" :", "INVALID_PARAMS * :There is no such conversation"),
        (" #lobby *", "INVALID_PARAMS #lobby * :Invalid time"),
        (" #lobby timestamp=x", "INVALID_PARAMS #lobby timestamp=x :Invalid time"),
        (
            " #lobby 2023-11-14T22:13:21.000Z",
            "INVALID_PARAMS #lobby 2023-11-14T22:13:21.000Z :Invalid time",
        ),
    ],
)
def test_every_error(chat, params, answer):
    """FAIL with the codes of the specification."""
    assert chat.say("ana", f"MARKREAD{params}")["ana"] == [f":chat.local FAIL MARKREAD {answer}"]


@pytest.mark.parametrize("target", ["#none", "nobody"])
def test_nothing_is_known_of_what_is_not_there(chat, target):
    """A star for whatever has no known time (read-marker, "MARKREAD server command")."""
    assert chat.say("ana", f"MARKREAD {target}")["ana"] == [f":chat.local MARKREAD {target} *"]


def test_the_marker_of_a_room_that_one_has_left(chat):
    """It is still the reader's; and nobody learns from it whether the room is there."""
    chat.say("ana", f"MARKREAD #lobby {EARLY}", "PART #lobby")
    line = f":chat.local MARKREAD #lobby {EARLY}"
    assert chat.say("ana", "MARKREAD #lobby")["ana"] == [line]


def test_guests_have_none():
    """A guest is nobody tomorrow; and nothing is kept of what is said with one."""
    chat = Chat("gast", caps=CAP, accounts_required=False)
    (line,) = chat.say("gast", f"MARKREAD #lobby {EARLY}")["gast"]
    assert line.startswith(":chat.local FAIL MARKREAD INTERNAL_ERROR #lobby :")
    assert chat.say("gast", "MARKREAD #lobby")["gast"] == [":chat.local MARKREAD #lobby *"]
    chat.connect("ana")
    chat.say("ana", "PASS ana:secret", "NICK ana", "USER a 0 * :a")
    (line,) = chat.say("ana", f"MARKREAD gast {EARLY}")["ana"]
    assert line.startswith(":chat.local FAIL MARKREAD INTERNAL_ERROR gast :")
