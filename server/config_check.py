"""What a setting is, how a value from TOML is checked against it, and how a problem reads.

`server.config_sections` declares every setting once with `setting(...)`; the same declaration is
the default, the check, and (through `server.config_example`) the documentation, so none of the
three can drift from the others. Runs on the main thread before anything else exists; never touches
a file or the network.

Errors: ConfigError (all the problems of one file at once) <- ConfigMissing (there is no such file).
"""

import dataclasses
import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeVar, cast, get_args, get_origin

VALUE_SHOWN_CHARS_MAX = 80
"""How much of a wrong value an error repeats: enough to find it, and it stays on one line."""

_SETTING = "setting"
_SECRET_WORDS = ("pass", "hash", "secret", "token")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a config: which key, what it is set to, what it must be, what to do."""

    key: str
    """The TOML path, as in `limits.rooms_max`; the second listener is `listeners#2`."""
    value: str
    """The value as TOML, shortened; empty when there is none to show."""
    must: str
    hint: str

    def __str__(self) -> str:
        where = " = ".join(part for part in (self.key, self.value) if part)
        return f"{where}: {self.must}" if where else self.must


class ConfigError(Exception):
    """The config cannot be used; `problems` holds everything that was found, never empty."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = list(problems)
        super().__init__("; ".join(f"{path.name}: {problem}" for problem in self.problems))


class ConfigMissing(ConfigError):
    """There is no config file at `path`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one key besides its name, type and default."""

    doc: str
    low: float | None
    high: float | None
    check: Callable[[Any], str | None] | None
    """Gives the sentence "must ..." for a value it refuses."""
    is_multi_line: bool


T = TypeVar("T")


def setting(
    default: T,
    doc: str,
    *,
    low: float | None = None,
    high: float | None = None,
    check: Callable[[Any], str | None] | None = None,
    is_multi_line: bool = False,
    is_secret: bool = False,
) -> T:
    """A dataclass field that carries its documentation and bounds (both ends included)."""
    declared = Setting(doc, low, high, check, is_multi_line)
    # A secret is left out of repr, because a repr in a traceback is a repr in the log.
    metadata = {_SETTING: declared}
    return dataclasses.field(default=default, metadata=metadata, repr=not is_secret)


class Section(Protocol):
    """A dataclass made of settings."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


def settings_of(section: type[Section]) -> list[tuple[dataclasses.Field[Any], Setting]]:
    """The settings of one section, in the order they were declared."""
    return [
        (field, field.metadata[_SETTING])
        for field in dataclasses.fields(section)
        if _SETTING in field.metadata
    ]


def choices_of(field: dataclasses.Field[Any]) -> tuple[str, ...]:
    """The words a setting may have; empty when it is not a choice."""
    return get_args(field.type) if get_origin(field.type) is Literal else ()


def toml_value(value: object) -> str:
    """`value` as one line of TOML, whole."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, Path)):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + "}"
    return str(value)


