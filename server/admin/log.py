"""`chat-admin log`: look after the history: check, backup, export, erase, stats, acts.

All but erase may run beside a server. Erasing writes, so it holds the data folder as a server does,
and refuses while one runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from gettext import gettext as _, ngettext
from pathlib import Path

from irc import cli
from irc.names import NickKey, nick_key, room_key
from irc.sanitise import clean
from server.admin import say
from server.config import Config
from server.core.facts import Conversation
from server.lockfile import DataFolder
from server.log import care
from server.log.connecting import FILE_NAME
from server.log.erasing import erase as erase_account
from server.log.errors import LogUnusable
from server.log.renaming import has_traces

VERBS = ("check", "backup", "export", "erase", "stats", "acts")


def run(config: Config, options: argparse.Namespace) -> int:
    """Do what was asked; the exit code.

    Raises:
        LogUnusable, DataFolderError: There is no history, or it cannot be had.
    """
    path = config.server.data / FILE_NAME
    if not path.exists():
        raise LogUnusable(
            _("there is no history yet: %s") % path,
            _("it is made when chat-server runs with history.keep = true"),
        )
    match options.verb:
        case "check":
            return _check(path, options)
        case "backup":
            return _backup(path, options)
        case "export":
            return _export(path, options)
        case "erase":
            return _erase(config, path, options)
        case "acts":
            return _acts(path, options)
        case _:
            return _stats(path, options)


def _check(path: Path, options: argparse.Namespace) -> int:
    findings = care.check(path)
    for finding in findings:
        print(clean(finding))
    if findings:
        cli.print_error(
            say.PROG,
            _("the history %s is damaged") % path,
            _("put a backup in its place, with the server stopped"),
        )
        return cli.EXIT_DATA
    say.done(_("the history %s is whole") % path, options.quiet)
    return cli.EXIT_OK


def _backup(path: Path, options: argparse.Namespace) -> int:
    target = Path(options.file)
    care.backup(path, target)
    say.done(_("the history is copied to %s, as it was at one moment") % target, options.quiet)
    return cli.EXIT_OK


def _export(path: Path, options: argparse.Namespace) -> int:
    name = options.room or ""
    if name and not name.startswith("#"):  # it begins a comment in most shells
        name = f"#{name}"
    room = Conversation(room_key(name)) if name else None
    account = nick_key(options.account) if options.account else None
    is_empty = True
    for entry in care.export(path, conversation=room, account=account):
        print(json.dumps(entry, ensure_ascii=False))
        is_empty = False
    if is_empty:
        about = " ".join(word for word in (name, options.account) if word)
        nothing = _("nothing is kept of %s") % about if about else _("nothing is kept yet")
        say.done(nothing, options.quiet)
    return cli.EXIT_OK


def _acts(path: Path, options: argparse.Namespace) -> int:
    room = room_key(options.room) if options.room else None
    account = nick_key(options.account) if options.account else None
    for act in care.acts(path, room=room, account=account):
        if options.json:
            print(json.dumps(act, ensure_ascii=False))
            continue
        who = act["account"] or act["nick"] or "-"
        rest = [act["target"], act["reason"]]
        if act["what"] == "MODE":  # the letter, then whom or what it was for
            rest.reverse()
        words = [act["time"], who, act["what"], act["room"], *rest]
        print(" ".join(clean(word) for word in words if word))
    return cli.EXIT_OK


def _erase(config: Config, path: Path, options: argparse.Namespace) -> int:
    account = NickKey(nick_key(options.account))
    if not has_traces(path, account):
        cli.print_error(say.PROG, _('nothing is kept of an account "%s"') % options.account)
        return cli.EXIT_DATA
    if not (options.yes or _is_sure(options)):
        cli.print_error(say.PROG, _("nothing was erased"), _("say --yes to be asked nothing"))
        return cli.EXIT_FAILURE
    with DataFolder(config.server.data):
        count = erase_account(path, account)
    sentence = ngettext(
        "%(count)d message of %(name)s is erased",
        "%(count)d messages of %(name)s are erased",
        count,
    )
    say.done(sentence % {"count": count, "name": options.account}, options.quiet)
    return cli.EXIT_OK


def _is_sure(options: argparse.Namespace) -> bool:
    """Whether the person typed the name; nobody is asked where there is no terminal."""
    if options.no_input or not sys.stdin.isatty():
        return False
    question = _('This cannot be undone. Type "%s" to erase all that it said: ')
    return input(question % clean(options.account)).strip() == str(options.account)


def _stats(path: Path, options: argparse.Namespace) -> int:
    stats = care.stats(path)
    if options.json:
        fields = {name: getattr(stats, name) for name in stats.__slots__}
        print(json.dumps(fields))
        return cli.EXIT_OK
    rows = (
        (_("messages"), f"{stats.messages:,}"),
        (_("joins and the like"), f"{stats.events:,}"),
        (_("deleted by people"), f"{stats.redacted:,}"),
        (_("conversations"), f"{stats.conversations:,}"),
        (_("accounts"), f"{stats.accounts:,}"),
        (_("not in the search yet"), f"{stats.not_indexed:,}"),
        (_("oldest"), _day(stats.oldest_ms)),
        (_("newest"), _day(stats.newest_ms)),
        (_("on the disk"), f"{stats.file_bytes / 1_048_576:,.1f} MiB"),
    )
    width = max(len(title) for title, _value in rows)
    for title, value in rows:
        print(f"{title:{width}}  {value}")
    return cli.EXIT_OK


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC" if at_ms else "-"
