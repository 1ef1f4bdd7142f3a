"""Telling a room what it is set to now. Called by whoever changes modes: MODE, TBAN, the clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from irc.framing import BODY_BYTES_MAX
from irc.names import RoomKey
from server.core.modes import ModeChange, format_changes
from server.core.turn import Turn
from server.core.world import Room, User


def modes_of(room: Room, *, shows_key: bool) -> tuple[str, ...]:
    """What the room is set to, as letters and their parameters; the key is a star unless shown."""
    letters = "+" + "".join(sorted(room.modes))
    params: list[str] = []
    if room.key:
        letters += "k"
        params.append(room.key if shows_key else "*")
    if room.limit:
        letters += "l"
        params.append(str(room.limit))
    if room.pace_s:
        letters += "S"
        params.append(str(room.pace_s))
    return letters, *params


def tell_changes(
    turn: Turn, key: RoomKey, room: Room, made: Sequence[ModeChange], source: User | None
) -> None:
    """Show everybody in the room what was changed, by whom (None: the server), and keep it.

    What somebody did is noted as an act of theirs. Keys are shown to who is there and to nobody
    else: who joins later may read the history, and must not learn a key from it.
    """
    head = turn.line(source, "MODE", room.name)
    bytes_left = BODY_BYTES_MAX - len(f":{head.source} MODE {room.name} \r\n".encode())
    for params in format_changes(made, bytes_left):
        line = replace(head, params=(room.name, *params))
        turn.broadcast(key, line)
        turn.reply_line(line)
    kept = [replace(each, param="*") if each.letter == "k" else each for each in made]
    for params in format_changes(kept, bytes_left):
        turn.note([key], replace(head, params=(room.name, *params)))
    for each in kept if source is not None else ():
        sign = "+" if each.on else "-"
        turn.act("MODE", each.param, room.name, sign + each.letter)
