"""CHATHISTORY: pages of what was said before, for who may read it.

Only the question is decided here; the reader answers it (history_answer.py).
Source: IRCv3 draft/chathistory.
"""

from __future__ import annotations

from irc import caps, numerics
from irc.message import Message
from server.core.commands.places import asker_of, parse_time, place_of, places_of_rooms
from server.core.history import AtMsgid, AtTime, Bound
from server.core.requests import PageRequest, TargetsRequest
from server.core.turn import Refusal, Turn

_PARAMS = {"LATEST": 4, "BEFORE": 4, "AFTER": 4, "AROUND": 4, "BETWEEN": 5, "TARGETS": 4}
"""How many parameters each subcommand has, with its name."""

_LIMIT_DIGITS_MAX = 9


def chathistory(turn: Turn, message: Message) -> None:
    """CHATHISTORY <subcommand> <target> <bound> [<bound>] <limit>, TARGETS <time> <time> <limit>"""
    if not turn.session.has(caps.CHATHISTORY):
        raise Refusal(numerics.ERR_UNKNOWNCOMMAND, message.command, "Unknown command")
    subcommand, params = message.params[0].upper(), message.params
    wanted = _PARAMS.get(subcommand)
    if wanted is None:
        raise _invalid(params[0], "Unknown command")
    if len(params) != wanted:
        text = "Insufficient parameters" if len(params) < wanted else "Too many parameters"
        raise _invalid(subcommand, text)
    limit = parse_limit(params[-1], turn.world.settings.history_page_max)
    if not limit:
        raise _invalid(subcommand, params[-1], "Invalid limit")
    if subcommand == "TARGETS":
        _targets(turn, params[1], params[2], limit)
    else:
        _page(turn, subcommand, params[1], params[2:-1], limit)


def parse_limit(text: str, limit_max: int) -> int:
    """How many are wanted, at most `limit_max`; 0 when it is no number of messages."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LIMIT_DIGITS_MAX
    return min(int(text), limit_max) if is_number else 0


def _invalid(*about: str) -> Refusal:
    return Refusal("FAIL", "CHATHISTORY", "INVALID_PARAMS", *about)


def _targets(turn: Turn, first: str, second: str, limit: int) -> None:
    times: list[int] = []
    for text in (first, second):
        at_ms = parse_time(text.removeprefix("timestamp="))
        if at_ms is None or not text.startswith("timestamp="):
            raise _invalid("TARGETS", text, "Invalid timestamp")
        times.append(at_ms)
    turn.ask_reader(
        TargetsRequest(
            asker_of(turn.user, turn.session),
            places_of_rooms(turn.world, turn.user.rooms),
            times[0],
            times[1],
            limit,
            turn.world.settings.account_names,
        )
    )


def _page(
    turn: Turn, subcommand: str, target: str, references: tuple[str, ...], limit: int
) -> None:
    bounds: list[Bound | None] = [None, None]
    for index, text in enumerate(references):
        if subcommand != "LATEST" or text != "*":
            bounds[index] = _parse_bound(subcommand, target, text)
    place = place_of(turn, target)
    if place is None:
        text = "Messages could not be retrieved"
        raise Refusal("FAIL", "CHATHISTORY", "INVALID_TARGET", subcommand, target, text)
    asker = asker_of(turn.user, turn.session)
    turn.ask_reader(PageRequest(asker, subcommand, place, bounds[0], bounds[1], limit))


def _parse_bound(subcommand: str, target: str, text: str) -> Bound:
    kind, _, value = text.partition("=")
    if kind == "timestamp":
        at_ms = parse_time(value)
        if at_ms is None:
            raise _invalid(subcommand, text, "Invalid timestamp")
        return AtTime(at_ms)
    if kind == "msgid" and value:
        return AtMsgid(value)
    if not value:
        raise _invalid(subcommand, text, "Invalid message reference")
    words = "There are references by msgid and by timestamp"
    raise Refusal("FAIL", "CHATHISTORY", "INVALID_MSGREFTYPE", subcommand, target, words)
