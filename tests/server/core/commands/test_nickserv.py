"""NickServ: accounts for clients that know nothing newer. Source: docs/protocol.md, "NickServ"."""

import pytest

from server.core.commands.nickserv import words_of
from server.core.effects import ChangePassword
from server.core.events import Check, Result, SettingsLoaded
from server.core.facts import Said
from server.core.settings import with_accounts
from tests.support.chat import Chat


@pytest.fixture
def guests() -> Chat:
    """Accounts ann and bob; two guests who hear everything that is said."""
    chat = Chat(accounts_required=False, history_events=True)
    chat.event(SettingsLoaded(with_accounts(chat.world.settings, ["ann", "bob"])))
    for name in ("gil", "eve"):
        chat.login(name, caps="echo-message account-notify labeled-response batch message-tags")
    return chat


def said(lines: list[str]) -> list[str]:
    """What NickServ says; everything must be from it."""
    texts = []
    for line in lines:
        source, command, _nick, text = line.split(" ", 3)
        assert (source, command) == (":NickServ!NickServ@chat.local", "NOTICE")
        texts.append(text.removeprefix(":"))
    return texts


@pytest.mark.parametrize(
    "line",
    [
        "PRIVMSG NickServ :IDENTIFY ann secret",
        "PRIVMSG nickserv :identify ANN secret",
        "PRIVMSG NickServ@services.example :ID ann secret",
        "NICKSERV IDENTIFY ann secret",
        "NS :IDENTIFY ann secret",
        'NS IDENTIFY ann "secret"',
        'PRIVMSG NickServ :IDENTIFY ann "secret"',
        'PRIVMSG NickServ :IDENTIFY "ann" "secret"',
        "NS LOGIN ann :secret",
    ],
)
def test_identify(guests, line):
    """A guest logs in: 900 as with SASL, and NickServ says so; the nick becomes the account's."""
    heard = guests.say("gil", line)
    assert heard["gil"][-2].endswith(" ann :You are now logged in as ann")
    assert said(heard["gil"][-1:]) == ["You are logged in as ann."]
    assert guests.user("ann").account == "ann"
    assert "secret" not in str(heard) and "secret" not in str(guests.facts)


def test_identify_as_the_nick(guests):
    """Without an account it is the nick's; a first word that is none belongs to the password."""
    guests.answers_checks = False
    guests.say("gil", "NS IDENTIFY secret")
    guests.say("eve", "PRIVMSG NickServ :IDENTIFY seven green lagoons")
    assert [(each.account, each.password) for each in guests.checks] == [
        ("gil", "secret"),
        ("eve", "seven green lagoons"),
    ]


@pytest.mark.parametrize(
    ("rest", "account", "password"),
    [
        ("ann seven green lagoons", "ann", "seven green lagoons"),
        ('ann "seven green lagoons"', "ann", "seven green lagoons"),
        (r'"a \"b\" \\ c"', "gil", r'a "b" \ c'),
        ('"ann" pw', "ann", "pw"),
    ],
)
def test_passwords_with_spaces(guests, rest, account, password):
    """They may stand as they are behind the account, or between quotation marks."""
    guests.answers_checks = False
    guests.say("gil", f"PRIVMSG NickServ :IDENTIFY {rest}")
    assert [(each.account, each.password) for each in guests.checks] == [(account, password)]


def test_a_wrong_password(guests):
    """One sentence, and login_attempts_max holds here too."""
    for _ in range(2):
        heard = guests.say("gil", "NS IDENTIFY ann wrong")
        assert said(heard["gil"]) == ["Wrong name or password."]
    guests.say("gil", "NS IDENTIFY ann wrong")
    assert guests.is_closed("gil")


def test_a_busy_server(guests):
    """No attempt, and when to try again."""
    guests.answers_checks = False
    guests.say("gil", "NS IDENTIFY ann secret")
    assert said(guests.say("gil", "NS IDENTIFY ann secret")["gil"]) == [
        "A password is being checked: wait for the answer."
    ]
    heard = guests.answer(Check.BUSY, retry_after_s=5.0)["gil"]
    assert said(heard) == ["Too many logins at once: try again in 5 s."]
    assert guests.session("gil").login.attempts == 0


