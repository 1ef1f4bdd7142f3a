"""What the operator decided, as far as the core needs to know it. Made from the config by
server/app.py.

The core never reads a file; it gets one `Settings` when the world is made, and a new one on reload.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from irc.names import NickKey, nick_key, skeleton

NickPolicy = Literal["account", "free"]
Registration = Literal["closed", "open", "invite"]


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may use operator commands: by account, or by `OPER name password` when `hash` is
    set."""

    name: str
    account: NickKey | None = None
    hash: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Admin:
    """Who runs the server, for whoever asks (ADMIN); all empty for "nobody says"."""

    location: str = ""
    organisation: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Names, policies and limits. Field names are the config's."""

    server_name: str = "chat.local"
    network: str = "tlschat"
    version: str = "tlschat"
    created_at_ms: int = 0
    config_name: str = "config.toml"
    """What the operator's file is called, without the folder."""
    motd: tuple[str, ...] = ()

    sts_days: int = -1
    """How long clients use nothing but TLS with this host: IRCv3 sts; below 0, not offered."""

    accounts_required: bool = True
    nick_policy: NickPolicy = "account"
    registration: Registration = "closed"
    sessions_max: int = 10
    login_attempts_max: int = 3

    default_rooms: tuple[str, ...] = ("#lobby",)

    nick_chars_max: int = 32
    user_chars_max: int = 12
    realname_chars_max: int = 150
    room_name_bytes_max: int = 64
    topic_bytes_max: int = 390
    away_bytes_max: int = 390
    kick_bytes_max: int = 390
    simple_line_bytes_max: int = 2048
    rooms_per_user_max: int = 50
    members_per_room_max: int = 10_000
    rooms_max: int = 10_000
    masks_per_room_max: int = 100
    address_bans_max: int = 1000
    targets_max: int = 4
    multiline_bytes_max: int = 8192
    multiline_lines_max: int = 100
    multiline_timeout_s: float = 60.0
    monitored_nicks_max: int = 100
    metadata_keys_max: int = 20
    metadata_value_bytes_max: int = 300
    metadata_subscriptions_max: int = 50
    metadata_changes_per_minute_max: int = 20
    nick_changes_per_minute_max: int = 5
    new_targets_per_minute_max: int = 10

    history_keep: bool = True
    """Whether there is a log that keeps messages; without it nobody is offered any history."""
    history_events: bool = False
    """Whether joins, parts and the like are kept as well."""
    history_page_max: int = 100
    """Messages in one answer to CHATHISTORY or SEARCH."""
    history_replay_lines: int = 20
    """Of each room, for clients that cannot ask, as they come in; 0 for none."""

    redact_window_s: int = 0
    """How long one may take back what one has said; 0 for ever. Who manages a room always may."""

    address_key: bytes = field(default=b"", repr=False)
    """Secret of this server: what guests' addresses are hidden with (at most 32 bytes)."""

    admin: Admin = Admin()
    operators: Mapping[str, Operator] = field(default_factory=lambda: MappingProxyType({}))

    account_keys: frozenset[NickKey] | None = None
    """The accounts that may log in; None when nobody told us."""
    account_names: Mapping[NickKey, str] = field(default_factory=lambda: MappingProxyType({}))
    """Their names as they are written."""
    account_pins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The fingerprints of the keys that log in without a password, each with its account."""
    account_looks: frozenset[str] = frozenset()
    """What the names of all accounts look like (`irc.names.skeleton`): nobody else may look so."""


def with_accounts(
    settings: Settings,
    names: Iterable[str],
    disabled: Iterable[str] = (),
    pins: Mapping[str, str] | None = None,
) -> Settings:
    """The settings with these accounts and no others; the disabled ones only keep their names."""
    names = tuple(names)
    by_key = {nick_key(name): name for name in names}
    return replace(
        settings,
        account_keys=frozenset(by_key),
        account_names=MappingProxyType(by_key),
        account_pins=MappingProxyType(dict(pins or {})),
        account_looks=frozenset(map(skeleton, (*names, *disabled))),
    )
