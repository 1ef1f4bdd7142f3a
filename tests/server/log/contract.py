"""What every message log keeps (server/log/store.py), as tests. A subclass names the engine.

Collected through test_contract.py. An `engine` has `log` and `reader`, can be reopened, and can
have its disk filled. The reader's half is in contract_reading.py, what happens to rooms in
contract_rooms.py.
"""

import pytest

from irc.names import NickKey, RoomKey, nick_key
from server.core import facts
from server.log.errors import LogBroken, LogFull
from tests.server.log.contract_reading import Paging, Redacting, Searching
from tests.server.log.contract_rooms import ChangingRooms
from tests.support.log_engines import OTHER, PAIR, ROOM, Talk, texts

ANA, BOB = NickKey("ana"), NickKey("bob")
TEA = RoomKey("#tea")


class Accepting:
    """`accept` and `restore`: whole batches, once, without a gap."""

    def test_what_was_accepted_is_read(self, engine):
        """A reader sees a batch as soon as `accept` has returned, with everything in it."""
        said = Talk().said("hi", client_tags="+a=b", once="once-0001")
        engine.log.accept([said])

        [stored] = engine.reader.latest(ROOM, 10)
        assert (stored.msgid, stored.at_ms, stored.conversation) == ("m1", 1001, ROOM)
        assert (stored.seq, stored.source, stored.account) == (1, said.source, "Ana")
        assert (stored.command, stored.params) == ("PRIVMSG", ("#tea", "hi"))
        assert (stored.client_tags, stored.redaction) == ("+a=b", None)
        assert engine.log.find("m1") == engine.reader.find("m1") == stored

    def test_everything_survives_a_restart(self, engine):
        """Messages, their numbers, and the time from which the clock goes on."""
        talk = Talk()
        engine.log.accept([talk.said("a"), talk.said("b"), talk.said("c", room=PAIR)])
        engine.reopen()

        restored = engine.log.restore()
        assert restored.sequences == {ROOM: 2, PAIR: 1}
        assert restored.at_ms == 1003
        engine.log.accept([talk.said("d")])
        assert texts(engine.reader.latest(ROOM, 10)) == ["a", "b", "d"]

    def test_an_empty_log_restores_nothing(self, engine):
        """A first start."""
        restored = engine.log.restore()
        assert (dict(restored.sequences), restored.at_ms, restored.facts) == ({}, 0, ())

    def test_what_is_not_kept_is_passed_over(self, engine):
        """A message without a conversation, and facts that live as long as the process."""
        engine.fill_disk(True)
        nowhere = Talk().said("secret", room=facts.Conversation(""), seq=0)
        engine.log.accept([nowhere, facts.NickChanged(facts.UserId(1), "x")])
        engine.log.accept([])
        engine.fill_disk(False)
        renamed = facts.NickChanged(facts.UserId(1), "x")
        engine.log.accept([nowhere, renamed, facts.MarkerMoved(ANA, ROOM, 5)])
        assert engine.reader.find("m1") is None

    def test_what_was_refused_was_kept_by_nobody(self, engine):
        """A full disk: nothing of the batch is there, reading goes on, and later it fits."""
        talk = Talk()
        engine.log.accept([talk.said("before")])
        engine.fill_disk(True)
        lost = [talk.said("x"), facts.TopicChanged(TEA, "t", "s", 1), talk.said("y", room=OTHER)]
        with pytest.raises(LogFull):
            engine.log.accept(lost)

        assert texts(engine.reader.latest(ROOM, 10)) == ["before"]
        assert engine.reader.latest(OTHER, 10) == []
        assert engine.log.find(lost[0].msgid) is None
        engine.fill_disk(False)
        engine.log.accept(lost)
        assert texts(engine.reader.latest(ROOM, 10)) == ["before", "x"]
        engine.reopen()
        assert engine.log.restore().sequences == {ROOM: 2, OTHER: 1}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"msgid": "m1"},
            {"seq": 3},
            {"seq": 1},
            {"at_ms": 1000},
            {"once": "once-0001"},
            {"once": "once-0001", "account": "ANA"},
        ],
        ids=str,
    )
    def test_a_contradiction_breaks_the_log(self, engine, wrong):
        """An id twice, a gap, a time that runs back: nothing is kept, now or later."""
        talk = Talk()
        engine.log.accept([talk.said("first", once="once-0001")])
        with pytest.raises(LogBroken):
            engine.log.accept([talk.said("other", room=OTHER), talk.said("second", **wrong)])
        with pytest.raises(LogBroken):
            engine.log.accept([facts.MarkerMoved(ANA, ROOM, 1)])
        with pytest.raises(LogBroken):
            engine.log.tidy(0)
        assert engine.reader.latest(OTHER, 10) == []
        assert texts(engine.reader.latest(ROOM, 10)) == ["first"]

    def test_an_event_contradicts_too(self, engine):
        """Its id and its time follow the same rules."""
        talk = Talk()
        joined = talk.event("JOIN")
        engine.log.accept([joined])
        with pytest.raises(LogBroken):
            engine.log.accept([joined])

    def test_closing_twice_is_closing_once(self, engine):
        """Nobody has to remember."""
        engine.close()
        engine.close()