def test_an_account_that_is_here(guests):
    """It says what to do, and nothing changes."""
    guests.say("gil", "NS IDENTIFY ann secret")
    heard = guests.say("eve", "NS IDENTIFY ann secret")["eve"]
    assert said(heard) == ["ann is connected already: connect anew to join in."]
    assert guests.user("eve").account == ""


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
def test_what_is_said_to_it_is_nobodys_business(guests, command):
    """Not kept, not echoed, not given to anybody, not even when others are named beside it."""
    for targets in ("NickServ", "NickServ,#lobby,eve", "#lobby,NickServ"):
        guests.answers_checks = False
        heard = guests.say("gil", f"{command} {targets} :IDENTIFY ann hunter2")
        assert not heard["eve"] and "hunter2" not in str(heard)
    assert not any(isinstance(fact, Said) for fact in guests.facts)
    assert "hunter2" not in str(guests.facts)


def test_several_receivers(guests):
    """The whole line is stopped, and its sender told."""
    heard = guests.say("gil", "PRIVMSG #lobby,NickServ :IDENTIFY ann secret")["gil"]
    assert said(heard) == ["Say that to me alone. Nobody else was told."]
    assert guests.user("gil").account == ""


def test_labels(guests):
    """The answer is the labelled one, also behind a password check."""
    assert guests.say("gil", "@label=x NS FOO")["gil"][0].startswith("@label=x :NickServ!")
    heard = guests.say("gil", "@label=y NS IDENTIFY ann secret")["gil"]
    assert heard[0].startswith("@label=y :chat.local BATCH +")
    assert heard[-2].endswith(":You are logged in as ann.")


@pytest.mark.parametrize("line", ["NS HELP", "PRIVMSG NickServ :help me", "NS :"])
def test_help(guests, line):
    """What it can do."""
    assert any(text.startswith("PASSWD ") for text in said(guests.say("gil", line)["gil"]))


@pytest.mark.parametrize(
    "line", ["NS hunter2", "NS LOGOUT", "NS SET", "NS SET EMAIL x", "PRIVMSG NickServ :\1VERSION\1"]
)
def test_what_it_does_not_know(guests, line):
    """It says how to get help, and repeats nothing: it may have been a password."""
    heard = said(guests.say("gil", line)["gil"])
    assert heard == ["I do not know that. Say HELP, and I say what I know."]


def test_no_password(guests):
    """What IDENTIFY needs."""
    for line in ("NS IDENTIFY", 'NS IDENTIFY ""', 'PRIVMSG NickServ :IDENTIFY "'):
        assert said(guests.say("gil", line)["gil"]) == ["Say: IDENTIFY <account> <password>"]


@pytest.mark.parametrize("asked", ["NickServ", "nickserv", "NickServ NickServ"])
def test_whois(guests, asked):
    """It is a part of the server: some clients ask before they trust it with a password."""
    heard = guests.say("gil", f"WHOIS {asked}")["gil"]
    assert [line.split(" ", 3)[1] for line in heard] == ["311", "312", "318"]
    assert heard[0] == ":chat.local 311 gil NickServ NickServ chat.local * :Accounts"


def test_nothing_said(guests):
    """412, as to anybody."""
    assert " 412 " in guests.say("gil", "PRIVMSG NickServ")["gil"][0]


def test_before_registration():
    """451, as for everything else."""
    chat = Chat()
    chat.connect("ann")
    assert " 451 " in chat.say("ann", "NS IDENTIFY ann secret")["ann"][0]


# A new password.


@pytest.fixture
def people() -> Chat:
    """ann in two connections and one that waits, and bob."""
    chat = Chat("ann", "bob", caps="sasl")
    chat.login("phone", "ann")
    chat.connect("waiting")
    chat.say("waiting", "CAP REQ sasl", "NICK ann")
    chat.sasl("waiting", "ann")
    return chat


