"""The grammar of our commands. Source: STYLE 15; sysexits(3)."""

import argparse
import getpass
import gettext
import io
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from irc import cli


def make_parser():
    parser = cli.ArgumentParser(prog="chat-admin", description="Two\nlines.")
    parser.add_argument("--config", metavar="FILE")
    parser.add_argument("-v", action="store_true")
    commands = parser.add_subparsers(dest="command")
    add = commands.add_parser("add")
    add.add_argument("name")
    add.add_argument("--password-stdin", action="store_true")
    add.add_argument("--cost", type=int, choices=range(10, 15))
    add.add_argument("-n", type=int)
    commands.add_parser("list")
    return parser


@pytest.fixture
def run(capsys):
    """Run the parser on words; return the namespace, or the exit code and what was printed."""

    def run(*words):
        try:
            return make_parser().parse_args(words)
        except SystemExit as end:
            out, err = capsys.readouterr()
            return end.code, out, err

    return run


def test_right_words_are_parsed(run):
    """Options before and after the command."""
    parsed = run("--config", "x.toml", "add", "ana", "--password-stdin", "--cost=12", "-n", "-1")
    assert (parsed.config, parsed.command, parsed.name) == ("x.toml", "add", "ana")
    assert (parsed.password_stdin, parsed.cost, parsed.n) == (True, 12, -1)


def test_words_come_from_the_command_line(monkeypatch):
    """Without arguments, sys.argv."""
    monkeypatch.setattr(sys, "argv", ["chat-admin", "-v", "list"])
    assert make_parser().parse_args().v


def test_unknown_command_with_a_guess(run):
    """Two lines, no usage: the guess says it all."""
    assert run("lst") == (
        2,
        "",
        'chat-admin: error: no command "lst"\nchat-admin: hint: did you mean "list"?\n',
    )


def test_unknown_command_without_a_guess(run):
    """Then the hint is where the commands are."""
    code, _, err = run("xyzzy")
    assert code == cli.EXIT_USAGE
    assert err.splitlines() == [
        'chat-admin: error: no command "xyzzy"',
        "chat-admin: hint: chat-admin --help lists the commands",
    ]


@pytest.mark.parametrize("words", [(), ("--config", "x"), ("-v",)])
def test_no_command_prints_the_help(run, words):
    """Nothing was asked, so nothing failed."""
    code, out, err = run(*words)
    assert (code, err) == (cli.EXIT_OK, "")
    assert out.startswith("usage: chat-admin ")
    assert "Two\nlines." in out


@pytest.mark.parametrize(
    ("words", "usage", "error", "hint"),
    [
        (("--confg", "x", "list"), "chat-admin [", 'no option "--confg"', "--config"),
        (("--conf=x", "list"), "chat-admin [", 'no option "--conf"', "--config"),
        (
            ("add", "--pasword-stdin"),
            "chat-admin add [",
            'no option "--pasword-stdin"',
            "--password-stdin",
        ),
        (("add", "ana", "-x"), "chat-admin add [", 'no option "-x"', ""),
        (("-q", "list"), "chat-admin [", 'no option "-q"', ""),
        (("add",), "chat-admin add [", "the following arguments are required: name", ""),
        (("add", "ana", "bob"), "chat-admin add [", "unexpected: bob", ""),
        (("add", "ana", "--", "-x"), "chat-admin add [", "unexpected: -x", ""),
        (("list", "--", "x y"), "chat-admin list [", "unexpected: x y", ""),
    ],
)
def test_errors_show_the_usage_of_their_command(run, words, usage, error, hint):
    """The parser that knows best speaks; the program's name is before every line."""
    code, out, err = run(*words)
    assert (code, out) == (cli.EXIT_USAGE, "")
    first, *rest = err.splitlines()
    assert first.startswith(f"usage: {usage}")
    rest = [line for line in rest if line.startswith("chat-admin: ")]
    assert rest[0] == f"chat-admin: error: {error}"
    assert rest[1:] == ([f'chat-admin: hint: did you mean "{hint}"?'] if hint else [])


def test_value_that_is_no_choice(run):
    """The option, the value, what is allowed."""
    _, _, err = run("add", "ana", "--cost", "9")
    assert 'chat-admin: error: --cost: "9" is not one of 10, 11, 12, 13, 14\n' in err


def test_positional_that_is_no_choice(capsys):
    """A positional argument is called by its name; the guess ignores case."""
    parser = cli.ArgumentParser(prog="chat-client")
    parser.add_argument("face", choices=["line", "plain"])
    with pytest.raises(SystemExit):
        parser.parse_args(["PLAIN"])
    err = capsys.readouterr().err
    assert 'chat-client: error: face: "PLAIN" is not one of line, plain\n' in err
    assert 'chat-client: hint: did you mean "plain"?\n' in err
    assert parser.parse_args(["line"]).face == "line"


@pytest.mark.parametrize("word", ["-", "-1", "-a b", "a-b"])
def test_what_is_no_option(word):
    """argparse takes these for values, and so do we."""
    parser = cli.ArgumentParser(prog="chat-client")
    parser.add_argument("host")
    assert parser.parse_args([word]).host == word


def test_short_options_may_carry_their_value():
    """-p6697 is -p 6697."""
    parser = cli.ArgumentParser(prog="chat-client")
    parser.add_argument("-p", type=int)
    parser.add_argument("-ca")
    assert parser.parse_args(["-p6697"]).p == 6697
    assert parser.parse_args(["-ca", "1"]).ca == "1"


