"""The table of commands: the parser, the completion and /help all read it, so they cannot differ.

Help texts are marked with `N_` and translated when shown, for the language is chosen after import.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from gettext import gettext as _
from typing import Final

from client.core import verbs
from client.core.verbs import Command
from irc.sanitise import clean_line

HISTORY_MAX: Final = 1_000  # messages at once; whoever wants more asks again


def N_(text: str) -> str:
    """Mark `text` for translation; `_` does it when the text is shown."""
    return text


class ArgumentKind(Enum):
    """What an argument is, for completion."""

    NICK = "nick"
    ROOM = "room"
    TARGET = "target"  # a nick or a room
    COMMAND = "command"
    TEXT = "text"  # the rest of the line
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: `name` as /help shows it, in capitals."""

    name: str
    kind: ArgumentKind
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command. `make` reads what stands behind its word; None if that is wrong."""

    name: str
    arguments: tuple[Argument, ...]
    help: str
    make: Callable[[str], Command | None]
    is_everyday: bool = True
    """Whether /help shows it without being asked for all: those few fit a small terminal."""


# --- arguments ------------------------------------------------------------------------------


def _split(rest: str) -> tuple[str, str]:
    """The first word, and the rest without the spaces between."""
    word, _space, tail = rest.strip().partition(" ")
    return word, tail.strip()


def _is_room(word: str) -> bool:
    return word.startswith(("#", "&"))


def _split_room(rest: str) -> tuple[str, str]:
    """A room, if the first word is one, and the rest."""
    word, tail = _split(rest)
    return (word, tail) if _is_room(word) else ("", rest.strip())


def _say(rest: str) -> Command | None:
    return verbs.Say(rest) if rest.strip() else None


def _me(rest: str) -> Command | None:
    return verbs.Me(rest.strip()) if rest.strip() else None


def _msg(rest: str) -> Command | None:
    target, text = _split(rest)
    return verbs.Msg(target, text) if text else None


def _notice(rest: str) -> Command | None:
    target, text = _split(rest)
    return verbs.Notice(target, text) if text else None


def _query(rest: str) -> Command | None:
    target, text = _split(rest)
    return verbs.Query(target, text) if target else None


def _join(rest: str) -> Command | None:
    names, key = _split(rest)
    rooms = tuple(name for name in names.split(",") if name)
    return verbs.Join(rooms, key) if rooms and " " not in key else None


def _part(rest: str) -> Command | None:
    return verbs.Part(*_split_room(rest))


def _topic(rest: str) -> Command | None:
    room, text = _split_room(rest)
    return verbs.Topic(room, None if not text else text.removeprefix("-delete"))


def _kick(rest: str) -> Command | None:
    room, tail = _split_room(rest)
    nick, reason = _split(tail)
    return verbs.Kick(nick, room, reason) if nick else None


def _invite(rest: str) -> Command | None:
    nick, room = _split(rest)
    return verbs.Invite(nick, room) if nick and " " not in room else None


def _mode(rest: str) -> Command | None:
    words = rest.split()
    if not words or words[0][0] in "+-":
        return verbs.Mode("", tuple(words))
    return verbs.Mode(words[0], tuple(words[1:]))


def _one_word(make: Callable[[str], Command]) -> Callable[[str], Command | None]:
    """Exactly one word."""
    return lambda rest: make(rest.strip()) if len(rest.split()) == 1 else None


def _at_most_one_word(make: Callable[[str], Command]) -> Callable[[str], Command | None]:
    """One word or none."""
    return lambda rest: make(rest.strip()) if len(rest.split()) <= 1 else None


def _rest(make: Callable[[str], Command]) -> Callable[[str], Command | None]:
    """Whatever stands there."""
    return lambda rest: make(rest.strip())


def _history(rest: str) -> Command | None:
    words = rest.split()
    if not words:
        return verbs.History()
    is_count = len(words) == 1 and words[0].isascii() and words[0].isdigit()
    count = int(words[0][:9]) if is_count else 0
    return verbs.History(min(count, HISTORY_MAX)) if count else None


def _search(rest: str) -> Command | None:
    words = rest.strip()
    is_everywhere = words == "-all" or words.startswith("-all ")
    words = words.removeprefix("-all").strip() if is_everywhere else words
    return verbs.Search(words, is_everywhere) if words else None


def _raw(rest: str) -> Command | None:
    return verbs.Raw(rest.strip()) if rest.strip() else None


_NICK: Final = Argument(N_("NAME"), ArgumentKind.NICK)
_TEXT: Final = Argument(N_("TEXT"), ArgumentKind.TEXT)
_TARGET: Final = Argument(N_("NAME"), ArgumentKind.TARGET)
_ROOM: Final = Argument(N_("ROOM"), ArgumentKind.ROOM)
_MAYBE_ROOM: Final = Argument(N_("ROOM"), ArgumentKind.ROOM, is_optional=True)
_MAYBE_TEXT: Final = Argument(N_("TEXT"), ArgumentKind.TEXT, is_optional=True)
_MAYBE_REASON: Final = Argument(N_("REASON"), ArgumentKind.TEXT, is_optional=True)
_MAYBE_ID: Final = Argument(N_("NUMBER"), ArgumentKind.WORD, is_optional=True)


def _optional(name: str, kind: ArgumentKind) -> Argument:
    return Argument(name, kind, is_optional=True)


_SPECS: Final = (
    CommandSpec("msg", (_TARGET, _TEXT), N_("say something to one person or room"), _msg),
    CommandSpec("me", (_TEXT,), N_("say what you do, as in: /me waves"), _me),
    CommandSpec("say", (_TEXT,), N_("say exactly this here, whatever it begins with"), _say, False),
    CommandSpec(
        "notice", (_TARGET, _TEXT), N_("send a notice, which no program answers"), _notice, False
    ),
    CommandSpec("query", (_TARGET, _MAYBE_TEXT), N_("open the window of a person or room"), _query),
    CommandSpec(
        "close", (), N_("close this window, and leave its room"), lambda _rest: verbs.Close()
    ),
    CommandSpec(
        "join", (_ROOM, _optional(N_("KEY"), ArgumentKind.WORD)), N_("go into a room"), _join
    ),
    CommandSpec("part", (_MAYBE_ROOM, _MAYBE_REASON), N_("leave a room"), _part),
    CommandSpec(
        "topic",
        (_MAYBE_ROOM, _MAYBE_TEXT),
        N_("show the topic or set it; /topic -delete removes it"),
        _topic,
    ),
    CommandSpec("names", (_MAYBE_ROOM,), N_("who is in the room"), _at_most_one_word(verbs.Names)),
    CommandSpec(
        "who",
        (_optional(N_("NAME"), ArgumentKind.TARGET),),
        N_("more about the people of a room, or about one person"),
        _at_most_one_word(verbs.Who),
        False,
    ),
    CommandSpec("whois", (_NICK,), N_("all about one person"), _one_word(verbs.Whois)),
    CommandSpec(
        "list",
        (_optional(N_("PATTERN"), ArgumentKind.ROOM),),
        N_("which rooms there are"),
        _at_most_one_word(verbs.ListRooms),
    ),
    CommandSpec(
        "away", (_MAYBE_REASON,), N_("say that you are away; alone: back"), _rest(verbs.Away)
    ),
    CommandSpec("back", (), N_("say that you are back"), lambda _rest: verbs.Away(), False),
    CommandSpec("nick", (_NICK,), N_("change your name"), _one_word(verbs.Nick), False),
    CommandSpec("invite", (_NICK, _MAYBE_ROOM), N_("invite somebody into a room"), _invite, False),
    CommandSpec(
        "kick", (_MAYBE_ROOM, _NICK, _MAYBE_REASON), N_("remove somebody from a room"), _kick, False
    ),
    CommandSpec(
        "mode",
        (
            _optional(N_("NAME"), ArgumentKind.TARGET),
            _optional(N_("MODES"), ArgumentKind.TEXT),
        ),
        N_("show or change the modes of a room, or yours"),
        _mode,
        False,
    ),
    CommandSpec(
        "resend",
        (_MAYBE_ID,),
        N_("send waiting and unconfirmed messages, or one of them"),
        _at_most_one_word(verbs.Resend),
        False,
    ),
    CommandSpec(
        "discard",
        (_MAYBE_ID,),
        N_("forget waiting and unconfirmed messages, or one of them"),
        _at_most_one_word(verbs.Discard),
        False,
    ),
    CommandSpec(
        "history",
        (_MAYBE_ID,),
        N_("show what was said here before: NUMBER messages"),
        _history,
    ),
    CommandSpec(
        "search",
        (Argument(N_("WORDS"), ArgumentKind.TEXT),),
        N_("find messages here; /search -all WORDS: everywhere"),
        _search,
    ),
    CommandSpec(
        "delete",
        (),
        N_("take back the last thing you said here"),
        lambda _rest: verbs.Delete(),
    ),
    CommandSpec(
        "raw",
        (Argument(N_("LINE"), ArgumentKind.TEXT),),
        N_("send a line of IRC as it is"),
        _raw,
        False,
    ),
    CommandSpec(
        "help",
        (_optional(N_("COMMAND"), ArgumentKind.COMMAND),),
        N_("this list, or one command; /help all: every command"),
        _at_most_one_word(verbs.Help),
    ),
    CommandSpec("quit", (_MAYBE_REASON,), N_("leave"), _rest(verbs.Leave)),
)

COMMANDS: Final[Mapping[str, CommandSpec]] = {spec.name: spec for spec in _SPECS}


def usage(spec: CommandSpec) -> str:
    """`spec` as a person types it, translated: "/msg NAME TEXT"."""
    words = [f"/{spec.name}"]
    for argument in spec.arguments:
        name = _(argument.name)
        words.append(f"[{name}]" if argument.is_optional else name)
    return " ".join(words)


def help_lines(topic: str, aliases: Mapping[str, str]) -> list[str]:
    """What /help shows, translated.

    The everyday commands, one command (with or without its slash), or "all" with all aliases.
    """
    is_all = topic.casefold() == "all"
    if topic and not is_all:
        word = aliases.get(topic, aliases.get(f"/{topic}", topic)).removeprefix("/")
        spec = COMMANDS.get(word.lower())
        if spec is None:
            return [_('There is no command "%s".') % clean_line(topic, 40)]
        return [f"{usage(spec)}  {_(spec.help)}"]
    specs = [spec for spec in COMMANDS.values() if is_all or spec.is_everyday]
    usages = [usage(spec) for spec in specs]
    width = max(map(len, usages))
    lines = [f"{how.ljust(width)}  {_(spec.help)}" for how, spec in zip(usages, specs, strict=True)]
    if is_all:
        lines += [
            _("%(alias)s is short for %(command)s") % {"alias": alias, "command": command}
            for alias, command in aliases.items()
        ]
    return [*lines, _("Text without a slash is said in this window; // says a slash.")]
