"""The command line: what it means, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from client.options import is_trust_command, read_options


def refuse(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        read_options(list(words))
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_defaults():
    """HOST is enough; TLS is not an option but a fact."""
    options = read_options(["chat.lan"])
    assert (options.host, options.port, options.no_tls, options.is_pipe) == (
        "chat.lan",
        None,
        False,
        False,
    )
    assert read_options(["--tls", "chat.lan", "7000"]).port == 7000


def test_pipe_mode_is_chosen_by_its_options():
    """--to, --follow and --json make a run for programs."""
    assert read_options(["h", "--to", "#ops"]).to == "#ops"
    assert read_options(["h", "--follow"]).follow == ""
    assert read_options(["h", "--follow", "#ops"]).follow == "#ops"
    assert all(
        read_options(["h", *words]).is_pipe for words in (["--to", "x"], ["--follow"], ["--json"])
    )


def test_no_color_is_color_never():
    """Both spellings."""
    assert read_options(["h", "--no-color"]).color == "never"
    assert read_options(["h", "--color", "always"]).color == "always"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tls"], "HOST is missing"),
        (["h", "0"], '"0" is no port'),
        (["h", "70000"], "no port"),
        (["h", "--plian"], 'did you mean "--plain"?'),
        (["h", "--tls", "--no-tls"], "not allowed with"),
        (["h", "--ca", "f", "--pin", "p"], "not allowed with"),
        (["h", "--password-file", "f", "--password-stdin"], "not allowed with"),
        (["h", "--timeout", "0"], "no number of seconds"),
        (["h", "--timeout", "nan"], "no number of seconds"),
        (["h", "--timeout", "soon"], "no number of seconds"),
        (["--follow", "chat.lan", "6697"], "--follow=TARGET"),
        (["h", "--to", "a\nQUIT"], "line break"),
        (["h", "--user", "\udcff"], "not UTF-8"),
        (["h", "--password", "secret"], "no option"),
    ],
)
def test_mistakes(capsys, words, said):
    """A mistake is exit 2, with what was wrong and often what was meant (STYLE 15)."""
    assert said in refuse(capsys, *words)


@pytest.mark.parametrize(
    ("words", "is_command"),
    [
        (["trust", "list"], True),
        (["trust", "remove", "h:1"], True),
        (["trust", "add", "h:1"], True),
        (["trust", "--help"], True),
        (["trust"], False),
        (["trust", "6697"], False),
        (["--tls", "trust", "list"], False),
    ],
)
def test_a_host_called_trust(words, is_command):
    """`trust` is a command only before one of its verbs; else it is a host like any other."""
    assert is_trust_command(words) is is_command


def test_version_and_help(capsys):
    """Both end well; help names the exit codes and is on stdout; so is no argument at all."""
    for words in (["--version"], ["--help"], []):
        with pytest.raises(SystemExit) as caught:
            read_options(words)
        assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("chat-client ")
    assert "76  the certificate cannot be trusted" in shown


def test_help_imports_little():
    """--help is instant: no ssl, no asyncio, no prompt_toolkit (UX section 6, 1)."""
    code = (
        "import sys; sys.argv = ['chat-client', '--help']\n"
        "from client.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'ssl', 'asyncio', 'prompt_toolkit', 'cryptography', 'platformdirs'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_register():
    """It names the account that is to be made; a person is there to be asked."""
    options = read_options(["chat.lan", "--register", "rui"])
    assert (options.register, options.user) == ("rui", "rui")


def test_register_alone(capsys):
    """With another name, a certificate, or for a program it makes no sense."""
    assert "--user" in refuse(capsys, "h", "--register", "rui", "--user", "ana")
    assert "--cert" in refuse(capsys, "h", "--register", "rui", "--cert", "x.pem")
    for words in (["--to", "#a"], ["--follow"], ["--json"]):
        assert "for a person" in refuse(capsys, "h", "--register", "rui", *words)
