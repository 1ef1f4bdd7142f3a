"""chat-client as people run it: the real program, at a terminal and in a pipe, over TLS."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer
from tests.support.hostile import find_odd
from tests.support.terminal import ROOT, Terminal
from tests.support.tls_servers import context_of, make_certificate, new_key, server_context


@pytest.fixture
def server(leaf):
    with ChatServer(server_context(leaf)) as running:
        running.accounts = {"ana": "secret"}
        yield running


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "",
    }


@pytest.fixture
def password_file(tmp_path) -> Path:
    path = tmp_path / "password"
    path.write_text("secret\n")
    return path


def run(env, *words, stdin=b""):
    """The program in a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "client", *map(str, words)],
        input=stdin,
        capture_output=True,
        env={**os.environ, **env},
        cwd=ROOT,
        timeout=30,
    )


def join(server, env, ca_file, password_file, *words):
    """A terminal with the line face up."""
    terminal = Terminal(
        *("client", "localhost", str(server.port), "--user", "ana"),
        *("--ca", str(ca_file), "--password-file", str(password_file), *words),
        env=env,
    )
    terminal.see("Remember this CA for localhost? [Y/n]")
    terminal.type("n\n")
    terminal.see("#lobby ›")
    return terminal


def test_first_time_and_second_time(server, env):
    """Unknown issuer, yes, name, password, a chat; the second time only the password (4.5)."""
    with Terminal("client", "localhost", str(server.port), env=env) as terminal:
        terminal.see("Trust this server from now on?")
        assert server.lines == []
        terminal.type("y\n")
        terminal.see("Please type 'yes', 'no' or the fingerprint.")
        terminal.type("yes\n")
        terminal.see("User [")
        terminal.type("ana\n")
        terminal.see("Password:", at_end=True)
        assert server.lines == []
        terminal.type("secret\n")
        terminal.see("#lobby ›")
        terminal.type("hello\r")
        terminal.see("ana │ hello")
        terminal.type("/quit\r")
        assert terminal.end() == 0
        assert b"secret" not in terminal.raw
    with Terminal("client", "localhost", str(server.port), "--user", "ana", env=env) as terminal:
        terminal.see("Password:", at_end=True)
        terminal.type("secret\n")
        terminal.see("#lobby ›")
        terminal.see("topic: Friday release")
        terminal.type("\x04")
        assert terminal.end() == 0


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_leave_the_terminal_sane(server, env, ca_file, password_file, name, code):
    """SIGTERM and SIGHUP: QUIT is said, modes and cursor are as before (5.4)."""
    with join(server, env, ca_file, password_file) as terminal:
        assert terminal.modes != terminal.modes_before
        terminal.type("half a thought")
        terminal.see("half a thought")
        terminal.kill(name)
        assert terminal.end() == code
        assert terminal.modes == terminal.modes_before
        raw = terminal.raw.decode()
        assert raw.rfind("\x1b[?2004l") > raw.rfind("\x1b[?2004h")
        assert raw.rfind("\x1b[?25l") <= raw.rfind("\x1b[?25h")
        assert find_odd(raw) == []
    assert any(line.startswith("QUIT") for line in server.lines)


def test_closed_window(server, env, ca_file, password_file):
    """The window is closed, and nothing can be drawn any more: QUIT is said all the same (5.4)."""
    with join(server, env, ca_file, password_file) as terminal:
        assert terminal.go_away() == 129
    assert any(line.startswith("QUIT") for line in server.lines)


def test_wrong_password_three_times(server, env):
    """One sentence, what is left, and after three tries exit 77 with the way out (4.7)."""
    with Terminal("client", "localhost", str(server.port), "--user", "ana", env=env) as terminal:
        terminal.see("Trust this server")
        terminal.type("yes\n")
        for left in ("2 tries left.", "1 try left."):
            terminal.see("Password:", at_end=True)
            terminal.type("wrong\n")
            terminal.see(f'✗ wrong name or password for "ana". {left}')
        terminal.see("Password:", at_end=True)
        terminal.type("wrong\n")
        assert terminal.end() == 77
        assert "chat-admin passwd ana" in terminal.text
    assert server.logins == 3


