"""The capabilities we ask a server for, by name. Used by the session's handlers. Pure.

Only what is understood here may be asked for: a server speaks differently to whoever has it on.
"""

from typing import Final

ONCE: Final = "tlschat/once"  # both the capability and the tag
SEQ: Final = "tlschat/seq"  # a tag that comes with it: the number in its conversation
HISTORY: Final = "draft/chathistory"
EVENT_PLAYBACK: Final = "draft/event-playback"
READ_MARKER: Final = "draft/read-marker"
REDACTION: Final = "draft/message-redaction"
SEARCH: Final = "soju.im/search"

WANTED: Final = frozenset(
    {
        "account-notify",
        "account-tag",
        "away-notify",
        "batch",
        "cap-notify",
        "chghost",
        "draft/channel-rename",
        "echo-message",
        "extended-join",
        "invite-notify",
        "labeled-response",
        "message-tags",
        "multi-prefix",
        "sasl",
        "server-time",
        "setname",
        "standard-replies",
        ONCE,
        HISTORY,
        # In pages only: there it brings the numbers of what does not show, such as reactions.
        EVENT_PLAYBACK,
        READ_MARKER,
        REDACTION,
        SEARCH,
    }
)
