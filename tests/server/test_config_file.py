"""server.config: listeners, operators, and files that are no config at all."""

import random
import re
from functools import partial
from pathlib import Path

import pytest

from server.config import ConfigError, ConfigMissing, is_loopback, load_config
from tests.support.config_text import HASH, block, load_text, problems_of

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture
def load(tmp_path):
    """A function that loads a config text."""
    return partial(load_text, tmp_path)


@pytest.fixture
def problems(tmp_path):
    """A function that gives the problems of a config text."""
    return partial(problems_of, tmp_path)


# Listeners


def test_plain_text_is_only_for_this_machine(problems, load):
    """`tls = false` only on loopback."""
    for host in ("*", "0.0.0.0", "::", "192.168.1.10", "chat.lan", "127.0.0.1.example.org"):
        [(key, value, _, _)] = problems(block("listeners", f'host = "{host}"', "tls = false"))
        assert (key, value) == ("listeners#1.tls", "false")
    for host in ("127.0.0.1", "127.8.9.10", "::1", "localhost"):
        [listener] = load(block("listeners", f'host = "{host}"', "tls = false")).listeners
        assert not listener.tls
        assert is_loopback(host)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("*", "*"),
        ("*", "127.0.0.1"),
        ("127.0.0.1", "*"),
        ("0.0.0.0", "127.0.0.1"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("::", "::1"),
        ("Chat.lan", "chat.lan"),
    ],
)
def test_two_listeners_on_one_port_are_refused(problems, one, other):
    """Duplicates are refused before the second bind would fail."""
    text = block("listeners", f'host = "{one}"') + block("listeners", f'host = "{other}"')
    [(key, value, must, _)] = problems(text)
    assert (key, value, must) == (
        "listeners#2.port",
        "6697",
        "must not be the port of listeners#1 too",
    )


@pytest.mark.parametrize(
    ("one", "other", "port"),
    [
        ("127.0.0.1", "127.0.0.2", 1),
        ("127.0.0.1", "::1", 1),
        ("0.0.0.0", "::1", 1),
        ("*", "*", 0),
        ("a", "b", 1),
    ],
)
def test_listeners_side_by_side_are_fine(load, one, other, port):
    """Another address is another listener, and port 0 is always a free one."""
    text = "".join(block("listeners", f'host = "{h}"', f"port = {port}") for h in (one, other))
    assert len(load(text).listeners) == 2


def test_there_is_a_limit_of_listeners(problems, load):
    """At most 32 listeners."""
    one = block("listeners", "port = 0")
    assert len(load(one * 32).listeners) == 32
    assert problems(one * 33)[0][0] == "listeners"


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://chat.example.org", "http://localhost:8000", "http://[::1]:8000"],
)
def test_a_websocket_may_have_origins(load, origin):
    """What a browser says in Origin (RFC 6454 6.2), or every page."""
    text = block("listeners", 'protocol = "websocket"', f'origins = ["{origin}"]')
    [listener] = load(text).listeners
    assert listener.origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "chat.example.org",
        "https://Chat.example.org",
        "https://chat.example.org/",
        "https://*.example.org",
        "https://a.example b",
    ],
)
def test_what_no_browser_says_is_no_origin(problems, origin):
    """A path, a capital or a pattern would never match: a mistake that must not stay unseen."""
    text = block("listeners", 'protocol = "websocket"', f'origins = ["{origin}"]')
    [(key, value, must, _)] = problems(text)
    assert (key, value) == ("listeners#1.origins", f'["{origin}"]')
    assert must.startswith("must be origins in lower case")


def test_there_is_a_limit_of_origins(problems):
    """At most 256."""
    text = block("listeners", 'protocol = "websocket"', f"origins = {['*'] * 257}")
    assert problems(text)[0][2] == "must have at most 256 origins"


def test_only_web_pages_have_origins(problems):
    """Origins of a listener that no browser reaches mean a mistake in `protocol`."""
    [(key, _, must, _)] = problems(block("listeners", 'origins = ["*"]'))
    assert key == "listeners#1.origins"
    assert must == 'must be empty where protocol is not "websocket"'


# Operators


def test_an_operator_is_an_account_or_a_hash(load, problems):
    """Exactly one of the two."""
    both = [f'hash = "{HASH}"', 'account = "ana"']
    assert load(block("operators.x", both[0])).operators["x"].hash == HASH
    assert load(block("operators.x", both[1])).operators["x"].account == "ana"
    for lines in ([], both):
        [(key, _, must, hint)] = problems(block("operators.x", *lines))
        assert (key, must) == ("operators.x", "must have either an account or a hash")
        assert 'account = "ana"' in hint


