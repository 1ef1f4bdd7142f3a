"""From a fresh checkout to a running chat: sets up what is missing, then starts the server.

    python3 scripts/quickstart.py

Makes `.venv`, `config.toml` from the example, a private CA and the server's certificate in
`certs/`, and the first account; then says how to join and becomes chat-server. Each step looks
first whether its result is there, and leaves it alone if so: run again, it starts what is there and
changes nothing.

Uses the standard library alone; what needs libraries is done by the programs in `.venv`.
"""

import setup_venv  # isort: skip  # first: it says so if this Python is too old

import argparse
import getpass
import ipaddress
import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from gettext import gettext as _
from pathlib import Path
from typing import Any

ROOT = setup_venv.ROOT
CONFIG = ROOT / "config.toml"
EX_USAGE, EX_DATAERR, EX_CONFIG, EX_INTERRUPT = 2, 65, 78, 130

# Nobody answers at these (RFC 5737, RFC 3849), and a UDP socket sends nothing when it connects: the
# question is only which address of ours the way out would start from.
ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))

# System accounts that are nobody's name in a chat; the server keeps these names to itself.
NO_NAMES = frozenset({"root", "admin", "administrator", "nobody", "system"})


class Stop(Exception):
    """The set-up cannot go on: why ("" if a program said it already), and the exit code."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def main() -> int:
    """All steps in their order; the exit code."""
    options = parser().parse_args()
    here = Path.cwd()
    try:
        setup_venv.ensure("run")
        os.chdir(ROOT)
        make_config(options.host, options.port)
        config = read_config()
        make_certificate(config)
        account = first_account()
        is_first_time = account is None
        if account is None:
            account = make_account()
            make_operator(account)
        # The start screen, which only a terminal has, tells newcomers how; the first one is here.
        if is_first_time or options.no_start or not sys.stdout.isatty():
            join = join_command(config, account, here)
            sys.stdout.write("\n%s\n    %s\n\n" % (_("join with"), join))
            sys.stdout.flush()
        return 0 if options.no_start else start()
    except setup_venv.SetupError as problem:
        return fail(str(problem), setup_venv.EX_UNAVAILABLE)
    except Stop as problem:
        return fail(str(problem), problem.exit_code)
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\n")
        return EX_INTERRUPT


def fail(sentence: str, exit_code: int) -> int:
    """Say what is wrong, if nobody did; the exit code."""
    if sentence:
        sys.stderr.write(
            _("{prog}: error: {sentence}\n").format(prog="quickstart.py", sentence=sentence)
        )
    return exit_code


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    text = _("Set up what is missing, then start the server. Run again, it only starts.")
    top = argparse.ArgumentParser(prog="quickstart.py", description=text)
    top.add_argument("--host", help=_("address to listen on, in a new config.toml (default: all)"))
    top.add_argument("--port", type=int, help=_("port, in a new config.toml (default: 6697)"))
    top.add_argument(
        "--no-start", action="store_true", help=_("set up, and do not start the server")
    )
    return top


def make_config(host: str | None, port: int | None) -> None:
    """Write config.toml from the example, with another address where one is asked for."""
    if CONFIG.exists():
        listener = first_listener(read_config())
        for key, asked in (("host", host), ("port", port)):
            if asked is not None and asked != listener.get(key):
                sentence = _("config.toml is there already; change {key} in its [[listeners]]")
                raise Stop(sentence.format(key=key), EX_USAGE)
        return
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    for key, asked in (("host", host), ("port", port)):
        if asked is not None:
            before, head, after = text.partition("\n[[listeners]]\n")
            value = json.dumps(asked)  # a TOML string is written like a JSON one
            start, found, end = re.split(r"(?m)^(%s = ).*" % key, after, maxsplit=1)
            text = before + head + start + found + value + end
    CONFIG.write_text(text, encoding="utf-8")
    done(_("config.toml made from config.example.toml"))


def read_config() -> dict[str, Any]:
    """The config as it is written; whether it makes sense is for chat-server to say."""
    try:
        return tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Stop("config.toml: %s" % problem, EX_CONFIG) from None


def first_listener(config: dict[str, Any]) -> dict[str, Any]:
    """The first listener for chat-client; the defaults where the config has none."""
    listeners = config.get("listeners") or [{}]
    default = {"host": "*", "port": 6697, "protocol": "irc", "tls": True}
    for listener in listeners:
        found = {**default, **listener}
        if found["protocol"] == "irc" and found["tls"]:
            return found
    return default


def has_own_certificate(config: dict[str, Any]) -> bool:
    """Whether the config means the certificate that is made here."""
    cert = config.get("tls", {}).get("cert", "certs/server.pem")
    return Path(cert) == Path("certs/server.pem")


def make_certificate(config: dict[str, Any]) -> None:
    """Make a CA and the server's certificate, if the config expects them in certs/ and none is."""
    if Path("certs/server.pem").exists() or not has_own_certificate(config):
        return  # if one from elsewhere is missing, chat-server says what to do
    host = first_listener(config)["host"]
    names = dict.fromkeys([*this_host(), *([] if is_anywhere(host) else [host])])
    command = [str(setup_venv.python()), "scripts/mkcert.py", "server", *(names or ["localhost"])]
    utf8 = {**os.environ, "PYTHONUTF8": "1"}
    made = subprocess.run(command, stdout=subprocess.PIPE, env=utf8)
    if made.returncode:
        raise Stop("", made.returncode)
    # The receipt; what comes next is our own business here.
    sys.stdout.write(made.stdout.decode("utf-8", "replace").split("\n\n")[0].rstrip() + "\n")
    sys.stdout.flush()


