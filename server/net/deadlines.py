"""How long a peer may take: to say who it is, to answer a PING, to read. Called by io threads, once
a second for each of their connections.

Reads and marks the connection; what follows from it is the loop's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.core.events import Dialect
from server.net.connection import Connection
from server.net.limits import NetLimits

STALL_S = 30.0
"""How long a peer may read nothing at all while something waits for it."""


@dataclass(frozen=True, slots=True)
class End:
    """The connection is over. Who `reads` is told the reason first."""

    reason: str
    reads: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a silent peer whether it is there."""


ASK: Final = Ask()


def look(connection: Connection, limits: NetLimits, now_s: float) -> End | Ask | None:
    """What is due now; nearly always nothing."""
    stalled_s = connection.stalled_since_s
    if stalled_s is not None and now_s - stalled_s > STALL_S:
        return End("Does not read", reads=False)
    if not connection.is_registered:
        if now_s - connection.opened_at_s > limits.registration_timeout_s:
            return End("Registration took too long")
    elif connection.dialect is Dialect.IRC:  # in the simple one TCP's keep-alive asks
        return _silence(connection, limits, now_s)
    return None


def _silence(connection: Connection, limits: NetLimits, now_s: float) -> End | Ask | None:
    if connection.pinged_at_s is None or connection.read_at_s > connection.pinged_at_s:
        connection.pinged_at_s = None
        if now_s - connection.read_at_s > limits.ping_interval_s:
            connection.pinged_at_s = now_s
            return ASK
    elif now_s - connection.pinged_at_s > limits.ping_timeout_s:
        return End(f"Ping timeout: {round(now_s - connection.read_at_s)} seconds")
    return None
