"""HELP and HELPOP. Source: Modern IRC, "HELP message"."""

import pytest

from irc.message import parse_line
from server.core.commands import COMMANDS
from server.core.help_texts import PAGES
from tests.support.chat import Chat


def test_every_command_has_a_page():
    """And no page is about what is not there. Who adds a command writes its page."""
    assert PAGES.keys() == COMMANDS.keys()


def test_the_index_names_every_command():
    """704 with a title, an empty 705, 705s, 706; the subject of no subject is a star."""
    chat = Chat("ann")
    for command in ("HELP", "HELPOP", "HELP :"):
        heard = chat.say("ann", command)["ann"]
        assert heard[0] == ":chat.local 704 ann * :Commands of this server"
        assert heard[1] == ":chat.local 705 ann * :"
        assert all(line.startswith(":chat.local 705 ann * ") for line in heard[1:-1])
        assert heard[-1].startswith(":chat.local 706 ann * :")
        named = {word for line in heard[2:-1] for word in line.removeprefix(":").split()}
        assert COMMANDS.keys() <= {word.lstrip(":") for word in named}


@pytest.mark.parametrize("command", sorted(PAGES))
def test_a_page(command):
    """The subject is the one asked for, folded; every line fits and is not blank but the first."""
    chat = Chat("ann")
    first, blank, *rest = chat.say("ann", f"HELP {command.lower()}")["ann"]
    title = parse_line(first.encode())
    assert (title.command, title.params) == ("704", ("ann", command, PAGES[command].usage))
    assert title.params[-1].startswith(command)
    assert blank == f":chat.local 705 ann {command} :"
    assert [line.split(" ")[1] for line in rest] == ["705"] * (len(rest) - 1) + ["706"]
    shown = [parse_line(line.encode()).params[-1] for line in rest]
    assert shown == list(PAGES[command].lines)
    assert all(0 < len(line) <= 90 for line in PAGES[command].lines)


@pytest.mark.parametrize(("subject", "shown"), [("DANCE", "DANCE"), (":on dancing", "*")])
def test_what_nobody_knows(subject, shown):
    """524 with the subject as asked, or a star where it cannot be a parameter."""
    chat = Chat("ann")
    assert chat.say("ann", f"HELP {subject}")["ann"] == [
        f":chat.local 524 ann {shown} :No help available on this topic"
    ]
