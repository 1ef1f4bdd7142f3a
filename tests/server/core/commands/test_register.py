"""REGISTER and VERIFY. Source: IRCv3 draft account-registration."""

import pytest

from irc.message import parse_line
from server.core.effects import RedeemInvitation, RegisterAccount
from server.core.events import AccountAnswered, Result, SettingsLoaded
from server.core.settings import with_accounts
from tests.support.chat import Chat

NAMED = ("NICK rui", "USER rui 0 * :Rui")


def chat_of(registration: str = "open", **settings: object) -> Chat:
    """A server with accounts ann and (disabled) Eve, and one connection."""
    chat = Chat(registration=registration, **settings)
    loaded = with_accounts(chat.world.settings, ["ann"], ["Eve"])
    chat.event(SettingsLoaded(loaded))
    chat.connect("rui", address="192.0.2.7")
    return chat


def numerics(lines: list[str]) -> list[str]:
    """The commands of the lines."""
    return [parse_line(line.encode()).command for line in lines]


def test_before_connect():
    """With before-connect: after NICK, REGISTER SUCCESS and 900; then it completes."""
    chat = chat_of()
    assert "draft/account-registration=before-connect,custom-account-name" in " ".join(
        chat.say("rui", "CAP LS 302")["rui"]
    )
    chat.say("rui", "CAP REQ draft/account-registration", *NAMED)
    assert chat.say("rui", "REGISTER * * :seven green lagoons")["rui"] == []
    assert chat.changes == [
        RegisterAccount(chat.session("rui").id, "rui", "seven green lagoons", "192.0.2.7")
    ]
    assert "green" not in repr(chat.changes)
    assert chat.say("rui", "CAP END")["rui"] == []  # it waits for the answer
    heard = chat.settle()["rui"]
    assert heard[:2] == [
        ":chat.local REGISTER SUCCESS rui :Account successfully registered",
        ":chat.local 900 rui rui!rui@user/rui rui :You are now logged in as rui",
    ]
    assert numerics(heard)[2] == "001"
    assert chat.user("rui").account == "rui"


def test_the_answer_has_the_label():
    """Of REGISTER as of any command, when the account is made (IRCv3 labeled-response)."""
    chat = chat_of()
    chat.say("rui", "CAP REQ :draft/account-registration batch labeled-response", "NICK rui")
    assert chat.say("rui", "@label=1 REGISTER * * :seven green lagoons")["rui"] == []
    assert chat.settle(Result.WEAK, text="Too easy")["rui"] == [
        "@label=1 :chat.local FAIL REGISTER WEAK_PASSWORD rui :Too easy"
    ]


def test_while_connected():
    """A guest who registers is logged in as with SASL, and stays when the account is loaded."""
    chat = chat_of(accounts_required=False)
    chat.say("rui", *NAMED)
    chat.say("rui", "REGISTER rui rui@example.org pw")
    chat.event(SettingsLoaded(with_accounts(chat.world.settings, ["ann", "rui"], ["Eve"])))
    assert not chat.is_closed("rui")  # the news came before the answer
    heard = chat.settle()["rui"]
    assert numerics(heard) == ["REGISTER", "900"]
    assert chat.user("rui").account == "rui"
    assert chat.session("rui").login.registering == ""


def test_a_custom_account_name():
    """custom-account-name: the account may have another name than the nick."""
    chat = chat_of(accounts_required=False)
    chat.say("rui", *NAMED, "REGISTER Rui-S * pw")
    heard = chat.settle()["rui"]
    assert any(line.endswith(" NICK Rui-S") for line in heard)
    assert chat.user("Rui-S").account == "Rui-S"


def test_by_invitation():
    """VERIFICATION_REQUIRED, and VERIFY with the code completes it."""
    chat = chat_of("invite")
    chat.say("rui", *NAMED[:1], "REGISTER rui * pw")
    assert chat.settle(Result.NEEDS_CODE, hash="$2b$hash")["rui"] == [
        ":chat.local REGISTER VERIFICATION_REQUIRED rui "
        ":Show your invitation: VERIFY rui and its code"
    ]
    assert "$2b$hash" not in repr(chat.session("rui").login)
    chat.say("rui", "VERIFY rui abcd-efgh")
    session = chat.session("rui").id
    assert chat.changes == [RedeemInvitation(session, "rui", "$2b$hash", "abcd-efgh", "192.0.2.7")]
    assert "abcd" not in repr(chat.changes)
    heard = chat.settle()["rui"]
    assert heard[0] == ":chat.local VERIFY SUCCESS rui :Account successfully registered"
    assert numerics(heard) == ["VERIFY", "900"]
    assert chat.session("rui").login.account == "rui"


def test_a_guest_verifies_after_registration():
    """What REGISTER began is not lost when the connection completes before VERIFY."""
    chat = chat_of("invite", accounts_required=False)
    chat.say("rui", "CAP LS 302", *NAMED, "REGISTER rui * pw")
    chat.settle(Result.NEEDS_CODE, hash="$2b$hash")
    chat.say("rui", "CAP END", "VERIFY RUI code")
    assert numerics(chat.settle()["rui"]) == ["VERIFY", "900"]


