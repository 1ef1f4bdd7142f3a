"""The hub: order, group commit before release, failures (server/hub.py). Threads, no sockets."""

import queue
import threading

import pytest

from irc.message import Message
from server import hub as hub_module
from server.core import facts
from server.core.effects import CheckPassword, Close, MarkRegistered, Send, SendText
from server.core.events import (
    AccountsRevoked,
    Check,
    Connected,
    Dialect,
    Disconnected,
    LineReceived,
    PasswordChecked,
    ServerStopping,
    SessionId,
    TextReceived,
)
from server.core.facts import Said
from server.core.history import Restored, Stored
from server.core.settings import Settings
from server.core.world import World
from server.hub import Hub
from server.log.errors import LogFull
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

    def __init__(self, log=None, clock=lambda: 1.0):
        self.out = Recorder()
        self.checks = queue.Queue()
        self.questions = queue.Queue()
        self.bugs = queue.Queue()
        self.failures = queue.Queue()
        settings = Settings(accounts_required=False, nick_policy="free")
        self.hub = Hub(
            World(settings),
            log or self.out,
            run_id="run",
            check=self.checks.put,
            ask=self.questions.put,
            observe=lambda world, event, facts: None,
            on_bug=lambda event, error: self.bugs.put((event, error)),
            on_failure=self.failures.put,
            wall_clock=clock,
        )
        self.hub.start([self.out])

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


@pytest.fixture
def rig():
    """A hub that is stopped at the end."""
    rig = Rig()
    yield rig
    rig.stop()


def say(session, text):
    return LineReceived(session, Message("PRIVMSG", ("#lobby", text)))


def test_a_message_is_accepted_before_it_is_released(rig):
    """The promise: the log has the message before anybody hears of it."""
    rig.enter(ANA, "ana")

    rig.hub.put([say(ANA, "hi")])

    kind, facts = rig.out.next()
    assert kind == "accept"
    assert [fact.text for fact in facts if isinstance(fact, Said)] == ["hi"]
    assert rig.out.next()[0] == "post"


def test_what_piles_up_is_one_commit(rig):
    """While one commit runs the next batch gathers: the busier, the bigger the group."""
    rig.enter(ANA, "ana")
    rig.out.gate.clear()
    rig.hub.put([say(ANA, "0")])
    for number in range(1, 50):
        rig.hub.put([say(ANA, str(number))])
    rig.out.gate.set()

    commits = []
    while sum(map(len, commits)) < 50:
        kind, facts = rig.out.next()
        if kind == "accept":
            commits.append([fact.text for fact in facts])

    assert [text for commit in commits for text in commit] == [str(n) for n in range(50)]
    assert len(commits) < 50


def test_ids_are_unique_and_time_does_not_run_back():
    """The wall clock may jump; times do not, and no id comes twice."""
    clock = [9.0]
    rig = Rig(clock=lambda: clock[0])
    rig.enter(ANA, "ana")
    facts = []
    for clock[0] in (10.0, 2.0, 11.0):
        rig.hub.put([say(ANA, "x")])
        kind, kept = rig.out.next()
        assert kind == "accept"
        facts += kept
        rig.out.until_post()

    assert [fact.at_ms for fact in facts] == [10_000, 10_000, 11_000]
    assert len({fact.msgid for fact in facts}) == 3
    assert all(fact.msgid.startswith("run") for fact in facts)
    rig.stop()


def test_password_checks_go_to_the_verifier(rig):
    """They are no business of io threads, and carry the password in no repr."""
    rig.hub.put(
        [
            Connected(BOB, Dialect.SIMPLE, "127.0.0.1"),
            TextReceived(BOB, "NICK bob s3cret"),
        ]
    )
    rig.out.until_post()
    if rig.checks.empty():  # guests need no password: log in on IRC instead
        rig.hub.put(
            [
                Connected(ANA, Dialect.IRC, "127.0.0.1"),
                LineReceived(ANA, Message("PASS", ("ana:s3cret",))),
                LineReceived(ANA, Message("NICK", ("ana",))),
                LineReceived(ANA, Message("USER", ("ana", "0", "*", "Ana"))),
            ]
        )
    check = rig.checks.get(timeout=DEADLINE_S)

    assert isinstance(check, CheckPassword)
    assert check.password == "s3cret"
    assert "s3cret" not in repr(check)


