"""chat-client: from a command line to a run of one face, and an exit code.

The order: options, config, trust, login, session, face. What is slow to import is imported where
its turn comes: `--help` needs neither ssl nor prompt_toolkit.
"""

import os
import sys

from client.options import is_trust_command, read_options
from irc import cli


def main(words: list[str] | None = None) -> int:
    """Run the command; the exit code."""
    cli.install_gettext("tlschat")
    words = sys.argv[1:] if words is None else words
    try:
        if is_trust_command(words):
            from client import trust_command

            return trust_command.run(words[1:])
        options = read_options(words)
        from client import runner

        return runner.run(options)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return cli.EXIT_INTERRUPTED
    except BrokenPipeError:  # stdout or stderr is gone: nobody reads what we would say
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 128 + 13


if __name__ == "__main__":
    raise SystemExit(main())
