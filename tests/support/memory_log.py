"""A message log without a disk: the promise of server/log/store.py in the most naive way.

Every answer walks through all that was ever accepted. It is what the real engine is compared with,
so it shares no code with it but the values and the errors.
"""

from __future__ import annotations

import re
import unicodedata
from copy import deepcopy
from dataclasses import dataclass, field, replace

from irc.names import fold, nick_key, room_key
from server.core import facts
from server.core.history import AtMsgid, AtTime, Redaction, Restored, Span, Stored, Target
from server.log.errors import LogBroken, LogFull, UnknownMessage

MESSAGES = ("PRIVMSG", "NOTICE", "TAGMSG")
TEXT = ("PRIVMSG", "NOTICE")


@dataclass
class Kept:
    """One entry, with what no reader sees."""

    stored: Stored
    once: str


@dataclass
class Room:
    """What is kept of a room; None is never set."""

    founded: facts.RoomFounded | None = None
    settings: dict = field(default_factory=dict)
    masks: dict = field(default_factory=dict)


@dataclass
class State:
    """All that was accepted."""

    kept: list[Kept] = field(default_factory=list)
    rooms: dict[str, Room] = field(default_factory=dict)
    markers: dict = field(default_factory=dict)
    seen: dict = field(default_factory=dict)
    gone: dict = field(default_factory=dict)
    acts: list = field(default_factory=list)
    address_bans: dict = field(default_factory=dict)
    metadata: dict = field(default_factory=dict)


class MemoryLog:
    """A `MessageLog` of lists."""

    def __init__(self) -> None:
        self.state = State()
        self.is_full = False
        self.is_broken = False

    def restore(self) -> Restored:
        last = dict(self.state.gone)
        for entry in self.state.kept:
            if entry.stored.seq:
                last[entry.stored.conversation] = entry.stored.seq
        found = []
        for room in self.state.rooms.values():
            found += [room.founded] if room.founded else []
            found += [*room.settings.values(), *room.masks.values()]
        found += [facts.AccountSeen(account, at_ms) for account, at_ms in self.state.seen.items()]
        found += [*self.state.address_bans.values(), *self.state.metadata.values()]
        found += [facts.MarkerMoved(*key, at_ms) for key, at_ms in self.state.markers.items()]
        entries = [entry.stored for entry in self.state.kept]
        times = [entry.at_ms for entry in entries]
        times += [act.at_ms for act in self.state.acts]
        times += [entry.redaction.at_ms for entry in entries if entry.redaction]
        times += [
            fact.at_ms
            for fact in found
            if hasattr(fact, "at_ms") and not isinstance(fact, facts.MarkerMoved)
        ]
        return Restored(last, max(times, default=0), tuple(found))

    def accept(self, batch) -> None:
        if self.is_broken:
            raise LogBroken("broken")
        if self.is_full and any(map(facts.is_durable, batch)):
            raise LogFull("full")
        state = deepcopy(self.state)
        try:
            for fact in batch:
                _add(state, fact)
        except AssertionError as error:
            self.is_broken = True
            raise LogBroken("contradiction") from error
        self.state = state

    def find(self, msgid):
        for entry in self.state.kept:
            if entry.stored.msgid == msgid and entry.stored.seq:
                return entry.stored
        return None

    def find_once(self, account, once):
        for entry in self.state.kept:
            if entry.once == once and nick_key(entry.stored.account) == account:
                return entry.stored
        return None

    def tidy(self, now_ms) -> bool:
        if self.is_broken:
            raise LogBroken("broken")
        return False

    def close(self) -> None:
        pass