class Once:
    """`tlschat/once`: the sender's own ids."""

    def test_an_own_id_is_found(self, engine):
        """By the key of the account, however it is written; over a restart."""
        engine.log.accept([Talk().said("hi", once="once-0001")])
        assert engine.log.find_once(nick_key("ANA"), "once-0001").msgid == "m1"
        engine.reopen()
        assert engine.log.find_once(ANA, "once-0001").params == ("#tea", "hi")

    def test_an_own_id_is_ones_own(self, engine):
        """Another account may use the same, and finds its own."""
        talk = Talk()
        engine.log.accept([talk.said("a", once="once-0001")])
        assert engine.log.find_once(BOB, "once-0001") is None
        assert engine.log.find_once(ANA, "once-0002") is None
        engine.log.accept([talk.said("b", by="Bob", once="once-0001")])
        assert engine.log.find_once(BOB, "once-0001").msgid == "m2"

    def test_no_id_is_not_an_id(self, engine):
        """Messages without one do not collide."""
        talk = Talk()
        engine.log.accept([talk.said("a"), talk.said("b")])
        assert len(engine.reader.latest(ROOM, 10)) == 2

    def test_a_redacted_message_keeps_its_id(self, engine):
        """Sending it again does not bring it back."""
        talk = Talk()
        engine.log.accept([talk.said("a", once="once-0001"), talk.redacted("m1")])
        assert engine.log.find_once(ANA, "once-0001").redaction.source == "Op!op@user/Op"


