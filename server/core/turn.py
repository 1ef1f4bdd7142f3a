"""One event being decided: what handlers read from, and where they leave facts, effects and
replies.

Theory of operation. A handler checks everything first and raises `Refusal` while nothing has
happened yet. Then it calls `record(fact)`, which applies the fact at once, so that what it reads
next (the names of a room just joined) is true; and it leaves effects. Nothing gets out before the
hub has made the facts of the whole batch durable.

What answers the asker's own command goes through `reply`; what others see goes through `broadcast`,
`announce` and `send_to_user`, which leave the asker out. So a labelled command gets all of its
answer as one labelled message, or one labelled batch, or an ACK (IRCv3 labeled-response).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from irc import caps, numerics
from irc.names import RoomKey
from server.core.apply import apply
from server.core.effects import (
    Announce,
    Broadcast,
    Close,
    Effect,
    Outgoing,
    ReadHistory,
    Send,
    SendText,
    TellWhenDrained,
)
from server.core.events import NOBODY, Dialect, SessionId, Stamp
from server.core.facts import ActNoted, Conversation, EventNoted, Fact, is_promised
from server.core.requests import Request
from server.core.stream import PIECE_ITEMS, STREAMS_MAX, Item, Stream, fill_paced, take_piece
from server.core.undo import INVERTIBLE, opposite
from server.core.world import Session, User, World


class Refusal(Exception):
    """A command that is not carried out. Raised before anything is recorded.

    `numeric` and `params` are the reply, without the target's nick in front. `numeric` may also be
    "FAIL", whose parameters are command, code, context and text (IRCv3 standard-replies).
    """

    def __init__(self, numeric: str, *params: str) -> None:
        super().__init__(numeric, *params)
        self.numeric = numeric
        self.params = params


@dataclass(frozen=True, slots=True)
class Batch:
    """What one event came to: facts to keep, then effects to release, in order.

    If the log cannot keep what was promised, `undo` takes it back (last first), and `instead` is
    released in place of `effects`. Both are empty when nothing was promised; `undo` alone is empty
    when what was promised changes nothing in the world.
    """

    facts: tuple[Fact, ...]
    effects: tuple[Effect, ...]
    undo: tuple[Fact, ...] = ()
    instead: tuple[Effect, ...] = ()


@dataclass(slots=True)
class Turn:
    """The deciding of one event. Lives for one call of `step`; owner: the hub thread."""

    world: World
    session: Session
    stamp: Stamp
    label: str = ""
    command: str = ""
    facts: list[Fact] = field(default_factory=list)
    undo: list[Fact] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    replies: list[Outgoing] = field(default_factory=list)
    following: list[Effect] = field(default_factory=list)
    closing: list[Close] = field(default_factory=list)
    unfinished: list[Iterator[Item]] = field(default_factory=list)
    visited: int = 0
    """How many things its long answers have looked at."""
    msgids: int = 0
    rests_on_log: bool = False
    """Nothing of this gets out unless the log keeps the batch, even if no fact promises so."""

    @classmethod
    def of_server(cls, world: World, stamp: Stamp) -> Turn:
        """A turn of nobody: what the server does by itself. Nobody gets its replies."""
        return cls(world, Session(NOBODY, Dialect.IRC, "", True), stamp)

    @property
    def user(self) -> User:
        """Who acts. Only for registered sessions."""
        return self.world.user_of(self.session)

    @property
    def name(self) -> str:
        """The name replies are addressed to: the nick, or `*` before there is one."""
        if self.session.user is not None:
            return self.world.users[self.session.user].nick
        return self.session.login.nick or "*"

    def new_msgid(self) -> str:
        """A message id that no other message has, also after a restart."""
        self.msgids += 1
        return self.stamp.id if self.msgids == 1 else f"{self.stamp.id}-{self.msgids}"

    def record(self, fact: Fact) -> None:
        """Make a fact true and keep it for the log."""
        if isinstance(fact, INVERTIBLE):
            self.undo.append(opposite(self.world, fact))
        apply(self.world, fact)
        self.facts.append(fact)

    def note(self, rooms: Iterable[RoomKey], line: Outgoing) -> None:
        """Keep what was shown to these rooms, if events are kept, for who reads them later."""
        for key in list(rooms):
            self.noted(key, line)

    def noted(self, room: RoomKey, line: Outgoing) -> Outgoing:
        """The same for one room: the line as it is to be shown, with the id under which it is kept.

        Whoever sees it now and reads it later knows it again (IRCv3 draft/chathistory).
        """
        settings = self.world.settings
        if not (settings.history_keep and settings.history_events):
            return line
        msgid, at_ms = self.new_msgid(), self.stamp.at_ms
        shown = (line.source, line.account, line.command, line.params)
        self.record(EventNoted(msgid, at_ms, Conversation(room), *shown))
        return replace(line, msgid=msgid)

    def act(self, what: str, target: str, room: str = "", reason: str = "") -> None:
        """Note that the asker used power over others, for whoever asks later who it was.

        `what` is one word in capitals. No keys, no passwords: this is read in the journal.
        """
        user = self.user
        whole = (self.stamp.at_ms, user.nick, user.account, what, room, target, reason)
        self.record(ActNoted(*whole))

    def effect(self, effect: Effect) -> None:
        """Leave an order for after the commit."""
        self.effects.append(effect)

    def effect_after_replies(self, effect: Effect) -> None:
        """Leave an order for after what answers the asker, such as a new profile after its ACK."""
        self.following.append(effect)

    def line(self, source: User | None, command: str, *params: str) -> Outgoing:
        """A line from a user (with its account), or from the server when `source` is None."""
        if source is None:
            return Outgoing(self.world.settings.server_name, command, params, self.stamp.at_ms)
        about, is_bot = (source.source, command, params, self.stamp.at_ms), source.is_bot
        return Outgoing(*about, account=source.account, is_bot=is_bot)

    def reply(self, numeric: str, *params: str) -> None:
        """Answer the asker with a numeric; its nick is put in front of `params`.

        What the asker said may be repeated as it is: what cannot stand in the middle of a line (a
        space, nothing at all) becomes a star.
        """
        line = self.line(None, numeric, self.name, *_safe(params))
        is_bot = self.session.user is not None and self.user.is_bot
        self.replies.append(replace(line, is_bot=True) if is_bot else line)

    def reply_plain(self, command: str, *params: str) -> None:
        """Answer the asker with a line that has no nick before its parameters, such as PONG."""
        self.replies.append(self.line(None, command, *_safe(params)))

    def reply_line(self, line: Outgoing) -> None:
        """Show the asker a line, such as its own JOIN."""
        self.replies.append(line)

    def refuse(self, refusal: Refusal) -> None:
        """Answer the asker with a refusal."""
        if refusal.numeric == "FAIL":
            self.reply_plain("FAIL", *refusal.params)
        else:
            self.reply(refusal.numeric, *refusal.params)

    def stream(self, items: Iterator[Item]) -> None:
        """Answer the asker with what may be long: a piece now, the rest as it takes it (stream.py).

        Who has too many unfinished answers already gets no more than that, and is told so.
        """
        lines, is_all = self._take_piece(items)
        self.replies.extend(lines)
        if is_all:
            return
        waiting = len(self.world.streams.get(self.session.id, ())) + len(self.unfinished)
        if waiting < STREAMS_MAX:
            self.unfinished.append(items)
        else:
            text = "Too many long answers at once: this one was cut off"
            self.reply(numerics.RPL_TRYAGAIN, self.command, text)

    def stream_to(self, session: SessionId, items: Iterator[Item]) -> None:
        """Show some other session, such as one more of the asker's, what may be long."""
        lines, is_all = self._take_piece(items)
        for line in lines:
            self.send(session, line)
        if not is_all and len(self.world.streams.get(session, ())) < STREAMS_MAX:
            self._go_on_later(session, [Stream(items)])

    def _take_piece(self, items: Iterator[Item]) -> tuple[list[Outgoing], bool]:
        """What is left of the one piece that all long answers of a turn have together."""
        lines, count, is_all = take_piece(items, PIECE_ITEMS - self.visited)
        self.visited += count
        return lines, is_all

    def _go_on_later(self, session: SessionId, streams: list[Stream]) -> None:
        waiting = self.world.streams.get(session)
        if waiting is None:
            self.world.streams[session] = deque(streams)
            self.following.append(TellWhenDrained(session))
        else:
            waiting.extend(streams)

    def ask_reader(self, request: Request) -> None:
        """Leave it to the reader to answer the asker, with the label of the command."""
        session, reference = self.session.id, f"h{self.stamp.id}"
        self.effect(ReadHistory(session, request, reference, self.stamp.at_ms, self.label))
        self.label = ""  # the answer has it

    def send(self, session: SessionId, line: Outgoing) -> None:
        """Give a line to some other session."""
        self.effects.append(Send(session, line))

    def send_to_user(self, user: User, line: Outgoing) -> None:
        """Give a line to every session of a user except the asking one."""
        for session in user.sessions:
            if session != self.session.id:
                self.effects.append(Send(session, line))

    def broadcast(self, room: RoomKey, line: Outgoing) -> None:
        """Give a line to everyone in a room except the asking session."""
        self.effects.append(Broadcast(room, line, self.session.id))

    def announce(self, user: User, line: Outgoing, *, but: frozenset[SessionId]) -> None:
        """Give a line once to everyone who shares a room with `user`, but not to these sessions."""
        if user.rooms:
            self.effects.append(Announce(tuple(user.rooms), line, but))

    def close(self, session: SessionId, reason: str) -> None:
        """End a connection after everything this turn sends has gone out."""
        self.closing.append(Close(session, reason))

    def finish(self) -> Batch:
        """What the turn came to: effects, then replies, what follows these, and the closings."""
        own = self.session.id
        undo: tuple[Fact, ...] = ()
        instead: tuple[Effect, ...] = ()
        if self.rests_on_log or (self.undo and any(map(is_promised, self.facts))):
            undo, instead = tuple(reversed(self.undo)), (self._storage_error(),)
        effects = self.effects
        effects.extend(Send(own, line) for line in self._labelled())
        effects.extend(self.following)
        effects.extend(self.closing)
        return Batch(tuple(self.facts), tuple(effects), undo, instead)

    def _storage_error(self) -> Effect:
        """What the asker is told when what it said cannot be kept."""
        if self.session.dialect is Dialect.SIMPLE:
            return SendText(self.session.id, "ERR storage_error")
        text = "The server cannot store this now; nobody has seen it"
        params = (self.command or "*", "STORAGE_ERROR", text)
        name, at_ms = self.world.settings.server_name, self.stamp.at_ms
        return Send(self.session.id, Outgoing(name, "FAIL", params, at_ms, label=self.label))

    def _labelled(self) -> list[Outgoing]:
        """The replies with the asker's label on exactly one logical message."""
        unfinished, own = self.unfinished, self.session.id
        if not self.label:
            if unfinished:
                self._go_on_later(own, [Stream(items) for items in unfinished])
            return self.replies
        if not self.replies and not unfinished:
            return [replace(self.line(None, "ACK"), label=self.label)]
        if len(self.replies) == 1 and not unfinished:
            return [replace(self.replies[0], label=self.label)]
        reference = f"l{self.stamp.id}"
        start = replace(
            self.line(None, "BATCH", f"+{reference}", "labeled-response"), label=self.label
        )
        inside = [line if line.batch else replace(line, batch=reference) for line in self.replies]
        end = self.line(None, "BATCH", f"-{reference}")
        if unfinished:
            # One stream, so that the batch ends once, after the last of them.
            rest = Stream(chain(*unfinished, (end,)), reference)
            self._go_on_later(own, [rest])
            return [start, *inside]
        return [start, *inside, end]


def _safe(params: tuple[str, ...]) -> Iterator[str]:
    for param in params[:-1]:
        yield param if param and param[0] != ":" and " " not in param else "*"
    yield from params[-1:]


def fill_lines(head: Outgoing, words: Iterable[str], between: str = " ") -> Iterator[Outgoing]:
    """`head` with the words as its last parameter, in as many lines as they need: none for none."""
    return (line for line in fill_paced(head, words, between) if line is not None)


def label_of(session: Session, tags: Mapping[str, str]) -> str:
    """The label to answer with, if labels are negotiated; over 64 bytes it is none."""
    if not session.has(caps.LABELED_RESPONSE | caps.BATCH):
        return ""
    label = tags.get("label", "")
    return label if len(label.encode()) <= 64 else ""
