"""The client's settings, from `client.toml` in the config folder; every key is optional.

Called once at start by `__main__`. A wrong key or value is fatal and says what is allowed; all
problems of a file are told at once. The file (defaults shown, but for `password_cmd`):

    color = "auto"            # auto, always, never; NO_COLOR counts as never
    timestamps = true         # HH:MM before each message
    emoji = "safe"            # safe: forms whose width every terminal knows; native: as sent
    bell = true               # ring for mentions and private messages
    history = true            # keep typed lines for the next time (never those with passwords)
    keep_unsent = true        # keep messages that nobody confirmed, and send them the next time
    mention_words = []        # besides your own name
    password_cmd = "pass chat"  # its first line of output is the password; run without a shell

    [aliases]                 # what you type = the command it means; "" takes a built-in one away
    "/private" = "/msg"
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from gettext import gettext as _
from pathlib import Path
from typing import Any

from client.core.input import DEFAULT_ALIASES
from client.paths import config_dir

CONFIG_NAME = "client.toml"
CONFIG_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and what to do about it."""

    sentence: str
    hint: str = ""


class ConfigError(Exception):
    """The file cannot be used; `problems` has everything that is wrong in it."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{path}: {problems[0].sentence}")
        self.path = path
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """What a person may set; the field names are the keys of the file."""

    color: str = "auto"
    timestamps: bool = True
    emoji: str = "safe"
    bell: bool = True
    history: bool = True
    keep_unsent: bool = True
    mention_words: tuple[str, ...] = ()
    password_cmd: str = ""
    aliases: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_ALIASES))


_CHOICES = {"color": ("auto", "always", "never"), "emoji": ("safe", "native")}
_SWITCHES = ("timestamps", "bell", "history", "keep_unsent")
_KEYS = (*_CHOICES, *_SWITCHES, "mention_words", "password_cmd", "aliases")


def load_config(path: Path | None = None) -> ClientConfig:
    """The settings; the defaults when there is no file. Raises ConfigError."""
    path = path if path is not None else config_dir() / CONFIG_NAME
    try:
        with path.open("rb") as stream:
            content = stream.read(CONFIG_BYTES_MAX)
        table = tomllib.loads(content.decode("utf-8"))
    except FileNotFoundError:
        return ClientConfig()
    except (OSError, ValueError) as error:
        raise ConfigError(path, (Problem(str(error)),)) from error
    return _read(path, table)


def _read(path: Path, table: Mapping[str, Any]) -> ClientConfig:
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            problems.append(_unknown(key))
            continue
        fault = _fault(key, value)
        if fault:
            shown = value if isinstance(value, str | int | float) else type(value).__name__
            problems.append(Problem(f"{key} = {shown}: {fault}"))
        else:
            values[key] = value
    if problems:
        raise ConfigError(path, tuple(problems))
    if "mention_words" in values:
        values["mention_words"] = tuple(values["mention_words"])
    if "aliases" in values:
        merged = {**DEFAULT_ALIASES, **values["aliases"]}
        values["aliases"] = {typed: meant for typed, meant in merged.items() if meant}
    return replace(ClientConfig(), **values)


def _fault(key: str, value: object) -> str:
    """What the value must be, or "" when it is that."""
    if key in _CHOICES:
        choices = _CHOICES[key]
        return "" if value in choices else _("must be one of %s") % ", ".join(choices)
    if key in _SWITCHES:
        return "" if isinstance(value, bool) else _("must be true or false")
    if key == "password_cmd":
        return "" if isinstance(value, str) else _("must be a text")
    if key == "mention_words":
        is_words = isinstance(value, list) and all(
            isinstance(word, str) and word.strip() for word in value
        )
        return "" if is_words else _("must be a list of words")
    is_aliases = isinstance(value, dict) and all(
        typed[:1] in ("/", "@") and isinstance(meant, str) and (not meant or meant[0] == "/")
        for typed, meant in value.items()
    )
    return "" if is_aliases else _('must be a table such as "/private" = "/msg"')


def _unknown(key: str) -> Problem:
    near = difflib.get_close_matches(key, _KEYS, 1)
    hint = _("did you mean %s?") % near[0] if near else _("the keys are %s") % ", ".join(_KEYS)
    return Problem(_("%s: there is no such key") % key, hint)
