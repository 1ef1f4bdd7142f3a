"""NICK, SETNAME and the change of host, as lines in and lines out.

Sources: Modern IRC, "NICK message"; IRCv3 setname, chghost.
"""

from __future__ import annotations

import pytest

from tests.support.chat import PASSWORD, Chat

# The pace.


def _free(*names: str, **settings: object) -> Chat:
    return Chat(*names, nick_policy="free", **settings)


def test_changes_of_nick_have_a_pace():
    """As many as nick_changes_per_minute_max at once, then 438; another each share of a minute."""
    chat = _free("ann", nick_changes_per_minute_max=3)
    for name in ("a", "b", "c"):
        chat.at_ms -= 1000
        assert " NICK " in chat.say("ann", f"NICK {name}")["ann"][0]
    chat.at_ms -= 1000
    assert chat.say("ann", "NICK d")["ann"] == [
        ":chat.local 438 c d :Nick change too fast. Please wait 20 seconds."
    ]
    chat.at_ms += 18_000
    assert chat.say("ann", "NICK d")["ann"] == [
        ":chat.local 438 c d :Nick change too fast. Please wait 1 seconds."
    ]
    assert " NICK " in chat.say("ann", "NICK d")["ann"][0]
    assert " 438 " in chat.say("ann", "NICK e")["ann"][0]


def test_what_changes_nothing_costs_nothing():
    """The same nick, and one that is not to be had, do not count."""
    chat = _free("ann", "eve", nick_changes_per_minute_max=1)
    chat.say("ann", "NICK ann", "NICK eve", "NICK 1x")
    assert " NICK " in chat.say("ann", "NICK b")["ann"][0]


def test_the_pace_is_the_users():
    """Another session of the account has no other, nor has SETNAME."""
    chat = _free("ann", nick_changes_per_minute_max=2)
    chat.login("ann2", "ann")
    chat.say("ann", "NICK a", "SETNAME :x")
    assert " 438 " in chat.say("ann2", "NICK b")["ann2"][0]
    text = "Slow down your realname changes: wait 27 seconds"
    assert chat.say("ann2", "SETNAME :y")["ann2"] == [
        f":chat.local FAIL SETNAME CANNOT_CHANGE_REALNAME :{text}"
    ]


def test_the_pace_in_the_simple_dialect():
    """`ERR try_later`."""
    chat = _free(nick_changes_per_minute_max=1)
    chat.login_simple("ann")
    chat.say("ann", "NICK a")
    assert chat.say("ann", "NICK b")["ann"] == ["ERR try_later"]


# SETNAME.


def test_setname():
    """To all in common channels and the sender, if they have the capability (setname)."""
    chat = Chat("bob")
    chat.login("ann", caps="setname")
    chat.login("ann2", "ann", caps="setname")
    chat.login("eve", caps="setname")
    line = ":ann!ann@user/ann SETNAME :Bruce Wayne <bruce@wayne>"
    heard = chat.say("ann", "SETNAME :Bruce Wayne <bruce@wayne>")
    assert heard == {"ann": [line], "ann2": [line], "eve": [line]}
    assert chat.user("ann").realname == "Bruce Wayne <bruce@wayne>"
    assert " :0 Bruce Wayne " in chat.say("bob", "WHO ann")["bob"][0]
    assert chat.say("ann", "SETNAME Batman")["eve"] == [":ann!ann@user/ann SETNAME :Batman"]


def test_setname_without_the_capability():
    """The server SHOULD handle it silently; with a label there is an ACK (setname)."""
    chat = Chat("ann")
    chat.login("eve", caps="setname labeled-response batch")
    assert chat.say("ann", "SETNAME :A") == {"eve": [":ann!ann@user/ann SETNAME :A"]}
    assert chat.say("eve", "@label=1 SETNAME :E")["eve"] == [
        "@label=1 :eve!eve@user/eve SETNAME :E"
    ]
    chat.say("eve", "CAP REQ -setname")
    assert chat.say("eve", "@label=2 SETNAME :F")["eve"] == ["@label=2 :chat.local ACK"]


