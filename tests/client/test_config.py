"""The client's settings: defaults, every key, and every kind of mistake."""

import re

import pytest

from client import config
from client.config import ClientConfig, ConfigError, load_config
from client.core.input import DEFAULT_ALIASES


@pytest.fixture
def load(tmp_path):
    def load_text(text: str) -> ClientConfig:
        path = tmp_path / "client.toml"
        path.write_text(text, encoding="utf-8")
        return load_config(path)

    return load_text


def test_no_file_is_the_defaults(tmp_path, monkeypatch):
    """Everything is optional, the file too; it is looked for in the config folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load_config() == ClientConfig()
    folder = tmp_path / "tlschat"
    folder.mkdir()
    (folder / "client.toml").write_text("bell = false\n")
    assert load_config() == ClientConfig(bell=False)


def test_every_key(load):
    """Each key does what it says; aliases add to the built-in ones, "" takes one away."""
    loaded = load(
        'color = "never"\ntimestamps = false\nemoji = "native"\nbell = false\nhistory = false\n'
        'keep_unsent = false\nmention_words = ["deploy"]\npassword_cmd = "pass chat"\n'
        '[aliases]\n"/dm" = "/msg"\n"/sair" = ""\n'
    )
    aliases = {**DEFAULT_ALIASES, "/dm": "/msg"}
    del aliases["/sair"]
    assert loaded == ClientConfig(
        "never", False, "native", False, False, False, ("deploy",), "pass chat", aliases
    )


def test_documented_file_is_the_defaults(load):
    """The example at the top of config.py loads, and but for password_cmd it is the defaults."""
    text = "\n".join(re.findall(r"^    (.*)$", config.__doc__ or "", re.MULTILINE))
    assert load(text.replace('password_cmd = "pass chat"', "")) == ClientConfig()


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("bel = true", "bel: there is no such key", "did you mean bell?"),
        ("xyz = true", "xyz: there is no such key", "the keys are color, "),
        ('color = "red"', "color = red: must be one of auto, always, never", ""),
        ("emoji = 1", "emoji = 1: must be one of safe, native", ""),
        ('bell = "yes"', "bell = yes: must be true or false", ""),
        ("password_cmd = 1", "password_cmd = 1: must be a text", ""),
        ('mention_words = "a"', "mention_words = a: must be a list of words", ""),
        ("mention_words = [1]", "mention_words = list: must be a list of words", ""),
        ('mention_words = [" "]', "mention_words = list: must be a list of words", ""),
        ("aliases = 1", "aliases = 1: must be a table", ""),
        ('[aliases]\nx = "/msg"', "aliases = dict: must be a table", ""),
        ('[aliases]\n"/x" = "msg"', "aliases = dict: must be a table", ""),
        ('[aliases]\n"/x" = 1', "aliases = dict: must be a table", ""),
        ("what", "Expected '='", ""),
    ],
)
def test_mistakes(load, text, sentence, hint):
    """A mistake names the key, the value and what is allowed (STYLE 15)."""
    with pytest.raises(ConfigError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert problem.sentence.startswith(sentence)
    assert problem.hint.startswith(hint)


def test_all_mistakes_at_once(load):
    """Nobody mends a file one run at a time."""
    with pytest.raises(ConfigError) as caught:
        load('bel = 1\ncolor = "red"\n')
    assert len(caught.value.problems) == 2
