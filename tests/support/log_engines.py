"""Message logs to test, each with its reader, and facts to give them."""

from __future__ import annotations

from server.core.facts import Conversation, EventNoted, Redacted, Said, UserId
from server.log import care
from server.log.connecting import FILE_NAME
from server.log.reader import SqliteReader
from server.log.sqlite import SqliteLog
from tests.support.memory_log import MemoryLog, MemoryReader

ROOM = Conversation("#tea")
OTHER = Conversation("#other")
PAIR = Conversation("ana,bob")


class SqliteEngine:
    """The real one, on a disk that has room for as much as is said here."""

    def __init__(self, folder, **options):
        self.path = folder / FILE_NAME
        self.free_bytes = 1 << 40
        self.options = {"min_free_bytes": 1, "free_bytes": lambda: self.free_bytes, **options}
        self.open()

    def open(self):
        self.log = SqliteLog(self.path, **self.options)
        self.reader = SqliteReader(self.path, time_limit_s=60)

    def fill_disk(self, is_full):
        self.free_bytes = 0 if is_full else 1 << 40

    def acts(self):
        """Who moderated what."""
        return [(act["what"], act["account"], act["target"]) for act in care.acts(self.path)]

    def settle(self, now_ms=10**12):
        """Do all that can wait."""
        while self.log.tidy(now_ms):
            pass

    def reopen(self):
        self.close()
        self.open()

    def close(self):
        self.reader.close()
        self.log.close()


class MemoryEngine:
    """The naive one."""

    def __init__(self):
        self.log = MemoryLog()
        self.reader = MemoryReader(self.log)

    def fill_disk(self, is_full):
        self.log.is_full = is_full

    def acts(self):
        return [(act.what, act.actor_account, act.target) for act in self.log.state.acts]

    def settle(self, now_ms=10**12):
        assert not self.log.tidy(now_ms)

    def reopen(self):
        self.log.is_broken = False

    def close(self):
        self.reader.close()
        self.log.close()


class Talk:
    """Makes facts that follow each other: ids, times and numbers are right."""

    def __init__(self, at_ms=1000):
        self.at_ms = at_ms
        self.count = 0
        self.last = {}

    def said(self, text="hi", room=ROOM, by="Ana", **fields):
        """A message, a millisecond after the one before."""
        self.count += 1
        self.at_ms += 1
        self.last[room] = self.last.get(room, 0) + 1
        values = {
            "msgid": f"m{self.count}",
            "at_ms": self.at_ms,
            "conversation": room,
            "seq": self.last[room],
            "user": UserId(1),
            "source": f"{by}!{by.lower()}@user/{by}",
            "account": by,
            "target": room,
            "command": "PRIVMSG",
            "text": text,
        }
        return Said(**(values | fields))

    def tagged(self, tags="+draft/react=x", **fields):
        """A reaction."""
        return self.said("", command="TAGMSG", client_tags=tags, **fields)

    def event(self, command="JOIN", *params, room=ROOM, by="Bob"):
        """Something that is no message."""
        self.count += 1
        self.at_ms += 1
        source = f"{by}!{by.lower()}@user/{by}"
        return EventNoted(
            f"m{self.count}", self.at_ms, room, source, by, command, params or (room,)
        )

    def redacted(self, msgid, room=ROOM, reason=""):
        """A message taken back."""
        self.at_ms += 1
        return Redacted(msgid, room, "Op!op@user/Op", "Op", reason, self.at_ms)


def texts(page):
    """What was said on a page."""
    return [stored.params[-1] for stored in page]


def ids(page):
    """The msgids of a page."""
    return [stored.msgid for stored in page]
