"""The table of commands: the parser, the completion and /help all read it, so they cannot differ.

Those that manage rooms and people are in `room_commands.py`; what a command is, in `spec.py`.
"""

from collections.abc import Mapping, Sequence
from gettext import gettext as _
from typing import Final

from client.core import room_commands, verbs
from client.core.spec import (
    MAYBE_ID,
    MAYBE_REASON,
    MAYBE_ROOM,
    MAYBE_TEXT,
    N_,
    NICK,
    ROOM,
    TARGET,
    TEXT,
    Argument,
    ArgumentKind,
    CommandSpec,
    at_most_one_word,
    one_word,
    optional,
    split,
    split_room,
    whole_rest,
)
from client.core.verbs import Command
from irc.sanitise import clean_line

HISTORY_MAX: Final = 1_000  # messages at once; whoever wants more asks again


def _say(rest: str) -> Command | None:
    return verbs.Say(rest) if rest.strip() else None


def _me(rest: str) -> Command | None:
    return verbs.Me(rest.strip()) if rest.strip() else None


def _msg(rest: str) -> Command | None:
    target, text = split(rest)
    return verbs.Msg(target, text) if text else None


def _notice(rest: str) -> Command | None:
    target, text = split(rest)
    return verbs.Notice(target, text) if text else None


def _query(rest: str) -> Command | None:
    target, text = split(rest)
    return verbs.Query(target, text) if target else None


def _join(rest: str) -> Command | None:
    names, key = split(rest)
    rooms = tuple(name for name in names.split(",") if name)
    return verbs.Join(rooms, key) if rooms and " " not in key else None


def _part(rest: str) -> Command | None:
    return verbs.Part(*split_room(rest))


def _topic(rest: str) -> Command | None:
    room, text = split_room(rest)
    return verbs.Topic(room, None if not text else text.removeprefix("-delete"))


def _kick(rest: str) -> Command | None:
    room, tail = split_room(rest)
    nick, reason = split(tail)
    return verbs.Kick(nick, room, reason) if nick else None


def _invite(rest: str) -> Command | None:
    nick, room = split(rest)
    return verbs.Invite(nick, room) if nick and " " not in room else None


def _mode(rest: str) -> Command | None:
    words = rest.split()
    if not words or words[0][0] in "+-":
        return verbs.Mode("", tuple(words))
    return verbs.Mode(words[0], tuple(words[1:]))


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


