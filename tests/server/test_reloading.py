"""Reading the config again: what changes and what waits (server/reloading.py)."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from server.config import TABLES, load_config
from server.core.settings import Settings
from server.registrar import policy_of
from server.reloading import LIVE, merge, reload
from server.wiring import retention_of, settings_of

HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."


@pytest.fixture
def write(tmp_path):
    """Write the config; gives it back loaded."""
    path = tmp_path / "config.toml"

    def write(text):
        path.write_text(text)
        return load_config(path)

    return write


def test_nothing_new(write):
    """The same file is the same config."""
    running = write("")
    outcome = reload(running)
    assert outcome.config == running
    assert outcome.lines() == ["Nothing has changed"]


def test_what_may_change_changes(write):
    """In every section that has something of the kind; named, without a value."""
    running = write("")
    loaded = write(
        f"""
        server.motd = "hi"
        rooms.default = ["#tea"]
        accounts.required = false
        history.keep_days = 3
        limits.topic_bytes_max = 300
        admin.email = "me@example.org"
        log.level = "debug"
        operators.ana.hash = "{HASH}"
        """
    )
    outcome = reload(running)
    assert outcome.config == loaded
    assert outcome.kept == ()
    assert set(outcome.changed) == {
        *("server.motd", "rooms.default", "accounts.required", "history.keep_days"),
        *("limits.topic_bytes_max", "admin.email", "log.level", "operators"),
    }
    assert HASH not in " ".join(outcome.lines())


def test_what_cannot_change_waits(write):
    """It keeps its old value and is named; what stands beside it changes."""
    running = write("")
    write(
        """
        server.name = "other.example"
        server.data = "elsewhere"
        server.motd = "hi"
        limits.connections_max = 5
        history.keep = false
        tuning.io_threads = 2
        tls.cert = "x.pem"
        [[listeners]]
        port = 7000
        """
    )
    outcome = reload(running)
    assert outcome.config.server.motd == "hi"
    assert outcome.config.server.name == running.server.name
    assert outcome.config.listeners == running.listeners
    assert outcome.config.limits == running.limits
    assert outcome.changed == ("server.motd",)
    assert set(outcome.kept) == {
        *("server.name", "server.data", "limits.connections_max", "history.keep"),
        *("tuning.io_threads", "tls.cert", "listeners"),
    }
    assert outcome.lines() == [
        "Changed: server.motd",
        f"After a restart: {', '.join(outcome.kept)}",
    ]


def test_a_bad_config_changes_nothing(write, tmp_path):
    """All that is wrong is named, without the values, which may be secrets."""
    running = write("")
    (tmp_path / "config.toml").write_text(
        'server.motd = "hi"\nlimits.topic_bytes_max = -1\noperators.ana.hash = "swordfish"\n'
    )
    outcome = reload(running)
    assert outcome.config is running
    assert outcome.changed == ()
    text = "\n".join(outcome.lines())
    assert text.startswith("The config is wrong, and nothing has changed")
    assert "limits.topic_bytes_max: must" in text and "operators.ana.hash: must" in text
    assert "swordfish" not in text


@pytest.mark.parametrize("text", ["[", None])
def test_a_config_that_is_none(write, tmp_path, text):
    """No TOML, or no file."""
    running = write("")
    path = tmp_path / "config.toml"
    path.unlink() if text is None else path.write_text(text)
    outcome = reload(running)
    assert outcome.config is running
    assert outcome.problems


def test_the_table_names_settings():
    """Nothing in it is mistyped; limits are there because the core has a setting of the name."""
    for section, names in LIVE.items():
        known = {field.name for field in fields(TABLES[section])}
        assert names <= known or section == "limits"
    assert LIVE["limits"] <= {field.name for field in fields(Settings)}
    assert "masks_per_room_max" in LIVE["limits"]
    assert "simple_line_bytes_max" not in LIVE["limits"], "the network has it too"


def other(value):
    """Another value of the same kind. What may stand in a file is not the question here."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case tuple():
            return (*value, "#x")
        case Path():
            return value / "x"
    raise AssertionError(value)


def in_effect(config):
    """Everything that a reload gives to the parts (`App._rehash`)."""
    log = (config.log.level, config.log.format)
    return settings_of(config, 0), policy_of(config), retention_of(config), log


EVERY_SETTING = [
    (section, field.name)
    for section, table in TABLES.items()
    if section not in ("listeners", "operators")
    for field in fields(table)
]


@pytest.mark.parametrize(("section", "name"), EVERY_SETTING)
def test_every_setting_is_in_effect_or_waits(write, tmp_path, section, name):
    """What is called changed has changed something; what waits has changed nothing."""
    running = write("")
    running.server.data.mkdir()
    before = getattr(running, section)
    loaded = replace(running, **{section: replace(before, **{name: other(getattr(before, name))})})
    outcome = merge(running, loaded)
    full_name = f"{section}.{name}"
    assert (outcome.changed, outcome.kept) in [((full_name,), ()), ((), (full_name,))]
    assert (in_effect(outcome.config) != in_effect(running)) is bool(outcome.changed)


def test_the_path_is_no_setting(write):
    """It is where the settings came from."""
    running = write("")
    assert merge(running, running).changed == ()
