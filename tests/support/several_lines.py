"""A message of several lines, said line by line: what its tests share."""

from __future__ import annotations

import re

from tests.support.chat import Chat, Heard

CAPS = (
    "batch message-tags echo-message labeled-response draft/multiline draft/chathistory"
    " draft/message-redaction draft/event-playback soju.im/search tlschat/once standard-replies"
)
LINES = (
    "@batch=1 PRIVMSG #lobby hello",
    "@batch=1 PRIVMSG #lobby :",
    "@batch=1 privmsg #lobby :how is ",
    "@batch=1;draft/multiline-concat PRIVMSG #lobby :everyone?",
)


def bodies(lines: list[str]) -> list[str]:
    """The lines without tags and sources."""
    return [re.sub(r"^(@\S+ )?(:\S+ )?", "", line) for line in lines]


def say(chat: Chat, name: str, *lines: str, opening: str = "BATCH +1 draft/multiline #lobby"):
    """A whole batch; what came of it."""
    return chat.say(name, opening, *lines, "BATCH -1")


def fails(heard: Heard, name: str = "ana") -> list[str]:
    """The refusals without source and sentence."""
    return [line.partition(" FAIL ")[2].partition(" :")[0] for line in heard[name]]


def of(*texts: str, command: str = "PRIVMSG", target: str = "#lobby") -> list[str]:
    """Lines inside the batch 1."""
    return [f"@batch=1 {command} {target} :{text}" for text in texts]
