"""chat-admin invite: codes with which somebody new makes an account. Called by `__main__`.

A code is printed once, on standard output; kept is only its digest.
"""

import argparse
import json
import time
from datetime import UTC, datetime
from gettext import gettext as _

from irc.cli import EXIT_OK, EXIT_USAGE, print_error
from server.accounts.invites import InviteFile
from server.admin import say
from server.config import Config


def run(config: Config, options: argparse.Namespace) -> int:
    """Make a code, list them or take one back."""
    file = InviteFile(config.accounts.file)
    match options.verb:
        case "list":
            return _list(file, options)
        case "remove":
            if not options.name:
                print_error(say.PROG, _("say which one"), _("chat-admin invite list shows them"))
                return EXIT_USAGE
            file.remove(options.name)
            say.done(_("the invitation is taken back"), options.quiet)
        case _:
            _make(file, config, options)
    return EXIT_OK


def _make(file: InviteFile, config: Config, options: argparse.Namespace) -> None:
    code = file.create(options.uses, options.days, time.time())
    sentence = _("an invitation for accounts: %(uses)d, days: %(days)d; shown only now:")
    say.done(sentence % {"uses": options.uses, "days": options.days}, options.quiet)
    print(code, flush=True)
    if config.accounts.registration == "invite":
        say.done(_("who has it makes an account; chat-client asks for the code"), options.quiet)
        say.next_step(say.join_command(config, "NAME", "--register"), options.quiet)
    else:
        say.done(_("the server takes none yet; below [accounts] in the config:"), options.quiet)
        say.next_step('registration = "invite"', options.quiet)


def _list(file: InviteFile, options: argparse.Namespace) -> int:
    now_s = time.time()
    good = [each for each in file.load() if each.is_good(now_s)]
    if options.json:
        rows = [
            {"name": each.name, "uses": each.uses, "until": _day(each.until_s)} for each in good
        ]
        print(json.dumps(rows, indent=2))
        return EXIT_OK
    for each in good:
        print(f"{each.name}  {each.uses:5}  {_day(each.until_s)}")
    if not good:
        say.done(_("there are no invitations"), options.quiet)
    return EXIT_OK


def _day(at_s: int) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"
