"""The documents against the code: what is promised exists, and what exists is written down.

Reads Markdown as text. Each failure names what is missing, and where.
"""

import ast
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from client.config import ClientConfig
from client.core.commands import COMMANDS as CLIENT_COMMANDS
from irc import numerics
from irc.caps import CAP_BITS
from server.core import isupport, modes
from server.core.commands import COMMANDS
from server.core.settings import Settings
from tests.test_tidy import LAYERS, ROOT

DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("certs/*.md")]
    if path.is_file()
)
ARCHITECTURE = ROOT / "docs" / "ARCHITECTURE.md"
PROTOCOL = ROOT / "docs" / "protocol.md"
OPERATIONS = ROOT / "docs" / "operations.md"
CLIENT = ROOT / "docs" / "client.md"
README = ROOT / "README.md"

LINES_MAX = 200
README_LINES_MAX = 120


def read(path):
    """The text of a document."""
    return path.read_text(encoding="utf-8")


def section(path, title):
    """The part of a document below this heading, up to the next one of its rank."""
    text = read(path)
    found = re.search(rf"^(#+) {re.escape(title)}\n", text, re.MULTILINE)
    assert found, f"{path.name} has no heading {title!r}"
    end = re.compile(rf"^#{{1,{len(found[1])}}} ", re.MULTILINE).search(text, found.end())
    return text[found.end() : end.start() if end else None]


def rows(text):
    """The rows of the tables in a text, as lists of cells, without headings and rules."""
    table = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line[1:].rstrip("|").split("|")] for line in table]
    rules = [number for number, row in enumerate(table) if set(row) <= set("|-: ")]
    headings = {*rules, *(number - 1 for number in rules)}
    return [row for number, row in enumerate(cells) if number not in headings]


def first_words(text, pattern):
    """What the first cells of the tables in a text name, as code."""
    names = (name for row in rows(text) for name in re.findall(r"`([^`]+)`", row[0]))
    return [found[0] for name in names if (found := re.match(pattern, name))]


def strings(folder, pattern):
    """The constant strings in the code of a folder that fit the pattern as a whole."""
    return {
        node.value
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(pattern, node.value)
    }


# Links.


