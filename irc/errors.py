"""What can be wrong with bytes from the wire, or with a message on its way there.

    ProtocolError
    ├── LineTooLong         a line passes its limit (IRCv3 message-tags; numeric 417)
    ├── ForbiddenByte       NUL, or CR or LF inside a line
    ├── InvalidUtf8         a line that is not UTF-8
    ├── MalformedMessage    no command, or a command that is none
    ├── UnsafeParameter     ours: sent, it would not be one line, or not the same message
    └── SaslError           an AUTHENTICATE exchange that cannot be understood
        └── SaslTooLong     one that passes its limit (numeric 905)

Everything but `UnsafeParameter` is the peer's fault and becomes a numeric or `FAIL`;
`UnsafeParameter` is a bug of ours. The texts are for logs: they never quote the line itself, which
may hold a password.
"""

from typing import Literal


class ProtocolError(Exception):
    """The base of everything this package raises."""


class LineTooLong(ProtocolError):
    """A line passed its limit: the value that `framing.LineBuffer` returns in its place.

    Two of them are equal when part and limit are, so that tests can compare ways of feeding.
    """

    def __init__(self, what: Literal["body", "tags"], bytes_max: int) -> None:
        super().__init__(what, bytes_max)
        self.what = what
        self.bytes_max = bytes_max

    def __str__(self) -> str:
        return f"the {self.what} of the line passes {self.bytes_max} bytes"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineTooLong) and self.args == other.args

    def __hash__(self) -> int:
        return hash(self.args)


class ForbiddenByte(ProtocolError):
    """NUL, or CR or LF inside a line. Relaying one lets a sender forge a line of the server's."""


class InvalidUtf8(ProtocolError):
    """A line that is not UTF-8. A replacement character would change what was said.

    `command` and `label` are the line's if they can be read, for the answer; else "*" and "".
    """

    def __init__(self, text: str = "", command: str = "*", label: str = "") -> None:
        super().__init__(text)
        self.command = command
        self.label = label


class MalformedMessage(ProtocolError):
    """A line without a command, or with one that is neither letters nor digits."""


class UnsafeParameter(ProtocolError):
    """A message that cannot be written as one line that reads back as the same message."""


class SaslError(ProtocolError):
    """An AUTHENTICATE exchange that cannot be understood."""


class SaslTooLong(SaslError):
    """An AUTHENTICATE exchange that passes its limit."""
