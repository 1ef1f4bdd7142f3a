"""DLINE, UNDLINE: addresses that nobody may come from (server/core/commands/bans.py)."""

import pytest

from irc.names import NickKey
from server.core.apply import apply, replay
from server.core.events import BanBegan, ClockTicked, Dialect
from server.core.facts import ActNoted, AddressBanned
from server.core.restore import restored_facts
from server.core.settings import Operator
from server.core.world import World
from tests.support.chat import Chat

HERE, THERE, ELSEWHERE = "192.0.2.1", "198.51.100.7", "2001:db8:1:2:3::4"


@pytest.fixture
def chat():
    """Root is an operator and HERE; ann and bob are THERE, eve is ELSEWHERE; all are in a room."""
    chat = Chat("root", operators={"root": Operator("root", NickKey("root"))})
    for name, address in (("ann", THERE), ("bob", THERE), ("eve", ELSEWHERE)):
        join(chat, name, address)
    return chat


def join(chat, name, address, account=""):
    """Somebody logs in from an address."""
    heard = chat.connect(name, address=address)
    if not chat.is_closed(name):
        account = account or name
        chat.say(name, f"PASS {account}:secret", f"NICK {account}", f"USER {account} 0 * :x")
    return heard


def test_a_ban_of_an_address(chat):
    """Who is connected from there gets ERROR with the reason; the rooms one QUIT each; it stays."""
    chat.login("other")
    heard = chat.say("root", f"DLINE {THERE} :spam all day")
    error = ":chat.local ERROR :Closing link: You are banned from this server: spam all day"
    assert (
        heard["root"][0]
        == f":chat.local NOTICE root :{THERE} is banned until somebody takes it back"
    )
    assert heard["ann"] == [error]
    assert heard["bob"][-1] == error
    quits = [":ann!ann@user/ann QUIT", ":bob!bob@user/bob QUIT"]
    assert [line.split(" :")[0] for line in heard["other"]] == quits
    assert chat.is_closed("ann") and chat.is_closed("bob")
    assert not chat.is_closed("eve")
    assert [(f.what, f.target, f.reason) for f in chat.last.facts if type(f) is ActNoted] == [
        ("DLINE", THERE, "spam all day")
    ]


def test_who_connects_from_there_is_told(chat):
    """465 and ERROR before anything is said, and the connection ends (Modern IRC, 465)."""
    chat.say("root", "DLINE 198.51.100.0/24 :spam")
    assert chat.connect("new", address="198.51.100.200")["new"] == [
        ":chat.local 465 * :You are banned from this server: spam",
        ":chat.local ERROR :Closing link: You are banned from this server: spam",
    ]
    assert chat.is_closed("new")
    chat.connect("near", address="198.51.101.1")
    assert not chat.is_closed("near")


def test_a_session_from_there_is_not_all_of_a_user(chat):
    """Who is connected from elsewhere, too, stays: the address is banned, not the account."""
    join(chat, "eve2", THERE, "eve")
    heard = chat.say("root", f"DLINE {THERE}")
    assert chat.is_closed("eve2") and not chat.is_closed("eve")
    assert chat.user("eve")
    assert not any(" QUIT" in line and "eve!" in line for line in heard["root"])


def test_who_has_not_registered_yet_goes_too(chat):
    """The ban is of the connection."""
    chat.connect("new", address=THERE)
    assert chat.say("root", f"DLINE {THERE}")["new"] == [
        ":chat.local ERROR :Closing link: You are banned from this server"
    ]


def test_the_simple_dialect(chat):
    """In its own words, connected or connecting."""
    chat.connect("sim", Dialect.SIMPLE, THERE)
    chat.say("sim", "NICK zoe secret")
    banned = "FROM chat.local [dm]: You are banned from this server: x"
    assert chat.say("root", f"DLINE {THERE} :x")["sim"][-2:] == [banned, "BYE"]
    assert chat.connect("sim2", Dialect.SIMPLE, THERE)["sim2"] == ["ERR banned", banned, "BYE"]


def test_a_ban_by_nick(chat):
    """The person's address; in IPv6 the /64 that one person has."""
    assert chat.say("root", "DLINE ANN")["root"][0].split(" :")[1].startswith(f"{THERE} is banned")
    assert "2001:db8:1:2::/64 is banned" in chat.say("root", "DLINE eve")["root"][0]
    assert chat.is_closed("eve")
    assert chat.connect("again", address="2001:db8:1:2:9:9:9:9")["again"][0].split()[1] == "465"


def test_a_timed_ban_ends_by_itself(chat):
    """When its time has come the next one gets in."""
    assert "is banned for 1h" in chat.say("root", f"DLINE 1h {THERE} :x")["root"][0]
    chat.at_ms += 3_500_000
    chat.event(ClockTicked())
    assert chat.connect("new", address=THERE)["new"]
    chat.at_ms += 200_000
    assert chat.connect("due", address=THERE) == {}, "due, though the clock has not looked yet"
    chat.event(ClockTicked())
    assert chat.world.address_bans == {}


