"""From a name to a mask and back: MODE b, EXTBAN, IRCv3 account-extban, WHOX."""

import pytest

from client.core import moderating
from client.core.events import BansListed, ErrorReply, MaskRow, WhoListed
from client.core.moderating import Sentence

ISUPPORT = "PREFIX=(qov)~@+ CHANTYPES=# EXTBAN=~,am ACCOUNTEXTBAN=a WHOX"


@pytest.fixture
def here(talk):
    """ana in #tea with bob, of whom nothing is known, and dan, who has the account danny."""
    talk.go_online()
    talk.hear(f":srv 005 ana {ISUPPORT} :are")
    talk.join("#tea", "bob")
    talk.hear(":dan!d@h JOIN #tea danny :Dan")
    talk.said()
    talk.take()
    return talk


def ban(talk, name, **more):
    """Ban `name` from #tea; the lines."""
    talk.session.ban(Sentence("#tea", name, **more))
    return talk.said()


def test_known_account_is_banned_at_once(here):
    """The account stays the same under any nick."""
    assert ban(here, "dan", reason="out with you") == [
        "MODE #tea +b ~a:danny",
        "KICK #tea dan :out with you",
    ]


def test_unknown_one_is_asked_for(here):
    """WHOX tells host and account; others called alike are not meant."""
    assert ban(here, "bob") == ["WHO bob %tnha,1"]
    here.hear(":srv 354 ana 1 h.x bobo 0", ":srv 354 ana 9 h.x bob 0", ":srv 354 ana 1 h bob bobby")
    assert here.hear(":srv 315 ana bob :End") == []
    assert here.said() == ["MODE #tea +b ~a:bobby", "KICK #tea bob"]


def test_guest_is_banned_by_address(here):
    """Without an account the nick says nothing: it can be changed."""
    ban(here, "bob", duration="2h")
    here.hear(":srv 354 ana 1 guest/12 bob 0", ":srv 315 ana bob :End")
    assert here.said() == ["TBAN #tea 2h *!*@guest/12", "KICK #tea bob"]


def test_who_is_not_here_is_banned_by_name(here):
    """And not kicked."""
    ban(here, "eve")
    here.hear(":srv 315 ana eve :End")
    assert here.said() == ["MODE #tea +b eve!*@*"]


def test_other_answers_to_who_are_shown(here):
    """A question of the person's is not ours."""
    ban(here, "bob")
    (event,) = here.hear(":srv 315 ana #tea :End")
    assert isinstance(event, WhoListed)


def test_mask_is_taken_as_it_is(here):
    """Who knows masks may use them."""
    assert ban(here, "*!*@h") == ["MODE #tea +b *!*@h"]


def test_without_whox_by_name(online):
    """A simple server: what there is."""
    online.session.ban(Sentence("#lobby", "bob"))
    assert online.said() == ["MODE #lobby +b bob!*@*", "KICK #lobby bob"]


def test_room_that_we_are_not_in(here):
    """It is banned from by name of the room, and nobody there is known."""
    here.session.ban(Sentence("#far", "*!*@h"))
    here.session.ban(Sentence("#far", "dan"))
    assert here.said() == ["MODE #far +b *!*@h", "WHO dan %tnha,1"]


def test_account_without_account_bans(online):
    """Without EXTBAN an account cannot be banned, but a host can."""
    online.hear(":srv 005 ana WHOX :are", ":dan!d@h JOIN #lobby danny :Dan")
    online.said()
    online.session.ban(Sentence("#lobby", "dan"))
    assert online.said() == ["WHO dan %tnha,1"]
    online.hear(":srv 354 ana 1 h dan danny", ":srv 315 ana dan :End")
    assert online.said()[0] == "MODE #lobby +b *!*@h"


def test_mute(here):
    """A mute is a ban of the kind ~m:, and removes nobody."""
    assert ban(here, "dan", is_mute=True) == ["MODE #tea +b ~m:~a:danny"]
    assert ban(here, "dan", is_mute=True, duration="1h") == ["TBAN #tea 1h ~m:~a:danny"]


def test_no_mutes(online):
    """A server without them would take the mask for something else."""
    online.session.ban(Sentence("#lobby", "bob", is_mute=True))
    (event,) = online.take()
    assert (event.code, online.said()) == ("no_mute", [])


