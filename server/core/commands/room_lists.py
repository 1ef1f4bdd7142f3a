"""NAMES and LIST: who is in a room, and which rooms there are. JOIN shows the names, too.

Both may be long and are told piece by piece (stream.py): by ids and keys that were taken at the
beginning, each looked at again when its turn comes. Sources: Modern IRC, "NAMES message" and "LIST
message"; IRCv3 multi-prefix, userhost-in-names.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from irc import caps, numerics
from irc.framing import BODY_BYTES_MAX
from irc.message import Message
from irc.names import room_key
from server.core.facts import UserId
from server.core.listing import RoomFilter, parse_filter
from server.core.modes import prefix_of
from server.core.permissions import may_see_room, may_see_user
from server.core.stream import Item
from server.core.turn import Turn
from server.core.world import Room, Session


def names(turn: Turn, message: Message) -> None:
    """NAMES <room>{,<room>}. Without a room it names nobody: LIST and WHO show what there is."""
    settings = turn.world.settings
    wanted = message.params[0].split(",") if message.params else ["*"]
    for name in wanted[: settings.targets_max]:
        room = turn.world.rooms.get(room_key(name))
        if room is not None and may_see_room(turn.user, room):
            turn.stream(names_items(turn, turn.session, room, name))
        else:
            turn.reply(numerics.RPL_ENDOFNAMES, name, "End of /NAMES list")
    for name in wanted[settings.targets_max :]:
        turn.reply(numerics.ERR_TOOMANYTARGETS, name, "Too many targets")


def names_items(turn: Turn, session: Session, room: Room, asked: str = "") -> Iterator[Item]:
    """Who is in the room, as far as the session's user may see them, and the end of the list.

    A line is made of who is there when it is told: somebody who leaves between two pieces must not
    be named behind their PART.
    """
    lines = _NameLines(turn, session, room)
    for member in tuple(room.members):
        word = lines.word(member)
        if word:
            if lines.is_full_with(word):
                yield lines.take()
            lines.hold(member, word)
        yield None
    while lines.held:
        yield lines.take()
    end = (asked or room.name, "End of /NAMES list")
    yield turn.line(None, numerics.RPL_ENDOFNAMES, lines.user.nick, *end)


def name_words(turn: Turn, session: Session, room: Room) -> Iterator[str]:
    """Everybody in the room as the session of a member names them, at once."""
    lines = _NameLines(turn, session, room)
    return (lines.word(member) for member in tuple(room.members))


class _NameLines:
    """RPL_NAMREPLY in the making: `held` are the members for the next line, `size` its bytes."""

    def __init__(self, turn: Turn, session: Session, room: Room) -> None:
        self._turn = turn
        self._world = turn.world
        self._session = session
        self._room = room
        self.user = turn.world.user_of(session)
        self.held: deque[UserId] = deque()
        self._size = self._head_bytes()

    def is_full_with(self, word: str) -> bool:
        """Whether this one needs another line."""
        return bool(self.held) and self._size + _bytes(word) > BODY_BYTES_MAX

    def hold(self, member: UserId, word: str) -> None:
        """Name this one in the next line."""
        self.held.append(member)
        self._size += _bytes(word)

    def take(self) -> Item:
        """The line, of those held who are still there, as far as they fit; the others stay held."""
        words: list[str] = []
        size = self._head_bytes()
        while self.held:
            word = self.word(self.held[0])
            if words and size + _bytes(word) > BODY_BYTES_MAX:
                break
            self.held.popleft()
            if word:
                words.append(word)
                size += _bytes(word)
        self._size = self._head_bytes() + sum(_bytes(self.word(each)) for each in self.held)
        if not words:
            return None
        return self._turn.line(None, numerics.RPL_NAMREPLY, *self._params(), " ".join(words))

    def _params(self) -> tuple[str, str, str]:
        return self.user.nick, "@" if "s" in self._room.modes else "=", self._room.name

    def _head_bytes(self) -> int:
        server, params = self._world.settings.server_name, " ".join(self._params())
        return len(f":{server} {numerics.RPL_NAMREPLY} {params} :\r\n".encode()) - 1

    def word(self, member: UserId) -> str:
        """The member as they are named; "" for who has left, or is not to be seen."""
        flags = self._room.members.get(member)
        if flags is None or not may_see_room(self.user, self._room):
            return ""
        who, asker = self._world.users[member], self.user
        if asker.id not in self._room.members and not may_see_user(self._world, asker, who):
            return ""
        prefix = prefix_of(flags, all_of_them=self._session.has(caps.MULTI_PREFIX))
        return prefix + (who.source if self._session.has(caps.USERHOST_IN_NAMES) else who.nick)


def _bytes(word: str) -> int:
    """With the space before it; the first one's stands for the colon."""
    return len(word.encode()) + 1


def list_(turn: Turn, message: Message) -> None:
    """LIST [<room or condition>{,<room or condition>}]: in the order in which they were made."""
    chosen = parse_filter(",".join(message.params[:2]))
    turn.reply(numerics.RPL_LISTSTART, "Channel", "Users  Name")
    turn.stream(_list_items(turn, chosen))


def _list_items(turn: Turn, chosen: RoomFilter) -> Iterator[Item]:
    """One line for each room that fits. A room costs as many items as there are masks to compare
    it with.
    """
    world, user, at_ms = turn.world, turn.user, turn.stamp.at_ms
    keys = tuple(world.rooms) if chosen.has_to_look else tuple(sorted(chosen.keys))
    for key in keys:
        room = world.rooms.get(key)
        for _ in range(chosen.weight):
            yield None
        if room is None or not may_see_room(user, room) or not chosen.matches(key, room, at_ms):
            yield None
        else:
            params = (user.nick, room.name, str(len(room.members)), room.topic)
            yield turn.line(None, numerics.RPL_LIST, *params)
    yield turn.line(None, numerics.RPL_LISTEND, user.nick, "End of /LIST")
