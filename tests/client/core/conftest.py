"""Sessions in the states that tests start from."""

from collections.abc import Callable

import pytest

from tests.support.irc_talk import Talk


@pytest.fixture
def talk() -> Talk:
    """A session of ana's, not connected."""
    return Talk()


@pytest.fixture
def make_talk() -> Callable[..., Talk]:
    """Makes a session with an identity and settings."""
    return Talk


@pytest.fixture
def online() -> Talk:
    """A session of ana's with every capability, in #lobby with bob and carol (an operator)."""
    made = Talk().go_online().join("#lobby", "bob", "@carol")
    made.said()
    made.events.clear()
    return made
