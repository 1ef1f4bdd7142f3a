"""What a person may do besides saying something: rooms, people, the past. It needs a connection.

The half of `Session` (session.py) that `execute.py` calls; on the session's thread. Whatever cannot
be done now becomes an `ErrorReply`.
"""

from collections.abc import Mapping, Sequence

from client.core import account, deleting, moderating, past, reading, searching, watching
from client.core.events import ErrorReply
from client.core.moderating import Sentence
from client.core.state import Phase, State
from irc.errors import ProtocolError
from irc.message import parse_line
from irc.names import room_key


class Actions:
    """See the top of the file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def send_raw(self, line: str) -> None:
        """Send `line` as it is, one line."""
        try:
            message = parse_line(line.strip(" ").encode())
        except (ProtocolError, UnicodeEncodeError):
            self._state.emit(ErrorReply(code="bad_parameter", text="", command="RAW"))
            return
        self._send(message.command, *message.params, tags=message.tags)

    def join(self, rooms: Sequence[str], key: str = "") -> None:
        """Go into rooms; while offline, as soon as we are back."""
        for room in rooms:
            name = (
                room
                if self._state.model.is_room_name(room)
                else self._state.model.channel_types[:1] + room
            )
            if self._state.is_online:
                self._send("JOIN", name, *([key] if key else []))
            else:
                self._state.model.open(name).wanted = True
            buffer = self._state.model.get(name)
            if buffer is not None:
                buffer.room_key = key or buffer.room_key

    def part(self, room: str, reason: str = "") -> None:
        """Leave a room; while offline, by not going back."""
        if self._state.is_online:
            self._send("PART", room, *([reason] if reason else []))
        elif (buffer := self._state.model.get(room)) is not None:
            buffer.wanted = False

    def topic(self, room: str, text: str | None = None) -> None:
        """Ask for a room's topic, or set it ("" clears it)."""
        self._send("TOPIC", room, *([] if text is None else [text]))

    def names(self, room: str) -> None:
        """Ask who is in a room."""
        if self._send("NAMES", room):
            self._state.connection.names_requested.add(room_key(room))

    def who(self, target: str) -> None:
        """Ask about the people of a room, or those that match a pattern."""
        self._send("WHO", target)

    def list_rooms(self, pattern: str = "") -> None:
        """Ask which rooms there are."""
        self._send("LIST", *([pattern] if pattern else []))

    def away(self, reason: str = "") -> None:
        """Say that we are away, or ("") back."""
        self._state.model.away = reason
        self._send("AWAY", *([reason] if reason else []))

    def nick(self, nick: str) -> None:
        """Ask for another nick."""
        self._send("NICK", nick)

    def whois(self, nick: str) -> None:
        """Ask who somebody is."""
        self._send("WHOIS", nick)

    def invite(self, nick: str, room: str) -> None:
        """Invite somebody into a room."""
        self._send("INVITE", nick, room)

    def kick(self, room: str, nick: str, reason: str = "") -> None:
        """Remove somebody from a room."""
        self._send("KICK", room, nick, *([reason] if reason else []))

    def mode(self, target: str, arguments: Sequence[str] = ()) -> None:
        """Ask for modes, or change them."""
        self._send("MODE", target, *arguments)

    def set_realname(self, realname: str) -> None:
        """Ask for another real name."""
        self._send("SETNAME", realname)

    def change_password(self, old: str, new: str) -> None:
        """Ask for a new password of our account."""
        if self._is_online("PASSWD"):
            account.change_password(self._state, old, new)

    # --- managing rooms and people ---

    def ban(self, sentence: Sentence) -> None:
        """Keep somebody out of a room, or quiet in it."""
        if self._is_online("MODE"):
            moderating.ban(self._state, sentence)

    def unban(self, room: str, name: str, *, is_mute: bool = False) -> None:
        """Take that back, by a name, a mask, or a number of the list shown last."""
        if self._is_online("MODE"):
            moderating.ask_list(self._state, room, name, is_mute=is_mute)

    def bans(self, room: str) -> None:
        """Ask who is banned or muted in a room."""
        if self._is_online("MODE"):
            moderating.ask_list(self._state, room)

    def rename(self, room: str, name: str) -> None:
        """Ask for another name of a room."""
        is_room = self._state.model.is_room_name(name)
        self._send("RENAME", room, name if is_room else self._state.model.channel_types[:1] + name)

    def notify(self, nicks: Sequence[str]) -> None:
        """Watch people, see `watching.change`."""
        if self._is_online("MONITOR"):
            watching.change(self._state, nicks)

    # --- the past ---

    def look_at(self, name: str, now_ms: int) -> None:
        """A person opens window `name`: nothing in it is unread, and its past is fetched."""
        self._state.advance(now_ms)
        self._state.model.focus(name)
        if self._state.is_online:
            past.look_at(self._state, name)

    def fetch_latest(self, name: str, now_ms: int) -> None:
        """Fetch the past of the conversation with `name` without looking at it."""
        self._state.advance(now_ms)
        if self._is_online("CHATHISTORY"):
            past.look_at(self._state, name)

    def fetch_history(self, window: str, count: int, now_ms: int) -> None:
        """Ask for `count` messages from before those we have of `window`."""
        self._state.advance(now_ms)
        if self._is_online("CHATHISTORY"):
            past.fetch_older(self._state, self._state.model.open(window), count)

    def search(self, words: str, window: str = "") -> None:
        """Ask for messages with `words` in them, in `window` or everywhere."""
        if self._is_online("SEARCH"):
            searching.ask(self._state, words, window)

    def delete_last(self, window: str) -> None:
        """Take back the last thing we said in `window`."""
        if self._is_online("REDACT"):
            deleting.delete_last(self._state, self._state.model.open(window))

    # --- leaving ---

    def quit(self, reason: str = "") -> None:
        """Leave the server, for good."""
        if self._state.connection.phase is not Phase.OFFLINE:
            reading.mark(self._state, is_leaving=True)
            self._state.send("QUIT", *([reason] if reason else []))
        self._state.close("quit", may_retry=False)
        self._state.may_retry = False

    def _is_online(self, command: str) -> bool:
        if not self._state.is_online:
            self._state.emit(ErrorReply(code="offline", text="", command=command))
        return self._state.is_online

    def _send(self, command: str, *params: str, tags: Mapping[str, str] | None = None) -> bool:
        return self._is_online(command) and self._state.send(command, *params, tags=tags)
