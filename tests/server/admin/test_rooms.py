"""`chat-admin room`, without a server and beside one that answers on the control socket."""

import json
import socket

import pytest

from irc.names import NickKey, RoomKey
from server import control
from server.admin import rooms
from server.control import SOCKET_NAME, Control
from server.core import facts
from server.lockfile import DataFolder
from server.log.connecting import FILE_NAME
from server.log.sqlite import SqliteLog
from tests.support.log_engines import Talk

TEA = RoomKey("#tea")
HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."


@pytest.fixture
def data(folder, accounts):
    """A data folder in which ana's #Tea is remembered, with bob as an operator."""
    accounts(f"ana:{HASH}", f"Bob:{HASH}")
    data = folder / "data"
    data.mkdir(0o700)
    remember(
        data,
        facts.RoomFounded(TEA, "#Tea", NickKey("ana"), frozenset("nt"), 86_400_000),
        facts.TopicChanged(TEA, "Leaves", "ana", 5),
        facts.RoomAccessChanged(TEA, NickKey("bob"), "o"),
        Talk().said("hi"),
    )
    return data


def remember(data, *batch):
    """Have the log keep these facts."""
    log = SqliteLog(data / FILE_NAME)
    log.accept(batch)
    log.close()


def remembered(data, kind):
    """The facts of this kind that a start would find."""
    log = SqliteLog(data / FILE_NAME)
    found = [fact for fact in log.restore().facts if isinstance(fact, kind)]
    log.close()
    return found


def test_list(data, run):
    """Name, founder, members, modes and messages of every room."""
    done = run("room", "list")
    assert done.code == 0
    assert done.out.splitlines() == [
        "members  messages  modes  founder  room",
        "      0         1  +nt    ana      #Tea",
    ]
    (room,) = json.loads(run("room", "list", "--json").out)
    assert (room["name"], room["founder"], room["access"]) == ("#Tea", "ana", [["Bob", "o"]])


def test_no_rooms(folder, run):
    """A first look is no error."""
    done = run("room", "list")
    assert (done.code, done.out) == (0, "")
    assert "no rooms yet" in done.err


def test_show(data, run):
    """One room with all there is to know, found by any spelling of its name."""
    done = run("room", "show", "#TEA")
    assert done.code == 0
    rows = dict(line.split("  ", 1) for line in done.out.splitlines())
    assert {title: value.strip() for title, value in rows.items()} == {
        "room": "#Tea",
        "founder": "ana",
        "operators": "Bob",
        "voices": "-",
        "modes": "+nt",
        "topic": "Leaves",
        "masks": "0",
        "members": "0",
        "messages": "1",
        "made": "1970-01-02",
    }
    assert json.loads(run("room", "show", "#tea", "--json").out)["topic"] == "Leaves"


def test_a_room_that_is_not_there(data, run):
    """Two lines: what is wrong, what to do; exit 65."""
    for words in (("show", "#no"), ("set", "#no", "topic=x"), ("remove", "#no", "--yes")):
        done = run("room", *words)
        assert done.code == 65
        assert 'there is no room "#no"' in done.err


def test_set(data, run):
    """Everything at once, durable on return; accounts are spelled as in the password file."""
    changes = ("founder=BOB", "operator=+ana", "topic=", "mode=+k sesame", "mode=-t")
    done = run("room", "set", "#tea", *changes)
    assert done.code == 0, done.err
    assert "the room #Tea is changed" in done.err
    (founded,) = remembered(data, facts.RoomFounded)
    assert (founded.founder, founded.name) == ("bob", "#Tea")
    assert remembered(data, facts.RoomAccessChanged) == [
        facts.RoomAccessChanged(TEA, NickKey("ana"), "o"),
        facts.RoomAccessChanged(TEA, NickKey("bob"), "o"),
    ]
    assert remembered(data, facts.RoomKeyChanged) == [facts.RoomKeyChanged(TEA, "sesame")]
    assert remembered(data, facts.RoomFlagChanged) == [facts.RoomFlagChanged(TEA, "t", False)]
    assert [fact.topic for fact in remembered(data, facts.TopicChanged)] == [""]
    assert run("room", "set", "#tea", "operator=-ana", "--quiet").err == ""
    assert len(remembered(data, facts.RoomAccessChanged)) == 1
    acts = run("log", "acts").out
    assert " FOUNDER #Tea Bob" in acts
    assert "sesame" not in acts


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ("founder=nobody", 65, "nobody"),
        ("operator=+nobody", 65, "nobody"),
        ("founder=", 2, "is no change of a room"),
        ("operator=ana", 2, "is no change of a room"),
        ("colour=red", 2, "is no change of a room"),
        ("topic", 2, "is no change of a room"),
        ("mode=+z", 65, "is no mode that can be set so"),
        ("mode=+b x", 65, "is no mode that can be set so"),
        ("mode=+l x", 65, "is no mode that can be set so"),
        ("mode=+", 65, "is no mode that can be set so"),
    ],
)
def test_what_cannot_be_set(data, run, change, code, sentence):
    """Each mistake is named, and nothing is changed."""
    done = run("room", "set", "#tea", change)
    assert done.code == code
    assert sentence in done.err
    assert remembered(data, facts.RoomFlagChanged) == []


