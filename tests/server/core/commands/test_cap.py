"""CAP. Source: IRCv3 capability-negotiation; sasl-3.2 for the value of `sasl`."""

import pytest

from irc import caps
from irc.message import parse_line
from server.core.commands import offer
from server.core.facts import CapsChanged
from server.core.settings import Settings
from tests.support.chat import Chat

ALL = " ".join(sorted(offer.offered(Settings())))


def names_of(lines):
    """What the lines of LS or LIST name, in order and without values."""
    words = [word for line in lines for word in parse_line(line.encode()).params[-1].split()]
    return " ".join(word.partition("=")[0] for word in words)


@pytest.fixture
def chat() -> Chat:
    """One connection that has said nothing yet."""
    chat = Chat()
    chat.connect("ann")
    return chat


def test_ls_lists_what_we_offer(chat):
    """CAP LS has every capability, without values for a client that does not say 302."""
    assert chat.say("ann", "CAP LS")["ann"] == [f":chat.local CAP * LS :{ALL}"]


@pytest.mark.parametrize("version", ["302", "303", "999999999"])
def test_ls_302_has_values(chat, version):
    """CAP LS 302, or higher, has the mechanisms of sasl."""
    heard = chat.say("ann", f"CAP LS {version}")["ann"]
    assert names_of(heard) == ALL
    assert " sasl=PLAIN " in " ".join(heard)
    assert heard[-1].startswith(":chat.local CAP * LS :")


@pytest.mark.parametrize("version", ["301", "0", "x", "３０２", "-302", "9" * 400])
def test_ls_with_another_version_has_no_values(chat, version):
    """A version below 302, or none at all, is the older protocol."""
    assert "sasl=PLAIN" not in chat.say("ann", f"CAP LS {version}")["ann"][0]
    assert not chat.session("ann").has(caps.CAP_NOTIFY)


def test_ls_302_implies_cap_notify(chat):
    """cap-notify MUST be implicitly enabled by CAP LS 302."""
    chat.say("ann", "CAP LS 302")
    assert chat.say("ann", "CAP LIST")["ann"] == [":chat.local CAP * LIST :cap-notify"]


def test_a_lower_version_later_changes_nothing(chat):
    """The server answers as asked, but keeps the higher version."""
    chat.say("ann", "CAP LS 302")
    assert chat.say("ann", "CAP LS")["ann"] == [f":chat.local CAP * LS :{ALL}"]
    assert chat.session("ann").login.cap_version == 302


def test_cap_notify_stays_under_302(chat):
    """Servers MUST NOT disable cap-notify under 302; asking for it is harmless."""
    chat.say("ann", "CAP LS 302")
    assert chat.say("ann", "CAP REQ cap-notify")["ann"] == [":chat.local CAP * ACK :cap-notify"]
    assert chat.say("ann", "CAP REQ -cap-notify")["ann"] == [":chat.local CAP * NAK :-cap-notify"]
    assert chat.session("ann").has(caps.CAP_NOTIFY)


def test_cap_notify_may_be_had_and_left_before_302(chat):
    """A client without 302 MAY request and disable cap-notify."""
    chat.say("ann", "CAP REQ cap-notify")
    assert chat.session("ann").has(caps.CAP_NOTIFY)
    assert chat.say("ann", "CAP REQ -cap-notify")["ann"] == [":chat.local CAP * ACK :-cap-notify"]
    assert not chat.session("ann").has(caps.CAP_NOTIFY)


def test_long_lists_need_302(chat, monkeypatch):
    """All but the last line of LS and LIST have a `*`; others get one line in any case."""
    monkeypatch.setattr(offer, "LIST_BYTES_MAX", 40)
    heard = [parse_line(line.encode()).params for line in chat.say("ann", "CAP LS 302")["ann"]]
    assert len(heard) > 3
    assert all(params[:3] == ("*", "LS", "*") for params in heard[:-1])
    assert heard[-1][:2] == ("*", "LS") and len(heard[-1]) == 3
    words = " ".join(params[-1] for params in heard).split()
    assert [word.partition("=")[0] for word in words] == ALL.split()
    assert len(chat.say("ann", "CAP LS")["ann"]) == 1
    chat.say("ann", "CAP REQ :batch message-tags server-time echo-message")
    assert len(chat.say("ann", "CAP LIST")["ann"]) == 2


LONG = {"server_name": "chat." + "x" * 240 + ".example"}


def test_one_line_has_whole_names_only():
    """Who is not of 302 gets one line (capability-negotiation, "CAP LS Version"): without drafts,
    if it is too short for all; never half a name."""
    chat = Chat(**LONG)
    chat.connect("ann")
    (line,) = chat.say("ann", "CAP LS")["ann"]
    words = parse_line(line.encode()).params[-1].split()
    assert set(words) < set(offer.offered(Settings()))
    assert {"sasl", "server-time", "userhost-in-names"} <= set(words)


