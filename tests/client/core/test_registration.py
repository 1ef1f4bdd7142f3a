"""Coming in: IRCv3 capability-negotiation and sasl-3.2; Modern IRC, "Connection Registration"."""

import base64

import pytest

from client.core.events import (
    AccountChanged,
    ErrorReply,
    LoggedIn,
    LoginFailed,
    NickInUse,
    Registered,
    RegistrationFailed,
    ServerClosing,
    ServerText,
)
from client.core.session import Identity

WITH_PASSWORD = Identity("ana", account="ana", password="segredo")


@pytest.fixture
def login(make_talk):
    """A session with a password, connected."""
    made = make_talk(WITH_PASSWORD)
    made.connect()
    return made


def test_first_flight_asks_for_capabilities_and_names_us(talk):
    """CAP LS 302 goes first, so that the server holds the registration (capability-negotiation)."""
    assert talk.connect() == ["CAP LS 302", "NICK ana", "USER ana 0 * ana"]


def test_user_and_realname_are_made_to_fit(make_talk):
    """USER takes what every server takes: letters and digits, and one line of real name."""
    made = make_talk(Identity("joão", user="é è", realname="João\n da  Silva"))
    assert made.connect()[-1] == "USER user 0 * :João da Silva"


def test_nick_that_is_no_parameter_fails_at_once(make_talk):
    """A nick with a line break can never be sent; the person is told, nothing is retried."""
    made = make_talk(Identity("a\nb"))
    made.connect()
    (_error, failed) = made.take()
    assert failed == RegistrationFailed(code="bad_nick", text="", nick="a\nb", time_ms=made.now_ms)
    assert made.session.wants_close and not made.session.may_retry


def test_asks_for_what_it_knows_of_a_list_in_two_lines(talk):
    """A `*` before the list says that more follows; unknown capabilities are left alone."""
    talk.connect()
    talk.hear(":srv CAP * LS * :echo-message draft/unknown=1")
    assert talk.said() == []
    talk.hear(":srv CAP * LS :batch sasl=PLAIN")
    assert talk.said() == ["CAP REQ :echo-message batch"]
    talk.hear(":srv CAP * ACK :echo-message batch")
    assert talk.said() == ["CAP END"]


def test_nothing_to_ask_ends_the_negotiation(talk):
    """A server with no capability that we know is told CAP END."""
    talk.connect()
    talk.hear(":srv CAP * LS :")
    assert talk.said() == ["CAP END"]


def test_refused_request_is_made_again_one_by_one(talk):
    """NAK refuses all of a request; the good ones of it are still wanted."""
    talk.connect()
    talk.hear(":srv CAP * LS :batch server-time")
    talk.said()
    talk.hear(":srv CAP * NAK :batch server-time")
    assert talk.said() == ["CAP REQ batch", "CAP REQ server-time"]
    talk.hear(":srv CAP * ACK :batch")
    assert talk.said() == []
    talk.hear(":srv CAP * NAK :server-time")
    assert talk.said() == ["CAP END"]


def test_capabilities_come_and_go_later(online):
    """CAP NEW is answered by REQ, without END; DEL and ACK of -name turn off (cap-notify)."""
    online.hear(":srv CAP ana NEW :sasl=PLAIN server-time other", ":srv CAP ana NEW :other")
    assert online.said() == ["CAP REQ server-time"]
    online.hear(":srv CAP ana ACK :server-time", ":srv CAP ana LS :batch")
    assert online.said() == []
    online.hear(":srv CAP ana DEL :labeled-response", ":srv CAP ana ACK :-echo-message")
    online.say("#lobby", "x")
    assert [line.split()[0] for line in online.said()] == ["PRIVMSG", "PING"]


def test_login_offered_later_is_not_taken(login):
    """CAP NEW sasl: we are in as who we are; a login belongs to the registration."""
    login.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", ":srv 903 * :ok")
    login.welcome()
    login.said()
    login.hear(":srv CAP ana NEW :sasl")
    assert login.said() == []


