"""Bot mode. Source: IRCv3 bot-mode."""

import pytest

from server.core import isupport
from server.core.settings import Settings
from tests.support.chat import Chat


@pytest.fixture
def chat():
    """Robo is a bot, ann hears tags, bob does not; all are in #tea."""
    chat = Chat("bob")
    chat.login("robo", caps="message-tags echo-message")
    chat.login("ann", caps="message-tags")
    for name in ("robo", "ann", "bob"):
        chat.say(name, "JOIN #tea")
    chat.say("robo", "MODE robo +B")
    return chat


def test_isupport_names_the_letter():
    """`BOT` has the letter of the user mode."""
    assert "BOT=B" in isupport.tokens(Settings())


def test_the_mode_is_put_on_and_off():
    """By the user itself, and the change is shown to it."""
    chat = Chat("robo")
    assert chat.say("robo", "MODE robo +B")["robo"] == [":robo!robo@user/robo MODE robo +B"]
    assert chat.say("robo", "MODE robo")["robo"] == [":chat.local 221 robo +B"]
    assert chat.say("robo", "MODE robo -B")["robo"] == [":robo!robo@user/robo MODE robo -B"]


def test_whois_says_so(chat):
    """335 <nick> <target> :<text>; nothing of it for people."""
    assert ":chat.local 335 bob robo :is a bot on tlschat" in chat.say("bob", "WHOIS robo")["bob"]
    assert not any(" 335 " in line for line in chat.say("bob", "WHOIS ann")["bob"])


def test_who_has_the_flag(chat):
    """The letter is among the flags, behind H or G."""
    rows = [line.split() for line in chat.say("bob", "WHO #tea")["bob"] if " 352 " in line]
    flags = {row[7]: row[8] for row in rows}
    assert flags["robo"][0] == "H" and flags["robo"][-1] == "B"
    assert (flags["ann"], flags["bob"]) == ("H", "H")


def tags_of(line):
    """The names of a line's tags."""
    return {tag.partition("=")[0] for tag in line[1:].split(" ")[0].split(";")}


@pytest.mark.parametrize(
    "line",
    [
        "PRIVMSG #tea :hi",
        "NOTICE #tea :hi",
        "PRIVMSG ann :hi",
        "@+x=y TAGMSG ann",
        "TOPIC #tea :t",
        "MODE #tea +m",
        "PART #tea",
        "QUIT",
    ],
)
def test_all_it_says_has_the_tag(chat, line):
    """On every command from the bot, for those with message-tags only, and without a value."""
    heard = chat.say("robo", line)
    assert heard["ann"]
    assert all("bot" in tags_of(each) for each in heard["ann"])
    assert all("bot=" not in each.split(" ")[0] for each in heard["ann"])
    assert not any(each.startswith("@") for each in heard["bob"])


def test_what_it_causes_has_the_tag_too(chat):
    """Numerics that answer the bot ("directly caused by the bot"), and its own echo."""
    assert chat.say("robo", "TIME")["robo"][0].startswith("@bot :chat.local 391 ")
    assert "bot" in tags_of(chat.say("robo", "PRIVMSG #tea :hi")["robo"][0])
    assert not chat.say("ann", "TIME")["ann"][0].startswith("@")


def test_what_is_taken_back_and_what_is_said_once():
    """REDACT and the echo of a repeated message are the bot's as well."""
    caps = "message-tags echo-message tlschat/once draft/message-redaction"
    chat = Chat("robo", "ann", caps=caps)
    chat.say("robo", "MODE robo +B")
    for _ in range(2):
        heard = chat.say("robo", "@tlschat/once=once-0001 PRIVMSG #lobby :hi")["robo"]
        assert "bot" in tags_of(heard[0])
    msgid = next(fact.msgid for fact in chat.facts if hasattr(fact, "msgid"))
    assert "bot" in tags_of(chat.say("robo", f"REDACT #lobby {msgid}")["ann"][0])


def test_people_have_no_tag(chat):
    """Taken off, it is gone."""
    chat.say("robo", "MODE robo -B")
    assert "bot" not in tags_of(chat.say("robo", "PRIVMSG #tea :hi")["ann"][0])
