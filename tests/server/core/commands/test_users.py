"""OPER, USERHOST, ISON. Source: Modern IRC."""

from dataclasses import replace

import pytest

from server.core.effects import CheckOperator
from server.core.events import Check, SettingsLoaded
from server.core.settings import Operator
from tests.support.chat import Chat

OPERATORS = {"boss": Operator("boss", hash="$2b$hash"), "ann": Operator("ann", "eve")}


def test_oper():
    """381 and a MODE line to every session; the hash is asked about, never compared here."""
    chat = Chat("ann", operators=OPERATORS)
    chat.login("ann2", "ann")
    chat.answers_checks = False
    assert chat.say("ann", "OPER boss secret") == {}
    assert chat.last.effects == (
        CheckOperator(chat.session("ann").id, "boss", "$2b$hash", "secret", "192.0.2.1"),
    )
    mode = ":ann!ann@user/ann MODE ann +o"
    heard = chat.answer()
    assert heard == {
        "ann": [":chat.local 381 ann :You are now an IRC operator", mode],
        "ann2": [mode],
    }
    assert chat.user("ann").is_operator


def test_the_answer_to_oper_has_the_label():
    """It comes when the password has been checked (IRCv3 labeled-response)."""
    chat = Chat("ann", caps="batch labeled-response", operators=OPERATORS)
    chat.answers_checks = False
    assert chat.say("ann", "@label=1 OPER boss wrong")["ann"] == []
    assert chat.answer(Check.WRONG)["ann"] == ["@label=1 :chat.local 464 ann :Password incorrect"]


def test_oper_twice():
    """Who is an operator already is told so, and no mode changes."""
    chat = Chat("ann", operators=OPERATORS)
    chat.say("ann", "OPER boss secret")
    assert chat.say("ann", "OPER boss secret")["ann"] == [
        ":chat.local 381 ann :You are now an IRC operator"
    ]


@pytest.mark.parametrize("line", ["OPER boss wrong", "OPER nobody secret", "OPER ann secret"])
def test_oper_fails_in_one_way(line):
    """464 for a wrong password, an unknown name, and an operator who has no password."""
    chat = Chat("bob", operators=OPERATORS)
    assert chat.say("bob", line)["bob"] == [":chat.local 464 bob :Password incorrect"]
    assert not chat.user("bob").is_operator
    chat.say("bob", line)
    assert chat.say("bob", line)["bob"][-1] == (
        ":chat.local ERROR :Closing link: Too many wrong passwords"
    )
    assert chat.is_closed("bob")


@pytest.mark.parametrize("name", ["nobody", "ann"])
def test_every_operators_name_takes_as_long(name):
    """An unknown name, and one without a password: some password is checked, and is never right."""
    chat = Chat("bob", operators=OPERATORS)
    chat.answers_checks = False
    assert chat.say("bob", f"OPER {name} secret") == {}
    (check,) = chat.last.effects
    assert check.hash == "$2b$hash"
    assert chat.answer(Check.OK)["bob"] == [":chat.local 464 bob :Password incorrect"]
    assert not chat.user("bob").is_operator


def test_a_password_that_was_changed_meanwhile():
    """The old one was right when it was checked; the config has another now."""
    chat = Chat("bob", operators=OPERATORS)
    chat.answers_checks = False
    chat.say("bob", "OPER boss secret")
    operators = {"boss": Operator("boss", hash="$2b$other")}
    chat.event(SettingsLoaded(replace(chat.world.settings, operators=operators)))
    assert chat.answer(Check.OK)["bob"] == [":chat.local 464 bob :Password incorrect"]
    assert not chat.user("bob").is_operator


def test_oper_one_at_a_time():
    """263 while a password is being checked, and when the server is busy."""
    chat = Chat("ann", operators=OPERATORS)
    chat.answers_checks = False
    chat.say("ann", "OPER boss secret")
    assert chat.say("ann", "OPER boss secret")["ann"] == [
        ":chat.local 263 ann OPER :A password is being checked: wait for it"
    ]
    assert chat.answer(Check.BUSY)["ann"] == [
        ":chat.local 263 ann OPER :Please wait a while and try again."
    ]
    assert chat.session("ann").login.attempts == 0


@pytest.mark.parametrize("operators", [{}, {"ann": Operator("ann", "ann")}])
def test_oper_where_nobody_has_a_password(operators):
    """491 when the config has no operator with a hash."""
    chat = Chat("eve", operators=operators)
    heard = chat.say("eve", "OPER ann secret")["eve"]
    assert heard == [":chat.local 491 eve :No O-lines for your host"]


def test_userhost():
    """Up to five nicks; `*` for operators, `-` for who is away; unknown ones are left out."""
    chat = Chat("ann", "eve", operators=OPERATORS)
    chat.say("ann", "AWAY :x")
    heard = chat.say("ann", "USERHOST ANN eve nobody x y ann")["ann"]
    assert heard == [":chat.local 302 ann :ann=-ann@user/ann eve*=+eve@user/eve"]
    assert chat.say("ann", "USERHOST x")["ann"] == [":chat.local 302 ann :"]


def test_ison():
    """Those of the nicks that are here, as they spell themselves."""
    chat = Chat("ann", "eve")
    assert chat.say("ann", "ISON EVE nobody :Ann x")["ann"] == [":chat.local 303 ann :eve ann"]
    assert chat.say("ann", "ISON nobody")["ann"] == [":chat.local 303 ann :"]


def test_long_names_take_a_second_line():
    """Nobody is cut in the middle: a reply that is too long becomes two (512 bytes)."""
    names = [letter * 32 for letter in "бвгде"]
    chat = Chat("ann", *names)
    lines = chat.say("ann", f"USERHOST {' '.join(names)}")["ann"]
    assert len(lines) > 1
    words = [word for line in lines for word in line.partition(" :")[2].split(" ")]
    assert [word.partition("=")[0] for word in words] == names
    lines = chat.say("ann", f"ISON {' '.join(names)}")["ann"]
    assert [word for line in lines for word in line.partition(" :")[2].split(" ")] == names
