"""To how many people one may turn in a minute. Source: the field's target change limit (439)."""

import pytest

from server.core.apply import apply
from server.core.facts import Addressed
from server.core.settings import Operator, with_accounts
from server.core.world import HEARD_FROM_MAX, sender_key
from tests.support.chat import Chat

NAMES = [f"u{number}" for number in range(6)]


def crowd(*names, caps="", **settings):
    """People in the lobby, where ann may turn to three of them."""
    return Chat("ann", *NAMES, *names, caps=caps, new_targets_per_minute_max=3, **settings)


def tell(chat, *names, command="PRIVMSG", sender="ann"):
    """What the sender hears after writing to each of these, one by one."""
    return chat.say(sender, *(f"{command} {name} :hi" for name in names))[sender]


def refused(name, wait_s):
    return (
        f":chat.local 439 ann {name} :Message target change too fast. Please wait {wait_s} seconds."
    )


def test_the_fourth_in_a_minute_is_refused():
    """439 with the name and how long to wait; the one who was refused hears nothing."""
    chat = crowd()
    assert tell(chat, "u0", "u1", "u2") == []
    heard = chat.say("ann", "PRIVMSG U3 :hi")
    assert heard == {"ann": [refused("u3", 57)]}


def test_one_comes_free_when_its_minute_is_over():
    """Each counts for a minute from when it was begun; who waits as told is let through."""
    chat = crowd()
    tell(chat, "u0", "u1", "u2")
    chat.at_ms += 56_000
    assert tell(chat, "u3") == [refused("u3", 1)]
    assert tell(chat, "u3") == []
    assert tell(chat, "u4") == []
    assert tell(chat, "u5") == []


def test_going_on_with_the_same_people_counts_once():
    """However often, in whatever order, and under whatever spelling."""
    chat = crowd()
    assert tell(chat, "u0", "U1", "u2", "u1", "u0", "U0", "u2") == []


def test_a_refused_one_does_not_count():
    """Trying again does not make the wait longer."""
    chat = crowd()
    tell(chat, "u0", "u1", "u2")
    first, second = tell(chat, "u3", "u4")
    assert (first, second) == (refused("u3", 57), refused("u4", 56))


def test_each_of_several_targets_counts():
    """One line to four people is four."""
    chat = crowd()
    heard = chat.say("ann", "PRIVMSG u0,u1,u2,u3 :hi")
    assert [line for line in heard["ann"] if " 439 " in line] == [refused("u3", 60)]
    assert set(heard) == {"ann", "u0", "u1", "u2"}


def test_a_notice_is_dropped():
    """NOTICE gets no error (Modern IRC, "NOTICE message"); it counts as well."""
    chat = crowd()
    assert tell(chat, "u0", "u1", "u2", command="NOTICE") == []
    assert chat.say("ann", "NOTICE u3 :hi") == {}
    assert tell(chat, "u3") == [refused("u3", 56)]


def test_tags_alone_count():
    """TAGMSG is delivered "in the same way as PRIVMSG and NOTICE" (message-tags)."""
    chat = crowd(caps="message-tags")
    for number in range(3):
        chat.say("ann", f"@+typing=active TAGMSG u{number}")
    assert " 439 " in chat.say("ann", "@+typing=active TAGMSG u3")["ann"][0]


def test_an_answer_is_free():
    """Who wrote first may always be answered, also when the limit is reached."""
    chat = crowd()
    tell(chat, "ann", sender="u5")
    tell(chat, "u0", "u1", "u2")
    assert tell(chat, "u5") == []
    assert tell(chat, "u3") == [refused("u3", 56)]


def test_whom_one_meets_is_free():
    """In a room that one is in for a reason; in a default room everybody is."""
    chat = crowd()
    chat.say("ann", "JOIN #tea")
    chat.say("u5", "JOIN #tea")
    tell(chat, "u0", "u1", "u2")
    assert tell(chat, "u5", "ann") == [":ann!ann@user/ann PRIVMSG ann :hi"]
    assert tell(chat, "u3") == [refused("u3", 55)]


def test_operators_of_the_server_are_free():
    """They may have to tell many."""
    chat = crowd(operators={"ann": Operator("ann", account="ann")})
    assert tell(chat, *NAMES) == []


