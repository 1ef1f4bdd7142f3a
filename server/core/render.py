"""From an `Outgoing` to bytes, for one capability profile. Called by the io threads; pure.

A profile is the set of capability bits that change how a line looks (`RENDER_CAPS`), or `SIMPLE`.
Few distinct profiles exist at any time, so a line for 500 members is rendered a handful of times.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from irc import caps, numerics
from irc.framing import BODY_BYTES_MAX
from irc.message import split_text
from irc.tags import escape_value
from server.core.effects import SIMPLE, Outgoing
from server.core.history import ONCE_TAG
from server.core.simple_render import render_simple

RENDER_CAPS = (
    caps.SERVER_TIME
    | caps.MESSAGE_TAGS
    | caps.ACCOUNT_TAG
    | caps.EXTENDED_JOIN
    | caps.ACCOUNT_NOTIFY
    | caps.AWAY_NOTIFY
    | caps.LABELED_RESPONSE
    | caps.BATCH
    | caps.ONCE
    | caps.MESSAGE_REDACTION
)


SEQ_TAG = "tlschat/seq"
"""The number of a message in its conversation (docs/once.md)."""


def profile_of(session_caps: int, *, simple: bool = False) -> int:
    """The part of a session's capabilities that changes rendering."""
    return SIMPLE if simple else session_caps & RENDER_CAPS


def render(line: Outgoing, profile: int) -> bytes:
    """The bytes of `line` for a profile, with CR LF; empty when the profile is not to get it.

    A text that does not fit into one line becomes several; only the first carries the msgid, the
    label and the number, as the fallback of IRCv3 multiline does. Anything else that does not fit
    is cut off.
    """
    if profile & SIMPLE:
        return render_simple(line)
    if line.needs and line.needs & profile != line.needs:
        return b""
    params = line.params
    if line.extended and profile & caps.EXTENDED_JOIN:
        params = params + line.extended
    body = _body(line.source, line.command, params)
    tags = _tags(line, profile)
    if len(body) + 2 > BODY_BYTES_MAX:
        return _fit(line, params, profile, tags)
    return b"%b%b\r\n" % (tags, body)


_SPLITTABLE = frozenset({"PRIVMSG", "NOTICE"})

_ACTION = "\x01ACTION "
_ACTION_END = "\x01"
_PIECE_BYTES_MIN = 16
"""Less room than this for the last parameter is none at all: an action and a character fit."""
_SOURCE_BYTES_MAX = 255
"""A longer source is cut to the nick, so that the names alone cannot fill a line."""


def _body(source: str, command: str, params: tuple[str, ...]) -> bytes:
    head = f":{source} {command}"
    if not params:
        return head.encode()
    last = params[-1]
    if _TEXT_AT.get(command) == len(params) - 1 or not last or " " in last or last[0] == ":":
        last = ":" + last
    return " ".join((head, *params[:-1], last)).encode()


_TEXT_AT = {
    "ERROR": 0,
    "QUIT": 0,
    "AWAY": 0,
    "PRIVMSG": 1,
    "NOTICE": 1,
    "TOPIC": 1,
    "PART": 1,
    "KICK": 2,
    numerics.RPL_USERHOST: 1,
    numerics.RPL_WHOISCHANNELS: 2,
    numerics.RPL_NAMREPLY: 3,
}
"""Where free text, or a list of words, is the last parameter: some old clients look for its colon
even when it is one word."""


def _tags(line: Outgoing, profile: int) -> bytes:
    tags: list[str] = []
    if line.batch and profile & caps.BATCH:
        tags.append(f"batch={line.batch}")
    if line.label and profile & caps.LABELED_RESPONSE:
        tags.append(f"label={escape_value(line.label)}")
    if profile & caps.SERVER_TIME:
        tags.append(f"time={server_time(line.at_ms)}")
    if profile & caps.MESSAGE_TAGS:
        if line.msgid:
            tags.append(f"msgid={line.msgid}")
        if line.client_tags:
            tags.append(line.client_tags)
    if line.account and profile & caps.ACCOUNT_TAG:
        tags.append(f"account={escape_value(line.account)}")
    if profile & caps.ONCE:
        if line.once:
            tags.append(f"{ONCE_TAG}={line.once}")
        if line.seq:
            tags.append(f"{SEQ_TAG}={line.seq}")
    return f"@{';'.join(tags)} ".encode() if tags else b""


def _fit(line: Outgoing, params: tuple[str, ...], profile: int, tags: bytes) -> bytes:
    """The lines for what is too long for one: a text in pieces, anything else without its end.

    A parameter for which the others leave no room is left out.
    """
    source = line.source
    if len(source.encode()) > _SOURCE_BYTES_MAX:
        source = source.partition("!")[0]
    room = BODY_BYTES_MAX - 2 - len(_body(source, line.command, (*params[:-1], "")))
    if room < _PIECE_BYTES_MIN:
        return _fit(line, params[:-1], profile, tags)
    pieces = _split(params[-1], room)
    parts = [b"%b%b\r\n" % (tags, _body(source, line.command, (*params[:-1], pieces[0])))]
    if line.command in _SPLITTABLE:
        later_tags = _tags(
            replace(line, msgid="", client_tags="", label="", seq=0, once=""), profile
        )
        for piece in pieces[1:]:
            body = _body(source, line.command, (*params[:-1], piece))
            parts.append(b"%b%b\r\n" % (later_tags, body))
    return b"".join(parts)


def _split(text: str, bytes_max: int) -> list[str]:
    """The text in pieces; each piece of an action (CTCP ACTION) is an action."""
    if not text.startswith(_ACTION):
        return split_text(text, bytes_max) or [text]
    deed = text.removeprefix(_ACTION).removesuffix(_ACTION_END)
    pieces = split_text(deed, bytes_max - len(_ACTION) - len(_ACTION_END))
    return [f"{_ACTION}{piece}{_ACTION_END}" for piece in pieces] or [text]


@lru_cache(maxsize=64)
def server_time(at_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds (IRCv3 server-time)."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
