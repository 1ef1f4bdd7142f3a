"""The server's config: one TOML file as frozen sections, checked whole, or every problem at once.

`load_config` is called by chat-server and chat-admin on the main thread at start, and again by
chat-server on SIGHUP. The settings themselves are declared in `server.config_sections`.

Never guesses: an unknown key, a wrong type or a value out of range is fatal, because a mistyped
limit that is silently ignored is a limit that is not there.
"""

import re
import tomllib
from gettext import gettext as _
from pathlib import Path
from types import MappingProxyType

from irc.names import is_valid_nick, is_valid_room
from server.config_check import (
    VALUE_SHOWN_CHARS_MAX,
    Checker,
    ConfigError,
    ConfigMissing,
    Problem,
    join,
    settings_of,
)
from server.config_rules import address_of, is_loopback
from server.config_sections import (
    Accounts,
    Admin,
    Config,
    History,
    Limits,
    Listener,
    Log,
    Operator,
    Rooms,
    Server,
    Tls,
    Tuning,
)

__all__ = [
    "Accounts",
    "Admin",
    "Config",
    "ConfigError",
    "ConfigMissing",
    "History",
    "Limits",
    "Listener",
    "Log",
    "Operator",
    "Problem",
    "Rooms",
    "Server",
    "Tls",
    "Tuning",
    "default_config",
    "is_loopback",
    "load_config",
]

FILE_BYTES_MAX = 1 << 20
"""A config is a few kilobytes; more is the wrong file, and is not read."""

LISTENERS_MAX = 32
OPERATORS_MAX = 1000

TABLES = {
    "server": Server,
    "tls": Tls,
    "accounts": Accounts,
    "rooms": Rooms,
    "history": History,
    "limits": Limits,
    "tuning": Tuning,
    "admin": Admin,
    "log": Log,
}
TOP_KEYS = ("server", "listeners", *list(TABLES)[1:-2], "operators", "admin", "log")


def default_config(base: Path) -> Config:
    """What an empty config file in the folder `base` says."""
    return _config({}, base.absolute() / "config.toml")


def load_config(path: Path) -> Config:
    """The config in the file `path`, with every relative path made absolute from its folder.

    Raises:
        ConfigMissing: There is no such file.
        ConfigError: It cannot be read, is not TOML, or something in it is wrong; all is listed.
    """
    path = path.absolute()
    return _config(_parse(_read(path), path), path)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise ConfigMissing(path, [Problem("", "", _("there is no such file"), "")]) from None
    except OSError as error:
        must = _("cannot be read: %s") % error.strerror
        raise ConfigError(path, [Problem("", "", must, _("check the path and its mode"))]) from None
    if len(raw) > FILE_BYTES_MAX:
        must = _("is larger than %d bytes") % FILE_BYTES_MAX
        raise ConfigError(path, [Problem("", "", must, _("is this the config file?"))])
    try:
        return raw.decode("utf-8-sig")  # Windows editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        must = _("line %d: is not UTF-8") % line
        raise ConfigError(path, [Problem("", "", must, _("save the file as UTF-8"))]) from None