_SPECS: Final = (
    CommandSpec("msg", (TARGET, TEXT), N_("say something to one person or room"), _msg),
    CommandSpec("me", (TEXT,), N_("say what you do, as in: /me waves"), _me),
    CommandSpec("say", (TEXT,), N_("say exactly this here, whatever it begins with"), _say, False),
    CommandSpec(
        "notice", (TARGET, TEXT), N_("send a notice, which no program answers"), _notice, False
    ),
    CommandSpec("query", (TARGET, MAYBE_TEXT), N_("open the window of a person or room"), _query),
    CommandSpec(
        "close", (), N_("close this window, and leave its room"), lambda rest: verbs.Close()
    ),
    CommandSpec(
        "join", (ROOM, optional(N_("KEY"), ArgumentKind.WORD)), N_("go into a room"), _join
    ),
    CommandSpec("part", (MAYBE_ROOM, MAYBE_REASON), N_("leave a room"), _part),
    CommandSpec(
        "topic",
        (MAYBE_ROOM, MAYBE_TEXT),
        N_("show the topic or set it; /topic -delete removes it"),
        _topic,
    ),
    CommandSpec("names", (MAYBE_ROOM,), N_("who is in the room"), at_most_one_word(verbs.Names)),
    CommandSpec(
        "who",
        (optional(N_("NAME"), ArgumentKind.TARGET),),
        N_("more about the people of a room, or about one person"),
        at_most_one_word(verbs.Who),
        False,
    ),
    CommandSpec("whois", (NICK,), N_("all about one person"), one_word(verbs.Whois)),
    CommandSpec(
        "list",
        (optional(N_("PATTERN"), ArgumentKind.ROOM),),
        N_("which rooms there are"),
        at_most_one_word(verbs.ListRooms),
    ),
    CommandSpec(
        "away", (MAYBE_REASON,), N_("say that you are away; alone: back"), whole_rest(verbs.Away)
    ),
    CommandSpec("back", (), N_("say that you are back"), lambda rest: verbs.Away(), False),
    CommandSpec("nick", (NICK,), N_("change your name"), one_word(verbs.Nick), False),
    CommandSpec("invite", (NICK, MAYBE_ROOM), N_("invite somebody into a room"), _invite, False),
    CommandSpec(
        "kick", (MAYBE_ROOM, NICK, MAYBE_REASON), N_("remove somebody from a room"), _kick, False
    ),
    CommandSpec(
        "mode",
        (
            optional(N_("NAME"), ArgumentKind.TARGET),
            optional(N_("MODES"), ArgumentKind.TEXT),
        ),
        N_("show or change the modes of a room, or yours"),
        _mode,
        False,
    ),
    CommandSpec(
        "resend",
        (MAYBE_ID,),
        N_("send waiting and unconfirmed messages, or one of them"),
        at_most_one_word(verbs.Resend),
        False,
    ),
    CommandSpec(
        "discard",
        (MAYBE_ID,),
        N_("forget waiting and unconfirmed messages, or one of them"),
        at_most_one_word(verbs.Discard),
        False,
    ),
    CommandSpec(
        "history",
        (MAYBE_ID,),
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
        lambda rest: verbs.Delete(),
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
        (optional(N_("COMMAND"), ArgumentKind.COMMAND),),
        N_("this list, or one command; /help all: every command"),
        at_most_one_word(verbs.Help),
    ),
    CommandSpec("quit", (MAYBE_REASON,), N_("leave"), whole_rest(verbs.Leave)),
)

COMMANDS: Final[Mapping[str, CommandSpec]] = {
    spec.name: spec for spec in (*_SPECS[:-2], *room_commands.SPECS, *_SPECS[-2:])
}


def usage(spec: CommandSpec) -> str:
    """`spec` as a person types it, translated: "/msg NAME TEXT"."""
    words = [f"/{spec.name}"]
    for argument in spec.arguments:
        name = _(argument.name)
        words.append(f"[{name}]" if argument.is_optional else name)
    return " ".join(words)


def help_lines(topic: str, aliases: Mapping[str, str]) -> list[str]:
    """What /help shows, translated.

    The everyday commands, one command (with or without its slash), those that manage rooms, or
    "all" with all aliases.
    """
    is_all = topic.casefold() == "all"
    if topic.casefold() == "rooms":
        return _in_columns(room_commands.SPECS)
    if topic and not is_all:
        word = aliases.get(topic, aliases.get(f"/{topic}", topic)).removeprefix("/")
        spec = COMMANDS.get(word.lower())
        if spec is None:
            return [_('There is no command "%s".') % clean_line(topic, 40)]
        return [f"{usage(spec)}  {_(spec.help)}"]
    lines = _in_columns([spec for spec in COMMANDS.values() if is_all or spec.is_everyday])
    if is_all:
        lines += [
            _("%(alias)s is short for %(command)s") % {"alias": alias, "command": command}
            for alias, command in aliases.items()
        ]
    else:
        lines.append(_("To keep people out, make operators and more: /help rooms"))
    return [*lines, _("Text without a slash is said in this window; // says a slash.")]


def _in_columns(specs: Sequence[CommandSpec]) -> list[str]:
    usages = [usage(spec) for spec in specs]
    width = max(map(len, usages))
    return [f"{how.ljust(width)}  {_(spec.help)}" for how, spec in zip(usages, specs, strict=True)]
