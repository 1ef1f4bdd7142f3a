"""What the client knows: windows, members, unread; all keys casefolded, all lists bounded."""

import pytest

from client.core import model as model_module
from client.core.events import MessageReceived
from client.core.model import BufferKind, Member, Model


@pytest.fixture
def model():
    """ana's model, at most 3 messages for each window."""
    return Model("ana", 3)


def message(buffer, text="x", nick="bob", **more):
    """A message in a window."""
    return MessageReceived(buffer=buffer, target=buffer, nick=nick, text=text, **more)


def test_windows_are_found_under_casefolding(model):
    """#LOBBY is #lobby; the first name stays."""
    opened = model.open("#Lobby")
    assert model.open("#LOBBY") is opened is model.get("#lobby")
    assert (opened.name, opened.kind) == ("#Lobby", BufferKind.ROOM)
    assert model.open("Bob").kind is BufferKind.PRIVATE
    assert [buffer.name for buffer in model] == ["", "#Lobby", "Bob"]
    assert model.get("nobody") is None


def test_messages_are_bounded(model):
    """Past the limit the oldest is forgotten (UX 5.4: cap the messages in memory)."""
    for number in range(5):
        model.keep(message("#a", str(number)))
    assert [kept.text for kept in model.get("#a").messages] == ["2", "3", "4"]


def test_unread_counts_what_is_not_looked_at(model):
    """Looking at a window reads it; own words and what comes while looking do not count."""
    model.keep(message("#a"))
    model.keep(message("#a", mention=True))
    model.keep(message("bob", is_private=True))
    model.keep(message("bob", own=True, is_history=True))
    assert (model.get("#a").unread, model.get("#a").mentions) == (2, 1)
    assert (model.get("bob").unread, model.get("bob").mentions) == (1, 1)
    assert model.focus("#A") is model.get("#a") is model.focused
    assert (model.get("#a").unread, model.get("#a").mentions) == (0, 0)
    model.keep(message("#a"))
    assert model.get("#a").unread == 0
    model.unfocus()
    model.keep(message("#a"))
    assert model.get("#a").unread == 1
    assert model.focused.kind is BufferKind.SERVER


def test_who_answers_has_read(model):
    """Words of ours in a window, said from another one, leave nothing unread in it."""
    model.keep(message("bob", is_private=True))
    model.keep(message("bob", own=True, is_private=True, time_ms=7))
    assert (model.get("bob").unread, model.get("bob").mentions) == (0, 0)
    assert model.get("bob").past.answered_ms == 7


def test_speakers_come_latest_first_and_are_bounded(model, monkeypatch):
    """Who spoke last is completed first; own words make no speaker."""
    monkeypatch.setattr(model_module, "SPEAKERS_MAX", 2)
    for nick in ["bob", "carol", "Bob", "dan"]:
        model.keep(message("#a", nick=nick))
    model.keep(message("#a", nick="ana", own=True))
    assert model.get("#a").recent_speakers() == ["dan", "Bob"]


def test_message_ids_are_bounded(model, monkeypatch):
    """Ids are remembered to show a message once, and the oldest forgotten."""
    monkeypatch.setattr(model_module, "MSGIDS_MAX", 2)
    assert [model.is_new_msgid(msgid) for msgid in ["a", "a", "b", "c", "a", "", ""]] == [
        True,
        False,
        True,
        True,
        True,
        True,
        True,
    ]


def test_quietest_window_makes_room(model, monkeypatch):
    """Strangers cannot open windows without end; rooms we are in stay longest."""
    monkeypatch.setattr(model_module, "BUFFERS_MAX", 2)
    model.keep(message("bob", time_ms=2))
    model.keep(message("carol", time_ms=1))
    model.open("dan")
    assert [buffer.name for buffer in model] == ["", "bob", "dan"]
    model.entered(model.open("#a"))
    model.keep(message("#b", time_ms=9))
    model.open("#c")
    assert [buffer.name for buffer in model if buffer.kind is BufferKind.ROOM] == ["#a", "#c"]


def test_members_are_bounded(model, monkeypatch):
    """A room larger than `MEMBERS_MAX` is known only so far."""
    monkeypatch.setattr(model_module, "MEMBERS_MAX", 1)
    room = model.open("#a")
    room.add_member(Member("bob"))
    room.add_member(Member("carol"))
    assert [member.nick for member in room.members.values()] == ["bob"]


def test_rename_keeps_places(model):
    """A conversation follows its person and stays where it is in the list, focus too."""
    model.open("bob")
    model.open("#a").add_member(Member("bob"))
    model.focus("bob")
    assert model.rename("bob", "robert") == ("robert", "#a")
    assert [buffer.name for buffer in model] == ["", "robert", "#a"]
    assert model.focused.name == "robert"
    assert model.rename("stranger", "other") == ()


def test_rename_does_not_swallow_another_conversation(model):
    """If there is a window for the new nick already, both stay as they are."""
    model.open("bob")
    model.open("robert")
    model.focus("robert")
    assert model.rename("bob", "robert") == ("robert",)
    assert [buffer.name for buffer in model] == ["", "bob", "robert"]
    model.rename("robert", "Robert")
    assert model.get("robert").name == "Robert"


def test_own_rename(model):
    """We are who the server says."""
    model.rename("ANA", "bela")
    assert model.nick == "bela" and model.is_me("Bela")


def test_closing(model):
    """The server's window stays; a private one goes; a room when we have left it."""
    model.close("")
    model.close("nobody")
    model.open("bob")
    model.close("bob")
    room = model.open("#a")
    model.entered(room)
    model.close("#a")
    assert [buffer.name for buffer in model] == ["", "#a"]
    model.left(room)
    assert [buffer.name for buffer in model] == [""]


def test_closing_while_the_line_breaks(model):
    """A room that was being closed is not gone back to; entering it again keeps it."""
    room = model.open("#a")
    model.entered(room)
    model.close("#a")
    model.lost()
    assert not room.wanted
    model.entered(room)
    model.left(room)
    assert model.get("#a") is room


def test_room_in_target(model):
    """ "@#a" is in #a where the server has such targets; a nick is in none."""
    assert model.room_in("@#a") == ""
    model.status_prefixes = "@+"
    assert [model.room_in(target) for target in ["@#a", "#a", "bob", ""]] == ["#a", "#a", "", ""]


def test_windows_of_a_person(model):
    """Rooms with the person, and the conversation."""
    model.open("#a").add_member(Member("bob"))
    model.open("#b")
    model.open("Bob")
    assert model.windows_of("BOB") == ("#a", "Bob")


def test_rooms_we_are_in(model):
    """Only rooms that we are in."""
    model.entered(model.open("#a"))
    model.open("#b")
    assert [room.name for room in model.rooms()] == ["#a"]
