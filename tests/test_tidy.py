"""The style as a test (after TigerBeetle's tidy.zig): layers, purity, sizes, docstrings, leftovers.

Reads the source as syntax trees and imports nothing of it. Each failure says file, line, what is
wrong and what to do. A package that is not there has no files, and so nothing to fail.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TREES = ("irc", "server", "client", "scripts", "bench", "tests")
OURS = ("irc", "server", "client")

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

# The shell of the client around its core: sockets, files, trust. The faces (client.ui) see none.
CLIENT_SHELL = ("net", "trust", "config", "identity", "paths", "failures", "own_cert")
CLIENT_SHELL = (*(f"client.{name}" for name in CLIENT_SHELL), "client.core", "irc")

# The table of docs/ARCHITECTURE.md: who may import what of ours. A module's row is the longest
# prefix that fits it; what a row names may be imported with all that is below it, and each package
# may import itself.
LAYERS: dict[str, tuple[str, ...]] = {
    "irc": (),
    "server": ("server", "irc"),  # __main__ and app: they wire the rest together
    "server.core": ("irc",),
    "server.net": ("irc", "server.core.effects", "server.core.events", "server.core.render"),
    "server.accounts": ("irc",),
    "server.log": ("server.core.facts", "server.core.history", "irc.names"),
    "server.hub": ("server.core", "server.log", "irc"),
    "server.config": ("irc",),
    "server.admin": (
        *("server.config", "server.accounts", "server.log", "server.lockfile"),
        *("server.net.client_cert", "server.net.tls"),
        *("server.control", "server.administering", "server.core.facts", "irc"),
    ),
    "client": ("client", "irc"),
    "client.core": ("irc",),
    "client.net": CLIENT_SHELL,
    "client.trust": CLIENT_SHELL,
    "client.config": CLIENT_SHELL,
    "client.ui": ("client.core", "irc"),
    "scripts": ("scripts",),
    "bench": (*OURS, "bench"),
    "tests": (*OURS, "tests", "scripts", "bench"),
}

# Which library is used where; everything else of the runtime lives without it.
LIBRARIES = {
    "bcrypt": ("server.accounts", "tests", "bench"),
    "zxcvbn": ("server.accounts", "tests"),
    "prompt_toolkit": ("client", "tests"),
    "platformdirs": ("client", "tests"),
    "websockets": ("server.net.websocket", "tests"),
    "cryptography": ("server.net", "server.admin", "client", "scripts", "tests", "bench"),
}

PURE = ("irc", "server.core", "client.core")
# Argument parsing and password prompts live in irc/ only because both sides need them.
NOT_PURE = ("irc.cli",)
IMPURE_MODULES = frozenset(
    {"asyncio", "concurrent", "getpass", "glob", "http", "io", "logging", "multiprocessing", "os"}
    | {"pathlib", "queue", "random", "secrets", "select", "selectors", "shutil", "signal", "socket"}
    | {"sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"}
    | set(LIBRARIES)
)
IMPURE_CALLS = frozenset({"open", "print", "input", "now", "utcnow", "today"})

# Who talks to a person on stdout or stderr.
FACES = ("irc.cli", "server.__main__", "server.app", "server.admin", "client.__main__", "client.ui")
FACES = (*FACES, "scripts", "bench", "tests.support", "tests.torture")

LEFTOVERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")


@dataclass(frozen=True)
class Source:
    """One file: its path from the root, its dotted name, text and tree."""

    path: str
    module: str
    text: str
    tree: ast.Module


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the project."""
    found = []
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*.py")):
            relative = path.relative_to(ROOT)
            module = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
            text = path.read_text(encoding="utf-8")
            found.append(Source(str(relative), module, text, ast.parse(text)))
    return tuple(found)


def is_in(module: str, packages: tuple[str, ...]) -> bool:
    """Whether the module is one of these or below one of these."""
    return any(module == package or module.startswith(package + ".") for package in packages)


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Each imported module with its line: a.b for `from a import b` if b is a module, else a."""
    package = (
        source.module if source.path.endswith("__init__.py") else source.module.rpartition(".")[0]
    )
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = (
                package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            )
            base = ".".join([*parts, *([node.module] if node.module else [])])
            for alias in node.names:
                is_module = (ROOT / base.replace(".", "/") / f"{alias.name}.py").exists()
                is_package = (ROOT / base.replace(".", "/") / alias.name).is_dir()
                yield node.lineno, f"{base}.{alias.name}" if is_module or is_package else base


def calls(source: Source) -> Iterator[tuple[int, str, ast.Call]]:
    """Each call with its line and the last part of the called name."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ""
            name = function.id if isinstance(function, ast.Name) else name
            yield node.lineno, name, node


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def row_of(module: str) -> str:
    """The row of the table that holds for this module; config_check counts as config."""
    rows = [row for row in LAYERS if is_in(module, (row,)) or module.startswith(row + "_")]
    return max(rows, key=len)


