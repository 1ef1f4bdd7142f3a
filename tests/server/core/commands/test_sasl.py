"""AUTHENTICATE. Sources: IRCv3 sasl-3.1 and sasl-3.2; RFC 4616."""

import base64

import pytest

from irc.message import parse_line
from server.core.effects import CheckPassword
from server.core.events import Check
from server.core.settings import Operator, with_accounts
from tests.support.chat import Chat

FAILED = ":chat.local 904 * :SASL authentication failed: not a PLAIN response"


@pytest.fixture
def chat() -> Chat:
    """One connection with the sasl capability, not registered."""
    chat = Chat()
    chat.connect("ann")
    chat.say("ann", "CAP REQ sasl")
    return chat


def plain(text: str) -> str:
    """One chunk."""
    return base64.b64encode(text.encode()).decode()


def numerics(lines: list[str]) -> list[str]:
    """The commands of the lines."""
    return [parse_line(line.encode()).command for line in lines]


def test_a_login(chat):
    """`+`, then 900 and 903, then registration at CAP END."""
    chat.say("ann", "NICK ann", "USER ann 0 * :Ann")
    assert chat.say("ann", "AUTHENTICATE PLAIN")["ann"] == [":chat.local AUTHENTICATE +"]
    heard = chat.say("ann", "AUTHENTICATE " + plain("\0ann\0secret"))["ann"]
    assert heard == [
        ":chat.local 900 ann ann!ann@user/ann ann :You are now logged in as ann",
        ":chat.local 903 ann :SASL authentication successful",
    ]
    assert "001" in numerics(chat.say("ann", "CAP END")["ann"])
    assert chat.user("ann").account == "ann"


def test_the_answer_has_the_label_of_the_last_piece(chat):
    """Servers MUST include the label in any response, also a late one (IRCv3 labeled-response)."""
    chat.say("ann", "CAP REQ :batch labeled-response")
    assert chat.say("ann", "@label=1 AUTHENTICATE PLAIN")["ann"] == [
        "@label=1 :chat.local AUTHENTICATE +"
    ]
    chat.answers_checks = False
    assert chat.say("ann", "@label=2 AUTHENTICATE " + plain("\0ann\0secret"))["ann"] == []
    assert chat.say("ann", "@label=3 PING x")["ann"] == ["@label=3 :chat.local PONG chat.local x"]
    start, *inside, _end = map(parse_line, map(str.encode, chat.answer()["ann"]))
    assert (start.tags["label"], start.params[1]) == ("2", "labeled-response")
    assert [each.command for each in inside] == ["900", "903"]
    assert chat.session("ann").login.label == ""


def test_who_gives_labels_back_gets_none(chat):
    """No batch for who has no batches any more when the answer comes."""
    chat.say("ann", "CAP REQ :batch labeled-response", "AUTHENTICATE PLAIN")
    chat.answers_checks = False
    chat.say("ann", "@label=2 AUTHENTICATE " + plain("\0ann\0secret"), "CAP REQ -batch")
    assert numerics(chat.answer()["ann"]) == ["900", "903"]


def test_a_login_before_any_name_was_said(chat):
    """Before NICK and USER the names in 900 are stars."""
    heard = chat.sasl("ann", "ann")["ann"]
    assert heard[-2] == ":chat.local 900 * *!*@user/ann ann :You are now logged in as ann"


def test_the_account_is_spelled_as_in_the_file(chat):
    """Whatever case was typed, the answer of the check says who it is."""
    chat.answers_checks = False
    chat.sasl("ann", "ANN")
    chat.answer(account="Ann")
    chat.say("ann", "NICK x", "USER x 0 * :x", "CAP END")
    assert chat.user("ann").nick == "Ann"


def test_the_capability_comes_first():
    """The client MUST enable the sasl capability before AUTHENTICATE."""
    chat = Chat()
    chat.connect("ann")
    heard = chat.say("ann", "AUTHENTICATE PLAIN")["ann"]
    assert heard == [":chat.local 904 * :Request the sasl capability first"]


def test_unknown_mechanisms(chat):
    """908 lists what there is, and 904 ends it; another mechanism may be tried."""
    heard = chat.say("ann", "AUTHENTICATE EXTERNAL")["ann"]
    assert heard == [
        ":chat.local 908 * PLAIN :are available SASL mechanisms",
        ":chat.local 904 * :SASL authentication failed: unknown mechanism",
    ]
    assert chat.say("ann", "AUTHENTICATE plain")["ann"] == [":chat.local AUTHENTICATE +"]


def test_giving_up(chat):
    """`*` is 906, and a new exchange may begin."""
    heard = chat.say("ann", "AUTHENTICATE PLAIN", "AUTHENTICATE *")["ann"]
    assert heard[-1] == ":chat.local 906 * :SASL authentication aborted"
    assert "903" in numerics(chat.sasl("ann", "ann")["ann"])


