"""Somebody passes for somebody else with a name that looks the same.

Servers that fold only case, or only ASCII, let `ChɑnServ` (with a Latin alpha) or a Cyrillic `аnа`
speak as what people trust. Every door to a nick has to ask the same question.
"""

from __future__ import annotations

import pytest

from server.core.events import Dialect
from tests.support.chat import PASSWORD, Chat

SERVICES = ["ChɑnServ", "СhanServ", "NіckServ", "nickserv", "ＮickServ", "sеrver"]
ANN = ["аnn", "Ann", "ａnn", "αnn"]


def guests(*names: str) -> Chat:
    """A server for guests too, where ann has an account, and is not here."""
    chat = Chat(accounts_required=False, nick_policy="free", account_looks=frozenset({"ann"}))
    for name in names:
        chat.login(name)
    return chat


def refused(line: str) -> bool:
    """Whether a line says that a nick cannot be had: 432 or 433."""
    return line.split()[1] in ("432", "433")


@pytest.mark.parametrize("name", [*SERVICES, *ANN])
def test_nobody_comes_in_with_such_a_name(name):
    """Registration: neither what looks like a service nor what looks like somebody's account."""
    chat = guests()
    chat.connect("eve")

    heard = chat.say("eve", f"NICK {name}", "USER eve 0 * :Eve")["eve"]

    assert any(map(refused, heard))
    assert chat.session("eve").user is None


@pytest.mark.parametrize("name", [*SERVICES, *ANN])
def test_nobody_takes_such_a_name_later(name):
    """NICK: the same, once somebody is in."""
    chat = guests("eve")

    assert refused(chat.say("eve", f"NICK {name}")["eve"][0])
    assert chat.user("eve")


@pytest.mark.parametrize("name", [*SERVICES, *ANN])
def test_nobody_comes_in_by_the_simple_dialect(name):
    """The second language of the server asks the same question."""
    chat = guests()
    chat.connect("eve", Dialect.SIMPLE)

    told = chat.say("eve", f"NICK {name}")["eve"]

    assert told[0].startswith(("ERR ", "PASSWORD?"))
    assert chat.session("eve").user is None


@pytest.mark.parametrize("double", ["еve", "Eve", "ｅve"])
def test_a_guest_has_no_double(double):
    """Who is here as a guest is safe too, for as long as they are here."""
    chat = guests("eve", "joe")

    assert refused(chat.say("joe", f"NICK {double}")["joe"][0])


@pytest.mark.parametrize("double", ["аnn", "ａnn"])
def test_a_password_opens_no_double(double):
    """PASS of one account does not give the name of another that looks the same."""
    chat = Chat("ann", nick_policy="free")
    chat.connect("eve")

    heard = chat.say("eve", f"PASS eve:{PASSWORD}", f"NICK {double}", "USER eve 0 * :Eve")["eve"]

    assert any(map(refused, heard))
    assert chat.session("eve").user is None