def test_second_password_is_right(server, env):
    """A slip of the finger costs one answer, not the run."""
    with Terminal("client", "localhost", str(server.port), "--user", "ana", env=env) as terminal:
        terminal.see("Trust this server")
        terminal.type("yes\n")
        terminal.see("Password:", at_end=True)
        terminal.type("wrong\n")
        terminal.see("2 tries left.")
        terminal.see("Password:", at_end=True)
        terminal.type("secret\n")
        terminal.see("#lobby ›")
        terminal.type("/quit\r")
        assert terminal.end() == 0


def test_bare_enter_is_no(server, env):
    """Enter at the question of trust: exit 76, nothing remembered."""
    with Terminal("client", "localhost", str(server.port), env=env) as terminal:
        terminal.see("Trust this server")
        terminal.type("\n")
        assert terminal.end() == 76
        assert "is not trusted. Nothing was sent." in terminal.text
    assert server.lines == []
    assert run(env, "trust", "list").stdout == b""


def test_ctrl_c_at_a_question(server, env):
    """Ctrl-C at any question ends the program with 130."""
    with Terminal("client", "localhost", str(server.port), env=env) as terminal:
        terminal.see("Trust this server")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert terminal.modes == terminal.modes_before


def test_dumb_terminal_is_plain(server, env, ca_file, password_file):
    """TERM=dumb: the plain face, without one escape (UX 2, 44)."""
    with Terminal(
        *("client", "localhost", str(server.port), "--user", "ana"),
        *("--no-input", "--ca", str(ca_file), "--password-file", str(password_file)),
        env={**env, "TERM": "dumb"},
    ) as terminal:
        terminal.see("/help lists the commands, /quit leaves")
        terminal.type("hello\n")
        terminal.see("ana: hello")
        terminal.type("/quit\n")
        assert terminal.end() == 0
        assert b"\x1b" not in terminal.raw


def test_unsent_words_are_kept(server, env, ca_file, password_file):
    """What was typed while offline and never sent is told when leaving, and kept on disk."""
    with join(server, env, ca_file, password_file) as terminal:
        server.stop_listening()
        server.hang_up()
        terminal.see("● offline")
        terminal.type("remember me\r")
        terminal.see("waiting, to #lobby: remember me")
        terminal.type("/quit\r")
        assert terminal.end() == 0
        assert "! kept for the next time: #lobby: remember me" in terminal.text


# --- in a pipe ----------------------------------------------------------------------------------


