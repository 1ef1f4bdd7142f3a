"""The wiring: makes every part, starts them in order, watches signals and files, stops in the other
order.

Runs on the main thread. Theory of operation: signals only write a byte into a socket pair that the
main thread waits for (`signal.set_wakeup_fd`), so nothing ever happens inside a signal handler.
Once a second it looks whether the password file or the certificate changed.

Stopping: the door closes; the hub tells everyone and lets them go; the io threads send what is
queued, for a few seconds at most; then the process ends. A second signal ends it at once.
"""

from __future__ import annotations

import contextlib
import secrets
import selectors
import signal
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import fields
from gettext import gettext as _
from importlib.metadata import PackageNotFoundError, version
from types import FrameType

from irc.names import nick_key
from server.accounts.passwd import PasswordFile
from server.accounts.verifier import Outcome, Verdict, Verifier
from server.banner import BoundListener
from server.config import Config
from server.core.effects import CheckOperator, CheckPassword
from server.core.events import (
    AccountsRevoked,
    Check,
    Dialect,
    Event,
    PasswordChecked,
    ServerStopping,
)
from server.core.settings import Operator, Settings
from server.core.world import World
from server.hub import Hub
from server.journal import Journal
from server.log.store import NoLog
from server.net.door import Door, Listener
from server.net.limits import NetLimits
from server.net.loop import Loop
from server.net.tls import ContextBox

LISTEN_BACKLOG = 512
"""Connections the kernel keeps for the door. More than a herd of returning clients."""

STOP_TIMEOUT_S = 5.0
"""How long a stop waits for peers to read their last words."""

WATCH_INTERVAL_S = 1.0
"""How often the password file and the certificate are looked at."""


class PortInUse(Exception):
    """A listener's address is taken, or may not be used."""

    def __init__(self, host: str, port: int, reason: OSError) -> None:
        super().__init__(host, port, reason)
        self.host = host
        self.port = port
        self.reason = reason


def settings_of(config: Config, created_at_ms: int) -> Settings:
    """What the core needs to know of the config."""
    limits = {
        field.name: getattr(config.limits, field.name)
        for field in fields(Settings)
        if hasattr(config.limits, field.name)
    }
    operators = {
        name: Operator(
            name, nick_key(operator.account) if operator.account else None, operator.hash
        )
        for name, operator in config.operators.items()
    }
    return Settings(
        server_name=config.server.name,
        network=config.server.network,
        version=f"tlschat-{_version()}",
        created_at_ms=created_at_ms,
        motd=tuple(config.server.motd.splitlines()),
        accounts_required=config.accounts.required,
        nick_policy=config.accounts.nick,
        sessions_max=config.accounts.sessions_max,
        default_rooms=tuple(config.rooms.default),
        operators=operators,
        **limits,
    )


def net_limits_of(config: Config) -> NetLimits:
    """What the network side needs to know of the config."""
    names = [field.name for field in fields(NetLimits)]
    return NetLimits(**{name: getattr(config.limits, name) for name in names})