def test_cap_without_a_list_does_nothing(talk):
    """A broken CAP line is no reason to fall over."""
    talk.connect()
    assert talk.hear(":srv CAP", ":srv CAP * ACK", ":srv CAP * FOO :x") == []


def test_login_by_sasl_plain(login):
    """AUTHENTICATE PLAIN, then NUL account NUL password in base64, then CAP END (sasl-3.2)."""
    login.hear(":srv CAP * LS :sasl=EXTERNAL,PLAIN")
    assert login.said() == ["CAP REQ sasl"]
    login.hear(":srv CAP * ACK :sasl")
    assert login.said() == ["AUTHENTICATE PLAIN"]
    login.hear("AUTHENTICATE +")
    (line,) = login.said()
    assert base64.b64decode(line.split()[1]) == b"\0ana\0segredo"
    events = login.hear(":srv 900 * ana!a@h ana :You are", ":srv 903 * :ok")
    assert events == [LoggedIn(account="ana", time_ms=login.now_ms)]
    assert login.said() == ["CAP END"]
    assert login.session.model.account == "ana"


def test_capability_granted_during_the_login_does_not_begin_another(login):
    """One AUTHENTICATE is under way: a late ACK changes only the capabilities."""
    login.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", ":srv CAP * ACK :batch")
    assert login.said().count("AUTHENTICATE PLAIN") == 1


def test_long_password_goes_in_chunks(make_talk):
    """Chunks have 400 characters; a full last one is followed by "+" (sasl-3.1)."""
    made = make_talk(Identity("ana", password="x" * 295))
    made.connect()
    made.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    chunks = [line for line in made.said() if line.startswith("AUTHENTICATE ")][1:]
    assert [len(chunk) - len("AUTHENTICATE ") for chunk in chunks] == [400, 1]


def test_password_is_composed_and_hidden(make_talk):
    """A password is sent in NFC, and its text is not in a traceback."""
    made = make_talk(Identity("ana", password="cafe\u0301"))
    made.connect()
    made.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    assert base64.b64decode(made.said()[-1].split()[1]) == "\0ana\0café".encode()
    assert "café" not in repr(made.session.identity)
    assert "cafe" not in repr(made.session.identity)


@pytest.mark.parametrize("password", ["a\0b", "a\ud800"])
def test_password_that_cannot_travel_is_told(make_talk, password):
    """A NUL or half a character in a password fails here, not at the server."""
    made = make_talk(Identity("ana", password=password))
    made.connect()
    events = made.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    assert [event.code for event in events if isinstance(event, LoginFailed)] == ["bad_password"]


def test_authenticate_out_of_place_is_ignored(login):
    """A server's challenge that we did not ask for gets no password."""
    login.hear("AUTHENTICATE +", "AUTHENTICATE x")
    assert login.said() == []
    login.hear(":srv 903 * :ok")
    assert login.said() == []


@pytest.mark.parametrize(
    "lines",
    [
        [":srv CAP * LS :batch"],
        [":srv CAP * LS :sasl=EXTERNAL"],
        [
            ":srv CAP * LS :sasl batch",
            ":srv CAP * NAK :sasl batch",
            ":srv CAP * NAK :sasl",
            ":srv CAP * ACK :batch",
        ],
        [":srv 421 * CAP :Unknown", ":srv 001 ana :Welcome"],
    ],
)
def test_never_goes_on_without_the_login(login, lines):
    """With a password, a server that cannot log us in is left: we would be somebody else."""
    events = [event for event in login.hear(*lines) if isinstance(event, LoginFailed)]
    assert [event.code for event in events] == ["sasl_unavailable"]
    assert login.session.wants_close and not login.session.may_retry
    assert login.said()[-1] == "QUIT"
    assert not login.session.is_online


