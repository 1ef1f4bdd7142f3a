"""PRIVMSG, NOTICE, TAGMSG: what people say, to rooms and to each other.

Sources: Modern IRC "Sending Messages"; IRCv3 message-tags (client-only tags, TAGMSG), echo-message,
message-ids, account-tag. NOTICE never gets an error back, so that two robots cannot answer each
other for ever. A message of several lines (multiline.py) ends up here as well.
"""

from __future__ import annotations

from dataclasses import replace

from irc import caps, numerics
from irc.message import Message
from irc.names import nick_key
from irc.tags import format_tags
from server.core.commands import nickserv, once as once_commands
from server.core.commands.addressing import take_target
from server.core.commands.audience import ranks_from, split_target, to_ranks
from server.core.commands.rooms import find_room
from server.core.commands.speaking import take_pace
from server.core.effects import Outgoing
from server.core.events import Dialect
from server.core.facts import Conversation, Said, conversation_of
from server.core.history import ONCE_TAG
from server.core.modes import PREFIXES
from server.core.permissions import may_ask, may_speak
from server.core.speech import Speech
from server.core.turn import Refusal, Turn
from server.core.world import User


def privmsg(turn: Turn, message: Message) -> None:
    """PRIVMSG <target>{,<target>} :<text>"""
    if nickserv.is_meant(message):
        nickserv.hear(turn, message)
        return
    _with_text(turn, message)


def notice(turn: Turn, message: Message) -> None:
    """NOTICE <target>{,<target>} :<text>"""
    if nickserv.is_meant(message):
        return  # a robot's, or a password by mistake
    _with_text(turn, message)


def tagmsg(turn: Turn, message: Message) -> None:
    """TAGMSG <target>{,<target>}: only client-only tags, no text (IRCv3 message-tags)."""
    if not turn.session.has(caps.MESSAGE_TAGS):
        raise Refusal(numerics.ERR_UNKNOWNCOMMAND, message.command, "Unknown command")
    if not message.params:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters")
    if client_tags_of(message):
        _to_targets(turn, message, "")


def _with_text(turn: Turn, message: Message) -> None:
    if not message.params or not message.params[0]:
        _refuse(turn, message, numerics.ERR_NORECIPIENT, f"No recipient given ({message.command})")
    elif len(message.params) < 2 or not message.params[1]:
        _refuse(turn, message, numerics.ERR_NOTEXTTOSEND, "No text to send")
    elif message.tags and once_commands.is_asked(turn, message):
        target, text = message.params[:2]
        once, tags = message.tags[ONCE_TAG], client_tags_of(message)
        say_once(turn, target, Speech(message.command, text, tags, once))
    else:
        _to_targets(turn, message, message.params[1])


def say_once(turn: Turn, target: str, speech: Speech) -> None:
    """Say it, unless that has happened already: then answer as the first time.

    Raises:
        Refusal: It cannot be said, or not once.
    """
    once_commands.check(turn, target, speech)
    if turn.stamp.earlier is not None:
        once_commands.repeat(turn, turn.stamp.earlier, speech.once)
    else:
        say(turn, target, speech)


def _refuse(turn: Turn, message: Message, numeric: str, *params: str) -> None:
    """Answer with an error, unless the message is a NOTICE that asks for no answer."""
    if message.command != "NOTICE" or once_commands.is_asked(turn, message):
        turn.reply(numeric, *params)


def _to_targets(turn: Turn, message: Message, text: str) -> None:
    targets = message.params[0].split(",")
    speech = Speech(message.command, text, client_tags_of(message))
    for target in targets[: turn.world.settings.targets_max]:
        try:
            say(turn, target, speech)
        except Refusal as refusal:
            _refuse(turn, message, refusal.numeric, *refusal.params)
    for target in targets[turn.world.settings.targets_max :]:
        _refuse(turn, message, numerics.ERR_TOOMANYTARGETS, target, "Too many targets")


def say(turn: Turn, target: str, speech: Speech) -> None:
    """Say something to a room, to those of some rank in it, or to somebody.

    Raises:
        Refusal: There is nobody of that name, or they may not be spoken to.
    """
    if target.startswith("#"):
        say_in_room(turn, target, speech)
        return
    sign, room = split_target(target)
    if sign:
        _say_to_ranks(turn, sign, room, speech)
    else:
        say_to_user(turn, target, speech)


def client_tags_of(message: Message) -> str:
    """The tags other clients may see: those that begin with `+`; the others are the server's."""
    if not message.tags:
        return ""
    return format_tags({key: value for key, value in message.tags.items() if key[0] == "+"})


def say_in_room(turn: Turn, target: str, speech: Speech) -> Outgoing:
    """Say something in a room; the line that the others get.

    Where questions go to the operators (mode U), that is what becomes of it if it may not be said
    to all.

    Raises:
        Refusal: There is no such room for this user, or they may not speak in it.
    """
    key, room = find_room(turn, target)
    user = turn.user
    if not may_speak(user, room):
        if may_ask(user, room) and speech.command != "TAGMSG":
            return _say_to_ranks(turn, _OPERATORS, target, speech)
        raise Refusal(numerics.ERR_CANNOTSENDTOCHAN, room.name, "Cannot send to channel")
    if room.pace_s or "C" in room.modes:
        take_pace(turn, key, room, speech)
    line = _record(turn, user, room.name, speech, Conversation(key))
    turn.broadcast(key, line)
    _echo(turn, line, speech.once)
    return line


_OPERATORS = PREFIXES["o"]


