"""Looking after history.db from outside: check, copy, export, count. Called by chat-admin.

All of it only reads, with a connection of its own, and may run beside a server. What changes the
file (`erase`) is in erasing.py, and wants the server stopped.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import gettext as _
from pathlib import Path
from typing import Any

from irc.names import NickKey, RoomKey, nick_key, room_key
from server.core.facts import Conversation
from server.core.history import Stored
from server.log.connecting import cannot_open, make_private, open_for_reading, sync_folder
from server.log.errors import LogUnusable
from server.log.rows import SELECTED, stored
from server.log.schema import MESSAGE_KIND_MAX

EXPORT_ROWS = 1000
"""Read at a time, so that a long export holds nothing for long."""

FINDINGS_MAX = 100


@dataclass(frozen=True, slots=True)
class Stats:
    """What there is. `events` are joins and the like; times are 0 when there is nothing."""

    messages: int
    events: int
    redacted: int
    conversations: int
    accounts: int
    not_indexed: int
    oldest_ms: int
    newest_ms: int
    file_bytes: int


def stats(path: Path) -> Stats:
    """Count what is kept.

    Raises:
        LogUnusable: The file cannot be read.
    """
    with _reading(path) as connection:
        counts = connection.execute(
            f"""
            SELECT count(*) FILTER (WHERE kind <= {MESSAGE_KIND_MAX}),
                count(*) FILTER (WHERE kind > {MESSAGE_KIND_MAX}),
                (SELECT count(*) FROM redactions),
                count(DISTINCT conversation),
                (SELECT count(*) FROM accounts),
                count(*) FILTER (
                    WHERE id > (SELECT value FROM progress WHERE name = 'indexed_id')
                ),
                coalesce(min(at_ms), 0),
                coalesce(max(at_ms), 0)
            FROM messages
            """
        ).fetchone()
    companions = (path, path.with_name(f"{path.name}-wal"))
    file_bytes = sum(one.stat().st_size for one in companions if one.exists())
    return Stats(*(*counts, file_bytes))


def check(path: Path) -> list[str]:
    """Look everything over; one sentence for each thing that is wrong, at most 100.

    Takes seconds for a million messages. Beside what SQLite checks: that the numbers of each
    conversation have no gap, and that times never run back.

    Raises:
        LogUnusable: The file cannot be opened.
    """
    findings: list[str] = []
    with _reading(path) as connection:
        try:
            for finding in _findings(connection):
                findings.append(finding)
                if len(findings) == FINDINGS_MAX:
                    break
        except sqlite3.DatabaseError as error:
            findings.append(_("it cannot be read to the end: %s") % error)
    return findings


def _findings(connection: sqlite3.Connection) -> Iterator[str]:
    for (finding,) in connection.execute(f"PRAGMA integrity_check({FINDINGS_MAX})"):
        if finding != "ok":
            yield finding
    for table, row, other, _number in connection.execute("PRAGMA foreign_key_check"):
        yield _("row %(row)s of %(table)s names a row of %(other)s that is not there") % {
            "row": row,
            "table": table,
            "other": other,
        }
    numbers = """
        SELECT key, gone_seq, min(seq), max(seq), count(*)
        FROM messages JOIN conversations ON conversations.id = conversation
        WHERE seq > 0 GROUP BY conversation
    """
    for key, gone, first, last, count in connection.execute(numbers):
        if first != gone + 1 or count != last - gone:
            sentence = _("%(count)d messages have the numbers %(first)d to %(last)d of %(where)s")
            yield sentence % {"count": count, "first": gone + 1, "last": last, "where": key}
    times = """
        SELECT id, at_ms, before FROM (
            SELECT id, at_ms, lag(at_ms) OVER (ORDER BY id) AS before FROM messages
        ) WHERE at_ms < before
    """
    for number, at_ms, before in connection.execute(times):
        yield _("the time runs back at row %(row)d: from %(before)d to %(at)d") % {
            "row": number,
            "before": before,
            "at": at_ms,
        }


def backup(path: Path, target: Path) -> None:
    """Copy what is kept at this moment into one new file, also beside a running server.

    The copy is complete or not there at all, and readable by its owner only. It can be put in the
    place of history.db as it is.

    Raises:
        LogUnusable: There is a file of that name, or one of the two cannot be opened or written.
    """
    if target.exists():
        raise LogUnusable(
            _("there is a file %s already") % target, _("choose another name, or remove it first")
        )
    part = target.with_name(f"{target.name}.part")
    with _reading(path) as connection:
        try:
            part.unlink(missing_ok=True)
            make_private(part)
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                connection.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
            _sync(part)
            part.rename(target)
            sync_folder(target.parent)
        except (OSError, sqlite3.Error) as error:
            part.unlink(missing_ok=True)
            raise LogUnusable(
                _("cannot write %(file)s: %(error)s")
                % {"file": target, "error": getattr(error, "strerror", None) or error},
                _("see that its folder is there, has room, and belongs to this user"),
            ) from error


def export(
    path: Path, *, conversation: Conversation | None = None, account: NickKey | None = None
) -> Iterator[dict[str, Any]]:
    """Everything that is kept, or of one conversation, or of one account, in order, for JSON.

    Of an account is what it said anywhere, and both sides of its direct conversations.

    Raises:
        LogUnusable: The file cannot be opened.
    """
    conditions = {
        "m.conversation = (SELECT id FROM conversations WHERE key = :conversation)": conversation,
        """(
            m.account = (SELECT id FROM accounts WHERE key = :account)
            OR m.conversation IN (SELECT conversation FROM parties WHERE account = :account)
        )""": account,
    }
    wanted = [condition for condition, value in conditions.items() if value is not None]
    query = f"{SELECTED} WHERE {' AND '.join(['m.id > :id', *wanted])} ORDER BY m.id LIMIT :limit"
    values: dict[str, Any] = {"conversation": conversation, "account": account, "id": 0}
    with _reading(path) as connection:
        while rows := connection.execute(query, {**values, "limit": EXPORT_ROWS}).fetchall():
            for row in rows:
                yield _as_json(stored(row))
            values["id"] = rows[-1][0]


_ACT = ("nick", "account", "what", "room", "target", "reason")


def acts(
    path: Path, *, room: RoomKey | None = None, account: NickKey | None = None
) -> Iterator[dict[str, Any]]:
    """Who moderated what, in order, for JSON: all, of one room, or what an account did or suffered.

    Raises:
        LogUnusable: The file cannot be opened, or no server of this version has had it yet.
    """
    with _reading(path) as connection:
        try:
            rows = connection.execute(f"SELECT at_ms, {', '.join(_ACT)} FROM acts ORDER BY id")
        except sqlite3.OperationalError as error:
            raise cannot_open(path, error) from error
        for at_ms, *whole in rows:
            act = dict(zip(_ACT, whole, strict=True))
            concerned = (nick_key(act["account"]), nick_key(act["target"]))
            if room in (None, room_key(act["room"])) and (account is None or account in concerned):
                yield {"time": _time(at_ms), **act}


def _reading(path: Path) -> closing[sqlite3.Connection]:
    return closing(open_for_reading(path))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_json(one: Stored) -> dict[str, Any]:
    entry = {
        "time": _time(one.at_ms),
        "conversation": one.conversation,
        "seq": one.seq,
        "msgid": one.msgid,
        "source": one.source,
        "account": one.account,
        "command": one.command,
        "params": list(one.params),
        "tags": one.client_tags,
    }
    if one.redaction is not None:
        entry["redacted"] = {
            "source": one.redaction.source,
            "reason": one.redaction.reason,
            "time": _time(one.redaction.at_ms),
        }
    return entry


def _time(at_ms: int) -> str:
    """As IRCv3 server-time writes it."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}Z"