@pytest.mark.parametrize("name", ["", "x" * 11])
def test_setname_with_what_is_none(name):
    """INVALID_REALNAME: empty, or longer than NAMELEN says (setname)."""
    chat = Chat("ann", realname_chars_max=10)
    assert chat.say("ann", f"SETNAME :{name}")["ann"] == [
        ":chat.local FAIL SETNAME INVALID_REALNAME :Realname is not valid"
    ]
    assert chat.user("ann").realname == "Ann"


def test_setname_without_a_name():
    """461 (Modern IRC, ERR_NEEDMOREPARAMS)."""
    assert Chat("ann").say("ann", "SETNAME")["ann"] == [
        ":chat.local 461 ann SETNAME :Not enough parameters"
    ]


# CHGHOST.


@pytest.fixture
def guests() -> Chat:
    """bob and eve share a room with ann, who is about to log in; bob knows chghost."""
    chat = Chat(accounts_required=False, nick_policy="free", default_rooms=())
    chat.login("ann", caps="sasl chghost")
    chat.login("bob", caps="chghost away-notify")
    chat.login("eve", caps="away-notify")
    chat.login("zoe", caps="chghost")
    chat.say("ann", "JOIN #tea,#coffee")
    chat.say("bob", "JOIN #tea,#coffee")
    chat.say("eve", "JOIN #tea,#coffee")
    return chat


def test_chghost(guests):
    """CHGHOST once to who has the capability and a common room, and to oneself (chghost)."""
    guest = f":ann!ann@{guests.user('ann').host}"
    heard = guests.sasl("ann", "ann")
    assert heard["bob"] == [f"{guest} CHGHOST ann user/ann"]
    assert f"{guest} CHGHOST ann user/ann" in heard["ann"]
    assert heard["zoe"] == []
    assert guests.user("ann").source == "ann!ann@user/ann"


def test_the_fallback_of_chghost(guests):
    """QUIT, JOIN and MODE for who lacks it, and AWAY of who is away (chghost, away-notify)."""
    guests.say("ann", "AWAY :tea", "MODE #tea +v ann")
    guest = f":ann!ann@{guests.user('ann').host}"
    heard = guests.sasl("ann", "ann")
    owner = ":ann!ann@user/ann"
    assert heard["eve"] == [
        f"{guest} QUIT :Changing hostname",
        f"{owner} JOIN #tea",
        ":chat.local MODE #tea +ov ann ann",
        f"{owner} AWAY :tea",
        f"{owner} JOIN #coffee",
        ":chat.local MODE #coffee +o ann",
        f"{owner} AWAY :tea",
    ]
    assert not any("QUIT" in line or "JOIN" in line for line in heard["bob"] + heard["ann"])


def test_oneself_never_seems_to_quit(guests):
    """Without the capability one's own client is told by 900 alone."""
    guests.say("ann", "CAP REQ -chghost")
    heard = guests.sasl("ann", "ann")["ann"]
    assert [line.split(" ")[1] for line in heard] == ["AUTHENTICATE", "900", "903"]
    assert " ann!ann@user/ann " in heard[1]


def test_the_simple_dialect_notices_nothing():
    """There are no hosts in it: nobody seems to leave and join."""
    chat = Chat(accounts_required=False, nick_policy="free")
    chat.login_simple("sim")
    chat.login("ann", caps="sasl")
    assert chat.sasl("ann", "ann")["sim"] == []


def test_the_same_host_again(guests):
    """Who comes with an account has its host at once: nothing changes, nobody is told."""
    guests.connect("carl")
    heard = guests.say(
        "carl", "CAP REQ sasl", f"PASS carl:{PASSWORD}", "NICK carl", "USER c 0 * c", "CAP END"
    )
    guests.say("carl", "JOIN #tea")
    assert heard["bob"] == []
    assert guests.sasl("carl", "carl")["bob"] == []