def test_absent_people_count():
    """Otherwise one could fill everybody's history; one's own account does not."""
    chat = crowd(nick_policy="free")
    names = ["ann", *NAMES, "x0", "x1", "x2", "x3"]
    chat.change_settings(
        account_names=with_accounts(chat.world.settings, names).account_names, targets_max=9
    )
    chat.say("ann", "NICK bob")
    heard = chat.say("ann", "PRIVMSG x0,x1,x2,x3,ann :hi")["ann"]
    assert [line.split(" ")[1] for line in heard].count("439") == 1
    for number in range(3):
        chat.login(f"x{number}")
    assert tell(chat, "x0", "x1", "x2") == []


def test_one_self_absent_is_free():
    """What is said to one's own account under another nick."""
    chat = crowd(nick_policy="free")
    tell(chat, "u0", "u1", "u2")
    chat.say("ann", "NICK bob")
    heard = chat.say("ann", "PRIVMSG ann :note to myself")["ann"]
    assert not any(" 439 " in line for line in heard)


def test_coming_anew_is_no_way_around():
    """It goes by account; and by address for guests."""
    chat = crowd()
    tell(chat, "u0", "u1", "u2")
    chat.lose("ann")
    chat.login("ann")
    assert " 439 " in tell(chat, "u3")[-1]

    chat = Chat("eve", *NAMES, accounts_required=False, new_targets_per_minute_max=3)
    tell(chat, "u0", "u1", "u2", sender="eve")
    chat.lose("eve")
    chat.login("eve")
    assert " 439 " in tell(chat, "u3", sender="eve")[-1]


def test_with_an_id_it_may_be_sent_again():
    """The refusal has the label, and the id is as good as new (docs/once.md)."""
    chat = crowd(caps="batch labeled-response tlschat/once")
    tell(chat, "u0", "u1", "u2")
    line = "@label=7;tlschat/once=once-upon-a-time PRIVMSG u3 :hi"
    (heard,) = chat.say("ann", line)["ann"]
    assert heard == f"@label=7 {refused('u3', 57)}"
    chat.at_ms += 60_000
    (heard,) = chat.say("ann", line)["ann"]
    assert "tlschat/once=once-upon-a-time" in heard and heard.endswith(" PRIVMSG u3 :hi")


def test_the_simple_dialect_has_a_word():
    """try_later."""
    chat = crowd()
    chat.login_simple("sim")
    assert chat.say("sim", *(f"MSG @u{number} hi" for number in range(4)))["sim"] == [
        "ERR try_later"
    ]


# What is remembered.


def test_senders_of_whom_nothing_counts_are_forgotten():
    """A few whenever somebody turns to somebody, so that memory does not grow with time."""
    chat = crowd()
    for number in range(6):
        tell(chat, "ann", sender=f"u{number}")
    assert len(chat.world.addressed) == 6
    chat.at_ms += 120_000
    tell(chat, "u0", sender="u1")
    assert len(chat.world.addressed) == 6 - 2
    tell(chat, "u0", sender="u2")
    tell(chat, "u0", sender="u3")
    assert list(chat.world.addressed) == ["u1", "u2", "u3"]
    assert all(len(recent) == 1 for recent in chat.world.addressed.values())


def test_so_many_who_wrote_first_are_remembered():
    """HEARD_FROM_MAX, the latest of them."""
    chat = Chat("ann", "bob")
    ann, bob = chat.user("ann"), chat.user("bob")
    for number in range(HEARD_FROM_MAX + 5):
        bob.account = f"b{number}"
        apply(chat.world, Addressed(bob.id, "ann", ann.id, 1, 0))
    assert len(ann.heard_from) == HEARD_FROM_MAX
    assert list(ann.heard_from)[-1] == f"b{HEARD_FROM_MAX + 4}"


@pytest.mark.parametrize("account", ["", "ann"])
def test_accounts_and_guests_are_never_mixed_up(account):
    """A guest's key is a host, and no account is called like one."""
    chat = Chat("ann")
    user = chat.user("ann")
    user.account = account
    assert ("/" in sender_key(user)) == (not account)
