"""What is offered, and CAP NEW and DEL. Sources: IRCv3 capability-negotiation, sts."""

from dataclasses import replace

import pytest

from irc import caps
from irc.message import parse_line
from server.core.commands import offer
from server.core.events import SettingsLoaded
from server.core.render import profile_of
from tests.support.chat import Chat

DAY_S = 86_400


@pytest.fixture
def chat() -> Chat:
    """A server that is offering sts; ann has said CAP LS 302."""
    return begin(sts_days=30)


def begin(**settings):
    """Somebody who has said CAP LS 302, and nothing else."""
    chat = Chat(**settings)
    chat.connect("ann")
    chat.say("ann", "CAP LS 302")
    return chat


def reload(chat, **changes):
    """The settings change; what everybody hears of it."""
    return chat.event(SettingsLoaded(replace(chat.world.settings, **changes)))


def listed(line):
    """The capabilities of a CAP line."""
    return parse_line(line.encode()).params[-1].split()


def offering(chat):
    """What CAP LS 302 has for ann."""
    return [each for line in chat.say("ann", "CAP LS 302")["ann"] for each in listed(line)]


# sts


def test_sts_is_off_by_default():
    """sts MUST be made available as an optional configuration setting."""
    chat = begin()
    assert "sts" not in offering(chat)


def test_sts_has_a_duration_in_seconds(chat):
    """duration is REQUIRED on a secure connection, as a number of seconds."""
    assert f"sts=duration={30 * DAY_S}" in offering(chat)


def test_the_list_stays_in_order(chat):
    """sts stands in its place."""
    names = [each.partition("=")[0] for each in offering(chat)]
    assert names == sorted(names)


def test_sts_0_takes_it_back():
    """duration=0 indicates a disabled policy with an immediate expiry."""
    assert "sts=duration=0" in offering(begin(sts_days=0))


def test_without_tls_there_is_no_sts():
    """We have no port to send an insecure client to, and a duration means nothing to it."""
    chat = begin(sts_days=30)
    secure = chat.session("ann")
    assert "sts" in offer.entries(chat.world.settings, secure)
    assert "sts" not in offer.entries(chat.world.settings, replace(secure, secure=False))


def test_only_302_sees_sts():
    """The value is REQUIRED, and only CAP LS 302 has values."""
    chat = Chat(sts_days=30)
    chat.connect("ann")
    assert "sts" not in chat.say("ann", "CAP LS")["ann"][0]


@pytest.mark.parametrize("words", ["sts", "-sts", "sts=duration=1", "batch sts"])
def test_sts_cannot_be_requested(chat, words):
    """Clients MUST NOT request sts; servers MAY reply with a CAP NAK."""
    [heard] = chat.say("ann", f"CAP REQ :{words}")["ann"]
    assert " NAK " in heard
    assert not chat.session("ann").has(caps.BATCH)
    assert "sts" not in chat.say("ann", "CAP LIST")["ann"][0]


# cap-notify


def test_a_new_duration_is_told(chat):
    """Servers MAY communicate changes to their STS policy using CAP NEW."""
    heard = reload(chat, sts_days=365)
    assert heard["ann"] == [f":chat.local CAP * NEW :sts=duration={365 * DAY_S}"]


def test_sts_is_never_deleted(chat):
    """Servers MUST NOT send CAP DEL to disable sts."""
    assert reload(chat, sts_days=-1)["ann"] == []
    assert reload(chat, sts_days=0)["ann"] == [":chat.local CAP * NEW :sts=duration=0"]


def test_what_is_gone_is_deleted(chat):
    """CAP DEL: the server MUST tell clients with cap-notify what is no longer available."""
    [heard] = reload(chat, history_keep=False)["ann"]
    assert heard.startswith(":chat.local CAP * DEL :")
    assert set(listed(heard)) == offer.OF_HISTORY


def test_what_is_back_is_new(chat):
    """CAP NEW: the server MUST tell clients with cap-notify what has become available."""
    reload(chat, history_keep=False)
    [heard] = reload(chat, history_keep=True)["ann"]
    assert heard.startswith(":chat.local CAP * NEW :")
    assert set(listed(heard)) == offer.OF_HISTORY


def test_what_is_deleted_is_off():
    """CAP DEL: a capability that was enabled is disabled from then on, and lines look so."""
    chat = Chat("ann", caps="cap-notify draft/read-marker batch")
    heard = reload(chat, history_keep=False)
    assert [line for line in heard["ann"] if " DEL " in line]
    session = chat.session("ann")
    assert not session.has(caps.READ_MARKER)
    assert session.has(caps.BATCH)
    assert chat.wires["ann"].profile == profile_of(session.caps)
    assert chat.say("ann", "CAP REQ draft/read-marker")["ann"] == [
        ":chat.local CAP ann NAK :draft/read-marker"
    ]


def test_without_cap_notify_nothing_is_said():
    """Only clients with cap-notify understand CAP NEW and DEL; what is gone is gone for all."""
    chat = Chat("ann", caps="draft/read-marker")
    heard = reload(chat, history_keep=False)["ann"]
    assert [line for line in heard if " 005 " not in line] == []
    assert not chat.session("ann").has(caps.READ_MARKER)


def test_before_302_there_are_no_values():
    """CAP NEW: values only for those who negotiate as of 302; sts is nothing without."""
    chat = Chat("ann", caps="cap-notify")
    assert reload(chat, sts_days=30, multiline_lines_max=50)["ann"] == []
    chat.say("ann", "CAP LS 302")
    [heard] = reload(chat, sts_days=31, multiline_lines_max=60)["ann"]
    assert listed(heard) == [
        "draft/multiline=max-bytes=8192,max-lines=60",
        f"sts=duration={31 * DAY_S}",
    ]


def test_nothing_new_is_not_news(chat):
    """Nothing unsolicited without a reason."""
    assert reload(chat, network="other")["ann"] == []


def test_much_news_are_several_lines(chat, monkeypatch):
    """Each line of CAP NEW or DEL is a message of its own, without the `*` of LS."""
    monkeypatch.setattr(offer, "LIST_BYTES_MAX", 40)
    heard = reload(chat, history_keep=False)["ann"]
    assert len(heard) > 2
    assert all(line.split()[1:4] == ["CAP", "*", "DEL"] for line in heard)
    assert {name for line in heard for name in listed(line)} == offer.OF_HISTORY
