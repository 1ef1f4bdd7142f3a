"""HELP and HELPOP: an index made from the command table, and a page for each command.

Source: Modern IRC, "HELP message": 704 is a title, the first 705 is empty, the last line is 706.
"""

from __future__ import annotations

import textwrap

from irc import numerics
from irc.message import Message
from server.core.help_texts import PAGES
from server.core.turn import Refusal, Turn

INDEX_CHARS_MAX = 70
"""Of a line of the index."""


def help_(turn: Turn, message: Message) -> None:
    """HELP [<command>]"""
    subject = message.params[0].upper() if message.params else ""
    if not subject:
        _answer(turn, "*", "Commands of this server", *_index())
        return
    page = PAGES.get(subject)
    if page is None:
        raise Refusal(
            numerics.ERR_HELPNOTFOUND, message.params[0], "No help available on this topic"
        )
    _answer(turn, subject, page.usage, *page.lines)


def _index() -> list[str]:
    names = textwrap.wrap(" ".join(sorted(PAGES)), INDEX_CHARS_MAX)
    return [*names, "", "HELP and one of these shows how it is used"]


def _answer(turn: Turn, subject: str, title: str, *lines: str) -> None:
    turn.reply(numerics.RPL_HELPSTART, subject, title)
    turn.reply(numerics.RPL_HELPTXT, subject, "")
    for line in lines[:-1]:
        turn.reply(numerics.RPL_HELPTXT, subject, line)
    turn.reply(numerics.RPL_ENDOFHELP, subject, lines[-1])
