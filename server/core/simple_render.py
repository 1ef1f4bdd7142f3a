"""What others say and do, as a line of the simple dialect. Called by render.py; pure.

The people on it look at a bare terminal, so nothing in a line is theirs to be careful about: every
text passes the sanitiser, and a line is one line. What has no words in this dialect is nothing.
"""

from __future__ import annotations

from irc.sanitise import strip_format
from server.core.effects import Outgoing

_ACTION = "\x01ACTION "


def render_simple(line: Outgoing) -> bytes:
    """The bytes of the line with CR LF, empty when the dialect has no words for it.

    Of a message with several lines each one that is not blank is a message.
    """
    if not line.pieces:
        return _line(_words(line, line.params))
    target, text = line.params
    action = _ACTION if text.startswith(_ACTION) else ""
    texts = text.removeprefix(_ACTION).split("\n")
    return b"".join(_line(_words(line, (target, action + each))) for each in texts if each)


def _line(text: str) -> bytes:
    return f"{text}\r\n".encode() if text else b""


def _words(line: Outgoing, params: tuple[str, ...]) -> str:
    name = line.source.partition("!")[0]
    match line.command:
        case "PRIVMSG" | "NOTICE":
            return _said(name, params[0], params[1])
        case "JOIN":
            return f"User {name} joined."
        case "QUIT" | "PART":
            return f"User {name} left the chat."
        case "KICK":
            return f"User {params[1]} left the chat."
        case "NOTE" if params[1] == "KEPT":
            return f"OK {params[-1]}"
        case "WHO":
            return params[0]
        case "NICK":
            return f"User {name} is now {params[0]}."
    return ""


def _said(name: str, target: str, text: str) -> str:
    if text[:1] == "\x01":  # CTCP: an action is speech, everything else is between programs
        if not text.startswith(_ACTION):
            return ""
        return f"* {name} {strip_format(text.removeprefix(_ACTION).removesuffix(chr(1)))}"
    kind = "all" if target[:1] == "#" else "dm"
    return f"FROM {name} [{kind}]: {strip_format(text)}"
