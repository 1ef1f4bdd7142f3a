"""Reading the config again while the server runs (SIGHUP, REHASH): what changes, what has to wait.

`merge` is pure. A setting that a running server cannot change keeps its old value, is named, and
counts after the next start; a config with anything wrong in it changes nothing at all.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from server.config import Config, ConfigError, Problem, load_config
from server.core.settings import Settings
from server.net.limits import NetLimits

_NET = {field.name for field in fields(NetLimits)}
_CORE = {field.name for field in fields(Settings)}

LIVE = {
    "server": frozenset({"motd"}),
    "tls": frozenset({"sts_days"}),
    "accounts": frozenset(
        {
            "required",
            "nick",
            "registration",
            "registrations_per_day_max",
            "registrations_per_address_day_max",
            "sessions_max",
        }
    ),
    "rooms": frozenset({"default"}),
    "history": frozenset(
        {
            "keep_days",
            "room_messages_max",
            "room_bytes_max",
            "events",
            "redact_window_s",
            "page_max",
            "replay_lines",
        }
    ),
    # What only the core looks at. The network's limits are built into what is open already.
    "limits": frozenset(_CORE - _NET),
    "admin": frozenset({"location", "organisation", "email"}),
    "log": frozenset({"level", "format"}),
}
"""What takes effect at once, by section. All else waits for a start."""


@dataclass(frozen=True, slots=True)
class Reload:
    """What a reload came to: the config from here on, and the names of what is different in it.

    `changed` is in effect, `kept` waits for a restart. With `problems` nothing is different.
    """

    config: Config
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The outcome in sentences, for the operator who asked. No values: some are secret."""
        if self.problems:
            return ["The config is wrong, and nothing has changed", *self.problems]
        lines = [f"Changed: {', '.join(self.changed)}" if self.changed else "Nothing has changed"]
        if self.kept:
            lines.append(f"After a restart: {', '.join(self.kept)}")
        return lines


def reload(running: Config) -> Reload:
    """Read the file that `running` came from, and see what may change."""
    try:
        return merge(running, load_config(running.path))
    except ConfigError as error:
        return Reload(running, problems=tuple(map(_without_value, error.problems)))


def _without_value(problem: Problem) -> str:
    """What is wrong, without what stands there: it may be a secret."""
    return f"{problem.key}: {problem.must}" if problem.key else problem.must


def merge(running: Config, loaded: Config) -> Reload:
    """`running` with what may change taken from `loaded`."""
    changed: list[str] = []
    kept: list[str] = []
    sections: dict[str, Any] = {}
    for field in fields(Config):
        name = field.name
        before, now = getattr(running, name), getattr(loaded, name)
        if name == "path" or before == now:
            continue
        if is_dataclass(before):
            sections[name] = _merge_section(name, before, now, changed, kept)
        elif name == "operators":
            sections[name] = now
            changed.append(name)
        else:
            kept.append(name)
    return Reload(replace(running, **sections), tuple(changed), tuple(kept))


def _merge_section(section: str, before: Any, now: Any, changed: list[str], kept: list[str]) -> Any:
    taken: dict[str, Any] = {}
    for field in fields(before):
        name = field.name
        if getattr(before, name) == getattr(now, name):
            continue
        if name in LIVE.get(section, ()):
            taken[name] = getattr(now, name)
            changed.append(f"{section}.{name}")
        else:
            kept.append(f"{section}.{name}")
    return replace(before, **taken)
