"""`chat-admin room`: look after the rooms: list, show, set, remove.

While a server runs it is asked over its control socket, and everybody in a room sees what changes.
Without one the same is done to what the log remembers, holding the data folder as a server does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from gettext import gettext as _, ngettext
from typing import Any

from irc import cli
from irc.names import room_key
from irc.sanitise import clean
from server.accounts.errors import MissingPasswordFile
from server.accounts.passwd import PasswordFile, unknown_account
from server.accounts.records import Accounts
from server.admin import say
from server.administering import carry_out
from server.config import Config
from server.control import NoControl, ask, is_possible
from server.lockfile import DataFolder, DataFolderLocked


class _Refused(Exception):
    """What was asked for is not done."""

    def __init__(self, error: str, hint: str = "", exit_code: int = cli.EXIT_DATA) -> None:
        super().__init__(error)
        self.hint = hint
        self.exit_code = exit_code


def run(config: Config, options: argparse.Namespace) -> int:
    """Do what was asked; the exit code."""
    try:
        match options.verb:
            case "list":
                return _list(config, options)
            case "show":
                return _show(config, options)
            case "set":
                return _set(config, options)
            case _:
                return _remove(config, options)
    except _Refused as refused:
        cli.print_error(say.PROG, str(refused), refused.hint)
        return refused.exit_code


def _list(config: Config, options: argparse.Namespace) -> int:
    rooms = sorted(_ask(config, {"verb": "list"}), key=lambda room: room_key(room["name"]))
    if options.json:
        print(json.dumps(rooms, indent=2))  # escapes whatever is not ASCII: safe at a terminal
        return cli.EXIT_OK
    if not rooms:
        say.done(_("no rooms yet: whoever joins one makes it"), options.quiet)
        return cli.EXIT_OK
    table = [(_("members"), _("messages"), _("modes"), _("founder"), _("room"))]
    table += [
        (
            f"{room['members']:,}",
            f"{room['messages']:,}",
            room["modes"],
            clean(_belongs_to(room)),
            clean(room["name"]),
        )
        for room in rooms
    ]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for members, messages, modes, founder, name in table:  # the name is last: it may be wide
        print(
            f"{members:>{widths[0]}}  {messages:>{widths[1]}}  {modes:{widths[2]}}"
            f"  {founder:{widths[3]}}  {name}"
        )
    return cli.EXIT_OK


def _show(config: Config, options: argparse.Namespace) -> int:
    key = room_key(options.room)
    rooms = [room for room in _ask(config, {"verb": "list"}) if room_key(room["name"]) == key]
    if not rooms:
        raise _no_room(options.room)
    (room,) = rooms
    if options.json:
        print(json.dumps(room, indent=2))
        return cli.EXIT_OK
    letters = {"o": _("operators"), "v": _("voices")}
    accounts = {
        title: ", ".join(name for name, flags in room["access"] if letter in flags)
        for letter, title in letters.items()
    }
    rows = {
        _("room"): room["name"],
        _("founder"): _belongs_to(room),
        **accounts,
        _("modes"): room["modes"],
        _("topic"): room["topic"],
        _("masks"): f"{room['masks']:,}",
        _("members"): f"{room['members']:,}",
        _("messages"): f"{room['messages']:,}",
        _("made"): f"{datetime.fromtimestamp(room['created_at_ms'] / 1000, UTC):%Y-%m-%d}",
    }
    width = max(map(len, rows))
    for title, value in rows.items():
        print(f"{title:{width}}  {clean(value) or '-'}")
    return cli.EXIT_OK


def _belongs_to(room: dict[str, Any]) -> str:
    return str(room["founder"]) or (_("(default)") if room["is_default"] else "-")


def _set(config: Config, options: argparse.Namespace) -> int:
    request = {"verb": "set", "room": options.room, **_changes_of(config, options.changes)}
    (room,) = _ask(config, request)
    say.done(_("the room %s is changed") % room["name"], options.quiet)
    say.next_step(say.admin_command(options.config, "room", "show", room["name"]), options.quiet)
    return cli.EXIT_OK


def _changes_of(config: Config, changes: Sequence[str]) -> dict[str, Any]:
    """The changes as a request has them; accounts are spelled as in the password file."""
    request: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        match name, value[:1]:
            case "topic", _first if equals:
                request["topic"] = value
            case "founder", first if first:
                request["founder"] = _account(config, value)
            case "mode", "+" | "-":
                request.setdefault("modes", []).append(value)
            case "operator", "+" if len(value) > 1:
                request.setdefault("operators", []).append([_account(config, value[1:]), True])
            case "operator", "-" if len(value) > 1:
                request.setdefault("operators", []).append([value[1:], False])
            case _:
                raise _Refused(
                    _('"%s" is no change of a room') % change,
                    _("founder=ACCOUNT, operator=+ACCOUNT, operator=-ACCOUNT, topic=TEXT, mode=+m"),
                    cli.EXIT_USAGE,
                )
    return request


def _account(config: Config, name: str) -> str:
    accounts = _accounts(config)
    account = accounts.get(name)
    if account is None:
        raise unknown_account(accounts, name)
    return account.name


def _accounts(config: Config) -> Accounts:
    try:
        return PasswordFile(config.accounts.file).load()
    except MissingPasswordFile:
        return Accounts()


def _remove(config: Config, options: argparse.Namespace) -> int:
    if not options.yes:
        if options.no_input or not sys.stdin.isatty():
            raise _Refused(
                _('"%s" is removed only when its name is typed, and there is nobody to ask')
                % options.room,
                _("say --yes to remove it all the same"),
                cli.EXIT_USAGE,
            )
        if not _is_confirmed(options):
            sentence = _('that is not "%s": nothing was removed') % options.room
            raise _Refused(sentence, exit_code=cli.EXIT_FAILURE)
    request = {"verb": "remove", "room": options.room, "forgets": options.history}
    (room,) = _ask(config, request)
    if options.history:
        sentence = ngettext(
            "the room %(name)s is removed, and %(count)d message said in it",
            "the room %(name)s is removed, and %(count)d messages said in it",
            room["messages"],
        )
    else:
        sentence = _("the room %(name)s is removed; what was said in it is kept")
    say.done(sentence % {"name": room["name"], "count": room["messages"]}, options.quiet)
    return cli.EXIT_OK


def _is_confirmed(options: argparse.Namespace) -> bool:
    question = _('Type the name to remove the room "%s": ')
    if options.history:
        question = _('Type the name to remove the room "%s" and all that was said in it: ')
    print(question % clean(options.room), end="", file=sys.stderr, flush=True)
    try:
        return room_key(input().strip()) == room_key(options.room)
    except EOFError:
        raise KeyboardInterrupt from None


def _ask(config: Config, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The rooms in the answer: of the running server, or of the log where none runs.

    Raises:
        _Refused: It was refused, or nobody can be asked.
        LogUnusable, DataFolderError: The log cannot be had.
    """
    hint = _("stop the server first")
    try:
        answer = ask(config.server.data, {"do": "room", **request})
    except NoControl as error:
        problem = _("the server does not answer: %s") % error
        raise _Refused(problem, hint, cli.EXIT_TEMPORARY) from error
    if answer is None and not config.history.keep:
        raise _Refused(
            _("no server runs, and nothing of its rooms is kept: history.keep is false"),
            _("start the server first"),
        )
    if answer is None:
        names = [account.name for account in _accounts(config) if not account.disabled]
        try:
            with DataFolder(config.server.data):
                answer = carry_out(config, names, request)
        except DataFolderLocked as error:
            why = _("a server runs, and cannot be asked")
            if not is_possible():
                why = _("a server runs, and this system has no local sockets to ask it by")
            raise _Refused(why, hint, cli.EXIT_TEMPORARY) from error
    if "problem" in answer:
        raise _refusal(str(answer["problem"]), str(answer.get("about", "")))
    rooms: list[dict[str, Any]] = answer["rooms"]
    return rooms


