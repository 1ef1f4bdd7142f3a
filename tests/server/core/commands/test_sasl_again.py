"""AUTHENTICATE of somebody who is logged in, and SASL EXTERNAL.

Sources: IRCv3 sasl-3.2 ("SASL Reauthentication"), sasl-3.1; RFC 4422 appendix A.
"""

import base64
from dataclasses import replace

import pytest

from irc.message import parse_line
from server.core.events import AccountsRevoked, SettingsLoaded
from server.core.settings import Operator, with_accounts
from tests.support.chat import Chat

PIN = "A" * 43 + "="


def numerics(lines: list[str]) -> list[str]:
    """The commands of the lines."""
    return [parse_line(line.encode()).command for line in lines]


# Logging in again.


def test_before_registration():
    """A client may authenticate again at any time; the last one counts."""
    chat = Chat()
    chat.connect("ann")
    chat.say("ann", "CAP REQ sasl", "NICK ann", "USER ann 0 * :Ann")
    chat.sasl("ann", "ann")
    assert numerics(chat.sasl("ann", "bob")["ann"]) == ["AUTHENTICATE", "900", "903"]
    assert numerics(chat.say("ann", "CAP END")["ann"])[0] == "001"
    assert chat.user("bob").account == "bob"


def test_as_the_same_account():
    """900 and 903, and nothing is different; the other sessions notice nothing."""
    chat = Chat("ann", "eve", caps="sasl account-notify")
    chat.login("phone", "ann", caps="sasl")
    heard = chat.sasl("ann", "ann")
    assert numerics(heard["ann"]) == ["AUTHENTICATE", "900", "903"]
    assert not heard["eve"] and not heard["phone"]


def test_a_wrong_password_changes_nothing():
    """904; the user is who they were, and too many of them end the connection."""
    chat = Chat("ann", caps="sasl")
    for _ in range(2):
        assert numerics(chat.sasl("ann", "bob", "wrong")["ann"])[-1] == "904"
    assert chat.user("ann").account == "ann"
    chat.sasl("ann", "bob", "wrong")
    assert chat.is_closed("ann")


def test_the_account_tag_of_the_change():
    """It is who the sender was until then, as in the example of account-tag."""
    chat = Chat("ann", "eve", caps="sasl account-notify account-tag")
    line, *rest = chat.sasl("ann", "bob")["eve"]
    assert line == "@account=ann :ann!ann@user/ann ACCOUNT bob"
    assert all(each.startswith("@account=bob ") for each in rest)


def test_as_another_account():
    """ACCOUNT for account-notify, then host and nick; the old account is free again."""
    chat = Chat("ann", "eve", caps="sasl account-notify")
    heard = chat.sasl("ann", "bob")
    assert [line.split(" ", 1)[1] for line in heard["eve"]] == [
        "ACCOUNT bob",
        "QUIT :Changing hostname",
        "JOIN #lobby",
        "NICK bob",
    ]
    assert numerics(heard["ann"])[-2:] == ["900", "903"]
    user = chat.user("bob")
    assert user.account == "bob" and chat.world.find_account("bob") is user
    assert chat.world.find_account("ann") is None
    chat.login("ann2", "ann")
    assert chat.user("ann") is not user
    assert chat.world.last_seen.keys() >= {"ann", "bob"}


def test_as_another_account_with_free_nicks():
    """Policy "free": the nick stays."""
    chat = Chat("ann", caps="sasl", nick_policy="free")
    chat.sasl("ann", "bob")
    assert chat.user("ann").account == "bob"


def test_operators_by_account():
    """The rights are the account's: they go with the old one and come with the new one."""
    operators = {name: Operator(name, name) for name in ("ann", "boss")}
    chat = Chat("ann", caps="sasl", operators=operators)
    assert chat.user("ann").is_operator
    heard = chat.sasl("ann", "bob")["ann"]
    assert any(line.endswith(" MODE ann -o") for line in heard)
    assert not chat.user("bob").is_operator
    chat.sasl("ann", "boss")
    assert chat.user("boss").is_operator


def test_not_with_other_connections():
    """907 when other sessions of the account would change along (sasl-3.2: "appropriate")."""
    chat = Chat("ann", caps="sasl")
    chat.login("phone", "ann", caps="sasl")
    text = "You are ann in other connections too: connect anew as bob"
    assert chat.sasl("ann", "bob")["ann"][-1] == f":chat.local 907 ann :{text}"
    assert chat.session("ann").login.account == "ann"
    assert chat.session("ann").login.sasl_mechanism == ""


def test_not_as_somebody_present():
    """904: whose account is here already is joined by connecting anew."""
    chat = Chat("ann", "bob", caps="sasl")
    assert chat.sasl("ann", "bob")["ann"][-1].startswith(":chat.local 904 ann :bob is connected")
    assert chat.user("ann").account == "ann"