def test_a_bug_costs_one_connection(rig, monkeypatch):
    """The session whose event met the bug leaves, everyone sees it leave, and the rest goes on."""
    rig.enter(ANA, "ana")
    rig.enter(BOB, "bob")
    real = hub_module.step

    def step(world, event, stamp):
        if isinstance(event, LineReceived) and event.message.command == "BOOM":
            raise ZeroDivisionError
        return real(world, event, stamp)

    monkeypatch.setattr(hub_module, "step", step)
    rig.hub.put([LineReceived(ANA, Message("BOOM")), say(BOB, "still here")])

    effects = rig.out.until_post()
    assert isinstance(rig.bugs.get(timeout=DEADLINE_S)[1], ZeroDivisionError)
    assert Close(ANA, "Internal error") in effects
    rig.hub.put([Disconnected(ANA, "late"), LineReceived(BOB, Message("ISON", ("ana bob",)))])
    answers = [
        effect.line.params[-1] for effect in rig.out.until_post() if isinstance(effect, Send)
    ]
    assert answers == ["bob"]


def test_a_bug_in_leaving_stops_the_process(monkeypatch):
    """There is no connection left to pay for it: going on would keep a ghost."""
    rig = Rig()
    rig.enter(ANA, "ana")

    def step(world, event, stamp):
        raise ZeroDivisionError

    monkeypatch.setattr(hub_module, "step", step)
    rig.hub.put([Disconnected(ANA, "gone")])

    assert isinstance(rig.failures.get(timeout=DEADLINE_S), RuntimeError)
    assert rig.hub.join(DEADLINE_S)


def test_a_failing_log_stops_the_process():
    """What cannot be kept is not released."""

    class BrokenLog(NoLog):
        def accept(self, facts):
            raise OSError("fsync failed")

    rig = Rig(log=BrokenLog())
    rig.enter(ANA, "ana")

    rig.hub.put([say(ANA, "hi")])

    assert isinstance(rig.failures.get(timeout=DEADLINE_S), OSError)
    assert rig.hub.join(DEADLINE_S)
    assert rig.out.steps.empty()


class LogWithChores(NoLog):
    """Has three things to tidy up, and says when it has done one."""

    def __init__(self):
        self.done = queue.Queue()
        self.left = 3

    def tidy(self, now_ms):
        if self.left:
            self.left -= 1
            self.done.put(now_ms)
        return self.left > 0


def test_an_idle_hub_lets_the_log_tidy_up():
    """What can wait is done while nothing waits, step by step."""
    log = LogWithChores()
    rig = Rig(log=log)

    for _ in range(3):
        log.done.get(timeout=DEADLINE_S)

    rig.stop()


class LogWithMemory(NoLog):
    """Found something at start, and knows one message that was sent with an id."""

    def restore(self):
        room = facts.RoomFounded("#tea", "#tea", "ana", frozenset("nt"), 5)
        return Restored({"#tea": 41}, 50_000, (room,))

    def find_once(self, account, once):
        if (account, once) != ("ana", "once-upon-a-time"):
            return None
        return Stored("old", 7, "#tea", 3, "ana!a@h", "ana", "PRIVMSG", ("#tea", "first"))


def test_a_start_goes_on_where_the_log_ends():
    """Rooms, numbers and the clock are those of before."""
    rig = Rig(log=LogWithMemory(), clock=lambda: 1.0)
    world = rig.hub._world

    rig.enter(ANA, "ana")

    assert world.rooms["#tea"].founder == "ana"
    assert world.sequences["#tea"] == 41
    assert world.users[1].signed_on_ms >= 50_000
    rig.stop()


class LogThatFills(NoLog):
    """Has no room for batches that hold a certain text."""

    def accept(self, facts):
        if any(isinstance(fact, Said) and fact.text == "too much" for fact in facts):
            raise LogFull("no room")


