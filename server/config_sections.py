"""The sections of the config: every setting declared once, with type, default, bounds and docs.

Read by `server.config`, which fills them from a file, and by `server.config_example`, which turns
them into config.example.toml. Frozen values: any thread may read them. A unit is part of a
setting's name: `_s` seconds, `_ms` milliseconds, `_bytes` bytes of UTF-8, `_chars` characters.
"""

# ruff: noqa: RUF009 - setting() makes a dataclass field, as field() does.

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Literal

from server.config_check import setting

BCRYPT_COST_MAX = 14
"""About one second a login on a machine of 2026; more makes every login a denial of service."""

BCRYPT_COST_MIN = 4

# The last digits of salt and digest are not used whole; bcrypt raises on a salt that uses more.
_BCRYPT = re.compile(
    r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]"
)
_SERVER_NAME = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NETWORK = re.compile(r"[\w.-]{1,32}")
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """`host` as an address, or None when it is a name or "*"."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    address = address_of(host)
    return host == "localhost" if address is None else address.is_loopback


def _server_name(name: str) -> str | None:
    # The dot is how clients tell a server from a nick in a message's source.
    if _SERVER_NAME.fullmatch(name):
        return None
    return _(
        'must be letters, digits, "-" and at least one ".", as in chat.local, at most 63 characters'
    )


def _network(name: str) -> str | None:
    return None if _NETWORK.fullmatch(name) else _("must be one word of at most 32 characters")


def _motd(text: str) -> str | None:
    return None if len(text.encode()) <= 8192 else _("must be at most 8192 bytes")


def _path(path: str | Path) -> str | None:
    return None if str(path) else _("must name a file or folder")


def _host(host: str) -> str | None:
    if host == "*" or address_of(host) is not None or _HOST_NAME.fullmatch(host):
        return None
    return _('must be "*", an address such as 127.0.0.1 or ::1, or a host name')


def _bcrypt_hash(text: str) -> str | None:
    found = _BCRYPT.fullmatch(text)
    if not text or (found and BCRYPT_COST_MIN <= int(found[1]) <= BCRYPT_COST_MAX):
        return None
    limits = {"low": BCRYPT_COST_MIN, "high": BCRYPT_COST_MAX}
    return _("must be a bcrypt hash of cost %(low)d to %(high)d, as in $2b$12$...") % limits


def _rooms(names: tuple[str, ...]) -> str | None:
    if not 1 <= len(names) <= 20:
        return _("must have 1 to 20 rooms")
    return None


@dataclass(frozen=True, slots=True)
class Server:
    """[server]"""

    name: str = setting(
        "chat.local",
        "What the server calls itself to clients; usually its host name.",
        check=_server_name,
    )
    network: str = setting(
        "tlschat", "The name of the chat as clients show it; one word.", check=_network
    )
    motd: str = setting(
        "",
        'The message of the day, shown after login; several lines in """three quotes""".',
        check=_motd,
        is_multi_line=True,
    )
    data: Path = setting(
        Path("data"),
        "Folder for what the server writes; made when it is missing.",
        check=_path,
    )


@dataclass(frozen=True, slots=True)
class Listener:
    """[[listeners]]: one address and port that people connect to."""

    host: str = setting(
        "*",
        'Address to listen on; "*" is every IPv4 and IPv6 address of this machine.',
        check=_host,
    )
    port: int = setting(6697, "TCP port; 0 takes a free one and prints it.", low=0, high=65535)
    protocol: Literal["irc", "simple"] = setting(
        "irc", "What is spoken: IRC, or the small dialect for openssl s_client and teaching."
    )
    tls: bool = setting(True, "Encrypt; false only where host is a loopback address.")


@dataclass(frozen=True, slots=True)
class Tls:
    """[tls]"""

    cert: Path = setting(
        Path("certs/server.pem"),
        "The server's certificate, then those of its issuers, as PEM.",
        check=_path,
    )
    key: Path = setting(
        Path("certs/server-key.pem"),
        "Its private key, as PEM; mode 0600. Both files are read again when they change.",
        check=_path,
    )


@dataclass(frozen=True, slots=True)
class Accounts:
    """[accounts]"""

    file: Path = setting(
        Path("passwd"), "The accounts, edited with chat-admin; mode 0600.", check=_path
    )
    required: bool = setting(True, "Only people with an account may come in; false lets guests in.")
    nick: Literal["account", "free"] = setting(
        "account",
        'A nick is the account\'s name ("account") or any but another account\'s ("free").',
    )
    sessions_max: int = setting(
        10, "Connections one account may have at once; 1 is strict.", low=1, high=1000
    )
    bcrypt_cost: int = setting(
        12,
        "Work to check one password, doubling with each step; below 10 is for tests only.",
        low=BCRYPT_COST_MIN,
        high=BCRYPT_COST_MAX,
    )
    bcrypt_threads: int = setting(
        2, "Passwords checked at the same time; at most half the cores is wise.", low=1, high=64
    )
    bcrypt_queue_max: int = setting(
        32, "Logins that may wait for that; more are told to try later.", low=1, high=10_000
    )


@dataclass(frozen=True, slots=True)
class Rooms:
    """[rooms]"""

    default: tuple[str, ...] = setting(
        ("#lobby",), "Rooms that everyone joins at login; the first is the lobby.", check=_rooms
    )


@dataclass(frozen=True, slots=True)
class History:
    """[history]"""

    keep: bool = setting(
        True, "Keep messages in the data folder; false is a chat that remembers nothing."
    )
    keep_days: int = setting(365, "Days a message is kept; 0 is for ever.", low=0, high=36_500)
    room_messages_max: int = setting(
        0, "Messages kept of one room or private exchange; 0 is all.", low=0, high=1 << 40
    )
    min_free_bytes: int = setting(
        67_108_864,
        "With less left on the disk new messages are refused, while the rest goes on.",
        low=0,
        high=1 << 50,
    )
    events: bool = setting(False, "Keep who joined and left as well, for clients that ask.")
    redact_window_s: int = setting(
        0,
        "Seconds in which people may delete what they said; 0 is for ever.",
        low=0,
        high=1 << 31,
    )
    page_max: int = setting(100, "Messages of one page of history.", low=1, high=1000)
    replay_lines: int = setting(
        20,
        "Last messages shown on joining a room to a client that cannot ask for history; 0 is none.",
        low=0,
        high=1000,
    )


@dataclass(frozen=True, slots=True)
class Limits:
    """[limits]"""

    connections_max: int = setting(
        4096, "Connections at once; more are closed at once.", low=1, high=100_000
    )
    connections_per_address_max: int = setting(
        64, "Connections at once from one address (IPv6: one /64).", low=1, high=100_000
    )
    connections_per_address_minute_max: int = setting(
        240, "New connections a minute from one address.", low=1, high=1_000_000
    )
    handshakes_max: int = setting(
        256, "TLS handshakes at once; one more, and the oldest is dropped.", low=1, high=10_000
    )
    handshakes_per_address_max: int = setting(
        32, "TLS handshakes at once from one address.", low=1, high=10_000
    )
    handshake_timeout_s: float = setting(
        10.0, "Seconds for the whole TLS handshake.", low=0.1, high=300
    )
    registration_timeout_s: float = setting(
        60.0, "Seconds from the handshake to being logged in.", low=0.1, high=600
    )
    ping_interval_s: float = setting(
        60.0, "Seconds of silence before a connection is pinged.", low=0.1, high=3600
    )
    ping_timeout_s: float = setting(
        60.0, "Seconds it then has to answer before it is removed.", low=0.1, high=3600
    )
    lines_burst: int = setting(
        20, "Lines a connection may send at once before it is slowed down.", low=1, high=1_000_000
    )
    lines_per_s: float = setting(
        4.0, "Lines a second it may send after that.", low=0.1, high=1_000_000
    )
    inbuf_bytes_max: int = setting(
        16_384,
        "Bytes read from a connection and not yet handled; at it, reading stops for a while.",
        low=4608,
        high=1 << 24,
    )
    outbuf_bytes_max: int = setting(
        262_144,
        "Bytes waiting to be sent to a connection; over it, it is closed as too slow.",
        low=4096,
        high=1 << 28,
    )
    nick_chars_max: int = setting(32, "Characters of a nick.", low=4, high=48)
    user_chars_max: int = setting(12, "Characters of a user name.", low=1, high=64)
    realname_chars_max: int = setting(150, "Characters of a real name.", low=1, high=300)
    room_name_bytes_max: int = setting(64, "Bytes of a room's name.", low=8, high=200)
    topic_bytes_max: int = setting(390, "Bytes of a topic.", low=1, high=400)
    away_bytes_max: int = setting(390, "Bytes of an away message.", low=1, high=400)
    kick_bytes_max: int = setting(390, "Bytes of the reason of a kick.", low=1, high=400)
    simple_line_bytes_max: int = setting(
        2048, "Bytes of a line in the simple protocol; longer is refused.", low=64, high=65_536
    )
    rooms_per_user_max: int = setting(50, "Rooms one user may be in.", low=1, high=100_000)
    members_per_room_max: int = setting(10_000, "Members of a room.", low=1, high=1_000_000)
    rooms_max: int = setting(10_000, "Rooms at once.", low=1, high=1_000_000)
    masks_per_room_max: int = setting(
        100,
        "Entries in each of a room's lists (bans, exceptions, invitations).",
        low=1,
        high=10_000,
    )
    targets_max: int = setting(4, "Receivers named in one command.", low=1, high=100)
    login_attempts_max: int = setting(
        3, "Wrong passwords before the connection is closed.", low=1, high=100
    )
    login_delay_s: float = setting(
        2.0,
        "Seconds an address or account waits after a wrong password; doubles each time.",
        low=0,
        high=60,
    )
    login_delay_max_s: float = setting(15.0, "The longest such wait, in seconds.", low=0, high=600)


@dataclass(frozen=True, slots=True)
class Tuning:
    """[tuning]: measured defaults; docs/performance.md says how."""

    io_threads: int = setting(
        1, "Threads that move bytes; more cost more than they give.", low=1, high=64
    )
    switch_interval_ms: float = setting(
        1.0,
        "Milliseconds a thread runs before another may; less is livelier and slower.",
        low=0.01,
        high=100,
    )


@dataclass(frozen=True, slots=True)
class Operator:
    """[operators.NAME]: who may use OPER as NAME; exactly one of the two is set."""

    account: str = setting("", "The account that is this operator, once logged in.")
    hash: str = setting(
        "", "Or: the bcrypt hash of the password for OPER.", check=_bcrypt_hash, is_secret=True
    )


@dataclass(frozen=True, slots=True)
class Log:
    """[log]"""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "The least important lines to write."
    )
    format: Literal["auto", "human", "json"] = setting(
        "auto", '"human" text, or one "json" object a line; "auto" is "human".'
    )


@dataclass(frozen=True, slots=True)
class Config:
    """Everything one file says; every path in it is absolute."""

    path: Path
    server: Server
    listeners: tuple[Listener, ...]
    tls: Tls
    accounts: Accounts
    rooms: Rooms
    history: History
    limits: Limits
    tuning: Tuning
    operators: Mapping[str, Operator]
    log: Log
