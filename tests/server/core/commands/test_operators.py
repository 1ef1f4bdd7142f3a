"""KILL, WALLOPS, REHASH, and who is an operator. Source: Modern IRC, "Operator Messages"."""

from dataclasses import replace

import pytest

from irc.message import parse_line
from irc.names import NickKey
from server.core.events import Dialect, Rehashed, SettingsLoaded
from server.core.facts import ActNoted
from server.core.settings import Operator
from tests.support.chat import Chat

OPERATORS = {"boss": Operator("boss", NickKey("root")), "key": Operator("key", hash="$2b$...")}


@pytest.fixture
def chat():
    """Root is an operator by account; ann and bob share a room with nobody else."""
    chat = Chat("root", "ann", "bob", operators=OPERATORS, default_rooms=("#lobby",))
    chat.say("root", "PART #lobby")
    return chat


def acts(chat):
    """The acts among the last facts."""
    return [
        (f.actor_nick, f.what, f.target, f.reason) for f in chat.last.facts if type(f) is ActNoted
    ]


@pytest.mark.parametrize(
    "line", ["KILL ann", "KILL ann :x", "WALLOPS", "REHASH", "DLINE", "UNDLINE"]
)
def test_only_operators(chat, line):
    """481, and before anything else is looked at (RFC 1459, 4.6.1, has it first)."""
    assert chat.say("bob", line)["bob"] == [
        ":chat.local 481 bob :Permission Denied- You're not an IRC operator"
    ]
    assert chat.user("ann")


# KILL


def test_kill(chat):
    """The victim gets KILL, QUIT and ERROR; who shares a room one QUIT; the connection ends."""
    heard = chat.say("root", "KILL ANN :too loud")
    quit_line = ":ann!ann@user/ann QUIT :Killed (root (too loud))"
    assert heard == {
        "ann": [
            ":root!root@user/root KILL ann :too loud",
            quit_line,
            ":chat.local ERROR :Closing link: chat.local (Killed (root (too loud)))",
        ],
        "bob": [quit_line],
    }
    assert chat.is_closed("ann")
    assert chat.world.find_user("ann") is None
    assert acts(chat) == [("root", "KILL", "ann", "too loud")]


def test_kill_ends_all_sessions(chat):
    """The account is one user: all of its connections end, the rooms hear one QUIT."""
    chat.login("ann2", "ann")
    heard = chat.say("root", "KILL ann :x")
    assert len(heard["bob"]) == 1
    assert heard["ann"] == heard["ann2"]
    assert chat.is_closed("ann") and chat.is_closed("ann2")


def test_kill_of_oneself(chat):
    """It is one's own answer: with a label all of it is one batch, and ERROR is the last of it."""
    chat.login("root2", "root", caps="labeled-response batch")
    heard = chat.say("root2", "@label=x KILL root :bye")["root2"]
    commands = [parse_line(line.encode()).command for line in heard]
    assert commands == ["BATCH", "KILL", "QUIT", "ERROR", "BATCH"]
    assert chat.is_closed("root") and chat.is_closed("root2")


def test_kill_without_a_reason(chat):
    """An empty one becomes the killer's nick; a long one is cut."""
    assert " KILL ann :root" in chat.say("root", "KILL ann :")["ann"][0]
    chat.change_settings(kick_bytes_max=4)
    assert chat.say("root", "KILL bob :abcdef")["bob"][0].endswith(" KILL bob :abcd")


def test_kill_in_the_simple_dialect(chat):
    """It is told in its own words."""
    chat.login_simple("sim", "zoe")
    assert chat.say("root", "KILL zoe :bye")["sim"] == [
        "FROM chat.local [dm]: Killed (root (bye))",
        "BYE",
    ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("KILL", "461 root KILL :Not enough parameters"),
        ("KILL ann", "461 root KILL :Not enough parameters"),
        ("KILL nobody :x", "401 root nobody :No such nick/channel"),
        ("KILL CHAT.local :x", "483 root :You cant kill a server!"),
    ],
)
def test_kill_that_cannot_be(chat, line, answer):
    """461 comes after 481 and before 401 and 483 (RFC 1459, 4.6.1)."""
    assert chat.say("root", line)["root"] == [f":chat.local {answer}"]


# WALLOPS


