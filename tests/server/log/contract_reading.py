"""What every message log keeps, the reader's half: pages, redactions, searches (store.py).

Collected through contract.py and test_contract.py.
"""

import pytest

from irc.names import NickKey
from server.core import facts
from server.core.history import AtMsgid, AtSeq, AtTime, Redaction, Search, Span, Target
from server.log.errors import UnknownMessage
from tests.support.log_engines import OTHER, PAIR, ROOM, Talk, ids, texts

ANA, BOB = NickKey("ana"), NickKey("bob")


class Paging:
    """CHATHISTORY (IRCv3 draft/chathistory)."""

    @pytest.fixture
    def talk(self, engine):
        """Five messages in the room, at 1001, 1003, 1005 (two) and 1009; others elsewhere."""
        talk = Talk()
        batch = []
        for text, at_ms in zip("abcde", (1001, 1003, 1005, 1005, 1009), strict=True):
            batch.append(talk.said(text, at_ms=at_ms, msgid=text))
            batch.append(talk.said("?", room=OTHER, at_ms=at_ms, msgid=f"other-{text}"))
        engine.log.accept(batch)
        return talk

    def test_latest(self, engine, talk):
        """`*`, or only what came after a bound."""
        reader = engine.reader
        assert texts(reader.latest(ROOM, 3)) == ["c", "d", "e"]
        assert texts(reader.latest(ROOM, 10)) == ["a", "b", "c", "d", "e"]
        assert texts(reader.latest(ROOM, 10, after=AtMsgid("c"))) == ["d", "e"]
        assert texts(reader.latest(ROOM, 1, after=AtTime(1003))) == ["e"]
        assert texts(reader.latest(ROOM, 9, after=AtTime(1005))) == ["e"]
        assert reader.latest(facts.Conversation("#none"), 9) == []

    def test_before(self, engine, talk):
        """The newest of those before, without the bound."""
        reader = engine.reader
        assert texts(reader.before(ROOM, AtMsgid("d"), 2)) == ["b", "c"]
        assert texts(reader.before(ROOM, AtTime(1005), 9)) == ["a", "b"]
        assert texts(reader.before(ROOM, AtTime(2000), 1)) == ["e"]
        assert texts(reader.before(ROOM, AtSeq(4), 2)) == ["b", "c"]
        assert reader.before(ROOM, AtMsgid("a"), 9) == []
        assert texts(reader.before(ROOM, AtSeq(99), 2)) == ["d", "e"]

    def test_after(self, engine, talk):
        """The oldest of those after, without the bound."""
        reader = engine.reader
        assert texts(reader.after(ROOM, AtMsgid("c"), 1)) == ["d"]
        assert texts(reader.after(ROOM, AtTime(1003), 9)) == ["c", "d", "e"]
        assert texts(reader.after(ROOM, AtTime(0), 2)) == ["a", "b"]
        assert texts(reader.after(ROOM, AtSeq(3), 9)) == ["d", "e"]
        assert texts(reader.after(ROOM, AtSeq(0), 1)) == ["a"]
        assert reader.after(ROOM, AtSeq(5), 9) == []
        assert reader.after(ROOM, AtTime(1 << 70), 9) == []

    def test_between(self, engine, talk):
        """Forwards or backwards; counted from the first, and both ends left out."""
        reader = engine.reader
        assert texts(reader.between(ROOM, AtMsgid("a"), AtMsgid("e"), 2)) == ["b", "c"]
        assert texts(reader.between(ROOM, AtMsgid("e"), AtMsgid("a"), 2)) == ["c", "d"]
        assert texts(reader.between(ROOM, AtTime(1001), AtTime(1009), 9)) == ["b", "c", "d"]
        assert texts(reader.between(ROOM, AtMsgid("d"), AtTime(1001), 9)) == ["b", "c"]
        assert texts(reader.between(ROOM, AtSeq(2), AtTime(9999), 9)) == ["c", "d", "e"]
        assert reader.between(ROOM, AtTime(1005), AtTime(1005), 9) == []
        assert reader.between(ROOM, AtMsgid("c"), AtTime(1005), 9) == []
        assert reader.between(ROOM, AtTime(1005), AtMsgid("c"), 9) == []

    def test_around(self, engine, talk):
        """The message in the middle; the other side fills up what one side lacks."""
        reader = engine.reader
        assert texts(reader.around(ROOM, AtMsgid("c"), 3)) == ["b", "c", "d"]
        assert texts(reader.around(ROOM, AtMsgid("a"), 3)) == ["a", "b", "c"]
        assert texts(reader.around(ROOM, AtMsgid("e"), 4)) == ["b", "c", "d", "e"]
        assert texts(reader.around(ROOM, AtTime(1004), 2)) == ["b", "c"]
        assert texts(reader.around(ROOM, AtTime(1005), 9)) == ["a", "b", "c", "d", "e"]
        assert texts(reader.around(ROOM, AtMsgid("c"), 1)) == ["c"]
        assert texts(reader.around(ROOM, AtSeq(2), 2)) == ["a", "b"]

    def test_pages_lead_through_everything(self, engine):
        """Going back by msgid meets each message once, also where many have one time."""
        talk = Talk()
        batch = [talk.said(str(n), at_ms=1000 + n // 7) for n in range(50)]
        engine.log.accept(batch)
        page = engine.reader.latest(ROOM, 6)
        seen = page
        while page:
            page = engine.reader.before(ROOM, AtMsgid(page[0].msgid), 6)
            seen = page + seen
        assert texts(seen) == [str(n) for n in range(50)]

    def test_a_msgid_of_elsewhere_is_no_bound(self, engine, talk):
        """It would tell that the message exists."""
        for bound in (AtMsgid("nothing"), AtMsgid("other-a")):
            with pytest.raises(UnknownMessage) as caught:
                engine.reader.before(ROOM, bound, 5)
            assert caught.value.msgid == bound.msgid

    def test_only_text_unless_events_are_asked_for(self, engine):
        """Without event-playback only PRIVMSG and NOTICE; the limit counts what is shown."""
        talk = Talk()
        engine.log.accept(
            [
                talk.event("JOIN"),
                talk.said("a"),
                talk.tagged("+draft/react=x"),
                talk.event("MODE", "#tea", "+o", "Ana"),
                talk.said("b", command="NOTICE"),
                talk.event("QUIT", "bye: now"),
                talk.event("NICK", ""),
            ]
        )
        reader = engine.reader
        assert texts(reader.latest(ROOM, 2)) == ["a", "b"]
        everything = reader.latest(ROOM, 9, events=True)
        assert [(one.command, one.params) for one in everything] == [
            ("JOIN", ("#tea",)),
            ("PRIVMSG", ("#tea", "a")),
            ("TAGMSG", ("#tea",)),
            ("MODE", ("#tea", "+o", "Ana")),
            ("NOTICE", ("#tea", "b")),
            ("QUIT", ("bye: now",)),
            ("NICK", ("",)),
        ]
        assert [one.seq for one in everything] == [0, 1, 2, 0, 3, 0, 0]
        assert everything[2].client_tags == "+draft/react=x"
        assert len(reader.around(ROOM, AtMsgid("m4"), 3, events=True)) == 3
        assert texts(reader.before(ROOM, AtMsgid("m6"), 1)) == ["b"]
        assert engine.log.find("m1") is None
        assert reader.find("m1").command == "JOIN"

    def test_targets(self, engine):
        """Conversations by their last message, in either direction, the ends left out."""
        talk = Talk()
        rooms = [facts.Conversation(f"#r{n}") for n in range(4)]
        engine.log.accept(
            [
                talk.said("x", room=room, at_ms=2000 + 10 * n, msgid=f"x{n}")
                for n, room in enumerate(rooms)
            ]
        )
        talk.at_ms = 3000
        engine.log.accept([talk.tagged(room=rooms[0])])
        targets = engine.reader.targets
        assert targets(rooms, 0, 9999, 9) == [Target(r, 2000 + 10 * n) for n, r in enumerate(rooms)]
        assert targets(rooms, 2000, 2030, 9) == [Target(rooms[1], 2010), Target(rooms[2], 2020)]
        assert targets(rooms, 0, 9999, 1) == [Target(rooms[0], 2000)]
        assert targets(rooms, 9999, 0, 2) == [Target(rooms[2], 2020), Target(rooms[3], 2030)]
        assert targets(rooms[:1], 0, 9999, 9) == [Target(rooms[0], 2000)]
        assert targets([facts.Conversation("#none")], 0, 9999, 9) == []

    def test_whom_an_account_talks_with(self, engine):
        """Its direct conversations, with itself, too; no room."""
        talk = Talk()
        alone = facts.Conversation("ana,ana")
        engine.log.accept([talk.said(), talk.said(room=PAIR), talk.said(room=alone)])
        assert sorted(engine.reader.direct(ANA)) == [alone, PAIR]
        assert engine.reader.direct(BOB) == [PAIR]
        assert engine.reader.direct(NickKey("an")) == []

    def test_span(self, engine):
        """Which numbers are there."""
        talk = Talk()
        engine.log.accept([talk.said(), talk.event(), talk.said()])
        assert engine.reader.span(ROOM) == Span(1, 2)
        assert engine.reader.span(OTHER) == Span(1, 0)


class Redacting:
    """REDACT (IRCv3 draft/message-redaction)."""

    def test_the_text_is_gone_and_the_place_stays(self, engine):
        """Numbers keep no gap; who, why and when are told."""
        talk = Talk()
        batch = [talk.said("a"), talk.said("secret", client_tags="+x=y"), talk.said("c")]
        engine.log.accept(batch)
        engine.log.accept([talk.redacted("m2", reason="oops")])

        page = engine.reader.latest(ROOM, 9)
        assert [(one.seq, one.params) for one in page] == [
            (1, ("#tea", "a")),
            (2, ("#tea", "")),
            (3, ("#tea", "c")),
        ]
        assert page[1].redaction == Redaction("Op!op@user/Op", "oops", 1004)
        assert (page[1].client_tags, page[1].source) == ("", batch[1].source)
        assert engine.log.find("m2") == page[1]
        engine.reopen()
        assert engine.reader.find("m2") == page[1]

    def test_reactions_are_redacted_too(self, engine):
        """A TAGMSG has tags alone."""
        talk = Talk()
        engine.log.accept([talk.tagged(), talk.redacted("m1")])
        [tagged] = engine.reader.latest(ROOM, 9, events=True)
        assert (tagged.params, tagged.client_tags) == (("#tea",), "")
        assert tagged.redaction is not None

    def test_only_a_message_of_that_conversation(self, engine):
        """What is not there, is elsewhere or is no message stays as it is."""
        talk = Talk()
        engine.log.accept([talk.said("a"), talk.event("JOIN")])
        engine.log.accept(
            [talk.redacted("m1", room=OTHER), talk.redacted("m2"), talk.redacted("nothing")]
        )
        page = engine.reader.latest(ROOM, 9, events=True)
        assert [(one.params, one.redaction) for one in page] == [
            (("#tea", "a"), None),
            (("#tea",), None),
        ]

    def test_the_first_redaction_counts(self, engine):
        """A second one finds nothing to take back."""
        talk = Talk()
        engine.log.accept([talk.said("a"), talk.redacted("m1", reason="first")])
        engine.log.accept([talk.redacted("m1", reason="second")])
        assert engine.reader.find("m1").redaction.reason == "first"

    @pytest.mark.parametrize("is_indexed", [True, False])
    def test_nobody_finds_it_any_more(self, engine, is_indexed):
        """Whether the search had it already or not."""
        talk = Talk()
        engine.log.accept([talk.said("plain"), talk.said("secret")])
        if is_indexed:
            engine.settle()
            assert ids(engine.reader.search(Search((ROOM,), "secret"))) == ["m2"]
        engine.log.accept([talk.redacted("m2")])
        engine.settle()
        assert engine.reader.search(Search((ROOM,), "secret")) == []
        assert ids(engine.reader.search(Search((ROOM,)))) == ["m1"]


class Searching:
    """SEARCH (soju.im/search)."""

    @pytest.fixture
    def find(self, engine):
        """What a search finds, by msgid, in a small chat."""
        talk = Talk()
        bob = {"by": "Bob"}
        engine.log.accept(
            [
                talk.said("That was fast!", **bob),  # m1, at 1001
                talk.said("Fasting is hard."),
                talk.said("Die Straße nach Köln, bitte", **bob),
                talk.said("a e-mail to ana@example.org", command="NOTICE"),
                talk.said("fast, but elsewhere", room=OTHER),
                talk.said("a fast secret", room=PAIR, **bob),
                talk.said("fast guest", account="", source="Zed!zed@guest/1"),
                talk.tagged("+draft/react=fast"),
                talk.event("TOPIC", ROOM, "fast topic"),
            ]
        )
        engine.settle()

        def find(words="", conversations=(ROOM,), **fields):
            return ids(engine.reader.search(Search(conversations, words, **fields)))

        return find

    def test_words_and_their_beginnings(self, find):
        """Case and accents do not count; a word may go on, a single letter may not."""
        assert find("fast") == ["m1", "m2", "m7"]
        assert find("FAST!") == ["m1", "m2", "m7"]
        assert find("fasti") == ["m2"]
        assert find("koln") == find("KÖLN") == ["m3"]
        assert find("ast") == []
        assert find("f") == []
        assert find("a") == ["m4"]

    def test_all_words_must_occur(self, find):
        """In any order; in quotes, one after the other, and whole."""
        assert find("was fast") == find("fast was") == ["m1"]
        assert find("fast hard nothing") == []
        assert find('"was fast"') == ["m1"]
        assert find('"fast was"') == []
        assert find('"was fas"') == []
        assert find('"was fast') == ["m1"]
        assert find("e-mail") == ["m4"]
        assert find("ana@example.o") == ["m4"]

    def test_signs_are_no_syntax(self, find):
        """Whatever somebody types is looked for, or is nothing."""
        assert find("fast !!!") == ["m1", "m2", "m7"]
        for words in ("!!!", '"', '""', "( ) : * ^ -", "NEAR(", "text:fast", "fast*", "AND"):
            assert find(words) in ([], ["m1", "m2", "m7"])
        assert find("!!!") == []
        assert find("fast OR hard") == []

    def test_only_where_one_may_read(self, find):
        """The conversations that are named, and no other."""
        assert find("fast", (OTHER,)) == ["m5"]
        assert find("fast", (ROOM, PAIR)) == ["m1", "m2", "m6", "m7"]
        assert find("fast", ()) == find("fast", (facts.Conversation("#none"),)) == []

    def test_in_very_many_conversations(self, engine):
        """More than the index is asked about at once; with and without words."""
        talk = Talk()
        rooms = tuple(facts.Conversation(f"#r{n}") for n in range(100))
        engine.log.accept([talk.said("tea", room=room) for room in (OTHER, *rooms)])
        engine.settle()
        everything = [f"m{n}" for n in range(2, 102)]
        for words in ("", "tea"):
            assert ids(engine.reader.search(Search(rooms, words, limit=999))) == everything
            assert ids(engine.reader.search(Search(rooms, words, after_ms=1100))) == [
                "m100",
                "m101",
            ]

    def test_from_somebody(self, find):
        """By account or by the nick it was said under; guests have only that."""
        assert find(sender=BOB) == ["m1", "m3"]
        assert find("fast", sender=BOB) == ["m1"]
        assert find(sender=NickKey("zed")) == ["m7"]
        assert find(sender=NickKey("nobody")) == []

    def test_times_are_inclusive(self, find):
        """`after` searches forward from there, otherwise it goes back from `before`."""
        assert find("fast", after_ms=1002) == ["m2", "m7"]
        assert find("fast", before_ms=1002) == ["m1", "m2"]
        assert find("fast", after_ms=1003, before_ms=1006) == []
        assert find(limit=2) == ["m4", "m7"]
        assert find(limit=2, after_ms=0) == ["m1", "m2"]
        assert find(limit=1, before_ms=1003) == ["m3"]
        assert find(after_ms=1 << 70) == []
        assert len(find(before_ms=1 << 70)) == 5
