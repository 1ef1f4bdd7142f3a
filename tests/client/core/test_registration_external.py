"""Logging in with a certificate: IRCv3 sasl-3.1 and sasl-3.2; RFC 4422, appendix A."""

import base64

import pytest

from client.core.events import LoggedIn, LoginFailed
from client.core.session import Identity

CERTIFIED = Identity("ana", account="ana", has_certificate=True)


@pytest.fixture
def login(make_talk):
    """A session with a certificate, connected."""
    made = make_talk(CERTIFIED)
    made.connect()
    return made


def test_external(login):
    """EXTERNAL, then the account's name, so that a certificate of somebody else's is noticed."""
    login.hear(":srv CAP * LS :sasl=PLAIN,EXTERNAL")
    assert login.said() == ["CAP REQ sasl"]
    login.hear(":srv CAP * ACK :sasl")
    assert login.said() == ["AUTHENTICATE EXTERNAL"]
    login.hear("AUTHENTICATE +")
    assert login.said() == ["AUTHENTICATE " + base64.b64encode(b"ana").decode()]
    login.hear(":srv 900 ana ana!a@h ana :You are now logged in", ":srv 903 ana :ok")
    assert login.said() == ["CAP END"]
    assert any(isinstance(event, LoggedIn) for event in login.events)


def test_the_nick_where_there_is_no_account(make_talk):
    """Without an account's name it is the nick's."""
    login = make_talk(Identity("ana", has_certificate=True))
    login.connect()
    login.hear(":srv CAP * LS :sasl", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    assert login.said()[-1] == "AUTHENTICATE " + base64.b64encode(b"ana").decode()


@pytest.mark.parametrize("offer", ["sasl=PLAIN", "batch", ""])
def test_a_server_that_takes_none(login, offer):
    """Without EXTERNAL we leave: a guest is not who the person meant to be."""
    login.hear(f":srv CAP * LS :{offer}")
    failed = [event for event in login.events if isinstance(event, LoginFailed)]
    assert [event.code for event in failed] == ["sasl_unavailable"]
    assert login.said() == ["QUIT"]


def test_a_refused_certificate(login):
    """904 ends it, for good."""
    login.hear(":srv CAP * LS :sasl=EXTERNAL", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    login.hear(":srv 904 ana :this certificate lets nobody in")
    (failed,) = [event for event in login.events if isinstance(event, LoginFailed)]
    assert failed.is_permanent and failed.code == "904"
    assert not login.session.may_retry


def test_a_busy_server(login):
    """FAIL AUTHENTICATE BUSY before the 904 says that it is worth another try."""
    login.hear(":srv CAP * LS :sasl=EXTERNAL", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    login.hear(":srv FAIL AUTHENTICATE BUSY :Too many", ":srv 904 ana :Too many")
    (failed,) = [event for event in login.events if isinstance(event, LoginFailed)]
    assert not failed.is_permanent and login.session.may_retry
