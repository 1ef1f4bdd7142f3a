"""Compares what is kept with what was acknowledged and seen. Reads history.db while nobody writes.

Goes to the tables by itself, not through the server's reader: a mistake there shall not hide one in
what is kept. What people see through the reader is in their views.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.core.render import server_time
from tests.torture.chatter import Chatter, Seen, View, once_of

_ROWS = """
SELECT c.key, m.seq, m.at_ms, m.msgid, m.text, m.once, a.key
FROM messages m
JOIN conversations c ON c.id = m.conversation
LEFT JOIN accounts a ON a.id = m.account
WHERE m.seq > 0
ORDER BY m.id
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as it is kept."""

    conversation: str
    account: str
    once: str
    at_ms: int
    seen: Seen


def read(history: Path) -> list[Kept]:
    """Everything that is kept, in the order in which it was accepted."""
    connection = sqlite3.connect(f"{history.as_uri()}?mode=ro", uri=True)
    try:
        return [
            Kept(place, account, once or "", at_ms, Seen(msgid, seq, server_time(at_ms), text))
            for place, seq, at_ms, msgid, text, once, account in connection.execute(_ROWS)
        ]
    finally:
        connection.close()


def judge(history: Path, chatters: Sequence[Chatter]) -> list[str]:
    """What is not as promised, as sentences; empty when everything is."""
    kept = read(history)
    findings = [finding for chatter in chatters for finding in chatter.findings]
    findings += _damage(history)
    findings += _order(kept)
    findings += _acknowledged(kept, chatters)
    findings += _views(kept, chatters)
    return findings


def _damage(history: Path) -> Iterator[str]:
    connection = sqlite3.connect(f"{history.as_uri()}?mode=ro", uri=True)
    try:
        for (line,) in connection.execute("PRAGMA integrity_check"):
            if line != "ok":
                yield f"damaged: {line}"
    finally:
        connection.close()


def _order(kept: Sequence[Kept]) -> Iterator[str]:
    """Numbers without a gap, times that never run backwards, senders in their own order."""
    last_seq: dict[str, int] = defaultdict(int)
    last_number: dict[str, int] = defaultdict(int)
    last_ms = 0
    for message in kept:
        if message.seen.seq != last_seq[message.conversation] + 1:
            yield f"gap after {last_seq[message.conversation]}: {message}"
        last_seq[message.conversation] = message.seen.seq
        if message.at_ms < last_ms:
            yield f"time ran backwards from {last_ms}: {message}"
        last_ms = message.at_ms
        name, number = message.seen.text.split()[:2]
        if name != message.account or message.once != once_of(name, int(number)):
            yield f"somebody else's words: {message}"
        if int(number) <= last_number[name]:
            yield f"twice, or not in its sender's order after {last_number[name]}: {message}"
        last_number[name] = int(number)


def _acknowledged(kept: Sequence[Kept], chatters: Sequence[Chatter]) -> Iterator[str]:
    """What was acknowledged is kept, once, as it was acknowledged; what was refused is not."""
    copies: dict[str, list[Seen]] = defaultdict(list)
    for message in kept:
        copies[message.once].append(message.seen)
    for chatter in chatters:
        for number, seen in chatter.acknowledged.items():
            found = copies.get(once_of(chatter.name, number), [])
            if not found:
                yield f"acknowledged and lost: {seen}"
            elif found != [seen]:
                yield f"acknowledged as {seen}, kept as {found}"
        for number in chatter.refused:
            if found := copies.get(once_of(chatter.name, number), []):
                yield f"refused and kept: {found}"


def _views(kept: Sequence[Kept], chatters: Sequence[Chatter]) -> Iterator[str]:
    """Everybody sees all of what they may see, and nothing else."""
    there: dict[str, dict[int, Seen]] = defaultdict(dict)
    for message in kept:
        there[message.conversation][message.seen.seq] = message.seen
    for chatter in chatters:
        may_see = {place for place in there if place[0] == "#" or chatter.name in place.split(",")}
        for place in may_see | chatter.views.keys():
            view = chatter.views.get(place, View())
            if view.by_seq == there[place]:
                continue
            for seq in view.by_seq.keys() | there[place].keys():
                shown, is_kept = view.by_seq.get(seq), there[place].get(seq)
                if shown is None:
                    yield f"{chatter.name} misses in {place}: {is_kept}"
                elif shown != is_kept:
                    yield f"{chatter.name} saw in {place} what is not kept: {shown}, kept {is_kept}"