@pytest.mark.parametrize(
    "line",
    [
        'PRIVMSG NickServ :PASSWD old "new one"',
        "NS PASSWD old :new one",
        "NICKSERV SET PASSWORD old :new one",
        'PRIVMSG NickServ :set password "old" "new one"',
    ],
)
def test_a_new_password(people, line):
    """The pool is asked; the answer is a NOTICE, and the other connections stay."""
    assert people.say("ann", line)["ann"] == []
    session = people.session("ann").id
    assert people.changes == [ChangePassword(session, "ann", "old", "new one", "192.0.2.1")]
    assert "new one" not in repr(people.changes)
    heard = people.settle()
    assert said(heard["ann"]) == [
        "Your password is changed. The old one is good for nothing any more."
    ]
    assert not people.is_closed("phone")


def test_ending_the_others(people):
    """KICK: every other connection of the account ends, also one that is not registered yet."""
    people.say("ann", "NS PASSWD old new KICK")
    heard = people.settle()
    assert said(heard["ann"])[-1] == "Other connections ended: 2."
    assert people.is_closed("phone") and people.is_closed("waiting")
    assert heard["phone"][-1].startswith(":chat.local ERROR :") or "ERROR" in heard["phone"][-1]
    assert not people.is_closed("ann") and not people.is_closed("bob")


def test_a_failed_change_ends_nobody(people):
    """KICK counts only when the old password was right."""
    people.say("ann", "NS PASSWD old new KICK")
    heard = people.settle(Result.WRONG)
    assert said(heard["ann"]) == ["Wrong name or password. Your password is what it was."]
    assert not people.is_closed("phone")


def test_logout_others(people):
    """LOGOUT OTHERS does it without a new password; a guest has no others."""
    assert said(people.say("ann", "NS LOGOUT OTHERS")["ann"]) == ["Other connections ended: 2."]
    assert people.is_closed("phone")
    assert said(people.say("bob", "NS LOGOUT OTHERS")["bob"]) == ["Other connections ended: 0."]
    chat = Chat("gil", "eve", accounts_required=False)
    assert said(chat.say("gil", "NS LOGOUT OTHERS")["gil"]) == ["Other connections ended: 0."]
    assert not chat.is_closed("eve")


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (Result.WEAK, "Too easy. Your password is what it was."),
        (Result.UNACCEPTABLE, "Too easy. Your password is what it was."),
        (Result.BUSY, "Too many logins at once: try again in 5 s."),
        (Result.FAILED, "This cannot be done now. Your password is what it was."),
    ],
)
def test_what_the_pool_refuses(people, result, text):
    """Each answer says that the old password stays."""
    people.say("ann", "NS PASSWD old new")
    assert said(people.settle(result, text="Too easy", retry_after_s=5.0)["ann"]) == [text]


def test_guessing_the_old_password(people):
    """login_attempts_max: somebody at an open keyboard cannot go on guessing."""
    for _ in range(3):
        people.say("ann", "NS PASSWD guess new")
        people.settle(Result.WRONG)
    assert people.is_closed("ann")


@pytest.mark.parametrize("rest", ["", "old", "old new KICK more", "old new FOO"])
def test_how_it_is_said(people, rest):
    """Too few or too many words: the form, and no check."""
    heard = people.say("ann", f"NS :PASSWD {rest}")["ann"]
    assert said(heard) == ["Say: PASSWD <old password> <new password> [KICK]"]
    assert not people.changes


def test_one_thing_at_a_time(people, guests):
    """While the pool works; and guests have no password to change."""
    people.say("ann", "NS PASSWD old new")
    assert said(people.say("ann", "NS PASSWD old new")["ann"]) == [
        "A password is being checked: wait for the answer."
    ]
    heard = guests.say("gil", "NS PASSWD old new")["gil"]
    assert said(heard) == ["Log in first: IDENTIFY <account> <password>"]


def test_words():
    """Quotation marks hold a word together; one without its end goes to the end."""
    assert words_of(' a "b c"  "" d"e "f') == ["a", "b c", "", 'd"e', "f"]
    assert words_of(r'"\"\\\x"') == ['"\\x']
    assert words_of("") == []
