"""Message tags: `key=value` pairs in front of a message, and the escaping of their values.

`message` calls this with what stands between the "@" and the space. Source: IRCv3 message-tags.
"""

import re
from collections.abc import Mapping

from irc.errors import UnsafeParameter

_ESCAPES = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"}
_UNESCAPES = {":": ";", "s": " ", "r": "\r", "n": "\n"}
_NEEDS_ESCAPE = re.compile(r"[; \\\r\n]")
_ESCAPED = re.compile(r"\\(.?)")

# The specification forbids refusing a key for its form, so that the form may grow. What we refuse
# would change the line.
_UNSAFE_IN_KEY = re.compile(r"[\0\r\n ;=]")


def escape_value(value: str) -> str:
    """Return `value` as it stands in a tag: no space, semicolon, CR or LF."""
    return _NEEDS_ESCAPE.sub(lambda found: _ESCAPES[found[0]], value)


def unescape_value(value: str) -> str:
    """Return what `value` from a tag means. A backslash that escapes nothing is dropped."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: _UNESCAPES.get(found[1], found[1]), value)


def parse_tags(text: str) -> dict[str, str]:
    """Return the tags in `text` (without "@"), in order; the last of a repeated key counts."""
    tags: dict[str, str] = {}
    for tag in text.split(";"):
        key, _, value = tag.partition("=")
        if key:
            tags[key] = unescape_value(value)
    return tags


def format_tags(tags: Mapping[str, str]) -> str:
    """Return `tags` as they stand in a line, without the "@" and the space after them.

    Raises:
        UnsafeParameter: A key is empty or holds a separator, or a value holds NUL, for which there
            is no escape.
    """
    parts = []
    for key, value in tags.items():
        if not key or _UNSAFE_IN_KEY.search(key):
            raise UnsafeParameter(f"the tag key {key!r} is empty or holds a separator")
        if "\0" in value:
            raise UnsafeParameter(f"the value of the tag {key!r} holds NUL")
        parts.append(f"{key}={escape_value(value)}" if value else key)
    return ";".join(parts)
