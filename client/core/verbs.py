"""What a person may want, as frozen commands; `input.py` reads them, `execute.py` does them.

Texts are RAW as typed. An empty room or target means the current window's.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Say:
    """Plain text (or /say) for the current window."""

    text: str


@dataclass(frozen=True, slots=True)
class Msg:
    """/msg TARGET TEXT"""

    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Me:
    """/me TEXT: an action in the current window."""

    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """/notice TARGET TEXT"""

    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Join:
    """/join ROOM[,ROOM] [KEY]"""

    rooms: tuple[str, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """/part [ROOM] [REASON]; room "" is the current one."""

    room: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """/topic [ROOM] [TEXT]; text None only asks."""

    room: str = ""
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """/who [TARGET]"""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """/names [ROOM]"""

    room: str = ""


@dataclass(frozen=True, slots=True)
class ListRooms:
    """/list [PATTERN]"""

    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """/away [REASON]; "" means back."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Nick:
    """/nick NAME"""

    nick: str


@dataclass(frozen=True, slots=True)
class Whois:
    """/whois NAME"""

    nick: str


@dataclass(frozen=True, slots=True)
class Invite:
    """/invite NAME [ROOM]"""

    nick: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class Kick:
    """/kick [ROOM] NAME [REASON]"""

    nick: str
    room: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mode:
    """/mode [TARGET] [MODES...]; target "" is the current room."""

    target: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """/raw LINE: as it is, to the server."""

    line: str


@dataclass(frozen=True, slots=True)
class Resend:
    """/resend [ID]: send unconfirmed or waiting messages now; "" is all."""

    outbox_id: str = ""


@dataclass(frozen=True, slots=True)
class Discard:
    """/discard [ID]: forget unconfirmed or waiting messages; "" is all."""

    outbox_id: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """/history [N]: what was said before."""

    count: int = 50


@dataclass(frozen=True, slots=True)
class Search:
    """/search WORDS: in the current window; `is_everywhere` with -all."""

    words: str
    is_everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """/delete: take back the last thing we said here."""


# For the face itself to do:


@dataclass(frozen=True, slots=True)
class Help:
    """/help [COMMAND]"""

    topic: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """/query TARGET [TEXT]: go to that window; with a text, say it there."""

    target: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """/close: close the current window (and leave its room)."""


@dataclass(frozen=True, slots=True)
class Leave:
    """/quit [REASON]"""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line."""


@dataclass(frozen=True, slots=True)
class InputError:
    """What was typed makes no sense; nothing was sent. Both are translated, ready to show."""

    text: str
    hint: str = ""


Command = (
    Say | Msg | Me | Notice | Join | Part | Topic | Who | Names | ListRooms | Away | Nick | Whois
    | Invite | Kick | Mode | Raw | Resend | Discard | History | Search | Delete | Help | Query
    | Close | Leave | Nothing
)  # fmt: skip
