"""`step`: the whole chat as one function of an event. Called by the hub, by tests and by nothing
else.

The dispatcher alone asks: is the command known, may it be used before registration, is it for
operators only, are there enough parameters? So every handler begins with its own subject. A
`Refusal` becomes the reply it names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from irc import numerics
from irc.errors import InvalidUtf8, LineTooLong
from irc.message import Message
from server.core import simple
from server.core.commands import (
    COMMANDS,
    administering,
    bans,
    clock,
    leaving,
    login as login_commands,
    multiline,
    operators,
    presence,
    register,
    streaming,
)
from server.core.events import (
    AccountAnswered,
    AccountsRevoked,
    BanBegan,
    ClockTicked,
    Connected,
    Dialect,
    Disconnected,
    Drained,
    Event,
    LineReceived,
    LineRefused,
    PasswordChecked,
    Rehashed,
    RoomAdministered,
    ServerStopping,
    SessionId,
    SettingsLoaded,
    Stamp,
    TextReceived,
)
from server.core.turn import Batch, Refusal, Turn, label_of
from server.core.world import Session, World

NOTHING = Batch((), ())


def step(world: World, event: Event, stamp: Stamp) -> Batch:
    """Decide one event: the facts are true in `world` on return, the effects wait for the commit.

    An event of a session that is gone already is nothing.
    """
    match event:
        case LineReceived(session_id, message):
            return _line(world, session_id, message, stamp)
        case TextReceived(session_id, text):
            return _with_session(world, session_id, stamp, lambda turn: simple.receive(turn, text))
        case Connected():
            return presence.connected(world, event, stamp)
        case Disconnected(session_id, reason):
            return _with_session(world, session_id, stamp, lambda turn: leaving.lost(turn, reason))
        case PasswordChecked(session_id):
            return _from_pool(world, session_id, stamp, lambda turn: _checked(turn, event))
        case AccountAnswered(session_id):
            return _from_pool(world, session_id, stamp, lambda turn: register.answered(turn, event))
        case LineRefused(session_id, problem):
            return _with_session(world, session_id, stamp, lambda turn: _refused(turn, problem))
        case Drained(session_id):
            return _with_session(world, session_id, stamp, streaming.go_on)
        case ClockTicked():
            return clock.tick(world, stamp)
        case BanBegan():
            return bans.began(world, event, stamp)
        case Rehashed(session_id, lines):
            return _with_session(
                world, session_id, stamp, lambda turn: operators.rehashed(turn, lines)
            )
        case AccountsRevoked(accounts):
            return leaving.revoke(world, accounts, stamp)
        case SettingsLoaded(settings):
            return leaving.change_settings(world, settings, stamp)
        case RoomAdministered():
            return administering.administered(world, event, stamp)
        case ServerStopping(reason):
            return leaving.stop(world, reason, stamp)
        case _:
            assert_never(event)


def _with_session(
    world: World, session_id: SessionId, stamp: Stamp, decide: Callable[[Turn], None]
) -> Batch:
    session = world.sessions.get(session_id)
    if session is None:
        return NOTHING
    turn = Turn(world, session, stamp)
    decide(turn)
    return turn.finish()


def _from_pool(
    world: World, session_id: SessionId, stamp: Stamp, decide: Callable[[Turn], None]
) -> Batch:
    """The password pool has answered: what comes of it has the label of the command that asked."""

    def labelled(turn: Turn) -> None:
        turn.label = label_of(turn.session, {"label": turn.session.login.label})
        decide(turn)

    return _with_session(world, session_id, stamp, labelled)


def _line(world: World, session_id: SessionId, message: Message, stamp: Stamp) -> Batch:
    session = world.sessions.get(session_id)
    if session is None:
        return NOTHING
    label = label_of(session, message.tags) if message.tags else ""
    turn = Turn(world, session, stamp, label, message.command)
    try:
        _dispatch(turn, session, message)
    except Refusal as refusal:
        turn.refuse(refusal)
    return turn.finish()


def _dispatch(turn: Turn, session: Session, message: Message) -> None:
    command = COMMANDS.get(message.command)
    registered = session.user is not None
    if message.tags and registered and multiline.is_inside(turn, message):
        multiline.take(turn, message)
        return
    if command is None:
        if not registered and message.command in presence.HTTP_METHODS:
            leaving.end(turn, "This is a chat server, not a web server")
            return
        raise Refusal(numerics.ERR_UNKNOWNCOMMAND, message.command, "Unknown command")
    if not registered and not command.before_registration:
        raise Refusal(numerics.ERR_NOTREGISTERED, "You have not registered")
    if command.for_operators and not turn.user.is_operator:
        raise Refusal(numerics.ERR_NOPRIVILEGES, "Permission Denied- You're not an IRC operator")
    if len(message.params) < command.min_params:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters")
    command.handler(turn, message)


def _checked(turn: Turn, event: PasswordChecked) -> None:
    if turn.session.dialect is Dialect.SIMPLE:
        simple.checked(turn, event)
    else:
        login_commands.checked(turn, event)


def _refused(turn: Turn, problem: object) -> None:
    if turn.session.dialect is Dialect.SIMPLE:
        simple.refused(turn, problem)
    elif isinstance(problem, LineTooLong):
        turn.reply(numerics.ERR_INPUTTOOLONG, "Input line was too long")
    elif isinstance(problem, InvalidUtf8):
        turn.label = label_of(turn.session, {"label": problem.label})
        turn.reply_plain("FAIL", problem.command, "INVALID_UTF8", "Message is not valid UTF-8")
    else:
        turn.reply_plain("FAIL", "*", "MALFORMED_MESSAGE", str(problem))
