"""Who may have which nick. What NICK answers is tested with the command."""

import pytest

from server.core import nicks
from server.core.settings import Settings, with_accounts
from server.core.turn import Refusal
from server.core.world import World
from tests.support.chat import Chat


def test_settings_with_accounts():
    """Names are compared by their keys, and by what they look like."""
    settings = with_accounts(Settings(), ["Ana", "capa"])
    assert settings.account_keys == {"ana", "capa"}
    world = World(settings)
    assert nicks.is_account(world, "ANA")
    assert nicks.is_account(world, "сара")  # in Cyrillic
    assert not nicks.is_account(world, "eve")


def test_a_disabled_account_keeps_its_name():
    """It may not log in, and nobody else gets to be called so."""
    settings = with_accounts(Settings(), ["ana"], disabled=["eve"])
    assert settings.account_keys == {"ana"}
    assert nicks.is_account(World(settings), "EVE")
    assert nicks.is_account_gone(World(settings), "eve")


def test_an_owner_has_the_name_whether_here_or_not():
    """And whatever looks like it; nobody else has."""
    world = World(with_accounts(Settings(), ["capa"]))
    nicks.check_nick(world, "capa", "capa")
    nicks.check_nick(world, "сара", "capa")
    for account in ("", "eve"):
        with pytest.raises(Refusal) as caught:
            nicks.check_nick(world, "capa", account)
        assert caught.value.numeric == "433"


def test_who_is_here_may_keep_the_nick():
    """Asking for one's own nick in another spelling is no conflict."""
    chat = Chat("ann", accounts_required=False)
    user = chat.user("ann")
    nicks.check_nick(chat.world, "ANN", "", user.id)
    with pytest.raises(Refusal):
        nicks.check_nick(chat.world, "ANN", "")


def test_accounts_that_are_gone():
    """Without a list of accounts nothing is known to be gone."""
    assert not nicks.is_account_gone(World(Settings()), "ana")
    world = World(with_accounts(Settings(), ["ana"]))
    assert not nicks.is_account_gone(world, "ana")
    assert nicks.is_account_gone(world, "eve")