def test_required_command_prints_the_help_too(capsys):
    """argparse would complain of a missing argument."""
    parser = cli.ArgumentParser(prog="chat-admin")
    parser.add_subparsers(dest="command", required=True).add_parser("list")
    with pytest.raises(SystemExit) as end:
        parser.parse_args([])
    assert end.value.code == cli.EXIT_OK
    assert capsys.readouterr().out.startswith("usage: chat-admin ")


def test_command_without_a_dest_still_runs():
    """A parser that does not ask which command it was is served too."""
    parser = cli.ArgumentParser(prog="chat-admin")
    parser.add_subparsers().add_parser("list")
    assert parser.parse_args(["list"]) == argparse.Namespace()


def test_fail_says_what_and_what_to_do(capsys):
    """STYLE 15: two lines on stderr, and the exit code."""
    with pytest.raises(SystemExit) as end:
        cli.fail("chat-server", "port 1 is in use", "choose another", cli.EXIT_UNAVAILABLE)
    assert end.value.code == 69
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "chat-server: error: port 1 is in use\nchat-server: hint: choose another\n"


def test_fail_without_a_hint(capsys):
    """Where we do not know, we do not guess."""
    with pytest.raises(SystemExit) as end:
        cli.fail("chat-server", "no")
    assert end.value.code == 1
    assert capsys.readouterr().err == "chat-server: error: no\n"


def test_print_error_cleans_foreign_text(capsys):
    """Certificate fields and file names reach error texts; line breaks of ours stay."""
    cli.print_error("chat-client", "issued by \x1b]0;x\x07", "do\n  this")
    assert capsys.readouterr().err == (
        "chat-client: error: issued by ␛]0;x␇\nchat-client: hint: do\n  this\n"
    )


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("anna", ["ana", "bob"], 'did you mean "ana"?'),
        ("ANA", ["Ana"], 'did you mean "Ana"?'),
        ("zoe", ["ana", "bob"], ""),
        ("x", [], ""),
    ],
)
def test_did_you_mean(word, known, hint):
    """The closest, or nothing."""
    assert cli.did_you_mean(word, known) == hint


def test_every_exit_code_is_described():
    """UX: the codes are documented in --help."""
    codes = [value for name, value in vars(cli).items() if name.startswith("EXIT_")]
    assert sorted(codes) == [0, 1, 2, 65, 66, 69, 73, 75, 76, 77, 78, 130]
    text = cli.describe_exit_codes(codes)
    assert text.splitlines()[0] == "exit codes:"
    assert "\n   77  wrong name or password, or not allowed" in text
    assert len(text.splitlines()) == len(codes) + 1


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_read_secret_asks_at_the_terminal(monkeypatch):
    """What getpass gives, with our prompt."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"<{prompt}>")
    assert cli.read_secret("Password: ") == "<Password: >"


@pytest.mark.parametrize("stdin", [io.StringIO("hunter2\n"), None])
def test_read_secret_does_not_read_a_pipe(monkeypatch, stdin):
    """A script gets a clear error; nothing is guessed, nothing hangs."""
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: pytest.fail("asked"))
    with pytest.raises(cli.NoTerminal, match="no terminal"):
        cli.read_secret("Password: ")


def test_read_secret_refuses_a_terminal_that_echoes(monkeypatch):
    """getpass would warn, and show the password."""

    def getpass_that_warns(prompt):
        warnings.warn("Can not control echo", getpass.GetPassWarning, stacklevel=1)
        return "shown"

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", getpass_that_warns)
    with pytest.raises(cli.NoTerminal, match="cannot hide"):
        cli.read_secret("Password: ")


def test_read_secret_given_up(monkeypatch):
    """Ctrl-D is Ctrl-C: one way to give up for the caller to know."""

    def getpass_at_end_of_file(prompt):
        raise EOFError

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", getpass_at_end_of_file)
    with pytest.raises(KeyboardInterrupt):
        cli.read_secret("Password: ")


# A catalogue with one sentence, as msgfmt makes it: header, offsets, "error" -> "erro".
CATALOGUE = (
    b"\xde\x12\x04\x95" + b"".join(n.to_bytes(4, "little") for n in (0, 2, 28, 44, 0, 0))
    + b"".join(n.to_bytes(4, "little") for n in (0, 60, 5, 61, 40, 67, 4, 108))
    + b"\0error\0" + b"Content-Type: text/plain; charset=UTF-8\n".ljust(40, b"\n") + b"\0erro\0"
)  # fmt: skip


def test_install_gettext(monkeypatch, tmp_path, capsys):
    """Every sentence goes through the catalogue; without one it stays English."""
    folder = tmp_path / "pt_BR" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "tlschat.mo").write_bytes(CATALOGUE)
    monkeypatch.setenv("LANGUAGE", "pt_BR")
    before = gettext.textdomain()
    try:
        cli.install_gettext("tlschat", str(tmp_path))
        cli.print_error("chat-admin", "x")
        assert capsys.readouterr().err == "chat-admin: erro: x\n"
        cli.install_gettext("tlschat", str(tmp_path / "nothing"))
        cli.print_error("chat-admin", "x")
        assert capsys.readouterr().err == "chat-admin: error: x\n"
    finally:
        gettext.textdomain(before)


def test_importing_is_cheap():
    """--help must not wait for what it does not use."""
    heavy = {
        "ssl",
        "asyncio",
        "prompt_toolkit",
        "irc.sanitise",
        "difflib",
        "getpass",
        "dataclasses",
    }
    script = "import sys, irc.cli; print(*sys.modules)"
    root = str(Path(cli.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert not heavy & set(done.stdout.split())
