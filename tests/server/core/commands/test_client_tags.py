"""Tags that clients make for each other pass as they are, whatever they say (message-tags)."""

from __future__ import annotations

import pytest

from irc.message import parse_line
from tests.support.chat import Chat

CAPS = "message-tags server-time account-tag echo-message"

TAGS = [
    ("+typing", "active"),  # client-tags/typing
    ("+draft/reply", "m7"),  # client-tags/reply
    ("+draft/react", "👍"),  # client-tags/react
    ("+draft/channel-context", "#tea"),  # client-tags/channel-context: clients check it
    ("+example.org/any", "a; b\\ c"),
    ("+empty", ""),
]


def tagged(tags: dict[str, str], command: str) -> str:
    escaped = {key: value.replace("\\", "\\\\") for key, value in tags.items()}
    escaped = {k: v.replace(";", "\\:").replace(" ", "\\s") for k, v in escaped.items()}
    return "@" + ";".join(f"{k}={v}" if v else k for k, v in escaped.items()) + f" {command}"


@pytest.mark.parametrize("command", ["PRIVMSG {} :hello", "NOTICE {} :hello", "TAGMSG {}"])
@pytest.mark.parametrize("target", ["#lobby", "eve"])
def test_they_pass_to_who_has_the_capability(command, target):
    """The server "MUST" relay client-only tags to those with message-tags, and to nobody else."""
    chat = Chat("ann", "eve", caps=CAPS)
    chat.login("old")

    heard = chat.say("ann", tagged(dict(TAGS), command.format(target)))

    told = parse_line(heard["eve"][-1].encode())
    assert {key: value for key, value in told.tags.items() if key[0] == "+"} == dict(TAGS)
    assert not any(line.startswith("@") for line in heard["old"])
    assert ("old" in heard) == (target == "#lobby" and not command.startswith("TAGMSG"))


@pytest.mark.parametrize(
    "name", ["account", "time", "msgid", "batch", "label", "bot", "x", "draft/y"]
)
def test_no_other_tag_of_a_client_passes(name):
    """Tags without `+` are the server's to give: a client cannot pass for somebody else."""
    chat = Chat("ann", "eve", caps=CAPS)

    (line,) = chat.say("ann", f"@{name}=forged;+ok=1 PRIVMSG #lobby :hello")["eve"]

    tags = parse_line(line.encode()).tags
    assert tags["+ok"] == "1"
    assert tags.get(name) != "forged"


def test_a_relayed_line_keeps_the_limit_of_tags():
    """The longest tags a client may send, escaped at every byte, and the server's: 8191 at most."""
    chat = Chat("ann", "eve", caps=CAPS)
    value = "\\:" * ((4094 - len("+k=")) // 2)

    (line,) = chat.say("ann", f"@+k={value} PRIVMSG #lobby :hello")["eve"]

    tags = line.partition(" ")[0]
    assert len(tags.encode()) + 1 <= 8191
    assert tags.endswith(f"+k={value}")
