"""SEARCH: what was said, by its words, in all that the asker may read.

Only the question is decided here; the reader answers it (history_answer.py).
Source: soju.im/search.
"""

from __future__ import annotations

from irc import caps, numerics
from irc.message import Message
from irc.names import nick_key
from irc.tags import parse_tags
from server.core.commands.history import parse_limit
from server.core.commands.places import asker_of, parse_time, place_of, places_of_rooms
from server.core.requests import Place, SearchRequest
from server.core.turn import Refusal, Turn

_ATTRIBUTES = frozenset({"in", "from", "after", "before", "text", "limit"})


def search(turn: Turn, message: Message) -> None:
    """SEARCH <attribute>=<value>{;<attribute>=<value>}, with values escaped as in message tags"""
    if not turn.session.has(caps.SEARCH):
        raise Refusal(numerics.ERR_UNKNOWNCOMMAND, message.command, "Unknown command")
    settings, user = turn.world.settings, turn.user
    given = parse_tags(message.params[0])
    for key in given:
        if key not in _ATTRIBUTES:
            raise _invalid(key, "There is no such attribute")
    limit = parse_limit(
        given.get("limit", str(settings.history_page_max)), settings.history_page_max
    )
    if not limit:
        raise _invalid("limit", "This is not a number of messages")
    if "in" in given:
        place = place_of(turn, given["in"])
        if place is None:
            raise _invalid("in", "There is no such conversation")
        places: tuple[Place, ...] = (place,)
    else:
        places = places_of_rooms(turn.world, user.rooms)
    turn.ask_reader(
        SearchRequest(
            asker_of(user, turn.session),
            places,
            "in" not in given,
            given.get("text", ""),
            nick_key(given["from"]) if given.get("from") else None,
            _time_of(given, "after"),
            _time_of(given, "before"),
            limit,
            settings.account_names,
        )
    )


def _time_of(given: dict[str, str], key: str) -> int | None:
    if key not in given:
        return None
    at_ms = parse_time(given[key])
    if at_ms is None:
        raise _invalid(key, "This is not a time like 2026-01-31T12:00:00.000Z")
    return at_ms


def _invalid(key: str, text: str) -> Refusal:
    return Refusal("FAIL", "SEARCH", "INVALID_PARAMS", key, text)
