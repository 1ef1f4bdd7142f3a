"""A small server that keeps what is said, for several clients, without a socket.

It has `tlschat/once`, `draft/chathistory`, `draft/read-marker`, `soju.im/search` and
`draft/message-redaction`, as far as a client needs them. Its log outlives every connection.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from client.core.event_json import time_text
from irc.framing import LineBuffer
from irc.message import Message, format_message, parse_line
from irc.tags import parse_tags

CAPS = (
    "account-tag batch echo-message labeled-response message-tags sasl=PLAIN server-time"
    " tlschat/once draft/chathistory draft/read-marker soju.im/search draft/message-redaction"
    " draft/event-playback"
)


@dataclass(frozen=True)
class Kept:
    """A message in the log."""

    msgid: str
    at_ms: int
    seq: int
    conversation: str
    nick: str
    command: str
    target: str
    text: str
    once: str = ""


class Peer:
    """One connection: `receive` what the client wrote, `take` what it is to read."""

    def __init__(self, server: "KeepingServer") -> None:
        self.server = server
        self.nick = "*"
        self.account = ""
        self.caps: set[str] = set()
        self.rooms: set[str] = set()
        self.has_user = self.is_negotiating = self.is_in = False
        self.out = b""
        self._lines = LineBuffer()

    def receive(self, octets: bytes) -> None:
        """Work through what arrived."""
        for line in self._lines.feed(octets):
            assert isinstance(line, bytes)
            self.server.handle(self, parse_line(line))

    def send(self, command: str, *params: str, source: str = "srv", **tags: str) -> None:
        """Say a line; tags with "_" stand for those with "/". No label but for those who can."""
        if "labeled-response" not in self.caps:
            tags["label"] = ""
        named = {key.replace("_", "/"): value for key, value in tags.items() if value}
        self.out += format_message(Message(command, params, source, named))

    def take(self) -> bytes:
        """What to read."""
        octets, self.out = self.out, b""
        return octets


@dataclass
class KeepingServer:
    """See the top of the file. Attributes may be changed by a test at any time."""

    caps: str = CAPS
    page_max: int = 100
    page_chars_max: int = 1_000_000
    isupport: str = "CHANTYPES=# PREFIX=(ov)@+ NETWORK=Tea"
    is_full: bool = False
    shows_once: bool = True  # in history, too
    references: str = "msgid,timestamp"
    silent: frozenset[str] = frozenset()  # commands that are not answered
    refused: frozenset[str] = frozenset()  # subcommands of CHATHISTORY
    empty: bool = False  # ACK instead of history
    now_ms: int = 1_000_000
    log: list[Kept] = field(default_factory=list)
    markers: dict[tuple[str, str], int] = field(default_factory=dict)
    peers: list[Peer] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    _numbers: int = 0

    def connect(self) -> Peer:
        """A new connection."""
        self.peers.append(Peer(self))
        return self.peers[-1]

    def hang_up(self, peer: Peer) -> None:
        """The connection is gone."""
        self.peers.remove(peer)

    def handle(self, peer: Peer, heard: Message) -> None:
        """Do what a line asks for."""
        self.lines.append(format_message(heard).decode().rstrip())
        handler = getattr(self, f"_on_{heard.command.lower()}", None)
        label = heard.tags.get("label", "")
        if heard.command in self.silent:
            return
        if handler is None:
            peer.send("421", peer.nick, heard.command, "Unknown command", label=label)
        else:
            handler(peer, heard, label)
        if peer.has_user and not (peer.is_negotiating or peer.is_in):
            peer.is_in = True
            peer.send("001", peer.nick, "Welcome")
            tokens = f"{self.isupport} CHATHISTORY={self.page_max} MSGREFTYPES={self.references}"
            peer.send("005", peer.nick, *tokens.split(), "are supported")
            peer.send("422", peer.nick, "No MOTD")

    def say(
        self, nick: str, target: str, text: str, once: str = "", command: str = "PRIVMSG"
    ) -> Kept:
        """Keep a message, and deliver it to all but its sender; it."""
        is_room = target.startswith("#")
        conversation = target if is_room else " ".join(sorted((nick, target)))
        earlier = [kept for kept in self.log if kept.conversation == conversation]
        self._numbers += 1
        seq = earlier[-1].seq + 1 if earlier else 1
        msgid = f"m{self._numbers}"
        self.now_ms += 1
        kept = Kept(msgid, self.now_ms, seq, conversation, nick, command, target, text, once)
        self.log.append(kept)
        for peer in self.peers:
            if peer.is_in and peer.nick != nick and (target in peer.rooms or peer.nick == target):
                self._show(peer, replace(kept, once=""))
        return kept

    def _show(self, peer: Peer, kept: Kept, **tags: str) -> None:
        numbers = {"tlschat_seq": str(kept.seq)} if "tlschat/once" in peer.caps else {}
        peer.send(
            kept.command,
            kept.target,
            kept.text,
            source=f"{kept.nick}!u@host",
            time=time_text(kept.at_ms),
            msgid=kept.msgid,
            account=kept.nick,
            tlschat_once=kept.once,
            **numbers,
            **tags,
        )

    # --- commands ---

    def _on_cap(self, peer: Peer, heard: Message, _label: str) -> None:
        match heard.params:
            case ("LS", *_):
                peer.is_negotiating = True
                peer.send("CAP", "*", "LS", self.caps)
            case ("REQ", names):
                peer.caps |= set(names.split())
                peer.send("CAP", "*", "ACK", names)
            case ("END",):
                peer.is_negotiating = False

    def _on_nick(self, peer: Peer, heard: Message, _label: str) -> None:
        peer.nick = heard.params[0]

    def _on_user(self, peer: Peer, _heard: Message, _label: str) -> None:
        peer.has_user = True

    def _on_authenticate(self, peer: Peer, heard: Message, _label: str) -> None:
        if heard.params == ("PLAIN",):
            peer.send("AUTHENTICATE", "+")
            return
        peer.account = base64.b64decode(heard.params[0]).decode().split("\0")[1]
        peer.send("900", peer.nick, f"{peer.nick}!u@host", peer.account, "You are logged in")
        peer.send("903", peer.nick, "Welcome")

    def _on_ping(self, peer: Peer, heard: Message, label: str) -> None:
        peer.send("PONG", "srv", heard.params[0], label=label)

    def _on_quit(self, _peer: Peer, _heard: Message, _label: str) -> None:
        pass

    def _on_join(self, peer: Peer, heard: Message, _label: str) -> None:
        room = heard.params[0]
        if room in peer.rooms:
            return
        peer.rooms.add(room)
        self.now_ms += 2
        for other in self.peers:
            if room in other.rooms:
                other.send("JOIN", room, source=f"{peer.nick}!u@host", time=time_text(self.now_ms))
        if "draft/read-marker" in peer.caps:
            self._tell_marker(peer, room)
        names = " ".join(other.nick for other in self.peers if room in other.rooms)
        peer.send("353", peer.nick, "=", room, names)
        peer.send("366", peer.nick, room, "End of NAMES")

    def _on_privmsg(self, peer: Peer, heard: Message, label: str) -> None:
        target, text = heard.params
        once = heard.tags.get("tlschat/once", "")
        known = next((k for k in self.log if once and (k.nick, k.once) == (peer.nick, once)), None)
        if known is not None:
            self._show(peer, known, label=label)
        elif self.is_full:
            peer.send("FAIL", heard.command, "STORAGE_ERROR", target, "No room", label=label)
        else:
            kept = self.say(peer.nick, target, text, once, heard.command)
            if once or "echo-message" in peer.caps:
                self._show(peer, kept, label=label)

    _on_notice = _on_privmsg

    def _on_markread(self, peer: Peer, heard: Message, _label: str) -> None:
        target, *stamp = heard.params
        if stamp:
            at_ms = self._at(stamp[0])
            key = (peer.account, target)
            self.markers[key] = max(at_ms, self.markers.get(key, 0))
        self._tell_marker(peer, target)

    def _tell_marker(self, peer: Peer, target: str) -> None:
        at_ms = self.markers.get((peer.account, target), 0)
        peer.send("MARKREAD", target, f"timestamp={time_text(at_ms)}" if at_ms else "*")

    def _on_redact(self, peer: Peer, heard: Message, label: str) -> None:
        target, msgid = heard.params[:2]
        found = next((kept for kept in self.log if kept.msgid == msgid), None)
        if found is None:
            peer.send("FAIL", "REDACT", "UNKNOWN_MSGID", target, msgid, "Not there", label=label)
            return
        self.log.remove(found)
        for other in self.peers:
            if target in other.rooms:
                tag = label if other is peer else ""
                source = f"{peer.nick}!u@host"
                other.send("REDACT", *heard.params, source=source, label=tag)

    def _on_search(self, peer: Peer, heard: Message, label: str) -> None:
        wanted = parse_tags(heard.params[0])
        found = [
            kept
            for kept in self.log
            if wanted["text"] in kept.text
            and kept.conversation == wanted.get("in", kept.conversation)
        ]
        self._batch(peer, found, label, "soju.im/search")

    def _on_chathistory(self, peer: Peer, heard: Message, label: str) -> None:
        subcommand, *rest = heard.params
        if self.empty:
            peer.send("ACK", label=label)
            return
        if subcommand in self.refused:
            params = ("CHATHISTORY", "MESSAGE_ERROR", subcommand, rest[0], "No")
            peer.send("FAIL", *params, label=label)
            return
        if subcommand == "TARGETS":
            self._targets(peer, rest, label)
            return
        target, bound, count = rest
        pair = " ".join(sorted((peer.nick, target)))
        conversation = target if target.startswith("#") else pair
        kept = [message for message in self.log if message.conversation == conversation]
        limit = min(int(count), self.page_max)
        if bound.startswith("msgid=") and bound[6:] not in {message.msgid for message in kept}:
            params = ("CHATHISTORY", "MESSAGE_ERROR", subcommand, target, "Not there any more")
            peer.send("FAIL", *params, label=label)
            return
        at_ms = 0 if bound == "*" else self._at(bound)
        match subcommand:
            case "LATEST":
                page = [message for message in kept if message.at_ms > at_ms][-limit:]
            case "AFTER":
                page = [message for message in kept if message.at_ms > at_ms][:limit]
                while sum(len(message.text) for message in page) > self.page_chars_max:
                    page.pop()
            case "BEFORE":
                page = [message for message in kept if message.at_ms < at_ms][-limit:]
        self._batch(peer, page, label, "chathistory", target)

    def _targets(self, peer: Peer, rest: Iterable[str], label: str) -> None:
        first, second, count = rest
        low, high = sorted((self._at(first), self._at(second)))
        last = {}
        for kept in self.log:
            who = kept.conversation.split(" ")
            if kept.conversation in peer.rooms:
                last[kept.conversation] = kept.at_ms
            elif peer.nick in who:
                other = who[0] if who[1] == peer.nick else who[1]
                last[other] = kept.at_ms
        self._numbers += 1
        name = f"b{self._numbers}"
        peer.send("BATCH", f"+{name}", "draft/chathistory-targets", label=label)
        listed = sorted(last.items(), key=lambda entry: entry[1])
        for target, at_ms in [e for e in listed if low < e[1] < high][: int(count)]:
            peer.send("CHATHISTORY", "TARGETS", target, time_text(at_ms), batch=name)
        peer.send("BATCH", f"-{name}")

    def _batch(self, peer: Peer, page: Iterable[Kept], label: str, kind: str, *about: str) -> None:
        self._numbers += 1
        name = f"b{self._numbers}"
        peer.send("BATCH", f"+{name}", kind, *about, label=label)
        for kept in page:
            is_own = self.shows_once and kept.nick == peer.nick
            self._show(peer, kept if is_own else replace(kept, once=""), batch=name)
        peer.send("BATCH", f"-{name}")

    def _at(self, bound: str) -> int:
        kind, _, value = bound.partition("=")
        if kind == "msgid":
            return next(kept.at_ms for kept in self.log if kept.msgid == value)
        from datetime import datetime

        return round(datetime.fromisoformat(value).timestamp() * 1000)
