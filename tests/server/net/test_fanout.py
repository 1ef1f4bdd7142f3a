"""Fan-out: who gets which bytes, in which order (server/net/fanout.py)."""

import pytest
from hypothesis import given, strategies as st

from irc import caps
from irc.names import RoomKey
from server.core.effects import (
    Announce,
    Broadcast,
    Close,
    MarkRegistered,
    Outgoing,
    Send,
    SendText,
    SetProfile,
    Subscribe,
    TellWhenDrained,
    ToEverybody,
    Unsubscribe,
)
from server.core.events import SessionId
from server.net.fanout import Fanout

LOBBY, TEA = RoomKey("#lobby"), RoomKey("#tea")


class Peer:
    """A connection as far as the fan-out looks at it."""

    def __init__(self, number):
        self.id = SessionId(number)
        self.profile = 0
        self.rooms = set()
        self.is_registered = False
        self.got = b""
        self.blocks = 0
        self.closed = ""

    def register(self):
        self.is_registered = True


class Rig:
    """A fan-out with peers that remember what they were given."""

    def __init__(self, *, members=0, room=LOBBY):
        self.marked = []
        self.fanout = Fanout(self._push, self._close, self.marked.append)
        self.peers = {}
        for number in range(1, members + 1):
            self.add(number)
            self.do(Subscribe(SessionId(number), room))

    def add(self, number):
        peer = self.peers[number] = Peer(number)
        self.fanout.add(peer)
        return peer

    def do(self, *effects):
        self.fanout.carry_out(effects)
        self.fanout.finish()

    def texts(self, number):
        lines = self.peers[number].got.decode().split("\r\n")
        return [line.rpartition(":")[2] for line in lines if line]

    def _push(self, peer, payload):
        peer.got += payload
        peer.blocks += 1

    def _close(self, peer, reason):
        peer.closed = reason
        self.fanout.remove(peer)


def says(text, **more):
    return Outgoing("ana!a@h", "PRIVMSG", ("#lobby", text), 1_000, **more)


def test_a_room_hears_but_not_the_sender():
    """A broadcast reaches every subscriber except the session it leaves out."""
    rig = Rig(members=3)

    rig.do(Broadcast(LOBBY, says("hi"), SessionId(1)))

    assert [rig.texts(number) for number in (1, 2, 3)] == [[], ["hi"], ["hi"]]


def test_consecutive_lines_are_one_block():
    """The cost per recipient does not grow with the number of lines of a run."""
    rig = Rig(members=2)

    rig.do(*(Broadcast(LOBBY, says(str(number))) for number in range(10)))

    assert rig.texts(1) == [str(number) for number in range(10)]
    assert rig.peers[1].blocks == rig.peers[2].blocks == 1


def test_an_echo_keeps_its_place_in_the_run():
    """What goes to one session alone stands between the room's lines where it was decided."""
    rig = Rig(members=2)
    one = SessionId(1)

    rig.do(
        Broadcast(LOBBY, says("a"), SessionId(2)),
        Broadcast(LOBBY, says("mine"), one),
        Send(one, says("echo")),
        Send(one, says("numeric")),
        Broadcast(LOBBY, says("b"), SessionId(2)),
    )

    assert rig.texts(1) == ["a", "echo", "numeric", "b"]
    assert rig.texts(2) == ["mine"]
    assert rig.peers[1].blocks == 1


def test_lines_to_an_outsider_go_straight():
    """Somebody who is not in the speaking room gets its own lines, and no part of the block."""
    rig = Rig(members=1)
    rig.add(9)

    rig.do(Broadcast(LOBBY, says("a")), Send(SessionId(9), says("b")))

    assert rig.texts(1) == ["a"]
    assert rig.texts(9) == ["b"]


def test_rooms_keep_their_order():
    """When another room speaks the first one's run ends, so nobody sees two rooms out of order."""
    rig = Rig(members=1)
    rig.do(Subscribe(SessionId(1), TEA))

    rig.do(
        Broadcast(LOBBY, says("1")),
        Broadcast(TEA, says("2")),
        Broadcast(LOBBY, says("3")),
    )

    assert rig.texts(1) == ["1", "2", "3"]


