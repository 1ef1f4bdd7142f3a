"""Questions to the person before a face is up, and errors after it is down.

Used by the trust and login flows through the `Person` class; everything goes to stderr, so that
stdout stays for results. What is said here is cleaned: parts of it came from a certificate.
"""

import contextlib
import shutil
import sys
import textwrap
from collections.abc import Iterable
from gettext import gettext as _

from irc import cli
from irc.sanitise import clean


class Person:
    """Whoever sits at the terminal. `is_there`: they may be asked."""

    def __init__(self, prog: str, *, may_ask: bool) -> None:
        self._prog = prog
        self.is_there = may_ask and _is_terminal(sys.stdin) and _is_terminal(sys.stderr)

    def say(self, *lines: str) -> None:
        """Show lines; those that are too long for the terminal are broken between words."""
        with contextlib.suppress(OSError):  # the terminal may be gone, with whoever would read this
            for line in lines:
                print(_fit(clean(line)), file=sys.stderr)

    def ask(self, question: str) -> str:
        """The answer, without its ends. Ctrl-C and Ctrl-D raise KeyboardInterrupt."""
        print(clean(question), end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if not answer:
            print(file=sys.stderr)
            raise KeyboardInterrupt
        return answer.strip()

    def ask_secret(self, question: str) -> str:
        """The answer, typed unseen. Raises KeyboardInterrupt, cli.NoTerminal."""
        return cli.read_secret(clean(question))

    def succeed(self, sentence: str) -> None:
        """Say what is now true."""
        self.say(f"{'✓' if _shows_symbols() else 'ok:'} {sentence}")

    def fail(self, sentence: str, advice: Iterable[str] = ()) -> None:
        """Say what went wrong and what to do: with a sign for people, else as all commands do."""
        advice = tuple(advice)
        if _shows_symbols():
            self.say(f"✗ {sentence}", *(f"  {line}" for line in advice))
        else:
            cli.print_error(self._prog, sentence, "\n".join(advice))

    def warn(self, sentence: str) -> None:
        """Say what is odd, and go on."""
        self.say(f"{'!' if _shows_symbols() else _('warning:')} {sentence}")


def _fit(line: str) -> str:
    # A line that is indented by four is a command to copy: it stays in one piece.
    if not _is_terminal(sys.stderr) or line.startswith("    "):
        return line
    columns = shutil.get_terminal_size().columns
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line,
        columns,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )


def _is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def _shows_symbols() -> bool:
    encoding = (getattr(sys.stderr, "encoding", "") or "").lower().replace("-", "")
    return _is_terminal(sys.stderr) and encoding == "utf8"
