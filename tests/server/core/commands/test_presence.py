"""Coming and going. Source: Modern IRC, "Connection Registration"; the project's design page."""

import pytest

from irc.message import parse_line
from server.core import isupport
from server.core.effects import Announce
from server.core.events import (
    AccountsRevoked,
    Dialect,
    ServerStopping,
    SettingsLoaded,
)
from server.core.facts import AccountSeen, SessionAttached, UserAppeared, UserId, UserLeft
from server.core.settings import Operator, Settings, with_accounts
from tests.support.chat import Chat

BOSS = {"boss": Operator("boss", "ann")}


def numerics(lines: list[str]) -> list[str]:
    """The commands of the lines."""
    return [parse_line(line.encode()).command for line in lines]


def test_the_welcome_in_order():
    """001 to 005, LUSERS, MOTD, then the default rooms (Modern IRC, steps 1 to 8)."""
    chat = Chat(motd=("Be kind.",))
    heard = numerics(chat.login("ann")["ann"])
    assert heard == [
        *("900", "001", "002", "003", "004"),
        *("005" for _ in isupport.lines(chat.world.settings)),
        *("251", "252", "253", "254", "255", "265", "266"),
        *("375", "372", "376", "JOIN", "353", "366"),
    ]


def test_what_the_welcome_says():
    """Names, version and modes; no host, so that clients do not try to resolve it."""
    chat = Chat(network="Tea House", server_name="tea.example", created_at_ms=1_700_000_000_000)
    heard = chat.login("ann")["ann"][1:5]
    assert heard == [
        ":tea.example 001 ann :Welcome to the Tea House Network, ann",
        ":tea.example 002 ann :Your host is tea.example, running version tlschat-test",
        ":tea.example 003 ann :This server was created 2023-11-14T22:13:20.000Z",
        ":tea.example 004 ann tea.example tlschat-test Biow CISUbeiklmnoqstv ISbekloqv",
    ]


def test_everyone_is_in_the_default_rooms():
    """Whoever logs in is in each of them without asking, and others hear it."""
    chat = Chat("ann", default_rooms=("#lobby", "#news"))
    heard = chat.login("eve")
    assert heard["ann"] == [
        ":eve!eve@user/eve JOIN #lobby",
        ":eve!eve@user/eve JOIN #news",
    ]
    assert list(chat.user("eve").rooms) == ["#lobby", "#news"]
    assert heard["eve"][-3:] == [
        ":eve!eve@user/eve JOIN #news",
        ":chat.local 353 eve = #news :ann eve",
        ":chat.local 366 eve #news :End of /NAMES list",
    ]


def test_no_default_rooms():
    """The config may name none."""
    chat = Chat("ann", default_rooms=())
    assert chat.world.rooms == {}


def test_a_ban_holds_in_the_lobby():
    """Who is banned there is told so and is in no room."""
    chat = Chat("ann", operators=BOSS)
    chat.say("ann", "MODE #lobby +b eve!*@*")
    assert chat.login("eve")["eve"][-1] == ":chat.local 474 eve #lobby :Cannot join channel (+b)"
    assert chat.user("eve").rooms == {}


def test_nobody_manages_the_lobby_by_coming_first():
    """The first one in gets no flag; an operator of the config does, first or not."""
    chat = Chat("eve", operators=BOSS)
    heard = chat.login("ann")["ann"]
    assert ":chat.local 221 ann +o" in heard
    assert heard[-2] == ":chat.local 353 ann = #lobby :eve @ann"
    assert chat.user("ann").is_operator


def test_an_operator_by_password_has_no_account():
    """An operator entry without an account makes nobody operator at login."""
    chat = Chat("ann", accounts_required=False, operators={"boss": Operator("boss", hash="$2b$")})
    assert not chat.user("ann").is_operator


def test_hosts_tell_nothing_of_addresses():
    """Accounts are user/NAME; guests have a mark that is the same for the same address."""
    chat = Chat(accounts_required=False)
    for name, address in (("ann", "192.0.2.1"), ("eve", "192.0.2.1"), ("bob", "192.0.2.2")):
        chat.connect(name, address=address)
        chat.say(name, f"NICK {name}", f"USER {name} 0 * :x")
    chat.login("zoe")
    hosts = [chat.user(name).host for name in ("ann", "eve", "bob")]
    assert hosts[0] == hosts[1] != hosts[2]
    assert hosts[0].startswith("guest/") and "192" not in hosts[0]
    assert Chat("ann").user("ann").host == "user/ann"


# One account, several sessions.


def test_a_further_session_is_shown_everything_and_announced_to_nobody():
    """It gets JOIN, topic and names of each room; the others get nothing."""
    chat = Chat("ann", "eve")
    chat.say("ann", "JOIN #tea", "TOPIC #tea :Green")
    set_at = chat.at_ms // 1000
    heard = chat.login("ann2", "ann")
    assert list(heard) == ["ann2"]
    assert heard["ann2"][-8:] == [
        ":ann!ann@user/ann JOIN #lobby",
        ":chat.local 353 ann = #lobby :ann eve",
        ":chat.local 366 ann #lobby :End of /NAMES list",
        ":ann!ann@user/ann JOIN #tea",
        ":chat.local 332 ann #tea :Green",
        f":chat.local 333 ann #tea ann {set_at}",
        ":chat.local 353 ann = #tea :~ann",
        ":chat.local 366 ann #tea :End of /NAMES list",
    ]
    assert len(chat.user("ann").sessions) == 2
    assert not any(isinstance(fact, UserAppeared) for fact in chat.last.facts)
    assert any(isinstance(fact, SessionAttached) for fact in chat.last.facts)


