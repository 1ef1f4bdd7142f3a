"""server.config: every setting declared once, every mistake found, all of them at once."""

import dataclasses
import re
import tomllib
from functools import partial
from pathlib import Path

import pytest

from server.config import (
    TABLES,
    Admin,
    ConfigError,
    Listener,
    Operator,
    default_config,
)
from server.config_check import choices_of, settings_of, toml_value
from server.config_example import render
from tests.support.config_text import block, load_text, problems_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
SECTIONS = {**TABLES, "listeners": Listener}
SETTINGS = [
    (table, field, declared)
    for table, section in SECTIONS.items()
    for field, declared in settings_of(section)
]
NAMES = [f"{table}.{field.name}" for table, field, _ in SETTINGS]
NUMBERS = [(t, f, d) for t, f, d in SETTINGS if f.type in (int, float)]


@pytest.fixture
def load(tmp_path):
    """A function that loads a config text."""
    return partial(load_text, tmp_path)


@pytest.fixture
def problems(tmp_path):
    """A function that gives the problems of a config text."""
    return partial(problems_of, tmp_path)


# Defaults and the example


def test_an_empty_file_is_the_defaults(load, tmp_path):
    """A missing line means the default (config.example.toml)."""
    assert load("") == default_config(tmp_path)


def test_the_example_loads_to_exactly_the_defaults(load, tmp_path):
    """config.example.toml loads to exactly the defaults (STYLE.md 21)."""
    assert load(EXAMPLE.read_text(encoding="utf-8")) == default_config(tmp_path)


def test_the_example_is_made_from_the_declarations():
    """Documentation cannot drift: the file is what `python -m server.config_example` prints."""
    assert EXAMPLE.read_text(encoding="utf-8") == render()


@pytest.mark.parametrize(("table", "field", "declared"), SETTINGS, ids=NAMES)
def test_every_key_is_in_the_example(table, field, declared):
    """Every setting is documented (STYLE.md 21): its line, its words, its bounds."""
    text = EXAMPLE.read_text(encoding="utf-8")
    found = tomllib.loads(text)[table]
    found = found[0] if table == "listeners" else found
    assert field.name in found
    words = re.sub(r"\n# ", " ", text)
    assert declared.doc in words
    for choice in choices_of(field):
        assert f'"{choice}"' in words


def test_the_example_shows_how_to_make_an_operator(load):
    """The commented operator of the example works once the comment signs are gone."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("# [operators.ana]", "[operators.ana]")
    config = load(text.replace("# account = ", "account = "))
    assert config.operators == {"ana": Operator(account="ana")}
    for field, declared in settings_of(Operator):
        assert f"# {field.name} = " in text
        assert declared.doc in text


@pytest.mark.parametrize(("table", "field", "declared"), SETTINGS, ids=NAMES)
def test_every_setting_is_read(load, table, field, declared):
    """What the file says arrives in the section, for every key that has another valid value."""
    if field.type is bool:
        value, extra = not field.default, ["host = '127.0.0.1'"] if table == "listeners" else []
    elif choices := choices_of(field):
        value, extra = choices[-2 if choices[-1] == field.default else -1], []
    elif field.type in (int, float):
        value, extra = field.type(declared.high), []
        if field.name in ("simple_line_bytes_max", "login_delay_s"):
            value = {int: 4096, float: 7.0}[field.type]  # bounded by another setting
    else:
        value, extra = (
            {
                "motd": "Welcome\nall",
                "default": ["#a", "#b"],
                "host": "127.0.0.2",
                "name": "irc.example.org",
                "origins": ["https://chat.example.org"],
                "connections_exempt": ["192.0.2.7", "2001:db8::/32"],
            }.get(field.name, "other"),
            ["protocol = 'websocket'"] if field.name == "origins" else [],
        )
    config = load(block(table, f"{field.name} = {toml_value(value)}".replace("\\n", "\\n"), *extra))
    section = getattr(config, table)
    got = getattr(section[0] if table == "listeners" else section, field.name)
    if field.type is Path:
        value = config.path.parent / value
    assert got == (tuple(value) if isinstance(value, list) else value)
    assert got != field.default


def test_paths_are_relative_to_the_file(load, tmp_path):
    """Relative paths are relative to the config file, not to where the command was started."""
    config = load('[accounts]\nfile = "../etc/passwd"\n[tls]\nkey = "/abs/key.pem"')
    assert config.accounts.file == tmp_path.parent / "etc" / "passwd"
    assert config.tls.key == Path("/abs/key.pem")
    assert config.tls.cert == tmp_path / "certs" / "server.pem"
    assert config.server.data == tmp_path / "data"
    assert config.path == tmp_path / "config.toml"


def test_a_home_folder_is_found(load, monkeypatch):
    """`~` in a path is the home folder, as everywhere."""
    monkeypatch.setenv("HOME", "/home/ana")
    monkeypatch.setenv("USERPROFILE", "/home/ana")
    assert load('[server]\ndata = "~/chat"').server.data == Path("/home/ana/chat")


def test_the_config_is_frozen(load):
    """A config never changes: any thread may read it (STYLE.md 14)."""
    config = load(block("operators.ana", 'account = "ana"'))
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.limits.rooms_max = 1
    with pytest.raises(TypeError):
        config.operators["bob"] = Operator(account="bob")


# Unknown keys


def mutations(word):
    """`word` with one character dropped, doubled, replaced or swapped, at each place."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
        yield word[:at] + ("x" if word[at] != "x" else "y") + word[at + 1 :]
        if at:
            yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