def anchors(text):
    """The names of the headings as links name them, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(document):
    """A link to a file or a heading of ours leads somewhere."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", read(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        if not path.exists():
            broken.append(f"{target}: no such file")
        elif anchor and anchor not in anchors(read(path)):
            broken.append(f"{target}: no such heading")
    assert broken == []


def test_every_document_is_linked():
    """Whoever starts at the README finds every document."""
    seen, waiting = set(), [README]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        names = re.findall(r"\]\(([^)\s#]+)", read(path))
        found = [(path.parent / name).resolve() for name in names if ":" not in name]
        found = [each / "README.md" if each.is_dir() else each for each in found]
        waiting += [each for each in found if each.is_file()]
    assert [path for path in DOCUMENTS if path not in seen and path.parent.name != "certs"] == []


# The README.


def test_readme_block():
    """One sentence, then one terminal block, whose commands exist."""
    found = re.match(r"# .+\n\n(.+)\n\n```console\n(.+?)\n```\n", read(README), re.DOTALL)
    assert found
    sentence, block = found.groups()
    assert sentence.count(". ") == 0 and sentence.endswith(".")
    scripts = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["scripts"]
    typed = re.findall(r"^\$ (.+)$", block, re.MULTILINE)
    assert len(typed) == 2
    for command in typed:
        program, *words = command.split()
        if program == "python3":
            assert (ROOT / words[0]).is_file()
        else:
            assert program.removeprefix(".venv/bin/") in scripts
    assert len(read(README).splitlines()) <= README_LINES_MAX


def test_commands_that_are_told_to_run():
    """Every script that a document tells to run is there."""
    for document in DOCUMENTS:
        for name in re.findall(r"(?:python3?|\.venv/bin/python) ([\w/]+\.py)", read(document)):
            assert (ROOT / name).is_file() or (ROOT / "scripts" / name).is_file(), (document, name)


# The architecture.


def test_architecture_is_short():
    """Somebody about to change the code reads it whole."""
    assert len(read(ARCHITECTURE).splitlines()) < LINES_MAX


def test_import_table():
    """The table that people read is the one that is checked (test_tidy.py)."""
    found = {}
    for modules, allowed in rows(section(ARCHITECTURE, "Who may import what")):
        for module in re.findall(r"`([^`]+)`", modules):
            found[module] = set(re.findall(r"`([^`]+)`", allowed))
    assert found == {module: set(allowed) for module, allowed in LAYERS.items()}


def test_map():
    """Every package has its row, and every file that a row names is there."""
    found = {}
    for folder, files in rows(section(ARCHITECTURE, "The map")):
        found[folder.strip("`/")] = set(re.findall(r"`([\w.]+)`", files))
    packages = {
        str(path.parent.relative_to(ROOT))
        for tree in ("irc", "server", "client")
        for path in (ROOT / tree).rglob("__init__.py")
    }
    assert packages <= found.keys()
    for folder, names in found.items():
        path = ROOT / folder
        assert path.is_dir()
        missing = [
            name
            for name in names
            if not (path / name).exists() and not (path / f"{name}.py").exists()
        ]
        assert missing == [], folder


# The protocol.


def test_commands_of_the_protocol():
    """Every command of the table has its row, and those said not to be there are not."""
    there, absent = [], []
    for row in rows(section(PROTOCOL, "Commands")):
        (absent if "not there: `421`" in row[-1] else there).extend(re.findall("`([^`]+)`", row[0]))
    assert sorted(there) == sorted(COMMANDS)
    assert not set(absent) & set(COMMANDS)


def test_capabilities_of_the_protocol():
    """Every capability that CAP LS names has its row; sts has no bit, nobody can request it."""
    told = first_words(section(PROTOCOL, "Capabilities"), ".+")
    assert sorted(told) == sorted([*CAP_BITS, "sts"])


def test_isupport_of_the_protocol():
    """Every token of RPL_ISUPPORT has its row, with the value of the defaults."""
    found = {row[0].strip("`"): row[1].strip("`") for row in rows(section(PROTOCOL, "ISUPPORT"))}
    told = dict((*token.split("=", 1), "")[:2] for token in isupport.tokens(Settings()))
    assert sorted(found) == sorted(told)
    for name, value in told.items():
        shown = found[name]
        assert value.startswith(shown[:-3]) if shown.endswith("...") else value == shown, name


def test_modes_of_the_protocol():
    """Every mode of rooms and of users has its row."""
    rooms, users = section(PROTOCOL, "Modes").split("Of users.")
    letters = "".join(first_words(rooms, r"\w$"))
    assert sorted(letters) == sorted(modes.CHANMODES.replace(",", "") + "".join(modes.PREFIXES))
    assert "".join(first_words(users, r"\w$")) == modes.USER_MODES


def test_numerics_of_the_protocol():
    """Every numeric that the server sends is listed with its number, and no other one."""
    sent = {
        node.attr
        for path in (ROOT / "server").rglob("*.py")
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Attribute) and re.match("(RPL|ERR)_", node.attr)
    }
    listed = {}
    for numbers, names, _when in rows(section(PROTOCOL, "Numerics")[: _start_of_fail()]):
        found = [int(number) for number in re.findall(r"\d{3}", numbers)]
        if " to " in numbers:
            found = list(range(found[0], found[1] + 1))
        words = re.findall(r"`([^`]+)`", names)
        assert len(found) == len(words), names
        listed |= {word: f"{number:03}" for word, number in zip(words, found, strict=True)}
    assert sorted(listed) == sorted(sent)
    assert listed == {name: getattr(numerics, name) for name in listed}


def test_fail_codes_of_the_protocol():
    """Every code of a FAIL has its row; the one without an underscore is named here."""
    told = strings("server/core", "[A-Z]+(_[A-Z0-9]+)+|TIMEOUT")
    listed = first_words(section(PROTOCOL, "Numerics")[_start_of_fail() :], "[A-Z_0-9]+$")
    assert sorted(listed) == sorted(told)


def _start_of_fail():
    return section(PROTOCOL, "Numerics").index("\n`FAIL`")


def test_limits_of_the_protocol():
    """Every limit of the config says what happens there."""
    limits = tomllib.loads(read(ROOT / "config.example.toml"))["limits"]
    told = read(PROTOCOL)
    assert [name for name in limits if f"`{name}`" not in told] == []
    unknown = {
        name
        for name in re.findall(r"`([a-z_]+_(?:max|s|ms|burst))`", told)
        if name not in read(ROOT / "config.example.toml")
    }
    assert unknown == set()


def test_costs_of_the_protocol():
    """The table of what commands cost is the code's."""
    told = {
        name: float(row[0])
        for row in rows(section(PROTOCOL, "What commands cost"))
        for name in re.findall("`([A-Z]+)`", row[1])
    }
    assert told == {name: row.cost for name, row in COMMANDS.items() if row.cost != 1.0}