# A certificate.


def certified(**settings: object) -> Chat:
    """One connection that showed the key of ann's, not registered."""
    chat = Chat()
    base = replace(chat.world.settings, **settings)
    loaded = with_accounts(base, ["ann", "bob"], ["eve"], {PIN: "ann"})
    chat.event(SettingsLoaded(loaded))
    chat.connect("ann", certificate=PIN)
    chat.say("ann", "CAP LS 302", "CAP REQ sasl", "NICK phone", "USER ann 0 * :Ann")
    return chat


def external(chat: Chat, authzid: str = "") -> list[str]:
    """A whole exchange."""
    response = base64.b64encode(authzid.encode()).decode() or "+"
    return chat.say("ann", "AUTHENTICATE EXTERNAL", f"AUTHENTICATE {response}")["ann"]


@pytest.mark.parametrize("authzid", ["", "ann", "ANN"])
def test_external(authzid):
    """`+`, then 900 and 903 at once; the name is empty or the account's."""
    chat = certified()
    assert external(chat, authzid) == [
        ":chat.local AUTHENTICATE +",
        ":chat.local 900 phone phone!ann@user/ann ann :You are now logged in as ann",
        ":chat.local 903 phone :SASL authentication successful",
    ]
    chat.say("ann", "CAP END")
    assert chat.user("ann").account == "ann"


def test_external_is_offered_to_whom_it_can_help():
    """sasl-3.2: the value has the available mechanisms; without a certificate PLAIN alone."""
    chat = certified()
    chat.connect("eve")
    with_one = " ".join(chat.say("ann", "CAP LS 302")["ann"])
    without = " ".join(chat.say("eve", "CAP LS 302", "CAP REQ sasl")["eve"])
    assert "sasl=PLAIN,EXTERNAL" in with_one
    assert "sasl=PLAIN " in without
    heard = chat.say("eve", "AUTHENTICATE EXTERNAL")["eve"]
    assert heard == [
        ":chat.local 908 * PLAIN :are available SASL mechanisms",
        ":chat.local 904 * :SASL authentication failed: unknown mechanism",
    ]
    assert "PLAIN,EXTERNAL" in chat.say("ann", "AUTHENTICATE FOO")["ann"][0]


@pytest.mark.parametrize("authzid", ["bob", "nobody", "a" * 200])
def test_nobody_becomes_somebody_else(authzid):
    """One sentence for another's name and an unknown one; each is an attempt."""
    chat = certified()
    text = "SASL authentication failed: this certificate lets nobody in"
    assert external(chat, authzid)[-1] == f":chat.local 904 phone :{text}"
    external(chat, authzid)
    external(chat, authzid)
    assert chat.is_closed("ann")


def test_a_revoked_key_or_account():
    """A key that was removed, and an account that was disabled, get the same sentence."""
    text = ":chat.local 904 phone :SASL authentication failed: this certificate lets nobody in"
    chat = certified()
    chat.event(SettingsLoaded(with_accounts(chat.world.settings, ["ann"], [], {})))
    assert external(chat)[-1] == text
    chat = certified()
    chat.event(SettingsLoaded(with_accounts(chat.world.settings, ["bob"], ["ann"], {})))
    chat.event(AccountsRevoked(frozenset({"ann"})))
    assert external(chat)[-1] == text


def test_what_is_not_an_external_response():
    """Not UTF-8, or not base64: 904. Too long: 905."""
    chat = certified()
    for chunk in ("/w==", "!"):
        heard = chat.say("ann", "AUTHENTICATE EXTERNAL", f"AUTHENTICATE {chunk}")["ann"]
        assert heard[-1].endswith(" 904 phone :SASL authentication failed: not a EXTERNAL response")
    heard = chat.say("ann", "AUTHENTICATE EXTERNAL", *["AUTHENTICATE " + "a" * 400] * 5)["ann"]
    assert " 905 phone " in heard[-1] or any(" 905 phone " in line for line in heard)


def test_a_guest_shows_a_certificate():
    """After registration it is as with a password."""
    chat = certified(accounts_required=False)
    chat.say("ann", "CAP END")
    heard = external(chat)
    assert numerics(heard)[-2:] == ["900", "903"]
    assert chat.user("ann").account == "ann"
    chat.login("bob")
    chat.connect("more", certificate=PIN)
    chat.say("more", "CAP REQ sasl", "NICK more", "USER m 0 * :M", "CAP END")
    heard = chat.say("more", "AUTHENTICATE EXTERNAL", "AUTHENTICATE +")["more"]
    assert heard[-1] == ":chat.local 904 more :ann is connected already: connect anew to join in"
