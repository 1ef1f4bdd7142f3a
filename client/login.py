"""Who to log in as: the account's name and where its password comes from.

Called by `__main__`, after trust is settled. A password comes from a prompt, a file, standard
input, or the command named in the config; never from an argument or the environment, where others
on the machine could read it (UX section 4).
"""

import getpass
import shlex
import subprocess
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import Protocol

from client.ui.stdin import read_first_line
from irc import cli

PASSWORD_FILE_BYTES_MAX = 10_000
NEW_PASSWORD_TRIES = 3
PASSWORD_COMMAND_TIMEOUT_S = 60  # it may ask a person, with its own window


class PasswordMissing(Exception):
    """The password cannot be had from where it should come."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class Asker(Protocol):
    """The person, as `ui.person.Person` is one."""

    is_there: bool

    def ask(self, question: str) -> str:
        """The answer."""

    def ask_secret(self, question: str) -> str:
        """The answer, typed unseen."""

    def say(self, *lines: str) -> None:
        """Show lines."""


@dataclass(frozen=True, slots=True)
class PasswordSource:
    """Where the command line and the config say that the password is."""

    file: Path | None = None
    is_stdin: bool = False
    command: str = ""

    @property
    def is_given(self) -> bool:
        """Whether nobody has to be asked."""
        return self.file is not None or self.is_stdin or bool(self.command)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name, and its password; "" is for servers that let guests in."""

    user: str
    password: str = field(repr=False)


def find_credentials(
    user: str, source: PasswordSource, person: Asker, *, needs_password: bool = True
) -> Credentials:
    """Ask for what is not given; without a person, what is missing stays empty.

    Raises:
        PasswordMissing: A file or command that should have the password has none.
    """
    if not user:
        default = _login_name()
        answer = person.ask(_("User [%s]: ") % default) if person.is_there else ""
        user = answer or default
    return Credentials(user, _find_password(source, person) if needs_password else "")


def ask_password(person: Asker) -> str:
    """The password from the person; raises PasswordMissing where the terminal cannot hide it."""
    try:
        return person.ask_secret(_("Password: "))
    except cli.NoTerminal as error:
        raise PasswordMissing(str(error), cli.EXIT_AUTH) from error


def find_new_account(name: str, source: PasswordSource, person: Asker) -> Credentials:
    """The name and the password of an account that is to be made.

    Raises:
        PasswordMissing: Nobody can be asked, or was not sure.
    """
    if source.is_given:
        return Credentials(name, _find_password(source, person))
    return Credentials(name, ask_new_password(person))


def ask_new_password(person: Asker) -> str:
    """A new password from the person, twice the same; raises PasswordMissing."""
    if not person.is_there:
        sentence = _("there is nobody to ask for a new password")
        raise PasswordMissing(sentence, cli.EXIT_USAGE)
    try:
        for _try in range(NEW_PASSWORD_TRIES):
            password = person.ask_secret(_("New password: "))
            if password and password == person.ask_secret(_("New password again: ")):
                return password
            person.say(_("These are different, or empty."))
    except cli.NoTerminal as error:
        raise PasswordMissing(str(error), cli.EXIT_AUTH) from error
    raise PasswordMissing(_("no new password was given twice"), cli.EXIT_DATA)


def _find_password(source: PasswordSource, person: Asker) -> str:
    if source.file is not None:
        return _from_file(source.file)
    if source.is_stdin and not person.is_there:
        return read_first_line()
    if source.command:
        return _from_command(source.command)
    return ask_password(person) if person.is_there else ""


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(PASSWORD_FILE_BYTES_MAX)
        password = content.decode("utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        sentence = _("password file %(file)s: %(problem)s")
        raise PasswordMissing(
            sentence % {"file": path, "problem": error.strerror}, cli.EXIT_NO_INPUT
        ) from error
    except UnicodeDecodeError as error:
        raise PasswordMissing(_("password file %s: not UTF-8") % path, cli.EXIT_DATA) from error
    if not password:
        raise PasswordMissing(_("password file %s: its first line is empty") % path, cli.EXIT_DATA)
    return password


def _from_command(command: str) -> str:
    # No shell: what is in the config is one program and its arguments, and nothing expands.
    try:
        done = subprocess.run(
            shlex.split(command),
            stdout=subprocess.PIPE,
            check=True,
            timeout=PASSWORD_COMMAND_TIMEOUT_S,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        sentence = _("password_cmd failed: %s") % error
        raise PasswordMissing(sentence, cli.EXIT_CONFIG) from error
    password = done.stdout.decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    if not password:
        raise PasswordMissing(_("password_cmd printed nothing"), cli.EXIT_CONFIG)
    return password


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in some containers
        return "guest"
