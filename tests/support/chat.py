"""A whole chat in a test, without a socket: lines in, lines out.

`Chat("ann", "eve")` has two people logged in to accounts and in the lobby. `chat.say("ann", "JOIN
#tea")` gives what each session hears of it, by session name, as rendered lines without CR LF.
Effects are routed as an io thread does it (subscriptions, profiles), passwords and questions about
history are answered at once ("secret" is right for every account), and each step moves the clock by
one second.

After every step these must hold, or the step fails:
- replaying all facts so far into a fresh world gives an equal world;
- every line is one line, well-formed, and fits into 512 bytes without its tags;
- each registered IRC session hears exactly the rooms of its user.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from irc.errors import ProtocolError
from irc.framing import BODY_BYTES_MAX
from irc.message import parse_line
from irc.names import RoomKey, nick_key
from irc.sasl import encode_plain, split_chunks
from server.core.apply import apply
from server.core.commands.monitor import watch_key
from server.core.commands.once import id_in
from server.core.commands.operators import WALLOPS_AUDIENCE
from server.core.effects import (
    SIMPLE,
    Afterwards,
    Announce,
    Broadcast,
    ChangePassword,
    CheckOperator,
    CheckPassword,
    Close,
    Effect,
    MarkRegistered,
    Outgoing,
    ReadHistory,
    RedeemInvitation,
    RegisterAccount,
    Rehash,
    Report,
    Send,
    SendText,
    SetProfile,
    Subscribe,
    TellWhenDrained,
    ToEverybody,
    Unsubscribe,
)
from server.core.events import (
    AccountAnswered,
    Check,
    Connected,
    Dialect,
    Disconnected,
    Drained,
    Event,
    LineReceived,
    LineRefused,
    PasswordChecked,
    Result,
    SessionId,
    Stamp,
    TextReceived,
)
from server.core.facts import Fact, Said
from server.core.history import Stored, stored_of
from server.core.history_answer import answer, excuse
from server.core.machine import step
from server.core.metadata import subscription_key
from server.core.render import render
from server.core.settings import Settings
from server.core.turn import Batch
from server.core.world import Session, User, World
from server.log.errors import ReadFailed
from tests.support.memory_log import MemoryLog, MemoryReader

PASSWORD = "secret"
STARTED_AT_MS = 1_700_000_000_000


class Heard(dict[str, list[str]]):
    """What each session heard, by its name; whoever heard nothing has an empty list."""

    def __missing__(self, name: str) -> list[str]:
        return []


class Wire:
    """The io thread's side of one session."""

    def __init__(self, name: str, session: SessionId, dialect: Dialect) -> None:
        self.name = name
        self.session = session
        self.dialect = dialect
        self.profile = 0
        self.rooms: set[RoomKey] = set()
        self.is_registered = False
        self.closed = ""


