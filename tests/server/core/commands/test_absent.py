"""What is said to an account that is not here: kept, and shown when it comes back."""

import pytest

from server.core.effects import ReadHistory
from server.core.events import Check, ServerStopping
from server.core.facts import AccountSeen, Said
from server.core.settings import with_accounts
from tests.support.chat import Chat

NOTE = "Joao is not here, and will get it later"


@pytest.fixture
def chat():
    """Ana is here; there is an account Joao."""
    chat = Chat()
    told = with_accounts(chat.world.settings, ["ana", "bob", "Joao"])
    chat.change_settings(account_keys=told.account_keys, account_names=told.account_names)
    chat.login("ana")
    return chat


def said(chat):
    """The messages among the last facts."""
    return [fact for fact in chat.last.facts if isinstance(fact, Said)]


def test_it_is_kept_and_echoed(chat):
    """Under the account's name as it is written, and shown to the sender's other sessions."""
    chat.login("ana2", "ana", caps="echo-message")
    heard = chat.say("ana2", "PRIVMSG joao :hi")
    (fact,) = said(chat)
    assert (fact.conversation, fact.seq, fact.target) == ("ana,joao", 1, "Joao")
    line = ":ana!ana@user/ana PRIVMSG Joao :hi"
    assert heard == {"ana": [line], "ana2": [line, f":chat.local 301 ana Joao :{NOTE}"]}


@pytest.mark.parametrize("cap", ["tlschat/once", "standard-replies"])
def test_a_modern_client_gets_a_note(chat, cap):
    """NOTE says it better than RPL_AWAY (IRCv3 standard-replies)."""
    chat.login("ana2", "ana", caps=cap)
    heard = chat.say("ana2", "PRIVMSG joao :hi")
    assert heard["ana2"] == [f":chat.local NOTE PRIVMSG KEPT Joao :{NOTE}"]


def test_once_holds_there_too(chat):
    """Kept with the id; the same id again is not kept again."""
    chat.login("ana2", "ana", caps="tlschat/once")
    for _ in range(2):
        heard = chat.say("ana2", "@tlschat/once=01234567 PRIVMSG joao :hi")
        tags = "@tlschat/once=01234567;tlschat/seq=1"
        assert heard["ana2"][0] == f"{tags} :ana!ana@user/ana PRIVMSG Joao :hi"
    assert said(chat) == []


def test_a_notice_is_kept_without_a_note(chat):
    """A NOTICE is not answered (Modern IRC, NOTICE)."""
    assert chat.say("ana", "NOTICE joao :hi") == {}
    assert len(said(chat)) == 1


def test_reactions_are_kept_and_typing_is_nothing(chat):
    """Typing is for those who are here; an error each time would only annoy."""
    chat.login("ana2", "ana", caps="message-tags")
    assert chat.say("ana2", "@+typing=active TAGMSG joao") == {}
    assert said(chat) == []
    assert chat.say("ana2", "@+draft/react=x;+reply=m1 TAGMSG joao") == {}
    assert len(said(chat)) == 1


def test_who_is_nobody(chat):
    """401 as ever: for unknown names, for guests who ask, and where nothing is kept."""
    line = ":chat.local 401 ana nobody :No such nick/channel"
    assert chat.say("ana", "PRIVMSG nobody :hi")["ana"] == [line]
    chat.change_settings(accounts_required=False)
    chat.login("gast")
    assert chat.say("gast", "PRIVMSG joao :hi")["gast"][0].split(" ")[1] == "401"
    chat.change_settings(history_keep=False)
    assert chat.say("ana", "PRIVMSG joao :hi")["ana"][0].split(" ")[1] == "401"


def test_an_account_under_another_nick_is_here(chat):
    """What is said to the account reaches it (nick policy "free")."""
    chat.change_settings(nick_policy="free")
    chat.connect("joao")
    chat.say("joao", "PASS Joao:secret", "NICK zoe", "USER j 0 * :J")
    assert chat.say("ana", "PRIVMSG JOAO :hi") == {"joao": [":ana!ana@user/ana PRIVMSG zoe :hi"]}