class Settings(ChangingRooms):
    """Rooms, markers and presence: what a start gives back as facts."""

    def test_a_founded_room_comes_back(self, engine):
        """Its founding first, then every setting as it was last."""
        founded = facts.RoomFounded(TEA, "#Tea", ANA, frozenset("nt"), 5)
        settings = [
            facts.TopicChanged(TEA, "old", "Ana", 6),
            facts.TopicChanged(TEA, "new", "Bob", 7),
            facts.RoomFlagChanged(TEA, "m", True),
            facts.RoomFlagChanged(TEA, "t", True),
            facts.RoomFlagChanged(TEA, "t", False),
            facts.RoomKeyChanged(TEA, "sesame"),
            facts.RoomLimitChanged(TEA, 9),
            facts.RoomPaceChanged(TEA, 30),
            facts.MaskAdded(TEA, "b", "Bad!*@*", "Ana", 8),
            facts.MaskAdded(TEA, "b", "worse!*@*", "Ana", 8),
            facts.MaskAdded(TEA, "e", "bad!*@*", "Ana", 8),
            facts.MaskAdded(TEA, "b", "BAD!*@*", "Bob", 9, 60_000),
            facts.MaskAdded(TEA, "b", "third!*@*", "Bob", 9, 70_000),
            facts.MaskAdded(TEA, "b", "third!*@*", "Bob", 9),
            facts.MaskRemoved(TEA, "b", "WORSE!*@*"),
        ]
        engine.log.accept([founded, *settings])
        found = self.restored(engine)
        assert found[0] == founded
        assert set(found[1:]) == {
            facts.TopicChanged(TEA, "new", "Bob", 7),
            facts.RoomFlagChanged(TEA, "m", True),
            facts.RoomFlagChanged(TEA, "t", False),
            facts.RoomKeyChanged(TEA, "sesame"),
            facts.RoomLimitChanged(TEA, 9),
            facts.RoomPaceChanged(TEA, 30),
            facts.MaskAdded(TEA, "b", "BAD!*@*", "Bob", 9, 60_000),
            facts.MaskAdded(TEA, "b", "third!*@*", "Bob", 9),
            facts.MaskAdded(TEA, "e", "bad!*@*", "Ana", 8),
        }
        assert engine.log.restore().at_ms == 9

    def test_a_setting_taken_back_is_taken_back(self, engine):
        """An empty topic and no password are settings, too."""
        engine.log.accept(
            [
                facts.TopicChanged(TEA, "", "", 0),
                facts.RoomKeyChanged(TEA, ""),
                facts.RoomLimitChanged(TEA, 0),
                facts.RoomPaceChanged(TEA, 0),
                facts.MaskRemoved(TEA, "b", "nobody!*@*"),
            ]
        )
        assert set(self.restored(engine)) == {
            facts.TopicChanged(TEA, "", "", 0),
            facts.RoomKeyChanged(TEA, ""),
            facts.RoomLimitChanged(TEA, 0),
            facts.RoomPaceChanged(TEA, 0),
        }

    def test_the_clock_goes_on_from_the_latest_of_all(self, engine):
        """Whatever it was: the latest of several rooms, a mask, a redaction, somebody's leaving."""
        other = RoomKey("#other")
        talk = Talk(10)
        for at_ms, fact in (
            (11, talk.said("a")),
            (30, facts.TopicChanged(TEA, "t", "s", 30)),
            (30, facts.TopicChanged(other, "t", "s", 20)),
            (40, facts.RoomFounded(RoomKey("#x"), "#x", ANA, frozenset(), 40)),
            (50, facts.MaskAdded(other, "b", "m", "s", 50)),
            (50, facts.MaskAdded(TEA, "b", "m", "s", 45)),
            (60, facts.Redacted("m1", ROOM, "s", "", "", 60)),
            (70, facts.AccountSeen(BOB, 70)),
            (70, facts.AccountSeen(ANA, 65)),
            (80, talk.said("b", at_ms=80)),
        ):
            engine.log.accept([fact])
            assert engine.log.restore().at_ms == at_ms

    def test_address_bans_come_back(self, engine):
        """As they were said last, without those that were taken back."""
        last = facts.AddressBanned("192.0.2.0/24", "why", "Ana", 5, 90)
        engine.log.accept(
            [
                facts.AddressBanned("192.0.2.0/24", "", "Bob", 4),
                facts.AddressBanned("2001:db8::1", "", "Bob", 4),
                last,
                facts.AddressUnbanned("2001:db8::1"),
                facts.AddressUnbanned("192.0.2.7"),
            ]
        )
        assert self.restored(engine) == (last,)
        assert engine.log.restore().at_ms == 5

    def test_acts_are_kept_in_order(self, engine):
        """Over a restart; a start makes nothing of them but the time, which goes on behind them."""
        engine.log.accept(
            [
                facts.ActNoted(5, "Ana", "ana", "KICK", "#tea", "bob", "why"),
                facts.ActNoted(7, "Guest", "", "OPER", "", "Guest", ""),
            ]
        )
        assert self.restored(engine) == ()
        assert engine.acts() == [("KICK", "ana", "bob"), ("OPER", "", "Guest")]
        assert engine.log.restore().at_ms == 7

    def test_markers_and_presence_only_move_forward(self, engine):
        """MARKREAD "MUST only ever increase"; one for each account and conversation."""
        engine.log.accept(
            [
                facts.MarkerMoved(ANA, ROOM, 50),
                facts.MarkerMoved(ANA, ROOM, 40),
                facts.MarkerMoved(BOB, ROOM, 7),
                facts.MarkerMoved(ANA, PAIR, 8),
                facts.AccountSeen(BOB, 70),
                facts.AccountSeen(BOB, 60),
            ]
        )
        assert set(self.restored(engine)) == {
            facts.MarkerMoved(ANA, ROOM, 50),
            facts.MarkerMoved(BOB, ROOM, 7),
            facts.MarkerMoved(ANA, PAIR, 8),
            facts.AccountSeen(BOB, 70),
        }
        assert engine.log.restore().at_ms == 70
        assert not engine.log.restore().sequences


class LogContract(Accepting, Once, Paging, Redacting, Searching, Settings):
    """All of it."""
