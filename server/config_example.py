"""config.example.toml, made from the declarations in `server.config_sections`.

After a setting changed: `python -m server.config_example > config.example.toml`;
a test fails when the file in the repository is not exactly this. Prints only.
"""

import dataclasses
import sys
import textwrap
from typing import Any, get_origin

from server.config import TABLES
from server.config_check import Setting, choices_of, number, settings_of, toml_value
from server.config_sections import Listener, Operator

WIDTH_CHARS = 100

HEAD = """\
# The configuration of chat-server: every setting, with its default.
#
# Copy it to config.toml and keep the lines you change; a missing line means the default.
# Relative paths are relative to the folder of the config file. Names end in their unit:
# _s seconds, _ms milliseconds, _bytes bytes of UTF-8, _chars characters.
# After a change: chat-server --check
"""

LISTENERS = """
# Where people connect. Repeat the block to listen in more places, for example:
#
#     [[listeners]]
#     host = "127.0.0.1"
#     port = 6667
#     tls = false
"""

OPERATORS = """
# Operators: one table each, with an account or a password hash, never both.
# A hash is made with: htpasswd -nBC 12 NAME (the part after the colon).
#
# [operators.ana]
"""


def render() -> str:
    """The whole file."""
    parts = [HEAD]
    for table, section in TABLES.items():
        if table == "admin":
            parts += [OPERATORS, _operator()]
        parts.append(f"\n[{table}]\n" + _settings(section))
        if table == "server":
            parts += [LISTENERS, "\n[[listeners]]\n", _settings(Listener)]
    return "".join(parts)


def _settings(section: type[Any]) -> str:
    return "".join(
        _comment(field, declaration) + f"{field.name} = {toml_value(field.default)}\n"
        for field, declaration in settings_of(section)
    )


def _operator() -> str:
    values = {"account": "ana", "hash": "$2b$12$..."}
    return "".join(
        _comment(field, declaration) + f"# {field.name} = {toml_value(values[field.name])}\n"
        for field, declaration in settings_of(Operator)
    )


def _comment(field: dataclasses.Field[Any], declaration: Setting) -> str:
    text = " ".join(part for part in (declaration.doc, _allowed(field, declaration)) if part)
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, WIDTH_CHARS - 2))


def _allowed(field: dataclasses.Field[Any], declaration: Setting) -> str:
    if choices := choices_of(field):
        return "One of " + ", ".join(f'"{choice}"' for choice in choices) + "."
    if declaration.low is None or declaration.high is None or get_origin(field.type) is tuple:
        return ""
    return f"({number(declaration.low)} to {number(declaration.high)})"


if __name__ == "__main__":
    sys.stdout.write(render())
