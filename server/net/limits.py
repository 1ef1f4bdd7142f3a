"""What the network side may use: the part of the config's limits that io threads and the door
enforce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class NetLimits:
    """Field names and defaults are the config's (`[limits]`)."""

    connections_max: int = 4096
    connections_per_address_max: int = 64
    connections_per_address_minute_max: int = 240
    handshakes_max: int = 256
    handshakes_per_address_max: int = 32
    handshake_timeout_s: float = 10.0
    registration_timeout_s: float = 60.0
    registration_lines_max: int = 64
    ping_interval_s: float = 60.0
    ping_timeout_s: float = 60.0
    lines_burst: int = 20
    lines_per_s: float = 4.0
    inbuf_bytes_max: int = 16_384
    outbuf_bytes_max: int = 262_144
    simple_line_bytes_max: int = 2048
    connections_exempt: tuple[str, ...] = ()
    costs: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """What a command costs of the pace, for those that cost other than one line."""
