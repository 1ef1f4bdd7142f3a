"""How long something lasts, as people write it: `30s`, `10m`, `2h`, `3d`, `1w`, `1y`, `1d12h`.

Pure functions of text. A number alone is seconds.
"""

from __future__ import annotations

import re

_UNITS_S = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"([0-9]{1,9})([ywdhms]|$)")

DURATION_MS_MAX = 10 * _UNITS_S["y"] * 1000
"""Ten years. Who means longer means for ever."""


def parse_duration(text: str) -> int:
    """The milliseconds that `text` says, at most ten years; 0 when it says none."""
    total_s = at = 0
    text = text.lower()
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            return 0
        total_s += int(found[1]) * _UNITS_S[found[2] or "s"]
        at = found.end()
    return min(total_s * 1000, DURATION_MS_MAX)


def format_duration(duration_ms: int) -> str:
    """The duration in its two greatest units, rounded down: `1d 12h`; `0s` for none."""
    left_s = duration_ms // 1000
    parts = []
    for unit, unit_s in _UNITS_S.items():
        count, left_s = divmod(left_s, unit_s)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
