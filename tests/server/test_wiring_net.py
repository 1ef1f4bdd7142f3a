"""What the network side gets of the config and of the table of commands (server/wiring.py)."""

from functools import partial

import pytest

from server.core.commands import COMMANDS
from server.net.websocket import HTTPS_ONLY, WebSocketStream
from server.wiring import bind_all, close_all, net_limits_of
from tests.support.config_text import block, load_text


@pytest.fixture
def load(tmp_path):
    """A function that loads a config text."""
    return partial(load_text, tmp_path)


def test_limits_are_the_configs(load):
    """Each field of the network's limits is the setting of that name."""
    limits = net_limits_of(load("[limits]\nlines_burst = 7\nconnections_exempt = ['::1']"))
    assert limits.lines_burst == 7
    assert limits.connections_exempt == ("::1",)


def test_costs_are_the_tables(load):
    """One truth: what the table of commands says, and only where it is not one line."""
    costs = net_limits_of(load("")).costs
    assert costs["WHO"] == COMMANDS["WHO"].cost > 1
    assert "PRIVMSG" not in costs
    assert all(COMMANDS[name].cost == cost != 1.0 for name, cost in costs.items())


def test_listeners_are_bound_as_they_are(load):
    """Each protocol gives its listener; only WebSocket has something between bytes and lines."""
    text = "".join(
        block("listeners", 'host = "127.0.0.1"', "port = 0", f'protocol = "{protocol}"')
        for protocol in ("irc", "simple", "websocket")
    )
    bound = bind_all(load(text))
    try:
        assert [each.protocol for each in bound] == ["irc", "simple", "websocket"]
        assert [each.wrap is None for each in bound] == [True, True, False]
        assert bound[2].plaintext_answer == HTTPS_ONLY

        class Inner:
            sock = None

        assert isinstance(bound[2].wrap(Inner()), WebSocketStream)
    finally:
        close_all(bound)
