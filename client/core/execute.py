"""Does what a person asked for in one window: the step between a parsed command and the session.

Every face calls it, so a command means the same everywhere. Pure, on the session's thread.
"""

from gettext import gettext as _

from client.core import verbs
from client.core.events import MessageKind
from client.core.model import BufferKind
from client.core.moderating import Sentence
from client.core.outbox import ItemState
from client.core.session import Session
from client.core.verbs import Command, InputError


def execute(
    session: Session, command: Command, buffer: str, now_ms: int
) -> Command | InputError | None:
    """Do `command` in the window `buffer`.

    What is left for the face comes back: an error to show; Help, Close and Leave to do; Query to
    go to that window (its text is on its way already). None when nothing is left.
    """
    match command:
        case verbs.Say() | verbs.Me() | verbs.Msg() | verbs.Notice() | verbs.Query():
            return _speak(session, command, buffer, now_ms)
        case verbs.Resend() | verbs.Discard():
            return _decide(session, command, now_ms)
        case verbs.History() | verbs.Search() | verbs.Delete():
            return _look_back(session, command, buffer, now_ms)
        case verbs.Help() | verbs.Leave():
            return command
        case verbs.Password():
            return _password(session, command)
        case verbs.Close():
            return _close(session, command, buffer)
        case verbs.Part() | verbs.Topic() | verbs.Kick() | verbs.Invite() | verbs.Names():
            return _in_room(session, command, buffer)
        case (
            verbs.Ban()
            | verbs.Unban()
            | verbs.Bans()
            | verbs.Rank()
            | verbs.Slow()
            | verbs.InviteOnly()
            | verbs.Rename()
            | verbs.Operators()
        ):
            return _manage(session, command, buffer, now_ms)
        case _:
            return _elsewhere(session, command, buffer)


def _speak(
    session: Session,
    command: verbs.Say | verbs.Me | verbs.Msg | verbs.Notice | verbs.Query,
    buffer: str,
    now_ms: int,
) -> Command | InputError | None:
    match command:
        case verbs.Say(text):
            target, kind = buffer, MessageKind.MESSAGE
        case verbs.Me(text):
            target, kind = buffer, MessageKind.ACTION
        case verbs.Notice(target, text):
            kind = MessageKind.NOTICE
        case _:
            target, text, kind = command.target, command.text, MessageKind.MESSAGE
    if not target:
        return InputError(
            _("Nobody would read that: this window is no room and no person."),
            _("Go into a room with /join, or write to somebody with /msg."),
        )
    if text:
        session.send_text(target, text, kind, now_ms=now_ms)
    return command if isinstance(command, verbs.Query) else None


def _decide(
    session: Session, command: verbs.Resend | verbs.Discard, now_ms: int
) -> InputError | None:
    """Waiting and unconfirmed messages: go, or are forgotten; one, or all."""
    ids = [command.outbox_id]
    if not command.outbox_id:
        ids = [item.id for item in session.outbox.in_state(ItemState.UNCONFIRMED)]
    if isinstance(command, verbs.Resend):
        done = [session.resend(outbox_id, now_ms) for outbox_id in ids]
    else:
        done = [session.discard(outbox_id) for outbox_id in ids]
    if not command.outbox_id:
        if isinstance(command, verbs.Resend):
            session.release_outbox(now_ms)
        else:
            session.discard_outbox()
    elif not any(done):
        return InputError(_("No message with that number waits or is unconfirmed."))
    return None


def _close(session: Session, command: Command, buffer: str) -> Command | InputError:
    if not buffer:
        return InputError(_("This window stays open."))
    window = session.model.get(buffer)
    if window is not None and window.kind is BufferKind.ROOM:
        session.part(buffer)
    session.model.close(buffer)
    return command


def _in_room(
    session: Session,
    command: verbs.Part | verbs.Topic | verbs.Kick | verbs.Invite | verbs.Names,
    buffer: str,
) -> InputError | None:
    room = command.room or session.model.room_in(buffer)
    if not room and isinstance(command, verbs.Names):
        # "/online" is typed by people who do not think of rooms: the first one, which is the lobby.
        room = next((window.name for window in session.model.rooms()), "")
    if not room:
        return InputError(_("Which room? This window is none."))
    match command:
        case verbs.Part(reason=reason):
            session.part(room, reason)
        case verbs.Topic(text=text):
            session.topic(room, text)
        case verbs.Kick(nick, reason=reason):
            session.kick(room, nick, reason)
        case verbs.Invite(nick):
            session.invite(nick, room)
        case _:
            session.names(room)
    return None


def _manage(
    session: Session,
    command: verbs.Ban
    | verbs.Unban
    | verbs.Bans
    | verbs.Rank
    | verbs.Slow
    | verbs.InviteOnly
    | verbs.Rename
    | verbs.Operators,
    buffer: str,
    now_ms: int,
) -> InputError | None:
    room = command.room or session.model.room_in(buffer)
    if not room:
        return InputError(_("Which room? This window is none."))
    match command:
        case verbs.Ban(name, duration=duration, reason=reason, is_mute=is_mute):
            session.ban(Sentence(room, name, duration, reason, is_mute))
        case verbs.Unban(name, is_mute=is_mute):
            session.unban(room, name, is_mute=is_mute)
        case verbs.Bans():
            session.bans(room)
        case verbs.Rank(nicks, letter, is_given):
            sign = "+" if is_given else "-"
            session.mode(room, (sign + letter * len(nicks), *nicks))
        case verbs.Slow(seconds):
            session.mode(room, ("+S", str(seconds)) if seconds else ("-S",))
        case verbs.InviteOnly(is_on):
            session.mode(room, ("+i" if is_on else "-i",))
        case verbs.Rename(name):
            session.rename(room, name)
        case _:
            if "@" not in session.model.status_prefixes:
                return InputError(_("On this server nothing can be said to operators alone."))
            session.send_text(f"@{room}", command.text, now_ms=now_ms)
    return None


def _password(session: Session, command: verbs.Password) -> Command | InputError:
    if not session.is_online:
        return InputError(_("You are not connected."))
    if not session.model.account:
        return InputError(_("You are a guest here, and have no password."))
    return command


def _look_back(
    session: Session, command: verbs.History | verbs.Search | verbs.Delete, buffer: str, now_ms: int
) -> InputError | None:
    if isinstance(command, verbs.Search):
        session.search(command.words, "" if command.is_everywhere else buffer)
    elif not buffer:
        return InputError(_("Nobody says anything here: this window is no room and no person."))
    elif isinstance(command, verbs.History):
        session.fetch_history(buffer, command.count, now_ms)
    else:
        session.delete_last(buffer)
    return None


def _elsewhere(session: Session, command: Command, buffer: str) -> InputError | None:
    match command:
        case verbs.Join(rooms, key):
            session.join(rooms, key)
        case verbs.Who(target):
            if not (target or buffer):
                return InputError(_("About whom? Give a name or a room."))
            session.who(target or buffer)
        case verbs.ListRooms(pattern):
            session.list_rooms(pattern)
        case verbs.Away(reason):
            session.away(reason)
        case verbs.Nick(nick):
            session.nick(nick)
        case verbs.Whois(nick):
            session.whois(nick)
        case verbs.Notify(nicks):
            session.notify(nicks)
        case verbs.Realname(text):
            session.set_realname(text)
        case verbs.Mode(target, arguments):
            session.mode(target or buffer or session.model.nick, arguments)
        case verbs.Raw(line):
            session.send_raw(line)
    return None
