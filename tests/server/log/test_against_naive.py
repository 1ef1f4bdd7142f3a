"""Random histories: the real engine answers every question as the naive one does."""

import tempfile
from itertools import product
from pathlib import Path

from hypothesis import given, settings, strategies as st

from irc.names import NickKey, RoomKey
from server.core import facts
from server.core.history import AtMsgid, AtSeq, AtTime, Search
from tests.support.log_engines import OTHER, PAIR, ROOM, MemoryEngine, SqliteEngine

PLACES = (ROOM, OTHER, PAIR)
PEOPLE = ("Ana", "Bob", "")
WORDS = ("tea", "Teapot", "té", "a", "x-y", "!?", "milk")
SEARCHES = ("", "tea", "te", "milk tea", '"milk tea"', "a", "x-y", "!?", "pot")
TEA = RoomKey("#tea")

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
people = st.sampled_from(PEOPLE)
places = st.sampled_from(PLACES)
steps = st.integers(0, 2)
said = st.tuples(
    st.just("said"),
    *(places, people, texts, st.sampled_from(("PRIVMSG", "PRIVMSG", "NOTICE", "TAGMSG")), steps),
    *(st.booleans(),),
)
event = st.tuples(st.just("event"), places, people, st.lists(texts, max_size=2), steps)
redacted = st.tuples(st.just("redacted"), places, st.integers(0, 20), st.just("why"))
marker = st.tuples(st.just("marker"), people, places, st.integers(0, 20))
setting = st.sampled_from(
    [
        facts.RoomFounded(TEA, "#Tea", NickKey("ana"), frozenset("nt"), 3),
        facts.RoomFounded(TEA, "#Tea", NickKey("bob"), frozenset("s"), 4),
        facts.TopicChanged(TEA, "topic", "Ana", 5),
        facts.TopicChanged(TEA, "", "Bob", 6),
        facts.RoomFlagChanged(TEA, "m", True),
        facts.RoomFlagChanged(TEA, "m", False),
        facts.MaskAdded(TEA, "b", "X!*@*", "Ana", 7),
        facts.MaskRemoved(TEA, "b", "x!*@*"),
        facts.RoomEnded(TEA),
        facts.AccountSeen(NickKey("bob"), 9),
    ]
)
histories = st.lists(
    st.lists(st.one_of(said, said, said, event, redacted, marker, setting), max_size=5),
    max_size=8,
)


class Chronicler:
    """From what hypothesis draws to facts that follow each other."""

    def __init__(self):
        self.at_ms, self.count, self.last = 10, 0, {}

    def fact(self, drawn):
        match drawn:
            case ("said", place, by, text, command, step, has_once):
                self._pass(step)
                self.last[place] = self.last.get(place, 0) + 1
                text = "" if command == "TAGMSG" else text
                return facts.Said(
                    *(f"m{self.count}", self.at_ms, place, self.last[place], facts.UserId(1)),
                    *(f"{by or 'Zed'}!u@h", by, place, command, text, "+a=b"),
                    once=f"once-{self.count:05}" if has_once else "",
                )
            case ("event", place, by, params, step):
                self._pass(step)
                source = f"{by or 'Zed'}!u@h"
                return facts.EventNoted(
                    *(f"m{self.count}", self.at_ms, place, source, by, "TOPIC", tuple(params)),
                )
            case ("redacted", place, number, reason):
                return facts.Redacted(f"m{number}", place, "Op!o@h", "", reason, self.at_ms)
            case ("marker", account, place, at_ms):
                return facts.MarkerMoved(NickKey(account.lower() or "zed"), place, at_ms)
        return drawn

    def _pass(self, step):
        self.count += 1
        self.at_ms += step


def answers(engine, chronicler):
    """Every question of a small history, with its answer."""
    reader, log = engine.reader, engine.log
    times = range(9, chronicler.at_ms + 2, 3)
    numbers = range(chronicler.count + 2)
    for place, events, limit in product(PLACES, (False, True), (1, 3, 50)):
        own = [one.msgid for one in reader.latest(place, 99, events=True)]
        bounds = [*map(AtTime, times), *map(AtSeq, numbers[:6]), *map(AtMsgid, own[:6])]
        yield reader.latest(place, limit, events=events)
        for bound in bounds:
            yield bound, reader.latest(place, limit, after=bound, events=events)
            yield bound, reader.before(place, bound, limit, events=events)
            yield bound, reader.after(place, bound, limit, events=events)
            yield bound, reader.around(place, bound, limit, events=events)
            for other in bounds[::3]:
                yield bound, other, reader.between(place, bound, other, limit, events=events)
        yield reader.span(place)
    for number in numbers:
        yield reader.find(f"m{number}"), log.find(f"m{number}")
        yield log.find_once(NickKey("ana"), f"once-{number:05}")
    for first, second, limit in product(times, times, (1, 9)):
        yield reader.targets(PLACES, first, second, limit)
    yield {account: sorted(reader.direct(NickKey(account))) for account in ("ana", "bob", "zed")}
    restored = log.restore()
    yield dict(restored.sequences), restored.at_ms, frozenset(restored.facts)


def findings(engine, chronicler):
    """Searches of all kinds with what they find."""
    middle = (10 + chronicler.at_ms) // 2
    senders = (None, NickKey("ana"), NickKey("zed"), NickKey("nobody"))
    for words, sender, limit in product(SEARCHES, senders, (2, 50)):
        for conversations in ((ROOM,), PLACES):
            for after, before in ((None, None), (middle, None), (None, middle)):
                search = Search(conversations, words, sender, after, before, limit)
                yield search, engine.reader.search(search)


@settings(max_examples=settings.default.max_examples // 3)
@given(histories, st.sets(st.integers(0, 7)))
def test_it_answers_as_the_naive_one(history, pauses):
    """Pages, bounds, searches, restarts: store.py, whatever was said, and however it was tidied."""
    chronicler, naive = Chronicler(), MemoryEngine()
    with tempfile.TemporaryDirectory() as folder:
        engine = SqliteEngine(Path(folder), check_s=0)
        try:
            for number, drawn in enumerate(history):
                batch = [chronicler.fact(one) for one in drawn]
                engine.log.accept(batch)
                naive.log.accept(batch)
                if number in pauses:
                    engine.settle()
                if number == 4:
                    engine.reopen()
            expected = list(answers(naive, chronicler))
            assert list(answers(engine, chronicler)) == expected
            engine.settle()
            assert list(findings(engine, chronicler)) == list(findings(naive, chronicler))
            assert list(answers(engine, chronicler)) == expected
        finally:
            engine.close()
