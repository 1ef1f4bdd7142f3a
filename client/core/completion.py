"""What the word under the cursor may become: nicks, rooms, commands, their arguments. Pure.

Called by a face for each Tab (or key), on the session's thread. People who spoke here lately come
first, then the members of the room, then everybody else we know of. A name that would not be shown
as it is (somebody hides something in it) is never offered. Only the names that fit are looked at
closely, so a room of thousands costs one comparison for each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from gettext import gettext as _
from typing import Final

from client.core.commands import COMMANDS, usage
from client.core.input import DEFAULT_ALIASES
from client.core.model import SERVER, Buffer, BufferKind, Model
from client.core.spec import Argument, ArgumentKind
from irc.names import fold, nick_key
from irc.sanitise import clean

# Nobody reads more in a menu.
CANDIDATES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """What to put in place of the word: `text`, with what follows it; `help` to show beside it."""

    text: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """Replace what stands from `start` to the cursor by one of `candidates`, best first."""

    start: int
    candidates: tuple[Candidate, ...]


def complete(
    text: str,
    cursor: int,
    model: Model,
    buffer: str,
    aliases: Mapping[str, str] = DEFAULT_ALIASES,
) -> Completion:
    """The candidates at `cursor` in `text`, typed in the window `buffer`."""
    before = text[:cursor]
    start = max(before.rfind(" "), before.rfind("\n")) + 1
    word = before[start:]
    is_command = before.startswith("/") and not before.startswith("//")
    window = model.get(buffer) or model.get(SERVER)
    assert window is not None  # the server's is always there
    found: Iterable[Candidate]
    if start == 0:
        prefix = _name_prefix(word, aliases)
        if prefix:
            names = _nicks(model, window, word[len(prefix) :])
            return _limit(len(prefix), (Candidate(f"{nick} ") for nick in names))
        found = _commands(word, aliases) if is_command else _at_start(model, window, word, aliases)
    elif is_command:
        found = _argument(model, window, before, word, aliases)
    else:
        found = _in_text(model, window, word)
    return _limit(start, found)


def _limit(start: int, candidates: Iterable[Candidate]) -> Completion:
    found = dict.fromkeys(candidates)
    return Completion(start, tuple(found)[:CANDIDATES_MAX])


def _name_prefix(word: str, aliases: Mapping[str, str]) -> str:
    """The alias of the kind "@privado:" that `word` begins with; a name follows."""
    for alias in aliases:
        if alias.endswith(":") and fold(word[: len(alias)]) == fold(alias):
            return alias
    return ""


def _commands(word: str, aliases: Mapping[str, str]) -> Iterator[Candidate]:
    typed = fold(word[1:])
    for name, spec in sorted(COMMANDS.items()):
        if name.startswith(typed):
            yield Candidate(f"/{name} ", f"{usage(spec)}  {_(spec.help)}")
    for alias, command in aliases.items():
        if alias.startswith("/") and fold(alias).startswith(fold(word)):
            yield Candidate(f"{alias} ", command)


def _at_start(
    model: Model, window: Buffer, word: str, aliases: Mapping[str, str]
) -> Iterator[Candidate]:
    """At the start of a line a nick is who is spoken to."""
    if model.is_room_name(word):
        yield from _rooms(model, word)
        return
    if word.startswith("@"):
        for alias, command in aliases.items():
            if fold(alias).startswith(fold(word)):
                yield Candidate(alias if alias.endswith(":") else f"{alias} ", command)
    for nick in _nicks(model, window, word):
        yield Candidate(f"{nick}: ")


def _in_text(model: Model, window: Buffer, word: str) -> Iterator[Candidate]:
    if model.is_room_name(word):
        yield from _rooms(model, word)
    elif word:
        at = "@" if word.startswith("@") else ""
        for nick in _nicks(model, window, word[len(at) :]):
            yield Candidate(f"{at}{nick} ")


def _argument(
    model: Model, window: Buffer, before: str, word: str, aliases: Mapping[str, str]
) -> Iterator[Candidate]:
    words = before.split()
    name = fold(words[0])
    expansions = {fold(alias): command for alias, command in aliases.items()}
    spec = COMMANDS.get(fold(expansions.get(name, name)).removeprefix("/"))
    if spec is None:
        return
    given = words[1:-1] if word else words[1:]
    match _argument_kind(spec.arguments, given, word, model):
        case ArgumentKind.NICK:
            for nick in _nicks(model, window, word):
                yield Candidate(f"{nick} ")
        case ArgumentKind.ROOM:
            yield from _rooms(model, word)
        case ArgumentKind.TARGET:
            for nick in _nicks(model, window, word):
                yield Candidate(f"{nick} ")
            yield from _rooms(model, word)
        case ArgumentKind.COMMAND:
            for candidate in _commands("/" + word.removeprefix("/"), {}):
                yield Candidate(candidate.text.removeprefix("/"), candidate.help)
        case ArgumentKind.TEXT:
            yield from _in_text(model, window, word)


def _argument_kind(
    arguments: tuple[Argument, ...], given: list[str], word: str, model: Model
) -> ArgumentKind:
    """The kind of the argument that `word` is; an optional room is left out if no room is named."""
    left = list(arguments)
    for value in given:
        _skip_room(left, value, model)
        if left and (len(left) > 1 or left[0].kind is not ArgumentKind.TEXT):
            del left[0]  # a text takes all that follows
    _skip_room(left, word, model)
    return left[0].kind if left else ArgumentKind.WORD


def _skip_room(left: list[Argument], value: str, model: Model) -> None:
    """Take an optional room off the front of `left` if `value` is something else."""
    may_skip = len(left) > 1 and left[0].is_optional and left[0].kind is ArgumentKind.ROOM
    if may_skip and value and not model.is_room_name(value):
        del left[0]


def _rooms(model: Model, word: str) -> Iterator[Candidate]:
    typed = fold(word)
    for buffer in model:
        is_room = buffer.kind is BufferKind.ROOM
        if is_room and fold(buffer.name).startswith(typed) and _is_honest(buffer.name):
            yield Candidate(f"{buffer.name} ")


def _nicks(model: Model, window: Buffer, word: str) -> list[str]:
    """The nicks that begin with `word`, best first; our own is nobody to write to."""
    typed = nick_key(word)
    found: dict[str, str] = {}
    if window.kind is BufferKind.PRIVATE:
        _add(found, typed, [window.name])
    present = window.members if window.kind is BufferKind.ROOM else None
    for nick in window.recent_speakers():
        if present is None or nick_key(nick) in present:
            _add(found, typed, [nick])
    everywhere = [window, *(buffer for buffer in model if buffer is not window)]
    for buffer in everywhere:
        matching = [member.nick for key, member in buffer.members.items() if key.startswith(typed)]
        _add(found, typed, sorted(matching, key=nick_key))
        if buffer.kind is BufferKind.PRIVATE:
            _add(found, typed, [buffer.name])
    found.pop(nick_key(model.nick), None)
    return [nick for nick in found.values() if _is_honest(nick)]


def _add(found: dict[str, str], typed: str, nicks: Iterable[str]) -> None:
    for nick in nicks:
        key = nick_key(nick)
        if key.startswith(typed):
            found.setdefault(key, nick)


def _is_honest(name: str) -> bool:
    """Tell whether `name` is shown as it is."""
    return clean(name) == name and " " not in name
