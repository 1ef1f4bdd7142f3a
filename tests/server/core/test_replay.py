"""Random chats: whatever is said, these hold after every step.

- Replaying all facts gives an equal world, every line is one line that fits, and each session hears
  exactly its rooms (checked by `Chat` itself).
- The world is consistent: names are unique, members and rooms agree, no room is empty for nothing.
- A naive model of an IRC client, which knows only what its session was told, knows who is in its
  rooms with which letters, and their topics. So nobody is told too little or the wrong thing.
- Every input is answered or carried out without an exception.
- The log can keep its promise: numbers have no gap, times do not run back, no id comes twice.
- A start from the log makes the rooms that were left, with their settings.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings, strategies as st

from irc.errors import ProtocolError
from irc.message import Message, parse_line
from irc.names import nick_key, room_key, skeleton
from server.core.apply import replay
from server.core.events import (
    AccountsRevoked,
    ClockTicked,
    Dialect,
    RoomAdministered,
    SettingsLoaded,
)
from server.core.permissions import is_banned, is_silenced
from server.core.restore import restored_facts
from server.core.settings import Operator
from server.core.world import MASK_DEADLINE, Room, World
from server.log.sqlite import SqliteLog
from tests.support.chat import PASSWORD, Chat, Heard
from tests.support.random_lines import SESSIONS, steps

ACCOUNTS = {"ana": "ana", "ana2": "ana", "bob": "Bob", "root": "root"}
ADDRESSES = {"root": "192.0.2.1", "ana2": "2001:db8::1"}
CAPS = {
    "ana": "multi-prefix message-tags server-time account-tag echo-message labeled-response batch"
    " draft/chathistory draft/event-playback draft/message-redaction soju.im/search tlschat/once"
    " draft/metadata-2",
    "ana2": "multi-prefix",
    "bob": "multi-prefix extended-join away-notify account-notify draft/read-marker tlschat/once"
    " draft/channel-rename invite-notify batch draft/metadata-2",
    "carl": "multi-prefix batch draft/metadata-2",
    "root": "multi-prefix cap-notify batch draft/metadata-2",
}
LIMITS = {
    "accounts_required": False,
    "nick_policy": "free",
    "sessions_max": 2,
    "rooms_per_user_max": 3,
    "members_per_room_max": 4,
    "rooms_max": 4,
    "masks_per_room_max": 2,
    "address_bans_max": 2,
    "targets_max": 2,
    "metadata_keys_max": 2,
    "metadata_subscriptions_max": 3,
    "metadata_changes_per_minute_max": 6,
    "new_targets_per_minute_max": 2,
    "login_attempts_max": 3,
    "history_events": True,
    "operators": {"root": Operator("root", account=nick_key("root"))},
}

# What a client knows.


SIGNS = {"q": "~", "o": "@", "v": "+"}


class Client:
    """What one IRC session can know of its rooms, by its lines alone: {room: {nick: prefixes}}."""

    def __init__(self) -> None:
        self.nick = ""
        self.members: dict[str, dict[str, str]] = {}
        self.topics: dict[str, str] = {}
        self.pages: set[str] = set()

    def hear(self, message: Message) -> None:
        """One line, as any client would take it. What is in a page of history is over."""
        if message.command == "BATCH" and "chathistory" in message.params:
            self.pages.add(message.params[0][1:])
        if message.tags.get("batch") in self.pages:
            return
        who = message.source.partition("!")[0]
        # A room whose name changes its case only is the same: the old name is as good.
        params = tuple(room_key(each) if each[:1] == "#" else each for each in message.params)
        match message.command, params:
            case "001", (nick, _):
                self.nick = nick
            case "JOIN", (room, *_):
                if who == self.nick:
                    self.members[room] = {}
                    self.topics[room] = ""
                self.members[room][who] = ""
            case "353", (_, _, room, names) if room in self.members:
                for name in names.split():
                    nick = name.lstrip("~@+")
                    self.members[room][nick] = name.removesuffix(nick)
            case ("332", (_, room, topic)) | ("TOPIC", (room, topic)) if room in self.members:
                self.topics[room] = topic
            case "RENAME", (room, name, _) if room in self.members:
                self.members[name] = self.members.pop(room)
                self.topics[name] = self.topics.pop(room)
            case "PART", (room, *_):
                self.leave(room, who)
            case "KICK", (room, nick, _):
                self.leave(room, nick)
            case "QUIT", _:
                for room in self.members:
                    self.members[room].pop(who, None)
            case "NICK", (nick,):
                self.nick = nick if who == self.nick else self.nick
                for members in self.members.values():
                    if who in members:
                        members[nick] = members.pop(who)
            case "MODE", (room, letters, *names) if room in self.members:
                self.change(self.members[room], letters, names)

    def leave(self, room: str, nick: str) -> None:
        """Somebody left. An operator who kicks from outside hears of a room that is not theirs."""
        if nick == self.nick:
            self.members.pop(room, None)
            self.topics.pop(room, None)
        elif room in self.members:
            del self.members[room][nick]

    def change(self, members: dict[str, str], letters: str, names: list[str]) -> None:
        """A MODE line of a room; only q, o and v say something about members."""
        left = iter(names)
        sign = "+"
        for letter in letters:
            if letter in "+-":
                sign = letter
            elif letter in SIGNS:
                nick, prefix = next(left), SIGNS[letter]
                without = members[nick].replace(prefix, "")
                members[nick] = "".join(sorted(without + prefix, reverse=True))
                members[nick] = members[nick] if sign == "+" else without
            elif letter in "beIk" or (letter in "lS" and sign == "+"):
                next(left)


def test_the_client_model_reads_prefixes_by_rank():
    """The model itself must not be what fails: "@" comes before "+"."""
    client = Client()
    members = {"ana": ""}
    client.change(members, "+vo-i+b", ["ana", "ana", "x!*@*"])
    assert members == {"ana": "@+"}
    client.change(members, "-v", ["ana"])
    assert members == {"ana": "@"}


# The test.


class Play:
    """A chat with everybody in it, the clients' knowledge, and the checks."""

    def __init__(self) -> None:
        self.chat = Chat(**LIMITS)
        self.clients: dict[str, Client] = {}
        for name in SESSIONS:
            self.connect(name)
        assert all(session.user for session in self.chat.world.sessions.values())
        self.do("ana", "JOIN #a,#b")
        self.do("bob", "JOIN #a")
        self.do("carl", "JOIN #A")
        self.do("ana2", "MODE #a +vob bob bob x")
        self.do("ana", "MODE #b +ib x")
        self.do("ana", "INVITE bob #b")
        self.do("ana", "INVITE carl #b")

    def connect(self, name: str) -> None:
        """The session comes in, if its nick or account lets it."""
        address = ADDRESSES.get(name, "198.51.100.7")
        if name == "sim":
            self.chat.wires.pop(name, None)
            self.chat.connect(name, Dialect.SIMPLE, address)
            if not self.chat.is_closed(name):
                self.told(self.chat.say(name, "NICK sim"))
            return
        self.chat.wires.pop(name, None)
        self.clients[name] = Client()
        self.chat.connect(name, address=address)
        account = ACCOUNTS.get(name)
        for line in (
            f"CAP REQ :{CAPS[name]}",
            *([f"PASS {account}:{PASSWORD}"] if account else []),
            f"NICK {account or name}",
            f"USER {name} 0 * :{name}",
            "CAP END",
        ):
            if not self.chat.is_closed(name):
                self.told(self.chat.say(name, line))

    def do(self, subject: str, line: str | None) -> None:
        """One step: somebody says something, comes, goes, is thrown out; the config changes."""
        if subject == "revoke":
            self.told(self.chat.event(AccountsRevoked(frozenset({line or ""}))))
        elif subject == "clock":
            self.chat.at_ms += 5000
            self.told(self.chat.event(ClockTicked()))
        elif subject == "order":
            self.told(self.chat.event(RoomAdministered(line, lambda answer: None)))
        elif subject == "default rooms":
            names = tuple((line or "").split(","))
            changed = replace(self.chat.world.settings, default_rooms=names)
            self.told(self.chat.event(SettingsLoaded(changed)))
        elif subject not in self.chat.wires or self.chat.is_closed(subject):
            self.connect(subject)
        elif line is None:
            self.told(self.chat.lose(subject))
        else:
            with suppress(ProtocolError):  # what is no line never gets this far
                self.told(self.chat.say(subject, line))

    def told(self, heard: Heard) -> None:
        """Let the clients have their lines."""
        for name, lines in heard.items():
            if name in self.clients:
                for line in lines:
                    assert "  " not in line.partition(" :")[0] + " ", "an empty parameter"
                    self.clients[name].hear(parse_line(line.encode()))

    def check(self) -> None:
        """All that must hold between two steps."""
        check_world(self.chat.world)
        for name, client in self.clients.items():
            wire = self.chat.wires.get(name)
            session = self.chat.world.sessions.get(wire.session) if wire else None
            if session is not None and session.user is not None:
                user = self.chat.world.users[session.user]
                assert client.nick == user.nick
                assert client.members == rooms_of(self.chat.world, user), name
                for room, topic in client.topics.items():
                    assert topic == self.chat.world.rooms[room_key(room)].topic


