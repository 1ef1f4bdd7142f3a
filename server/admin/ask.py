"""Where a new password comes from: a person (twice), standard input, or chance. Called by
`commands`.

Never from an option or the environment: every user of the machine can read those.
"""

import argparse
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from gettext import gettext as _
from typing import Final

from irc.cli import EXIT_DATA, EXIT_USAGE, NoTerminal, read_secret
from irc.sanitise import clean
from server.accounts.errors import BadPassword
from server.accounts.passwords import PASSWORD_BYTES_MAX, Secret, bcrypt_input

TRIES_MAX: Final = 5
"""Then a person is told to begin anew; a terminal that answers by itself must not loop for ever."""

STDIN_BYTES_MAX: Final = 4 * PASSWORD_BYTES_MAX
"""Read from a pipe: any password that we take, before it is put into NFC."""

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz"
"""Without i, l and o, which people misread."""

GROUPS: Final = 5
GROUP_CHARS: Final = 4
"""20 letters of 23: 90 bits, which nobody guesses even with the hash in hand."""


class NoPassword(Exception):
    """No password could be had; nothing was changed."""

    def __init__(self, sentence: str, hint: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.hint = hint
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Chosen:
    """A password that will do, and whether it must be shown, because nobody has seen it yet."""

    secret: Secret
    is_generated: bool = False


def choose_password(options: argparse.Namespace, name: str, own_words: Sequence[str]) -> Chosen:
    """A new password for the account `name`, from where the options say.

    Raises:
        NoPassword: There is none, or it is weak and cannot be asked for again.
        BadPassword: Standard input had one that cannot be a password.
        KeyboardInterrupt: The person gave up.
    """
    forbid_core_dumps()
    if options.generate:
        return Chosen(Secret(generate_password()), is_generated=True)
    if options.password_stdin:
        return Chosen(_from_stdin(options.allow_weak, own_words))
    if options.no_input:
        raise NoPassword(
            _("a password must be typed, and --no-input forbids to ask"),
            _("give it with --password-stdin, or let one be made with --generate"),
            EXIT_USAGE,
        )
    try:
        return Chosen(_from_person(options.allow_weak, name, own_words))
    except NoTerminal as error:
        hint = _("give it with --password-stdin, or let one be made with --generate")
        raise NoPassword(str(error), hint, EXIT_USAGE) from None


def generate_password() -> str:
    """A password that can be read aloud and typed: kmqx-tbhd-wfea-rpcs-nuzv."""
    groups = ["".join(secrets.choice(LETTERS) for _n in range(GROUP_CHARS)) for _g in range(GROUPS)]
    return "-".join(groups)


def forbid_core_dumps() -> None:
    """Keep the memory of this process, which is about to hold a password, off the disk."""
    if sys.platform != "win32":
        import resource

        _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _from_stdin(allow_weak: bool, own_words: Sequence[str]) -> Secret:
    octets = sys.stdin.buffer.read(STDIN_BYTES_MAX + 1)
    line, _end, rest = octets.partition(b"\n")
    if rest.strip():
        raise NoPassword(
            _("standard input has more than one line"),
            _("give the password alone"),
            EXIT_DATA,
        )
    secret = Secret(line.removesuffix(b"\r").decode("utf-8", "surrogateescape"))
    bcrypt_input(secret)
    weakness = "" if allow_weak else _weakness(secret, own_words)
    if weakness:
        raise NoPassword(
            _("the password is weak: %s") % weakness,
            _("choose another, or --generate one; --allow-weak takes it all the same"),
            EXIT_DATA,
        )
    return secret


def _from_person(allow_weak: bool, name: str, own_words: Sequence[str]) -> Secret:
    for _try in range(TRIES_MAX):
        secret = Secret(read_secret(_('Password for "%s": ') % clean(name)))
        try:
            bcrypt_input(secret)
        except BadPassword as error:
            _remark(error.problem.text(_))
            continue
        if weakness := _weakness(secret, own_words):
            _remark(_("weak: %s") % weakness)
            if not allow_weak:
                continue
        if read_secret(_("Again: ")) == secret.reveal():
            return secret
        _remark(_("the two are not the same"))
    raise NoPassword(
        _("no password was set"),
        _("four words that have nothing to do with each other are easy to keep, and strong"),
        EXIT_DATA,
    )


def _weakness(secret: Secret, own_words: Sequence[str]) -> str:
    from server.accounts.strength import find_weakness

    return find_weakness(secret.reveal(), own_words)


def _remark(sentence: str) -> None:
    print(f"  {sentence}", file=sys.stderr)
