"""A message: one line, taken apart; and back again.

`parse_line` runs on the io threads for every line that arrives, so it is one straight pass without
a regex. `format_message` is the only way a message becomes bytes; what it gives is always exactly
one line. `split_text` cuts long text to what fits in one. Source: Modern IRC, "Message Format";
IRCv3 message-tags.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from irc.errors import ForbiddenByte, InvalidUtf8, MalformedMessage, UnsafeParameter
from irc.tags import format_tags, parse_tags

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})

# More than 15 confuse older software (Modern IRC, "Parameters"), so we never send more. We read any
# number, as we must: the limit there is the length of the line.
PARAMS_MAX: Final = 15

_ZWJ: Final = "\u200d"


def _no_tags() -> Mapping[str, str]:
    return NO_TAGS


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `command` is in upper case, `source` as it was given; "" stands for none."""

    command: str
    params: tuple[str, ...] = ()
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=_no_tags, hash=False)


def parse_line(line: bytes) -> Message:
    """Return the message in `line`, which comes without its CR LF.

    Lower-case commands and repeated spaces are understood, as Modern IRC asks.

    Raises:
        ForbiddenByte: There is a NUL, CR or LF in it.
        InvalidUtf8: It is not UTF-8.
        MalformedMessage: There is no command, or one that is neither letters nor digits.
    """
    if b"\0" in line or b"\r" in line or b"\n" in line:
        raise ForbiddenByte("NUL, CR or LF inside a line")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        # Without the cause: it would carry the line, and with it perhaps a password, into the log.
        raise _unreadable(line, error.start) from None
    source = ""
    tags = NO_TAGS
    if text[:1] == "@":
        tag_text, _, text = text[1:].partition(" ")
        text = text.lstrip(" ")
        tags = MappingProxyType(parse_tags(tag_text))
    if text[:1] == ":":
        source, _, text = text[1:].partition(" ")
    head, colon, trailing = text.partition(" :")
    words = head.split(" ")
    if "" in words:
        words = [word for word in words if word]
    if not words or not (words[0].isalnum() and words[0].isascii()):
        raise MalformedMessage("no command where one must be")
    if colon:
        words.append(trailing)
    return Message(words[0].upper(), tuple(words[1:]), source, tags)


def _unreadable(line: bytes, at: int) -> InvalidUtf8:
    """Return the error for a line that is not UTF-8 from byte `at` on."""
    text = f"not UTF-8 at byte {at}"
    try:
        message = parse_line(line.decode(errors="replace").encode())
    except MalformedMessage:
        return InvalidUtf8(text)
    label = message.tags.get("label", "")
    return InvalidUtf8(text, message.command, "" if "\ufffd" in label else label)


def format_message(message: Message) -> bytes:
    """Return `message` as one line with its CR LF.

    The last parameter gets its ":" only where it needs one. Lengths are the caller's business: it
    knows whose limit counts.

    Raises:
        UnsafeParameter: NUL, CR, LF or a lone surrogate anywhere; a space, a leading ":" or nothing
            in a parameter that is not the last; more than `PARAMS_MAX` parameters; a source with a
            space; a bad command or tag key.
    """
    parts = []
    if message.tags:
        parts.append("@" + format_tags(message.tags))
    if message.source:
        if " " in message.source:
            raise UnsafeParameter(f"{message.command}: a space in the source")
        parts.append(":" + message.source)
    if not (message.command.isalnum() and message.command.isascii()):
        raise UnsafeParameter(f"{message.command!r} is not a command")
    parts.append(message.command)
    if message.params:
        _append_params(parts, message.command, message.params)
    text = " ".join(parts)
    if "\0" in text or "\r" in text or "\n" in text:
        raise UnsafeParameter(f"{message.command}: NUL, CR or LF in a part of it")
    try:
        return text.encode() + b"\r\n"
    except UnicodeEncodeError:
        raise UnsafeParameter(f"{message.command}: a lone surrogate in a part of it") from None


def _append_params(parts: list[str], command: str, params: tuple[str, ...]) -> None:
    if len(params) > PARAMS_MAX:
        raise UnsafeParameter(f"{command}: {len(params)} parameters; at most {PARAMS_MAX}")
    *middles, last = params
    for middle in middles:
        if not middle or middle[0] == ":" or " " in middle:
            raise UnsafeParameter(
                f"{command}: a parameter before the last is empty, holds a space or starts with ':'"
            )
        parts.append(middle)
    parts.append(":" + last if not last or last[0] == ":" or " " in last else last)


def split_text(text: str, bytes_max: int) -> list[str]:
    """Return `text` in pieces of at most `bytes_max` UTF-8 bytes; joined they are the text.

    A piece ends after a space if it can, else where a reader sees the end of a character: not
    before a combining mark, a variation selector or a skin tone, not beside a zero-width joiner,
    not inside a flag. Only a character longer than a whole piece is cut, and then between code
    points. Empty text has no pieces.

    Raises:
        ValueError: `bytes_max` is under 4, so that not every code point fits; or there is a lone
            surrogate in `text`.
    """
    if bytes_max < 4:
        raise ValueError(f"bytes_max = {bytes_max}: must be at least 4")
    pieces = []
    encoded = text.encode()
    start = 0
    while len(encoded) - start > bytes_max:
        end = start + bytes_max
        while (
            encoded[end] & 0xC0 == 0x80
        ):  # a continuation byte: back to where its code point starts
            end -= 1
        fitting = encoded[start:end].decode()
        following = encoded[end : end + 4].decode(errors="ignore")[0]
        piece = fitting[: _find_break(fitting + following)]
        pieces.append(piece)
        start += len(piece.encode())
    if start < len(encoded):
        pieces.append(encoded[start:].decode())
    return pieces


def _find_break(text: str) -> int:
    """Return where to cut `text`, of which everything but the last character fits."""
    best = 0
    for end in range(len(text) - 1, 0, -1):
        is_after_space = text[end - 1] == " "
        if (is_after_space or not best) and _is_boundary(text, end):
            if is_after_space:
                return end
            best = end
    return best or len(text) - 1


def _is_boundary(text: str, index: int) -> bool:
    """Tell whether a reader sees the end of a character before `text[index]`."""
    # A short form of Unicode's UAX 29: what matters in chat, without its tables.
    before, after = text[index - 1], text[index]
    if before == _ZWJ or after == _ZWJ or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if unicodedata.category(after)[0] == "M":
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        start = index
        while start and _is_flag_half(text[start - 1]):
            start -= 1
        return (index - start) % 2 == 0
    return True


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
