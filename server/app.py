"""One running server: starts the parts in order, watches signals and files, and stops them again.

Runs on the main thread. Theory of operation: signals only write a byte into a socket pair that the
main thread waits for (`signal.set_wakeup_fd`), so nothing ever happens inside a signal handler.
Once a second it looks whether the password file or the certificate changed. SIGHUP, and an operator
with REHASH, make it read the config again.

Stopping: the door closes; the hub tells everyone and lets them go; the io threads send what is
queued, for a few seconds at most; then the process ends. A second signal ends it at once. A thread
that dies of a bug stops the process the same way, with exit code 1.
"""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import selectors
import signal
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import FrameType

from server import administering
from server.banner import BoundListener
from server.config import Config
from server.control import Control, NoControl
from server.core.effects import Effect, Outgoing, ReadHistory, Rehash
from server.core.events import (
    Event,
    Rehashed,
    ServerStopping,
    SessionId,
    SettingsLoaded,
)
from server.core.facts import Fact
from server.core.history_answer import answer, excuse
from server.core.world import World
from server.hub import Hub
from server.journal import Journal
from server.log.sqlite import SqliteLog
from server.log.store import MessageReader
from server.net.door import Door
from server.net.loop import Loop
from server.net.tls import ContextBox, utc_now
from server.observing import observe
from server.reader import Reader
from server.registrar import Registrar
from server.reloading import reload
from server.wiring import (
    PortInUse,
    bind_all,
    net_limits_of,
    open_log,
    open_reader,
    retention_of,
    settings_of,
)

STOP_TIMEOUT_S = 5.0
"""How long a stop waits for peers to read their last words."""

WATCH_INTERVAL_S = 1.0
"""How often the password file and the certificate are looked at."""

EXPIRY_INTERVAL_S = 86_400.0
"""How often a certificate that is about to end is mentioned in the log."""