def test_a_long_ack_has_more_lines():
    """An ACK may be spread across lines; it is not cut (capability-negotiation, "CAP ACK")."""
    chat = Chat(**LONG)
    chat.connect("ann")
    wanted = " ".join(offer.offered(Settings()))[:380].rpartition(" ")[0]
    heard = [parse_line(each.encode()) for each in chat.say("ann", f"CAP REQ :{wanted}")["ann"]]
    assert len(heard) > 1 and {each.params[1] for each in heard} == {"ACK"}
    assert " ".join(each.params[-1] for each in heard) == wanted


def test_list_is_empty_at_first(chat):
    """CAP LIST has an empty parameter when nothing is enabled."""
    assert chat.say("ann", "CAP LIST")["ann"] == [":chat.local CAP * LIST :"]


def test_request_is_acknowledged_as_it_was(chat):
    """CAP REQ turns on and off, in one ACK that repeats it."""
    heard = chat.say("ann", "CAP REQ :server-time  batch")["ann"]
    assert heard == [":chat.local CAP * ACK :server-time batch"]
    heard = chat.say("ann", "CAP REQ :-server-time -away-notify account-tag")["ann"]
    # Still with its time: capabilities change when the ACK has been sent.
    assert heard[0].startswith("@time=")
    assert heard[0].endswith(" :chat.local CAP * ACK :-server-time -away-notify account-tag")
    assert chat.say("ann", "CAP LIST")["ann"] == [":chat.local CAP * LIST :account-tag batch"]


def test_the_ack_looks_as_before(chat):
    """A server MUST NOT change the capabilities before the ACK has been sent."""
    assert chat.say("ann", "CAP REQ server-time")["ann"] == [":chat.local CAP * ACK :server-time"]
    assert chat.say("ann", "PING x")["ann"][0].startswith("@time=")


def test_a_request_is_taken_whole_or_not_at_all(chat):
    """With one unknown name nothing changes, and NAK repeats the request."""
    heard = chat.say("ann", "CAP REQ :server-time no-such batch")["ann"]
    assert heard == [":chat.local CAP * NAK :server-time no-such batch"]
    assert chat.session("ann").caps == 0
    assert not any(isinstance(fact, CapsChanged) for fact in chat.facts)


def test_the_last_word_about_a_capability_counts(chat):
    """The list is processed from left to right."""
    heard = chat.say("ann", "CAP REQ :batch -batch sasl -sasl sasl")["ann"]
    assert heard == [":chat.local CAP * ACK :-batch sasl"]
    assert chat.session("ann").caps == caps.SASL


def test_a_request_for_nothing(chat):
    """An empty request is acknowledged."""
    assert chat.say("ann", "CAP REQ :")["ann"] == [":chat.local CAP * ACK :"]
    assert chat.say("ann", "CAP REQ")["ann"] == [":chat.local CAP * ACK :"]


def test_a_refused_request_may_be_long(chat):
    """NAK repeats as much as fits into a line; the harness checks the 512 bytes."""
    heard = chat.say("ann", "CAP REQ :" + "no-such " * 60)["ann"]
    assert heard[0].startswith(":chat.local CAP * NAK :no-such no-such")


@pytest.mark.parametrize("subcommand", ["FOO", "ACK", "NEW", "CLEAR"])
def test_unknown_subcommands(chat, subcommand):
    """410 with the subcommand as its first parameter."""
    heard = chat.say("ann", f"CAP {subcommand}")["ann"]
    assert heard == [f":chat.local 410 * {subcommand} :Invalid CAP command"]


def test_cap_needs_a_subcommand(chat):
    """461 as for every command."""
    assert chat.say("ann", "CAP")["ann"] == [":chat.local 461 * CAP :Not enough parameters"]


@pytest.mark.parametrize("start", ["CAP LS", "CAP LS 302", "CAP REQ batch", "CAP REQ nonsense"])
def test_negotiation_holds_registration_back(chat, start):
    """LS and REQ suspend registration until END."""
    chat.say("ann", start)
    heard = chat.say("ann", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")
    assert heard["ann"] == []
    assert (
        ":chat.local 001 ann :Welcome to the tlschat Network, ann"
        in chat.say("ann", "CAP END")["ann"]
    )


def test_list_alone_holds_nothing_back(chat):
    """Only LS and REQ suspend registration."""
    chat.say("ann", "CAP LIST", "PASS ann:secret", "NICK ann", "USER ann 0 * :Ann")
    assert chat.user("ann").sessions


def test_cap_works_after_registration():
    """The server MUST accept CAP at any time; END is ignored then."""
    chat = Chat("ann")
    assert chat.say("ann", "CAP END")["ann"] == []
    assert chat.say("ann", "CAP LS 302")["ann"][-1].startswith(":chat.local CAP ann LS :")
    assert chat.say("ann", "cap req batch")["ann"] == [":chat.local CAP ann ACK :batch"]
    assert not chat.session("ann").login.negotiating
    assert chat.say("ann", "PING x")["ann"] == [":chat.local PONG chat.local x"]


def test_every_capability_can_be_had(chat):
    """What LS lists, REQ grants."""
    for name, bit in offer.offered(Settings()).items():
        chat.say("ann", f"CAP REQ {name}")
        assert chat.session("ann").has(bit)
