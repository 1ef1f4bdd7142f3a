"""What a command is: its word, its arguments, its help, and how it is read.

Used by the tables of commands (`commands.py`, `room_commands.py`), the parser and the completion.
Help texts are marked with `N_` and translated when shown, for the language is chosen after import.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from client.core.verbs import Command, InputError


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
    """One command. `make` reads what stands behind its word; None if something is missing."""

    name: str
    arguments: tuple[Argument, ...]
    help: str
    make: Callable[[str], Command | InputError | None]
    is_everyday: bool = True
    """Whether /help shows it without being asked for all: those few fit a small terminal."""


# --- arguments ------------------------------------------------------------------------------


def split(rest: str) -> tuple[str, str]:
    """The first word, and the rest without the spaces between."""
    word, _space, tail = rest.strip().partition(" ")
    return word, tail.strip()


def is_room(word: str) -> bool:
    """Tell whether `word` is the name of a room, before any server has said how those begin."""
    return word.startswith(("#", "&"))


def split_room(rest: str) -> tuple[str, str]:
    """A room, if the first word is one, and the rest."""
    word, tail = split(rest)
    return (word, tail) if is_room(word) else ("", rest.strip())


def one_word(make: Callable[[str], Command]) -> Callable[[str], Command | None]:
    """Exactly one word."""
    return lambda rest: make(rest.strip()) if len(rest.split()) == 1 else None


def at_most_one_word(make: Callable[[str], Command]) -> Callable[[str], Command | None]:
    """One word or none."""
    return lambda rest: make(rest.strip()) if len(rest.split()) <= 1 else None


def whole_rest(make: Callable[[str], Command]) -> Callable[[str], Command | None]:
    """Whatever stands there."""
    return lambda rest: make(rest.strip())


NICK: Final = Argument(N_("NAME"), ArgumentKind.NICK)
TEXT: Final = Argument(N_("TEXT"), ArgumentKind.TEXT)
TARGET: Final = Argument(N_("NAME"), ArgumentKind.TARGET)
ROOM: Final = Argument(N_("ROOM"), ArgumentKind.ROOM)
MAYBE_ROOM: Final = Argument(N_("ROOM"), ArgumentKind.ROOM, is_optional=True)
MAYBE_TEXT: Final = Argument(N_("TEXT"), ArgumentKind.TEXT, is_optional=True)
MAYBE_REASON: Final = Argument(N_("REASON"), ArgumentKind.TEXT, is_optional=True)
MAYBE_ID: Final = Argument(N_("NUMBER"), ArgumentKind.WORD, is_optional=True)


def optional(name: str, kind: ArgumentKind) -> Argument:
    """An argument that may be left out."""
    return Argument(name, kind, is_optional=True)
