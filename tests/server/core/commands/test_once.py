"""`tlschat/once`: a message with its sender's own id is said once (docs/once.md)."""

import pytest

from irc.names import nick_key
from server.core.facts import Conversation, Said
from server.core.history import Stored
from tests.support.chat import Chat

CAPS = "tlschat/once message-tags labeled-response batch"
ID = "0123456789abcdef"
STORED = Stored(
    "m0", 5, Conversation("#tea"), 41, "ana!ana@user/ana", "ana", "NOTICE", ("#tea", "first"), "+a"
)


def said(chat):
    """The messages among the last facts."""
    return [fact for fact in chat.last.facts if isinstance(fact, Said)]


def test_the_echo_tells_everything():
    """Also without echo-message: msgid, label, the id, and the number; kept with the id."""
    chat = Chat("ana", "bob", caps=CAPS)
    heard = chat.say("ana", f"@label=7;tlschat/once={ID} PRIVMSG #lobby :hi")
    (fact,) = said(chat)
    assert heard["ana"] == [
        f"@label=7;msgid={fact.msgid};tlschat/once={ID};tlschat/seq=1 "
        ":ana!ana@user/ana PRIVMSG #lobby :hi"
    ]
    assert (fact.once, fact.seq) == (ID, 1)
    assert heard["bob"] == [
        f"@msgid={fact.msgid};tlschat/seq=1 :ana!ana@user/ana PRIVMSG #lobby :hi"
    ]


def test_again_is_nothing_but_the_same_echo():
    """The same id again: the first one's text, target, msgid and number, and nobody hears it."""
    chat = Chat("ana", "bob", caps=CAPS)
    (first,) = chat.say("ana", f"@label=7;tlschat/once={ID} PRIVMSG bob :hi")["ana"]
    chat.login("ana2", "ana", caps=CAPS)

    heard = chat.say("ana2", f"@label=8;tlschat/once={ID} PRIVMSG #lobby :something else")

    assert heard == {"ana2": [first.replace("label=7", "label=8")]}
    assert chat.last.facts == ()
    assert chat.last.instead == ()


def test_the_id_is_the_accounts():
    """Somebody else's same id is another message's."""
    chat = Chat("ana", "bob", caps=CAPS)
    for name in ("ana", "bob"):
        chat.say(name, f"@tlschat/once={ID} PRIVMSG #lobby :hi")
        assert len(said(chat)) == 1


def test_it_is_answered_before_anything_is_asked():
    """What was said stays said, even if its sender is not in the room any more."""
    chat = Chat("ana", caps=CAPS)
    chat.once[nick_key("ana"), ID] = STORED
    heard = chat.say("ana", f"@tlschat/once={ID} PRIVMSG #tea :first")
    assert heard["ana"] == [
        f"@msgid=m0;tlschat/once={ID};tlschat/seq=41;+a :ana!ana@user/ana NOTICE #tea :first"
    ]


def test_again_in_the_same_batch_shares_the_fate_of_the_first(monkeypatch):
    """If the first cannot be kept, this is refused as well: its echo would be a lie."""
    chat = Chat("ana", caps=CAPS)
    stamp = chat._stamp
    chat.once[nick_key("ana"), ID] = STORED

    def not_yet_kept(event):
        made = stamp(event)
        return type(made)(made.at_ms, made.id, made.earlier, is_earlier_kept=False)

    monkeypatch.setattr(chat, "_stamp", not_yet_kept)
    chat.say("ana", f"@label=7;tlschat/once={ID} PRIVMSG #tea :first")

    (refusal,) = chat.last.instead
    assert (refusal.line.label, refusal.line.params[1]) == ("7", "STORAGE_ERROR")


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
@pytest.mark.parametrize(
    ("once", "target", "code"),
    [
        ("short12", "#lobby", "ONCE_INVALID"),
        ("x" * 65, "#lobby", "ONCE_INVALID"),
        ("", "#lobby", "ONCE_INVALID"),
        ("has/slash", "#lobby", "ONCE_INVALID"),
        ("höflich12", "#lobby", "ONCE_INVALID"),
        (ID, "#lobby,bob", "ONCE_ONE_TARGET"),
        (ID, "gast", "ONCE_NOT_KEPT"),
    ],
)
def test_what_cannot_be_said_once(command, once, target, code):
    """FAIL with the label, also for a NOTICE; nobody hears anything."""
    chat = Chat("gast", caps=CAPS, accounts_required=False)
    chat.connect("ana")
    chat.say("ana", f"CAP REQ :{CAPS}", "PASS ana:secret", "NICK ana", "USER a 0 * :a", "CAP END")
    heard = chat.say("ana", f"@label=7;tlschat/once={once} {command} {target} :hi")
    assert heard.keys() == {"ana"}
    (line,) = heard["ana"]
    assert line.startswith(f"@label=7 :chat.local FAIL {command} {code} ")
    assert chat.last.facts == ()


def test_a_guest_has_no_ids():
    """There is nobody to remember them for."""
    chat = Chat("gast", caps=CAPS, accounts_required=False)
    (line,) = chat.say("gast", f"@tlschat/once={ID} PRIVMSG #lobby :hi")["gast"]
    assert line.startswith(":chat.local FAIL PRIVMSG ONCE_NEEDS_ACCOUNT :")


def test_every_refusal_of_a_notice_is_told():
    """Who sends a message once wants to know what became of it."""
    chat = Chat("ana", caps=CAPS)
    for params, numeric in (("nobody :hi", "401"), ("#none :hi", "403"), ("#lobby", "412")):
        (line,) = chat.say("ana", f"@tlschat/once={ID} NOTICE {params}")["ana"]
        assert line.split(" ")[1] == numeric


def test_without_the_capability_the_tag_is_nothing():
    """Whoever has not asked for it cannot know that it is understood."""
    chat = Chat("ana", "bob", caps="message-tags echo-message")
    heard = chat.say("ana", f"@tlschat/once={ID} PRIVMSG #lobby :hi")
    assert "tlschat" not in heard["ana"][0] + heard["bob"][0]
    assert said(chat)[0].once == ""


def test_only_the_sender_sees_the_id():
    """It means nothing to others, and it is not theirs to know."""
    chat = Chat("ana", "bob", caps=CAPS)
    chat.login("ana2", "ana", caps=CAPS + " echo-message")
    heard = chat.say("ana2", f"@tlschat/once={ID} PRIVMSG bob :hi")
    assert heard["ana"] == heard["bob"]
    assert "tlschat/once" not in heard["bob"][0]
    assert len(heard["ana2"]) == 1


def test_a_long_message_has_its_number_once():
    """The first of the pieces carries what there is once."""
    chat = Chat("ana", "bob", caps=CAPS)
    pieces = chat.say("ana", f"@tlschat/once={ID} PRIVMSG #lobby :{'wörter ' * 60}")["bob"]
    assert ["tlschat/seq=1" in piece for piece in pieces] == [True, False]
