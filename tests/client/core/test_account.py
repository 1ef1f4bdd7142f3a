"""A new password by NickServ (docs/protocol.md), and IRCv3 draft account-registration."""

import pytest

from client.core.events import AccountMade, LoginFailed, MessageReceived, ServerText
from client.core.session import Identity

CAP = "draft/account-registration=before-connect,custom-account-name"
NEW = Identity("rui", account="rui", password="seven lagoons", is_registering=True)


@pytest.fixture
def logged_in(make_talk):
    """ana, online with a password."""
    made = make_talk(Identity("ana", account="ana", password="old"))
    made.session._state.connection.is_logged_in = True
    made.connect()
    made.session._state.connection.is_logged_in = True
    made.welcome()
    made.said()
    made.take()
    return made


def test_change(logged_in):
    """Both are quoted, whatever is in them; from the next connection on the new one is used."""
    logged_in.session.change_password('o"ld \\', "new one")
    assert logged_in.said() == [r'PRIVMSG NickServ :PASSWD "o\"ld \\" "new one"']
    told = logged_in.one(":NickServ!NickServ@srv NOTICE ana :Your password is changed. So.")
    assert isinstance(told, ServerText) and told.text == "Your password is changed. So."
    assert logged_in.session.identity.password == "new one"
    assert len(logged_in.session.outbox) == 0


def test_refused(logged_in):
    """Then the old one stays. And only one notice is the answer: others are of people."""
    logged_in.session.change_password("x", "new")
    told = logged_in.hear(
        ":bob!b@h NOTICE ana :Your password is changed",
        ":NickServ!n@srv PRIVMSG ana :Your password is changed",
        ":NickServ!n@srv NOTICE ana :Wrong name or password. Your password is what it was.",
        ":NickServ!n@srv NOTICE ana :Your password is changed",
    )
    kinds = [type(event) for event in told]
    assert kinds == [MessageReceived, MessageReceived, ServerText, MessageReceived]
    assert logged_in.session.identity.password == "old"


def test_who_has_a_certificate_goes_on_with_it(make_talk):
    """A password that was never used to log in is not, now that it is another."""
    made = make_talk(Identity("ana", account="ana"))
    made.go_online()
    made.session.change_password("a", "b")
    made.one(":NickServ!n@srv NOTICE ana :Your password is changed")
    assert made.session.identity.password == ""


@pytest.mark.parametrize("new", ["", "a\nb", "a\0b"])
def test_what_no_line_holds(logged_in, new):
    """Nothing is sent."""
    logged_in.session.change_password("old", new)
    assert (logged_in.take()[0].code, logged_in.said()) == ("bad_new_password", [])


def test_too_long_to_send(logged_in):
    """Then no answer is waited for."""
    logged_in.session.change_password("old", "x" * 600)
    assert logged_in.take()[0].code == "too_long"
    assert logged_in.session._state.connection.new_password == ""


# --- making one -----------------------------------------------------------------------------


def asked(make_talk, identity=NEW, caps=f"sasl=PLAIN batch {CAP}"):
    """A session that has asked for its account."""
    made = make_talk(identity)
    made.connect()
    made.hear(f":srv CAP * LS :{caps}")
    return made


def test_register(make_talk):
    """REGISTER comes in place of AUTHENTICATE; SUCCESS logs in, and the next time SASL does."""
    made = asked(make_talk)
    (request,) = made.said()
    assert "sasl" not in request and "draft/account-registration" in request
    made.hear(":srv CAP * ACK :batch draft/account-registration")
    assert made.said() == ["REGISTER rui * :seven lagoons"]
    told = made.hear(
        ":srv REGISTER SUCCESS rui :Account successfully registered",
        ":srv 900 rui rui!*@user/rui rui :You are now logged in as rui",
    )
    assert told[0] == AccountMade(account="rui", time_ms=made.now_ms)
    assert made.said() == ["CAP END"]
    made.welcome("rui")
    assert made.session.is_online
    assert made.session.identity.mechanism == "PLAIN"


def test_asks_once(make_talk):
    """A second ACK, of another request, makes no second account."""
    made = asked(make_talk)
    made.hear(":srv CAP * ACK :batch draft/account-registration", ":srv CAP * ACK :batch")
    assert made.said()[-1:] == ["REGISTER rui * :seven lagoons"]


def test_invitation(make_talk):
    """VERIFICATION_REQUIRED is answered with it."""
    identity = Identity(
        "rui", account="", password="seven lagoons", is_registering=True, invitation="kmqx-tbhd"
    )
    made = asked(make_talk, identity)
    made.hear(
        ":srv CAP * ACK :batch draft/account-registration",
        ":srv REGISTER VERIFICATION_REQUIRED rui :Show your invitation",
    )
    assert made.said()[-1] == "VERIFY rui kmqx-tbhd"
    made.hear(":srv VERIFY SUCCESS rui :Account successfully registered")
    assert made.said() == ["CAP END"]
    assert made.session.identity.invitation == ""


def failure(made):
    """The one refusal, after which the session closes."""
    (failed,) = [event for event in made.events if isinstance(event, LoginFailed)]
    assert made.session.wants_close
    return failed


def test_invitation_is_missing(make_talk):
    """The person has to be asked; that is the runner's."""
    made = asked(make_talk)
    made.hear(
        ":srv CAP * ACK :batch draft/account-registration",
        ":srv REGISTER VERIFICATION_REQUIRED rui :Show your invitation",
    )
    failed = failure(made)
    assert (failed.code, failed.text) == ("VERIFICATION_REQUIRED", "Show your invitation")


@pytest.mark.parametrize(
    ("line", "code", "is_permanent"),
    [
        ("FAIL REGISTER WEAK_PASSWORD rui :Too easy", "WEAK_PASSWORD", True),
        ("FAIL VERIFY INVALID_CODE rui :No such", "INVALID_CODE", True),
        ("FAIL REGISTER TEMPORARILY_UNAVAILABLE rui :Later", "TEMPORARILY_UNAVAILABLE", False),
        ("433 * rui :Nickname is already in use", "ACCOUNT_EXISTS", True),
        ("001 rui :Welcome", "registration_unavailable", True),
    ],
)
def test_refusals(make_talk, line, code, is_permanent):
    """Each has its code; nobody comes in as a guest by mistake."""
    made = asked(make_talk)
    made.hear(":srv CAP * ACK :batch draft/account-registration", f":srv {line}")
    failed = failure(made)
    assert (failed.code, failed.is_permanent) == (code, is_permanent)


@pytest.mark.parametrize("caps", ["sasl=PLAIN", "draft/account-registration=email-required"])
def test_server_that_makes_no_accounts(make_talk, caps):
    """Or only for those who are in already: it is said, and the password is not sent."""
    made = asked(make_talk, caps=caps)
    assert failure(made).code == "registration_unavailable"
    assert made.said() == ["QUIT"]


def test_registering_by_hand(online):
    """The answer to /raw REGISTER is shown as it is, and makes nobody somebody else."""
    told = online.one(":srv REGISTER SUCCESS ana :Account successfully registered")
    assert isinstance(told, ServerText)