def test_a_ban_that_is_said_again_is_the_later_one(chat):
    """The first end is no end any more, and neither is one of a ban that was taken back."""
    chat.say("root", f"DLINE 1m {THERE} :x", f"DLINE 1h {THERE} :y", "DLINE 1m 203.0.113.1")
    chat.say("root", "UNDLINE 203.0.113.1")
    chat.at_ms += 120_000
    chat.event(ClockTicked())
    (ban,) = chat.world.address_bans.values()
    assert (ban.network, ban.reason) == (THERE, "y")


def test_a_ban_outlives_a_restart(chat):
    """It is promised, the log has it, and a start finds it."""
    chat.say("root", f"DLINE 1d {THERE} :x", "DLINE 203.0.113.0/24", "UNDLINE 203.0.113.0/24")
    chat.reader()
    settings = chat.world.settings
    world = replay(World(settings), restored_facts(settings, chat.log.restore()))
    assert world.address_bans == chat.world.address_bans != {}
    assert world.deadlines


def test_a_ban_that_could_not_be_kept_has_not_begun(chat):
    """Taken back, nobody was ended: that comes behind the commit."""
    chat.say("root", "DLINE 203.0.113.1 :old")
    before = dict(chat.world.address_bans)
    for line in (f"DLINE {THERE}", "DLINE 203.0.113.1 :new", "UNDLINE 203.0.113.1"):
        kept = dict(chat.world.address_bans)
        chat.say("root", line)
        assert chat.last.instead
        for fact in chat.last.undo:
            apply(chat.world, fact)
            apply(chat.mirror, fact)
        assert chat.world.address_bans == kept == before


def test_undline(chat):
    """Whoever was banned may come in again."""
    chat.say("root", "DLINE 198.51.100.7/24")
    heard = chat.say("root", "UNDLINE 198.51.100.0/24")["root"]
    assert heard == [":chat.local NOTICE root :198.51.100.0/24 is no longer banned"]
    assert chat.connect("new", address=THERE) == {}


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("DLINE", "461 root DLINE :Not enough parameters"),
        ("DLINE 1h", "461 root DLINE :Not enough parameters"),
        ("DLINE nobody :x", "401 root nobody :No such nick or address"),
        ("DLINE 0.0.0.0/0 :x", "400 root DLINE :That is more"),
        ("DLINE 0::/0 :x", "400 root DLINE :That is more"),
        ("DLINE 0.0.0.0/7 :x", "400 root DLINE :That is more"),
        (f"DLINE {HERE} :x", "400 root DLINE :You are connected from there yourself"),
        ("DLINE 192.0.0.0/8 :x", "400 root DLINE :You are connected from there yourself"),
        ("DLINE root :x", "400 root DLINE :You are connected from there yourself"),
        ("DLINE 127.0.0.0/8 :x", "400 root DLINE :That is this machine itself"),
        ("DLINE 127.0.0.1/32 :x", "400 root DLINE :That is this machine itself"),
        ("UNDLINE", "461 root UNDLINE :Not enough parameters"),
        ("UNDLINE nobody", "400 root UNDLINE :There is no ban of nobody"),
        ("UNDLINE 192.0.2.9", "400 root UNDLINE :There is no ban of 192.0.2.9"),
    ],
)
def test_what_cannot_be(chat, line, answer):
    """Nothing is banned by mistake: not too much, not oneself, not this machine."""
    assert chat.say("root", line)["root"][0].startswith(f":chat.local {answer}")
    assert chat.world.address_bans == {}


def test_all_of_an_operators_connections_count(chat):
    """An operator at two places bans neither."""
    join(chat, "root2", "203.0.113.5", "root")
    assert chat.say("root", "DLINE 203.0.113.0/24")["root"][0].split()[1] == "400"


def test_loopback_only_when_it_is_meant(chat):
    """By its address, not by the nick of somebody who comes from it."""
    join(chat, "local", "127.0.0.1")
    assert "this machine itself" in chat.say("root", "DLINE local")["root"][0]
    assert "is banned" in chat.say("root", "DLINE 127.0.0.1")["root"][0]
    assert chat.is_closed("local")


def test_the_list_is_bounded(chat):
    """At address_bans_max no other is taken; one that is there may be said anew."""
    chat.change_settings(address_bans_max=1)
    chat.say("root", f"DLINE {THERE}")
    assert "is full" in chat.say("root", "DLINE 203.0.113.1")["root"][0]
    assert "is banned" in chat.say("root", f"DLINE {THERE} :again")["root"][0]


def test_nobody_else_is_shown_an_address(chat):
    """Not in the QUIT, not in the notice: only operators and the log know it."""
    chat.login("other")
    chat.say("root", f"DLINE {THERE} :x")
    heard = chat.say("root", f"DLINE {ELSEWHERE} :x")
    assert not any(ELSEWHERE in line for name in heard if name != "root" for line in heard[name])
    banned = [f for f in chat.facts if isinstance(f, AddressBanned)]
    assert [f.network for f in banned] == [THERE, ELSEWHERE]


def test_a_ban_that_is_gone_before_it_began(chat):
    """Two commands in one batch: what follows the commit looks again."""
    chat.say("root", f"DLINE {THERE}", f"UNDLINE {THERE}")
    assert chat.event(BanBegan(THERE)) == {}
