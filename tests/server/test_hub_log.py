"""The hub and its log: start, tidying, a full disk, ids that come again (server/hub.py)."""

import queue

import pytest

from irc.message import Message
from server.core import facts
from server.core.effects import Send, Subscribe, Unsubscribe
from server.core.events import (
    LineReceived,
)
from server.core.facts import Said
from server.core.history import Restored, Stored
from server.log.errors import LogFull
from server.log.store import NoLog
from tests.support.hub_rig import ANA, BOB, DEADLINE_S, Rig, say


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


def test_a_room_may_end_before_its_change_is_refused():
    """A guest's MODE is taken back, and the PART of the last member stays: the hub goes on."""
    rig = Rig(log=LogThatFills())
    rig.enter(ANA, "ana")
    lines = [Message("JOIN", ("#x",)), Message("MODE", ("#x", "+m")), Message("PART", ("#x",))]
    rig.hub.put([say(ANA, "too much"), *(LineReceived(ANA, line) for line in lines)])
    rig.out.until_post()

    assert rig.failures.empty()
    assert "#x" not in rig.hub._world.rooms
    rig.stop()


def test_who_comes_behind_a_refused_renaming_is_in_the_old_room():
    """A renaming ends its batch: who joins at once under the new name makes a room of their own,
    and whoever leaves under it is not there."""

    class NoRenaming(NoLog):
        def accept(self, durable):
            if any(isinstance(fact, facts.RoomRenamed) for fact in durable):
                raise LogFull("no room")

    rig = Rig(log=NoRenaming(), clock=lambda: 1000.0)
    rig.enter(ANA, "ana")
    rig.enter(BOB, "bob")
    lines = [Message("JOIN", ("#one",)), Message("RENAME", ("#one", "#two"))]
    rig.hub.put(
        [
            *(LineReceived(ANA, line) for line in lines),
            LineReceived(BOB, Message("JOIN", ("#two",))),
            LineReceived(ANA, Message("PART", ("#two",))),
            LineReceived(BOB, Message("PING", ("x",))),
        ]
    )
    told = []
    while not told or told[-1].line.command != "PONG":
        told += rig.out.until_post()

    rooms = {key: set(room.members) for key, room in rig.hub._world.rooms.items()}
    assert rooms == {"#lobby": {1, 2}, "#one": {1}, "#two": {2}}
    heard = [each for each in told if isinstance(each, Subscribe | Unsubscribe)]
    assert heard == [Subscribe(ANA, "#one"), Subscribe(BOB, "#two")]
    rig.stop()


def test_rooms_that_were_made_while_the_log_was_full():
    """They are kept with the next batch: what is promised in them rests on it."""
    kept, is_full = [], [True]

    class Filling(NoLog):
        def accept(self, durable):
            if is_full[0]:
                raise LogFull("no room")
            kept.extend(durable)

    rig = Rig(log=Filling())
    rig.log_in(ANA, "ana")
    for command, *params in (("JOIN", "#x"), ("PART", "#x"), ("JOIN", "#y"), ("TOPIC", "#y", "a")):
        rig.hub.put([LineReceived(ANA, Message(command, tuple(params)))])
        rig.out.until_post()
    is_full[0] = False
    rig.hub.put([LineReceived(ANA, Message("TOPIC", ("#y", "b")))])
    rig.out.until_post()

    rig.hub.put([LineReceived(ANA, Message("TOPIC", ("#y", "c")))])
    rig.out.until_post()

    made, topics = (facts.RoomEnded, facts.RoomFounded), ["b", "c"]
    rooms = [(type(fact), fact.room) for fact in kept if isinstance(fact, made)]
    assert rooms == [
        (facts.RoomEnded, "#lobby"),
        *((kind, name) for name in ("#x", "#y") for kind in made),
    ]
    assert [fact.topic for fact in kept if isinstance(fact, facts.TopicChanged)] == topics
    rig.stop()


def test_an_act_that_was_refused_is_not_observed():
    """The journal is outside as well: what is not kept has not happened."""
    is_full = [True]

    class Filling(NoLog):
        def accept(self, durable):
            if is_full[0]:
                raise LogFull("no room")

    rig = Rig(log=Filling())
    rig.enter(ANA, "ana")
    acts = []
    rig.hub._observe = lambda world, event, done: acts.extend(
        fact.reason for fact in done if isinstance(fact, facts.ActNoted)
    )
    for letter in "mi":
        lines = [Message("JOIN", ("#x",)), Message("MODE", ("#x", f"+{letter}"))]
        rig.hub.put([LineReceived(ANA, line) for line in lines])
        rig.out.until_post()
        is_full[0] = False

    assert acts == ["+i"]
    rig.stop()


def test_a_full_log_is_reported_once():
    """To the operator: when it begins, whatever is refused then, and when there is room again."""
    rig = Rig(log=LogThatFills())
    rig.enter(ANA, "ana")
    for text in ("too much", "too much", "less", "less"):
        rig.hub.put([say(ANA, text)])
        rig.out.until_post()

    assert rig.full == ["no room", ""]
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
