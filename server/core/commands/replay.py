"""What a session that cannot ask is shown by itself as it comes in: the last messages of its rooms,
and what was said in private while its account was away.

Called by JOIN and by registration. Who has draft/chathistory asks for itself and gets nothing here.
The simple dialect gets only private messages: it has no words for when something was said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from irc import caps
from irc.names import RoomKey
from server.core.commands.places import asker_of, places_of_rooms
from server.core.effects import ReadHistory
from server.core.events import Dialect
from server.core.requests import MissedRequest, ReplayRequest, Request
from server.core.turn import Turn
from server.core.world import Session


def show_rooms(turn: Turn, keys: Collection[RoomKey], sessions: Iterable[Session]) -> None:
    """Show the last messages of rooms that these sessions of the asker's have come into."""
    settings = turn.world.settings
    if not (keys and settings.history_keep and settings.history_replay_lines):
        return
    places = places_of_rooms(turn.world, keys)
    if not places:
        return
    for session in sessions:
        if session.dialect is Dialect.IRC and not session.has(caps.CHATHISTORY):
            asker = asker_of(turn.user, session)
            _ask(turn, session, ReplayRequest(asker, places, settings.history_replay_lines))


def show_missed(turn: Turn, since_ms: int) -> None:
    """Show what was said to the asker's account since it was last here."""
    settings, session = turn.world.settings, turn.session
    if settings.history_keep and not session.has(caps.CHATHISTORY):
        asker, names = asker_of(turn.user, session), settings.account_names
        until_ms, most = turn.stamp.at_ms, settings.history_page_max
        _ask(turn, session, MissedRequest(asker, since_ms, until_ms, most, names))


def _ask(turn: Turn, session: Session, request: Request) -> None:
    reference = f"h{turn.stamp.id}"
    turn.effect_after_replies(ReadHistory(session.id, request, reference, turn.stamp.at_ms))
