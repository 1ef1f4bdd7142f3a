"""The verbs that read or change accounts. Called by `__main__`, which shows the errors they raise.

Each takes the config and the options, prints its result, and returns the exit code. Whether a name
can be had is looked up before a password is asked for, and again when the file is edited.
"""

import argparse
import json
import re
import sys
import unicodedata
from gettext import gettext as _
from pathlib import Path

from irc.cli import EXIT_DATA, EXIT_FAILURE, EXIT_OK, EXIT_USAGE, print_error
from irc.names import nick_key
from irc.sanitise import clean
from server.accounts.errors import MissingPasswordFile
from server.accounts.passwd import PasswordFile, unknown_account
from server.accounts.passwords import hash_password
from server.accounts.records import Account, Accounts, check_new_name
from server.admin import say
from server.admin.ask import Chosen, choose_password
from server.config import Config
from server.lockfile import DataFolder
from server.log.connecting import FILE_NAME
from server.log.erasing import erase
from server.log.errors import LogUnusable
from server.log.renaming import has_traces, renamed


def add(config: Config, options: argparse.Namespace) -> int:
    """Make an account, and the file if it is the first."""
    file, name = PasswordFile(config.accounts.file), _composed(options.name)
    check_new_name(_load(file), name, config.limits.nick_chars_max)
    if not options.same_person and _has_traces(config, name):
        print_error(
            say.PROG,
            _('an earlier account "%s" has left messages: a new one could read its private ones')
            % name,
            _("%s forgets them; or say --same-person to hand them over")
            % say.admin_command(options.config, "log", "erase", "--account", name),
        )
        return EXIT_DATA
    chosen = choose_password(options, name, _own_words(config, name))
    password_hash = hash_password(chosen.secret, config.accounts.bcrypt_cost)
    file.add(name, password_hash, config.limits.nick_chars_max)
    say.done(_('account "%s" created; it can log in now') % name, options.quiet)
    _show_once(chosen, options.quiet)
    say.next_step(say.join_command(config, name), options.quiet)
    return EXIT_OK


def passwd(config: Config, options: argparse.Namespace) -> int:
    """Give an account another password."""
    file = PasswordFile(config.accounts.file)
    account = _find(file, options.name)
    chosen = choose_password(options, account.name, _own_words(config, account.name))
    password_hash = hash_password(chosen.secret, config.accounts.bcrypt_cost)
    file.set_password(account.name, password_hash)
    say.done(
        _('account "%s" has a new password; the old one no longer works') % account.name,
        options.quiet,
    )
    _show_once(chosen, options.quiet)
    if account.disabled:
        say.done(_("it is still disabled"), options.quiet)
        say.next_step(say.admin_command(options.config, "enable", account.name), options.quiet)
    else:
        say.next_step(say.join_command(config, account.name), options.quiet)
    return EXIT_OK


def list_accounts(config: Config, options: argparse.Namespace) -> int:
    """Print every account, as a table or as JSON."""
    accounts = _load(PasswordFile(config.accounts.file))
    if options.json:
        rows = [
            {"name": account.name, "disabled": account.disabled, "cost": account.cost}
            for account in accounts
        ]
        print(json.dumps(rows, indent=2))  # escapes whatever is not ASCII: safe at a terminal
        return EXIT_OK
    if not len(accounts):
        say.done(_("no accounts yet: nobody can log in"), options.quiet)
        say.next_step(say.admin_command(options.config, "add", _("NAME")), options.quiet)
        return EXIT_OK
    states = {False: _("enabled"), True: _("disabled")}
    width = max(map(len, (*states.values(), _("state"))))
    print(f"{_('state'):{width}}  {_('cost'):>4}  {_('name')}")
    for account in accounts:  # the name is last: its letters may be wide
        print(f"{states[account.disabled]:{width}}  {account.cost:4}  {clean(account.name)}")
    return EXIT_OK


def disable(config: Config, options: argparse.Namespace) -> int:
    """Let nobody in as this account, and keep its password."""
    file = PasswordFile(config.accounts.file)
    account = _find(file, options.name)
    file.disable(account.name)
    if account.disabled:
        say.done(_('account "%s" was disabled already') % account.name, options.quiet)
    else:
        sentence = _('account "%s" is disabled: a running server ends its sessions in a moment')
        say.done(sentence % account.name, options.quiet)
    say.next_step(say.admin_command(options.config, "enable", account.name), options.quiet)
    return EXIT_OK


def enable(config: Config, options: argparse.Namespace) -> int:
    """Let a disabled account in again."""
    file = PasswordFile(config.accounts.file)
    account = _find(file, options.name)
    file.enable(account.name)
    if account.disabled:
        sentence = _('account "%s" is enabled: it can log in with the password it had')
    else:
        sentence = _('account "%s" was enabled already')
    say.done(sentence % account.name, options.quiet)
    say.next_step(say.join_command(config, account.name), options.quiet)
    return EXIT_OK