class Checker:
    """Collects the problems of one file while its tables become sections.

    A value that is refused is replaced by the default, so that one pass finds everything.
    """

    def __init__(self, base: Path, homes: Mapping[str, str]) -> None:
        """Relative paths are relative to `base`; `homes` says in which table a key lives."""
        self.base = base
        self.problems: list[Problem] = []
        self._homes = homes

    def report(self, key: str, value: object, must: str, hint: str = "") -> None:
        """Note one problem; the value of anything that smells of a secret is not repeated."""
        shown = "" if value is None else toml_value(value)
        if any(word in key.lower() for word in _SECRET_WORDS) or isinstance(value, dict):
            shown = ""
        if len(shown) > VALUE_SHOWN_CHARS_MAX:
            shown = shown[:VALUE_SHOWN_CHARS_MAX] + "…"
        self.problems.append(Problem(key, shown, must, hint))

    def unknown(self, prefix: str, key: str, value: object, known: Sequence[str]) -> None:
        """Note a key that nobody reads, with the key that was probably meant."""
        # Never its value under [operators]: an invented key there is likely to hold a password.
        shown = None if prefix.startswith("operators") else value
        self.report(join(prefix, key), shown, _("is not a setting"), self._suggest(key, known))

    def _suggest(self, key: str, known: Sequence[str]) -> str:
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        if close:
            return _('did you mean "%s"?') % close[0]
        if key in self._homes:
            return _("%(key)s belongs in %(table)s") % {"key": key, "table": self._homes[key]}
        close = difflib.get_close_matches(key, list(self._homes), n=1, cutoff=0.75)
        if close:
            where = {"key": close[0], "table": self._homes[close[0]]}
            return _('did you mean "%(key)s" in %(table)s?') % where
        return _("known here: %s") % ", ".join(known)

    def section(self, section: type[T], raw: object, prefix: str) -> T:
        """`raw`, one table of the file, as a `section`."""
        values: dict[str, object] = {}
        table = self.table(raw, prefix)
        declared = settings_of(cast(type[Section], section))
        known = [field.name for field, _setting in declared]
        for key in table:
            if key not in known:
                self.unknown(prefix, key, table[key], known)
        for field, declaration in declared:
            value = table.get(field.name, field.default)
            values[field.name] = self._value(join(prefix, field.name), value, field, declaration)
        return section(**values)

    def table(self, raw: object, prefix: str) -> dict[str, object]:
        """`raw` when it is a table, else an empty one and a problem."""
        if isinstance(raw, dict):
            return raw
        self.report(prefix, raw, _("must be a table"), _("write it as [%s]") % prefix)
        return {}

    def _value(
        self, key: str, value: object, field: dataclasses.Field[Any], declaration: Setting
    ) -> object:
        must = wrong(value, field, declaration)
        if must is not None:
            default = toml_value(field.default)
            hint = _("delete the line to use the default, %s") % default
            self.report(key, value, must, hint)
            value = field.default
        if field.type is Path:
            return (self.base / Path(str(value)).expanduser()).resolve()
        if field.type is float:
            return float(cast(float, value))
        return tuple(value) if isinstance(value, list) else value


def join(prefix: str, key: str) -> str:
    """The TOML path of `key` in the table `prefix`."""
    return f"{prefix}.{key}" if prefix else key


def wrong(value: object, field: dataclasses.Field[Any], declaration: Setting) -> str | None:
    """The sentence "must ..." when `value` cannot be this setting; None when it can."""
    must = _wrong_type(value, field)
    if must is None and isinstance(value, (int, float)) and not isinstance(value, bool):
        must = _wrong_range(value, declaration)
    if must is None and isinstance(value, str):
        must = _wrong_text(value, declaration)
    if must is None and isinstance(value, list):
        must = next((bad for item in value if (bad := _wrong_text(item, declaration))), None)
    if must is None and declaration.check is not None:
        must = declaration.check(value)
    return must


def _wrong_type(value: object, field: dataclasses.Field[Any]) -> str | None:
    # Exact types, because bool is an int in Python but not in TOML: `port = true` is a mistake.
    kind = type(value)
    if field.type is bool:
        return None if kind is bool else _("must be true or false, without quotes")
    if field.type is int:
        return None if kind is int else _("must be a whole number, without quotes")
    if field.type is float:
        return None if kind in (int, float) else _("must be a number, without quotes")
    if get_origin(field.type) is tuple:
        is_list = kind is tuple or (kind is list and all(type(v) is str for v in cast(Any, value)))
        return None if is_list else _('must be a list of texts, as in ["#lobby"]')
    choices = choices_of(field)
    if choices and value not in choices:
        return _("must be one of %s") % ", ".join(f'"{choice}"' for choice in choices)
    return None if isinstance(value, (str, Path)) else _("must be a text in quotes")


def _wrong_range(value: float, declaration: Setting) -> str | None:
    low, high = declaration.low, declaration.high
    # "not <=" and not ">", so that nan is refused too.
    if low is not None and not low <= value:
        return _("must be at least %s") % number(low)
    if high is not None and not value <= high:
        return _("must be at most %s") % number(high)
    return None


def _wrong_text(value: str, declaration: Setting) -> str | None:
    allowed = "\n\t" if declaration.is_multi_line else ""
    if any((ord(char) < 32 or 127 <= ord(char) < 160) and char not in allowed for char in value):
        return _("must have no control characters")
    return None


def number(value: float) -> str:
    """`value` without a trailing `.0`."""
    return str(int(value)) if float(value).is_integer() else str(value)