def test_subscriptions_are_exact_to_the_line():
    """A member hears what was said after it joined and nothing that was said after it left."""
    rig = Rig(members=1)
    rig.add(2)
    two = SessionId(2)

    rig.do(
        Broadcast(LOBBY, says("before")),
        Subscribe(two, LOBBY),
        Broadcast(LOBBY, says("during")),
        Unsubscribe(two, LOBBY),
        Broadcast(LOBBY, says("after")),
    )

    assert rig.texts(1) == ["before", "during", "after"]
    assert rig.texts(2) == ["during"]


def test_profiles_are_rendered_apart():
    """Each capability profile gets its own rendering; who lacks a needed one gets nothing."""
    rig = Rig(members=2)

    rig.do(
        SetProfile(SessionId(1), caps.SERVER_TIME),
        Broadcast(LOBBY, says("x")),
        Broadcast(LOBBY, says("quiet", needs=caps.AWAY_NOTIFY)),
    )

    assert rig.peers[1].got.startswith(b"@time=1970-01-01T00:00:01.000Z :ana!a@h ")
    assert rig.peers[2].got == b":ana!a@h PRIVMSG #lobby :x\r\n"


def test_announcements_reach_each_session_once():
    """A quit is seen once, however many rooms are shared, and not by those left out."""
    rig = Rig(members=3)
    rig.do(Subscribe(SessionId(1), TEA), Subscribe(SessionId(2), TEA))

    quit_line = Outgoing("eva!e@h", "QUIT", ("bye",), 1_000)
    rig.do(Announce((LOBBY, TEA, RoomKey("#empty")), quit_line, frozenset({SessionId(3)})))

    assert [rig.texts(number) for number in (1, 2, 3)] == [["bye"], ["bye"], []]


def test_announcements_outside_of_rooms():
    """Who hears one of those rooms as well is left out: it has had the line already."""
    rig = Rig(members=3)
    watched = RoomKey("=eva")
    for number in (1, 2):
        rig.do(Subscribe(SessionId(number), watched))
    rig.do(Subscribe(SessionId(2), TEA))

    rig.do(Announce((watched,), says("x"), outside=(TEA, RoomKey("#empty"))))

    assert [rig.texts(number) for number in (1, 2, 3)] == [["x"], [], []]


def test_announcements_within_a_room():
    """Only who hears that one as well, and one of the others, and none of those outside."""
    rig = Rig(members=4)
    key = RoomKey("?url")
    for number in (1, 2, 3):
        rig.do(Subscribe(SessionId(number), key))
    rig.do(Subscribe(SessionId(2), TEA), Unsubscribe(SessionId(3), LOBBY))

    rig.do(Announce((LOBBY, TEA), says("x"), within=key))
    rig.do(Announce((LOBBY,), says("y"), outside=(TEA,), within=key))
    rig.do(Announce((LOBBY,), says("z"), within=RoomKey("?nobody")))

    assert [rig.texts(number) for number in (1, 2, 3, 4)] == [["x", "y"], ["x"], [], []]


def test_announcements_nobody_can_read_are_not_sent():
    """A line that a profile renders to nothing is no block."""
    rig = Rig(members=1)

    rig.do(Announce((LOBBY,), says("x", needs=caps.AWAY_NOTIFY)))

    assert rig.peers[1].blocks == 0


def test_orders_for_one_session():
    """Text of the simple dialect, the end of registration, and a close behind what came before."""
    rig = Rig(members=1)
    one = SessionId(1)

    rig.do(
        MarkRegistered(one), Broadcast(LOBBY, says("x")), SendText(one, "BYE"), Close(one, "Quit")
    )

    peer = rig.peers[1]
    assert peer.is_registered
    assert peer.got.endswith(b":x\r\nBYE\r\n")
    assert peer.closed == "Quit"
    assert rig.fanout.rooms == {}


@pytest.mark.parametrize(
    "effect",
    [
        Send(SessionId(7), says("x")),
        SendText(SessionId(7), "x"),
        Subscribe(SessionId(7), TEA),
        Unsubscribe(SessionId(7), LOBBY),
        SetProfile(SessionId(7), 1),
        MarkRegistered(SessionId(7)),
        Close(SessionId(7), "x"),
        Broadcast(TEA, says("x")),
        Broadcast(LOBBY, says("x"), SessionId(7)),
    ],
)
def test_orders_for_others_are_ignored(effect):
    """An effect for a session of another io thread, or one that is gone, does nothing here."""
    rig = Rig(members=1)

    rig.do(effect)

    assert rig.fanout.rooms.keys() == {LOBBY}


