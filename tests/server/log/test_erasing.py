"""Forgetting an account: server/log/erasing.py."""

import sqlite3

import pytest

from irc.names import NickKey, RoomKey
from server.core import facts
from server.core.history import Search, Span
from server.log import care, erasing
from server.log.connecting import FILE_NAME
from server.log.erasing import NOBODY, erase
from server.log.errors import LogUnusable
from tests.support.log_engines import OTHER, PAIR, ROOM, SqliteEngine, Talk, ids

ANA = NickKey("ana")
TEA = RoomKey("#tea")


@pytest.fixture
def engine(tmp_path):
    """A chat in which Ana took part in every way, erased and opened again."""
    engine, talk = SqliteEngine(tmp_path), Talk()
    engine.log.accept(
        [
            facts.RoomFounded(TEA, "#Tea", ANA, frozenset("n"), 1),
            facts.TopicChanged(TEA, "topic", "Ana!ana@user/Ana", 2),
            facts.MaskAdded(TEA, "b", "bad!*@*", "ANA", 3),
            facts.MaskAdded(TEA, "b", "worse!*@*", "Bob", 3),
            talk.said("Xylophone", once="once-0001"),  # m1
            talk.said("hello", by="Bob"),
            talk.tagged("+draft/react=quokka"),
            talk.event("JOIN", by="Ana"),
            talk.event("KICK", "#tea", "Ana", "bye", by="Bob"),  # m5
            talk.event("JOIN", by="Bob"),
            talk.said("zeppelin", room=PAIR, target="Bob"),
            talk.said("to Ana", room=PAIR, by="Bob", target="Ana"),
            talk.said("to Carl", room=facts.Conversation("bob,carl"), by="Bob"),
            talk.said("a guest of that name", room=OTHER, account=""),  # m10
            facts.MarkerMoved(ANA, ROOM, 5),
            facts.MarkerMoved(NickKey("bob"), PAIR, 5),
            facts.AccountSeen(ANA, 6),
            facts.AccountMetadataChanged(ANA, "url", "Ana's own"),
        ]
    )
    engine.settle()
    source = "Ana!ana@user/Ana"
    engine.log.accept([facts.Redacted("m2", ROOM, source, "Ana", "by Ana", 2000)])
    engine.close()
    assert erase(engine.path, ANA) == 4
    engine.open()
    yield engine
    engine.close()


def test_its_messages_are_empty_places(engine):
    """The numbers keep no gap, and nobody said it."""
    page = engine.reader.latest(ROOM, 9, events=True)
    assert [(one.seq, one.command, one.source, one.params) for one in page] == [
        (1, "PRIVMSG", NOBODY, ("#tea", "")),
        (2, "PRIVMSG", "Bob!bob@user/Bob", ("#tea", "")),
        (3, "TAGMSG", NOBODY, ("#tea",)),
        (0, "JOIN", "Bob!bob@user/Bob", ("#tea",)),
    ]
    assert [one.account for one in page] == ["", "Bob", "", "Bob"]
    assert page[0].redaction.source == page[1].redaction.source == NOBODY
    assert page[1].redaction.reason == ""
    assert engine.log.find_once(ANA, "once-0001") is None


def test_its_direct_conversations_are_gone(engine):
    """A new account of that name must not find them; those of others stay."""
    assert engine.reader.latest(PAIR, 9) == []
    assert engine.reader.span(PAIR) == Span(1, 0)
    assert engine.reader.direct(ANA) == []
    assert engine.reader.direct(NickKey("bob")) == ["bob,carl"]


def test_its_settings_are_nobodys(engine):
    """They stay in force."""
    assert engine.log.restore().facts == (
        facts.RoomFounded(TEA, "#Tea", NickKey(""), frozenset("n"), 1),
        facts.TopicChanged(TEA, "topic", "", 2),
        facts.MaskAdded(TEA, "b", "bad!*@*", "", 3),
        facts.MaskAdded(TEA, "b", "worse!*@*", "Bob", 3),
    )


def test_a_guest_of_the_name_is_somebody_else(engine):
    """What was said without the account stays."""
    assert engine.reader.find("m10").source == "Ana!ana@user/Ana"


def test_nothing_of_it_is_left_on_the_disk(engine):
    """Neither words nor names, also not in the index; the log is sound and goes on."""
    assert care.check(engine.path) == []
    assert ids(engine.reader.search(Search((ROOM, PAIR), "xylophone"))) == []
    engine.log.accept([facts.RoomEnded(TEA)])
    engine.close()
    octets = engine.path.read_bytes().lower()
    for word in (b"xylophone", b"zeppelin", b"quokka", b"once-0001", b"by ana", b"ana,bob"):
        assert word not in octets


def test_an_account_that_was_never_here(tmp_path):
    """Nothing changes."""
    engine = SqliteEngine(tmp_path)
    engine.log.accept([Talk().said("hi", by="Bob")])
    engine.close()
    assert erase(engine.path, ANA) == 0
    engine.open()
    assert engine.reader.find("m1").params == ("#tea", "hi")
    engine.close()


@pytest.mark.parametrize("has_ended", [True, False])
def test_a_failed_erasure_changes_nothing(tmp_path, monkeypatch, has_ended):
    """It is one transaction, whoever ends it."""
    engine = SqliteEngine(tmp_path)
    engine.log.accept([Talk().said("hi")])
    engine.close()

    def fail(self):
        if has_ended:
            self._execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(erasing._Eraser, "_names", fail)
    with pytest.raises(LogUnusable, match="disk I/O"):
        erase(engine.path, ANA)
    engine.open()
    assert engine.reader.find("m1").account == "Ana"
    engine.close()


def test_there_must_be_a_file_to_open(tmp_path):
    """The operator is told."""
    with pytest.raises(LogUnusable):
        erase(tmp_path / "nowhere" / FILE_NAME, ANA)


def test_its_acts_are_nobodys(tmp_path):
    """What it did and what was done to it stays as an act, without its name or a reason."""
    engine = SqliteEngine(tmp_path)
    engine.log.accept(
        [
            facts.ActNoted(1, "Ana", "ana", "KICK", "#tea", "bob", "why"),
            facts.ActNoted(2, "Bob", "bob", "KILL", "", "Ana", "ana did it"),
            facts.ActNoted(3, "Bob", "bob", "KILL", "", "carl", "bye"),
            facts.AddressBanned("192.0.2.1", "why", "Ana", 3),
            facts.AddressBanned("192.0.2.2", "why", "Bob", 3),
        ]
    )
    engine.close()
    erase(engine.path, ANA)
    engine.open()
    bans = [fact.setter for fact in engine.log.restore().facts]
    engine.close()
    assert bans == ["", "Bob"]
    acts = [tuple(act.values())[1:] for act in care.acts(engine.path)]
    assert acts == [
        ("", "", "KICK", "#tea", "bob", "why"),
        ("Bob", "bob", "KILL", "", "", ""),
        ("Bob", "bob", "KILL", "", "carl", "bye"),
    ]
