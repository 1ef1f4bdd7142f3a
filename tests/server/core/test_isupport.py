"""RPL_ISUPPORT. Source: Modern IRC, "RPL_ISUPPORT" and its parameters."""

import re

from irc.caps import CAP_BITS
from server.core import isupport
from server.core.commands import COMMANDS
from server.core.settings import Settings


def test_tokens_are_well_formed():
    """`token` of the grammar, each once, no space in a value."""
    tokens = isupport.tokens(Settings())
    assert all(re.fullmatch(r"(draft/)?[A-Z0-9./]{1,20}(=[!-~]*)?", token) for token in tokens)
    names = [token.partition("=")[0] for token in tokens]
    assert len(set(names)) == len(names)


def test_no_line_has_too_many():
    """At most 13 tokens a line; together they are all of them."""
    lines = isupport.lines(Settings())
    assert max(map(len, lines)) == 13
    assert [token for line in lines for token in line] == isupport.tokens(Settings())


def test_whether_an_account_is_needed():
    """draft/ACCOUNTREQUIRED where nobody comes in without one (draft account-registration)."""
    assert "draft/ACCOUNTREQUIRED" in isupport.tokens(Settings(accounts_required=True))
    assert "draft/ACCOUNTREQUIRED" not in isupport.tokens(Settings(accounts_required=False))


def test_limits_are_the_settings():
    """What is promised is what holds."""
    tokens = isupport.tokens(
        Settings(
            away_bytes_max=11,
            rooms_per_user_max=12,
            room_name_bytes_max=13,
            kick_bytes_max=14,
            masks_per_room_max=15,
            targets_max=16,
            realname_chars_max=17,
            nick_chars_max=18,
            topic_bytes_max=19,
            user_chars_max=20,
        )
    )
    expected = "AWAYLEN=11 CHANLIMIT=#:12 CHANNELLEN=13 KICKLEN=14 MAXLIST=beI:15 MAXTARGETS=16"
    expected += " NAMELEN=17 NICKLEN=18 TOPICLEN=19 USERLEN=20"
    assert set(expected.split()) <= set(tokens)
    targets = next(token for token in tokens if token.startswith("TARGMAX="))
    assert {"PRIVMSG:16", "JOIN:", "LIST:", "MONITOR:"} <= set(targets[8:].split(","))


def test_a_list_may_be_asked_for_safely():
    """SAFELIST: LIST does not cost the connection, as it is told piece by piece (test_stream)."""
    assert "SAFELIST" in isupport.tokens(Settings())


def test_targets_are_of_commands_that_exist():
    """TARGMAX names only commands of the table."""
    token = next(each for each in isupport.tokens(Settings()) if each.startswith("TARGMAX="))
    names = {part.partition(":")[0] for part in token.removeprefix("TARGMAX=").split(",")}
    assert names <= COMMANDS.keys()


def test_the_networks_name_is_escaped():
    """Space, backslash and equal sign are \\x20, \\x5C and \\x3D."""
    tokens = isupport.tokens(Settings(network="a b\\c=d"))
    assert "NETWORK=a\\x20b\\x5Cc\\x3Dd" in tokens


def test_every_capability_of_the_project_is_known():
    """The list of capabilities that this server promises its users."""
    wanted = "cap-notify sasl server-time message-tags echo-message labeled-response batch"
    wanted += " account-tag account-notify extended-join multi-prefix away-notify tlschat/once"
    wanted += " standard-replies draft/chathistory draft/event-playback draft/message-redaction"
    wanted += " draft/read-marker soju.im/search"
    wanted += " draft/channel-rename invite-notify no-implicit-names userhost-in-names"
    assert set(wanted.split()) <= set(CAP_BITS)