def test_pipe(server, env, ca_file, password_file):
    """echo hi | chat-client ... --to '#lobby': silent, 0, and the message is there (4.10)."""
    done = run(
        env,
        *("localhost", server.port, "--user", "ana", "--ca", ca_file),
        *("--password-file", password_file, "--to", "#lobby"),
        stdin="olá 👋\n".encode(),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert any("olá 👋" in line for line in server.lines)


def test_password_from_stdin(server, env, ca_file):
    """--password-stdin takes the first line; the rest are messages."""
    words = ("localhost", server.port, "--user", "ana", "--ca", ca_file, "--password-stdin")
    done = run(env, *words, "--to", "#lobby", stdin=b"secret\nhi\n")
    assert (done.returncode, done.stderr) == (0, b"")


def test_pipe_never_asks(server, env, password_file):
    """An unknown issuer in a pipe: 76, the commands for --ca and --pin, nothing sent (4.5)."""
    words = ("localhost", server.port, "--user", "ana", "--password-file", password_file)
    done = run(env, *words, "--to", "#lobby", stdin=b"hi\n")
    assert done.returncode == 76
    said = done.stderr.decode()
    assert said.startswith("chat-client: error: The identity of localhost:")
    assert f"chat-client --tls localhost {server.port} --ca ca.pem" in said
    pin = said.partition("--pin ")[2].split()[0]
    assert server.lines == []
    done = run(env, *words, "--pin", pin, "--to", "#lobby", stdin=b"hi\n")
    assert (done.returncode, done.stderr) == (0, b"")


def test_wrong_password_in_a_pipe(server, env, ca_file, tmp_path):
    """77, at once and once."""
    path = tmp_path / "wrong"
    path.write_text("wrong")
    words = ("localhost", server.port, "--user", "ana", "--ca", ca_file, "--password-file", path)
    done = run(env, *words, "--to", "#lobby", stdin=b"hi\n")
    assert done.returncode == 77
    assert b'wrong name or password for "ana"' in done.stderr
    assert server.logins == 1


def test_pipe_without_a_target(server, env):
    """Input that is no terminal, and nothing says where it should go: 2, with the example."""
    done = run(env, "localhost", server.port, stdin=b"hi\n")
    assert done.returncode == 2
    assert b"echo hi | chat-client localhost" in done.stderr


def test_head_is_quiet(server, env, ca_file, password_file):
    """`chat-client --follow --json | head -1` says nothing more, and ends as the shell knows it.

    The reader is gone before anything else is said: with `head` itself that would be luck.
    """
    words = ["localhost", str(server.port), "--user", "ana", "--ca", str(ca_file)]
    words += ["--password-file", str(password_file), "--follow", "--json"]
    client = subprocess.Popen(
        [sys.executable, "-m", "client", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **env},
        cwd=ROOT,
    )
    assert client.stdout is not None
    assert client.stdout.readline().startswith(b'{"type": ')
    client.stdout.close()
    client.stdout = None
    server.say("bob", "#lobby", "one more")
    _nothing, complaints = client.communicate(timeout=60)
    assert client.returncode == 141
    assert complaints == b""


def test_plain_text_only_to_this_computer(env):
    """--no-tls: to loopback it works, anywhere else it is refused before anything is sent."""
    with ChatServer(None) as server:
        words = ("localhost", server.port, "--no-tls", "--to", "#lobby")
        assert run(env, *words, stdin=b"hi\n").returncode == 0
    done = run(env, "192.0.2.1", "6667", "--no-tls", "--to", "#lobby", stdin=b"hi\n")
    assert done.returncode == 2
    assert b"only on this computer" in done.stderr


def test_changed_key(env, password_file):
    """Another key than the pinned one: NOT the server, 76, no way on but removing it (4.5)."""
    old, new = new_key(), new_key()
    with ChatServer(context_of(make_certificate(old), old)) as server:
        server.accounts = {"ana": "secret"}
        with Terminal("client", "localhost", str(server.port), env=env) as terminal:
            terminal.see("Trust this server")
            terminal.type("yes\n")
            terminal.see("User [")
            terminal.type("\x03")
            assert terminal.end() == 130
        port = server.port
    with ChatServer(context_of(make_certificate(new), new)) as server:
        server.stop_listening()
        server.port = port
        server.listen_again()
        with Terminal("client", "localhost", str(port), env=env) as terminal:
            assert terminal.end() == 76
            assert "is NOT the server you trusted on" in terminal.text
            assert f"chat-client trust remove localhost:{port}" in terminal.text
        assert server.lines == []


def test_broken_config(env, tmp_path):
    """All mistakes of client.toml at once, 78."""
    folder = tmp_path / "config" / "tlschat"
    folder.mkdir(parents=True)
    (folder / "client.toml").write_text('bel = true\ncolor = "red"\n')
    done = run(env, "localhost", "--to", "#x")
    assert done.returncode == 78
    assert b"did you mean bell?" in done.stderr
    assert b"must be one of auto, always, never" in done.stderr


def test_broken_trust_store(env, tmp_path):
    """A trust store that is not ours is never taken for an empty one."""
    folder = tmp_path / "config" / "tlschat"
    folder.mkdir(parents=True)
    (folder / "trust.toml").write_text("what")
    assert run(env, "localhost", "--to", "#x").returncode == 78


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("local:host:x", "--to", "a"), 2),
        (("localhost", "--pin", "short", "--to", "a"), 2),
        (("localhost", "--ca", "/no/such/file", "--to", "a"), 66),
        (("localhost", "1", "--no-tls", "--password-file", "/no/such/file", "--to", "a"), 66),
        (("localhost", "1", "--no-tls", "--debug", "/no/such/dir/log", "--to", "a"), 73),
    ],
)
def test_other_mistakes(env, words, code):
    """Each with its exit code and a sentence."""
    done = run(env, *words)
    assert done.returncode == code
    assert done.stderr.startswith(b"chat-client: error: ")


def test_debug_file(server, env, ca_file, password_file, tmp_path):
    """--debug: the wire, without the password."""
    path = tmp_path / "wire.log"
    words = ("localhost", server.port, "--user", "ana", "--ca", ca_file, "--debug", path)
    done = run(env, *words, "--password-file", password_file, "--to", "#lobby", stdin=b"hi\n")
    assert done.returncode == 0
    wire = path.read_text()
    assert "> AUTHENTICATE ***" in wire
    assert "PRIVMSG #lobby" in wire
    assert "c2VjcmV0" not in wire