def _refusal(problem: str, about: str) -> _Refused:
    match problem:
        case "no_room":
            return _no_room(about)
        case "default_room":
            return _Refused(
                _("%s is a default room: it belongs to nobody, and stays") % about,
                _("take it out of rooms.default in the config first"),
            )
        case "nobodys_room":
            return _Refused(
                _("%s belongs to nobody, and has no operators by account") % about,
                _("give it a founder as well: founder=ACCOUNT"),
            )
        case "bad_mode":
            return _Refused(_('"%s" is no mode that can be set so') % about, _("mode='+k sesame'"))
        case "list_full":
            return _Refused(_("%s has as many operators as it may have") % about)
        case "not_stored":
            return _Refused(
                _("this cannot be stored now, so nothing was changed"),
                _("is the disk full?"),
                cli.EXIT_CANT_CREATE,
            )
        case "too_slow":
            hint = _("try again in a moment")
            return _Refused(_("the server is too busy to answer"), hint, cli.EXIT_TEMPORARY)
        case _other:
            return _Refused(
                _("the server does not understand this"), _("is it of the same version?")
            )


def _no_room(name: str) -> _Refused:
    hint = _("a room is made by joining it; %s room list shows all") % say.PROG
    return _Refused(_('there is no room "%s"') % name, hint)
