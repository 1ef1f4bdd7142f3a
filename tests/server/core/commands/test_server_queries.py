"""Questions about the server. Source: Modern IRC, "Server Queries and Commands"."""

import pytest

from server.core import isupport
from server.core.settings import Admin, Settings
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
        ":chat.local 391 ann chat.local 1700000010 0 :2023-11-14T22:13:30.000Z"
    ]


@pytest.mark.parametrize("command", ["MOTD", "VERSION", "TIME", "ADMIN", "INFO"])
def test_which_server(command):
    """This server answers to its name, a mask of it, and the nick of somebody on it; else 402."""
    chat = Chat("ann")
    for target in ("chat.local", "CHAT.*", "ann"):
        heard = chat.say("ann", f"{command} {target}")["ann"]
        assert heard and " 402 " not in heard[0]
    assert chat.say("ann", f"{command} other.example")["ann"] == [
        ":chat.local 402 ann other.example :No such server"
    ]


def test_lusers_counts_as_people_come_and_go():
    """Modes that come and go with their users, sessions of one user, and connections lost."""
    chat = Chat("ann", "eve")
    chat.login("ann2", "ann")
    chat.say("ann", "MODE ann +i")
    chat.connect("x")
    assert " 1 users and 1 invisible" in chat.say("eve", "LUSERS")["eve"][0]
    chat.lose("x")
    chat.lose("ann2")
    assert " 253 eve 0 " in chat.say("eve", "LUSERS")["eve"][2]
    chat.say("ann", "MODE ann -i", "MODE ann +i")
    chat.lose("ann")
    assert " 1 users and 0 invisible" in chat.say("eve", "LUSERS")["eve"][0]


def test_admin():
    """256 with the server, 257 and 258 where and whose it is, 259 the address."""
    chat = Chat("ann", admin=Admin("Faro, Portugal", "The tea club", "tea@example.org"))
    assert chat.say("ann", "ADMIN")["ann"] == [
        ":chat.local 256 ann chat.local :Administrative info",
        ":chat.local 257 ann :Faro, Portugal",
        ":chat.local 258 ann :The tea club",
        ":chat.local 259 ann :tea@example.org",
    ]


def test_no_admin():
    """423 (ERR_NOADMININFO, RFC 1459) when nobody is named."""
    chat = Chat("ann")
    assert chat.say("ann", "ADMIN")["ann"] == [
        ":chat.local 423 ann chat.local :No administrative info available"
    ]


def test_info():
    """371 in lines, with the version, and 374."""
    chat = Chat("ann")
    *lines, end = chat.say("ann", "INFO")["ann"]
    assert all(line.startswith(":chat.local 371 ann :") for line in lines)
    assert "tlschat-test" in lines[0]
    assert end == ":chat.local 374 ann :End of INFO list"


def test_links():
    """364 with this server twice and 0 hops, 365; a mask that does not fit shows none."""
    chat = Chat("ann")
    row = ":chat.local 364 ann chat.local chat.local :0 tlschat"
    for line, mask in (("LINKS", "*"), ("LINKS chat.*", "chat.*"), ("LINKS chat.local *", "*")):
        end = f":chat.local 365 ann {mask} :End of /LINKS list"
        assert chat.say("ann", line)["ann"] == [row, end]
    assert chat.say("ann", "LINKS *.net")["ann"] == [
        ":chat.local 365 ann *.net :End of /LINKS list"
    ]
    assert chat.say("ann", "LINKS other.example *")["ann"][0].split()[1] == "402"