class Chat:
    """A world, and everybody connected to it."""

    def __init__(self, *names: str, caps: str = "", **settings: Any) -> None:
        """Log in `names`, each to the account of that name, all with the same capabilities.

        `settings` are fields of `Settings`; with `accounts_required=False` the names are guests.
        """
        base = Settings(**({"motd": (), "version": "tlschat-test"} | settings))
        self.world = World(base)
        self.mirror = World(base)
        self.facts: list[Fact] = []
        self.wires: dict[str, Wire] = {}
        self.checks: list[CheckPassword | CheckOperator] = []
        self.reads: list[ReadHistory] = []
        self.changes: list[ChangePassword | RegisterAccount | RedeemInvitation] = []
        self.rehashes: list[Rehash] = []
        self.command_counts: dict[str, int] = {}
        self.answers_checks = True
        self.drains: list[SessionId] = []
        self.answers_drains = True
        self.at_ms = STARTED_AT_MS
        self.last = Batch((), ())
        self._stamps = 0
        self._sessions = 0
        self._heard = Heard()
        self.log = MemoryLog()
        self._logged = 0
        self.once: dict[tuple[str, str], Stored] = {}
        for name in names:
            self.login(name, caps=caps)

    # What people do.

    def connect(
        self,
        name: str,
        dialect: Dialect = Dialect.IRC,
        address: str = "192.0.2.1",
        certificate: str = "",
    ) -> Heard:
        """A connection comes in; in the test it is called `name` from here on."""
        self._sessions += 1
        session = SessionId(self._sessions)
        self.wires[name] = Wire(name, session, dialect)
        return self.event(Connected(session, dialect, address, certificate=certificate))

    def login(self, name: str, account: str = "", caps: str = "") -> Heard:
        """Connect and register over IRC as somebody with an account (by default of that name)."""
        account = account or name
        self.connect(name)
        lines = [f"CAP REQ :{caps}"] if caps else []
        if self.world.settings.accounts_required:
            lines.append(f"PASS {account}:{PASSWORD}")
        lines += [f"NICK {account}", f"USER {account} 0 * :{account.title()}"]
        return self.say(name, *lines, *(["CAP END"] if caps else []))

    def login_simple(self, name: str, account: str = "") -> Heard:
        """Connect and register in the simple dialect."""
        self.connect(name, Dialect.SIMPLE)
        needs_password = self.world.settings.accounts_required
        return self.say(name, f"NICK {account or name}" + f" {PASSWORD}" * needs_password)

    def say(self, name: str, *lines: str) -> Heard:
        """A session says something; what came of all the lines together."""
        everything = Heard()
        wire = self.wires[name]
        for line in lines:
            heard = self.event(_read(wire, line))
            for who, said in heard.items():
                everything.setdefault(who, []).extend(said)
        return everything

    def sasl(self, name: str, account: str, password: str = PASSWORD, authzid: str = "") -> Heard:
        """A whole AUTHENTICATE PLAIN exchange of a session that has the capability."""
        chunks = split_chunks(encode_plain(authzid, account, password))
        return self.say(name, "AUTHENTICATE PLAIN", *(f"AUTHENTICATE {each}" for each in chunks))

    def lose(self, name: str, reason: str = "Connection closed") -> Heard:
        """The connection breaks."""
        return self.event(Disconnected(self.wires.pop(name).session, reason))

    def answer(
        self, outcome: Check = Check.OK, account: str = "", retry_after_s: float = 0
    ) -> Heard:
        """Answer the oldest password check that waits (with `answers_checks` off)."""
        return self.event(_verdict(self.checks.pop(0), outcome, account, retry_after_s))

    def settle(self, result: Result = Result.DONE, **fields: Any) -> Heard:
        """Answer the oldest change of an account that waits."""
        change = self.changes.pop(0)
        account = change.account if result is Result.DONE else ""
        fields = {"account": account} | fields
        return self.event(AccountAnswered(change.session, result, **fields))

    def event(self, event: Event) -> Heard:
        """One event, and the answers to the password checks and the long answers it leads to."""
        self._heard = Heard()
        self._step(event)
        while self.answers_checks and self.checks:
            check = self.checks.pop(0)
            self._step(_verdict(check, Check.OK if check.password == PASSWORD else Check.WRONG))
        while self.answers_drains and self.drains:
            self._step(Drained(self.drains.pop(0)))
        self._check_invariants()
        return self._heard

    # What a test looks at.

    def session(self, name: str) -> Session:
        """The session called `name`."""
        return self.world.sessions[self.wires[name].session]

    def user(self, nick: str) -> User:
        """The user who has this nick."""
        found = self.world.find_user(nick)
        assert found is not None, f"nobody is called {nick}"
        return found

    def reader(self) -> MemoryReader:
        """A reader of all that was kept so far."""
        self.log.accept(self.facts[self._logged :])
        self._logged = len(self.facts)
        return MemoryReader(self.log)

    def is_closed(self, name: str) -> bool:
        """Whether the core told to close the session."""
        return bool(self.wires[name].closed)

    def change_settings(self, **changes: Any) -> Settings:
        """Other settings from here on, without an event; for limits that a test wants to reach."""
        settings = replace(self.world.settings, **changes)
        self.world.settings = self.mirror.settings = settings
        return settings

    # The io thread.

    def _step(self, event: Event) -> None:
        self._stamps += 1
        self.at_ms += 1000
        self.last = step(self.world, event, self._stamp(event))
        self.facts.extend(self.last.facts)
        for fact in self.last.facts:
            apply(self.mirror, fact)
            self._keep(fact)
        assert self.world == self.mirror, f"replay differs after {event}"
        for effect in self.last.effects:
            self._carry_out(effect)
        self._follow_up(self.last)

    def _follow_up(self, batch: Batch) -> None:
        """The events that a batch leads to once it is kept."""
        for effect in batch.effects:
            if isinstance(effect, Afterwards):
                self._step(effect.event)
        self.last = batch

    def _stamp(self, event: Event) -> Stamp:
        """As the hub does it: with the kept message that the event is about."""
        stamp = Stamp(self.at_ms, f"m{self._stamps}")
        if not isinstance(event, LineReceived) or event.session not in self.world.sessions:
            return stamp
        message = event.message
        if asked := id_in(self.world, event):
            return replace(stamp, earlier=self.once.get(asked))
        if message.command == "STATS":
            return replace(stamp, command_counts=self.command_counts)
        if message.command == "REDACT" and len(message.params) > 1:
            return replace(stamp, meant=self.reader().find(message.params[1]))
        return stamp

    def _keep(self, fact: Fact) -> None:
        """What the log would find again."""
        if isinstance(fact, Said) and fact.once:
            self.once[nick_key(fact.account), fact.once] = stored_of(fact)

    def _read(self, question: ReadHistory) -> None:
        name = self.world.settings.server_name
        try:
            lines = answer(question, self.reader(), name)
        except ReadFailed:
            lines = [excuse(question, name)]
        for line in lines:
            self._deliver(self._wires_of([question.session]), line)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Send(session, line):
                self._deliver(self._wires_of([session]), line)
            case SendText(session, text):
                for wire in self._wires_of([session]):
                    self._hear(wire, text.encode() + b"\r\n")
            case Broadcast(room, line, but):
                self._deliver((w for w in self._listening([room]) if w.session != but), line)
            case Announce(rooms, line, but, outside, within):
                found = [w for w in self._listening(rooms) if not w.rooms & set(outside)]
                found = [w for w in found if not within or within in w.rooms]
                self._deliver((w for w in found if w.session not in but), line)
            case ToEverybody(lines):
                for line in lines:
                    self._deliver((w for w in self.wires.values() if w.is_registered), line)
            case Afterwards():
                pass  # it is for the hub, when all else is out
            case Rehash():
                self.rehashes.append(effect)
            case CheckPassword() | CheckOperator():
                self.checks.append(effect)
            case TellWhenDrained(session):
                self.drains.append(session)
            case ChangePassword() | RegisterAccount() | RedeemInvitation():
                self.changes.append(effect)
            case Report(reply, answer):
                reply(answer)
            case ReadHistory():
                self.reads.append(effect)
                self._read(effect)
            case _:
                for wire in self._wires_of([effect.session]):
                    _change(wire, effect)

    def _wires_of(self, sessions: Iterable[SessionId]) -> list[Wire]:
        return [w for w in self.wires.values() if w.session in set(sessions) and not w.closed]

    def _listening(self, rooms: Iterable[RoomKey]) -> list[Wire]:
        return [w for w in self.wires.values() if w.rooms & set(rooms) and not w.closed]

    def _deliver(self, wires: Iterable[Wire], line: Outgoing) -> None:
        for wire in list(wires):
            self._hear(wire, render(line, wire.profile))

    def _hear(self, wire: Wire, payload: bytes) -> None:
        if not payload:
            return
        assert payload.endswith(b"\r\n"), payload
        for line in payload[:-2].split(b"\r\n"):
            if wire.dialect is Dialect.IRC:
                parse_line(line)
                body = line.partition(b" ")[2] if line.startswith(b"@") else line
                assert len(body) + 2 <= BODY_BYTES_MAX, f"{len(body) + 2} bytes: {line!r}"
            self._heard.setdefault(wire.name, []).append(line.decode())

    def _check_invariants(self) -> None:
        for wire in self.wires.values():
            session = self.world.sessions.get(wire.session)
            assert (session is None) == bool(wire.closed), f"{wire.name}: closed by one side only"
            if session is None or session.user is None:
                continue
            assert wire.is_registered, f"{wire.name}: registered, and the io thread does not know"
            if wire.dialect is Dialect.IRC:
                user = self.world.users[session.user]
                rooms = {*user.rooms, *([WALLOPS_AUDIENCE] if "w" in user.modes else [])}
                rooms |= {watch_key(key) for key in session.watching}
                rooms |= {subscription_key(key) for key in session.subscriptions}
                assert wire.rooms == rooms, f"{wire.name} hears {wire.rooms}, is in {rooms}"