def test_wallops(chat):
    """To everybody with user mode w, in all their sessions, and to the sender in any case."""
    chat.login("ann2", "ann")
    chat.say("ann", "MODE ann +w")
    line = ":root!root@user/root WALLOPS :hi all"
    assert chat.say("root", "WALLOPS :hi all") == {"root": [line], "ann": [line], "ann2": [line]}
    assert acts(chat) == [("root", "WALLOPS", "", "hi all")]
    chat.login("ann3", "ann")
    chat.say("root", "MODE root +w")
    assert chat.say("root", "WALLOPS :hi all").keys() == {"root", "ann", "ann2", "ann3"}
    chat.say("ann2", "MODE ann -w")
    assert chat.say("root", "WALLOPS :hi all").keys() == {"root"}


def test_the_simple_dialect_has_no_wallops(chat):
    """Its user may want them in an IRC session."""
    chat.connect("sim", Dialect.SIMPLE)
    chat.say("sim", "NICK zoe secret")
    chat.login("zoe")
    chat.say("zoe", "MODE zoe +w")
    assert chat.say("root", "WALLOPS :hi").keys() == {"root", "zoe"}


def test_wallops_without_a_text(chat):
    """The text should not be empty (Modern IRC, "WALLOPS message")."""
    for line in ("WALLOPS", "WALLOPS :"):
        assert chat.say("root", line)["root"][0].split()[1] == "461"


# REHASH


def test_rehash(chat):
    """382 with the name of the file, and an order for the app."""
    assert chat.say("root", "REHASH")["root"] == [":chat.local 382 root config.toml Rehashing"]
    assert [each.session for each in chat.rehashes] == [chat.session("root").id]
    assert acts(chat) == [("root", "REHASH", "", "")]


def test_what_came_of_a_rehash(chat):
    """Notices, but not to somebody who is no operator any more, or gone."""
    session = chat.session("root").id
    assert chat.event(Rehashed(session, ("a", "b")))["root"] == [
        ":chat.local NOTICE root :a",
        ":chat.local NOTICE root :b",
    ]
    chat.say("root", "MODE root -o")
    assert chat.event(Rehashed(session, ("a",))) == {}
    chat.lose("root")
    assert chat.event(Rehashed(session, ("a",))) == {}


# Operators come and go.


def reload(chat, operators):
    return chat.event(SettingsLoaded(replace(chat.world.settings, operators=operators)))


def test_who_is_an_operator_by_account(chat):
    """From the login on, known by the name in the config."""
    assert chat.user("root").modes == {"o"}
    assert chat.user("root").operator == "boss"


def test_who_is_not_in_the_config_any_more_is_no_operator(chat):
    """All their sessions are shown it; others are not touched."""
    chat.login("root2", "root")
    assert reload(chat, dict(OPERATORS)) == {}
    gone = {"key": OPERATORS["key"]}
    line = ":root!root@user/root MODE root -o"
    assert reload(chat, gone) == {"root": [line], "root2": [line]}
    assert not chat.user("root").is_operator
    assert chat.user("root").operator == ""


def test_who_is_in_the_config_now_is_an_operator(chat):
    """At once, if they are here."""
    now = {**OPERATORS, "second": Operator("second", NickKey("ann"))}
    assert reload(chat, now) == {"ann": [":ann!ann@user/ann MODE ann +o"]}
    assert chat.user("ann").operator == "second"


def test_another_password_ends_what_the_old_one_gave(chat):
    """Who came in by OPER with the old one has to come in again."""
    chat.say("bob", "OPER key secret")
    assert chat.user("bob").operator == "key"
    assert acts(chat) == [("bob", "OPER", "key", "")]
    new = {**OPERATORS, "key": Operator("key", hash="$2b$other")}
    assert reload(chat, new) == {"bob": [":bob!bob@user/bob MODE bob -o"]}


def test_an_entry_that_goes_while_the_password_is_checked(chat):
    """It is as if it had never been there."""
    chat.answers_checks = False
    chat.say("bob", "OPER key secret")
    reload(chat, {"boss": OPERATORS["boss"], "other": replace(OPERATORS["key"], name="other")})
    assert chat.answer()["bob"] == [":chat.local 464 bob :Password incorrect"]
    assert not chat.user("bob").is_operator


def test_modes_do_not_make_anybody_an_operator(chat):
    """`MODE +o` is nothing; other modes leave the operator as they are."""
    assert chat.say("ann", "MODE ann +o") == {}
    chat.say("root", "MODE root +iw")
    assert chat.user("root").operator == "boss"
    assert chat.user("root").modes == {"o", "i", "w"}


def test_who_laid_it_down_stays_without(chat):
    """Any reload of settings, as when an account is made, gives nobody back what they took off."""
    chat.say("root", "MODE root -o")
    assert reload(chat, dict(OPERATORS)) == {}
    assert not chat.user("root").is_operator