def _version() -> str:
    try:
        return version("tlschat")
    except PackageNotFoundError:
        return "0"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; `*` is every IPv4 and IPv6 address.

    Raises:
        PortInUse: Somebody has the port, or the address is not this machine's.
    """
    wants_all = host == "*"
    has_both = wants_all and socket.has_dualstack_ipv6()
    address = ("::" if has_both else "0.0.0.0") if wants_all else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        if not wants_all:
            family, _kind, _proto, _name, where = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            address = str(where[0])
        sock = socket.create_server(
            (address, port), family=family, backlog=LISTEN_BACKLOG, dualstack_ipv6=has_both
        )
    except OSError as error:
        raise PortInUse(host, port, error) from error
    sock.setblocking(False)
    return sock


class App:
    """One running server. Owner: the main thread."""

    def __init__(self, config: Config, contexts: ContextBox | None, journal: Journal) -> None:
        """Makes every part and binds every port; starts nothing.

        Raises:
            PortInUse: A listener's address cannot be had; what was bound is closed again.
        """
        self._journal = journal
        self._contexts = contexts
        sys.setswitchinterval(config.tuning.switch_interval_ms / 1000)
        accounts, limits = config.accounts, config.limits
        self._verifier = Verifier(
            PasswordFile(accounts.file),
            threads=accounts.bcrypt_threads,
            queue_max=accounts.bcrypt_queue_max,
            cost=accounts.bcrypt_cost,
            delay_s=limits.login_delay_s,
            delay_max_s=limits.login_delay_max_s,
        )
        self._released: deque[str] = deque()
        self.failure: Exception | None = None
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._is_stopping = threading.Event()
        self._hub = Hub(
            World(settings_of(config, int(time.time() * 1000))),
            NoLog(),
            run_id=secrets.token_hex(5),
            check=self._check,
            on_bug=self._note_bug,
            on_failure=self._fail,
        )
        net_limits = net_limits_of(config)
        self._loops = [
            Loop(f"io-{number}", self._hub, net_limits, self._released)
            for number in range(config.tuning.io_threads)
        ]
        self._listeners = self._bind_all(config)
        self._door = Door(
            self._listeners, self._context, self._loops, net_limits, journal.info, self._released
        )

    @property
    def bound(self) -> list[BoundListener]:
        """Where the server listens, with the ports that port 0 became."""
        return [
            BoundListener(
                listener.dialect.value,
                listener.tls,
                "*"
                if listener.sock.getsockname()[0] in ("::", "0.0.0.0")
                else listener.sock.getsockname()[0],
                listener.sock.getsockname()[1],
            )
            for listener in self._listeners
        ]

    def run(self, on_ready: Callable[[list[BoundListener]], None]) -> bool:
        """Serve until a signal; whether it ended well."""
        self._catch_signals()
        self._hub.start(self._loops)
        for loop in self._loops:
            loop.start()
        self._door.start()
        on_ready(self.bound)
        try:
            self._watch()
        finally:
            self._stop()
        return self.failure is None

    def _bind_all(self, config: Config) -> list[Listener]:
        bound: list[Listener] = []
        try:
            for listener in config.listeners:
                sock = bind(listener.host, listener.port)
                bound.append(Listener(sock, Dialect(listener.protocol), listener.tls))
        except PortInUse:
            for each in bound:
                each.sock.close()
            raise
        return bound

    def _context(self) -> ssl.SSLContext:
        assert self._contexts is not None, "a TLS listener without a certificate"
        return self._contexts.current()

    # Watching.

    def _catch_signals(self) -> None:
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Nothing: `set_wakeup_fd` has already written the number."""

    def _watch(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            while self.failure is None:
                if selector.select(WATCH_INTERVAL_S):
                    numbers = set(self._wake_read.recv(64))
                    if numbers & {signal.SIGINT, signal.SIGTERM}:
                        return
                    if hasattr(signal, "SIGHUP") and signal.SIGHUP in numbers:
                        self._reload_certificate(forced=True)
                self._reload_accounts()
                self._reload_certificate(forced=False)
                self._journal.tick()

    def _reload_accounts(self) -> None:
        gone = self._verifier.reload_if_changed()
        if gone:
            self._journal.info("accounts_revoked", accounts=sorted(gone))
            self._hub.put([AccountsRevoked(gone)])

    def _reload_certificate(self, *, forced: bool) -> None:
        contexts = self._contexts
        if contexts is None or not (forced or contexts.has_changed()):
            return
        problem = contexts.reload()
        if problem is None:
            self._journal.info("certificate_reloaded", expires=f"{contexts.facts.not_after:%Y-%m-%d}")
        else:
            self._journal.error("certificate_kept", reason=problem.reason)

    # Passwords.

    def _check(self, effect: CheckPassword | CheckOperator) -> None:
        def reply(verdict: Verdict) -> None:
            operator = effect.operator if isinstance(effect, CheckOperator) else ""
            outcome = _OUTCOMES[verdict.outcome]
            if outcome is not Check.OK:
                self._journal.info("login_" + outcome.value, address=effect.address)
            self._hub.put(
                [
                    PasswordChecked(
                        effect.session,
                        outcome,
                        verdict.account or "",
                        verdict.retry_after_s,
                        operator,
                    )
                ]
            )

        if isinstance(effect, CheckOperator):
            self._verifier.verify_hash(effect.password, effect.hash, reply)
        else:
            self._verifier.submit(effect.account, effect.password, effect.address, reply)

    # Failing and stopping.

    def _note_bug(self, event: Event, error: Exception) -> None:
        self._journal.exception("bug", error, kind=type(event).__name__)

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self._journal.exception("hub_failed", error)
        with contextlib.suppress(OSError):
            self._wake_write.send(b"\0")

    def _stop(self) -> None:
        self._journal.info("stopping")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._door.stop()
        if self.failure is None:
            self._hub.put([ServerStopping(_("The server is stopping"))])
            self._hub.join(STOP_TIMEOUT_S)
        for loop in self._loops:
            loop.stop()
        deadline_s = time.monotonic() + STOP_TIMEOUT_S
        for loop in self._loops:
            loop.join(max(0.0, deadline_s - time.monotonic()))
        self._verifier.close()
        signal.set_wakeup_fd(-1)
        self._wake_read.close()
        self._wake_write.close()
        self._journal.info("stopped")


_OUTCOMES = {Outcome.OK: Check.OK, Outcome.WRONG: Check.WRONG, Outcome.BUSY: Check.BUSY}