def _read(wire: Wire, line: str) -> Event:
    """The event that an io thread makes of a line."""
    if wire.dialect is Dialect.SIMPLE:
        return TextReceived(wire.session, line)
    try:
        return LineReceived(wire.session, parse_line(line.encode()))
    except ProtocolError as problem:
        return LineRefused(wire.session, problem)


def _change(wire: Wire, effect: Effect) -> None:
    match effect:
        case Subscribe(_, room):
            wire.rooms.add(room)
        case Unsubscribe(_, room):
            wire.rooms.discard(room)
        case SetProfile(_, profile):
            assert (profile == SIMPLE) == (wire.dialect is Dialect.SIMPLE)
            wire.profile = profile
        case MarkRegistered():
            wire.is_registered = True
        case Close(_, reason):
            wire.closed = reason
        case _:
            raise AssertionError(f"unknown effect {effect}")


def _verdict(
    check: CheckPassword | CheckOperator,
    outcome: Check,
    account: str = "",
    retry_after_s: float = 0,
) -> PasswordChecked:
    if isinstance(check, CheckOperator):
        return PasswordChecked(check.session, outcome, operator=check.operator, hash=check.hash)
    # As the file spells it: in lower case, unless the test says otherwise.
    name = (account or str(nick_key(check.account))) if outcome is Check.OK else ""
    return PasswordChecked(check.session, outcome, name, retry_after_s)
