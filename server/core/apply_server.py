"""What facts about the server and its operators do to the world. Part of apply.py, called by it.

As there: nothing here refuses, decides or reads a clock.
"""

from __future__ import annotations

from heapq import heappush

from server.core import addresses, facts
from server.core.world import AddressBan, User, World


def user_modes_changed(world: World, fact: facts.UserModesChanged) -> None:
    """Also by letter: who counts them, or speaks to them, must not walk through everybody."""
    user = world.users[fact.user]
    for letter in user.modes - fact.modes:
        del world.by_mode[letter][fact.user]
    for letter in fact.modes - user.modes:
        world.by_mode.setdefault(letter, {})[fact.user] = None
    user.modes = fact.modes
    if "o" not in fact.modes:
        user.operator = ""
    elif fact.operator:
        user.operator = fact.operator


def forget_modes(world: World, user: User) -> None:
    """The user is gone."""
    for letter in user.modes:
        del world.by_mode[letter][user.id]


def address_banned(world: World, fact: facts.AddressBanned) -> None:
    """One with an end is looked at by the clock then."""
    ban = AddressBan(fact.network, fact.reason, fact.setter, fact.at_ms, fact.until_ms)
    world.address_bans[addresses.key_of(fact.network)] = ban
    if fact.until_ms:
        heappush(world.deadlines, (fact.until_ms, "address ban", (fact.network,)))


def address_unbanned(world: World, fact: facts.AddressUnbanned) -> None:
    """Only what is there can be taken off."""
    del world.address_bans[addresses.key_of(fact.network)]
