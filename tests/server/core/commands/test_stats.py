"""STATS. Source: Modern IRC, "STATS message"."""

import pytest

from irc.names import NickKey
from server.core.events import Drained
from server.core.settings import Operator
from server.core.stream import PIECE_ITEMS
from tests.support.chat import STARTED_AT_MS, Chat

OPERATORS = {"root": Operator("root", NickKey("root")), "key": Operator("key", hash="$2b$...")}


@pytest.fixture
def chat():
    """Root is an operator, ann is not."""
    return Chat("root", "ann", operators=OPERATORS, created_at_ms=STARTED_AT_MS - 100_000_000)


def test_uptime(chat):
    """242 "Server Up <days> days <hours>:<minutes>:<seconds>", 219."""
    chat.at_ms = STARTED_AT_MS
    assert chat.say("ann", "STATS u")["ann"] == [
        ":chat.local 242 ann :Server Up 1 days 3:46:41",
        ":chat.local 219 ann u :End of /STATS report",
    ]


def test_commands(chat):
    """212 with the count of each command that was used, 219."""
    chat.command_counts = {"PRIVMSG": 3, "JOIN": 1}
    assert chat.say("ann", "STATS m chat.local")["ann"] == [
        ":chat.local 212 ann JOIN 1",
        ":chat.local 212 ann PRIVMSG 3",
        ":chat.local 219 ann m :End of /STATS report",
    ]


def test_operators_are_told_who_operators_are(chat):
    """243 for each one of the config, by account or by name; never a hash."""
    assert chat.say("root", "STATS o")["root"] == [
        ":chat.local 243 root O root * root",
        ":chat.local 243 root O * * key",
        ":chat.local 219 root o :End of /STATS report",
    ]


def test_operators_are_told_which_addresses_are_banned(chat):
    """225 for each ban: who set it, when, until when, why."""
    chat.say("root", "DLINE 1h 198.51.100.7 :spam", "DLINE 2001:db8::/32", "DLINE 0::2")
    assert chat.say("root", "STATS d")["root"] == [
        ":chat.local 225 root D 198.51.100.7"
        " :by root at 2023-11-14T22:13:31.000Z, ends 2023-11-14T23:13:31.000Z: spam",
        ":chat.local 225 root D 2001:db8::/32 :by root at 2023-11-14T22:13:33.000Z, ends never",
        ":chat.local 225 root D 0::2 :by root at 2023-11-14T22:13:35.000Z, ends never",
        ":chat.local 219 root d :End of /STATS report",
    ]


@pytest.mark.parametrize("letter", ["o", "d"])
def test_others_are_not(chat, letter):
    """481 (ERR_NOPRIVILEGES)."""
    assert chat.say("ann", f"STATS {letter}")["ann"] == [
        ":chat.local 481 ann :Permission Denied- You're not an IRC operator"
    ]


@pytest.mark.parametrize("letter", ["l", "k", "Z", "?"])
def test_nothing_is_told_of_anything_else(chat, letter):
    """Nobody's connections, addresses or traffic: an empty answer."""
    assert chat.say("root", f"STATS {letter}")["root"] == [
        f":chat.local 219 root {letter} :End of /STATS report"
    ]


def test_errors(chat):
    """461 without a letter, 402 for another server; an empty letter is none."""
    assert chat.say("ann", "STATS")["ann"][0].split()[1] == "461"
    assert chat.say("ann", "STATS u other.example")["ann"][0].split()[1] == "402"
    assert chat.say("ann", "STATS :")["ann"] == [":chat.local 219 ann * :End of /STATS report"]


def test_a_long_list_is_told_in_pieces(chat):
    """A ban that is gone meanwhile is not told; the end comes once, at the end."""
    for number in range(150):
        chat.say("root", f"DLINE 203.0.113.{number}")
    chat.answers_drains = False
    first = chat.say("root", "STATS d")["root"]
    assert len(first) == PIECE_ITEMS
    chat.say("root", "UNDLINE 203.0.113.149")
    chat.answers_drains = True
    rest = chat.event(Drained(chat.drains.pop(0)))["root"]
    assert len(rest) == 150 - PIECE_ITEMS
    assert " 219 " in rest[-1] and "203.0.113.148" in rest[-2]
