"""What is kept of a room as a whole: ending it, renaming it, who has which letters. Called by the
writer, within its transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from irc.names import RoomKey, room_key
from server.core import facts

Execute = Callable[..., sqlite3.Cursor]

_OF_ROOMS = ("room_flags", "room_masks", "room_access", "room_metadata")
"""Tables whose rows belong to a row of `rooms`."""


def end(execute: Execute, room: RoomKey) -> None:
    """Forget the room's settings; what was said in it stays."""
    for table in _OF_ROOMS:
        execute(f"DELETE FROM {table} WHERE room = ?", (room,))
    execute("DELETE FROM rooms WHERE key = ?", (room,))


def change_access(execute: Execute, fact: facts.RoomAccessChanged) -> None:
    """Keep, or forget, the letters of an account."""
    if fact.flags:
        execute(
            "INSERT OR REPLACE INTO room_access VALUES (?, ?, ?)",
            (fact.room, fact.account, fact.flags),
        )
    else:
        execute("DELETE FROM room_access WHERE room = ? AND account = ?", (fact.room, fact.account))


def rename(execute: Execute, fact: facts.RoomRenamed) -> None:
    """Give all rows of the room its new key. Messages know only their conversation's number."""
    old, new = fact.room, room_key(fact.name)
    if new != old:
        end(execute, new)  # of a room that is no more
        for key, other in ((new, fact.aside), (old, new)):
            execute("UPDATE conversations SET key = ? WHERE key = ?", (other, key))
        execute("UPDATE rooms SET key = ? WHERE key = ?", (new, old))
        for table in _OF_ROOMS:
            execute(f"UPDATE {table} SET room = ? WHERE room = ?", (new, old))
    execute("UPDATE rooms SET name = ? WHERE key = ? AND name IS NOT NULL", (fact.name, new))


def forget_talk(execute: Execute, room: RoomKey) -> None:
    """Let go of what was said in the room so far; a few messages at a time, later."""
    execute(
        """
        INSERT OR REPLACE INTO forgotten
        SELECT conversation, max(id) FROM messages
        WHERE conversation = (SELECT id FROM conversations WHERE key = ?) GROUP BY conversation
        """,
        (room,),
    )