def test_long_passwords_come_in_chunks(chat):
    """1,000 bytes of password are four chunks; nothing of them stays in the session."""
    chat.answers_checks = False
    chat.say("ann", "NICK ann", "USER ann 0 * :Ann")
    chat.sasl("ann", "ann", "ü" * 500)
    assert isinstance(chat.checks[0], CheckPassword)
    assert chat.checks[0].password == "ü" * 500
    assert chat.session("ann").login.sasl_chunks == ()


@pytest.mark.parametrize("size", [295, 296, 595])
def test_chunks_of_exactly_400(chat, size):
    """A last chunk of 400 is followed by `+`."""
    chat.answers_checks = False
    chat.sasl("ann", "ann", "x" * size)
    assert chat.checks[0].password == "x" * size


def test_too_long_a_password(chat):
    """One byte more than 1,000 is 905, however many characters they are."""
    for password in ("x" * 1001, "ü" * 501):
        heard = chat.sasl("ann", "ann", password)["ann"]
        assert heard[-1] == ":chat.local 905 * :SASL message too long"
    assert "903" in numerics(chat.sasl("ann", "ann")["ann"])


def test_too_long_a_chunk_or_response(chat):
    """A chunk of over 400 characters, or too many of them, is 905."""
    heard = chat.say("ann", "AUTHENTICATE PLAIN", "AUTHENTICATE " + "A" * 401)["ann"]
    assert heard[-1] == ":chat.local 905 * :SASL message too long"
    heard = chat.say("ann", "AUTHENTICATE PLAIN", *["AUTHENTICATE " + "A" * 400] * 5)["ann"]
    assert heard[-1] == ":chat.local 905 * :SASL message too long"


@pytest.mark.parametrize(
    "chunk",
    ["###", "+", plain("ann"), plain("\0ann\0"), plain("\0\0secret"), plain("eve\0ann\0secret")],
    ids=["no base64", "empty", "one part", "no password", "no name", "as somebody else"],
)
def test_what_is_not_a_plain_response(chat, chunk):
    """904, and nothing was asked of the password checkers."""
    heard = chat.say("ann", "AUTHENTICATE PLAIN", f"AUTHENTICATE {chunk}")["ann"]
    assert heard == [":chat.local AUTHENTICATE +", FAILED]
    assert chat.session("ann").login.attempts == 0


def test_oneself_may_be_named_twice(chat):
    """An authorisation identity that is the account itself changes nothing, in any case."""
    assert "903" in numerics(chat.sasl("ann", "ann", authzid="ANN")["ann"])


def test_a_wrong_password_may_be_tried_again(chat):
    """904, one sentence for everything that can be wrong."""
    heard = chat.sasl("ann", "ann", "wrong")["ann"]
    assert heard[-1] == ":chat.local 904 * :Wrong name or password"
    assert "903" in numerics(chat.sasl("ann", "ann")["ann"])


def test_the_last_attempt_closes(chat):
    """After login_attempts_max wrong passwords: ERROR and Close."""
    for _ in range(2):
        chat.sasl("ann", "ann", "wrong")
    assert not chat.is_closed("ann")
    heard = chat.sasl("ann", "ann", "wrong")["ann"]
    assert heard[-2:] == [
        ":chat.local 904 * :Wrong name or password",
        ":chat.local ERROR :Closing link: Too many wrong passwords",
    ]
    assert chat.is_closed("ann")


def test_a_busy_server_says_when(chat):
    """A check that found no room is no attempt. Clients know it by the FAIL: 904 has no code."""
    chat.answers_checks = False
    chat.sasl("ann", "ann")
    heard = chat.answer(Check.BUSY, retry_after_s=5.0)["ann"]
    text = "Too many logins at once: try again in 5 s"
    assert heard == [f":chat.local FAIL AUTHENTICATE BUSY :{text}", f":chat.local 904 * :{text}"]
    assert chat.session("ann").login.attempts == 0


def test_one_check_at_a_time(chat):
    """While a password is checked, another try and `*` are refused; registration waits."""
    chat.answers_checks = False
    chat.say("ann", "NICK ann", "USER ann 0 * :Ann")
    chat.sasl("ann", "ann")
    for line in ("AUTHENTICATE PLAIN", "AUTHENTICATE *"):
        heard = chat.say("ann", line)["ann"]
        assert heard == [":chat.local 904 ann :A password is being checked: wait for the answer"]
    assert chat.say("ann", "CAP END")["ann"] == []
    heard = numerics(chat.answer()["ann"])
    assert heard[:3] == ["900", "903", "001"]


