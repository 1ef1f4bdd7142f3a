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


# Managing rooms and people (room_commands.py):


@dataclass(frozen=True, slots=True)
class Ban:
    """/ban [ROOM] NAME [TIME] [REASON], and /mute: `duration` as typed, "" for ever."""

    name: str
    room: str = ""
    duration: str = ""
    reason: str = ""
    is_mute: bool = False


@dataclass(frozen=True, slots=True)
class Unban:
    """/unban [ROOM] NAME, and /unmute: a name, a mask, or a number of /bans."""

    name: str
    room: str = ""
    is_mute: bool = False


@dataclass(frozen=True, slots=True)
class Bans:
    """/bans [ROOM]: who is banned or muted."""

    room: str = ""


@dataclass(frozen=True, slots=True)
class Rank:
    """/op, /deop, /voice, /devoice [ROOM] NAME...: `letter` as in MODE."""

    nicks: tuple[str, ...]
    letter: str
    is_given: bool
    room: str = ""


@dataclass(frozen=True, slots=True)
class Slow:
    """/slow [ROOM] SECONDS: 0 for off."""

    seconds: int
    room: str = ""


@dataclass(frozen=True, slots=True)
class InviteOnly:
    """/inviteonly [ROOM] on|off"""

    is_on: bool
    room: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """/rename [ROOM] NEWNAME"""

    name: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class Operators:
    """/ops [ROOM] TEXT: say it to the operators of a room alone."""

    text: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class Notify:
    """/notify NAME...: tell when they come and go; names with "-" in front: no more."""

    nicks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Realname:
    """/realname TEXT"""

    text: str


# For the face itself to do:


@dataclass(frozen=True, slots=True)
class Password:
    """/password: ask for the old and the new one, unseen."""


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
    | Close | Leave | Nothing | Ban | Unban | Bans | Rank | Slow | InviteOnly | Rename | Operators
    | Notify | Realname | Password
)  # fmt: skip
