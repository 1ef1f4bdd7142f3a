"""SEARCH, as lines in and lines out (soju.im/search)."""

import pytest

from irc.message import parse_line
from tests.support.chat import Chat

CAPS = "soju.im/search batch message-tags"


@pytest.fixture
def chat():
    """Ana, who can search, and bob have said some things to all and to each other."""
    chat = Chat("ana", caps=CAPS)
    chat.login("bob")
    chat.login("eve")
    chat.say("bob", "PRIVMSG #lobby :tea is ready", "JOIN #tea", "PRIVMSG #tea :tea for me")
    chat.say("ana", "PRIVMSG #lobby :coffee; and tea", "PRIVMSG bob :more tea")
    chat.say("bob", "PRIVMSG eve :secret tea")
    return chat


def search(chat, attributes):
    """The texts that are found."""
    lines = [parse_line(line.encode()) for line in chat.say("ana", f"SEARCH :{attributes}")["ana"]]
    assert lines[0].params[1:] == ("soju.im/search",)
    assert lines[-1].command == "BATCH"
    return [line.params[-1] for line in lines[1:-1]]


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ("text=tea", ["tea is ready", "coffee; and tea", "more tea"]),
        ("text=tea;in=#LOBBY", ["tea is ready", "coffee; and tea"]),
        ("text=tea;in=bob", ["more tea"]),
        ("text=tea;from=Ana", ["coffee; and tea", "more tea"]),
        ("text=tea;from=", ["tea is ready", "coffee; and tea", "more tea"]),
        (r"text=coffee\:\sand", ["coffee; and tea"]),
        ("text=tea;limit=1", ["more tea"]),
        ("after=2023-11-14T22:13:20.000Z;text=tea;limit=1", ["tea is ready"]),
        ("before=2023-11-14T22:13:20.000Z;text=tea", []),
        ("text=nothing", []),
    ],
)
def test_only_what_the_asker_may_read_is_found(chat, attributes, found):
    """Rooms they are in and their own private conversations, in order of time."""
    assert search(chat, attributes) == found


@pytest.mark.parametrize(
    ("attributes", "key"),
    [
        ("in=#tea", "in"),
        ("in=#none", "in"),
        ("in=nobody", "in"),
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("after=2023", "after"),
        ("before=x", "before"),
        ("what=x", "what"),
    ],
)
def test_every_error(chat, attributes, key):
    """FAIL with the attribute that is meant."""
    (line,) = chat.say("ana", f"SEARCH {attributes}")["ana"]
    assert line.startswith(f":chat.local FAIL SEARCH INVALID_PARAMS {key} :")


def test_who_has_not_asked_for_it_does_not_know_it(chat):
    """The capability MUST be negotiated."""
    assert chat.say("bob", "SEARCH text=tea")["bob"][0].split(" ")[1] == "421"
