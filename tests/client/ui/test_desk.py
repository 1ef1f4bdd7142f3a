"""The desk: which window the person is in, whatever happens to it."""

from client.core.input import DEFAULT_ALIASES
from client.core.session import Identity, Session
from client.ui.desk import Desk, Kind
from tests.support.stage import LOBBY, WELCOME, FakeTransport


class DeskStage:
    """A desk as its own face."""

    def __init__(self) -> None:
        self.session = Session(Identity("ana"))
        self.notes = []
        self.moves = 0
        self.told = []
        self.replayed = []
        self.desk = Desk(self.session, DEFAULT_ALIASES, self.notes.extend, self._moved)
        self.transport = FakeTransport(self.session, self)
        self.desk.transport = self.transport
        self.session.connected(0)
        self.server(*WELCOME, *LOBBY)

    def _moved(self, past) -> None:
        self.moves += 1
        self.replayed += past
        self.notes += self.desk.describe_window()

    def show(self, events) -> None:
        self.told += [
            event
            for event in events
            if not self.desk.follow(event) and not self.desk.is_noise(event)
        ]

    def stop(self) -> None:
        pass

    def server(self, *lines: str) -> None:
        self.session.receive("".join(f"{line}\r\n" for line in lines).encode(), 0)
        self.transport.pump()


def enter_room(stage, room):
    stage.desk.enter(f"/join {room}")
    stage.server(f":ana!a@h JOIN {room}", f":s 353 ana = {room} :ana", f":s 366 ana {room} :End")


def test_lobby_is_where_we_begin():
    """The first room we are put in is the window; it is described once."""
    stage = DeskStage()
    assert stage.desk.window == "#lobby"
    assert [note.text for note in stage.notes] == [
        "3 here: ana, bob, carol",
        "topic: Friday release",
    ]


def test_other_rooms_at_login_do_not_take_over():
    """A room we are put in later is told, and the window stays."""
    stage = DeskStage()
    stage.server(":ana!a@h JOIN #news", ":s 353 ana = #news :ana", ":s 366 ana #news :End")
    assert stage.desk.window == "#lobby"
    assert [type(event).__name__ for event in stage.told][-1] == "Joined"


def test_join_goes_there_even_if_we_are_in():
    """/join of a room we are in already goes to its window."""
    stage = DeskStage()
    enter_room(stage, "#dev")
    assert stage.desk.window == "#dev"
    stage.desk.enter("/join #lobby")
    assert stage.desk.window == "#lobby"


def test_left_and_kicked():
    """Out of the current room: to another one, at last to the server's window."""
    stage = DeskStage()
    enter_room(stage, "#dev")
    stage.server(":bob!b@h KICK #dev ana :out")
    assert stage.desk.window == "#lobby"
    stage.server(":ana!a@h PART #lobby")
    assert stage.desk.window == ""
    assert stage.desk.describe_window() == []
    stage.desk.enter("hello?")
    assert stage.notes[-2].kind is Kind.ERROR


def test_the_other_changes_name():
    """A private window follows the person it is with."""
    stage = DeskStage()
    stage.desk.enter("/query bob")
    assert [note.text for note in stage.desk.describe_window()] == ["only you and bob"]
    stage.server(":bob!b@h NICK :robert")
    assert stage.desk.window == "robert"


def test_reconnect_describes_nothing_again():
    """What is known already is not told twice."""
    stage = DeskStage()
    before = len(stage.notes)
    stage.session.disconnected("", 0)
    stage.transport.pump()
    stage.session.connected(0)
    stage.server(*WELCOME, *LOBBY)
    assert len(stage.notes) == before
    assert stage.desk.window == "#lobby"


def test_moving():
    """By number, round and round, and to what is unread, mentions first."""
    stage = DeskStage()
    stage.desk.go_next_unread()
    assert stage.desk.window == "#lobby"
    enter_room(stage, "#dev")
    enter_room(stage, "#ops")
    stage.server(":bob!b@h PRIVMSG #lobby :news", ":bob!b@h PRIVMSG #dev :ana: look")
    stage.desk.go_next_unread()
    assert stage.desk.window == "#dev"
    stage.desk.go_by(2)
    assert stage.desk.window == "#lobby"
    stage.desk.go_number(3)
    assert stage.desk.window == "#ops"
    stage.desk.go_number(9)
    assert stage.desk.window == "#ops"


def test_many_people():
    """A crowd is counted, and not all of it is named."""
    stage = DeskStage()
    names = " ".join(f"nick{number}" for number in range(30))
    stage.desk.enter("/join #big")
    stage.server(":ana!a@h JOIN #big", f":s 353 ana = #big :ana {names}", ":s 366 ana #big :End")
    assert stage.notes[-1].text.startswith("31 here: ana, nick0, ")
    assert stage.notes[-1].text.endswith(", …")


def test_leaving_is_quiet():
    """What comes of our own leaving is no news."""
    stage = DeskStage()
    stage.desk.enter("/quit")
    before = len(stage.told)
    stage.server("ERROR :Closing link")
    stage.session.disconnected("", 0)
    stage.transport.pump()
    assert len(stage.told) == before


def test_room_with_another_name():
    """The window goes along, and the room is not described a second time."""
    stage = DeskStage()
    before = stage.moves
    stage.server(":carol!c@h RENAME #lobby #tea :better")
    assert stage.desk.window == "#tea"
    stage.server(":s 353 ana = #tea :ana", ":s 366 ana #tea :End")
    assert stage.moves == before
    stage.server(":bob!b@h JOIN #tea")
    assert stage.told[-1].buffer == "#tea"


def test_other_room_with_another_name():
    """What was said there before we looked is still shown once, under the new name."""
    stage = DeskStage()
    enter_room(stage, "#ops")
    stage.desk.go_to("#lobby")
    stage.desk._unread_past["#ops"] = ["past"]
    stage.server(":carol!c@h RENAME #ops #dev :")
    assert stage.desk.window == "#lobby"
    stage.desk.go_to("#dev")
    assert stage.replayed[-1] == "past"