@pytest.mark.parametrize(("table", "field", "declared"), SETTINGS, ids=NAMES)
def test_a_mistyped_key_is_refused_with_the_right_one(problems, table, field, declared):
    """RELIABILITY row 31: each key with one character changed is rejected, with the suggestion."""
    known = {other.name for other, _ in settings_of(SECTIONS[table])}
    default = [0] if field.type is float else field.default
    for wrong in set(mutations(field.name)) - known - {""}:
        found = problems(block(table, f"{toml_value(wrong)} = {toml_value(default)}"))
        prefix = "listeners#1" if table == "listeners" else table
        assert [(key, must) for key, _, must, _ in found] == [
            (f"{prefix}.{wrong}", "is not a setting")
        ]
        assert found[0][3] == f'did you mean "{field.name}"?'


@pytest.mark.parametrize("table", [*SECTIONS, "operators"])
def test_a_mistyped_table_is_refused_with_the_right_one(problems, table):
    """The same for the names of tables."""
    for wrong in set(mutations(table)) - {"", table}:
        [(key, _, must, hint)] = problems(f"[{wrong}]\n")
        assert (key, must, hint) == (wrong, "is not a setting", f'did you mean "{table}"?')


def test_a_key_in_the_wrong_table_is_told_where_it_belongs(problems):
    """A known key in another table is the next most likely mistake."""
    [(_, _, _, hint)] = problems("[server]\nrooms_max = 5")
    assert hint == "rooms_max belongs in [limits]"
    [(_, _, _, hint)] = problems("port = 5")
    assert hint == "port belongs in [[listeners]]"
    [(_, _, _, hint)] = problems("[server]\nrooms_mx = 5")
    assert hint == 'did you mean "rooms_max" in [limits]?'


def test_a_key_like_no_other_is_told_what_there_is(problems):
    """Without a guess, the hint lists what may stand there."""
    [(key, value, _, hint)] = problems("[log]\nqqqq = 5")
    assert (key, value, hint) == ("log.qqqq", "5", "known here: level, format")


# Values


WRONG_TYPES = {
    bool: ["1", '"true"', "[]"],
    int: ["true", "1.0", '"5"', "[1]", "nan", "1979-05-27"],
    float: ["true", '"5"', "[1]", "{}"],
    str: ["1", "true", '["a"]', "{a = 1}", "07:32:00"],
    Path: ["1", "true", '["a"]'],
    tuple[str, ...]: ['"#lobby"', "1", "[1]", '["#a", 1]', "[[]]"],
}


@pytest.mark.parametrize(("table", "field", "declared"), SETTINGS, ids=NAMES)
def test_a_wrong_type_is_refused(problems, table, field, declared):
    """A wrong type is fatal, for every key; TOML's true is no number and its 1.0 no whole one."""
    kind = str if choices_of(field) else field.type
    for value in WRONG_TYPES[kind]:
        [(key, shown, must, hint)] = problems(block(table, f"{field.name} = {value}"))
        assert key.endswith(f".{field.name}")
        assert must.startswith("must be ")
        assert hint == f"delete the line to use the default, {toml_value(field.default)}"
        assert shown == ("" if value.startswith("{") else shown)


@pytest.mark.parametrize(
    ("table", "field", "declared"), NUMBERS, ids=[f"{t}.{f.name}" for t, f, _ in NUMBERS]
)
def test_a_number_out_of_range_is_refused(problems, load, table, field, declared):
    """Everything has a limit: just outside both ends is fatal, the ends themselves are not."""
    step = 1 if field.type is int else 0.001
    assert declared.low is not None and declared.high is not None
    assert declared.low <= field.default <= declared.high
    for value, must in (
        (declared.low - step, "must be at least "),
        (declared.high + step, "must be at most "),
    ):
        [(key, shown, said, _)] = problems(block(table, f"{field.name} = {value}"))
        assert (key.rpartition(".")[2], shown) == (field.name, str(value))
        assert said.startswith(must)
    if field.type is float:
        assert len(problems(block(table, f"{field.name} = nan"))) == 1
        assert len(problems(block(table, f"{field.name} = inf"))) == 1
    partners = {
        "login_delay_s": "login_delay_max_s = 600",
        "login_delay_max_s": "login_delay_s = 0",
        "simple_line_bytes_max": "inbuf_bytes_max = 65536",
    }
    for value in (declared.low, declared.high):
        load(block(table, f"{field.name} = {field.type(value)}", partners.get(field.name, "")))


