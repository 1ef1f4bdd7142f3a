"""The dispatcher: server/core/machine.py."""

from __future__ import annotations

import pytest

from irc.errors import ForbiddenByte, InvalidUtf8, LineTooLong
from irc.message import Message
from irc.names import NickKey
from server.core.commands import COMMANDS
from server.core.events import (
    AccountsRevoked,
    Check,
    Dialect,
    Disconnected,
    LineReceived,
    LineRefused,
    PasswordChecked,
    ServerStopping,
    SessionId,
    SettingsLoaded,
    Stamp,
    TextReceived,
)
from server.core.machine import NOTHING, step
from server.core.settings import Operator, Settings
from server.core.world import World
from tests.support.chat import Chat

GONE = SessionId(99)


@pytest.mark.parametrize(
    "event",
    [
        LineReceived(GONE, Message("PING", ("x",))),
        TextReceived(GONE, "QUIT"),
        LineRefused(GONE, InvalidUtf8()),
        Disconnected(GONE, "gone"),
        PasswordChecked(GONE, Check.OK, "ana"),
    ],
)
def test_an_event_of_a_session_that_is_gone_is_nothing(event):
    """The io threads and the password checkers may be late; nobody is harmed."""
    assert step(World(Settings()), event, Stamp(1, "m1")) == NOTHING


def test_a_command_nobody_knows():
    """421, also before registration (Modern IRC, 421)."""
    chat = Chat("ana")
    assert chat.say("ana", "DANCE now")["ana"] == [":chat.local 421 ana DANCE :Unknown command"]
    chat.connect("new")
    assert chat.say("new", "DANCE")["new"] == [":chat.local 421 * DANCE :Unknown command"]


def test_most_commands_need_registration():
    """451, before the parameters are counted (Modern IRC, 451)."""
    chat = Chat()
    chat.connect("new")
    for name, command in COMMANDS.items():
        if not command.before_registration:
            assert chat.say("new", name)["new"] == [":chat.local 451 * :You have not registered"]


def test_too_few_parameters():
    """461 from one place, so that every handler has what it reads (Modern IRC, 461)."""
    chat = Chat("ana", operators={"ana": Operator("ana", NickKey("ana"))})
    for name, command in COMMANDS.items():
        if command.min_params:
            line = " ".join([name, *"x" * (command.min_params - 1)])
            assert chat.say("ana", line)["ana"] == [
                f":chat.local 461 ana {name} :Not enough parameters"
            ]


def test_a_browser_is_hung_up_on():
    """Before registration an HTTP method ends the connection (cross-protocol attacks)."""
    chat = Chat()
    chat.connect("browser")
    chat.say("browser", "GET / HTTP/1.1")
    assert chat.is_closed("browser")
    chat = Chat("ana")
    assert chat.say("ana", "GET / HTTP/1.1")["ana"][0].startswith(":chat.local 421 ana GET ")
    assert not chat.is_closed("ana")


@pytest.mark.parametrize(
    ("problem", "answer", "simple"),
    [
        (LineTooLong("body", 512), "417 ana :Input line was too long", "ERR too_long"),
        (InvalidUtf8("x"), "FAIL * INVALID_UTF8 :Message is not valid UTF-8", "ERR bad_text"),
        (
            InvalidUtf8("x", "PRIVMSG"),
            "FAIL PRIVMSG INVALID_UTF8 :Message is not valid UTF-8",
            "ERR bad_text",
        ),
        (ForbiddenByte("NUL"), "FAIL * MALFORMED_MESSAGE NUL", "ERR bad_text"),
    ],
)
def test_a_line_that_never_became_a_message(problem, answer, simple):
    """Each is answered and the connection goes on (Modern IRC, 417; IRCv3 standard-replies)."""
    chat = Chat("ana")
    heard = chat.event(LineRefused(chat.wires["ana"].session, problem))
    assert heard["ana"] == [f":chat.local {answer}"]
    chat.login_simple("bob")
    heard = chat.event(LineRefused(chat.wires["bob"].session, problem))
    assert heard["bob"] == [simple]
    assert not chat.is_closed("ana") and not chat.is_closed("bob")


def test_a_labelled_line_that_is_not_utf8():
    """The label is in any response to the message, so in this one (IRCv3 labeled-response)."""
    chat = Chat("ana", caps="labeled-response batch")
    problem = LineRefused(chat.wires["ana"].session, InvalidUtf8("x", "PRIVMSG", "1"))
    assert chat.event(problem)["ana"] == [
        "@label=1 :chat.local FAIL PRIVMSG INVALID_UTF8 :Message is not valid UTF-8"
    ]
    assert Chat("bob").event(problem)["bob"][0].startswith(":chat.local FAIL PRIVMSG ")


def test_a_refusal_inside_a_labelled_command_has_the_label():
    """Whatever answers a command answers its label (IRCv3 labeled-response)."""
    chat = Chat("ana", caps="labeled-response batch")
    assert chat.say("ana", "@label=a TOPIC #none")["ana"] == [
        "@label=a :chat.local 403 ana #none :No such channel"
    ]


def test_passwords_are_checked_for_both_dialects():
    """The answer goes to whoever asked, in their own words."""
    chat = Chat("ana")
    chat.login_simple("bob")
    assert {user.nick for user in chat.world.users.values()} == {"ana", "bob"}
    assert chat.session("bob").dialect is Dialect.SIMPLE


def test_the_other_events_reach_their_handlers():
    """Revoked accounts, new settings and the end; each handler has its own tests."""
    chat = Chat("ana", "bob", "carl")
    chat.lose("carl", "Ping timeout")
    chat.event(AccountsRevoked(frozenset({"bob"})))
    assert chat.is_closed("bob")
    chat.event(SettingsLoaded(Settings(network="other")))
    assert chat.world.settings.network == "other"
    chat.event(ServerStopping("Good night"))
    assert chat.is_closed("ana")
    assert chat.world.users == chat.world.sessions == {}
