"""What every message log keeps of rooms that change, and of metadata (store.py).

Collected through contract.py and test_contract.py.
"""

from irc.names import NickKey, RoomKey
from server.core import facts
from tests.support.log_engines import OTHER, ROOM, Talk, texts

ANA, BOB = NickKey("ana"), NickKey("bob")
TEA = RoomKey("#tea")


class ChangingRooms:
    """Founders, operators, names, metadata, and how rooms end: what a start gives back."""

    def restored(self, engine):
        engine.reopen()
        return engine.log.restore().facts

    def test_a_room_gets_another_founder(self, engine):
        """The rest stays as it was founded; also when it had settings before."""
        first = facts.RoomFounded(TEA, "#Tea", ANA, frozenset("nt"), 5)
        topic = facts.TopicChanged(TEA, "t", "s", 4)
        engine.log.accept([topic, first])
        engine.log.accept([facts.RoomFounded(TEA, "#TEA", BOB, frozenset("s"), 9)])
        assert self.restored(engine) == (
            facts.RoomFounded(TEA, "#Tea", BOB, frozenset("nt"), 5),
            topic,
        )

    def test_a_room_that_ended_is_no_more(self, engine):
        """Its messages stay; a new room of the name begins with nothing."""
        talk = Talk()
        engine.log.accept(
            [
                facts.RoomFounded(TEA, "#Tea", ANA, frozenset("nt"), 5),
                facts.RoomFlagChanged(TEA, "m", True),
                facts.MaskAdded(TEA, "b", "x", "Ana", 8),
                talk.said("hi"),
                facts.RoomEnded(TEA),
                facts.RoomEnded(RoomKey("#never")),
            ]
        )
        assert self.restored(engine) == ()
        assert texts(engine.reader.latest(ROOM, 9)) == ["hi"]
        engine.log.accept([facts.TopicChanged(TEA, "new", "Bob", 9)])
        assert self.restored(engine) == (facts.TopicChanged(TEA, "new", "Bob", 9),)

    def test_a_room_changes_hands(self, engine):
        """The last founder is the founder; a room that was given up is nobody's."""
        founded = facts.RoomFounded(TEA, "#Tea", ANA, frozenset("nt"), 5)
        engine.log.accept([founded, facts.RoomOwnerChanged(TEA, BOB)])
        given = facts.RoomFounded(TEA, "#Tea", BOB, frozenset("nt"), 5)
        assert self.restored(engine) == (given,)
        engine.log.accept([facts.RoomOwnerChanged(TEA, NickKey(""))])
        (given_up,) = self.restored(engine)
        assert given_up.founder == ""

    def test_operators_by_account(self, engine):
        """The last letters of each account, and none for whom they were taken from."""
        ana, bob = (facts.RoomAccessChanged(TEA, account, "v") for account in (ANA, BOB))
        better = facts.RoomAccessChanged(TEA, ANA, "ov")
        engine.log.accept([ana, bob, better])
        assert set(self.restored(engine)) == {better, bob}
        engine.log.accept([facts.RoomAccessChanged(TEA, BOB, "")])
        assert self.restored(engine) == (better,)
        engine.log.accept([facts.RoomEnded(TEA)])
        assert self.restored(engine) == ()

    def test_metadata(self, engine):
        """The last value of each key, maybe an empty one, none of what was taken away."""
        url, empty = (facts.AccountMetadataChanged(ANA, key, "") for key in ("url", "a"))
        better, bobs = (facts.AccountMetadataChanged(who, "url", "x") for who in (ANA, BOB))
        rooms = facts.RoomMetadataChanged(TEA, "url", "r"), facts.RoomMetadataChanged(TEA, "a", "")
        engine.log.accept([url, empty, bobs, better, *rooms])
        assert set(self.restored(engine)) == {empty, bobs, better, *rooms}
        engine.log.accept(
            [
                facts.AccountMetadataChanged(ANA, "url", None),
                facts.AccountMetadataChanged(ANA, "never", None),
                facts.RoomMetadataChanged(TEA, "a", None),
            ]
        )
        assert set(self.restored(engine)) == {empty, bobs, rooms[0]}
        engine.log.accept([facts.RoomEnded(TEA)])
        assert set(self.restored(engine)) == {empty, bobs}

    def test_a_room_is_renamed_with_all_it_has(self, engine):
        """Settings, messages with their numbers, and markers are found under the new name."""
        talk = Talk()
        green = RoomKey("#green")
        founded = facts.RoomFounded(TEA, "#Tea", ANA, frozenset("nt"), 5)
        mask = facts.MaskAdded(TEA, "b", "x", "Ana", 8)
        flag, access = facts.RoomFlagChanged(TEA, "m", True), facts.RoomAccessChanged(TEA, BOB, "o")
        about = facts.RoomMetadataChanged(TEA, "url", "x")
        engine.log.accept([founded, flag, mask, access, about])
        engine.log.accept([talk.said("one"), talk.said("two"), facts.MarkerMoved(ANA, ROOM, 50)])
        engine.log.accept([facts.RoomRenamed(TEA, "#Green", "#green 1", 9)])
        engine.log.accept([talk.said("three", room=facts.Conversation(green), seq=3)])

        assert set(self.restored(engine)) == {
            facts.RoomFounded(green, "#Green", ANA, frozenset("nt"), 5),
            facts.RoomFlagChanged(green, "m", True),
            facts.MaskAdded(green, "b", "x", "Ana", 8),
            facts.RoomAccessChanged(green, BOB, "o"),
            facts.RoomMetadataChanged(green, "url", "x"),
            facts.MarkerMoved(ANA, facts.Conversation(green), 50),
        }
        assert engine.log.restore().sequences == {green: 3}
        assert texts(engine.reader.latest(green, 9)) == ["one", "two", "three"]
        assert texts(engine.reader.latest(ROOM, 9)) == []
        engine.log.accept([facts.RoomRenamed(green, "#GREEN", "#green 2", 10)])
        assert any(fact.name == "#GREEN" for fact in self.restored(engine) if hasattr(fact, "name"))
        assert texts(engine.reader.latest(green, 9)) == ["one", "two", "three"]

    def test_what_had_the_new_name_before_is_put_aside(self, engine):
        """Whoever is in the renamed room must not find what was said in another."""
        talk = Talk()
        engine.log.accept([facts.TopicChanged(RoomKey(OTHER), "old", "Bob", 3)])
        engine.log.accept([talk.said("tea"), talk.said("old", room=OTHER)])
        engine.log.accept([talk.said("older", room=OTHER)])
        renamed = facts.RoomRenamed(TEA, OTHER, f"{OTHER} 1", 9)
        engine.log.accept([renamed, talk.said("now", room=OTHER, seq=2)])
        assert self.restored(engine) == ()
        assert texts(engine.reader.latest(OTHER, 9)) == ["tea", "now"]
        assert engine.log.restore().sequences == {OTHER: 2, f"{OTHER} 1": 2}
        assert texts(engine.reader.latest(facts.Conversation(f"{OTHER} 1"), 9)) == ["old", "older"]

    def test_a_room_is_removed(self, engine):
        """Its messages stay, or are forgotten with their numbers in mind: none comes twice."""
        talk = Talk()
        founded = facts.RoomFounded(TEA, "#Tea", ANA, frozenset("nt"), 5)
        engine.log.accept([founded, talk.said("a"), facts.RoomRemoved(TEA, forgets=False)])
        assert self.restored(engine) == ()
        assert texts(engine.reader.latest(ROOM, 9)) == ["a"]
        engine.log.accept([founded, talk.said("b"), talk.said("c", room=OTHER)])
        engine.log.accept([facts.RoomRemoved(TEA, forgets=True)])
        engine.settle()
        assert texts(engine.reader.latest(ROOM, 9)) == []
        assert texts(engine.reader.latest(OTHER, 9)) == ["c"]
        engine.log.accept([talk.said("d"), facts.RoomRemoved(RoomKey("#never"), forgets=True)])
        engine.settle()
        assert texts(engine.reader.latest(ROOM, 9)) == ["d"]
        assert engine.log.restore().sequences == {ROOM: 3, OTHER: 1}
