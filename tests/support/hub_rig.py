"""A running hub without sockets: what it gave to whom, in order."""

import queue
import threading

from irc.message import Message
from server.core.effects import MarkRegistered
from server.core.events import (
    Check,
    Connected,
    Dialect,
    LineReceived,
    PasswordChecked,
    ServerStopping,
    SessionId,
)
from server.core.settings import Settings
from server.core.world import World
from server.hub import Hub
from server.log.store import NoLog

DEADLINE_S = 20.0
ANA, BOB = SessionId(1), SessionId(2)


class Recorder(NoLog):
    """An io thread and a log in one, so that the order between the two is seen."""

    def __init__(self):
        self.steps = queue.Queue()
        self.gate = threading.Event()
        self.gate.set()

    def post(self, effects):
        self.steps.put(("post", list(effects)))

    def accept(self, facts):
        self.gate.wait(DEADLINE_S)
        self.steps.put(("accept", list(facts)))

    def close(self):
        self.steps.put(("close", []))

    def next(self):
        return self.steps.get(timeout=DEADLINE_S)

    def until_post(self):
        while True:
            kind, items = self.next()
            if kind == "post":
                return items


class Rig:
    """A running hub with guests allowed, and what it gave to whom."""

    def __init__(self, log=None, clock=lambda: 1.0, loops=(), check=None):
        self.out = Recorder()
        self.checks = queue.Queue()
        self.questions = queue.Queue()
        self.bugs = queue.Queue()
        self.failures = queue.Queue()
        settings = Settings(accounts_required=False, nick_policy="free")
        self.told_reader = []
        self.full = []
        self.rehashes = []
        self.hub = Hub(
            World(settings),
            log or self.out,
            run_id="run",
            check=check or self.checks.put,
            ask=self.questions.put,
            tell_reader=self.told_reader.append,
            rehash=self.rehashes.append,
            observe=lambda world, event, facts: None,
            on_bug=lambda event, error: self.bugs.put((event, error)),
            on_failure=self.failures.put,
            on_full=self.full.append,
            wall_clock=clock,
        )
        self.hub.start([*loops, self.out])

    def enter(self, session, name):
        self.hub.put(
            [
                Connected(session, Dialect.IRC, "127.0.0.1"),
                LineReceived(session, Message("NICK", (name,))),
                LineReceived(session, Message("USER", (name, "0", "*", name))),
            ]
        )
        return self.out.until_post()

    def log_in(self, session, account):
        """Enter with an account, and with tlschat/once."""
        lines = [("CAP", "REQ", "tlschat/once"), ("PASS", "x"), ("NICK", account)]
        lines += [("USER", account, "0", "*", account), ("CAP", "END")]
        messages = [Message(command, params) for command, *params in lines]
        self.hub.put([Connected(session, Dialect.IRC, "127.0.0.1")])
        self.hub.put([LineReceived(session, message) for message in messages])
        self.checks.get(timeout=DEADLINE_S)
        self.hub.put([PasswordChecked(session, Check.OK, account)])
        while not any(isinstance(each, MarkRegistered) for each in self.out.until_post()):
            pass

    def stop(self):
        self.hub.put([ServerStopping("done")])
        assert self.hub.join(DEADLINE_S)


def say(session, text):
    return LineReceived(session, Message("PRIVMSG", ("#lobby", text)))
