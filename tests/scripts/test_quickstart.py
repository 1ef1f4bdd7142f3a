"""quickstart.py as a program, with an environment whose commands only tell how they were called."""

import json
import os
import pty
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import quickstart
import setup_venv

SCRIPTS = Path(quickstart.__file__).parent

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fake commands are shell scripts")

CHAT_ADMIN = """#!/bin/sh
echo "chat-admin $*" >> log
case "$3" in
list) cat accounts.json;;
add)  [ "$4" = bad ] && exit 65
      [ "$4" = broken ] && exit 78
      echo '[{"name": "'$4'"}]' > accounts.json
      [ "$5" = --generate ] && echo s3cret-pass || true;;
esac
"""


class Checkout:
    """A copy of what the quickstart needs, as if `.venv` were set up already."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "scripts").mkdir()
        for path in SCRIPTS.glob("*.py"):
            shutil.copy(path, root / "scripts")
        for name in ("requirements.lock", "pyproject.toml", "config.example.toml"):
            shutil.copy(SCRIPTS.parent / name, root)
        (root / "accounts.json").write_text("[]")
        # A wrapper and not a link: through a link Python would not find its libraries.
        self._command("python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        self._command("chat-admin", CHAT_ADMIN)
        self._command("chat-server", '#!/bin/sh\necho "chat-server $*" >> log\nexit 42\n')
        stamp = "import json, setup_venv; print(json.dumps({'run': setup_venv.fingerprint('run')}))"
        path = root / ".venv" / setup_venv.STAMP.name
        with path.open("w") as file:
            command = [sys.executable, "-c", stamp]
            subprocess.run(command, cwd=root / "scripts", stdout=file, check=True)

    def _command(self, name: str, script: str) -> None:
        path = self.root / ".venv" / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)

    def run(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run it without a terminal."""
        return subprocess.run(
            [sys.executable, str(self.root / "scripts" / "quickstart.py"), *words],
            cwd=cwd or self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, "LOGNAME": "ana.b"},
        )

    def log(self) -> list[str]:
        """How chat-admin and chat-server were called, without the config."""
        path = self.root / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.replace(f" --config {self.root / 'config.toml'}", "") for line in lines]

    def files(self) -> dict[str, bytes]:
        """All that it made, but the log of the calls."""
        found = (path for path in self.root.rglob("*") if path.is_file() and path.name != "log")
        return {str(path): path.read_bytes() for path in found if "__pycache__" not in path.parts}


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A fresh one."""
    yield Checkout(tmp_path)


def test_from_nothing_to_a_server(checkout: Checkout) -> None:
    """Config, CA, certificate, an account, the command to join, and then a server."""
    done = checkout.run()
    assert done.returncode == 42, done.stderr  # the exit code is chat-server's own
    assert checkout.log() == [
        "chat-admin list --json",
        "chat-admin add ana_b --generate --quiet",
        "chat-server",
    ]
    join = ".venv/bin/chat-client --tls localhost 6697 --ca certs/ca.pem --user ana_b"
    assert join in done.stdout.splitlines()[-2]
    assert done.stdout.count("password of ana_b: s3cret-pass\n") == 1
    example = (checkout.root / "config.example.toml").read_text()
    operator = '\n[operators."ana_b"]\naccount = "ana_b"\n'
    assert (checkout.root / "config.toml").read_text() == example + operator
    names = ("ca.pem", "ca-key.pem", "server.pem", "server-key.pem")
    assert all((checkout.root / "certs" / name).exists() for name in names)
    assert "new private CA" in done.stdout


def test_again_it_changes_nothing(checkout: Checkout) -> None:
    """The second run starts what is there: same files, same command, no question."""
    checkout.run()
    before = checkout.files()
    done = checkout.run()
    assert done.returncode == 42
    assert checkout.files() == before
    assert checkout.log()[3:] == ["chat-admin list --json", "chat-server"]
    assert "--user ana_b" in done.stdout


def test_no_start(checkout: Checkout) -> None:
    """--no-start sets up and ends with the command to join."""
    done = checkout.run("--no-start")
    assert done.returncode == 0
    assert "chat-server" not in checkout.log()
    assert "--user ana_b" in done.stdout


def test_host_and_port_go_into_a_new_config(checkout: Checkout) -> None:
    """They change the listener and nothing else, and the join command fits."""
    done = checkout.run("--no-start", "--host", "127.0.0.1", "--port", "7000")
    made = tomllib.loads((checkout.root / "config.toml").read_text())
    example = tomllib.loads((checkout.root / "config.example.toml").read_text())
    assert made["listeners"][0] == {**example["listeners"][0], "host": "127.0.0.1", "port": 7000}
    assert made.pop("operators") == {"ana_b": {"account": "ana_b"}}
    assert {**made, "listeners": 0} == {**example, "listeners": 0}
    assert "--tls 127.0.0.1 7000 --ca" in done.stdout
    again = checkout.run("--no-start", "--port", "7000")
    assert again.returncode == 0


def test_another_port_for_an_existing_config(checkout: Checkout) -> None:
    """A config that is there is a person's: it is not changed, and not silently disobeyed."""
    checkout.run("--no-start")
    before = checkout.files()
    done = checkout.run("--port", "7000")
    assert done.returncode == 2
    assert "config.toml is there already; change port" in done.stderr
    assert checkout.files() == before