def test_what_the_log_refuses_has_not_happened():
    """The sender is told, nobody else hears of it, its number is free, and the chat goes on."""
    rig = Rig(log=LogThatFills())
    rig.enter(ANA, "ana")
    world = rig.hub._world
    before = dict(world.sequences)

    rig.hub.put([say(ANA, "too much")])
    (refusal,) = rig.out.until_post()

    assert refusal.session == ANA
    assert refusal.line.command == "FAIL"
    assert refusal.line.params[:2] == ("PRIVMSG", "STORAGE_ERROR")
    assert world.sequences == before
    rig.hub.put([say(ANA, "less"), LineReceived(ANA, Message("PING", ("x",)))])
    said, pong = rig.out.until_post()
    assert said.line.params == ("#lobby", "less")
    assert pong.line.command == "PONG"
    assert world.sequences["#lobby"] == before.get("#lobby", 0) + 1
    rig.stop()


def test_the_rest_of_a_refused_batch_goes_on():
    """Who asked for nothing that must be kept gets its answer as if nothing had happened."""
    rig = Rig(log=LogThatFills())
    rig.enter(ANA, "ana")

    rig.hub.put(
        [
            say(ANA, "fine, but in bad company"),
            say(ANA, "too much"),
            LineReceived(ANA, Message("PING", ("x",))),
        ]
    )
    effects = rig.out.until_post()

    assert [effect.line.command for effect in effects] == ["FAIL", "FAIL", "PONG"]
    rig.stop()


@pytest.mark.parametrize("text", ["fine", "too much"])
def test_an_id_that_comes_twice_in_a_batch(text):
    """The second shares the fate of the first: the same echo, or the same refusal."""
    rig = Rig(log=LogThatFills())
    rig.log_in(ANA, "ana")
    tags = {"tlschat/once": "0123456789"}
    once = LineReceived(ANA, Message("PRIVMSG", ("#lobby", text), tags=tags))

    rig.hub.put([once, once])
    lines = [effect.line for effect in rig.out.until_post() if isinstance(effect, Send)]

    assert lines[-1] == lines[-2]
    assert lines[-1].params[1] == ("fine" if text == "fine" else "STORAGE_ERROR")
    rig.stop()


def test_what_is_in_the_log_is_found():
    """A message that was sent once before, and one that is to be taken back."""
    found = Stored("old", 7, "#tea", 3, "ana!a@h", "ana", "PRIVMSG", ("#tea", "first"))
    asked = []

    class Finder(NoLog):
        def find_once(self, account, once):
            asked.append((account, once))
            return found

        def find(self, msgid):
            asked.append(msgid)

    rig = Rig(log=Finder())
    rig.log_in(ANA, "ana")
    tags = {"tlschat/once": "0123456789"}

    rig.hub.put(
        [
            LineReceived(ANA, Message("PRIVMSG", ("#lobby", "x"), tags=tags)),
            LineReceived(ANA, Message("REDACT", ("#lobby", "old"))),
        ]
    )
    effects = rig.out.until_post()

    assert asked == [("ana", "0123456789"), "old"]
    assert ("#tea", "first") in [each.line.params for each in effects if isinstance(each, Send)]
    rig.stop()


def test_putting_waits_for_a_hub_that_is_far_behind(monkeypatch):
    """Over BEHIND_EVENTS_MAX `put` blocks until half is decided: back-pressure, not memory."""
    monkeypatch.setattr(hub_module, "BEHIND_EVENTS_MAX", 10)
    rig = Rig()
    rig.enter(ANA, "ana")
    rig.out.gate.clear()
    rig.hub.put([say(ANA, "first")])
    is_through = threading.Event()

    def flood():
        rig.hub.put([say(ANA, str(number)) for number in range(20)])
        is_through.set()

    flooder = threading.Thread(target=flood)
    flooder.start()
    rig.out.gate.set()
    flooder.join(DEADLINE_S)

    assert is_through.is_set()
    rig.stop()


def test_events_of_gone_sessions_are_nothing(rig):
    """A verdict or a line that comes too late changes nothing and says nothing."""
    rig.hub.put(
        [
            PasswordChecked(SessionId(99), Check.OK, "ana"),
            LineReceived(SessionId(99), Message("PING")),
            AccountsRevoked(frozenset({"nobody"})),
            Connected(BOB, Dialect.SIMPLE, "127.0.0.1"),
        ]
    )

    effects = rig.out.until_post()
    assert SendText(BOB, "New User. Please register with: NICK <name>") in effects
    assert {effect.session for effect in effects} == {BOB}
