"""server.__main__: each mistake is two lines and an exit code; a start tells where it listens."""

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

import server.__main__ as command
from server.lockfile import DataFolder

ROOT = Path(__file__).parents[2]
POSIX = pytest.mark.skipif(os.name != "posix", reason="modes, signals, terminals")
HASH = "$2b$12$" + "a" * 21 + "u" + "a" * 31


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def home(tmp_path, monkeypatch, authority):
    """A folder with a config, a certificate and an account, where the command is called."""
    certs = tmp_path / "certs"
    certs.mkdir()
    issued = authority.issue_cert("localhost", "chat.lan", "127.0.0.1")
    (certs / "server.pem").write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    (certs / "server-key.pem").touch(0o600)
    (certs / "server-key.pem").write_bytes(issued.private_key_pem.bytes())
    authority.cert_pem.write_to_path(certs / "ca.pem")
    (tmp_path / "passwd").touch(0o600)
    (tmp_path / "passwd").write_text(f"ana:{HASH}\n")
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    write_config()
    return tmp_path


def write_config(text="", host="127.0.0.1", port=0):
    Path("config.toml").touch(0o600)
    Path("config.toml").write_text(f'[[listeners]]\nhost = "{host}"\nport = {port}\n{text}\n')


@pytest.fixture
def run(home, capsys):
    """A function that calls the command in this process: exit code, stdout, stderr."""

    def run_with(*arguments):
        try:
            code = command.main(list(arguments))
        except SystemExit as error:
            code = error.code
        return code, *capsys.readouterr()

    return run_with


def problem(err):
    """The two lines of a start-up problem, as (error, hint)."""
    found = re.fullmatch(r"chat-server: error: (.*)\nchat-server: hint: (.*)\n", err)
    assert found, err
    return found.groups()


# Options


def test_the_version_is_one_line(run):
    """--version."""
    code, out, err = run("--version")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"chat-server \S+\n", out)


def test_the_help_documents_the_exit_codes(run):
    """UX 4: exit codes are in --help."""
    code, out, _ = run("--help")
    assert code == 0
    assert "--config FILE" in out
    for each in (0, 1, 2, 69, 73, 75, 76, 78, 130):
        assert re.search(rf"^ +{each}  \S", out, re.M)


def test_an_unknown_option_is_a_usage_error(run):
    """Exit code 2, with "did you mean"."""
    code, _, err = run("--chekc")
    assert code == 2
    assert 'did you mean "--check"?' in err


# Mistakes


def test_a_missing_config_explains_how_to_make_one(run, home):
    """78, with quickstart and the example; the default is ./config.toml."""
    Path("config.toml").unlink()
    for arguments, path in (([], "config.toml"), (["--check", "--config", "x.toml"], "x.toml")):
        code, out, err = run(*arguments)
        error, hint = problem(err)
        assert (code, out) == (78, "")
        assert error == f"there is no config file at {home / path}"
        assert "scripts/quickstart.py" in hint
        assert "config.example.toml" in hint
        assert "--config FILE" in hint


def test_every_problem_of_the_config_is_told(run):
    """STYLE.md 15: file, key, value, what is allowed, what to do; all at once."""
    write_config("[limits]\noutbuf_bytes_max = 12\nrooms_mx = 3\n")
    code, out, err = run()
    assert (code, out) == (78, "")
    assert err == (
        "chat-server: error: config.toml: limits.rooms_mx = 3: is not a setting\n"
        'chat-server: hint: did you mean "rooms_max"?\n'
        "chat-server: error: config.toml: limits.outbuf_bytes_max = 12: must be at least 4096\n"
        "chat-server: hint: delete the line to use the default, 262144\n"
    )


def test_a_config_cannot_write_to_the_terminal(run):
    """UX 5.1: text from a file is cleaned before it is shown."""
    write_config('[limits]\n"a\\u001b]0;x" = "\\u001b[2J\\u202e"\n')
    code, _, err = run("--check")
    assert code == 78
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", err)


@POSIX
@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_bad_certificate_is_76(run, arguments):
    """TLS problems have their own code; --check finds them too."""
    Path("certs/server-key.pem").chmod(0o644)
    code, out, err = run(*arguments)
    error, hint = problem(err)
    assert (code, out) == (76, "")
    assert "can be read by other users" in error
    assert hint.startswith("chmod 600 ")


def test_a_missing_certificate_says_how_to_make_one(run):
    """UX 4.1: never made silently, the operator must see the CA being born."""
    Path("certs/server.pem").unlink()
    code, _, err = run()
    error, hint = problem(err)
    assert code == 76
    assert error.startswith("there is no server certificate at ")
    assert "scripts/mkcert.py server" in hint


def test_no_certificate_is_needed_without_tls(run):
    """A server on loopback without TLS, as behind a tunnel, has no use for one."""
    Path("certs/server.pem").unlink()
    write_config("tls = false")
    code, out, _ = run("--check")
    assert code == 0
    assert "would listen irc plain 127.0.0.1:0\n" in out
    assert "\n  certificate" not in out