def test_a_certificate_from_elsewhere(checkout: Checkout) -> None:
    """Where the config names another certificate, none is made and no --ca is needed."""
    text = (checkout.root / "config.example.toml").read_text()
    text = text.replace("certs/server.pem", "/etc/chat/fullchain.pem")
    (checkout.root / "config.toml").write_text(text)
    done = checkout.run("--no-start")
    assert done.returncode == 0
    assert not (checkout.root / "certs").exists()
    assert "--tls localhost 6697 --user ana_b" in done.stdout
    (checkout.root / "certs").mkdir()
    (checkout.root / "certs" / "ca.pem").write_text("of before\n")
    assert "--ca" not in checkout.run("--no-start").stdout


@pytest.mark.parametrize(
    ("listeners", "command"),
    [
        ("", "--tls localhost 6697"),
        ('[[listeners]]\nprotocol = "simple"\n[[listeners]]\nport = 7001', "--tls localhost 7001"),
        ("[[listeners]]\ntls = false\nport = 1\n[[listeners]]\nport = 0", "--tls localhost PORT"),
        ('[[listeners]]\nhost = "::"\nport = 7002', "--tls localhost 7002"),
        ('[[listeners]]\nprotocol = "simple"', "--tls localhost 6697"),
    ],
)
def test_the_join_command_fits_the_config(checkout: Checkout, listeners: str, command: str) -> None:
    """It is for the first listener that chat-client can use."""
    (checkout.root / "config.toml").write_text(listeners)
    assert command in checkout.run("--no-start").stdout