def test_unsubscribing_the_last_member_ends_the_room():
    """A room without subscribers is forgotten; unsubscribing twice is harmless."""
    rig = Rig(members=1)
    gone = Unsubscribe(SessionId(1), LOBBY)

    rig.do(gone, gone)

    assert rig.fanout.rooms == {}
    assert rig.peers[1].rooms == set()


def test_removing_in_the_middle_of_a_run():
    """A connection that is lost while a run is open gets nothing of it; others get all."""
    rig = Rig(members=2)

    rig.fanout.carry_out([Broadcast(LOBBY, says("x"), SessionId(1))])
    rig.fanout.remove(rig.peers[1])
    rig.fanout.remove(rig.peers[1])
    rig.fanout.finish()

    assert rig.texts(1) == []
    assert rig.texts(2) == ["x"]


WHO = st.integers(1, 4)
EFFECTS = st.lists(
    st.one_of(
        st.builds(
            lambda who, room: Subscribe(SessionId(who), room), WHO, st.sampled_from([LOBBY, TEA])
        ),
        st.builds(
            lambda who, room: Unsubscribe(SessionId(who), room), WHO, st.sampled_from([LOBBY, TEA])
        ),
        st.builds(
            lambda who, room, text: Broadcast(room, says(text), SessionId(who)),
            st.integers(0, 4),
            st.sampled_from([LOBBY, TEA]),
            st.integers(0, 99).map(str),
        ),
        st.builds(
            lambda who, text: Send(SessionId(who), says(text)), WHO, st.integers(0, 99).map(str)
        ),
        st.builds(
            lambda rooms, text: Announce(rooms, says(text), frozenset({SessionId(1)})),
            st.sampled_from([(LOBBY,), (LOBBY, TEA)]),
            st.integers(0, 99).map(str),
        ),
    ),
    max_size=40,
)


@given(effects=EFFECTS, cuts=st.sets(st.integers(0, 40)))
def test_blocks_are_what_line_by_line_would_be(effects, cuts):
    """However effects are grouped, everyone gets what a naive loop would give, in order."""
    rig = Rig()
    for number in range(1, 5):
        rig.add(number)
    rooms = {LOBBY: set(), TEA: set()}
    expected = {number: [] for number in range(1, 5)}

    for position, effect in enumerate(effects):
        rig.fanout.carry_out([effect])
        if position in cuts:
            rig.fanout.finish()
        match effect:
            case Subscribe(who, room):
                rooms[room].add(who)
            case Unsubscribe(who, room):
                rooms[room].discard(who)
            case Send(who, line):
                expected[who].append(line.params[1])
            case Broadcast(room, line, but):
                for who in rooms[room] - {but}:
                    expected[who].append(line.params[1])
            case Announce(audience, line, but):
                for who in set().union(*(rooms[room] for room in audience)) - but:
                    expected[who].append(line.params[1])
    rig.fanout.finish()

    assert {number: rig.texts(number) for number in expected} == expected


def test_telling_when_drained_marks_the_connection():
    """The loop flushes it and tells, even if nothing was said; a gone one is nothing."""
    rig = Rig(members=1)

    rig.do(TellWhenDrained(SessionId(1)), TellWhenDrained(SessionId(9)))

    assert rig.marked == [rig.peers[1]]
    assert rig.peers[1].tells_drained


def test_lines_for_everybody():
    """All who are registered, once each, in the form of their profile; what waited comes first."""
    rig = Rig(members=2)
    rig.add(3)
    for number in (1, 3):
        rig.do(MarkRegistered(SessionId(number)))
    rig.do(SetProfile(SessionId(3), caps.BATCH))
    needs = Outgoing("s", "005", ("*", "B", "x"), 0, needs=caps.BATCH)
    lacks = Outgoing("s", "005", ("*", "A", "x"), 0, lacks=caps.BATCH)
    rig.do(Broadcast(LOBBY, Outgoing("s", "PING", ("first",), 0)), ToEverybody((needs, lacks)))
    rig.do(ToEverybody((needs,)))
    rig.fanout.finish()
    assert rig.peers[1].got == b":s PING first\r\n:s 005 * A x\r\n"
    assert rig.peers[2].got == b":s PING first\r\n"
    assert rig.peers[3].got == b":s 005 * B x\r\n" * 2