def layers(source: Source) -> Iterator[str]:
    """A package imports only what its row of the table names."""
    row = row_of(source.module)
    for line, name in imports(source):
        is_ours = is_in(name, OURS)
        is_family = is_in(name, (row,)) or name.startswith(row + "_")
        if is_ours and not is_family and not is_in(name, LAYERS[row]):
            allowed = ", ".join(LAYERS[row]) or "nothing of ours"
            yield f"{line}: imports {name}; {row} may import {allowed}"


def libraries(source: Source) -> Iterator[str]:
    """A library is imported only where the table of libraries says."""
    for line, name in imports(source):
        homes = LIBRARIES.get(name.split(".")[0], (source.module,))
        if not is_in(source.module, homes):
            yield f"{line}: imports {name}; only {', '.join(homes)} may"


def purity(source: Source) -> Iterator[str]:
    """The pure packages touch no clock, chance, file, thread, socket or log."""
    if not is_in(source.module, PURE) or is_in(source.module, NOT_PURE):
        return
    for line, name in imports(source):
        if name.split(".")[0] in IMPURE_MODULES or is_in(name, NOT_PURE):
            yield f"{line}: imports {name} in a pure package; take what it gives as an argument"
    for line, name, call in calls(source):
        is_bare = isinstance(call.func, ast.Name)
        if name in IMPURE_CALLS and (is_bare or name in {"now", "utcnow", "today"}):
            yield f"{line}: calls {name}() in a pure package; take its result as an argument"


def file_length(source: Source) -> Iterator[str]:
    """A file stays within 400 lines."""
    count = len(source.text.splitlines())
    if count > FILE_LINES_MAX:
        yield f"1: {count} lines, at most {FILE_LINES_MAX}; find the two rooms in it"


def function_length(source: Source) -> Iterator[str]:
    """A function stays within 60 lines, its docstring not counted."""
    for function in functions(source):
        first = function.body[0]
        is_docstring = ast.get_docstring(function) is not None
        prose = first.end_lineno - first.lineno + 1 if is_docstring and first.end_lineno else 0
        count = (function.end_lineno or function.lineno) - function.lineno + 1 - prose
        if count > FUNCTION_LINES_MAX:
            name = function.name
            yield f"{function.lineno}: {name} has {count} lines, at most {FUNCTION_LINES_MAX}"


def prints(source: Source) -> Iterator[str]:
    """Only the faces of the commands print; everything else returns, raises or logs."""
    if not is_in(source.module, FACES):
        for line, name, call in calls(source):
            if name == "print" and isinstance(call.func, ast.Name):
                yield f"{line}: print(); return it, log it or let the command's face say it"


def docstrings(source: Source) -> Iterator[str]:
    """A file opens with its docstring, and a test says which rule it holds."""
    if ast.get_docstring(source.tree) is None:
        yield "1: no docstring; say what this file is, who calls it, and what it never does"
    if source.path.startswith("tests"):
        for function in functions(source):
            if function.name.startswith("test_") and ast.get_docstring(function) is None:
                yield f"{function.lineno}: {function.name} has no docstring; name rule and source"


def leftovers(source: Source) -> Iterator[str]:
    """Nothing is left for later."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := LEFTOVERS.search(line):
            yield f"{number}: {found.group()}; do it, or write it into the notes of the project"


def translatable(source: Source) -> Iterator[str]:
    """What goes through gettext is in the catalogue: a constant, or the name of one in a table."""
    for line, name, call in calls(source):
        built = (ast.JoinedStr, ast.BinOp, ast.Call)
        if name == "_" and any(isinstance(argument, built) for argument in call.args):
            yield f"{line}: _() of a text that is made here; format it after the call"


RULES: tuple[Callable[[Source], Iterator[str]], ...] = (
    layers,
    libraries,
    purity,
    file_length,
    function_length,
    prints,
    docstrings,
    leftovers,
    translatable,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_tidy(rule: Callable[[Source], Iterator[str]]) -> None:
    """Every file keeps the rule (the style page; docs/ARCHITECTURE.md for the layers)."""
    broken = [f"{source.path}:{fault}" for source in sources() for fault in rule(source)]
    if broken:
        pytest.fail("\n".join([f"{rule.__doc__}", *dict.fromkeys(broken)]), pytrace=False)


BAD = (
    """
import ssl, client.core.session, bcrypt
from irc import cli
def long():
    print(_(f"{open}")), open("x"), datetime.now()
"""
    + "    pass\n" * FUNCTION_LINES_MAX
    + "# "
    + "TO"
    + "DO\n"
    + "\n" * FILE_LINES_MAX
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_tidy_sees(rule: Callable[[Source], Iterator[str]]) -> None:
    """A file that breaks every rule is seen by each of them: none of these tests is blind."""
    bad = Source("server/core/bad.py", "server.core.bad", BAD, ast.parse(BAD))
    assert list(rule(bad))


def test_tidy_allows() -> None:
    """What the table allows is not reported, `from x import y` of a module included."""
    good = '"""Fine."""\nfrom irc import names\nfrom irc.names import fold\nfrom . import facts\n'
    source = Source("server/core/good.py", "server.core.good", good, ast.parse(good))
    assert [fault for rule in RULES for fault in rule(source)] == []
