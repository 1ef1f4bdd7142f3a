"""The start screen: what is loaded from where, where the server listens, how to join, how to stop.

Called by `__main__` once the ports are open, and by `--check` without them. At a terminal it is one
screen on stdout. Elsewhere each fact is a line of the log; the `listening ...` lines are printed to
stdout in every case, exactly so, because scripts and tests read them.
"""

import ipaddress
import os
import shlex
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _, ngettext
from pathlib import Path

from server.config import Config, is_loopback
from server.journal import Journal
from server.net.tls import CertificateFacts

FILES_SPARE = 64
"""Open files besides connections: listeners, the database, the password file, wake-ups, reloads."""

BCRYPT_COST_WISE = 10
"""Below it a stolen password file is guessed too fast; OWASP's lower bound."""

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class BoundListener:
    """Where the server listens; `port` is the real one, and `host` "*" every address."""

    protocol: str
    tls: bool
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol} {'tls' if self.tls else 'plain'} {host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the start screen tells, gathered before it is written."""

    version: str
    pid: int
    config: Config
    accounts: int
    certificate: CertificateFacts | None
    """None where no listener speaks TLS."""
    ca: Path | None
    """The private CA's certificate, to give to people who join."""
    files_max: int | None
    """RLIMIT_NOFILE; None where there is none."""
    now: datetime


@dataclass(frozen=True, slots=True)
class StartWarning:
    """One thing an operator should know: for the log, and as a sentence with what to do."""

    event: str
    fields: dict[str, object]
    text: str


def print_screen(facts: Facts, listeners: Sequence[BoundListener]) -> None:
    """The start screen, for a person."""
    lines = [*_facts_lines(facts), ""]
    lines += [f"listening {listener}" for listener in listeners]
    lines += ["", *_join_lines(facts, listeners), f"  {_('stop'):20} {_('Ctrl-C')}"]
    write_out(lines)


def print_check(facts: Facts, listeners: Sequence[BoundListener]) -> None:
    """The same of a server that is not started: `--check`."""
    lines = [*_facts_lines(facts), ""]
    # Not "listening", which scripts wait for.
    lines += [_("would listen %s") % listener for listener in listeners]
    write_out(lines)


def log_start(facts: Facts, listeners: Sequence[BoundListener], journal: Journal) -> None:
    """The same facts, one log line each, and the `listening` lines on stdout."""
    config, certificate = facts.config, facts.certificate
    journal.info("starting", version=facts.version, pid=facts.pid)
    journal.info("config_loaded", path=config.path)
    journal.info("accounts_loaded", path=config.accounts.file, accounts=facts.accounts)
    if certificate is not None:
        journal.info(
            "certificate_loaded",
            path=config.tls.cert,
            names=certificate.names,
            issuer=certificate.issuer,
            not_after=certificate.not_after.isoformat(),
            fingerprint=certificate.fingerprint,
            pin=certificate.pin,
        )
    for warning in warnings_of(facts):
        journal.warning(warning.event, **warning.fields)
    for each in listeners:
        journal.info(
            "listening", protocol=each.protocol, tls=each.tls, host=each.host, port=each.port
        )
    write_out([f"listening {listener}" for listener in listeners])


def write_out(lines: Sequence[str]) -> None:
    """Print `lines` to stdout, flushed. A reader that has gone is no reason not to serve."""
    try:
        encoding = sys.stdout.encoding or "utf-8"
        text = "".join(f"{line}\n" for line in lines)
        # With LANG=C a name in another script is shown escaped, rather than the start ended.
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError:
        # Python would flush once more when it exits, fail, and change the exit code to 120.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the exit


def warnings_of(facts: Facts) -> list[StartWarning]:
    """Everything that works now and will hurt later."""
    return [*_account_warnings(facts), *_certificate_warnings(facts), *_system_warnings(facts)]


def _account_warnings(facts: Facts) -> Iterator[StartWarning]:
    accounts = facts.config.accounts
    if facts.accounts == 0 and accounts.required:
        text = _("no accounts yet: nobody can log in. Make one: %s")
        command = f"{_command('chat-admin')}{_config_option(facts.config)} add ana"
        yield StartWarning("no_accounts", {"path": accounts.file}, text % command)
    if accounts.bcrypt_cost < BCRYPT_COST_WISE:
        text = _("accounts.bcrypt_cost = %d is for tests only: a stolen file is guessed fast")
        fields: dict[str, object] = {"cost": accounts.bcrypt_cost}
        yield StartWarning("bcrypt_cost_low", fields, text % accounts.bcrypt_cost)


def _certificate_warnings(facts: Facts) -> Iterator[StartWarning]:
    certificate, path = facts.certificate, facts.config.tls.cert
    if certificate is None:
        return
    if certificate.warn_days(facts.now) is not None:
        left = certificate.days_left(facts.now)
        text = _("the certificate expires on %(day)s, in %(left)d days. Renew it: %(command)s")
        day, command = certificate.not_after.date(), "python3 scripts/mkcert.py renew"
        fields: dict[str, object] = {"path": path, "days": left}
        text %= {"day": day, "left": left, "command": command}
        yield StartWarning("certificate_expires", fields, text)
    if not certificate.names:
        text = _("the certificate has no names (subjectAltName): clients will not accept it")
        yield StartWarning("certificate_has_no_names", {"path": path}, text)


def _system_warnings(facts: Facts) -> Iterator[StartWarning]:
    config = facts.config
    needed = config.limits.connections_max + FILES_SPARE
    if facts.files_max is not None and facts.files_max < needed:
        text = _("this process may open %(max)d files; limits.connections_max needs %(needed)d")
        hint = _("raise it (ulimit -n %(needed)d; LimitNOFILE= in systemd), or lower the limit")
        fields: dict[str, object] = {"max": facts.files_max, "needed": needed}
        yield StartWarning("files_max_low", fields, f"{text}: {hint}" % fields)
    if mode := _others_may(config.path):
        has_hash = any(operator.hash for operator in config.operators.values())
        if mode & stat.S_IWOTH or (has_hash and mode & stat.S_IROTH):
            text = _("every user of this computer may read or change %(path)s: chmod 600 %(path)s")
            fields = {"path": config.path}
            yield StartWarning("config_too_open", fields, text % {"path": config.path})


def _others_may(path: Path) -> int:
    """The permission bits for everybody else; 0 where there are no such things."""
    if os.name != "posix":
        return 0
    try:
        return path.stat().st_mode & stat.S_IRWXO
    except OSError:
        return 0


def _facts_lines(facts: Facts) -> Iterator[str]:
    config = facts.config
    yield f"chat-server {facts.version} ({_('pid')} {facts.pid})"
    yield _row(_("config"), str(config.path))
    count = ngettext("%d account", "%d accounts", facts.accounts) % facts.accounts
    yield _row(_("accounts"), f"{config.accounts.file}, {count}")
    yield _row(_("data"), str(config.server.data))
    if facts.certificate is not None:
        yield from _certificate_lines(facts.certificate, facts.now)
    for warning in warnings_of(facts):
        yield f"! {warning.text}"


def _certificate_lines(certificate: CertificateFacts, now: datetime) -> Iterator[str]:
    yield _row(_("certificate"), ", ".join(certificate.names) or certificate.subject)
    text = _('issued by "%(issuer)s", expires %(day)s, in %(left)d days')
    fields = {"issuer": certificate.issuer, "day": certificate.not_after.date()}
    yield _row("", text % {**fields, "left": certificate.days_left(now)})
    # Of the key, as chat-client asks people to compare it; it survives a renewal.
    yield _row(_("fingerprint"), certificate.pin)


def _row(title: str, value: str) -> str:
    return f"  {title:11} {value}"


def _join_lines(facts: Facts, listeners: Sequence[BoundListener]) -> Iterator[str]:
    for listener in listeners:
        here = _name_for_here(facts, listener)
        yield f"  {_('join from here'):20} {_join_command(facts, listener, here)}"
        away = _name_for_others(facts, listener)
        if away:
            yield f"  {_('from elsewhere'):20} {_join_command(facts, listener, away)}"


def _name_for_here(facts: Facts, listener: BoundListener) -> str:
    """How to call this server from this machine, so that the certificate fits where possible."""
    if listener.host not in ("*", "0.0.0.0", "::", *_LOCAL_NAMES):
        return listener.host
    if not listener.tls or facts.certificate is None:
        return "localhost" if listener.host == "*" else listener.host
    names = [*_names(facts.certificate), "localhost"]
    return next((name for name in _LOCAL_NAMES if name in names[:-1]), names[0])


def _name_for_others(facts: Facts, listener: BoundListener) -> str | None:
    """How others call it: the first name in the certificate that is not this machine's alone."""
    if is_loopback(listener.host) or facts.certificate is None:
        return None
    names = _names(facts.certificate)
    return next((name for name in names if not is_loopback(name)), None)


def _names(certificate: CertificateFacts) -> list[str]:
    """The names that can be connected to: a wildcard cannot."""
    return [name for name in certificate.names if not name.startswith("*.")]


def _join_command(facts: Facts, listener: BoundListener, host: str) -> str:
    ca = "" if facts.ca is None else shlex.quote(shortest(facts.ca))
    host = shlex.quote(host)
    if listener.protocol == "irc":
        if not listener.tls:
            return f"{_command('chat-client')} --no-tls {host} {listener.port}"
        return f"{_command('chat-client')} --tls {host} {listener.port}" + (ca and f" --ca {ca}")
    where = f"[{host}]:{listener.port}" if ":" in host else f"{host}:{listener.port}"
    if listener.protocol == "websocket":
        return f"{'wss' if listener.tls else 'ws'}://{where}"
    if not listener.tls:
        return f"nc {host} {listener.port}"
    trust = ca and f" -CAfile {ca}"
    name = "-verify_ip" if _is_address(host) else "-verify_hostname"  # the chain alone is anybody's
    check = f"-verify_return_error {name} {host}"
    return f"openssl s_client -quiet{trust} {check} -connect {where}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _command(name: str) -> str:
    """How to call another of our commands: by name if the shell finds it, else where it lies."""
    beside = Path(sys.executable).parent / name
    if shutil.which(name) is None and beside.exists():
        return shlex.quote(shortest(beside))
    return name


def _config_option(config: Config) -> str:
    """The option that leads chat-admin to the same accounts; empty when it finds them alone."""
    if config.path == Path.cwd() / "config.toml":
        return ""
    return f" --config {shlex.quote(shortest(config.path))}"


def shortest(path: Path) -> str:
    """`path` from here when it is below this folder, else whole: to be copied into a shell."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
