"""The simple dialect: `NICK ana`, `MSG hello`, `MSG @joao hi`, `WHO`, `QUIT`.

It is for people with nothing but `openssl s_client`, and for teaching: a face over the same world.
Called by machine.py.

Theory of operation. A session says who it is, and where an account is needed the next line is the
password (nothing else, whatever it says). What is said goes to the first of the default rooms, or
with `@name` to one person. A refusal of the core becomes one word (`_WORDS`). What others do is put
into words by simple_render.py, which has none for the numerics that the core replies with.

A name in use is refused here even to its own account, which on IRC would be one more session: on a
bare terminal the second window of somebody would only be confusing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from irc import numerics
from irc.errors import LineTooLong
from irc.names import nick_key
from server.core import nicks
from server.core.commands import identity, leaving, presence
from server.core.commands.messages import is_somebody, say_in_room, say_to_user
from server.core.commands.presence import change_login
from server.core.effects import Outgoing, Send, SendText
from server.core.events import Check, PasswordChecked
from server.core.permissions import may_see_user
from server.core.speech import Speech
from server.core.stream import Item
from server.core.turn import Refusal, Turn

NICK_IN_USE = "apelido_em_uso"
_WORDS = {
    numerics.ERR_NICKNAMEINUSE: NICK_IN_USE,
    numerics.ERR_ERRONEUSNICKNAME: "bad_nick",
    numerics.ERR_NOSUCHNICK: "user_not_found",
    numerics.ERR_NOSUCHCHANNEL: "no_room",
    numerics.ERR_CANNOTSENDTOCHAN: "not_allowed",
    numerics.ERR_NICKTOOFAST: "try_later",
    numerics.ERR_TARGETTOOFAST: "try_later",
}
"""A refusal of the core, in a word of this dialect."""


def receive(turn: Turn, text: str) -> None:
    """A line of the dialect. Blank ones are nothing."""
    if len(text.encode()) > turn.world.settings.simple_line_bytes_max:
        _error(turn, "too_long")
    elif turn.session.user is None:
        _before_registration(turn, text)
    else:
        word, _, rest = _clean(text).partition(" ")
        _obey(turn, word.upper(), rest.strip())


def _clean(text: str) -> str:
    """The text without anything that could begin another line or move a cursor; tabs may stay."""
    return "".join(
        char for char in text if char == "\t" or unicodedata.category(char) not in _UNSAFE
    ).strip(" ")


_UNSAFE = frozenset({"Cc", "Zl", "Zp"})
"""Controls, and the separators of lines and paragraphs."""


# Saying who one is.


def _before_registration(turn: Turn, text: str) -> None:
    login = turn.session.login
    if login.nick and not login.is_checking:
        presence.check_password(turn, login.nick, text)  # as it is: every sign may matter
        return
    words = text.split(None, 2)
    match words[0].upper() if words else "":
        case "QUIT":
            leaving.end(turn, "Quit")
        case "NICK" | "LOGIN" if not login.is_checking:
            _name(turn, *words[1:])
        case "NICK" | "LOGIN" | "MSG" | "WHO":
            _error(turn, "not_registered")
        case method if method in presence.HTTP_METHODS:
            leaving.end(turn, "This is a chat server, not a web server")
        case "":
            pass
        case _:
            _error(turn, "unknown_command")


def _name(turn: Turn, nick: str = "", password: str = "") -> None:
    """`NICK <name> [<password>]`"""
    world = turn.world
    try:
        nicks.check_form(world, nick)
        if not (world.settings.accounts_required or nicks.is_account(world, nick)):
            nicks.check_nick(world, nick, "")
            _enter(turn, nick)
            return
    except Refusal as refusal:
        _refuse(turn, refusal)
        return
    change_login(turn, nick=nick)
    if password:
        presence.check_password(turn, nick, password)
    else:
        _say(turn, "PASSWORD?")


def checked(turn: Turn, event: PasswordChecked) -> None:
    """The answer to a password check."""
    login, world = turn.session.login, turn.world
    change_login(turn, is_checking=False, nick="")
    if event.outcome is Check.BUSY:
        _error(turn, "try_later")
        return
    if event.outcome is Check.WRONG or nicks.is_account_gone(world, nick_key(event.account)):
        _error(turn, "wrong_password")
        leaving.forget(turn, presence.WRONG_LOGIN)
        turn.close(turn.session.id, presence.WRONG_LOGIN)
        return
    nick = event.account if world.settings.nick_policy == "account" else login.nick
    try:
        if world.find_account(event.account) is not None:
            raise Refusal(numerics.ERR_NICKNAMEINUSE, nick, "Nickname is already in use")
        nicks.check_nick(world, nick, event.account)
    except Refusal as refusal:
        _refuse(turn, refusal)
        return
    change_login(turn, account=event.account)
    _enter(turn, nick)


def _enter(turn: Turn, nick: str) -> None:
    presence.appear(turn, nick)
    _say(turn, f"OK welcome {nick}")
    presence.join_default_rooms(turn, quiet=True)
    presence.come_back(turn)


# What somebody registered may say.


def _obey(turn: Turn, word: str, rest: str) -> None:
    try:
        match word:
            case "MSG":
                _message(turn, rest)
            case "WHO":
                _who(turn)
            case "QUIT":
                leaving.end(turn, "Quit")
            case "NICK" | "LOGIN":
                if not rest:
                    raise Refusal(numerics.ERR_ERRONEUSNICKNAME, "", "No nickname given")
                identity.change_nick(turn, rest)
            case "":
                pass
            case _:
                _error(turn, "unknown_command")
    except Refusal as refusal:
        _refuse(turn, refusal)


def _message(turn: Turn, text: str) -> None:
    """`MSG <text>` to all, `MSG @<name> <text>` to one."""
    target = ""
    if text.startswith("@"):
        target, _, text = text[1:].partition(" ")
        text = text.strip()
        if not is_somebody(turn, target):
            raise Refusal(numerics.ERR_NOSUCHNICK, target, "No such nick/channel")
    if not text:
        _error(turn, "empty_message")
    elif target:
        say_to_user(turn, target, Speech("PRIVMSG", text))
    else:
        _message_to_all(turn, text)


def _message_to_all(turn: Turn, text: str) -> None:
    names = turn.world.settings.default_rooms
    if not names:
        raise Refusal(numerics.ERR_NOSUCHCHANNEL, "*", "No such channel")
    line = say_in_room(turn, names[0], Speech("PRIVMSG", text))
    turn.effect(Send(turn.session.id, line))


def _who(turn: Turn) -> None:
    """Everybody whom the asker may see."""
    turn.stream(_who_items(turn))


def _who_items(turn: Turn) -> Iterator[Item]:
    """The names in as many lines as they need; it goes by ids, as others come and go meanwhile."""
    world = turn.world
    held: list[str] = []
    size = 0
    for user_id in tuple(world.users):
        user = world.users.get(user_id)
        if user is None or not may_see_user(world, turn.user, user):
            yield None
            continue
        more = len(user.nick.encode())
        if held and size + more > world.settings.simple_line_bytes_max:
            yield _who_line(turn, held)
            held, size = [], 0
        else:
            yield None
        held.append(user.nick)
        size += more + 2
    yield _who_line(turn, held)


def _who_line(turn: Turn, names: list[str]) -> Outgoing:
    return turn.line(None, "WHO", f"Connected users: {', '.join(names)}")


# Answers.


def refused(turn: Turn, problem: object) -> None:
    """A line that never became text."""
    _error(turn, "too_long" if isinstance(problem, LineTooLong) else "bad_text")


def _refuse(turn: Turn, refusal: Refusal) -> None:
    _error(turn, _WORDS.get(refusal.numeric, "not_allowed"))


def _error(turn: Turn, word: str) -> None:
    _say(turn, f"ERR {word}")


def _say(turn: Turn, text: str) -> None:
    turn.effect(SendText(turn.session.id, text))
