"""The io thread: what lines cost, and how many a stranger has (server/net/loop.py)."""

import pytest

from irc.message import Message
from server.core.effects import MarkRegistered, Send
from server.core.events import Disconnected, LineReceived
from tests.support.loop_rig import read_line, rigs, says


@pytest.fixture
def start():
    """Make a rig with limits; it is stopped at the end."""
    with rigs() as make:
        yield make


def test_a_command_may_cost_more_than_a_line(start):
    """What costs more takes more of the pace: with a burst of 4, one WHO that costs 4 is all."""
    rig = start(lines_burst=4, lines_per_s=0.1, costs={"WHO": 4.0})
    session, peer = rig.connect()

    peer.sendall(b"who #lobby\r\n@label=2 :x WHO #lobby\r\nPING 1\r\n")

    assert rig.hub.next() == LineReceived(session, Message("WHO", ("#lobby",)))
    rig.connect()
    assert rig.hub.events.empty()


def test_cheap_commands_are_not_held_back(start):
    """What is not in the table of costs costs a line."""
    rig = start(lines_burst=4, lines_per_s=0.1, costs={"WHO": 4.0})
    session, peer = rig.connect()

    peer.sendall(b"PING 1\r\nPING 2\r\nPING 3\r\nPING 4\r\nPING 5\r\n")

    for number in range(1, 5):
        assert rig.hub.next() == LineReceived(session, Message("PING", (str(number),)))
    rig.connect()
    assert rig.hub.events.empty()


def test_registration_has_a_number_of_lines(start):
    """More than `registration_lines_max` lines before registration end the connection."""
    rig = start(registration_lines_max=8, lines_burst=100)
    session, peer = rig.connect()

    peer.sendall(b"NICK ana\r\n" * 8)
    for _ in range(8):
        assert rig.hub.next() == LineReceived(session, Message("NICK", ("ana",)))
    peer.sendall(b"PONG x\r\n")  # it does not reach the hub, and counts

    assert rig.hub.next() == Disconnected(session, "Too many lines before registration")
    assert read_line(peer) == b"ERROR :Too many lines before registration\r\n"


def test_registered_people_may_go_on(start):
    """The number of lines ends with registration."""
    rig = start(registration_lines_max=8, lines_burst=100)
    session, peer = rig.connect()
    rig.loop.post([MarkRegistered(session), Send(session, says("in"))])
    read_line(peer)

    peer.sendall(b"PING x\r\n" * 20)

    for _ in range(20):
        assert rig.hub.next() == LineReceived(session, Message("PING", ("x",)))