def rooms_of(world: World, user) -> dict[str, dict[str, str]]:
    """The rooms of a user as a client shows them."""
    return {
        key: {
            member.nick: "".join(SIGNS[letter] for letter in "qov" if letter in flags)
            for member, flags in world.members_of(world.rooms[key])
        }
        for key in user.rooms
    }


def check_world(world: World) -> None:
    """The parts of the world agree with each other."""
    users = world.users.values()
    assert world.nicks == {nick_key(user.nick): user.id for user in users}
    assert world.skeletons == {skeleton(user.nick): user.id for user in users}
    assert len(world.nicks) == len(world.skeletons) == len(world.users)
    assert world.accounts == {nick_key(user.account): user.id for user in users if user.account}
    for user in users:
        assert user.sessions
        assert all(world.sessions[id_] is session for id_, session in user.sessions.items())
        assert all(session.user == user.id for session in user.sessions.values())
        assert all(user.id in world.rooms[key].members for key in user.rooms)
        assert all(user.id in world.rooms[key].invited for key in user.invited)
        assert not user.invited & user.rooms.keys()
        assert len(user.sessions) <= world.settings.sessions_max
    for key, room in world.rooms.items():
        assert key == room_key(room.name)
        assert room.members or room.founder or world.is_default_room(key)
        assert all(key in world.users[id_].rooms for id_ in room.members)
        assert all(key in world.users[id_].invited for id_ in room.invited)
        for member, flags in world.members_of(room):
            assert flags == "".join(sorted(flags))
            assert set(flags) <= set(SIGNS)
            assert ("q" in flags) == room.is_founder(member)
        assert len(room.access) <= world.settings.masks_per_room_max
        assert sum(map(len, room.masks.values())) <= world.settings.masks_per_room_max
        for letter, listed in room.masks.items():
            for folded, entry in listed.items():
                deadline = (entry.until_ms, MASK_DEADLINE, (key, letter, folded))
                assert not entry.until_ms or deadline in world.deadlines
        assert room.ranked.keys() == {id_ for id_, flags in room.members.items() if flags}
        assert room.verdicts.keys() <= room.members.keys()
        for user in map(world.users.get, room.members):
            remembered = is_banned(user, room), is_silenced(user, room)
            forgetful = replace(room, verdicts={})
            assert remembered == (is_banned(user, forgetful), is_silenced(user, forgetful))
    founders = [room.founder for room in world.rooms.values() if room.founder]
    assert world.owned == dict(Counter(founders))
    by_mode = {(letter, id_) for letter, ids in world.by_mode.items() for id_ in ids}
    assert by_mode == {(letter, user.id) for user in users for letter in user.modes}
    assert all(bool(user.operator) == user.is_operator for user in users)
    kept = [*world.metadata.values(), *(user.metadata for user in users)]
    kept += [room.metadata for room in world.rooms.values()]
    assert all(len(found) <= world.settings.metadata_keys_max for found in kept)
    assert all(world.metadata.values())
    assert not any(user.account and user.metadata for user in users)
    wanted = Counter(key for session in world.sessions.values() for key in session.subscriptions)
    assert world.subscribed == dict(wanted)
    assert world.registered == sum(len(user.sessions) for user in users)
    for ban in world.address_bans.values():
        deadline = (ban.until_ms, "address ban", (ban.network,))
        assert not ban.until_ms or deadline in world.deadlines
    for session in world.sessions.values():
        assert session.user is None or session.id in world.users[session.user].sessions


