"""From the config to the parts' own settings, and from listeners to sockets. Called by app.py.

Each part gets only what it needs to know, in a frozen value of its own, so that no part can read,
or come to depend on, the rest of the config.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from irc.names import nick_key
from server.config import Config, Listener as ListenerConfig
from server.core.commands import COMMANDS
from server.core.events import Dialect
from server.core.settings import Admin, Operator, Settings
from server.log.connecting import FILE_NAME
from server.log.reader import SqliteReader
from server.log.retention import Retention
from server.log.sqlite import SqliteLog
from server.log.store import MessageLog, MessageReader, NoLog
from server.net.door import Listener
from server.net.limits import NetLimits
from server.net.stream import Stream

DAY_MS = 86_400_000

ADDRESS_KEY_BYTES = 32
"""What BLAKE2s takes as a key."""

LISTEN_BACKLOG = 512
"""Connections the kernel keeps for the door. More than a herd of returning clients."""


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
        sts_days=config.tls.sts_days,
        accounts_required=config.accounts.required,
        nick_policy=config.accounts.nick,
        registration=config.accounts.registration,
        sessions_max=config.accounts.sessions_max,
        default_rooms=tuple(config.rooms.default),
        history_keep=config.history.keep,
        history_events=config.history.events,
        history_page_max=config.history.page_max,
        redact_window_s=config.history.redact_window_s,
        history_replay_lines=config.history.replay_lines,
        operators=operators,
        admin=Admin(config.admin.location, config.admin.organisation, config.admin.email),
        config_name=config.path.name,
        address_key=address_key_of(config.server.data),
        **limits,
    )


def address_key_of(folder: Path) -> bytes:
    """The secret in the data folder that hides guests' addresses; made on the first start.

    It stays, so that a ban of a guest means the same person tomorrow. Half of one, as a crash may
    leave it, hides nothing, and is replaced. The caller holds the folder.
    """
    path = folder / "address.key"
    key = path.read_bytes() if path.exists() else b""
    if len(key) != ADDRESS_KEY_BYTES:
        key = secrets.token_bytes(ADDRESS_KEY_BYTES)
        new = folder / "address.key.new"
        new.unlink(missing_ok=True)  # of somebody who died here
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    return key


def client_ca_of(config: Config) -> Path | None:
    """The CA of clients' certificates, beside the config unless its path is absolute."""
    return config.path.parent / config.tls.client_ca if config.tls.client_ca else None


def net_limits_of(config: Config) -> NetLimits:
    """What the network side needs to know of the config."""
    names = [field.name for field in fields(NetLimits) if field.name != "costs"]
    limits = {name: getattr(config.limits, name) for name in names}
    return NetLimits(**limits, costs=costs_of_commands())


def costs_of_commands() -> Mapping[str, float]:
    """What each command costs of its sender's pace, where that is not one line."""
    costs = {name: command.cost for name, command in COMMANDS.items() if command.cost != 1.0}
    return MappingProxyType(costs)


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


def open_log(config: Config) -> MessageLog:
    """The message log in the data folder, or one that keeps nothing.

    Raises:
        LogUnusable: It cannot be opened, is not ours, or is damaged.
    """
    history = config.history
    if not history.keep:
        return NoLog()
    return SqliteLog(
        config.server.data / FILE_NAME,
        retention=retention_of(config),
        min_free_bytes=history.min_free_bytes,
    )


def retention_of(config: Config) -> Retention:
    """How long messages are kept, and how many."""
    history = config.history
    age_ms_max = history.keep_days * DAY_MS
    return Retention(age_ms_max, history.room_messages_max, history.room_bytes_max)


def open_reader(config: Config) -> MessageReader:
    """A reader of the message log, for one thread. Nobody asks one where nothing is kept."""
    return SqliteReader(config.server.data / FILE_NAME)


def bind_all(config: Config) -> list[Listener]:
    """Every listener of the config, listening.

    Raises:
        PortInUse: One cannot be had; those before it are closed again.
    """
    bound: list[Listener] = []
    try:
        for listener in config.listeners:
            sock = bind(listener.host, listener.port)
            if listener.protocol == "websocket":
                bound.append(_websocket(sock, listener))
            else:
                bound.append(Listener(sock, Dialect(listener.protocol), listener.tls))
    except PortInUse:
        close_all(bound)
        raise
    return bound


def _websocket(sock: socket.socket, listener: ListenerConfig) -> Listener:
    """A listener for IRC over WebSocket. Its library is loaded only where there is one: 45 ms."""
    from server.net import websocket

    def wrap(stream: Stream) -> Stream:
        return websocket.WebSocketStream(stream, listener.origins)

    return Listener(sock, Dialect.IRC, listener.tls, wrap, websocket.HTTPS_ONLY)


def close_all(listeners: Sequence[Listener]) -> None:
    """Listen no more."""
    for listener in listeners:
        listener.sock.close()
