"""What can go wrong with a message log.

LogError
├── LogFull      nothing was kept and nothing is broken: refuse the senders, go on, try again later
├── LogBroken    what is on disk is not certain any more: stop the process, never try again
├── LogUnusable  at start or in chat-admin: it cannot be opened; `error` and `hint` for the operator
└── ReadFailed   one question was not answered; the log itself is as it was
    ├── UnknownMessage  no such msgid in this conversation, or not any more
    └── ReadTooSlow     it took longer than the reader may take
"""

from __future__ import annotations


class LogError(Exception):
    """A failure of the message log."""


class LogFull(LogError):
    """There is no room for a batch, or too little is left on the disk. None of it was kept."""


class LogBroken(LogError):
    """Storing failed in a way that leaves doubt. The log takes nothing any more."""


class LogUnusable(LogError):
    """The log cannot be opened: `error` says why, `hint` what to do."""

    def __init__(self, error: str, hint: str) -> None:
        super().__init__(error)
        self.error = error
        self.hint = hint


class ReadFailed(LogError):
    """A question could not be answered."""


class UnknownMessage(ReadFailed):
    """There is no such message in the conversation that was asked about."""

    def __init__(self, msgid: str) -> None:
        super().__init__(msgid)
        self.msgid = msgid


class ReadTooSlow(ReadFailed):
    """The answer would have taken longer than a reader may take."""
