"""The hub: order, group commit before release, failures (server/hub.py). Threads, no sockets."""

import queue
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from irc.message import Message
from server import hub as hub_module
from server.core.commands import clock
from server.core.effects import Afterwards, CheckPassword, Close, Rehash, Send, SendText
from server.core.events import (
    AccountsRevoked,
    BanBegan,
    Check,
    Connected,
    Dialect,
    Disconnected,
    Drained,
    LineReceived,
    PasswordChecked,
    SessionId,
    TextReceived,
)
from server.core.facts import Said
from server.log.store import NoLog
from tests.support.hub_rig import ANA, BOB, DEADLINE_S, Rig, say


@pytest.fixture
def rig():
    """A hub that is stopped at the end."""
    rig = Rig()
    yield rig
    rig.stop()


def test_a_message_is_accepted_before_it_is_released(rig):
    """The promise: the log has the message before anybody hears of it."""
    rig.enter(ANA, "ana")

    rig.hub.put([say(ANA, "hi")])

    kind, facts = rig.out.next()
    assert kind == "accept"
    assert [fact.text for fact in facts if isinstance(fact, Said)] == ["hi"]
    assert rig.out.next()[0] == "post"


def test_the_reader_hears_who_took_its_answer_and_who_is_gone(rig):
    """It waits for both, so it must hear of both, whether the world knows the session or not."""
    rig.enter(ANA, "ana")
    told = [Drained(ANA), Disconnected(ANA, "gone"), Drained(BOB)]

    rig.hub.put([*told, Connected(BOB, Dialect.IRC, "127.0.0.1")])
    rig.enter(SessionId(9), "eva")

    assert rig.told_reader == told


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
            if any(isinstance(fact, Said) for fact in facts):
                raise OSError("fsync failed")

    rig = Rig(log=BrokenLog())
    rig.enter(ANA, "ana")

    rig.hub.put([say(ANA, "hi")])

    assert isinstance(rig.failures.get(timeout=DEADLINE_S), OSError)
    assert rig.hub.join(DEADLINE_S)
    assert rig.out.steps.empty()


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


def test_a_deadline_of_the_world_comes_true(monkeypatch):
    """The hub looks at the deadlines by itself, though nobody says anything."""
    ended = queue.Queue()
    monkeypatch.setattr(hub_module, "QUIET_S", 0.001)
    monkeypatch.setattr(hub_module, "TICK_INTERVAL_S", 0.001)
    monkeypatch.setitem(clock.ENDINGS, "thing", lambda turn, at_ms, name: ended.put(name))
    now_s = [1.0]
    rig = Rig(clock=lambda: now_s[0])
    try:
        rig.hub._world.deadlines.append((2_000, "thing", ("it",)))
        rig.enter(ANA, "ana")
        assert ended.empty()
        now_s[0] = 2.0
        assert ended.get(timeout=DEADLINE_S) == ("it",)
    finally:
        rig.stop()


def test_garbage_is_looked_for_when_it_is_quiet(monkeypatch):
    """Not in the middle of talk: once enough has happened and nothing waits."""
    done = queue.Queue()
    collector = SimpleNamespace(
        unfreeze=lambda: done.put("unfreeze"),
        collect=lambda: done.put("collect"),
        freeze=lambda: done.put("freeze"),
    )
    monkeypatch.setattr(hub_module, "gc", collector)
    monkeypatch.setattr(hub_module, "QUIET_S", 0.001)
    monkeypatch.setattr(hub_module, "COLLECT_EVENTS", 4)
    rig = Rig()
    try:
        rig.enter(ANA, "ana")  # three events
        rig.hub.put([say(ANA, "hi")])
        assert [done.get(timeout=DEADLINE_S) for _ in range(3)] == ["unfreeze", "collect", "freeze"]
        rig.hub.put([say(ANA, "ho")])
        rig.out.until_post()
    finally:
        rig.stop()
    assert done.empty()


def test_what_follows_a_commit_comes_behind_it(rig, monkeypatch):
    """`Afterwards` is an event of a batch of its own, when what led to it is kept."""
    rig.enter(ANA, "ana")
    rig.enter(BOB, "bob")
    real = hub_module.step
    seen = []

    def step(world, event, stamp):
        seen.append(type(event).__name__)
        batch = real(world, event, stamp)
        if isinstance(event, LineReceived) and event.message.command == "PRIVMSG":
            return replace(batch, effects=(*batch.effects, Afterwards(BanBegan("127.0.0.1"))))
        return batch

    monkeypatch.setattr(hub_module, "step", step)
    rig.hub.put([say(ANA, "one"), say(ANA, "two")])
    assert rig.out.next()[0] == "accept"
    rig.out.until_post()
    rig.hub.put([Disconnected(BOB, "gone")])
    rig.out.until_post()
    assert seen == ["LineReceived", "LineReceived", "BanBegan", "BanBegan", "Disconnected"]


def test_a_reload_is_the_apps(rig, monkeypatch):
    """The hub reads no file: it hands the wish on, and never to an io thread."""
    rig.enter(ANA, "ana")
    real, wish = hub_module.step, Rehash(ANA)

    def step(world, event, stamp):
        batch = real(world, event, stamp)
        return replace(batch, effects=(wish, *batch.effects))

    monkeypatch.setattr(hub_module, "step", step)
    rig.hub.put([LineReceived(ANA, Message("PING", ("x",)))])
    assert wish not in rig.out.until_post()
    assert rig.rehashes == [wish]


def test_commands_are_counted(rig):
    """For STATS m: what is a command, and how often it came; anything else is not kept."""
    rig.enter(ANA, "ana")
    rig.hub.put([say(ANA, "x"), say(ANA, "y"), LineReceived(ANA, Message("DANCE"))])
    rig.out.until_post()
    rig.hub.put([LineReceived(ANA, Message("STATS", ("m",)))])
    lines = [each.line.params for each in rig.out.until_post() if isinstance(each, Send)]
    counted = {params[1]: params[2] for params in lines if len(params) == 3}
    assert counted["PRIVMSG"] == "2"
    assert counted["NICK"] == "1"
    assert "DANCE" not in counted