def _say_to_ranks(turn: Turn, sign: str, target: str, speech: Speech) -> Outgoing:
    """Say something to the members of a room from this rank on (STATUSMSG).

    Whoever may speak in the room may do so: this is how members turn to their operators. In a room
    for questions (mode U) those may, too, who may not speak to all. It is kept nowhere, so that no
    history shows it to those who were not to hear it.

    Raises:
        Refusal: There is no such room for this user, or they may not speak in it.
    """
    key, room = find_room(turn, target)
    user, name = turn.user, f"{sign}{room.name}"
    is_question = sign == _OPERATORS and speech.command != "TAGMSG" and may_ask(user, room)
    if not (is_question or may_speak(user, room)):
        raise Refusal(numerics.ERR_CANNOTSENDTOCHAN, name, "Cannot send to channel")
    if speech.once:
        text = "What is said to some of a room is not kept, so it cannot be sent once"
        raise once_commands.not_kept(speech.command, name, text)
    take_pace(turn, key, room, speech)
    line = _record(turn, user, name, speech, Conversation(""))
    to_ranks(turn, room, ranks_from(sign), line)
    _echo(turn, line, "")
    return line


def say_to_user(turn: Turn, target: str, speech: Speech) -> None:
    """Say something to one person, on all of their sessions, and show it to the sender's others.

    Raises:
        Refusal: Nobody has this nick, or these were too many different people.
    """
    peer = turn.world.find_addressee(target)
    if peer is None:
        _say_to_absent(turn, target, speech)
        return
    user = turn.user
    conversation = Conversation("")
    if user.account and peer.account:
        conversation = conversation_of(nick_key(user.account), nick_key(peer.account))
    elif speech.once:
        raise once_commands.not_kept(speech.command, peer.nick)
    take_target(turn, peer.nick, peer)
    line = _record(turn, user, peer.nick, speech, conversation)
    turn.send_to_user(peer, line)
    if peer.id == user.id:
        turn.send(turn.session.id, line)
    else:
        turn.send_to_user(user, line)
    _echo(turn, line, speech.once)
    if peer.away and speech.command == "PRIVMSG":
        turn.reply(numerics.RPL_AWAY, peer.nick, peer.away)


def is_somebody(turn: Turn, name: str) -> bool:
    """Whether something can be said to this name: to somebody here, or to an account."""
    return turn.world.find_addressee(name) is not None or bool(_account_of(turn, name))


def _account_of(turn: Turn, name: str) -> str:
    """The account of that name, as it is written, to which the asker can say something later."""
    settings = turn.world.settings
    if not (settings.history_keep and turn.user.account):
        return ""
    return settings.account_names.get(nick_key(name), "")


def _say_to_absent(turn: Turn, target: str, speech: Speech) -> None:
    """Keep what is said to somebody who is not here, until they are back.

    Typing is for those who are here. Old clients are told as if the other were away.
    """
    user, name = turn.user, _account_of(turn, target)
    if not name:
        raise Refusal(numerics.ERR_NOSUCHNICK, target, "No such nick/channel")
    if speech.command == "TAGMSG" and not _is_reaction(speech.client_tags):
        return
    take_target(turn, name, None)
    conversation = conversation_of(nick_key(user.account), nick_key(name))
    line = _record(turn, user, name, speech, conversation)
    turn.send_to_user(user, line)
    _echo(turn, line, speech.once)
    if speech.command == "PRIVMSG":
        note = f"{name} is not here, and will get it later"
        session = turn.session
        is_modern = session.caps & (caps.ONCE | caps.STANDARD_REPLIES)
        if is_modern or session.dialect is Dialect.SIMPLE:
            turn.reply_plain("NOTE", speech.command, "KEPT", name, note)
        else:
            turn.reply(numerics.RPL_AWAY, name, note)


def _record(
    turn: Turn, user: User, target: str, speech: Speech, conversation: Conversation
) -> Outgoing:
    """Make it said; the line that shows it.

    Typing and the like is not kept: it has no number and is over when it is told. The line is made
    in one go, not by way of `turn.line`: this is the hot path.
    """
    needs = 0
    command, text, client_tags = speech.command, speech.text, speech.client_tags
    params: tuple[str, ...] = (target, text)
    if command == "TAGMSG":
        needs, params = caps.MESSAGE_TAGS, (target,)
        conversation = conversation if _is_reaction(client_tags) else Conversation("")
    at_ms, msgid, source, account = turn.stamp.at_ms, turn.new_msgid(), user.source, user.account
    seq = turn.world.sequences.get(conversation, 0) + 1 if conversation else 0
    turn.record(
        Said(
            msgid,
            at_ms,
            conversation,
            seq,
            user.id,
            source,
            account,
            target,
            command,
            text,
            client_tags,
            speech.once,
        )
    )
    return Outgoing(
        source,
        command,
        params,
        at_ms,
        msgid,
        account,
        client_tags,
        needs,
        (),
        "",
        "",
        seq,
        "",
        speech.pieces,
        user.is_bot,
    )


def _is_reaction(client_tags: str) -> bool:
    """Whether the tags say something lasting about another message (+draft/react, +reply)."""
    keys = {tag.partition("=")[0] for tag in client_tags.split(";")}
    return not (_REACT_TAGS.isdisjoint(keys) or _REPLY_TAGS.isdisjoint(keys))


_REACT_TAGS = frozenset({"+draft/react", "+draft/unreact"})
_REPLY_TAGS = frozenset({"+reply", "+draft/reply"})


def _echo(turn: Turn, line: Outgoing, once: str) -> None:
    if once:
        turn.reply_line(replace(line, once=once))
    elif turn.session.has(caps.ECHO_MESSAGE):
        turn.reply_line(line)
