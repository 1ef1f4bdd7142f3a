"""How long to wait before the next attempt to connect. Used by the transport, on its thread.

Only for a lost or failed connection. What a new attempt cannot mend (a refused login or name, a
certificate that is not trusted) is never retried: `Session.may_retry` and the trust errors say so.
Full jitter, so that a whole office does not come back in the same second after a restart.
Source: UX study, "Server restart in the middle of a chat".
"""

STEPS_MS = (1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000)

# A connection that lived this long was a good one: the next failure starts at the first step again.
STABLE_MS = 60_000


class Backoff:
    """Counts failed attempts and says how long to wait. Owner: the transport's thread."""

    def __init__(self) -> None:
        self._attempt = 0
        self._online_since_ms: int | None = None

    @property
    def attempt(self) -> int:
        """The number of the attempt that comes next, from 1; 0 while nothing failed."""
        return self._attempt

    def connected(self, now_ms: int) -> None:
        """The session is registered."""
        self._online_since_ms = now_ms

    def failed(self, fraction: float, now_ms: int) -> int:
        """An attempt failed or the connection is lost: milliseconds to wait before the next one.

        `fraction` is random, from 0 to 1; the wait is that part of the step ("full jitter").
        """
        since_ms, self._online_since_ms = self._online_since_ms, None
        if since_ms is not None and now_ms - since_ms >= STABLE_MS:
            self._attempt = 0
        step_ms = STEPS_MS[min(self._attempt, len(STEPS_MS) - 1)]
        self._attempt += 1
        return int(step_ms * fraction)

    def reset(self) -> None:
        """The person asked for an attempt now: start over."""
        self._attempt = 0