def _add(state: State, fact: facts.Fact) -> None:
    if not facts.is_durable(fact):
        return
    if isinstance(fact, facts.Said | facts.EventNoted):
        assert fact.at_ms >= max((entry.stored.at_ms for entry in state.kept), default=0)
    match fact:
        case facts.Said():
            _add_said(state, fact)
        case facts.EventNoted():
            assert all(entry.stored.msgid != fact.msgid for entry in state.kept)
            stored = Stored(
                *(fact.msgid, fact.at_ms, fact.conversation, 0, fact.source, fact.account),
                *(fact.command, fact.params),
            )
            state.kept.append(Kept(stored, ""))
        case facts.Redacted():
            for entry in state.kept:
                if (entry.stored.msgid, entry.stored.conversation) == (
                    fact.msgid,
                    fact.conversation,
                ) and entry.stored.seq:
                    _redact(entry, fact)
        case facts.MarkerMoved():
            key = (fact.account, fact.conversation)
            state.markers[key] = max(fact.at_ms, state.markers.get(key, 0))
        case facts.AccountSeen():
            state.seen[fact.account] = max(fact.at_ms, state.seen.get(fact.account, 0))
        case facts.AddressBanned():
            state.address_bans[fact.network] = fact
        case facts.AddressUnbanned():
            state.address_bans.pop(fact.network, None)
        case facts.AccountMetadataChanged():
            state.metadata.pop((fact.account, fact.key), None)
            if fact.value is not None:
                state.metadata[fact.account, fact.key] = fact
        case facts.ActNoted():
            state.acts.append(fact)
        case facts.RoomEnded():
            state.rooms.pop(fact.room, None)
        case facts.RoomRemoved():
            state.rooms.pop(fact.room, None)
            if fact.forgets:
                for entry in state.kept:
                    if entry.stored.conversation == fact.room and entry.stored.seq:
                        state.gone[fact.room] = entry.stored.seq
                state.kept = [e for e in state.kept if e.stored.conversation != fact.room]
        case facts.RoomRenamed():
            _rename(state, fact.room, room_key(fact.name), fact.name, fact.aside)
        case _:
            _add_setting(state, fact)


def _rename(state: State, old: str, new: str, name: str, aside: str) -> None:
    room = state.rooms.pop(old, None)
    if old != new:
        state.rooms.pop(new, None)
        for key, other in ((new, aside), (old, new)):
            for entry in state.kept:
                if entry.stored.conversation == key:
                    entry.stored = replace(entry.stored, conversation=other)
            state.markers = {
                (account, other if place == key else place): at_ms
                for (account, place), at_ms in state.markers.items()
            }
            if key in state.gone:
                state.gone[other] = state.gone.pop(key)
    if room is not None:
        founded = room.founded and replace(room.founded, room=new, name=name)
        settings, masks = (
            {key: replace(fact, room=new) for key, fact in facts.items()}
            for facts in (room.settings, room.masks)
        )
        state.rooms[new] = Room(founded, settings, masks)


def _add_said(state: State, fact: facts.Said) -> None:
    numbers = [e.stored.seq for e in state.kept if e.stored.conversation == fact.conversation]
    assert fact.seq == max(numbers, default=state.gone.get(fact.conversation, 0)) + 1
    assert all(entry.stored.msgid != fact.msgid for entry in state.kept)
    if fact.once and fact.account:
        mine = [e for e in state.kept if nick_key(e.stored.account) == nick_key(fact.account)]
        assert all(entry.once != fact.once for entry in mine)
    params = (fact.target,) if fact.command == "TAGMSG" else (fact.target, fact.text)
    stored = Stored(
        *(fact.msgid, fact.at_ms, fact.conversation, fact.seq, fact.source, fact.account),
        *(fact.command, params, fact.client_tags),
    )
    state.kept.append(Kept(stored, fact.once))


def _redact(entry: Kept, fact: facts.Redacted) -> None:
    params = (entry.stored.params[0], "")[: len(entry.stored.params)]
    redaction = entry.stored.redaction or Redaction(fact.source, fact.reason, fact.at_ms)
    entry.stored = replace(entry.stored, params=params, client_tags="", redaction=redaction)


def _add_setting(state: State, fact: facts.Fact) -> None:
    if isinstance(fact, facts.MaskRemoved):
        room = state.rooms.get(fact.room, Room())
        room.masks.pop((fact.letter, fold(fact.mask)), None)
        return
    room = state.rooms.setdefault(fact.room, Room())
    match fact:
        case facts.RoomFounded():
            first = room.founded or fact
            room.founded = replace(first, founder=fact.founder)
        case facts.RoomOwnerChanged():
            room.founded = replace(room.founded, founder=fact.founder)
        case facts.RoomAccessChanged():
            room.settings.pop(("access", fact.account), None)
            if fact.flags:
                room.settings["access", fact.account] = fact
        case facts.RoomMetadataChanged():
            room.settings.pop(("metadata", fact.key), None)
            if fact.value is not None:
                room.settings["metadata", fact.key] = fact
        case facts.RoomFlagChanged():
            room.settings[fact.letter] = fact
        case facts.MaskAdded():
            room.masks[fact.letter, fold(fact.mask)] = fact
        case _:
            room.settings[type(fact)] = fact