def test_from_another_folder(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Called from elsewhere it works on the project, and prints whole paths to type there."""
    done = checkout.run("--no-start", cwd=tmp_path_factory.mktemp("elsewhere"))
    assert f"{checkout.root}/.venv/bin/chat-client" in done.stdout
    assert f"--ca {checkout.root}/certs/ca.pem" in done.stdout


def test_a_broken_config(checkout: Checkout) -> None:
    """What is not TOML stops it with the place, before anything is made of it."""
    (checkout.root / "config.toml").write_text("port = \n")
    done = checkout.run()
    assert done.returncode == 78
    assert "config.toml" in done.stderr and "line 1" in done.stderr


@pytest.mark.parametrize("step", ["chat-admin", "mkcert"])
def test_a_failing_step_stops_it(checkout: Checkout, step: str) -> None:
    """The program has said why; its exit code is passed on and no server starts."""
    if step == "mkcert":
        (checkout.root / "certs").write_text("no folder")
    else:
        (checkout.root / ".venv/bin/chat-admin").write_text("#!/bin/sh\nexit 73\n")
    assert checkout.run().returncode == 73
    assert "chat-server" not in checkout.log()


def test_no_environment_and_no_network(checkout: Checkout) -> None:
    """A set-up that fails is one sentence and exit code 69."""
    shutil.rmtree(checkout.root / ".venv")
    (checkout.root / ".venv").mkdir()
    (checkout.root / ".venv" / "notes.txt").write_text("mine")
    done = checkout.run()
    assert done.returncode == 69
    assert done.stderr.splitlines()[-1].startswith("quickstart.py: error: ")


def at_a_terminal(checkout: Checkout, typed: str) -> tuple[int, str]:
    """Run it with a terminal, and everything typed in advance; exit code and screen."""
    controller, terminal = pty.openpty()
    os.write(controller, typed.encode())
    process = subprocess.Popen(
        [sys.executable, str(checkout.root / "scripts" / "quickstart.py"), "--no-start"],
        cwd=checkout.root,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "LOGNAME": "root"},
    )
    os.close(terminal)
    screen = b""
    while True:
        try:
            piece = os.read(controller, 4096)
        except OSError:  # Linux says EIO when the last terminal end is closed
            piece = b""
        if not piece:
            break
        screen += piece
    os.close(controller)
    return process.wait(), screen.decode()


def test_at_a_terminal_it_asks(checkout: Checkout) -> None:
    """The name is asked for; the password is chat-admin's to ask, and no word of it is here."""
    code, screen = at_a_terminal(checkout, "bad\njoao\n")
    assert code == 0
    assert screen.count("Name of the first account [owner]: ") == 2
    assert checkout.log()[1:] == [
        "chat-admin add bad --quiet",
        "chat-admin add joao --quiet",
    ]
    assert 'account "joao" made' in screen
    assert screen.count("--user joao") == 1  # one line to copy


@pytest.mark.parametrize(("typed", "code"), [("broken\n", 78), ("\x04", 130)])
def test_at_a_terminal_it_stops(checkout: Checkout, typed: str, code: int) -> None:
    """A failure that another name cannot mend, and Ctrl-D, end it."""
    assert at_a_terminal(checkout, typed)[0] == code


def test_an_account_that_may_log_in_is_shown(checkout: Checkout) -> None:
    """The command to join is for somebody who can."""
    accounts = [{"name": "zed", "disabled": True}, {"name": "eva", "disabled": False}]
    (checkout.root / "accounts.json").write_text(json.dumps(accounts))
    assert "--user eva" in checkout.run("--no-start").stdout


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        *((text, True) for text in ("chat.lan", "vm", "10.0.0.7", "fd00::2", "my_host")),
        *((text, False) for text in ("localhost", "127.0.1.1", "::1", "fe80::1", "0.0.0.0")),
        *((text, False) for text in ("1.2.3", "a b", "", "-a", "a" * 64)),
    ],
)
def test_which_names_others_can_use(text: str, is_good: bool) -> None:
    """Only what means this machine to another one goes into the certificate unasked."""
    assert quickstart.is_reachable(text) is is_good


@pytest.mark.parametrize(
    ("user", "name"),
    [
        *[("ana", "ana"), ("ana.b", "ana_b"), ("ção", "ção"), ("7up", "up"), ("a" * 40, "a" * 16)],
        *[("1000", "owner"), ("Root", "owner"), ("", "owner")],
    ],
)
def test_the_name_of_the_first_account(
    user: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This user's name as far as a chat allows it, and never one that sounds official."""
    monkeypatch.setattr(quickstart.getpass, "getuser", lambda: user)
    assert quickstart.os_name() == name


def test_a_host_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No resolver and no route: the host's own name is all there is."""

    def none(*_arguments: object, **_options: object) -> None:
        raise OSError

    monkeypatch.setattr(quickstart.socket, "gethostname", lambda: "Box")
    monkeypatch.setattr(quickstart.socket, "getaddrinfo", none)
    monkeypatch.setattr(quickstart.socket, "socket", none)
    assert quickstart.this_host() == ["box", "box.local"]
