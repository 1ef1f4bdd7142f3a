"""Messages that wait: for the connection, for the rooms, for their turn, for a person's word."""

import pytest

from client.core.events import OutboxQuestion
from client.core.model import BufferKind
from client.core.outbox import ItemState
from client.core.session import Settings


def test_at_most_so_many_are_out(make_talk):
    """`in_flight_max` messages go at once; each answer lets the next go."""
    talk = make_talk(settings=Settings(in_flight_max=2)).go_online()
    for text in "abc":
        talk.say("#lobby", text)
    assert [line[-1] for line in talk.said()] == ["a", "b"]
    talk.hear("@label=t1 :ana!a@host PRIVMSG #lobby a")
    assert [line[-1] for line in talk.said()] == ["c"]


def test_typed_offline_goes_once_after_the_rooms(make_talk):
    """Waiting messages go after the rooms are joined, in order, once (UX 4.8)."""
    made = make_talk(settings=Settings(rooms=("#lobby", "#ops")))
    made.say("#lobby", "one")
    made.say("#ops", "two")
    assert [event.waiting for event in made.take()] == [True, True]
    made.connect()
    made.hear(":srv CAP * LS :echo-message labeled-response batch")
    made.hear(":srv CAP * ACK :echo-message labeled-response batch")
    made.said()
    made.hear(":srv 001 ana :hi", ":srv 422 ana :no")
    assert made.said() == ["JOIN #lobby", "JOIN #ops", "PING t-1"]
    made.hear(":ana!a@host JOIN #lobby")
    assert made.said() == []
    made.hear(":srv PONG srv t-1")
    assert made.said() == ["@label=t1 PRIVMSG #lobby one", "@label=t2 PRIVMSG #ops two"]


def test_rooms_are_joined_again_with_their_key(make_talk):
    """After a reconnect we go back to the rooms we were in, and not to those we left."""
    made = make_talk().go_online()
    made.session.join(["#a"], "sesame")
    made.hear(":ana!a@host JOIN #a", ":ana!a@host JOIN #b", ":ana!a@host JOIN #c")
    made.session.part("#c")
    made.hear(":ana!a@host PART #c")
    made.session.join(["#a"], "sesame")
    made.session.disconnected("gone", made.now_ms)
    assert made.session.model.get("#a").kind is BufferKind.ROOM
    made.connect()
    made.hear(":srv CAP * LS :", ":srv 001 ana :hi", ":srv 422 ana :no")
    assert made.said()[-3:] == ["JOIN #a sesame", "JOIN #b", "PING t-1"]


@pytest.mark.parametrize(("count", "age_ms"), [(21, 0), (1, 300_001)])
def test_many_or_old_messages_are_asked_about(make_talk, count, age_ms):
    """More than 20, or older than 5 minutes: asked before anything is sent (UX 4.8)."""
    made = make_talk()
    typed_ms = made.now_ms
    for number in range(count):
        made.say("bob", str(number))
    made.now_ms += age_ms
    made.go_online()
    questions = [event for event in made.events if isinstance(event, OutboxQuestion)]
    assert [(event.count, event.oldest_ms) for event in questions] == [(count, typed_ms)]
    made.say("bob", "another waits behind")
    assert made.said() == []
    made.session.release_outbox(made.now_ms)
    assert len(made.said()) == min(10, count + 1)


@pytest.mark.parametrize(("count", "age_ms"), [(20, 0), (1, 300_000)])
def test_few_and_young_messages_just_go(make_talk, count, age_ms):
    """20 messages, or 5 minutes, are not too much yet."""
    made = make_talk()
    for number in range(count):
        made.say("bob", str(number))
    made.now_ms += age_ms
    made.go_online()
    assert not [event for event in made.events if isinstance(event, OutboxQuestion)]
    assert made.session.outbox.in_flight()


def test_person_says_no(make_talk):
    """Discarding what waits lets what is typed next go."""
    made = make_talk()
    for number in range(21):
        made.say("bob", str(number))
    made.go_online()
    made.session.discard_outbox()
    made.say("bob", "new")
    assert [item.text for item in made.session.outbox] == ["new"]
    assert made.said() == ["@label=t22 PRIVMSG bob new"]


def test_resend_and_discard_of_one(online):
    """An unconfirmed message goes again only when a person says so; it can also be forgotten."""
    online.say("#lobby", "a")
    online.say("#lobby", "b")
    online.said()
    assert not online.session.discard("t1")
    online.session.disconnected("gone", online.now_ms)
    assert [item.state for item in online.session.outbox] == [ItemState.UNCONFIRMED] * 2
    assert online.session.resend("t1", online.now_ms)
    assert not online.session.resend("t1", online.now_ms)
    assert not online.session.resend("t99", online.now_ms)
    assert online.session.discard("t2")
    assert not online.session.discard("t2")
    assert [(item.id, item.state) for item in online.session.outbox] == [("t1", ItemState.WAITING)]