def test_the_simple_dialect(chat):
    """It says so in its own words."""
    chat.login_simple("bob")
    assert chat.say("bob", "MSG @joao hi")["bob"] == [f"OK {NOTE}"]
    assert chat.say("bob", "MSG @nobody hi")["bob"] == ["ERR user_not_found"]


# Coming back.


def test_coming_and_going_is_noted(chat):
    """At the first session in and at the last one out, and at the end of everything."""

    def seen():
        return [fact for fact in chat.last.facts if isinstance(fact, AccountSeen)]

    chat.login("joao")
    assert seen() == [AccountSeen("joao", chat.at_ms)]
    chat.login("joao2", "joao")
    assert seen() == []
    chat.lose("joao2")
    assert seen() == []
    chat.lose("joao")
    assert seen() == [AccountSeen("joao", chat.at_ms)]
    chat.event(ServerStopping("bye"))
    assert seen() == [AccountSeen("ana", chat.at_ms)]


def test_what_was_missed_is_shown(chat):
    """To a client that cannot ask, with the time in the text where there is no server-time."""
    chat.say("ana", "PRIVMSG joao :1", "PRIVMSG joao :\x01ACTION waves\x01")
    heard = chat.login("joao")["joao"]
    assert heard[-2:] == [
        ":ana!ana@user/ana PRIVMSG joao :[22:13] 1",
        ":ana!ana@user/ana PRIVMSG joao :\x01ACTION [22:13] waves\x01",
    ]
    chat.lose("joao")
    chat.say("ana", "PRIVMSG joao :2")
    heard = chat.login("joao", caps="server-time batch")["joao"]
    missed = [line for line in heard if " PRIVMSG " in line or " BATCH " in line]
    start, line, end = missed
    name = start.split(" ")[3]
    assert start.endswith(f" BATCH {name} chathistory ana")
    assert line.startswith(f"@batch={name[1:]};time=2023-11-14T22:13:")
    assert line.endswith(" :ana!ana@user/ana PRIVMSG joao :2")
    assert end.endswith(f" BATCH -{name[1:]}")


def test_nothing_comes_twice(chat):
    """What was delivered while the account was here is not missed."""
    chat.login("joao")
    chat.say("ana", "PRIVMSG joao :1")
    chat.say("joao", "PRIVMSG ana :2")
    chat.lose("joao")
    assert [line for line in chat.login("joao")["joao"] if " PRIVMSG " in line] == []


def test_who_can_ask_is_left_to_ask(chat):
    """A client with chathistory gets no history that it did not ask for (IRCv3 chathistory)."""
    chat.say("ana", "PRIVMSG joao :1")
    chat.login("joao", caps="draft/chathistory")
    assert not [effect for effect in chat.last.effects if isinstance(effect, ReadHistory)]


def test_where_nothing_is_kept_nothing_is_asked(chat):
    """Without a log there is no reader."""
    chat.change_settings(history_keep=False)
    chat.reads.clear()
    chat.login("joao")
    assert chat.reads == []


def test_a_guest_who_logs_in_has_missed_it_too(chat):
    """With the account comes what was said to it."""
    chat.say("ana", "PRIVMSG joao :1")
    chat.change_settings(accounts_required=False, nick_policy="free")
    chat.connect("gast")
    chat.say("gast", "CAP REQ sasl", "NICK gast", "USER g 0 * :G", "CAP END")
    chat.answers_checks = False
    chat.sasl("gast", "Joao")
    heard = chat.answer(Check.OK, "Joao")["gast"]
    assert heard[-1] == ":ana!ana@user/ana PRIVMSG gast :[22:13] 1"


def test_the_simple_dialect_has_missed_it_too(chat):
    """Private messages are for somebody; the lobby's are not shown again."""
    chat.say("ana", "PRIVMSG joao :1", "PRIVMSG #lobby :2")
    assert chat.login_simple("joao")["joao"] == [
        "OK welcome joao",
        "FROM ana [dm]: [22:13] 1",
    ]
