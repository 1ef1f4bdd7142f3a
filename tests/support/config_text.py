"""For tests of the config: texts that become files, and what is wrong with them."""

import dataclasses

import pytest

from server.config import ConfigError, load_config

HASH = "$2b$12$" + "a" * 21 + "u" + "a" * 31
"""A hash that bcrypt takes, of no known password."""


def load_text(folder, text):
    """The config of a file with this text, or these bytes."""
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path)


def problems_of(folder, text):
    """The problems of a config text, as (key, value, must, hint)."""
    with pytest.raises(ConfigError) as caught:
        load_text(folder, text)
    return [dataclasses.astuple(problem) for problem in caught.value.problems]


def block(table, *lines):
    """A table of TOML, with the double brackets a list of tables needs."""
    head = f"[[{table}]]" if table == "listeners" else f"[{table}]"
    return "\n".join((head, *lines)) + "\n"
