"""Capabilities: one bit each, and the words of the CAP command.

A session's set is one `int`, so that "the same profile" is one comparison and rendering once for
each profile is a dict lookup. Source: IRCv3 capability-negotiation.
"""

from collections.abc import Sequence
from typing import Final

CAP_NOTIFY: Final = 1 << 0
SASL: Final = 1 << 1
SERVER_TIME: Final = 1 << 2
MESSAGE_TAGS: Final = 1 << 3
ECHO_MESSAGE: Final = 1 << 4
LABELED_RESPONSE: Final = 1 << 5
BATCH: Final = 1 << 6
ACCOUNT_TAG: Final = 1 << 7
ACCOUNT_NOTIFY: Final = 1 << 8
EXTENDED_JOIN: Final = 1 << 9
MULTI_PREFIX: Final = 1 << 10
AWAY_NOTIFY: Final = 1 << 11
ONCE: Final = 1 << 12
STANDARD_REPLIES: Final = 1 << 13
CHATHISTORY: Final = 1 << 14
EVENT_PLAYBACK: Final = 1 << 15
MESSAGE_REDACTION: Final = 1 << 16
READ_MARKER: Final = 1 << 17
SEARCH: Final = 1 << 18
CHGHOST: Final = 1 << 19
EXTENDED_MONITOR: Final = 1 << 20
INVITE_NOTIFY: Final = 1 << 21
SETNAME: Final = 1 << 22
USERHOST_IN_NAMES: Final = 1 << 23
ACCOUNT_REGISTRATION: Final = 1 << 24
CHANNEL_RENAME: Final = 1 << 25
METADATA_2: Final = 1 << 26
MULTILINE: Final = 1 << 27
NO_IMPLICIT_NAMES: Final = 1 << 28
PRE_AWAY: Final = 1 << 29
EXTENDED_ISUPPORT: Final = 1 << 30

# In the order in which CAP LS names them.
CAP_BITS: Final[dict[str, int]] = {
    "account-notify": ACCOUNT_NOTIFY,
    "account-tag": ACCOUNT_TAG,
    "away-notify": AWAY_NOTIFY,
    "batch": BATCH,
    "cap-notify": CAP_NOTIFY,
    "chghost": CHGHOST,
    "draft/account-registration": ACCOUNT_REGISTRATION,
    "draft/channel-rename": CHANNEL_RENAME,
    "draft/chathistory": CHATHISTORY,
    "draft/event-playback": EVENT_PLAYBACK,
    "draft/extended-isupport": EXTENDED_ISUPPORT,
    "draft/message-redaction": MESSAGE_REDACTION,
    "draft/metadata-2": METADATA_2,
    "draft/multiline": MULTILINE,
    "draft/pre-away": PRE_AWAY,
    "draft/read-marker": READ_MARKER,
    "echo-message": ECHO_MESSAGE,
    "extended-join": EXTENDED_JOIN,
    "extended-monitor": EXTENDED_MONITOR,
    "invite-notify": INVITE_NOTIFY,
    "labeled-response": LABELED_RESPONSE,
    "message-tags": MESSAGE_TAGS,
    "multi-prefix": MULTI_PREFIX,
    "no-implicit-names": NO_IMPLICIT_NAMES,
    "sasl": SASL,
    "server-time": SERVER_TIME,
    "setname": SETNAME,
    "soju.im/search": SEARCH,
    "standard-replies": STANDARD_REPLIES,
    "tlschat/once": ONCE,
    "userhost-in-names": USERHOST_IN_NAMES,
}


def parse_request(text: str) -> list[tuple[str, bool]]:
    """Return what a CAP REQ asks for, in its order: the name, and whether to turn it on."""
    return [(word.removeprefix("-"), word[0] != "-") for word in text.split(" ") if word]


def format_ls(entries: Sequence[str], line_bytes_max: int) -> list[str]:
    """Return the last parameters of as many CAP LS lines as `entries` need: at least one.

    None has more than `line_bytes_max` bytes, unless a single entry has. To all but the last the
    caller adds the "*" that says that there is more.
    """
    lines: list[str] = []
    for entry in entries:
        longer = f"{lines[-1]} {entry}" if lines else ""
        if longer and len(longer.encode()) <= line_bytes_max:
            lines[-1] = longer
        else:
            lines.append(entry)
    return lines or [""]