def test_a_wrong_code():
    """INVALID_CODE; one may try again, but not for ever (login_attempts_max)."""
    chat = chat_of("invite")
    chat.say("rui", *NAMED[:1], "REGISTER rui * pw")
    chat.settle(Result.NEEDS_CODE, hash="$2b$hash")
    for _ in range(2):
        chat.say("rui", "VERIFY rui wrong")
        heard = chat.settle(Result.BAD_CODE)["rui"]
        assert heard[0].startswith(":chat.local FAIL VERIFY INVALID_CODE rui :")
    chat.say("rui", "VERIFY rui wrong")
    chat.settle(Result.BAD_CODE)
    assert chat.is_closed("rui")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("REGISTER Ann * pw", "ACCOUNT_EXISTS Ann"),
        ("REGISTER аnn * pw", "BAD_ACCOUNT_NAME аnn"),  # with a Cyrillic letter
        ("REGISTER eve * pw", "BAD_ACCOUNT_NAME eve"),  # disabled
        ("REGISTER NickServ * pw", "BAD_ACCOUNT_NAME NickServ"),
        ("REGISTER 1st * pw", "BAD_ACCOUNT_NAME 1st"),
        (f"REGISTER {'x' * 33} * pw", f"BAD_ACCOUNT_NAME {'x' * 33}"),
        ("REGISTER :a b", None),
        ("VERIFY rui code", "INVALID_CODE rui"),
    ],
)
def test_names_that_cannot_be_had(line, code):
    """Each has its code, and nothing is asked of the pool."""
    chat = chat_of("invite")
    chat.say("rui", NAMED[0])
    heard = chat.say("rui", line)["rui"]
    if code is None:
        assert numerics(heard) == ["461"]
    else:
        assert heard[0].startswith(f":chat.local FAIL {line.split()[0]} {code} :")
    assert not chat.changes


def test_the_name_of_somebody_here():
    """A guest's nick, and what looks like it, is nobody else's account."""
    chat = chat_of(accounts_required=False)
    chat.login("capa")
    chat.say("rui", *NAMED)
    for name in ("capa", "CAPA", "сара"):  # the last is Cyrillic
        heard = chat.say("rui", f"REGISTER {name} * pw")["rui"]
        assert heard[0].startswith(f":chat.local FAIL REGISTER BAD_ACCOUNT_NAME {name} :Somebody")


def test_the_name_of_an_account_that_was_removed():
    """What it said is kept, and its private part is for nobody else to read."""
    chat = Chat("zoe", registration="open")
    chat.lose("zoe", "gone")
    chat.event(SettingsLoaded(with_accounts(chat.world.settings, ["ann"], [])))
    chat.connect("rui", address="192.0.2.7")
    chat.say("rui", "CAP LS 302", *NAMED)
    heard = chat.say("rui", "REGISTER zoe * pw")["rui"]
    assert heard[0].startswith(":chat.local FAIL REGISTER BAD_ACCOUNT_NAME zoe :Somebody had")


def test_need_nick():
    """NEED_NICK before NICK, and never ACCOUNT_EXISTS: "MUST NOT ... before ... a NICK command"."""
    chat = chat_of()
    for line in ("REGISTER * * pw", "REGISTER ann * pw"):
        assert chat.say("rui", line)["rui"] == [
            ":chat.local FAIL REGISTER NEED_NICK * :Say NICK first"
        ]


def test_closed():
    """Where the operator makes the accounts, nothing is offered, and REGISTER makes none."""
    chat = chat_of("closed")
    assert "account-registration" not in " ".join(chat.say("rui", "CAP LS 302")["rui"])
    assert chat.say("rui", "CAP REQ draft/account-registration")["rui"][0].endswith(
        "NAK :draft/account-registration"
    )
    chat.say("rui", NAMED[0])
    text = ":Accounts are made by the operator here: ask for one"
    for line in ("REGISTER rui * pw", "VERIFY rui code"):
        command = line.split()[0]
        assert chat.say("rui", line)["rui"] == [
            f":chat.local FAIL {command} TEMPORARILY_UNAVAILABLE rui {text}"
        ]
    assert not chat.changes