def check_restart(chat: Chat, folder: str = "") -> None:
    """What a start would find is what there is, but for the members and rooms that are nobody's.

    With a folder it is the real log that is closed there and opened again.
    """
    chat.reader()  # the log takes in all facts, and is strict
    restored = chat.log.restore()
    if folder:
        path = Path(folder) / "history.db"
        with closing(SqliteLog(path)) as log:
            log.accept(chat.facts)
        with closing(SqliteLog(path)) as log:
            restored = log.restore()
    again = replay(World(chat.world.settings), restored_facts(chat.world.settings, restored))
    assert restored.sequences == {key: seq for key, seq in chat.world.sequences.items() if seq}
    assert again.markers == chat.world.markers
    assert again.address_bans == chat.world.address_bans
    assert again.metadata == chat.world.metadata
    assert again.owned == chat.world.owned
    assert again.last_seen == chat.world.last_seen
    for key, room in chat.world.rooms.items():
        if room.founder or key in again.rooms:
            assert settings_of(again.rooms[key]) == settings_of(room)
    assert {key for key, room in again.rooms.items() if room.founder} == {
        key for key, room in chat.world.rooms.items() if room.founder
    }


def settings_of(room: Room) -> tuple[object, ...]:
    """What of a room outlives the process."""
    topic = (room.topic, room.topic_setter, room.topic_at_ms)
    masks = {letter: masks for letter, masks in room.masks.items() if masks}
    rest = (room.modes, room.key, room.limit, room.pace_s, room.access, room.metadata)
    return (room.name, room.founder, *topic, *rest, masks)


@settings(max_examples=3 * settings.default.max_examples)
@given(st.lists(steps, min_size=12, max_size=60))
def test_random_chats(script):
    """What the docstring of this file promises, for any script."""
    play = Play()
    for subject, line in script:
        play.do(subject, line)
        play.check()
    check_restart(play.chat)


@settings(max_examples=settings.default.max_examples // 3)
@given(st.lists(steps, min_size=12, max_size=60))
def test_random_chats_over_a_restart(script):
    """The real log gives back all that outlives the process, whatever has happened."""
    play = Play()
    for subject, line in script:
        play.do(subject, line)
    with tempfile.TemporaryDirectory() as folder:
        check_restart(play.chat, folder)
