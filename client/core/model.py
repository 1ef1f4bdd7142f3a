"""What the client knows: windows, who is in them, topics, what was said, what is unread.

Changed only by the session's handlers (and by `focus`, which a face calls); faces read it, on the
one thread that owns the session. Keys are casefolded; every list has a bound. Names and texts are
RAW: `view.py` is the door to a screen.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from client.core.event import MessageReceived
from client.core.rows import MaskRow
from irc.names import NickKey, fold, nick_key

BufferKey = NewType("BufferKey", str)

SERVER: str = ""  # the name of the window for what is neither a room nor a person

# People who spoke, kept per window for completion; the oldest are forgotten.
SPEAKERS_MAX = 200
# People who are writing, kept per window.
TYPING_MAX = 20
# Message ids remembered, over all windows, so that one that comes twice shows once.
MSGIDS_MAX = 10_000
# Windows of one kind. Anyone who writes to us opens one: past this the quietest goes, and a room we
# are in last of all.
BUFFERS_MAX = 500
# Members kept of one room; who comes after that is not in its list.
MEMBERS_MAX = 20_000


class BufferKind(Enum):
    """What a window is for."""

    SERVER = "server"
    ROOM = "room"
    PRIVATE = "private"


@dataclass(slots=True)
class Member:
    """Somebody in a room. `prefixes` as in NAMES, highest first."""

    nick: str
    prefixes: str = ""
    account: str = ""
    is_away: bool = False


@dataclass(slots=True)
class Past:
    """What of a window's past is here: its last and its first message. 0 and "" for nothing yet.

    `is_loaded`: history was fetched. `is_whole`: there is none before ours. `read_ms`: everything
    up to then was read, on any device; None when the server does not say. `answered_ms`: when we
    last said something there.
    """

    newest_msgid: str = ""
    newest_ms: int = 0
    newest_seq: int = 0
    oldest_msgid: str = ""
    oldest_ms: int = 0
    oldest_seq: int = 0
    is_loaded: bool = False
    is_whole: bool = False
    read_ms: int | None = None
    answered_ms: int = 0

    def note(self, msgid: str, time_ms: int, seq: int) -> None:
        """A message is shown behind the others, if it is not an old one that comes late."""
        if not self.oldest_ms:
            self.oldest_msgid, self.oldest_ms, self.oldest_seq = msgid, time_ms, seq
        self.newest_seq = max(self.newest_seq, seq)
        if time_ms >= self.newest_ms:
            self.newest_ms = time_ms
            self.newest_msgid = msgid or self.newest_msgid


@dataclass(slots=True)
class Buffer:
    """One window. `members` is only for rooms; `messages` is bounded, oldest gone first.

    `joined`: we are in this room now. `wanted`: go back to it after a reconnect,
    with `room_key` where it needs one.
    """

    name: str
    kind: BufferKind
    messages: deque[MessageReceived]
    joined: bool = False
    wanted: bool = False
    room_key: str = ""
    is_closing: bool = False
    topic: str = ""
    typing: dict[NickKey, tuple[str, int]] = field(default_factory=dict)  # until when, at most
    bans: tuple[MaskRow, ...] = ()  # as they were shown last
    members: dict[NickKey, Member] = field(default_factory=dict)
    unread: int = 0
    mentions: int = 0
    speakers: OrderedDict[NickKey, str] = field(default_factory=OrderedDict)
    past: Past = field(default_factory=Past)

    def keep_older(self, messages: Sequence[MessageReceived]) -> None:
        """Remember what was said before everything here, as far as there is room."""
        room = (self.messages.maxlen or 0) - len(self.messages)
        self.messages.extendleft(reversed(messages[max(0, len(messages) - room) :]))

    def recent_speakers(self) -> list[str]:
        """Nicks that spoke here, the latest first."""
        return list(reversed(self.speakers.values()))

    def typing_at(self, now_ms: int) -> list[str]:
        """Who writes something here now, as far as we were told."""
        return [nick for nick, until_ms in self.typing.values() if until_ms > now_ms]

    def note_typing(self, nick: str, until_ms: int) -> None:
        """`nick` writes; past `TYPING_MAX` whoever began first is forgotten."""
        self.typing.pop(nick_key(nick), None)
        self.typing[nick_key(nick)] = (nick, until_ms)
        if len(self.typing) > TYPING_MAX:
            del self.typing[next(iter(self.typing))]

    def add_member(self, member: Member) -> None:
        """Note that `member` is here, unless `MEMBERS_MAX` others are."""
        if len(self.members) < MEMBERS_MAX:
            self.members[nick_key(member.nick)] = member

    def note_speaker(self, nick: str) -> None:
        """Move `nick` to the front of the speakers; past `SPEAKERS_MAX` the oldest is forgotten."""
        key = nick_key(nick)
        self.speakers[key] = nick
        self.speakers.move_to_end(key)
        if len(self.speakers) > SPEAKERS_MAX:
            self.speakers.popitem(last=False)

    def rename(self, old: str, new: str) -> bool:
        """Carry a nick change into members and speakers; whether it was a member."""
        member = self.members.pop(nick_key(old), None)
        if member is not None:
            member.nick = new
            self.members[nick_key(new)] = member
        spoke = self.speakers.pop(nick_key(old), None)
        if spoke is not None:
            self.note_speaker(new)
        return member is not None


class Model:
    """Everything known about one server. Owner: the session's thread."""

    def __init__(
        self, nick: str, messages_per_buffer_max: int, highlight_words: Iterable[str] = ()
    ) -> None:
        self.nick = nick
        self.account = ""
        self.network = ""
        self.server = ""
        self.away = ""  # the reason of our last /away
        self.is_away = False
        self.highlight_words = tuple(highlight_words)
        self.channel_types = "#"
        self.status_prefixes = ""
        self.prefix_modes: Mapping[str, str] = {"o": "@", "v": "+"}
        self._messages_max = messages_per_buffer_max
        self._msgids: OrderedDict[str, None] = OrderedDict()
        self._focused = BufferKey("")
        self._buffers: dict[BufferKey, Buffer] = {}
        self._add(SERVER, BufferKind.SERVER)

    # --- reading ---

    def __iter__(self) -> Iterator[Buffer]:
        """The windows in the order they were opened, the server's first."""
        return iter(self._buffers.values())

    @property
    def focused(self) -> Buffer:
        """The window the person looks at; the server's when that one is gone."""
        return self._buffers.get(self._focused) or self._buffers[BufferKey(SERVER)]

    def get(self, name: str) -> Buffer | None:
        """The window called `name`, under casefolding."""
        return self._buffers.get(BufferKey(fold(name)))

    def is_room_name(self, name: str) -> bool:
        """Tell whether `name` is one of a room on this server."""
        return name[:1] != "" and name[:1] in self.channel_types

    def room_in(self, target: str) -> str:
        """The room that `target` names, also as "@#room" (its operators only); "" for a person."""
        room = target.lstrip(self.status_prefixes) if self.status_prefixes else target
        return room if self.is_room_name(room) else ""

    def is_me(self, nick: str) -> bool:
        """Tell whether `nick` is us."""
        return nick_key(nick) == nick_key(self.nick)

    def rooms(self) -> list[Buffer]:
        """The rooms we are in."""
        return [buffer for buffer in self if buffer.joined]

    def windows_of(self, nick: str) -> tuple[str, ...]:
        """The names of the windows `nick` is known in: rooms with it, and the conversation."""
        key = nick_key(nick)
        return tuple(
            buffer.name
            for buffer in self
            if key in buffer.members
            or (buffer.kind is BufferKind.PRIVATE and nick_key(buffer.name) == key)
        )

    # --- changing: a face ---

    def focus(self, name: str) -> Buffer:
        """Say that the person looks at window `name` now (made if new): nothing in it is unread."""
        buffer = self.open(name)
        self._focused = BufferKey(fold(name))
        buffer.unread = buffer.mentions = 0
        return buffer

    def unfocus(self) -> None:
        """Say that the person looks elsewhere: what comes counts as unread in every window."""
        self._focused = BufferKey("\0")

    def close(self, name: str) -> None:
        """Forget window `name`, a room's as soon as we have left it; the server's stays."""
        buffer = self.get(name)
        if buffer is None or buffer.kind is BufferKind.SERVER:
            return
        if buffer.joined:
            buffer.is_closing = True
        else:
            del self._buffers[BufferKey(fold(name))]

    # --- changing: the session ---

    def open(self, name: str) -> Buffer:
        """The window called `name`, made if there is none."""
        found = self.get(name)
        if found is not None:
            return found
        kind = BufferKind.ROOM if self.is_room_name(name) else BufferKind.PRIVATE
        same_kind = [(key, buffer) for key, buffer in self._buffers.items() if buffer.kind is kind]
        if len(same_kind) >= BUFFERS_MAX:
            quietest, _ = min(same_kind, key=lambda entry: (entry[1].joined, _last_ms(entry[1])))
            del self._buffers[quietest]
        return self._add(name, kind)

    def knows_msgid(self, msgid: str) -> bool:
        """Tell whether `msgid` was seen, without remembering it."""
        return msgid in self._msgids

    def is_new_msgid(self, msgid: str) -> bool:
        """Tell whether `msgid` is seen for the first time, and remember it. "" is always new."""
        if not msgid:
            return True
        if msgid in self._msgids:
            return False
        self._msgids[msgid] = None
        if len(self._msgids) > MSGIDS_MAX:
            self._msgids.popitem(last=False)
        return True

    def keep(self, message: MessageReceived) -> None:
        """Remember `message`, and count it unless the person looks at its window or wrote it."""
        buffer = self.open(message.buffer)
        buffer.messages.append(message)
        if message.own:
            if not message.is_history:  # who answers has read, also from another window
                buffer.unread = buffer.mentions = 0
                buffer.past.answered_ms = message.time_ms
            return
        buffer.note_speaker(message.nick)
        if BufferKey(fold(message.buffer)) != self._focused and _is_unread(buffer, message):
            buffer.unread += 1
            buffer.mentions += message.mention or message.is_private

    def mark_read(self, buffer: Buffer, read_ms: int) -> bool:
        """Everything in `buffer` up to `read_ms` was read; whether that is news."""
        if buffer.past.read_ms is not None and read_ms <= buffer.past.read_ms:
            return False
        buffer.past.read_ms = read_ms
        unread = [
            message for message in buffer.messages if message.time_ms > read_ms and not message.own
        ]
        buffer.unread = min(buffer.unread, len(unread))
        mentions = sum(message.mention or message.is_private for message in unread)
        buffer.mentions = min(buffer.mentions, mentions)
        return True

    def rename(self, old: str, new: str) -> tuple[str, ...]:
        """Carry a nick change everywhere; the windows it shows in, by their names afterwards."""
        names = []
        if self.is_me(old):
            self.nick = new
        private = self.get(old)
        if (
            private is not None
            and private.kind is BufferKind.PRIVATE
            and (self.get(new) in (None, private))
        ):
            self._move(private, old, new)
        for buffer in self:
            known = buffer.rename(old, new)
            if known or (buffer.kind is BufferKind.PRIVATE and buffer.name == new):
                names.append(buffer.name)
        return tuple(names)

    def rename_room(self, old: str, new: str) -> Buffer:
        """The window of a room that has a new name now; one that had that name goes."""
        buffer = self.open(old)
        if key_of(old) != key_of(new):
            self._buffers.pop(key_of(new), None)
        self._move(buffer, old, new)
        return buffer

    def entered(self, buffer: Buffer) -> None:
        """We are in this room now, and who else is will be told."""
        buffer.joined = buffer.wanted = True
        buffer.is_closing = False
        buffer.members.clear()

    def left(self, buffer: Buffer) -> None:
        """We are no longer in this room; what was said stays readable."""
        buffer.joined = buffer.wanted = False
        buffer.members.clear()
        if buffer.is_closing:
            self.close(buffer.name)

    def lost(self) -> None:
        """The connection is gone: we are nowhere, but remember where we want to be."""
        for buffer in self:
            buffer.joined = False
            buffer.wanted = buffer.wanted and not buffer.is_closing
            buffer.members.clear()

    def _move(self, buffer: Buffer, old: str, new: str) -> None:
        """Give a window its new name in its old place."""
        old_key, new_key = BufferKey(fold(old)), BufferKey(fold(new))
        buffer.name = new
        self._buffers = {
            (new_key if key == old_key else key): value for key, value in self._buffers.items()
        }
        if self._focused == old_key:
            self._focused = new_key

    def _add(self, name: str, kind: BufferKind) -> Buffer:
        buffer = Buffer(name, kind, deque(maxlen=self._messages_max))
        self._buffers[BufferKey(fold(name))] = buffer
        return buffer


def key_of(name: str) -> BufferKey:
    """The key of the window called `name`."""
    return BufferKey(fold(name))


def _is_unread(buffer: Buffer, message: MessageReceived) -> bool:
    """History counts only where we know how far it was read."""
    read_ms = buffer.past.read_ms
    if read_ms is not None:
        return message.time_ms > read_ms
    return buffer.past.is_loaded or not message.is_history


def _last_ms(buffer: Buffer) -> int:
    return buffer.messages[-1].time_ms if buffer.messages else 0