@pytest.mark.parametrize(
    "text",
    ["secret", HASH[:-1], HASH + "a", HASH.replace("2b", "2x"), "$1$abc", HASH.replace("u", "a")]
    + [HASH.replace("12", cost) for cost in ("03", "15", "31")],
)
def test_a_hash_that_is_none_is_refused_and_not_repeated(load, text):
    """Row 19: `$2b$31$` would take a day; and a value that may be a password is never shown."""
    with pytest.raises(ConfigError) as caught:
        load(block("operators.x", f"hash = '{text}'"))
    [problem] = caught.value.problems
    assert (problem.key, problem.value) == ("operators.x.hash", "")
    assert text not in f"{problem} {problem.hint} {caught.value}"


def test_both_spellings_of_bcrypt_are_hashes(load):
    """htpasswd writes $2y$, Python $2b$; cost 4 to 14."""
    for text in (HASH.replace("2b", "2y"), HASH.replace("12", "04"), HASH.replace("12", "14")):
        assert load(block("operators.x", f'hash = "{text}"')).operators["x"].hash == text


def test_an_operators_password_is_never_repeated(load):
    """Row 30: somebody will write password = "..." here; it must not reach a terminal or log."""
    for line in ('password = "hunter2"', 'pwd = "hunter2"', 'hash = ["hunter2"]'):
        with pytest.raises(ConfigError) as caught:
            load(block("operators.x", line))
        texts = [f"{problem} {problem.hint}" for problem in caught.value.problems]
        assert "hunter2" not in "".join(texts) + str(caught.value)
    assert HASH not in repr(load(block("operators.x", f'hash = "{HASH}"')))


def test_there_is_a_limit_of_operators(problems):
    """At most 1,000 operators."""
    text = "".join(block(f"operators.o{at}", 'account = "ana"') for at in range(1001))
    assert [key for key, _, _, _ in problems(text)] == ["operators"]


# Files that are no config at all


def test_a_missing_file_is_an_error_of_its_own(tmp_path):
    """The command explains how to make one, so it must know."""
    with pytest.raises(ConfigMissing) as caught:
        load_config(tmp_path / "none.toml")
    assert caught.value.path == tmp_path / "none.toml"
    assert str(caught.value) == "none.toml: there is no such file"


def test_a_folder_is_no_config(tmp_path):
    """What cannot be read is told, not raised."""
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_config(tmp_path)
    assert not isinstance(caught.value, ConfigMissing)


@pytest.mark.parametrize(
    ("text", "key", "must", "hint"),
    [
        ("[server]\nname = chat.local\n", "name", "line 2", "quotes"),
        ("[server]\nname\n", "", "line 2", "config.example.toml"),
        ("[server\n", "[server", "line 1", "config.example.toml"),
        ('[server]\n\nname = "a', "name", "line 3", "config.example.toml"),
        ('[tls]\nkey = "C:\\certs"\n', "key", "line 2", "single quotes"),
        ("[log]\nlevel = 'info'\nlevel = 'info'\n", "level", "line 3", "twice|same name"),
        ("[log]\n[log]\n", "[log]", "line 2", "same name"),
        (b"[server]\n# caf\xe9\n", "", "line 2: is not UTF-8", "UTF-8"),
        ("x = " + "9" * 5000, "", "is not TOML", "config.example.toml"),
        ("x = " + "[" * 100_000, "", "", "config.example.toml"),
        ("#" * ((1 << 20) + 1), "", "is larger than 1048576 bytes", "the config file?"),
    ],
)
def test_a_syntax_error_names_the_line(problems, text, key, must, hint):
    """TOML syntax errors with line and advice; a parser never gets the better of us."""
    [(shown_key, value, said, advice)] = problems(text)
    assert value == ""
    assert must in said
    assert re.search(hint, advice)
    assert shown_key == key or not key


def test_a_syntax_error_does_not_repeat_the_value(load):
    """Row 30: what stands on a broken line may be a password hash."""
    for line in ("hash = hunter2", "'hunter2'", '"hunter2 = 5', "hunter2"):
        with pytest.raises(ConfigError) as caught:
            load(f"[operators.x]\n{line}\n")
        if "=" in line and not line.startswith("hash"):
            continue  # left of "=" is a key
        [problem] = caught.value.problems
        assert "hunter2" not in f"{problem} {problem.hint}"


def test_a_byte_order_mark_and_windows_lines_are_fine(load, tmp_path):
    """Notepad writes both."""
    assert load(b"\xef\xbb\xbf[log]\r\nlevel = 'debug'\r\n").log.level == "debug"


def test_any_bytes_load_or_are_a_problem(tmp_path):
    """Whatever is in the file, there is a config or a ConfigError, never another exception."""
    rng = random.Random(7)
    original = EXAMPLE.read_bytes()
    path = tmp_path / "config.toml"
    for _ in range(150):
        broken = bytearray(original)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(broken))
            broken[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        path.write_bytes(broken)
        try:
            load_config(path)
        except ConfigError as error:
            assert error.problems
