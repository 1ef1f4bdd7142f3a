"""The grammar that our commands share: options, errors with a hint, exit codes, secrets, language.

`__main__` of each command calls this, on the main thread, before anything else; so importing it
costs little: no ssl, no asyncio, no prompt_toolkit, and what is rarely needed only when it is.
It lives here because `irc` is the one package that server and client may both import.

An error is one line on stderr and, where we know what to do about it, a second one:

    chat-admin: error: no command "lst"
    chat-admin: hint: did you mean "list"?
"""

import argparse
import gettext
import re
import sys
from collections.abc import Iterable, Sequence
from gettext import gettext as _
from typing import Any, Final, NoReturn

# BSD's sysexits, so that a script can tell a wrong password from a wrong certificate.
EXIT_OK: Final = 0
EXIT_FAILURE: Final = 1  # none of the others
EXIT_USAGE: Final = 2  # the command line itself; argparse's and the shell's number
EXIT_DATA: Final = 65  # the input is wrong: an unknown account, a name that is taken
EXIT_NO_INPUT: Final = 66  # an input file cannot be read
EXIT_UNAVAILABLE: Final = 69  # no connection, or it was lost
EXIT_CANT_CREATE: Final = 73  # an output file cannot be written
EXIT_TEMPORARY: Final = 75  # locked or busy: try again
EXIT_TLS: Final = 76  # the certificate cannot be trusted
EXIT_AUTH: Final = 77  # wrong name or password, or not allowed
EXIT_CONFIG: Final = 78  # the configuration is wrong
EXIT_INTERRUPTED: Final = 130  # Ctrl-C


class NoTerminal(Exception):
    """A secret was to be typed and nobody is there to type it."""


def fail(prog: str, error: str, hint: str = "", exit_code: int = EXIT_FAILURE) -> NoReturn:
    """End the program with `error`, and what to do about it, on stderr. Only `main` calls this.

    Foreign text in either is made safe to show; line breaks in them stay.
    """
    print_error(prog, error, hint)
    raise SystemExit(exit_code)


def print_error(prog: str, error: str, hint: str = "") -> None:
    """Write `error`, and what to do about it, to stderr, and go on."""
    print(f"{prog}: {_('error')}: {_clean_lines(error)}", file=sys.stderr)
    if hint:
        print(f"{prog}: {_('hint')}: {_clean_lines(hint)}", file=sys.stderr)


def _clean_lines(text: str) -> str:
    from irc.sanitise import clean  # its tables are for the run that fails, not for every start

    return "\n".join(clean(line) for line in text.split("\n"))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names what `word` was probably meant to be, or ""."""
    import difflib  # for the run that fails

    folded = {choice.casefold(): choice for choice in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1)
    return _('did you mean "%s"?') % folded[close[0]] if close else ""


def describe_exit_codes(codes: Iterable[int]) -> str:
    """Return lines for the end of a help text, one for each of `codes`."""
    meanings = {
        EXIT_OK: _("done"),
        EXIT_FAILURE: _("failed, for a reason not listed here"),
        EXIT_USAGE: _("the command line is wrong"),
        EXIT_DATA: _("the input is wrong: an unknown account, a name that is taken"),
        EXIT_NO_INPUT: _("an input file cannot be read"),
        EXIT_UNAVAILABLE: _("no connection, or it was lost"),
        EXIT_CANT_CREATE: _("an output file cannot be written"),
        EXIT_TEMPORARY: _("locked or busy: try again"),
        EXIT_TLS: _("the certificate cannot be trusted"),
        EXIT_AUTH: _("wrong name or password, or not allowed"),
        EXIT_CONFIG: _("the configuration is wrong"),
        EXIT_INTERRUPTED: _("interrupted with Ctrl-C"),
    }
    return _("exit codes:") + "".join(f"\n  {code:3}  {meanings[code]}" for code in codes)


def read_secret(prompt: str) -> str:
    """Return what a person types at the terminal after `prompt`, unseen.

    Raises:
        NoTerminal: Standard input is not a terminal, or its echo cannot be turned off.
        KeyboardInterrupt: The person gave up, with Ctrl-C or Ctrl-D.
    """
    import getpass  # for the runs that ask
    import warnings

    # getpass would ask at /dev/tty, or read a pipe with a warning; a script must not hang or guess.
    if sys.stdin is None or not sys.stdin.isatty():
        raise NoTerminal(_("there is no terminal to type a password at"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(prompt)
    except getpass.GetPassWarning:
        raise NoTerminal(_("this terminal cannot hide a password")) from None
    except EOFError:
        raise KeyboardInterrupt from None


def install_gettext(domain: str, localedir: str | None = None) -> None:
    """Take every sentence of ours, and argparse's, from the catalogue `domain` in `localedir`."""
    gettext.bindtextdomain(domain, localedir)
    gettext.textdomain(domain)