def test_already_authenticated():
    """ALREADY_AUTHENTICATED for REGISTER and VERIFY."""
    chat = chat_of()
    chat.say("rui", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")
    for line in ("REGISTER rui * pw", "VERIFY rui code"):
        command = line.split()[0]
        assert chat.say("rui", line)["rui"] == [
            f":chat.local FAIL {command} ALREADY_AUTHENTICATED rui :You are logged in as ann"
        ]


def test_one_thing_at_a_time():
    """While the pool works, or in the middle of AUTHENTICATE: TEMPORARILY_UNAVAILABLE."""
    chat = chat_of()
    chat.say("rui", "CAP REQ sasl", *NAMED, "AUTHENTICATE PLAIN")
    busy = ":chat.local FAIL REGISTER TEMPORARILY_UNAVAILABLE rui :A password is being checked"
    assert chat.say("rui", "REGISTER * * pw")["rui"][0].startswith(busy)
    chat.say("rui", "AUTHENTICATE *", "REGISTER * * pw")
    assert chat.say("rui", "REGISTER * * pw")["rui"][0].startswith(busy)
    assert " 904 " in chat.say("rui", "AUTHENTICATE PLAIN")["rui"][0]
    assert len(chat.changes) == 1


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (Result.WEAK, "WEAK_PASSWORD"),
        (Result.UNACCEPTABLE, "UNACCEPTABLE_PASSWORD"),
        (Result.EXISTS, "ACCOUNT_EXISTS"),
        (Result.BAD_NAME, "BAD_ACCOUNT_NAME"),
        (Result.TOO_MANY, "TEMPORARILY_UNAVAILABLE"),
        (Result.BUSY, "TEMPORARILY_UNAVAILABLE"),
        (Result.FAILED, "TEMPORARILY_UNAVAILABLE"),
    ],
)
def test_what_the_pool_refuses(result, code):
    """Each result has the draft's code; afterwards one may try again."""
    chat = chat_of()
    chat.say("rui", NAMED[0], "REGISTER rui * pw")
    heard = chat.settle(result)["rui"]
    assert len(heard) == 1 and heard[0].startswith(f":chat.local FAIL REGISTER {code} rui :")
    chat.say("rui", "REGISTER rui * pw")
    assert numerics(chat.settle(text="Better")["rui"]) == ["REGISTER", "900"]


def test_registering_is_no_way_around_a_login():
    """Ergo #1634: REGISTER lets nobody in but as the account made just now, and only if it was.

    While it waits, and after it failed, the connection is nobody; and a nick changed meanwhile does
    not change whose account it is.
    """
    chat = chat_of()
    chat.say("rui", "CAP LS 302", *NAMED, "REGISTER rui * pw")
    chat.say("rui", "NICK ann", "CAP END")
    assert chat.session("rui").user is None and chat.session("rui").login.account == ""
    heard = chat.settle()["rui"]
    assert chat.session("rui").login.account == "rui"
    assert chat.user("rui").account == "rui" and "001" in numerics(heard)
    chat.connect("bad")
    chat.say("bad", "NICK bad", "REGISTER ann2 * pw", "USER bad 0 * :Bad")
    heard = chat.settle(Result.WEAK)["bad"]
    assert numerics(heard) == ["FAIL", "464", "FAIL", "ERROR"]
    assert chat.is_closed("bad")


def test_made_but_not_logged_in():
    """If it cannot be taken on (somebody has the name now), the account is there all the same."""
    chat = chat_of(accounts_required=False)
    chat.say("rui", *NAMED, "REGISTER gil * pw")
    chat.login("gil")
    heard = chat.settle()["rui"]
    assert heard[0].startswith(":chat.local REGISTER SUCCESS gil")
    assert heard[1] == ":chat.local 904 rui :Nickname is already in use"
    assert chat.user("rui").account == ""


def loaded(chat: Chat, *names: str) -> SettingsLoaded:
    """The news that there are these accounts."""
    return SettingsLoaded(with_accounts(chat.world.settings, names, ["Eve"]))


def test_somebody_else_made_the_account():
    """A guest who lost the race for the own nick leaves, as guests of an account's name do."""
    chat = chat_of(accounts_required=False)
    chat.say("rui", *NAMED, "REGISTER * * pw")
    chat.event(loaded(chat, "ann", "rui"))
    assert not chat.is_closed("rui")
    heard = chat.settle(Result.EXISTS)["rui"]
    assert numerics(heard) == ["FAIL", "ERROR"] and chat.is_closed("rui")


def test_while_an_invitation_is_looked_for():
    """Between REGISTER and VERIFY the name is nobody's: whoever is given it has it."""
    chat = chat_of("invite", accounts_required=False)
    chat.say("rui", *NAMED, "REGISTER * * pw")
    chat.settle(Result.NEEDS_CODE, hash="$2b$hash")
    chat.event(loaded(chat, "ann", "rui"))
    assert chat.is_closed("rui")


def test_an_answer_for_nobody():
    """The connection ended meanwhile: nothing happens."""
    chat = chat_of()
    chat.say("rui", NAMED[0], "REGISTER rui * pw")
    session = chat.session("rui").id
    chat.lose("rui")
    assert chat.event(AccountAnswered(session, Result.DONE, "rui")) == {}


@pytest.mark.parametrize("line", ["VERIFY rui no-such-code", "NS IDENTIFY wrong"])
def test_a_guest_cannot_keep_an_accounts_nick(line):
    """Somebody else's account of the nick is made while the guest waits: it goes, whatever it waits
    for, and whether it may try again."""
    chat = chat_of("invite", accounts_required=False, nick_policy="free")
    chat.answers_checks = False
    chat.say("rui", *NAMED, "REGISTER * * :seven green lagoons")
    chat.settle(Result.NEEDS_CODE, hash="$2b$")
    chat.say("rui", line)
    chat.event(SettingsLoaded(with_accounts(chat.world.settings, ["ann", "rui"])))
    if chat.changes:
        chat.settle(Result.BAD_CODE)
    assert chat.is_closed("rui")