class MemoryReader:
    """A `MessageReader` of a `MemoryLog`."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    def _all(self, conversation=None, events=True) -> list[Stored]:
        return [
            entry.stored
            for entry in self._log.state.kept
            if (conversation is None or entry.stored.conversation == conversation)
            and (events or entry.stored.command in TEXT)
        ]

    def _sides(self, conversation, bound, events):
        """What is before, at and after the bound."""
        everything = self._all(conversation)
        if isinstance(bound, AtTime):
            at = [one for one in everything if one.at_ms == bound.at_ms]
            before = [one for one in everything if one.at_ms < bound.at_ms]
        elif isinstance(bound, AtMsgid):
            at = [one for one in everything if one.msgid == bound.msgid]
            if not at:
                raise UnknownMessage(bound.msgid)
            before = everything[: everything.index(at[0])]
        else:
            at = [one for one in everything if one.seq and one.seq == bound.seq]
            later = [one for one in everything if one.seq and one.seq >= bound.seq]
            before = everything[: everything.index(later[0])] if later else everything
        after = everything[len(before) + len(at) :]
        return [
            [one for one in side if events or one.command in TEXT] for side in (before, at, after)
        ]

    def latest(self, conversation, limit, *, after=None, events=False):
        found = self._all(conversation, events)
        if after is not None:
            found = self._sides(conversation, after, events)[2]
        return found[-limit:]

    def before(self, conversation, bound, limit, *, events=False):
        return self._sides(conversation, bound, events)[0][-limit:]

    def after(self, conversation, bound, limit, *, events=False):
        return self._sides(conversation, bound, events)[2][:limit]

    def between(self, conversation, first, second, limit, *, events=False):
        after_first = self._sides(conversation, first, events)[2]
        before_second = self._sides(conversation, second, events)[0]
        forward = [one for one in after_first if one in before_second]
        if forward:
            return forward[:limit]
        before_first = self._sides(conversation, first, events)[0]
        after_second = self._sides(conversation, second, events)[2]
        return [one for one in before_first if one in after_second][-limit:]

    def around(self, conversation, bound, limit, *, events=False):
        before, at, after = self._sides(conversation, bound, events)
        rest = at + after
        count = min(len(before), max(limit // 2, limit - len(rest)))
        return before[len(before) - count :] + rest[: limit - count]

    def targets(self, conversations, first_ms, second_ms, limit):
        found = []
        for conversation in conversations:
            texts = self._all(conversation, events=False)
            low, high = sorted((first_ms, second_ms))
            if texts and low < texts[-1].at_ms < high:
                found.append((self._all().index(texts[-1]), texts[-1]))
        found.sort(key=lambda pair: pair[0])
        nearest = found[:limit] if first_ms <= second_ms else found[-limit:]
        return [Target(stored.conversation, stored.at_ms) for _place, stored in nearest]

    def direct(self, account):
        found = {one.conversation for one in self._all()}
        found |= {conversation for _account, conversation in self._log.state.markers}
        return [key for key in found if key[0] != "#" and account in key.split(",")]

    def span(self, conversation):
        numbers = [one.seq for one in self._all(conversation) if one.seq]
        return Span(min(numbers, default=1), max(numbers, default=0))

    def find(self, msgid):
        for one in self._all():
            if one.msgid == msgid:
                return one
        return None

    def search(self, search):
        found = [
            one
            for one in self._all(events=False)
            if one.conversation in search.conversations
            and not one.redaction
            and _fits_sender(one, search.sender)
            and (search.after_ms is None or one.at_ms >= search.after_ms)
            and (search.before_ms is None or one.at_ms <= search.before_ms)
            and _fits_words(one.params[1], search.words)
        ]
        return found[-search.limit :] if search.after_ms is None else found[: search.limit]

    def close(self) -> None:
        pass


def _fits_sender(one: Stored, sender) -> bool:
    names = (one.account, one.source.partition("!")[0])
    return sender is None or sender in map(nick_key, names)


def _fits_words(text: str, words: str) -> bool:
    said = _words(text)
    parts = re.findall(r'"([^"]*)"?|([^\s"]+)', words)
    wanted = [(_words(quoted or single), bool(single)) for quoted, single in parts]
    wanted = [(phrase, goes_on) for phrase, goes_on in wanted if phrase]
    if not wanted:
        return not words.strip()
    return all(_has_phrase(said, phrase, goes_on) for phrase, goes_on in wanted)


def _has_phrase(said: list[str], phrase: list[str], goes_on: bool) -> bool:
    goes_on = goes_on and sum(map(len, phrase)) >= 2
    for start in range(len(said) - len(phrase) + 1):
        part = said[start : start + len(phrase)]
        if part == phrase:
            return True
        if goes_on and part[:-1] == phrase[:-1] and part[-1].startswith(phrase[-1]):
            return True
    return False


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain.lower())
