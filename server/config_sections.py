"""The sections of the config: every setting declared once, with type, default, bounds and docs.

Read by `server.config`, which fills them from a file, and by `server.config_example`, which turns
them into config.example.toml. Frozen values: any thread may read them. A unit is part of a
setting's name: `_s` seconds, `_ms` milliseconds, `_bytes` bytes of UTF-8, `_chars` characters.
"""

# ruff: noqa: RUF009 - setting() makes a dataclass field, as field() does.

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from server import config_rules as rules
from server.config_check import setting
from server.config_rules import BCRYPT_COST_MAX, BCRYPT_COST_MIN


@dataclass(frozen=True, slots=True)
class Server:
    """[server]"""

    name: str = setting(
        "chat.local",
        "What the server calls itself to clients; usually its host name.",
        check=rules.server_name,
    )
    network: str = setting(
        "tlschat", "The name of the chat as clients show it; one word.", check=rules.network
    )
    motd: str = setting(
        "",
        'The message of the day, shown after login; several lines in """three quotes""".',
        check=rules.motd,
        is_multi_line=True,
    )
    data: Path = setting(
        Path("data"),
        "Folder for what the server writes; made when it is missing.",
        check=rules.path,
    )


@dataclass(frozen=True, slots=True)
class Listener:
    """[[listeners]]: one address and port that people connect to."""

    host: str = setting(
        "*",
        'Address to listen on; "*" is every IPv4 and IPv6 address of this machine.',
        check=rules.host,
    )
    port: int = setting(6697, "TCP port; 0 takes a free one and prints it.", low=0, high=65535)
    protocol: Literal["irc", "simple", "websocket"] = setting(
        "irc",
        "What is spoken: IRC, the small dialect for openssl s_client and teaching, or IRC over "
        "WebSocket for browsers.",
    )
    tls: bool = setting(True, "Encrypt; false only where host is a loopback address.")
    origins: tuple[str, ...] = setting(
        (),
        'With websocket: which web pages may connect, as in ["https://chat.example.org"]; "*" is '
        "every page of the web. Programs other than browsers always may.",
        check=rules.origins,
    )


@dataclass(frozen=True, slots=True)
class Tls:
    """[tls]"""

    cert: Path = setting(
        Path("certs/server.pem"),
        "The server's certificate, then those of its issuers, as PEM.",
        check=rules.path,
    )
    key: Path = setting(
        Path("certs/server-key.pem"),
        "Its private key, as PEM; mode 0600. Both files are read again when they change.",
        check=rules.path,
    )
    client_ca: str = setting(
        "",
        "The CA, as PEM, whose client certificates may stand for a password (certs/ca.pem is"
        " mkcert.py's); empty asks nobody for a certificate.",
    )
    sts_days: int = setting(
        -1,
        "Days that clients shall remember to use nothing but TLS with this host name (IRCv3 sts); "
        "0 takes back what was said before, -1 says nothing.",
        low=-1,
        high=3650,
    )


@dataclass(frozen=True, slots=True)
class Accounts:
    """[accounts]"""

    file: Path = setting(
        Path("passwd"), "The accounts, edited with chat-admin; mode 0600.", check=rules.path
    )
    required: bool = setting(True, "Only people with an account may come in; false lets guests in.")
    nick: Literal["account", "free"] = setting(
        "account",
        'A nick is the account\'s name ("account") or any but another account\'s ("free").',
    )
    registration: Literal["closed", "open", "invite"] = setting(
        "closed",
        'Who may make an account from a client: nobody ("closed"), everybody ("open"), or who has'
        ' a code of chat-admin invite ("invite").',
    )
    registrations_per_day_max: int = setting(
        50, "Accounts that may be made in 24 hours where registration is open.", low=1, high=100_000
    )
    registrations_per_address_day_max: int = setting(
        3, "The same from one address (IPv6: one /64).", low=1, high=100_000
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
        ("#lobby",),
        "Rooms that everyone joins at login; the first is the lobby.",
        check=rules.rooms,
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
    room_bytes_max: int = setting(
        0, "Bytes kept of one room or private exchange, about; 0 is all.", low=0, high=1 << 50
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
    connections_exempt: tuple[str, ...] = setting(
        (),
        'Networks that the limits for one address leave out, as in ["192.0.2.7", "10.0.0.0/8"].',
        check=rules.networks,
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
    registration_lines_max: int = setting(
        64, "Lines a connection may send before it is logged in.", low=8, high=1_000_000
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
        "Masks of a room, in all its lists together (bans, exceptions, invitations).",
        low=1,
        high=10_000,
    )
    address_bans_max: int = setting(
        1000, "Addresses and networks that operators may ban.", low=1, high=100_000
    )
    targets_max: int = setting(4, "Receivers named in one command.", low=1, high=100)
    monitored_nicks_max: int = setting(
        100, "Nicks one connection may watch (MONITOR).", low=1, high=10_000
    )
    nick_changes_per_minute_max: int = setting(
        5, "Changes of nick or real name a user may make in a minute.", low=1, high=10_000
    )
    new_targets_per_minute_max: int = setting(
        10,
        "Different people a user may write to in a minute, not counting who wrote first.",
        low=1,
        high=10_000,
    )
    metadata_keys_max: int = setting(
        20, "Keys of metadata that a person or a room may have.", low=1, high=1000
    )
    metadata_value_bytes_max: int = setting(300, "Bytes of a value of metadata.", low=1, high=400)
    metadata_subscriptions_max: int = setting(
        50, "Keys whose changes one connection is told of.", low=1, high=1000
    )
    metadata_changes_per_minute_max: int = setting(
        20, "Changes of metadata a user may make in a minute.", low=1, high=10_000
    )
    multiline_bytes_max: int = setting(
        8192, "Bytes of the text of a message of several lines.", low=512, high=65_536
    )
    multiline_lines_max: int = setting(
        100, "Lines of such a message, as they come.", low=2, high=1000
    )
    multiline_timeout_s: float = setting(
        60.0, "Seconds within which all of its lines must have come.", low=1, high=600
    )
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
        "", "Or: the bcrypt hash of the password for OPER.", check=rules.bcrypt_hash, is_secret=True
    )


@dataclass(frozen=True, slots=True)
class Admin:
    """[admin]: who runs the server, for whoever asks with ADMIN; empty for nobody's business."""

    location: str = setting("", "Where the server is.", check=rules.one_line)
    organisation: str = setting("", "Whose it is.", check=rules.one_line)
    email: str = setting("", "Where to write to.", check=rules.one_line)


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
    admin: Admin
    log: Log