@pytest.mark.parametrize("numeric", ["902", "904", "905", "906", "464"])
def test_refused_login_is_not_retried(login, numeric):
    """One attempt per human answer (UX 4.7): told once, closed, never again by itself."""
    login.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl")
    login.said()
    events = login.hear(f":srv {numeric} * :SASL failed", f":srv {numeric} * :SASL failed")
    assert events == [LoginFailed(text="SASL failed", code=numeric, time_ms=login.now_ms)]
    assert login.session.close_reason == "login failed"
    assert not login.session.may_retry


def test_busy_server_may_be_tried_again(login):
    """904 because of too many logins at once is no refusal: the words say so."""
    login.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl")
    event = login.one(":srv 904 ana :Too many logins at once: try again in 2 s")
    assert not event.is_permanent
    assert login.session.wants_close and login.session.may_retry


def test_login_numeric_later_is_an_error(online):
    """464 after OPER is an error like others."""
    assert isinstance(online.one(":srv 464 ana :Wrong password"), ErrorReply)


@pytest.mark.parametrize(
    ("line", "is_permanent"),
    [
        ("FAIL AUTHENTICATE BUSY :later", False),
        ("FAIL AUTHENTICATE OTHER :no", True),
        ("FAIL * ACCOUNT_REQUIRED_TO_CONNECT :log in", True),
    ],
)
def test_standard_reply_to_a_login(login, line, is_permanent):
    """A busy server may be tried again; a refusal may not (IRCv3 standard-replies)."""
    (event,) = login.hear(line)
    assert isinstance(event, LoginFailed)
    assert event.is_permanent is is_permanent
    assert login.session.may_retry is not is_permanent


def test_other_standard_replies_are_errors(login, online):
    """FAIL about something else, or later, is no failed login."""
    (event,) = login.hear("FAIL NICK BAD :no")
    assert isinstance(event, ErrorReply)
    assert isinstance(online.one("FAIL AUTHENTICATE X :no"), ErrorReply)


def test_welcome_tells_who_and_where_we_are(talk):
    """The nick is what 001 says; network and signs are what 005 says."""
    talk.connect()
    talk.hear(
        ":srv 001 ana2 :Welcome",
        ":srv 005 ana2 NETWORK=Big\\x20Tea PREFIX=(qo)~@ CHANTYPES=#& STATUSMSG=~@ X=1 :are",
        ":srv 005 ana2 -X :are",
    )
    assert not talk.session.is_online
    assert talk.one(":srv 376 ana2 :End") == Registered(
        nick="ana2", network="Big Tea", server="srv", time_ms=talk.now_ms
    )
    model = talk.session.model
    assert talk.session.is_online
    assert (model.nick, model.channel_types, model.status_prefixes) == ("ana2", "#&", "~@")
    assert dict(model.prefix_modes) == {"q": "~", "o": "@"}


def test_isupport_is_bounded(talk):
    """A server cannot fill our memory with tokens."""
    talk.connect()
    talk.hear(":srv 001 ana :hi")
    for start in range(0, 600, 10):
        tokens = " ".join(f"T{number}" for number in range(start, start + 10))
        talk.hear(f":srv 005 ana {tokens} :are")
    assert len(talk.session._state.connection.isupport) == 500


def test_second_registration_says_back(online):
    """After a reconnect the person is told "back", not "welcome"."""
    online.session.disconnected("gone", online.now_ms)
    online.go_online()
    assert [event.back for event in online.events if isinstance(event, Registered)] == [True]


def test_motd_asked_for_later_does_not_register_again(online):
    """376 and 422 are answers to MOTD too."""
    assert online.hear(":srv 376 ana :End") == []
    assert isinstance(online.one(":srv 422 ana :No MOTD"), ErrorReply)


def test_taken_nick_gets_an_underscore_and_is_told(talk):
    """433 without an account: nick_ once, nick__ once, and the person is told (UX 4.7)."""
    talk.connect()
    talk.hear(":srv 433 * ana :in use")
    assert talk.said() == ["NICK ana_"]
    talk.hear(":srv 433 * ana_ :in use")
    assert talk.said() == ["NICK ana__"]
    talk.hear(":srv 001 ana__ :Welcome")
    assert talk.take() == []
    assert talk.events == [
        NickInUse(nick="ana", text="in use", current="ana__", time_ms=talk.now_ms)
    ]


