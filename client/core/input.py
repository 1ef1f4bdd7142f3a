"""What a person typed, made into a frozen command. Pure; called by every face on its own thread.

An unknown command is an error and is never sent as text, and an error never repeats what came
after the command word, so a mistyped `/pass hunter2` leaks nowhere. `//` sends one slash.

An alias stands for the start of a line: one that ends with ":" for everything up to and with that
colon ("@privado:ana oi"), every other one for the first word. It is replaced once, not again.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from gettext import gettext as _
from types import MappingProxyType
from typing import Final

from client.core.commands import COMMANDS, usage
from client.core.verbs import (
    Away,
    Close,
    Command,
    Delete,
    Discard,
    Help,
    History,
    InputError,
    Invite,
    Join,
    Kick,
    Leave,
    ListRooms,
    Me,
    Mode,
    Msg,
    Names,
    Nick,
    Nothing,
    Notice,
    Part,
    Query,
    Raw,
    Resend,
    Say,
    Search,
    Topic,
    Who,
    Whois,
)
from irc.names import fold
from irc.sanitise import clean_line

__all__ = [
    "DEFAULT_ALIASES",
    "Away",
    "Close",
    "Command",
    "Delete",
    "Discard",
    "Help",
    "History",
    "InputError",
    "Invite",
    "Join",
    "Kick",
    "Leave",
    "ListRooms",
    "Me",
    "Mode",
    "Msg",
    "Names",
    "Nick",
    "Nothing",
    "Notice",
    "Part",
    "Query",
    "Raw",
    "Resend",
    "Say",
    "Search",
    "Topic",
    "Who",
    "Whois",
    "may_remember",
    "parse_input",
]

# What people know from other small chats.
DEFAULT_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "/private": "/msg",
        "/online": "/names",
        "/sair": "/quit",
        "@privado:": "/msg",
        "@sair": "/quit",
    }
)

# What other clients call it: no commands here, but what a person means by them is known.
_ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "banlist": "bans",
        "exit": "quit",
        "kb": "ban",
        "kickban": "ban",
        "leave": "part",
        "monitor": "notify",
        "passwd": "password",
        "quiet": "mute",
        "setname": "realname",
        "unquiet": "unmute",
    }
)

_WORD_CHARS_MAX: Final = 40
# How like an alias a word must be to be a slip: "@privdo:" is, "@sara:" is not.
_SLIP: Final = 0.8
# Lines to the server that hold a password.
_SECRET_VERBS: Final = frozenset(
    {"PASS", "OPER", "AUTHENTICATE", "REGISTER", "VERIFY", "NICKSERV", "NS"}
)
# Lines to the server that hold one if it is NickServ who is told.
_SPEAKING: Final = frozenset({"PRIVMSG", "NOTICE"})


def parse_input(text: str, aliases: Mapping[str, str] = DEFAULT_ALIASES) -> Command | InputError:
    """The command a person meant by `text`, or why it means nothing."""
    if not text.strip():
        return Nothing()
    slip = _find_slip(text, aliases)
    if slip is not None:
        return slip
    line = _expand(text, aliases)
    start = line.lstrip()
    if start.startswith("//"):
        return Say(start[1:])
    if not start.startswith("/"):
        return Say(line)
    word, rest = _cut_word(start)
    spec = COMMANDS.get(fold(word[1:]))
    if spec is None:
        return _unknown(word, aliases)
    command = spec.make(rest)
    if command is None:
        return InputError(_("Something is missing: %s") % usage(spec))
    return command


def may_remember(text: str, aliases: Mapping[str, str] = DEFAULT_ALIASES, window: str = "") -> bool:
    """False for a line that may hold a password and must not go to a history file.

    `window` is where it was typed.
    """
    match parse_input(text, aliases):
        case InputError():
            return False
        case Raw(line):
            words = line.upper().split()
            verb = words[1] if words[0].startswith(("@", ":")) and len(words) > 1 else words[0]
            said_to = words[words.index(verb) + 1 :][:1] if verb in _SPEAKING else []
            return verb not in _SECRET_VERBS and not any(map(is_service, said_to))
        case Msg(target) | Notice(target) | Query(target):
            return not is_service(target)
        case Say() | Me():
            return not is_service(window)
    return True


def is_service(target: str) -> bool:
    """NickServ and the like, alone or among others: whatever we tell them may be a password."""
    return any(fold(each).partition("@")[0].endswith("serv") for each in target.split(","))


def _cut_word(line: str) -> tuple[str, str]:
    """The first word, and what comes behind it without the one space or line break between."""
    for index, char in enumerate(line):
        if char in " \n\t":
            return line[:index], line[index + 1 :]
    return line, ""


def _expand(text: str, aliases: Mapping[str, str]) -> str:
    """`text` with an alias at its start replaced by what it stands for."""
    start = text.lstrip()
    word, rest = _cut_word(start)
    for alias, command in aliases.items():
        if alias.endswith(":") and fold(start[: len(alias)]) == fold(alias):
            return f"{command} {start[len(alias) :]}"
        if fold(word) == fold(alias):
            return f"{command} {rest}"
    return text


def _find_slip(text: str, aliases: Mapping[str, str]) -> InputError | None:
    """A mistyped "@privado:" is not said to the room: what follows was meant for one person."""
    word, _rest = _cut_word(text.lstrip())
    prefixes = [alias for alias in aliases if alias.endswith(":") and not alias.startswith("/")]
    head, colon, _name = word.partition(":")
    typed = fold(head + ":")
    for alias in prefixes:
        known = fold(alias)
        if (typed == known and colon) or not word.startswith(alias[0]):
            continue
        if typed == known or (colon and get_close_matches(typed, [known], 1, _SLIP)):
            hint = _("Did you mean %s? To say it to all, use /say.") % f"{alias}{_('NAME')}"
            shown = clean_line(head + colon, _WORD_CHARS_MAX)
            return InputError(_('"%s" is not a command.') % shown, hint)
    return None


def _unknown(word: str, aliases: Mapping[str, str]) -> InputError:
    # Without the slash: all have it in common, and it would make any two words alike.
    known = [*COMMANDS, *(alias[1:] for alias in aliases if alias.startswith("/"))]
    meant = _ELSEWHERE.get(fold(word[1:]))
    names = [meant] if meant else get_close_matches(fold(word[1:]), known, 1)
    close = [f"/{name}" for name in names]
    hint = _("Did you mean %s?") % close[0] if close else _("/help lists the commands.")
    return InputError(_('There is no command "%s".') % clean_line(word, _WORD_CHARS_MAX), hint)
