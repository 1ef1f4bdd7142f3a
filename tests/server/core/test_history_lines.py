"""What a kept message looks like later (server/core/history_lines.py)."""

from dataclasses import replace

import pytest

from irc import caps
from irc.names import NickKey
from server.core.effects import Outgoing
from server.core.facts import Conversation
from server.core.history import Redaction, Stored
from server.core.history_lines import lines_of, may_replay, with_time
from server.core.render import render
from server.core.requests import Asker

ASKER = Asker("ana", NickKey("ana"), 0)
SAID = Stored(
    "m1",
    1_700_000_000_000,
    Conversation("#tea"),
    7,
    "bob!b@user/bob",
    "bob",
    "PRIVMSG",
    ("#tea", "hi"),
    "+reply=m0",
)


def test_a_message_is_as_it_was():
    """With time, msgid, account, tags and number."""
    (line,) = lines_of(SAID, ASKER, "#Tea")
    assert line == Outgoing(
        SAID.source,
        "PRIVMSG",
        ("#Tea", "hi"),
        SAID.at_ms,
        msgid="m1",
        account="bob",
        client_tags="+reply=m0",
        seq=7,
    )


@pytest.mark.parametrize("reason", ["", "spam"])
def test_a_redacted_message_is_followed_by_its_redaction(reason):
    """For who understands it; for others it is not there (IRCv3 message-redaction)."""
    redacted = replace(
        SAID, params=("#tea", ""), client_tags="", redaction=Redaction("ana!a@h", reason, 9)
    )
    assert list(lines_of(redacted, ASKER, "#tea")) == []
    asker = replace(ASKER, caps=caps.MESSAGE_REDACTION)
    message, redaction = lines_of(redacted, asker, "#tea")
    assert (message.params, message.seq) == (("#tea", ""), 7)
    assert redaction.params == ("#tea", "m1", *([reason] if reason else []))
    assert (redaction.source, redaction.command, redaction.at_ms) == ("ana!a@h", "REDACT", 9)
    # It is not counted, so it is marked (draft/chathistory, "chathistory-context tag").
    tagged = render(redaction, caps.MESSAGE_TAGS)
    assert tagged.startswith(b"@draft/chathistory-context :ana!a@h REDACT ")
    assert render(redaction, 0).startswith(b":ana!a@h REDACT ")
    assert not may_replay(redacted)


@pytest.mark.parametrize(("account", "shown"), [("bob", "bob"), ("", "*")])
def test_a_join_is_shown_in_full(account, shown):
    """Who has extended-join gets all the parameters of a JOIN (IRCv3 extended-join)."""
    stored = replace(SAID, command="JOIN", params=("#tea",), account=account, client_tags="")
    (line,) = lines_of(stored, ASKER, "#tea")
    assert render(line, caps.EXTENDED_JOIN) == f":bob!b@user/bob JOIN #tea {shown} :\r\n".encode()
    assert render(line, 0) == b":bob!b@user/bob JOIN #tea\r\n"


def test_events_have_the_name_of_today():
    """A room may have been renamed since; a QUIT has no room, whatever its reason looks like."""
    joined = replace(SAID, command="JOIN", params=("#tea",), conversation=Conversation("#tea"))
    (line,) = lines_of(joined, ASKER, "#Tea")
    assert line.params == ("#Tea",)
    (line,) = lines_of(replace(joined, command="QUIT"), ASKER, "#Tea")
    assert line.params == ("#tea",)


def test_who_does_not_know_rename_is_not_shown_one():
    """In a page neither (IRCv3 draft/channel-rename)."""
    whole = ("#tea", "#green", "")
    renamed = replace(SAID, command="RENAME", params=whole, conversation=Conversation("#green"))
    assert list(lines_of(renamed, ASKER, "#green")) == []
    (line,) = lines_of(renamed, replace(ASKER, caps=caps.CHANNEL_RENAME), "#green")
    assert line.params == whole


def test_a_tagmsg_needs_message_tags():
    """Without them it would say nothing."""
    (line,) = lines_of(replace(SAID, command="TAGMSG", params=("#tea",)), ASKER, "#Tea")
    assert (line.needs, line.params) == (caps.MESSAGE_TAGS, ("#Tea",))


def test_time_is_in_the_text_only_where_there_is_no_other():
    """server-time says it better."""
    (line,) = lines_of(SAID, ASKER, "#tea")
    assert with_time(line, replace(ASKER, caps=caps.SERVER_TIME), SAID.at_ms) is line
    assert with_time(line, ASKER, SAID.at_ms).params == ("#tea", "[22:13] hi")