class ArgumentParser(argparse.ArgumentParser):
    """argparse with our errors: the right usage, "did you mean", and help where nothing was asked.

    Give `add_subparsers` a `dest`, and do not make it required: without a command the help is
    printed and the program ends with `EXIT_OK`. Options cannot be abbreviated, since an
    abbreviation in a script breaks when an option is added. Description and epilog keep their
    line breaks.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Any: the same arguments as argparse's, in all the versions of Python we run on.
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        """End the program with the usage of this (sub-)parser and `message`."""
        self.fail(message)

    def fail(self, message: str, hint: str = "") -> NoReturn:
        """End the program with the usage of this (sub-)parser, `message` and a hint."""
        self.print_usage(sys.stderr)
        # A sub-parser's prog is "chat-admin add"; who speaks is the program.
        fail(self.prog.partition(" ")[0], message, hint, EXIT_USAGE)

    def parse_known_args(
        self, args: Iterable[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, and refuse what is unknown. argparse calls this for each sub-parser too.

        Left to itself argparse takes the value of a mistyped option for a command, complains of a
        missing argument, or blames the main parser for what a sub-parser does not know.
        """
        words = sys.argv[1:] if args is None else list(args)
        commands = next(
            (a for a in self._actions if isinstance(a, argparse._SubParsersAction)), None
        )
        for word in self._find_options(words, commands.choices if commands else ()):
            name = word.partition("=")[0]
            hint = did_you_mean(name, self._option_string_actions)
            self.fail(_('no option "%s"') % name, hint)
        if commands and not words:
            self._end_with_help()
        parsed, extras = super().parse_known_args(words, namespace)
        if commands and getattr(parsed, commands.dest, "") is None:
            self._end_with_help()
        extras = [word for word in extras if word != "--"]
        if extras:
            self.fail(_("unexpected: %s") % " ".join(extras))
        return parsed, extras

    def _find_options(self, words: Sequence[str], commands: Iterable[str]) -> list[str]:
        """Return the unknown options in `words`, as far as they are this parser's."""
        unknown = []
        for word in words:
            if word == "--" or word in commands:
                break
            # As argparse sees it: "-", "-1" and what has a space in it are values.
            if re.match(r"-\D", word) and " " not in word and not self._knows_option(word):
                unknown.append(word)
        return unknown

    def _knows_option(self, word: str) -> bool:
        known = self._option_string_actions
        if word.startswith("--"):
            return word.partition("=")[0] in known
        return word[:2] in known or word in known

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a command, or a value, that is not among the choices."""
        # There is no public place for this; the method has been there since argparse began.
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        hint = did_you_mean(str(value), choices)
        if isinstance(action, argparse._SubParsersAction):
            prog = self.prog.partition(" ")[0]
            hint = hint or _("%s --help lists the commands") % self.prog
            fail(prog, _('no command "%s"') % value, hint, EXIT_USAGE)
        name = "/".join(action.option_strings) or action.metavar or action.dest
        message = _('%(name)s: "%(value)s" is not one of %(choices)s')
        self.fail(message % {"name": name, "value": value, "choices": ", ".join(choices)}, hint)

    def _end_with_help(self) -> NoReturn:
        self.print_help()
        raise SystemExit(EXIT_OK)