def test_a_default_room(data, run):
    """It belongs to nobody and stays; operators by account it may have."""
    assert run("room", "set", "#lobby", "founder=ana").code == 65
    done = run("room", "remove", "#lobby", "--yes")
    assert done.code == 65
    assert run("room", "set", "#lobby", "operator=+ana").code == 0
    assert "default" in run("room", "list").out
    done = run("room", "remove", "#lobby", "--yes")
    assert (done.code, "rooms.default" in done.err) == (65, True)
    assert run("room", "set", "#lobby", "founder=ana").code == 65


def test_remove(data, run):
    """The settings go; what was said stays, unless --history says otherwise."""
    done = run("room", "remove", "#Tea", "--yes")
    assert (done.code, "what was said in it is kept" in done.err) == (0, True)
    assert remembered(data, facts.RoomFounded) == []
    assert json.loads(run("log", "export", "--json").out)["params"][1] == "hi"


def test_remove_with_history(data, run):
    """Nothing of it is left, and the number of the next message is the next one."""
    done = run("room", "remove", "#Tea", "--yes", "--history")
    assert (done.code, "1 message said in it" in done.err) == (0, True)
    assert run("log", "export").out == ""
    log = SqliteLog(data / FILE_NAME)
    assert log.restore().sequences == {TEA: 1}
    log.close()


def test_remove_asks(data, run):
    """Only a person who types the name, or --yes, removes a room."""
    assert run("room", "remove", "#tea").code == 2
    assert run("room", "remove", "#tea", "--no-input", is_terminal=True).code == 2
    assert run("room", "remove", "#tea", stdin=b"#coffee\n", is_terminal=True).code == 1
    done = run("room", "remove", "#tea", "--history", stdin=b"", is_terminal=True)
    assert done.code == 130
    assert "and all that was said in it" in done.err
    assert len(remembered(data, facts.RoomFounded)) == 1
    assert run("room", "remove", "#tea", stdin=b"#Tea\n", is_terminal=True).code == 0
    assert remembered(data, facts.RoomFounded) == []


# Beside a server.


@pytest.fixture
def server(data):
    """A server that answers what the test tells it, and keeps the data folder."""
    asked, answers = [], []

    def answer(request):
        asked.append(request)
        return answers.pop(0)

    with DataFolder(data):
        serving = Control(data, {"room": answer})
        serving.start()
        yield asked, answers
        serving.stop()


def test_a_running_server_is_asked(data, server, run):
    """The request is one line of JSON; the log is not touched."""
    asked, answers = server
    answers += [{"rooms": [{"name": "#Tea"}]}]
    done = run("room", "set", "#tea", "founder=bob", "mode=+i")
    assert done.code == 0
    assert asked == [
        {"do": "room", "verb": "set", "room": "#tea", "founder": "Bob", "modes": ["+i"]}
    ]
    assert remembered(data, facts.RoomFounded)[0].founder == "ana"


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("nobodys_room", 65),
        ("list_full", 65),
        ("not_stored", 73),
        ("too_slow", 75),
        ("not_understood", 65),
    ],
)
def test_what_a_server_refuses(server, run, problem, code):
    """Two lines and an exit code for each answer that there is."""
    server[1].append({"problem": problem, "about": "#tea"})
    done = run("room", "set", "#tea", "operator=+ana")
    assert done.code == code
    assert done.err.startswith("chat-admin: error: ")


def test_a_server_that_does_not_answer(server, run, monkeypatch):
    """It is told from one that is not there: nobody may write beside it."""
    server[1].append({"rooms": []})
    monkeypatch.setattr(control, "ANSWER_BYTES_MAX", 3)
    done = run("room", "list")
    assert done.code == 75
    assert "does not answer" in done.err


def test_a_server_without_a_control_socket(data, run, monkeypatch):
    """It holds the folder, so nothing is changed; where there are no local sockets that is said."""
    with DataFolder(data):
        done = run("room", "list")
        assert (done.code, "cannot be asked" in done.err) == (75, True)
        monkeypatch.setattr(rooms, "is_possible", lambda: False)
        done = run("room", "list")
        assert (done.code, "no local sockets" in done.err) == (75, True)


def test_nobody_listens(data, run):
    """A socket that a killed server has left is no server."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(data / SOCKET_NAME))
    left.close()
    assert run("room", "list").code == 0


def test_nothing_is_kept(folder, run):
    """Then there are rooms in a running server only."""
    config = folder / "config.toml"
    config.write_text(config.read_text() + "[history]\nkeep = false\n")
    done = run("room", "set", "#lobby", "topic=x")
    assert done.code == 65
    assert "history.keep is false" in done.err
