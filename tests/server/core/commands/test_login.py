"""PASS, NICK, USER, PING, PONG, QUIT. Source: Modern IRC, "Connection Messages"."""

import pytest

from irc.message import parse_line
from server.core.effects import CheckPassword
from server.core.events import Check
from server.core.facts import NickChanged
from server.core.settings import with_accounts
from tests.support.chat import Chat


def numerics(lines: list[str]) -> list[str]:
    """The commands of the lines."""
    return [parse_line(line.encode()).command for line in lines]


@pytest.fixture
def chat() -> Chat:
    """One connection that has said nothing yet, where accounts are required."""
    chat = Chat()
    chat.connect("ann")
    return chat


@pytest.fixture
def open_chat() -> Chat:
    """Eve is a guest in the lobby, Ann is connected; accounts "bob" and "Zoë" exist."""
    chat = Chat("eve", accounts_required=False)
    chat.connect("ann")
    told = with_accounts(chat.world.settings, ["bob", "capa"])
    chat.change_settings(account_keys=told.account_keys, account_looks=told.account_looks)
    return chat


# PASS.


def test_pass_with_account_and_password(chat):
    """PASS account:password is for clients without SASL; 900 says that it worked."""
    heard = chat.say("ann", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")["ann"]
    assert heard[0] == ":chat.local 900 ann ann!ann@user/ann ann :You are now logged in as ann"
    assert numerics(heard)[1] == "001"


def test_pass_with_the_password_alone(chat):
    """Without an account in it, it is the password of the nick's account."""
    assert "001" in numerics(chat.say("ann", "PASS secret", "NICK ann", "USER x 0 * :x")["ann"])
    assert chat.user("ann").account == "ann"


def test_a_password_may_have_a_colon(chat):
    """What is in front of a colon counts only if it is an account."""
    told = with_accounts(chat.world.settings, ["ann"])
    chat.change_settings(account_keys=told.account_keys)
    chat.answers_checks = False
    chat.say("ann", "PASS my:secret", "NICK ann", "USER x 0 * :x")
    assert chat.last.effects == (
        CheckPassword(chat.session("ann").id, "ann", "my:secret", "192.0.2.1"),
    )


def test_pass_goes_with_the_user_name_too(chat):
    """Some clients put the account into USER; that counts when the nick is no account."""
    told = with_accounts(chat.world.settings, ["ann"])
    chat.change_settings(account_keys=told.account_keys)
    chat.say("ann", "PASS secret", "NICK other", "USER Ann 0 * :x")
    assert chat.user("ann").sessions


def test_a_wrong_pass_ends_the_connection(chat):
    """464, then ERROR: such a client knows no other way than to connect anew."""
    heard = chat.say("ann", "PASS ann:wrong", "NICK ann", "USER ann 0 * :Ann")["ann"]
    assert heard == [
        ":chat.local 464 ann :Wrong name or password",
        ":chat.local ERROR :Closing link: Wrong name or password",
    ]
    assert chat.is_closed("ann")


def test_a_busy_server_turns_pass_away(chat):
    """The same way, with the reason."""
    chat.answers_checks = False
    chat.say("ann", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")
    heard = chat.answer(Check.BUSY, retry_after_s=2.5)["ann"]
    assert heard[0] == ":chat.local 464 ann :Too many logins at once: try again in 2 s"


def test_registration_waits_for_the_password(chat):
    """While it is being checked nothing else happens; the password is forgotten at once."""
    chat.answers_checks = False
    chat.say("ann", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")
    assert chat.session("ann").login.password == ""
    assert chat.say("ann", "NICK other", "USER y 0 * :y")["ann"] == []
    assert chat.checks != []
    assert "001" in numerics(chat.answer()["ann"])


def test_an_answer_for_a_session_that_is_gone(chat):
    """A check that returns too late is ignored."""
    chat.answers_checks = False
    chat.say("ann", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")
    chat.lose("ann")
    assert chat.answer() == {}
    assert chat.last.facts == ()


def test_pass_and_user_are_for_before_registration():
    """462 afterwards."""
    chat = Chat("ann")
    for line in ("PASS ann:secret", "USER ann 0 * :Ann"):
        assert chat.say("ann", line)["ann"] == [":chat.local 462 ann :You may not reregister"]


def test_no_account_no_entry(chat):
    """Where accounts are required: 464, FAIL for those who know it, and ERROR."""
    heard = chat.say("ann", "NICK ann", "USER ann 0 * :Ann")["ann"]
    text = "You need an account here: log in with SASL PLAIN, or with PASS account:password"
    assert heard == [
        f":chat.local 464 ann :{text}",
        f":chat.local FAIL * ACCOUNT_REQUIRED :{text}",
        ":chat.local ERROR :Closing link: An account is required",
    ]
    assert chat.is_closed("ann")


# NICK before registration.


def test_a_nick_is_needed(chat):
    """431 for NICK without one."""
    for line in ("NICK", "NICK :"):
        assert chat.say("ann", line)["ann"] == [":chat.local 431 * :No nickname given"]


@pytest.mark.parametrize("nick", ["1ann", "-ann", "#ann", "a.b", "a!b", "а\u200bb", "x" * 33])
def test_what_cannot_be_a_nick(chat, nick):
    """432 at once, and the connection goes on."""
    assert chat.say("ann", f"NICK {nick}")["ann"] == [
        f":chat.local 432 * {nick} :Erroneous nickname"
    ]


def test_a_nick_with_a_space(chat):
    """The answer is well-formed whatever was said; the harness checks the line."""
    assert chat.say("ann", "NICK :a b")["ann"] == [":chat.local 432 * * :Erroneous nickname"]


def test_order_does_not_matter(open_chat):
    """USER may come before NICK."""
    assert open_chat.say("ann", "USER ann 0 * :Ann")["ann"] == []
    assert "001" in numerics(open_chat.say("ann", "NICK ann")["ann"])


@pytest.mark.parametrize(
    ("nick", "answer"),
    [
        ("EVE", "433 * EVE :Nickname is already in use"),
        ("еvе", "432 еvе еvе :Erroneous nickname"),
        ("NickServ", "432 * NickServ :This nickname is reserved for the server"),
        ("bob", "433 * bob :This nickname belongs to somebody's account"),
        ("сара", "433 * сара :This nickname belongs to somebody's account"),
    ],
    ids=["in use", "mixed script", "reserved", "an account", "like an account"],
)
def test_nicks_that_guests_do_not_get(open_chat, nick, answer):
    """Refused, and another may be asked for."""
    open_chat.say("ann", "USER ann 0 * :Ann")
    heard = open_chat.say("ann", f"NICK {nick}")["ann"]
    assert heard == [f":chat.local {answer.replace('432 еvе', '432 *')}"]
    assert "001" in numerics(open_chat.say("ann", "NICK ann")["ann"])


def test_a_look_alike_of_somebody_here(open_chat):
    """Two people's nicks never look the same."""
    open_chat.login("pete", "сор")  # in Cyrillic
    open_chat.say("ann", "USER ann 0 * :Ann")
    heard = open_chat.say("ann", "NICK cop")["ann"]
    assert heard == [":chat.local 433 * cop :This looks like a nickname in use"]


def test_a_wish_may_change_before_registration(open_chat):
    """The last NICK and USER count."""
    open_chat.say("ann", "NICK one", "NICK two", "USER ann 0 * :Ann")
    assert open_chat.user("two").nick == "two"


# USER.


def test_user_needs_four_parameters(chat):
    """461 with fewer."""
    heard = chat.say("ann", "USER ann 0 *")["ann"]
    assert heard == [":chat.local 461 * USER :Not enough parameters"]


@pytest.mark.parametrize(
    ("said", "username"),
    [
        ("ann", "ann"),
        ("a@b!c", "abc"),
        ("é", "user"),
        ("x" * 20, "x" * 12),
        ("~a.b-c_1", "a.b-c_1"),
    ],
)
def test_user_names_are_cleaned(open_chat, said, username):
    """Letters, digits and `._-` remain, at most user_chars_max; "user" if nothing does."""
    open_chat.say("ann", "NICK ann", f"USER {said} 0 * :Ann")
    assert open_chat.user("ann").username == username


def test_real_names_have_a_limit(open_chat):
    """At most realname_chars_max."""
    open_chat.change_settings(realname_chars_max=5)
    open_chat.say("ann", "NICK ann", "USER ann 0 * :Annabel Lee")
    assert open_chat.user("ann").realname == "Annab"


# NICK after registration.


def test_a_new_nick_is_told_once():
    """To everyone in common rooms once, under the old name."""
    chat = Chat("ann", "eve", accounts_required=False)
    chat.say("ann", "JOIN #tea")
    chat.say("eve", "JOIN #tea")
    source = chat.user("ann").source
    heard = chat.say("ann", "NICK anna")
    assert heard == {"ann": [f":{source} NICK anna"], "eve": [f":{source} NICK anna"]}
    assert chat.world.find_user("ann") is None
    assert chat.user("anna").nick == "anna"


def test_all_sessions_hear_of_the_new_nick():
    """Each session of the user, and each other person, once."""
    chat = Chat("ann", "eve", nick_policy="free")
    chat.login("ann2", "ann")
    heard = chat.say("ann2", "NICK anna")
    line = ":ann!ann@user/ann NICK anna"
    assert heard == {"ann": [line], "ann2": [line], "eve": [line]}


def test_only_the_case_may_change():
    """The same nick in another spelling is not somebody else's."""
    chat = Chat("ann", accounts_required=False)
    chat.say("ann", "NICK Ann")
    assert chat.user("ann").nick == "Ann"


def test_the_same_nick_is_no_change():
    """Nothing is said of it."""
    chat = Chat("ann")
    assert chat.say("ann", "NICK ann") == {}
    assert not any(isinstance(fact, NickChanged) for fact in chat.facts)


def test_the_account_is_the_nick():
    """Policy "account": another nick is refused with 433 and the reason, in any spelling."""
    chat = Chat("ann")
    for nick in ("Ann", "anna"):
        assert chat.say("ann", f"NICK {nick}")["ann"] == [
            f":chat.local 433 ann {nick} :On this server your nickname is the name of your"
            " account, ann"
        ]


def test_free_nicks_leave_accounts_alone():
    """Policy "free": any nick but another account's; one's own account is always free."""
    chat = Chat("ann", "eve", nick_policy="free")
    told = with_accounts(chat.world.settings, ["ann", "eve", "bob"])
    chat.change_settings(account_keys=told.account_keys, account_looks=told.account_looks)
    chat.say("ann", "NICK sun")
    owned = "This nickname belongs to somebody's account"
    assert chat.say("eve", "NICK ann")["eve"] == [f":chat.local 433 eve ann :{owned}"]
    assert chat.say("eve", "NICK bob")["eve"] == [f":chat.local 433 eve bob :{owned}"]
    assert chat.say("eve", "NICK sun")["eve"] == [
        ":chat.local 433 eve sun :Nickname is already in use"
    ]
    assert chat.say("eve", "NICK 1")["eve"] == [":chat.local 432 eve 1 :Erroneous nickname"]
    assert chat.say("ann", "NICK ANN")["eve"] == [":sun!ann@user/ann NICK ANN"]


def test_nobody_told_us_of_accounts():
    """Without a list of accounts, those who are here are still their names' owners."""
    chat = Chat("ann", "eve", nick_policy="free")
    chat.say("ann", "NICK sun")
    assert numerics(chat.say("eve", "NICK ann")["eve"]) == ["433"]


# PING, PONG, QUIT.


def test_ping(chat):
    """PONG with the server and the token, also before registration; 409 without a token."""
    assert chat.say("ann", "PING x")["ann"] == [":chat.local PONG chat.local x"]
    assert chat.say("ann", "PING :a b")["ann"] == [":chat.local PONG chat.local :a b"]
    for line in ("PING", "PING :"):
        assert chat.say("ann", line)["ann"] == [":chat.local 409 * :No origin specified"]


def test_pong_is_nothing(chat):
    """It gets no answer; with a label it gets an ACK."""
    assert chat.say("ann", "PONG x") == {}
    chat.say("ann", "CAP REQ :labeled-response batch")
    assert chat.say("ann", "@label=7 PONG x")["ann"] == ["@label=7 :chat.local ACK"]


def test_quit_is_told_once():
    """Others in common rooms hear QUIT with `Quit: ` in front; the asker gets ERROR."""
    chat = Chat("ann", "eve", "bob")
    for name in ("ann", "eve"):
        chat.say(name, "JOIN #tea")
    heard = chat.say("ann", "QUIT :Bye for now!")
    line = ":ann!ann@user/ann QUIT :Quit: Bye for now!"
    assert heard == {
        "eve": [line],
        "bob": [line],
        "ann": [":chat.local ERROR :Closing link: Quit: Bye for now!"],
    }
    assert chat.is_closed("ann")
    assert chat.world.find_user("ann") is None


def test_user_without_a_real_name():
    """An empty parameter is as good as none (Modern IRC, "USER message", ERR_NEEDMOREPARAMS)."""
    chat = Chat()
    chat.connect("ann")
    heard = chat.say("ann", "PASS ann:secret", "NICK ann", "USER ann 0 * :")["ann"]
    assert heard == [":chat.local 461 ann USER :Not enough parameters"]
    assert "001" in numerics(chat.say("ann", "USER ann 0 * :Ann")["ann"])


def test_quit_without_a_reason():
    """The reason others see is just `Quit: ` (Modern IRC, "QUIT message"); a long one is cut."""
    chat = Chat("ann", "eve", "bob", kick_bytes_max=10)
    assert chat.say("ann", "QUIT")["bob"] == [":ann!ann@user/ann QUIT :Quit: "]
    assert chat.say("eve", "QUIT :" + "x" * 50)["bob"] == [
        ":eve!eve@user/eve QUIT :Quit: " + "x" * 10
    ]


def test_quit_before_registration(chat):
    """ERROR and Close; there is nobody to tell."""
    heard = chat.say("ann", "QUIT :bye")
    assert heard == {"ann": [":chat.local ERROR :Closing link: Quit: bye"]}
    assert chat.world.sessions == {}


def test_commands_wait_for_registration(chat):
    """451 for what is for registered people."""
    heard = chat.say("ann", "JOIN #tea")["ann"]
    assert heard == [":chat.local 451 * :You have not registered"]


def test_a_browser_is_sent_away(chat):
    """An HTTP method before registration ends it: nobody else's page may chat for its reader."""
    heard = chat.say("ann", "POST / HTTP/1.1")["ann"]
    assert heard == [":chat.local ERROR :Closing link: This is a chat server, not a web server"]
    assert chat.is_closed("ann")