def test_sessions_are_one_member():
    """What one session does, the others are part of; what is said reaches all."""
    chat = Chat("ann", "eve")
    chat.login("ann2", "ann")
    assert chat.say("eve", "PRIVMSG #lobby :hi") == {
        "ann": [":eve!eve@user/eve PRIVMSG #lobby :hi"],
        "ann2": [":eve!eve@user/eve PRIVMSG #lobby :hi"],
    }
    chat.say("ann2", "JOIN #tea")
    assert chat.wires["ann"].rooms == chat.wires["ann2"].rooms


def test_a_further_session_gets_the_nick_of_the_first():
    """Policy "free": the user has one nick, whatever the new session asked for."""
    chat = Chat("ann", nick_policy="free")
    chat.say("ann", "NICK sun")
    chat.login("ann2", "ann")
    assert chat.session("ann2").user == chat.user("sun").id


def test_a_further_session_of_an_operator_is_told():
    """221, and no change of modes."""
    chat = Chat("ann", operators=BOSS)
    assert ":chat.local 221 ann +o" in chat.login("ann2", "ann")["ann2"]


def test_too_many_sessions():
    """One over sessions_max: 433 with the reason, and closed; the others notice nothing."""
    chat = Chat("ann", sessions_max=2)
    chat.login("ann2", "ann")
    assert numerics(chat.login("ann3", "ann")["ann3"]) == ["900", "433", "ERROR"]
    assert chat.is_closed("ann3")
    assert len(chat.user("ann").sessions) == 2


def test_one_session_only():
    """sessions_max = 1 is strict; when the first is gone, there is room again."""
    chat = Chat("ann", sessions_max=1)
    heard = chat.login("ann2", "ann")["ann2"]
    assert heard[1] == (":chat.local 433 ann ann :This account has 1 of 1 connections already")
    chat.lose("ann")
    assert "001" in numerics(chat.login("ann3", "ann")["ann3"])


def test_the_last_session_ends_the_user():
    """Sessions before the last end without a word; at the last one QUIT is announced once."""
    chat = Chat("ann", "eve")
    chat.say("ann", "JOIN #tea")
    chat.say("eve", "JOIN #tea")
    chat.login("ann2", "ann")
    assert chat.lose("ann", "Ping timeout") == {}
    assert chat.user("ann").sessions
    heard = chat.lose("ann2", "Connection reset")
    assert heard == {"eve": [":ann!ann@user/ann QUIT :Connection reset"]}
    assert len([each for each in chat.last.effects if isinstance(each, Announce)]) == 1
    assert chat.last.facts[-2:] == (UserLeft(UserId(1)), AccountSeen("ann", chat.at_ms))


def test_nobody_hears_of_who_was_in_no_room():
    """Without a room there is nobody concerned."""
    chat = Chat("ann", "eve")
    chat.say("ann", "PART #lobby")
    assert chat.lose("ann") == {}


def test_a_connection_that_never_registered_goes_silently():
    """It was nobody yet."""
    chat = Chat("ann")
    chat.connect("x")
    assert chat.lose("x") == {}
    assert len(chat.world.sessions) == 1


def test_the_lobby_stays_when_it_is_empty():
    """A default room with its settings survives its last member."""
    chat = Chat("ann", operators=BOSS)
    chat.say("ann", "TOPIC #lobby :Welcome")
    chat.lose("ann")
    assert list(chat.world.rooms) == ["#lobby"]
    assert chat.world.rooms["#lobby"].topic == "Welcome"


# The account's name as nick.


def test_the_nick_is_the_accounts_name():
    """Policy "account": whatever NICK said, 001 has the account's name."""
    chat = Chat()
    chat.connect("ann")
    heard = chat.say("ann", "PASS ann:secret", "NICK other", "USER ann 0 * :Ann")["ann"]
    assert heard[0].startswith(":chat.local 900 other ")
    assert heard[1] == ":chat.local 001 ann :Welcome to the tlschat Network, ann"
    assert chat.session("ann").login.nick == ""


def test_nicks_are_free_with_an_account():
    """Policy "free": NICK counts; the account is shown where accounts are shown."""
    chat = Chat("eve", nick_policy="free")
    chat.connect("ann")
    chat.say("ann", "PASS ann:secret", "NICK sun", "USER ann 0 * :Ann")
    assert chat.user("sun").account == "ann"
    chat.connect("bob")
    heard = chat.say("bob", "PASS bob:secret", "NICK sun", "USER bob 0 * :Bob")["bob"]
    assert heard[-1] == ":chat.local 433 * sun :Nickname is already in use"
    assert not chat.is_closed("bob")
    assert "001" in numerics(chat.say("bob", "NICK moon")["bob"])