def test_words_of_the_simple_dialect():
    """Every error word that the dialect can answer has its row."""
    tree = ast.parse(read(ROOT / "server" / "core" / "simple.py"))
    words = {
        constant.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_error"
        for argument in node.args[1:]
        for constant in ast.walk(argument)
        if isinstance(constant, ast.Constant) and constant.value
    }
    table = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_WORDS"
    )
    words |= {value.value for value in table.values if isinstance(value, ast.Constant)}
    words |= {value.removeprefix("ERR ") for value in strings("server/core", r"ERR [a-z_]+")}
    words |= strings("server/core", "apelido_em_uso")
    listed = first_words(section(PROTOCOL, "The simple dialect"), r"ERR ([a-z_]+)$")
    assert sorted(word.removeprefix("ERR ") for word in listed) == sorted(words)


# Operations and the client.


def test_settings_are_documented():
    """Every line of the example that sets something stands below a line that says what it is."""
    lines = read(ROOT / "config.example.toml").splitlines()
    for above, line in pairwise(lines):
        if re.match(r"[a-z_]+ = ", line):
            assert above.startswith("# "), line


def test_settings_that_documents_name():
    """A setting that a document names with its table exists."""
    example = read(ROOT / "config.example.toml").replace("\n# ", "\n")
    tables, table = {}, ""
    for line in example.splitlines():
        if found := re.match(r"\[+([a-z_]+)[\].]", line):
            table = found[1]
        elif found := re.match(r"([a-z_]+) = ", line):
            tables.setdefault(table, set()).add(found[1])
    for document in (README, PROTOCOL, OPERATIONS, CLIENT):
        for name, key in re.findall(r"`([a-z]+)\.([a-z_]+)(?: = [^`]+)?`", read(document)):
            if name in tables and key not in ("pem", "db"):
                assert key in tables[name], f"{document.name}: {name}.{key}"


def test_log_events():
    """Every event of the log has its row, and every row an event."""
    told = set()
    for path in (ROOT / "server").rglob("*.py"):
        for node in ast.walk(ast.parse(read(path))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            function, first = ast.unparse(node.func), node.args[0]
            is_event = re.search(r"journal\.\w+$|\._note$|^StartWarning$", function)
            if is_event and isinstance(first, ast.Constant) and isinstance(first.value, str):
                told.add(first.value)
    assert "logged_in" in told and "certificate_ends" in told and "no_accounts" in told
    listed = set(first_words(section(OPERATIONS, "Logs"), ".+"))
    assert listed == told | {f"login_{outcome}" for outcome in ("wrong", "busy")}


def test_exit_codes():
    """Every exit code that a command can end with has its row."""
    from irc import cli

    told = {getattr(cli, name) for name in dir(cli) if name.startswith("EXIT_")}
    assert {int(row[0]) for row in rows(section(OPERATIONS, "Exit codes"))} == told


def test_commands_of_the_client():
    """Every command of the client has its row."""
    listed = [word.removeprefix("/") for word in first_words(section(CLIENT, "Commands"), r"/\w+")]
    assert sorted(listed) == sorted(CLIENT_COMMANDS)


def test_settings_of_the_client():
    """Every key of client.toml has its row."""
    listed = first_words(section(CLIENT, "Settings"), r"\[?\w+")
    assert sorted(name.strip("[") for name in listed) == sorted(ClientConfig.__slots__)


# Hygiene.


def test_no_document_is_empty_or_foreign():
    """A document has a title, and names nobody's machine."""
    for document in DOCUMENTS:
        text = read(document)
        assert text.startswith("# "), document
        assert not re.search(r"/(?:work|tmp|root|home/\w+)/", text), document


def test_decisions_are_numbered():
    """Decisions count up without a gap, and the list of them is complete."""
    folder = ROOT / "docs" / "decisions"
    names = sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert [
        row[0].partition("(")[2].rstrip(")") for row in rows(read(folder / "README.md"))
    ] == names
    for name in names:
        text = read(folder / name)
        assert text.startswith(f"# {name[:4]}: ")
        assert "**Decision" in text and "**The other way" in text and "**Because" in text, name


def test_tools_of_this_page(tmp_path):
    """The helpers here see what is wrong: none of these tests is blind."""
    page = Path(tmp_path / "page.md")
    page.write_text("# T\n\n## A b\n\n| `x` | y |\n|---|---|\n| `c` | d |\n\n## E\n\n| `f` |\n")
    assert rows(section(page, "A b")) == [["`c`", "d"]]
    assert first_words(section(page, "A b"), ".+") == ["c"]
    assert anchors(read(page)) == {"t", "a-b", "e"}
