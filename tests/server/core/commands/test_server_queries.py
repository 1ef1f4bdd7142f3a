"""MOTD, LUSERS, VERSION, TIME. Source: Modern IRC, "Server Queries and Commands"."""

import pytest

from server.core import isupport
from server.core.settings import Settings
from tests.support.chat import Chat


def test_motd():
    """375, a 372 for each line, 376."""
    chat = Chat("ann", motd=("Be kind.", "", "x" * 301))
    assert chat.say("ann", "MOTD")["ann"] == [
        ":chat.local 375 ann :- chat.local Message of the day - ",
        ":chat.local 372 ann :- Be kind.",
        ":chat.local 372 ann :- ",
        ":chat.local 372 ann :- " + "x" * 300,
        ":chat.local 372 ann :- x",
        ":chat.local 376 ann :End of /MOTD command.",
    ]


def test_no_motd():
    """422 when there is none."""
    chat = Chat("ann")
    assert chat.say("ann", "MOTD")["ann"] == [":chat.local 422 ann :MOTD File is missing"]


def test_lusers():
    """Visible and hidden users, operators, connections that are nobody yet, rooms, the peak."""
    chat = Chat("ann", "eve", "bob")
    chat.say("ann", "MODE ann +i", "JOIN #tea")
    chat.connect("x")
    chat.lose("bob")
    assert chat.say("eve", "LUSERS")["eve"] == [
        ":chat.local 251 eve :There are 1 users and 1 invisible on 1 servers",
        ":chat.local 252 eve 0 :operator(s) online",
        ":chat.local 253 eve 1 :unknown connection(s)",
        ":chat.local 254 eve 2 :channels formed",
        ":chat.local 255 eve :I have 2 clients and 0 servers",
        ":chat.local 265 eve 2 3 :Current local users 2, max 3",
        ":chat.local 266 eve 2 3 :Current global users 2, max 3",
    ]


def test_version():
    """351, then RPL_ISUPPORT."""
    chat = Chat("ann")
    heard = chat.say("ann", "VERSION")["ann"]
    assert heard[0] == ":chat.local 351 ann tlschat-test chat.local :IRC with IRCv3"
    words = " ".join(heard[1:])
    assert all(token in words for token in isupport.tokens(Settings()))
    assert all(line.startswith(":chat.local 005 ann ") for line in heard[1:])


def test_time():
    """391 with the seconds since the epoch, and UTC to read."""
    chat = Chat("ann", "eve")
    chat.at_ms = 1_700_000_009_000
    assert chat.say("ann", "TIME")["ann"] == [
        ":chat.local 391 ann chat.local 1700000010 0 2023-11-14T22:13:30.000Z"
    ]


@pytest.mark.parametrize("command", ["MOTD", "VERSION", "TIME"])
def test_which_server(command):
    """This server answers to its name, a mask of it, and the nick of somebody on it; else 402."""
    chat = Chat("ann")
    for target in ("chat.local", "CHAT.*", "ann"):
        assert " 402 " not in chat.say("ann", f"{command} {target}")["ann"][0]
    assert chat.say("ann", f"{command} other.example")["ann"] == [
        ":chat.local 402 ann other.example :No such server"
    ]