def test_nick_taken_three_times_is_the_end(talk):
    """After the variants we stop and tell: trying for ever would be a loop nobody asked for."""
    talk.connect()
    talk.hear(":srv 433 * ana :in use", ":srv 436 * ana_ :in use")
    taken, failed = talk.hear(":srv 437 * ana__ :in use")
    assert (taken.nick, taken.current) == ("ana", "")
    assert (failed.code, failed.nick) == ("437", "ana")
    assert talk.session.wants_close and not talk.session.may_retry


def test_owner_asks_for_the_nick_again_after_the_login(login):
    """A nick refused to a stranger may be its owner's: asked again after 903."""
    login.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", ":srv 433 * ana :in use")
    login.said()
    login.hear(":srv 903 * :ok")
    assert login.said() == ["NICK ana", "CAP END"]
    login.hear(":srv 433 * ana :in use")
    assert login.said() == ["NICK ana_"]


def test_nick_refused_and_then_given_is_not_told(talk):
    """What counts is the nick of 001."""
    talk.connect()
    assert talk.hear(":srv 433 * ana :in use", ":srv 001 ANA :Welcome") == []


def test_nick_taken_later(online):
    """433 to /nick: told, and we stay who we are."""
    event = online.one(":srv 433 ana bob :in use")
    assert event == NickInUse(nick="bob", text="in use", current="ana", time_ms=online.now_ms)
    assert isinstance(online.one(":srv 437 ana #x :unavailable"), ErrorReply)


@pytest.mark.parametrize("numeric", ["432", "465", "466"])
def test_name_or_person_not_wanted(talk, numeric):
    """A name that cannot be, or a ban, ends it for good."""
    talk.connect()
    event = talk.one(f":srv {numeric} * :no")
    assert event == RegistrationFailed(text="no", code=numeric, nick="ana", time_ms=talk.now_ms)
    assert not talk.session.may_retry


def test_bad_nick_later_is_an_error(online):
    """432 to /nick is only an error."""
    assert isinstance(online.one(":srv 432 ana x! :bad"), ErrorReply)


def test_logged_out(online):
    """901: we have no account any more."""
    online.session.model.account = "ana"
    event = online.one(":srv 901 ana ana!a@h :bye")
    assert event == AccountChanged(nick="ana", account="", own=True, time_ms=online.now_ms)
    assert online.session.model.account == ""


def test_error_closes_and_may_be_retried(online):
    """ERROR: the server ends it; a restart is a reason to come back."""
    assert online.one("ERROR :restarting") == ServerClosing(
        reason="restarting", time_ms=online.now_ms
    )
    assert online.session.wants_close and online.session.may_retry
    assert online.session.close_reason == "restarting"


def test_too_many_connections_are_told_with_how_many(login):
    """Logged in, 433 and ERROR: the numeric has the figures, so both are told."""
    login.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    login.hear(":srv 900 * * ana :You are now logged in as ana", ":srv 903 * :done")
    login.hear(":srv 433 * ana :This account has 2 of 2 connections already")
    login.events.clear()
    assert login.one("ERROR :Closing link: Too many connections").reason == (
        "Closing link: Too many connections. This account has 2 of 2 connections already"
    )


def test_error_after_our_own_goodbye_is_no_news(online):
    """The ERROR that answers QUIT is not told as the server's will."""
    online.session.quit()
    assert online.hear("ERROR :Closing link: Quit") == []


def test_ping_is_answered_with_the_same(online):
    """PING token: PONG token (Modern IRC, "PING")."""
    online.hear("PING :some thing", "PING x")
    assert online.said() == ["PONG :some thing", "PONG x"]


def test_notice_before_the_registration(talk):
    """What a server says before it knows us is shown."""
    talk.connect()
    assert isinstance(talk.one(":srv NOTICE * :Looking up"), ServerText)