def remove(config: Config, options: argparse.Namespace) -> int:
    """Forget an account, once a person has typed its name or a script has said --yes."""
    file = PasswordFile(config.accounts.file)
    account = _find(file, options.name)
    if not options.yes:
        if options.no_input or not sys.stdin.isatty():
            print_error(
                say.PROG,
                _('"%s" is removed only when its name is typed, and there is nobody to ask')
                % account.name,
                _("say --yes to remove it all the same; disable keeps it"),
            )
            return EXIT_USAGE
        if not _is_confirmed(account):
            print_error(say.PROG, _('that is not "%s": nothing was removed') % account.name)
            return EXIT_FAILURE
    if options.erase and _history(config).exists():
        with DataFolder(config.server.data):
            file.remove(account.name)
            erase(_history(config), account.key)
        sentence = _('account "%s" is removed, and all that it said')
        say.done(sentence % account.name, options.quiet)
        return EXIT_OK
    file.remove(account.name)
    sentence = _('account "%s" is removed: a running server ends its sessions in a moment')
    say.done(sentence % account.name, options.quiet)
    if _has_traces(config, account.name):
        say.done(
            _("what it said is kept; with the server stopped it can be forgotten"), options.quiet
        )
        erasing = ("log", "erase", "--account", account.name)
        say.next_step(say.admin_command(options.config, *erasing), options.quiet)
    else:
        say.next_step(say.admin_command(options.config, "list"), options.quiet)
    return EXIT_OK


def rename(config: Config, options: argparse.Namespace) -> int:
    """Give an account another name; its password and what is kept of it stay its own."""
    file, new_name = PasswordFile(config.accounts.file), _composed(options.new_name)
    account = _find(file, options.name)
    check_new_name(file.load(), new_name, config.limits.nick_chars_max, leaving_out=account.key)
    if _history(config).exists():
        with DataFolder(config.server.data):
            _rename_with_history(config, file, account, new_name)
    else:
        file.rename(account.name, new_name, config.limits.nick_chars_max)
    sentence = _('account "%(old)s" is now "%(new)s", with the same password')
    say.done(sentence % {"old": account.name, "new": new_name}, options.quiet)
    for name, operator in config.operators.items():
        if operator.account and nick_key(operator.account) == account.key:
            still = _('%(file)s still says operators.%(name)s.account = "%(old)s": change it')
            words = {"file": config.path.name, "name": name, "old": operator.account}
            say.done(still % words, options.quiet)
    say.next_step(say.join_command(config, new_name), options.quiet)
    return EXIT_OK


def _rename_with_history(
    config: Config, file: PasswordFile, account: Account, new_name: str
) -> None:
    """In both places or in none; a power cut between the two leaves the file ahead."""
    chars_max = config.limits.nick_chars_max
    is_renamed = False
    try:
        with renamed(_history(config), account.key, new_name):
            file.rename(account.name, new_name, chars_max)
            is_renamed = True
    except LogUnusable:
        if is_renamed:
            file.rename(new_name, account.name, chars_max)
        raise


def _history(config: Config) -> Path:
    return config.server.data / FILE_NAME


def _has_traces(config: Config, name: str) -> bool:
    path = _history(config)
    return path.exists() and has_traces(path, nick_key(name))


def _load(file: PasswordFile) -> Accounts:
    """The accounts; none where there is no file yet."""
    try:
        return file.load()
    except MissingPasswordFile:
        return Accounts()


def _find(file: PasswordFile, name: str) -> Account:
    accounts = file.load()
    account = accounts.get(name)
    if account is None:
        raise unknown_account(accounts, name)
    return account


def _composed(name: str) -> str:
    """A name as typed, in the form that is stored: some keyboards send é as e and an accent."""
    return unicodedata.normalize("NFC", name)


def _own_words(config: Config, name: str) -> list[str]:
    """What somebody who guesses this account's password knows."""
    return [name, config.server.name, config.server.network, *re.split(r"\W", config.server.name)]


def _show_once(chosen: Chosen, is_quiet: bool) -> None:
    if chosen.is_generated:
        say.done(_("its password, shown only now:"), is_quiet)
        print(chosen.secret.reveal(), flush=True)


def _is_confirmed(account: Account) -> bool:
    print(
        _('Type the name to remove the account "%s": ') % clean(account.name),
        end="",
        file=sys.stderr,
        flush=True,
    )
    try:
        return _composed(input().strip()) == account.name
    except EOFError:
        raise KeyboardInterrupt from None