@POSIX
def test_a_bad_accounts_file_is_78(run):
    """A file that others may read, or that is damaged, is refused with each of its problems."""
    Path("passwd").chmod(0o644)
    code, _, err = run()
    assert code == 78
    assert "passwd" in problem(err)[0]
    Path("passwd").chmod(0o600)
    Path("passwd").write_text("ana:secret\nbob:$1$x\n")
    code, _, err = run("--check")
    assert code == 78
    assert err.count("chat-server: error: passwd: line ") == err.count("chat-server: error: ") == 2
    assert "secret" not in err


def test_a_second_server_is_75(run, home):
    """RELIABILITY row 35: names the pid. --check may run beside a server."""
    with DataFolder(home / "data"):
        code, out, err = run()
        assert (code, out) == (75, "")
        assert f"(pid {os.getpid()})" in problem(err)[0]
        assert run("--check")[0] == 0


def test_a_data_folder_that_cannot_be_is_73(run, home):
    """A file where the folder should be."""
    (home / "data").write_text("")
    code, _, err = run()
    assert code == 73
    assert "File exists" in problem(err)[0]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EACCES, "port 6697 on 10.0.0.1 may not be used: Permission denied"),
        (
            errno.EADDRNOTAVAIL,
            "cannot listen on 10.0.0.1, port 6697: Cannot assign requested address",
        ),
    ],
)
def test_other_trouble_with_a_port_is_69_too(capsys, number, sentence):
    """A port for root only, an address of another computer; asyncio's words on it are not ours."""
    with pytest.raises(SystemExit) as caught:
        command._fail_port("10.0.0.1", 6697, OSError(number, "while attempting"))
    error, hint = problem(capsys.readouterr().err)
    assert caught.value.code == 69
    assert error == sentence
    assert "[[listeners]]" in hint


def test_ctrl_c_while_starting_is_130(run, monkeypatch):
    """Without a traceback."""

    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "load_config", interrupted)
    assert run() == (130, "", "")


# --check


def test_check_prints_what_would_run(run, home):
    """Config, accounts, data, certificate, listeners; nothing is opened, made or locked."""
    write_config('[[listeners]]\nprotocol = "simple"\nhost = "::1"\nport = 7001')
    code, out, err = run("--check")
    assert (code, err) == (0, "")
    for line in (
        f"  config      {home}/config.toml\n",
        f"  accounts    {home}/passwd, 1 account\n",
        f"  data        {home}/data\n",
        "would listen irc tls 127.0.0.1:0\n",
        "would listen simple tls [::1]:7001\n",
    ):
        assert line in out
    assert "localhost, chat.lan, 127.0.0.1" in out
    assert "listening" not in out
    assert not (home / "data").exists()


# Real starts


class Server:
    """A chat-server of its own process, stopped at the end of the `with`."""

    def __init__(self, warnings="error", **options):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
        self.process = subprocess.Popen(
            [sys.executable, "-W", warnings, "-m", "server"], env=environment, **options
        )

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_start_prints_where_it_listens(home, number):
    """Off a terminal: exactly the listening lines on stdout, the facts as log lines on stderr."""
    write_config('[log]\nformat = "json"')
    pipe = subprocess.PIPE
    with Server(stdout=pipe, stderr=pipe, text=True) as process:
        line = process.stdout.readline()
        found = re.fullmatch(r"listening irc tls 127\.0\.0\.1:(\d+)\n", line)
        socket.create_connection(("127.0.0.1", int(found[1]))).close()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    events = [json.loads(line) for line in err.splitlines()]
    by_name = {event["event"]: event for event in events}
    assert by_name["config_loaded"]["path"] == f"{home}/config.toml"
    assert by_name["accounts_loaded"]["accounts"] == 1
    assert "chat.lan" in by_name["certificate_loaded"]["names"]
    assert by_name["listening"]["port"] == int(found[1])
    assert HASH not in err


@POSIX
def test_a_start_at_a_terminal_is_one_screen(home):
    """UX 4.1: what is loaded, where it listens, how to join, how to stop."""
    import pty

    leader, follower = pty.openpty()
    with (
        Server(stdout=follower, stderr=subprocess.DEVNULL) as process,
        os.fdopen(leader, encoding="utf-8", newline="") as screen,
    ):
        os.close(follower)
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(screen.readline().replace("\r\n", "\n"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    text = "".join(lines)
    port = re.search(r"^listening irc tls 127\.0\.0\.1:(\d+)$", text, re.M)[1]
    assert re.match(r"chat-server \S+ \(pid \d+\)\n", text)
    assert re.search(
        rf"join from here +\S*chat-client --tls localhost {port} --ca certs/ca.pem\n", text
    )
    assert "from elsewhere" not in text  # on loopback nobody can come from there


@POSIX
def test_a_reader_that_goes_is_no_reason_to_stop(home):
    """`chat-server | head -1` must not end the chat, nor change the exit code."""
    write_config()
    read, write = os.pipe()
    os.close(read)
    with Server(stdout=write, stderr=subprocess.PIPE, text=True) as process:
        os.close(write)
        line = ""
        while " listening " not in line:
            line = process.stderr.readline()
            assert line
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_port_in_use_is_69(home):
    """It names port and address."""
    pipe = subprocess.PIPE
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        write_config(port=port)
        with Server(stdout=pipe, stderr=pipe, text=True) as process:
            out, err = process.communicate(timeout=30)
    error, hint = problem(err)
    assert (process.returncode, out) == (69, "")
    assert error.startswith(f"port {port} on 127.0.0.1 is in use")
    assert "another port" in hint
