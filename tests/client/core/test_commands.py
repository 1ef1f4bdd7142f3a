"""The table of commands: help, parser and completion read the same one."""

from client.core.commands import COMMANDS, help_lines, usage
from client.core.input import DEFAULT_ALIASES

# The list of the brief for this client.
PROMISED = """
msg me join part topic who names list away nick whois raw help quit query notice invite kick mode
close
"""


def test_all_promised_commands_are_there():
    """What the README and /help promise exists."""
    assert set(PROMISED.split()) <= set(COMMANDS)


def test_usage():
    """Arguments in capitals, optional ones in brackets."""
    assert usage(COMMANDS["kick"]) == "/kick [ROOM] NAME [REASON]"
    assert usage(COMMANDS["close"]) == "/close"


def test_help_has_a_line_for_each():
    """Asked for all: every command and every alias has its line."""
    lines = help_lines("all", DEFAULT_ALIASES)
    assert len(lines) == len(COMMANDS) + len(DEFAULT_ALIASES) + 1
    assert all(len(line) < 100 for line in lines)


def test_help_fits_a_small_terminal():
    """80 columns and 24 rows, with three rows about keys, the prompt and the status row."""
    lines = help_lines("", DEFAULT_ALIASES)
    assert len(lines) <= 24 - 3 - 2
    assert all(len(line) <= 78 for line in lines)
    assert "/help all" in "".join(lines)


def test_help_about_rooms():
    """Those that manage rooms, by themselves; the short list says where they are."""
    lines = help_lines("rooms", DEFAULT_ALIASES)
    assert lines[0].startswith("/ban [ROOM] NAME")
    assert not any(line.startswith("/msg") for line in lines)
    assert "/help rooms" in "".join(help_lines("", DEFAULT_ALIASES))


def test_help_for_one():
    """By its name, with a slash, in capitals, or by an alias."""
    for topic in ["msg", "/msg", "MSG", "private", "/private", "@privado:"]:
        (line,) = help_lines(topic, DEFAULT_ALIASES)
        assert line.startswith("/msg NAME TEXT  ")


def test_help_for_nothing_is_safe():
    """An unknown topic is told, cleaned."""
    (line,) = help_lines("x\x1b", DEFAULT_ALIASES)
    assert line == 'There is no command "x␛".'
