"""From an `Outgoing` to bytes, for one capability profile. Called by the io threads; pure.

A profile is the set of capability bits that change how a line looks (`RENDER_CAPS`), or `SIMPLE`.
Few distinct profiles exist at any time, so a line for 500 members is rendered a handful of times.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    | caps.INVITE_NOTIFY
    | caps.MULTILINE
    | caps.CHGHOST
    | caps.EXTENDED_ISUPPORT
    | caps.EXTENDED_MONITOR
    | caps.SETNAME
    | caps.METADATA_2
)


MULTILINE_TYPE = "draft/multiline"
CONCAT_TAG = "draft/multiline-concat"
"""The line goes on with the one before (IRCv3 draft/multiline)."""

SEQ_TAG = "tlschat/seq"
"""The number of a message in its conversation (docs/once.md)."""


def profile_of(session_caps: int, *, simple: bool = False) -> int:
    """The part of a session's capabilities that changes rendering."""
    return SIMPLE if simple else session_caps & RENDER_CAPS


def render(line: Outgoing, profile: int) -> bytes:
    """The bytes of `line` for a profile, with CR LF; empty when the profile is not to get it.

    A text that does not fit into one line becomes several, as one that has several does: a batch
    for who has IRCv3 multiline; else only the first carries the msgid, the label and the number.
    Anything else that does not fit is cut off.
    """
    if profile & SIMPLE:
        return b"" if line.lacks else render_simple(line)
    if line.lacks & profile:
        return b""
    if line.needs and line.needs & profile != line.needs:
        return b""
    if line.pieces:
        return _in_lines(line, profile)
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
    "SETNAME": 0,
    "PRIVMSG": 1,
    "NOTICE": 1,
    "TOPIC": 1,
    "PART": 1,
    "KICK": 2,
    "CAP": 2,
    "WALLOPS": 0,
    "KILL": 1,
    "RENAME": 2,
    numerics.RPL_ADMINLOC1: 1,
    numerics.RPL_ADMINLOC2: 1,
    numerics.RPL_ADMINEMAIL: 1,
    numerics.RPL_AWAY: 2,
    numerics.RPL_USERHOST: 1,
    numerics.RPL_ISON: 1,
    numerics.RPL_WHOISUSER: 5,
    numerics.RPL_WHOISSERVER: 3,
    numerics.RPL_WHOWASUSER: 5,
    numerics.RPL_WHOISCHANNELS: 2,
    numerics.RPL_LIST: 3,
    numerics.RPL_TOPIC: 2,
    numerics.RPL_NAMREPLY: 3,
    numerics.RPL_TIME: 4,
    numerics.RPL_HELPTXT: 2,
    numerics.RPL_ENDOFHELP: 2,
    numerics.RPL_MONONLINE: 1,
    numerics.RPL_MONOFFLINE: 1,
    numerics.RPL_MONLIST: 1,
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
        if line.is_bot:
            tags.append("bot")
    if line.account and profile & caps.ACCOUNT_TAG:
        tags.append(f"account={escape_value(line.account)}")
    if profile & caps.ONCE:
        if line.once:
            tags.append(f"{ONCE_TAG}={line.once}")
        if line.seq:
            tags.append(f"{SEQ_TAG}={line.seq}")
    if line.client_tags and profile & caps.MESSAGE_TAGS:
        # Behind the server's own, so that it cannot push those out of the limit (message-tags).
        tags.append(line.client_tags)
    return f"@{';'.join(tags)} ".encode() if tags else b""


def _fit(line: Outgoing, params: tuple[str, ...], profile: int, tags: bytes) -> bytes:
    """The lines for what is too long for one: a text in pieces, anything else without its end.

    A parameter for which the others leave no room is left out.
    """
    source, room = _room(line, params)
    if room < _PIECE_BYTES_MIN:
        return _fit(line, params[:-1], profile, tags)
    if line.command in _SPLITTABLE:
        return _in_lines(line, profile)
    fitting = (split_text(params[-1], room) or [""])[0]
    body = _body(source, line.command, (*params[:-1], fitting))
    return b"%b%b\r\n" % (tags, body)


def _room(line: Outgoing, params: tuple[str, ...]) -> tuple[str, int]:
    """The source, cut if it is long, and how many bytes are left for the last parameter."""
    source = line.source
    if len(source.encode()) > _SOURCE_BYTES_MAX:
        source = source.partition("!")[0]
    return source, BODY_BYTES_MAX - 2 - len(_body(source, line.command, (*params[:-1], "")))


def _in_lines(line: Outgoing, profile: int) -> bytes:
    """The lines of a text that needs several: a batch, or one after the other."""
    target, text = line.params
    source, room = _room(line, line.params)
    pieces = line.pieces or (text,)
    if not profile & caps.BATCH or not profile & caps.MULTILINE or not line.msgid:
        # Who has no batches gets no blank lines either (draft/multiline, "Fallback").
        texts = [each for each in _texts_alone(pieces, room) if each] or [_ACTION + _ACTION_END]
        bodies = [_body(source, line.command, (target, each)) for each in texts]
        later = _tags(_without_identity(line), profile)
        heads = [_tags(line, profile), *[later] * (len(bodies) - 1)]
        return b"".join(b"%b%b\r\n" % both for both in zip(heads, bodies, strict=True))
    reference = f"m{line.msgid}"
    start = _body(source, "BATCH", (f"+{reference}", MULTILINE_TYPE, target))
    parts = [b"%b%b\r\n" % (_tags(line, profile), start)]
    # The start has the time, as it has all else that is about the whole message; but in a page of
    # history every line has it (the chathistory batch).
    inside = replace(_without_identity(line), account="", is_bot=False, batch=reference)
    tags = _tags(inside, profile if line.batch else profile & ~caps.SERVER_TIME)
    joined = b"%b;%b " % (tags[:-1], CONCAT_TAG.encode())
    for each, is_joined in _texts(pieces, room):
        body = _body(source, line.command, (target, each))
        parts.append(b"%b%b\r\n" % (joined if is_joined else tags, body))
    end_tags = _tags(replace(inside, batch=line.batch), profile)
    parts.append(b"%b%b\r\n" % (end_tags, _body(source, "BATCH", (f"-{reference}",))))
    return b"".join(parts)


def _without_identity(line: Outgoing) -> Outgoing:
    """The line with only those tags that may be on more than one line of a message."""
    return replace(line, msgid="", client_tags="", label="", seq=0, once="")


def _texts(pieces: tuple[str, ...], bytes_max: int) -> Iterator[tuple[str, bool]]:
    """What stands on each line, and whether it goes on with the one before."""
    for index, piece in enumerate(pieces):
        text = piece.removeprefix("\n")
        is_joined = index > 0 and text is piece
        for each in split_text(text, bytes_max) or [""]:
            yield each, is_joined
            is_joined = True


def _texts_alone(pieces: tuple[str, ...], bytes_max: int) -> Iterator[str]:
    """What stands on each line where lines are messages: each one of an action is an action."""
    if not pieces[0].startswith(_ACTION):
        yield from (text for text, _ in _texts(pieces, bytes_max))
        return
    first, *others = "\0".join(pieces).removeprefix(_ACTION).removesuffix(_ACTION_END).split("\0")
    for text, _ in _texts((first, *others), bytes_max - len(_ACTION) - len(_ACTION_END)):
        yield text and f"{_ACTION}{text}{_ACTION_END}"


@lru_cache(maxsize=64)
def server_time(at_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds (IRCv3 server-time)."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