def test_somebody_looks_like_the_account():
    """There is no other nick to try, so the connection is closed with the reason."""
    chat = Chat("сара", accounts_required=False)
    chat.connect("x")
    heard = chat.say("x", "PASS capa:secret", "NICK other", "USER x 0 * :x")["x"]
    assert heard[-2:] == [
        ":chat.local 433 * capa :This looks like a nickname in use",
        ":chat.local ERROR :Closing link: This looks like a nickname in use",
    ]


def test_an_account_with_a_reserved_name():
    """An account that the admin made by hand is its owner's, whatever its name."""
    chat = Chat("root")
    assert chat.user("root").account == "root"


def test_an_account_that_cannot_be_a_nick():
    """Its name is too long for this server: refused and closed."""
    chat = Chat(nick_chars_max=5)
    chat.connect("x")
    heard = chat.say("x", "PASS annabel:secret", "NICK ann", "USER x 0 * :x")["x"]
    assert numerics(heard) == ["900", "432", "ERROR"]


# Told from outside.


def test_revoked_accounts_are_closed():
    """Every session of the account, also one still on its way in; the rooms hear it once."""
    chat = Chat("ann", "eve")
    chat.login("ann2", "ann")
    chat.connect("ann3")
    chat.say("ann3", "CAP REQ sasl")
    chat.sasl("ann3", "ann")
    heard = chat.event(AccountsRevoked(frozenset({"ANN", "nobody"})))
    error = ":chat.local ERROR :Closing link: This account was removed or disabled"
    quit_ = ":ann!ann@user/ann QUIT :This account was removed or disabled"
    assert heard == {"ann": [error], "ann2": [error], "ann3": [error], "eve": [quit_]}
    assert all(map(chat.is_closed, ("ann", "ann2", "ann3")))
    assert list(chat.world.accounts) == ["eve"]


def test_revoking_nobody_present():
    """Nothing happens."""
    chat = Chat("ann")
    assert chat.event(AccountsRevoked(frozenset({"eve"}))) == {}
    assert chat.last.facts == ()


def test_new_settings_hold_at_once():
    """What the operator changed counts from the next line on, for those who are here as well."""
    chat = Chat("ann")
    chat.event(SettingsLoaded(Settings(motd=("New.",))))
    assert chat.say("ann", "MOTD")["ann"][1] == ":chat.local 372 ann :- New."


def test_a_guest_makes_room_for_a_new_account():
    """When a guest's nick becomes an account's name, the guest has to leave; accounts stay."""
    chat = Chat("ann", "eve", accounts_required=False)
    chat.connect("bob")
    chat.say("bob", "PASS bob:secret", "NICK bob", "USER bob 0 * :Bob")
    heard = chat.event(SettingsLoaded(with_accounts(chat.world.settings, ["ann", "bob"])))
    error = ":chat.local ERROR :Closing link: Your nickname belongs to an account now"
    assert heard["ann"] == [error]
    assert heard["eve"][0].endswith(" QUIT :Your nickname belongs to an account now")
    assert sorted(chat.world.nicks) == ["bob", "eve"]


def test_a_default_room_that_is_none_any_more():
    """It ends when it is empty, now or later; those that are left stay."""
    chat = Chat("ann", default_rooms=("#lobby", "#news", "#old"))
    chat.say("ann", "PART #old", "PART #lobby")
    assert list(chat.world.rooms) == ["#lobby", "#news", "#old"]
    chat.event(SettingsLoaded(Settings()))
    assert list(chat.world.rooms) == ["#lobby", "#news"]
    chat.say("ann", "PART #news")
    assert list(chat.world.rooms) == ["#lobby"]


def test_stopping_tells_everyone():
    """NOTICE and ERROR on IRC, BYE in the simple dialect; then all are closed, nobody announced."""
    chat = Chat("ann", "eve")
    chat.login("ann2", "ann")
    chat.login_simple("zoe")
    chat.connect("x")
    chat.connect("y", Dialect.SIMPLE)
    heard = chat.event(ServerStopping("The server is stopping"))
    error = ":chat.local ERROR :Closing link: The server is stopping"
    notice = ":chat.local NOTICE {} :The server is stopping"
    assert heard == {
        "ann": [notice.format("ann"), error],
        "ann2": [notice.format("ann"), error],
        "eve": [notice.format("eve"), error],
        "zoe": ["FROM chat.local [dm]: The server is stopping", "BYE"],
        "x": [error],
        "y": ["BYE"],
    }
    assert all(map(chat.is_closed, chat.wires))
    assert chat.world.sessions == {} and chat.world.users == {}


@pytest.mark.parametrize("dialect", list(Dialect))
def test_only_the_simple_dialect_greets(dialect):
    """An IRC server waits for the client to speak."""
    heard = Chat().connect("ann", dialect)
    greeting = ["New User. Please register with: NICK <name>"]
    assert heard["ann"] == (greeting if dialect is Dialect.SIMPLE else [])