class App:
    """One running server. Owner: the main thread."""

    def __init__(self, config: Config, contexts: ContextBox | None, journal: Journal) -> None:
        """Binds every port and makes every part; nothing runs yet but the password checkers.

        Raises:
            LogUnusable: The history cannot be opened, or is damaged.
            PortInUse: A listener's address cannot be had; nothing is left open.
        """
        log = open_log(config)
        try:
            self._listeners = bind_all(config)
        except PortInUse:
            log.close()
            raise
        self._config = config
        self._log = log
        self._retention = retention_of(config)
        self._askers: deque[SessionId] = deque()
        self._journal = journal
        self._contexts = contexts
        self.failure: BaseException | None = None
        sys.setswitchinterval(config.tuning.switch_interval_ms / 1000)
        self._settings = settings_of(config, int(time.time() * 1000))
        self._registrar = Registrar(
            config, self._settings, journal, lambda events: self._hub.put_at_once(events)
        )
        self._reader = Reader(
            lambda: open_reader(config),
            self._answer,
            self._excuse,
            self._post,
            journal.warning,
            self._fail,
        )
        world = World(self._registrar.settings)
        self._hub = Hub(
            world,
            log,
            run_id=secrets.token_hex(5),
            check=self._registrar.check,
            ask=self._reader.ask,
            rehash=self._want_rehash,
            tell_reader=self._reader.hear,
            observe=self._observe,
            on_bug=self._note_bug,
            on_failure=self._fail,
            on_full=self._note_full,
        )
        self._numbers_found = tuple(world.sequences.values()) if config.history.keep else None
        released: deque[str] = deque()
        net_limits = net_limits_of(config)
        self._loops = [
            Loop(f"io-{number}", self._hub, net_limits, released)
            for number in range(config.tuning.io_threads)
        ]
        self._door = Door(
            self._listeners, self._context, self._loops, net_limits, journal.info, released
        )
        self._control = self._open_control(config)
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._expiry_at_s = time.monotonic() + EXPIRY_INTERVAL_S
        self._had_terminal = hasattr(os, "tcgetpgrp") and sys.stdout.isatty()

    @property
    def bound(self) -> list[BoundListener]:
        """Where the server listens, with the ports that port 0 became."""
        names = [listener.sock.getsockname()[:2] for listener in self._listeners]
        return [
            BoundListener(
                listener.protocol,
                listener.tls,
                "*" if host in ("::", "0.0.0.0") else host,
                port,
            )
            for listener, (host, port) in zip(self._listeners, names, strict=True)
        ]

    def run(self, on_ready: Callable[[list[BoundListener]], None]) -> bool:
        """Serve until a signal; whether it ended well."""
        self._catch_signals()
        threading.excepthook = self._thread_died
        gc.collect()
        gc.freeze()  # what is here stays for ever: the collector need not walk it again and again
        self._hub.start(self._loops)
        if self._control is not None:
            self._control.start()
        self._reader.start()
        for loop in self._loops:
            loop.start()
        self._door.start()
        on_ready(self.bound)
        self._mention_history()
        try:
            self._watch()
        finally:
            self._stop()
        return self.failure is None

    def _open_control(self, config: Config) -> Control | None:
        try:
            return Control(config.server.data, administering.handlers(self._hub.put))
        except NoControl as problem:
            self._journal.warning("control_off", reason=str(problem))
            return None

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
                        if self._has_lost_terminal():
                            return
                        self._rehash()
                    elif self._askers:
                        self._rehash()
                self._registrar.look()
                self._reload_certificate(forced=False)
                self._mention_expiry()
                self._journal.tick()

    def _has_lost_terminal(self) -> bool:
        """Whether SIGHUP came because the window that we were started in was closed."""
        if not self._had_terminal:
            return False
        try:
            os.tcgetpgrp(sys.stdout.fileno())
        except (OSError, ValueError):
            return True
        return False

    def _want_rehash(self, effect: Rehash) -> None:
        """On the hub's thread: the main thread does it."""
        self._askers.append(effect.session)
        self._wake()

    def _rehash(self) -> None:
        """Read config and certificate again, and tell whoever asked what came of it."""
        self._reload_certificate(forced=True)
        outcome = reload(self._config)
        if outcome.problems:
            self._journal.error("config_kept", reason="; ".join(outcome.problems))
        else:
            self._config = outcome.config
            names = {"changed": outcome.changed, "after_restart": outcome.kept}
            self._journal.info("config_reloaded", **names)
        if outcome.changed:
            config = outcome.config
            self._journal.configure(config.log.level, config.log.format)
            self._retention = retention_of(config)
            self._settings = settings_of(config, self._settings.created_at_ms)
            self._registrar.load(config, self._settings)
        lines = tuple(outcome.lines())
        while self._askers:
            self._hub.put([Rehashed(self._askers.popleft(), lines)])

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_write.send(b"\0")

    def _reload_certificate(self, *, forced: bool) -> None:
        contexts = self._contexts
        if contexts is None or not (forced or contexts.has_changed()):
            return
        problem = contexts.reload()
        if problem is None:
            expires = f"{contexts.facts.not_after:%Y-%m-%d}"
            self._journal.info("certificate_loaded", expires=expires)
        else:
            self._journal.error("certificate_kept", reason=problem.reason)

    def _mention_expiry(self) -> None:
        """Once a day, say that the certificate is about to end."""
        if self._contexts is None or time.monotonic() < self._expiry_at_s:
            return
        self._expiry_at_s = time.monotonic() + EXPIRY_INTERVAL_S
        facts = self._contexts.facts
        if facts.warn_days(utc_now()) is not None:
            self._journal.warning("certificate_ends", days_left=facts.days_left(utc_now()))

    def _mention_history(self) -> None:
        """Say what the start has found, so that somebody sees it when messages are gone.

        `messages` counts what was ever accepted, also what was let go since.
        """
        found = self._numbers_found
        if found is not None:
            self._journal.info("history_opened", conversations=len(found), messages=sum(found))

    # What the hub asks for, and tells.

    def _answer(self, question: ReadHistory, reader: MessageReader) -> list[Outgoing]:
        """On the reader's thread."""
        return answer(question, reader, self._settings.server_name)

    def _excuse(self, question: ReadHistory) -> Outgoing:
        """For a question that cannot be answered, or is one too many."""
        return excuse(question, self._settings.server_name)

    def _post(self, effects: Sequence[Effect]) -> None:
        """The reader's answers. Each io thread takes what is for its own sessions."""
        for loop in self._loops:
            loop.post(effects)

    def _observe(self, world: World, event: Event, facts: tuple[Fact, ...]) -> None:
        """On the hub's thread."""
        if isinstance(event, SettingsLoaded) and isinstance(self._log, SqliteLog):
            self._log.retention = self._retention
        observe(self._journal, world, event, facts)

    def _note_bug(self, event: Event, error: Exception) -> None:
        self._journal.exception("bug", error, kind=type(event).__name__)

    def _note_full(self, why: str) -> None:
        if why:
            self._journal.error("history_full", reason=why)
        else:
            self._journal.info("history_has_room")

    # Failing and stopping.

    def _thread_died(self, died: threading.ExceptHookArgs) -> None:
        self._fail(died.exc_value or RuntimeError("a thread died"))

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        self._journal.exception("failed", error)
        self._wake()

    def _stop(self) -> None:
        self._journal.info("stopping")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._door.stop()
        if self._control is not None:
            self._control.stop()
        if self.failure is None:
            self._hub.put([ServerStopping("The server is stopping")])
            self._hub.join(STOP_TIMEOUT_S)
        self._reader.stop()
        for loop in self._loops:
            loop.stop()
        deadline_s = time.monotonic() + STOP_TIMEOUT_S
        for loop in self._loops:
            loop.join(max(0.0, deadline_s - time.monotonic()))
        self._registrar.close()
        threading.excepthook = threading.__excepthook__
        signal.set_wakeup_fd(-1)
        self._wake_read.close()
        self._wake_write.close()
        self._journal.info("stopped")
