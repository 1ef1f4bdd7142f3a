"""The next piece of a long answer, when the asker has taken what there was (stream.py)."""

from __future__ import annotations

from dataclasses import replace

from server.core.effects import TellWhenDrained
from server.core.stream import take_piece
from server.core.turn import Turn


def go_on(turn: Turn) -> None:
    """Give the session the next piece of its first unfinished answer."""
    streams, session = turn.world.streams, turn.session.id
    waiting = streams.get(session)
    if waiting is None:
        return
    first = waiting[0]
    lines, _count, is_all = take_piece(first.items)
    for line in lines:
        is_its_end = line.params[:1] == (f"-{first.batch}",)
        is_inside = first.batch and not line.batch and not is_its_end
        turn.reply_line(replace(line, batch=first.batch) if is_inside else line)
    if is_all:
        waiting.popleft()
    if waiting:
        turn.effect_after_replies(TellWhenDrained(session))
    else:
        del streams[session]