def test_a_whole_number_is_a_number_too(load):
    """`4` where 4.0 is meant is no mistake."""
    assert load("[limits]\nlines_per_s = 4").limits.lines_per_s == 4.0


@pytest.mark.parametrize(
    ("text", "value", "must"),
    [
        ('server.name = "chat"', '"chat"', "at least one"),
        ('server.name = "chat local.x"', '"chat local.x"', "letters, digits"),
        (f'server.name = "{"a" * 62}.b"', "a.b", "at most 63"),
        ('server.network = "two words"', '"two words"', "one word"),
        ('server.motd = "a\\u0007"', '"a\\u0007"', "no control characters"),
        ('server.motd = "a\\u009b"', '"a', "no control characters"),
        (f'server.motd = "{"a" * 8193}"', "…", "at most 8192 bytes"),
        ('server.data = ""', '""', "must name a file or folder"),
        ('tls.cert = "a\\u0000b"', '"a\\u0000b"', "no control characters"),
        ('log.level = "Info"', '"Info"', 'one of "debug", "info", "warning", "error"'),
        ("rooms.default = []", "[]", "1 to 20 rooms"),
        ('rooms.default = ["#a", "lobby"]', '"lobby"', "names of rooms"),
        ('rooms.default = ["#a b"]', '"#a b"', "names of rooms"),
        ('rooms.default = ["#a\\u001b"]', '["#a\\u001b"]', "no control characters"),
        ('rooms.default = ["#a", "#b"]\nlimits.rooms_per_user_max = 1', '["#a", "#b"]', "at most"),
        ("limits.login_delay_max_s = 1.5", "1.5", "limits.login_delay_s, 2"),
        ("limits.simple_line_bytes_max = 20000", "20000", "limits.inbuf_bytes_max, 16384"),
        ('listeners = [{host = "a b"}]', '"a b"', 'must be "*", an address'),
        ('limits.connections_exempt = ["10.0.0.1/8"]', '"10.0.0.1/8"', "addresses and networks"),
        ('limits.connections_exempt = ["localhost"]', '"localhost"', "addresses and networks"),
        (f"limits.connections_exempt = {['::1'] * 257}", "::1", "at most 256 networks"),
        ("tls.sts_days = -2", "-2", "at least -1"),
        ("server = 5", "5", "must be a table"),
        ('listeners = "x"', '"x"', "list of tables"),
        ("listeners = []", "", "1 to 32"),
        ("listeners = [5]", "5", "must be a table"),
        ("operators = 5", "5", "must be a table"),
        ("operators = {ana = 5}", "", "must be a table"),
        ('operators = {"a b" = {account = "ana"}}', '"a b"', "one word"),
        ('operators.x.account = "not a nick"', '"not a nick"', "name of an account"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(problems, text, value, must):
    """Each problem says the value and what is allowed."""
    [(_, shown, said, _)] = problems(text)
    assert value in shown
    assert must in said


def test_all_problems_are_reported_at_once(problems):
    """One run shows everything that is wrong, in every table."""
    found = problems(
        "srever = 1\n[server]\nname = 5\n[[listeners]]\nport = -1\n[[listeners]]\ntsl = true\n"
        "[limits]\noutbuf_bytes_max = 12\n[operators.ana]\n[log]\nlevel = 'loud'\n"
    )
    assert [key for key, _, _, _ in found] == [
        "srever",
        "server.name",
        "listeners#1.port",
        "listeners#2.tsl",
        "limits.outbuf_bytes_max",
        "operators.ana",
        "log.level",
    ]


def test_a_problem_reads_as_the_style_wants(load):
    """STYLE.md 15: key, value, what it must be; and what to do."""
    with pytest.raises(ConfigError) as caught:
        load("[limits]\noutbuf_bytes_max = 12")
    [problem] = caught.value.problems
    assert str(problem) == "limits.outbuf_bytes_max = 12: must be at least 4096"
    assert problem.hint == "delete the line to use the default, 262144"
    assert str(caught.value) == f"config.toml: {problem}"


def test_who_runs_the_server(problems, load):
    """[admin] has three lines, each of which fits into a reply."""
    config = load('[admin]\nlocation = "Faro"\norganisation = "Tea"\nemail = "me@example.org"\n')
    assert config.admin == Admin("Faro", "Tea", "me@example.org")
    [(key, _, must, _)] = problems(f'[admin]\nlocation = "{"x" * 301}"\n')
    assert (key, must) == ("admin.location", "must be at most 300 bytes")