def _parse(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        problem = Problem("", "", _("is nested too deeply"), _("compare with config.example.toml"))
    except ValueError as error:  # TOMLDecodeError, or int() on a number of thousands of digits
        problem = _syntax_problem(str(error), text)
    raise ConfigError(path, [problem])


def _syntax_problem(message: str, text: str) -> Problem:
    """tomllib's "Invalid value (at line 3, column 8)" as line, what, which key, and advice."""
    found = re.fullmatch(
        r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL
    )
    what, number = (found[1], found[2]) if found else (message, None)
    lines = text.splitlines()
    at = int(number) if number else max(len(lines), 1)
    shown = lines[at - 1].strip() if at <= len(lines) else ""
    must = _("line %(line)d: is not TOML: %(what)s") % {"line": at, "what": what}
    if what == "Invalid value":
        hint = _('a text needs quotes, as in name = "chat.local"')
    elif "Unescaped '\\'" in what:
        hint = _("put a path with backslashes in 'single quotes'")
    elif "overwrite" in what or "twice" in what:
        hint = _("the same name is there twice; keep one")
    else:
        hint = _("compare with config.example.toml")
    # Not the whole line: what stands right of "=", or in a list without one, may be a secret.
    key = shown.partition("=")[0].strip() if "=" in shown or shown.startswith("[") else ""
    return Problem(key[:VALUE_SHOWN_CHARS_MAX], "", must, hint)


def _config(raw: dict[str, object], path: Path) -> Config:
    checker = Checker(path.parent, _homes())
    for key in raw:
        if key not in TOP_KEYS:
            checker.unknown("", key, raw[key], TOP_KEYS)
    config = Config(
        path=path,
        server=checker.section(Server, raw.get("server", {}), "server"),
        listeners=_listeners(raw.get("listeners", [{}]), checker),
        tls=checker.section(Tls, raw.get("tls", {}), "tls"),
        accounts=checker.section(Accounts, raw.get("accounts", {}), "accounts"),
        rooms=checker.section(Rooms, raw.get("rooms", {}), "rooms"),
        history=checker.section(History, raw.get("history", {}), "history"),
        limits=checker.section(Limits, raw.get("limits", {}), "limits"),
        tuning=checker.section(Tuning, raw.get("tuning", {}), "tuning"),
        operators=MappingProxyType(_operators(raw.get("operators", {}), checker)),
        admin=checker.section(Admin, raw.get("admin", {}), "admin"),
        log=checker.section(Log, raw.get("log", {}), "log"),
    )
    _check_together(config, checker)
    if checker.problems:
        raise ConfigError(path, checker.problems)
    return config


def _homes() -> dict[str, str]:
    """In which table each key lives, for "belongs in ..."."""
    homes = {field.name: "[[listeners]]" for field, _setting in settings_of(Listener)}
    for table, section in TABLES.items():
        homes |= {field.name: f"[{table}]" for field, _setting in settings_of(section)}
    return homes


def _listeners(raw: object, checker: Checker) -> tuple[Listener, ...]:
    if not isinstance(raw, list):
        checker.report("listeners", raw, _("must be a list of tables"), _("write [[listeners]]"))
        return ()
    if not 1 <= len(raw) <= LISTENERS_MAX:
        must = _("must have 1 to %d listeners") % LISTENERS_MAX
        checker.report("listeners", None, must, _("delete the line to use the default"))
        return ()
    listeners: list[Listener] = []
    for at, table in enumerate(raw, start=1):
        found_before = len(checker.problems)
        listener = checker.section(Listener, table, f"listeners#{at}")
        if not listener.tls and not is_loopback(listener.host):
            must = _("must be true where host is not a loopback address")
            hint = _('delete it, or listen on this machine only: host = "127.0.0.1"')
            checker.report(f"listeners#{at}.tls", listener.tls, must, hint)
        if listener.origins and listener.protocol != "websocket":
            must = _('must be empty where protocol is not "websocket"')
            hint = _("delete it: nothing else is spoken by web pages")
            checker.report(f"listeners#{at}.origins", list(listener.origins), must, hint)
        for before, other in enumerate(listeners, start=1):
            # Not when the port or host in hand is only the default in place of a refused one.
            if len(checker.problems) == found_before and _overlap(listener, other):
                must = _("must not be the port of listeners#%d too") % before
                hint = _("give one of them another port or another host")
                checker.report(f"listeners#{at}.port", listener.port, must, hint)
        listeners.append(listener)
    return tuple(listeners)


def _overlap(one: Listener, other: Listener) -> bool:
    """Whether the second of the two would find its port taken."""
    if one.port != other.port or one.port == 0:
        return False
    if "*" in (one.host, other.host):
        return True
    first, second = address_of(one.host), address_of(other.host)
    if first is None or second is None:
        return one.host.casefold() == other.host.casefold()
    same_family = first.version == second.version
    return first == second or (same_family and (first.is_unspecified or second.is_unspecified))


def _operators(raw: object, checker: Checker) -> dict[str, Operator]:
    operators: dict[str, Operator] = {}
    table = checker.table(raw, "operators")
    if len(table) > OPERATORS_MAX:
        checker.report("operators", None, _("must be at most %d") % OPERATORS_MAX)
    for name, value in table.items():
        key = join("operators", name)
        if not isinstance(value, dict):
            must = _("must be a table")
            checker.report(key, None, must, _('write [operators.NAME] and account = "ana" in it'))
            continue
        if not name or any(char.isspace() or not char.isprintable() for char in name):
            checker.report("operators", name, _("must have names of one word each"))
        operator = checker.section(Operator, value, key)
        # Counted as written, so that a wrong hash is one problem and not two.
        if ("account" in value) == ("hash" in value):
            hint = _('keep account = "ana", or hash = "$2b$12$..."')
            checker.report(key, None, _("must have either an account or a hash"), hint)
        operators[name] = operator
    return operators


def _check_together(config: Config, checker: Checker) -> None:
    """What no setting can know alone."""
    limits = config.limits
    for room in config.rooms.default:
        if not is_valid_room(room, limits.room_name_bytes_max):
            must = _('must be names of rooms: "#" and then no space or comma, at most %d bytes')
            hint = _('as in ["#lobby"]')
            checker.report("rooms.default", room, must % limits.room_name_bytes_max, hint)
    if len(config.rooms.default) > limits.rooms_per_user_max:
        must = _("must be at most limits.rooms_per_user_max, %d") % limits.rooms_per_user_max
        checker.report("rooms.default", list(config.rooms.default), must)
    if limits.login_delay_max_s < limits.login_delay_s:
        must = _("must be at least limits.login_delay_s, %s") % limits.login_delay_s
        checker.report("limits.login_delay_max_s", limits.login_delay_max_s, must)
    if limits.simple_line_bytes_max > limits.inbuf_bytes_max:
        must = _("must be at most limits.inbuf_bytes_max, %d") % limits.inbuf_bytes_max
        checker.report("limits.simple_line_bytes_max", limits.simple_line_bytes_max, must)
    for name, operator in config.operators.items():
        if operator.account and not is_valid_nick(operator.account, limits.nick_chars_max):
            must = _("must be the name of an account")
            checker.report(f"operators.{name}.account", operator.account, must)
