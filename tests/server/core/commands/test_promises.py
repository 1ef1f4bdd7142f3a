"""ISUPPORT, and 005 whenever it is told. Sources: Modern IRC "RPL_ISUPPORT (005)"; IRCv3
draft/extended-isupport."""

from dataclasses import replace

import pytest

from irc.message import parse_line
from server.core import isupport
from server.core.events import Dialect, SettingsLoaded
from server.core.settings import Settings
from tests.support.chat import Chat

EXTENDED = "batch draft/extended-isupport"


def tokens_of(lines):
    """What the lines promise; each is an 005 with its last parameter."""
    messages = [parse_line(line.encode()) for line in lines]
    assert {message.command for message in messages} == {"005"}
    assert {message.params[-1] for message in messages} == {"are supported by this server"}
    return [token for message in messages for token in message.params[1:-1]]


def in_batch(lines):
    """The lines inside of a draft/isupport batch, of which there must be nothing around."""
    first, *inside, last = [parse_line(line.encode()) for line in lines]
    reference = first.params[0].removeprefix("+")
    assert (first.command, first.params) == ("BATCH", (f"+{reference}", "draft/isupport"))
    assert (last.command, last.params) == ("BATCH", (f"-{reference}",))
    assert inside and all(line.tags["batch"] == reference for line in inside)
    return [line.partition(" ")[2] for line in lines[1:-1]]


def test_the_command_gives_the_full_list():
    """ "the server MUST reply with one or more RPL_ISUPPORT messages" (extended-isupport)."""
    chat = Chat("ann")
    assert tokens_of(chat.say("ann", "ISUPPORT")["ann"]) == isupport.tokens(chat.world.settings)


def test_before_registration_it_needs_the_capability():
    """ "the server MUST accept ISUPPORT commands before connection registration completes" with it;
    without it, the command is like any other."""
    chat = Chat()
    chat.connect("ann")
    assert chat.say("ann", "ISUPPORT")["ann"] == [":chat.local 451 * :You have not registered"]
    chat.say("ann", "CAP REQ draft/extended-isupport")
    assert tokens_of(chat.say("ann", "ISUPPORT")["ann"]) == isupport.tokens(chat.world.settings)
    chat.say("ann", "CAP REQ batch")
    heard = chat.say("ann", "ISUPPORT")["ann"]
    assert tokens_of(in_batch(heard)) == isupport.tokens(chat.world.settings)


@pytest.mark.parametrize("caps", ["", "batch", "draft/extended-isupport"])
def test_both_capabilities_make_the_batch(caps):
    """Only "when the batch and draft/extended-isupport capabilities are enabled"."""
    chat = Chat("ann", caps=caps)
    assert tokens_of(chat.say("ann", "ISUPPORT")["ann"])


def test_no_unbatched_line_at_registration_and_in_version():
    """ "The server MUST NOT send any unbatched RPL_ISUPPORT message while both of these
    capabilities are enabled": the batch has nothing else in it."""
    chat = Chat()
    heard = chat.login("ann", caps=EXTENDED)["ann"]
    for lines in (heard, chat.say("ann", "VERSION")["ann"]):
        start, end = [i for i, line in enumerate(lines) if " BATCH " in line]
        assert tokens_of(in_batch(lines[start : end + 1])) == isupport.tokens(chat.world.settings)
        assert not any(" 005 " in line for line in lines[:start] + lines[end:])


def test_a_labelled_answer_is_one_batch_in_another():
    """A label is on one batch, and the batch of the lines is inside (labeled-response, batch)."""
    chat = Chat("ann", caps=f"{EXTENDED} labeled-response")
    first, *inside, last = chat.say("ann", "@label=7 ISUPPORT")["ann"]
    outer = parse_line(first.encode()).params[0][1:]
    assert first.startswith("@label=7 ") and last.endswith(f"BATCH -{outer}")
    for line in (inside[0], inside[-1]):
        assert parse_line(line.encode()).tags == {"batch": outer}
    assert tokens_of(in_batch([line for line in inside if line]))


def test_changes():
    """New and other values as they are, `-NAME` for what is promised no more, nothing else."""
    before = Settings(accounts_required=True)
    assert isupport.changes(before, replace(before)) == []
    now = replace(before, accounts_required=False, nick_chars_max=9)
    assert isupport.changes(before, now) == [("NICKLEN=9", "-draft/ACCOUNTREQUIRED")]
    assert isupport.changes(now, before) == [("NICKLEN=32", "draft/ACCOUNTREQUIRED")]


def test_a_reload_tells_everybody_what_changes():
    """Each in the form that they negotiated; who is not registered yet gets it later, and the
    simple dialect has no words for it."""
    chat = Chat("ann")
    chat.login("bob", caps=EXTENDED)
    chat.login("cat", caps="draft/extended-isupport")
    chat.login_simple("sim")
    chat.connect("new")
    settings = replace(chat.world.settings, topic_bytes_max=99, accounts_required=False)
    heard = chat.event(SettingsLoaded(settings))
    changed = ["TOPICLEN=99", "-draft/ACCOUNTREQUIRED"]
    assert heard["ann"] == heard["cat"]
    assert tokens_of(heard["ann"]) == changed
    assert tokens_of(in_batch(heard["bob"])) == changed
    assert heard.keys() == {"ann", "bob", "cat"}
    assert chat.wires["sim"].dialect is Dialect.SIMPLE
    assert chat.event(SettingsLoaded(replace(settings, motd=("hi",)))) == {}
