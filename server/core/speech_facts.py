"""What has happened to what people say, past tense. Part of `facts`, where to import from.

Only what is on its way: what was said is `Said`.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.core.events import SessionId
from server.core.speech import OpenBatch


@dataclass(frozen=True, slots=True)
class BatchChanged:
    """The session says a message of several lines: this far, or no more (None).

    Replaced as a whole.
    """

    session: SessionId
    batch: OpenBatch | None