def test_a_wrong_password_after_cap_end(chat):
    """Who did not wait for the answer is told 904, and then why registration fails."""
    chat.answers_checks = False
    chat.say("ann", "NICK ann", "USER ann 0 * :Ann")
    chat.sasl("ann", "ann")
    chat.say("ann", "CAP END")
    assert numerics(chat.answer(Check.WRONG)["ann"]) == ["904", "464", "FAIL", "ERROR"]


def test_registration_ends_an_unfinished_exchange():
    """CAP END in the middle of it: 906, then on without an account, where that is allowed."""
    chat = Chat(accounts_required=False)
    chat.connect("ann")
    chat.say("ann", "CAP REQ sasl", "NICK ann", "USER ann 0 * :Ann", "AUTHENTICATE PLAIN")
    assert numerics(chat.say("ann", "CAP END")["ann"])[:2] == ["906", "001"]
    assert chat.session("ann").login.sasl_mechanism == ""


def test_an_account_that_went_while_it_was_checked():
    """A right password of an account that is gone by now is a wrong one."""
    chat = Chat()
    chat.connect("ann")
    chat.say("ann", "CAP REQ sasl")
    chat.answers_checks = False
    chat.sasl("ann", "ann")
    chat.change_settings(account_keys=with_accounts(chat.world.settings, ["eve"]).account_keys)
    assert chat.answer()["ann"] == [":chat.local 904 * :Wrong name or password"]


# A guest logs in later.


@pytest.fixture
def guests() -> Chat:
    """Two guests in the lobby, told of accounts, and a third who is not told."""
    chat = Chat("eve", accounts_required=False)
    chat.login("ann", "annie", caps="sasl account-notify")
    chat.login("zoe", caps="account-notify account-tag extended-join")
    return chat


def test_a_guest_may_log_in_later(guests):
    """ACCOUNT goes to those who asked, oneself included; then host and nick are the account's."""
    guest = f":annie!annie@{guests.user('annie').host}"
    heard = guests.sasl("ann", "ann")
    owner = ":annie!annie@user/ann"
    anew = [
        f"{guest} QUIT :Changing hostname",
        f"{owner} JOIN #lobby",
    ]
    assert heard["zoe"] == [
        f"{guest} ACCOUNT ann",  # of nobody until then (account-tag, the example)
        f"@account=ann {anew[0]}",
        f"@account=ann {anew[1]} ann Annie",
        f"@account=ann {owner} NICK ann",
    ]
    assert heard["eve"] == [*anew, f"{owner} NICK ann"]
    assert heard["ann"][1:] == [
        f"{guest} ACCOUNT ann",
        f"{owner} NICK ann",
        ":chat.local 900 ann ann!annie@user/ann ann :You are now logged in as ann",
        ":chat.local 903 ann :SASL authentication successful",
    ]
    assert guests.world.find_account("ann") is guests.user("ann")


def test_a_guest_keeps_the_nick_where_nicks_are_free(guests):
    """Policy "free": the account changes, the nick does not."""
    guests.change_settings(nick_policy="free")
    guests.sasl("ann", "ann")
    assert guests.user("annie").account == "ann"


def test_a_guest_with_the_right_nick_keeps_it(guests):
    """No NICK when there is nothing to change."""
    heard = guests.sasl("ann", "annie")
    assert not any(" NICK " in line for line in heard["zoe"])


def test_a_guest_who_is_an_operator(guests):
    """An account that the config names as operator brings its rights along."""
    guests.change_settings(operators={"boss": Operator("boss", "ann")})
    heard = guests.sasl("ann", "ann")
    assert any(line.endswith(" MODE ann +o") for line in heard["ann"])
    assert guests.user("ann").is_operator


def test_a_guest_cannot_become_somebody_present(guests):
    """An account that is here already is joined by connecting anew."""
    guests.connect("ann2")
    guests.say("ann2", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")
    heard = guests.sasl("ann", "ann")["ann"]
    assert heard[-1] == ":chat.local 904 annie :ann is connected already: connect anew to join in"
    assert guests.user("annie").account == ""
    assert guests.session("ann").login.account == ""


def test_a_guest_cannot_log_in_past_a_look_alike(guests):
    """When somebody's nick looks like the account's name, the login is refused."""
    guests.login("fake", "сара")  # in Cyrillic
    heard = guests.sasl("ann", "capa")["ann"]
    assert heard[-1] == ":chat.local 904 annie :This looks like a nickname in use"


def test_a_guest_who_guesses_is_closed(guests):
    """login_attempts_max holds after registration, too."""
    for _ in range(3):
        heard = guests.sasl("ann", "ann", "wrong")
    assert guests.is_closed("ann")
    assert heard["eve"][-1].endswith("QUIT :Too many wrong passwords")