def test_questions_have_a_bound(here, monkeypatch):
    """Past it the oldest is forgotten, also of what we set."""
    monkeypatch.setattr(moderating, "ASKED_MAX", 1)
    ban(here, "bob")
    ban(here, "eve")
    here.hear(":srv 354 ana 1 h bob 0", ":srv 315 ana bob :End")
    assert here.said() == []
    ban(here, "dan")
    ban(here, "x!*@*")
    assert len(here.session._state.connection.masks_set) == 1
    here.session.bans("#tea")
    here.session.bans("#b")
    here.hear(":srv 367 ana #tea a!*@*", ":srv 367 ana #b b!*@*")
    connection = here.session._state.connection
    assert len(connection.masks) == len(connection.masks_asked) == 1


def test_name_that_no_line_holds(here):
    """It is told, and nothing waits for an answer."""
    assert ban(here, "a b") == []
    assert here.take()[0].code == "bad_parameter"
    assert not here.session._state.connection.who_asked
    here.session.bans("#a b")
    assert here.take()[0].code == "bad_parameter"


LIST = [
    ":srv 367 ana #tea ~a:dan carol!c@h 1700000000",
    ":srv 367 ana #tea ~m:eve!*@* * 1700000000",
    ":srv 367 ana #tea *!*@guest/12",
    ":srv 368 ana #tea :End",
]


def test_list(here):
    """Who set it and when, where the server says."""
    here.session.bans("#tea")
    (event,) = here.hear(*LIST)
    assert event == BansListed(
        buffer="#tea",
        rows=(
            MaskRow("~a:dan", "carol", 1_700_000_000_000),
            MaskRow("~m:eve!*@*", "", 1_700_000_000_000),
            MaskRow("*!*@guest/12"),
        ),
        time_ms=here.now_ms,
    )
    (far,) = here.hear(":srv 368 ana #far :End")
    assert (far.buffer, far.rows) == ("#far", ())


def test_long_lists_have_a_bound(here, monkeypatch):
    """What comes after ROWS_MAX is not shown."""
    monkeypatch.setattr(moderating, "ROWS_MAX", 2)
    here.session.bans("#tea")
    (event,) = here.hear(*LIST)
    assert len(event.rows) == 2


def lift(talk, name, **more):
    """Take a ban of `name` back; the lines."""
    talk.session.unban("#tea", name, **more)
    return talk.said()


def test_lift_by_number(here):
    """As they were counted when they were shown."""
    here.session.bans("#tea")
    here.said()
    here.hear(*LIST)
    assert lift(here, "3") == ["MODE #tea -b *!*@guest/12"]
    for wrong in ("0", "4"):
        assert lift(here, wrong) == []
        assert here.take()[0].code == "no_such_number"
    here.session.unban("#far", "1")
    assert here.take()[0].code == "no_such_number"


def test_lift_by_name(here):
    """What is about the name goes: account, nick; and nothing of the other kind."""
    assert lift(here, "DAN") == ["MODE #tea b"]
    assert here.hear(*LIST) == []
    assert here.said() == ["MODE #tea -b ~a:dan"]
    lift(here, "eve", is_mute=True)
    here.hear(*LIST)
    assert here.said() == ["MODE #tea -b ~m:eve!*@*"]
    for name, more, code in [
        ("eve", {}, "no_such_ban"),
        ("dan", {"is_mute": True}, "no_such_mute"),
    ]:
        lift(here, name, **more)
        (event,) = here.hear(*LIST)
        assert isinstance(event, ErrorReply)
        assert (event.code, event.context, event.buffer) == (code, (name,), "#tea")
        assert here.said() == []


def test_lift_what_we_set(here):
    """An address says nothing of a name; we remember whom we meant."""
    ban(here, "bob")
    here.hear(":srv 354 ana 1 guest/12 bob 0", ":srv 315 ana bob :End")
    here.said()
    lift(here, "bob")
    here.hear(*LIST)
    assert here.said() == ["MODE #tea -b *!*@guest/12"]


def test_lift_many(here):
    """Four in a line (MODES of small servers)."""
    lift(here, "dan")
    masks = ["dan", "dan!*@*", "~a:dan", "DAN!*@*", "Dan"]
    here.hear(*(f":srv 367 ana #tea {mask}" for mask in masks), ":srv 368 ana #tea :End")
    assert here.said() == ["MODE #tea -bbbb dan dan!*@* ~a:dan DAN!*@*", "MODE #tea -b Dan"]


def test_lift_a_mask(here):
    """As it is."""
    assert lift(here, "*!*@h") == ["MODE #tea -b *!*@h"]
    assert lift(here, "*!*@h", is_mute=True) == ["MODE #tea -b ~m:*!*@h"]