def is_anywhere(host: str) -> bool:
    """Whether this listens on all addresses, so that it is none to connect to."""
    return host in ("", "*", "0.0.0.0", "::")


def this_host() -> list[str]:
    """The names and addresses by which others may reach this machine, as far as it knows them."""
    name = socket.gethostname().lower()
    found = [name]
    try:
        for *_kind, canonical, address in socket.getaddrinfo(
            name, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME
        ):
            found += [canonical.lower(), str(address[0])]
    except OSError:
        pass  # a name that only this machine knows
    for family, elsewhere in ELSEWHERE:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((elsewhere, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:
            pass  # no network of this kind
    if "." not in name:
        found.append(name + ".local")  # how other machines find it without a name server (mDNS)
    return [text for text in dict.fromkeys(found) if is_reachable(text)]


def is_reachable(text: str) -> bool:
    """Whether others can connect by this: a host name, or an address that is not ours alone."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        label = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
        pattern = r"(%s\.)*(?!\d+$)%s" % (label, label)
        return text != "localhost" and bool(re.fullmatch(pattern, text))
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def chat_admin(*words: str) -> list[str]:
    """The command line of chat-admin with our config."""
    return [str(setup_venv.command("chat-admin")), "--config", str(CONFIG), *words]


def first_account() -> str | None:
    """The name of an account that can log in; None if there is no account at all."""
    listed = subprocess.run(chat_admin("list", "--json"), stdout=subprocess.PIPE)
    if listed.returncode:
        raise Stop("", listed.returncode)
    accounts = json.loads(listed.stdout)
    usable = [account for account in accounts if not account.get("disabled")] or accounts
    return str(usable[0]["name"]) if usable else None


def make_account() -> str:
    """Make the first account: a person says who, or it gets this user's name and a new password."""
    name = os_name()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        made = subprocess.run(
            chat_admin("add", name, "--generate", "--quiet"), stdout=subprocess.PIPE
        )
        if made.returncode:
            raise Stop("", made.returncode)
        password = made.stdout.decode("utf-8", "replace").strip()
        done(_("password of {name}: {password}").format(name=name, password=password))
        return name
    while True:
        asked = input(_("Name of the first account [{name}]: ").format(name=name)).strip() or name
        made = subprocess.run(chat_admin("add", asked, "--quiet"))  # how to join, we say
        if made.returncode == 0:
            done(_('account "{name}" made').format(name=asked))
            return asked
        if made.returncode != EX_DATAERR:  # anything but a name that is refused
            raise Stop("", made.returncode)


def make_operator(account: str) -> None:
    """Let who set this up look after the rooms: without an operator nobody manages the lobby."""
    name = json.dumps(account, ensure_ascii=False)  # a TOML key may be written like a JSON text
    table = "\n[operators.%s]\naccount = %s\n" % (name, name)
    if "operators" not in read_config():
        with CONFIG.open("a", encoding="utf-8") as file:
            file.write(table)


def os_name() -> str:
    """This user's name, made fit for a chat."""
    try:
        name = re.sub(r"[^\w-]", "_", getpass.getuser()).lstrip("0123456789-_")
    except (KeyError, OSError, ImportError):  # a user id without a name, as in some containers
        name = ""
    return "owner" if not name or name.lower() in NO_NAMES else name[:16]


def join_command(config: dict[str, Any], account: str, here: Path) -> str:
    """What to type in another terminal, in the folder `here`, to be in the chat."""
    listener = first_listener(config)
    host = "localhost" if is_anywhere(listener["host"]) else listener["host"]
    port = listener["port"] or _("PORT")  # 0 is any free port: the server will say which
    words = [shortest(setup_venv.command("chat-client"), here), "--tls", host, str(port)]
    # A certificate from elsewhere is a public one, also where a ca.pem of before lies about.
    if has_own_certificate(config) and (ROOT / "certs" / "ca.pem").exists():
        words += ["--ca", shortest(ROOT / "certs" / "ca.pem", here)]
    return " ".join([*words, "--user", account])


def shortest(path: Path, here: Path) -> str:
    """The path from `here` if it is below, else in full."""
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def start() -> int:
    """Become chat-server: signals and exit code are its own. Returns only on Windows."""
    command = [str(setup_venv.command("chat-server")), "--config", str(CONFIG)]
    if os.name != "nt":
        os.execv(command[0], command)
    with subprocess.Popen(command) as server:
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                pass  # the server got it as well, and is stopping


def done(sentence: str) -> None:
    """A line about something that is there now."""
    mark = "\u2713" if "utf" in (sys.stdout.encoding or "").lower() else "ok:"
    sys.stdout.write("%s %s\n" % (mark, sentence))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
