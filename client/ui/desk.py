"""What the line and plain faces share: which window the person is in, and what a typed line does.

Owned by a face, on the event loop's thread. It draws nothing: what there is to say goes out
through `tell`, as clean text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from gettext import gettext as _, ngettext

from client.core import verbs
from client.core.commands import help_lines
from client.core.events import (
    Disconnected,
    Event,
    HistoryBegins,
    HistoryEnds,
    Joined,
    Kicked,
    LoggedIn,
    LoginFailed,
    MessageUnconfirmed,
    NamesListed,
    NickChanged,
    OutboxQuestion,
    Parted,
    Purpose,
    Registered,
    RegistrationFailed,
    RoomRenamed,
    ServerClosing,
    ServerText,
    TextKind,
    TopicChanged,
)
from client.core.execute import execute
from client.core.input import parse_input
from client.core.model import SERVER, Buffer, BufferKind
from client.core.outbox import ItemState
from client.core.session import Session
from client.ui.password import AskSecret, ask_new_password
from client.ui.transport import Transport
from irc.names import fold
from irc.sanitise import clean, clean_line, safe_emoji

NAME_CHARS_MAX = 32  # of a window's name where space is scarce
TOPIC_CHARS_MAX = 200
PEOPLE_SHOWN_MAX = 12


class Kind(Enum):
    """What a note is."""

    INFO = "info"
    HINT = "hint"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Note:
    """Something the face itself says; clean text."""

    text: str
    kind: Kind = Kind.INFO


class Desk:
    """See the top of the file. `window` is the name of the current window, "" for the server's."""

    def __init__(
        self,
        session: Session,
        aliases: Mapping[str, str],
        tell: Callable[[Sequence[Note]], None],
        moved: Callable[[Sequence[Event]], None],
        keys: Sequence[str] = (),
        ask_secret: AskSecret = lambda _question, _then: False,
    ) -> None:
        self.session = session
        self.aliases = aliases
        self._ask_secret = ask_secret
        self._keys = keys  # the face's own lines for /help
        self.transport: Transport | None = None  # from the moment the driver runs
        self.window = SERVER
        self._tell = tell
        self._moved = moved  # with what was said there before, if that shows only now
        self._is_greeted = False
        self._was_lost = False
        self._awaited: set[str] = set()  # rooms a person asked for: the window goes there
        self._entering: set[str] = set()  # rooms whose topic and names are on their way
        self._known: set[str] = set()  # rooms that were described already
        self._unread_past: dict[str, list[Event]] = {}  # of windows nobody looked at yet
        self._kept_aside: list[Event] | None = None  # the one that is just coming in

    # --- what a person does ---

    def enter(self, text: str) -> None:
        """A line was typed: do it."""
        command = parse_input(text, self.aliases)
        if isinstance(command, verbs.Join):
            self._awaited |= {fold(room) for room in command.rooms}
            self._awaited |= {fold("#" + room) for room in command.rooms}
        transport = self.transport
        if not isinstance(command, verbs.InputError) and transport is not None:
            left = execute(self.session, command, self.window, transport.now_ms)
            self._finish(left, transport)
        elif isinstance(command, verbs.InputError):
            self._complain(command)
        if isinstance(command, verbs.Join):
            self._go_where_we_are(command.rooms)

    def go_to(self, name: str) -> None:
        """Make `name` the current window, show where we are, and what was said there before."""
        if self.transport is None:
            self.session.model.focus(name)
        else:
            self.session.look_at(name, self.transport.now_ms)
        self.window = self.session.model.focused.name
        self._moved(self._unread_past.pop(fold(name), []))
        if self.transport is not None:
            self.transport.pump()

    def go_next_unread(self) -> None:
        """To the window with something for us, else with something new."""
        windows = [window for window in self._others() if window.unread]
        if windows:
            self.go_to(max(windows, key=lambda window: window.mentions > 0).name)

    def go_number(self, number: int) -> None:
        """To the window with this number, as `windows` counts them, from 1."""
        windows = self.windows()
        if 0 < number <= len(windows):
            self.go_to(windows[number - 1].name)

    def go_by(self, step: int) -> None:
        """To the window `step` places further, round and round."""
        names = [window.name for window in self.windows()]
        if names:
            here = names.index(self.window) if self.window in names else -1
            self.go_to(names[(here + step) % len(names)])

    def windows(self) -> list[Buffer]:
        """The rooms and people, in the order they were opened."""
        return [window for window in self.session.model if window.kind is not BufferKind.SERVER]

    # --- what happened ---

    def follow(self, event: Event) -> bool:
        """Follow the rooms we enter and leave; True when a face need not show the event.

        A room we enter tells its topic and its people in several events. They are told here, in
        one description, once they are all there, and not again after a reconnect.
        """
        if self._is_kept_aside(event):
            return True
        match event:
            case Registered():
                self._is_greeted = True
                self.session.model.focus(self.window)
            case OutboxQuestion() if self._is_first_question() and self.transport is not None:
                # Lines that were piped or pasted in before the first room was open.
                self.session.release_outbox(self.transport.now_ms)
                return True
            case Disconnected():
                self._was_lost = True
                was_greeted, self._is_greeted = self._is_greeted, False
                return not was_greeted
            case Joined(own=True, buffer=buffer):
                self._entering.add(fold(buffer))
                is_wanted = self.window == SERVER or fold(buffer) in self._awaited
                self._awaited.discard(fold(buffer))
                if is_wanted:
                    self.window = self.session.model.focus(buffer).name
                return is_wanted or fold(buffer) in self._known
            case TopicChanged(nick="", buffer=buffer):
                return fold(buffer) in self._entering
            case NamesListed(requested=False, buffer=buffer):
                self._entering.discard(fold(buffer))
                if not self.session.awaits_history(buffer):
                    self._describe(buffer)
                return True
            case Parted(own=True, buffer=buffer) | Kicked(own=True, buffer=buffer):
                self._known.discard(fold(buffer))
                if fold(buffer) == fold(self.window):
                    self._leave_window()
            case NickChanged(nick=nick, new_nick=new_nick) if fold(nick) == fold(self.window):
                self.window = new_nick
            case RoomRenamed(old_name=old_name, buffer=buffer):
                self._follow_name(old_name, buffer)
        return False

    def _follow_name(self, old_name: str, name: str) -> None:
        """A room has another name: what we know of it goes along."""
        if fold(old_name) == fold(self.window):
            self.window = name
        for names in (self._known, self._entering, self._awaited):
            if fold(old_name) in names:
                names.discard(fold(old_name))
                names.add(fold(name))
        if fold(old_name) in self._unread_past:
            self._unread_past[fold(name)] = self._unread_past.pop(fold(old_name))

    def _is_first_question(self) -> bool:
        """Whether what waits was all typed in this run, before it was online."""
        return not self._was_lost and not self.session.outbox.has_old

    def _is_kept_aside(self, event: Event) -> bool:
        """Whether `event` is of the past of a room we just came into.

        It shows when somebody looks at the room: at once, together with who is there, or later.
        """
        match event:
            case HistoryBegins(purpose=Purpose.OPEN, buffer=buffer):
                window = self.session.model.get(buffer)
                if window is not None and window.kind is BufferKind.ROOM:
                    self._kept_aside = self._unread_past[fold(buffer)] = []
            case HistoryEnds(purpose=purpose, buffer=buffer):
                is_aside = self._kept_aside is not None
                self._kept_aside = None
                if purpose is not Purpose.OLDER and self.session.model.room_in(buffer):
                    self._describe(buffer)
                return is_aside
        if self._kept_aside is None:
            return False
        self._kept_aside.append(event)
        return True

    def _describe(self, room: str) -> None:
        """All there is to know about a room we came into is here: tell it, but not twice."""
        is_new = fold(room) not in self._known
        self._known.add(fold(room))
        if is_new and fold(room) == fold(self.window):
            self._moved(self._unread_past.pop(fold(room), []))

    def is_noise(self, event: Event) -> bool:
        """Whether people need not see the event: a server's preamble, and what comes of leaving.

        A refused login is told when the run ends, with what to do about it.
        """
        if self.transport is not None and self.transport.is_leaving:
            return isinstance(event, ServerClosing | Disconnected | MessageUnconfirmed)
        if isinstance(event, LoggedIn):
            return True
        is_info = isinstance(event, ServerText) and event.kind is TextKind.INFO
        return not self._is_greeted and (
            is_info or isinstance(event, LoginFailed | RegistrationFailed | ServerClosing)
        )

    # --- what there is to say ---

    def describe_window(self) -> list[Note]:
        """The current window: who is here, and the topic."""
        window = self.session.model.get(self.window)
        if window is None or window.kind is BufferKind.SERVER:
            return []
        if window.kind is BufferKind.PRIVATE:
            return [Note(_("only you and %s") % clean_line(window.name, NAME_CHARS_MAX))]
        people = sorted((member.nick for member in window.members.values()), key=fold)
        shown = ", ".join(clean_line(nick, NAME_CHARS_MAX) for nick in people[:PEOPLE_SHOWN_MAX])
        if len(people) > PEOPLE_SHOWN_MAX:
            shown += ", …"
        notes = []
        if people:
            text = ngettext("%(count)d here: %(people)s", "%(count)d here: %(people)s", len(people))
            notes.append(Note(text % {"count": len(people), "people": shown}))
        if window.topic:
            topic = safe_emoji(clean_line(window.topic, TOPIC_CHARS_MAX))
            notes.append(Note(_("topic: %s") % topic))
        return notes

    def window_title(self) -> str:
        """The current window's name, fit to show; "" for the server's."""
        return safe_emoji(clean_line(self.window, NAME_CHARS_MAX))

    def unsent(self) -> list[str]:
        """The texts that nobody has confirmed, for the moment we leave."""
        return [f"{clean(item.target)}: {clean(item.text)}" for item in self.session.outbox]

    def typing(self) -> list[str]:
        """Who writes something in the current window now."""
        window = self.session.model.get(self.window)
        if window is None or self.transport is None:
            return []
        return window.typing_at(self.transport.now_ms)

    def waiting_count(self) -> int:
        """How many messages wait for the line."""
        return len(self.session.outbox.in_state(ItemState.WAITING))

    # --- inside ---

    def _others(self) -> Iterable[Buffer]:
        return (window for window in self.windows() if window.name != self.window)

    def _finish(self, left: verbs.Command | verbs.InputError | None, transport: Transport) -> None:
        match left:
            case verbs.InputError():
                self._complain(left)
            case verbs.Help(topic=topic):
                more = self._keys if topic in ("", "all") else ()
                self._tell([Note(line) for line in (*help_lines(topic, self.aliases), *more)])
            case verbs.Query(target=target):
                self.go_to(target)
            case verbs.Close():
                self._leave_window()
            case verbs.Password():
                ask_new_password(self._ask_secret, self._change_password, self._refuse)
            case verbs.Leave(reason=reason):
                transport.leave(reason)
                return
        transport.pump()

    def _change_password(self, old: str, new: str) -> None:
        self.session.change_password(old, new)
        if self.transport is not None:
            self.transport.pump()

    def _refuse(self, sentence: str) -> None:
        self._tell([Note(sentence, Kind.ERROR)])

    def _complain(self, error: verbs.InputError) -> None:
        notes = [Note(error.text, Kind.ERROR)]
        if error.hint:
            notes.append(Note(error.hint, Kind.HINT))
        self._tell(notes)

    def _go_where_we_are(self, rooms: Sequence[str]) -> None:
        # "/join" of a room we are in already is not answered; it still means "there".
        for room in rooms:
            window = self.session.model.get(room)
            if window is not None and window.joined:
                self._awaited.discard(fold(room))
                self.go_to(window.name)

    def _leave_window(self) -> None:
        rooms = self.session.model.rooms()
        others = [window for window in rooms if fold(window.name) != fold(self.window)]
        self.go_to(others[0].name if others else SERVER)
