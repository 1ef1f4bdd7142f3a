"""METADATA: what people say about themselves and about rooms, by keys, for clients to show.

An account's is kept by the account, a room's with the room; a guest's for as long as they are here.
Who is told of it is in metadata_news.py. Source: IRCv3 draft/metadata-2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from irc import numerics
from irc.message import Message
from irc.names import nick_key, room_key
from server.core.commands.metadata_news import (
    BATCH_TYPE,
    in_batch,
    room_items,
    subscribed_items,
    tell_change,
    understands,
    unsubscribe,
    user_items,
)
from server.core.commands.rooms import clip
from server.core.effects import Subscribe
from server.core.facts import (
    AccountMetadataChanged,
    GuestMetadataChanged,
    KeysSubscribed,
    MetadataChangePaid,
    RoomMetadataChanged,
)
from server.core.metadata import (
    KEY_BYTES_MAX,
    VISIBLE,
    Subject,
    fill_lines,
    find_subject,
    is_key,
    may_change,
    paid_until_ms,
    subscription_key,
    wait_s,
)
from server.core.turn import Refusal, Turn

SUBSCRIPTIONS_TYPE = "metadata-subs"

NOT_SET = "Key not set"


def metadata(turn: Turn, message: Message) -> None:
    """METADATA <target> <subcommand> [<param>...]. Without the capability it is unknown."""
    if not understands(turn.session):
        raise Refusal(numerics.ERR_UNKNOWNCOMMAND, message.command, "Unknown command")
    if len(message.params) < 2:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters")
    target, word, *params = message.params
    found = _SUBCOMMANDS.get(word.upper())
    if found is None:
        text = "There is no such subcommand"
        raise Refusal("FAIL", message.command, "SUBCOMMAND_INVALID", word[:20], text)
    subject = find_subject(turn.world, turn.user, target)
    is_own = subject is not None and subject.user is turn.user
    if subject is None or (found.is_for_oneself and not is_own):
        text = "There is no such target"
        raise Refusal("FAIL", message.command, "INVALID_TARGET", clip(target, 64), text)
    if len(params) < found.min_params:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, message.command, "Not enough parameters")
    found.handler(turn, subject, params)


# One's own and others'.


def _get(turn: Turn, subject: Subject, keys: Sequence[str]) -> None:
    """GET <key>{ <key>}: each in its order"""
    with _batch(turn, BATCH_TYPE, subject.name):
        for key in keys:
            if not is_key(key):
                turn.refuse(_invalid(key))
            else:
                _reply_value(turn, subject, key, subject.found.get(key))


def _list(turn: Turn, subject: Subject, _params: Sequence[str]) -> None:
    """LIST"""
    with _batch(turn, BATCH_TYPE, subject.name):
        for key, value in subject.found.items():
            _reply_value(turn, subject, key, value)


def _set(turn: Turn, subject: Subject, params: Sequence[str]) -> None:
    """SET <key> [:<value>]: without a value the key is removed; an empty one is a value."""
    key, settings = params[0], turn.world.settings
    value = params[1] if len(params) > 1 else None
    if not is_key(key):
        raise _invalid(key)
    _check_may_change(turn, subject, key)
    before = subject.found.get(key)
    if value is None and before is None:
        raise Refusal("FAIL", "METADATA", "KEY_NOT_SET", subject.name, key, NOT_SET)
    if value is not None and len(value.encode()) > settings.metadata_value_bytes_max:
        raise Refusal("FAIL", "METADATA", "VALUE_INVALID", "The value is too long")
    if before is None and len(subject.found) >= settings.metadata_keys_max:
        text = "There is no room for more keys"
        raise Refusal("FAIL", "METADATA", "LIMIT_REACHED", subject.name, text)
    if value != before:
        _pay(turn, subject, key)
        _change(turn, subject, key, value)
    _reply_value(turn, subject, key, value)


def _clear(turn: Turn, subject: Subject, _params: Sequence[str]) -> None:
    """CLEAR: the answer says what there was."""
    _check_may_change(turn, subject, "*")
    if subject.found:
        _pay(turn, subject, "*")
    with _batch(turn, BATCH_TYPE, subject.name):
        for key, value in list(subject.found.items()):
            _change(turn, subject, key, None)
            _reply_value(turn, subject, key, value)


def _sync(turn: Turn, subject: Subject, _params: Sequence[str]) -> None:
    """SYNC: what one subscribes to of somebody, or of a room and everybody in it"""
    session = turn.session
    keys = session.subscriptions
    if subject.user is not None:
        items = user_items(turn, subject.user, keys)
    else:
        items = room_items(turn, session, room_key(subject.name), keys, set())
    turn.stream(in_batch(turn, subject.name, items))


# Changing.


def _check_may_change(turn: Turn, subject: Subject, key: str) -> None:
    if not may_change(turn.user, subject):
        text = "You do not have permission to change that"
        raise Refusal("FAIL", "METADATA", "KEY_NO_PERMISSION", subject.name, key, text)


def _pay(turn: Turn, subject: Subject, key: str) -> None:
    """Count a change: everybody around is told of it.

    Raises:
        Refusal: There were too many; when there may be another one is said.
    """
    user, settings, at_ms = turn.user, turn.world.settings, turn.stamp.at_ms
    if later_s := wait_s(user, settings, at_ms):
        text = f"You change too much: wait {later_s} seconds"
        told = (subject.name, key, str(later_s))
        raise Refusal("FAIL", "METADATA", "RATE_LIMITED", *told, text)
    turn.record(MetadataChangePaid(user.id, paid_until_ms(user, settings, at_ms)))
    if subject.room is not None:
        turn.act("METADATA", "", subject.name, key)
    elif subject.user is not user:
        turn.act("METADATA", subject.name, "", key)


def _change(turn: Turn, subject: Subject, key: str, value: str | None) -> None:
    user = subject.user
    if user is None:
        turn.record(RoomMetadataChanged(room_key(subject.name), key, value))
    elif user.account:
        turn.record(AccountMetadataChanged(nick_key(user.account), key, value))
    else:
        turn.record(GuestMetadataChanged(user.id, key, value))
    tell_change(turn, subject, key, value)


# What the session wants to know.


def _sub(turn: Turn, _subject: Subject, keys: Sequence[str]) -> None:
    """SUB <key>{ <key>}: in order, up to the first that is one too many, even if it is there"""
    session = turn.session
    most = turn.world.settings.metadata_subscriptions_max
    new: dict[str, None] = {}
    heard: dict[str, None] = {}
    for key in keys:
        if len(session.subscriptions) + len(new) >= most:
            text = "Too many subscriptions"
            turn.refuse(Refusal("FAIL", "METADATA", "TOO_MANY_SUBS", _shown(key), text))
            break
        if not is_key(key):
            turn.refuse(_invalid(key))
            continue
        heard[key] = None
        if key not in session.subscriptions:
            new[key] = None
    if new:
        turn.record(KeysSubscribed(session.id, tuple(new)))
    for key in new:
        turn.effect(Subscribe(session.id, subscription_key(key)))
    for line in fill_lines(heard):
        turn.reply(numerics.RPL_METADATASUBOK, *line)
    if new:
        turn.stream(subscribed_items(turn, session, new))


def _unsub(turn: Turn, _subject: Subject, keys: Sequence[str]) -> None:
    """UNSUB <key>{ <key>}"""
    valid = dict.fromkeys(key for key in keys if is_key(key))
    for key in keys:
        if not is_key(key):
            turn.refuse(_invalid(key))
    unsubscribe(turn, [key for key in valid if key in turn.session.subscriptions])
    for line in fill_lines(valid):
        turn.reply(numerics.RPL_METADATAUNSUBOK, *line)


def _subs(turn: Turn, _subject: Subject, _params: Sequence[str]) -> None:
    """SUBS"""
    with _batch(turn, SUBSCRIPTIONS_TYPE):
        for line in fill_lines(turn.session.subscriptions):
            turn.reply(numerics.RPL_METADATASUBS, *line)


# Answers.


def _reply_value(turn: Turn, subject: Subject, key: str, value: str | None) -> None:
    if value is None:
        turn.reply(numerics.RPL_KEYNOTSET, subject.name, key, NOT_SET)
    else:
        turn.reply(numerics.RPL_KEYVALUE, subject.name, key, VISIBLE, value)


def _invalid(key: str) -> Refusal:
    return Refusal("FAIL", "METADATA", "KEY_INVALID", _shown(key), "That is not a valid key")


def _shown(key: str) -> str:
    return clip(key, KEY_BYTES_MAX)


@contextmanager
def _batch(turn: Turn, *kind: str) -> Iterator[None]:
    """Put what is replied within into a batch."""
    reference = f"k{turn.new_msgid()}"
    turn.reply_plain("BATCH", f"+{reference}", *kind)
    start = len(turn.replies)
    yield
    inside = turn.replies[start:]
    turn.replies[start:] = [replace(line, batch=reference) for line in inside]
    turn.reply_plain("BATCH", f"-{reference}")


@dataclass(frozen=True, slots=True)
class _Subcommand:
    handler: Callable[[Turn, Subject, Sequence[str]], None]
    min_params: int = 0
    is_for_oneself: bool = False


_SUBCOMMANDS = {
    "GET": _Subcommand(_get, 1),
    "LIST": _Subcommand(_list),
    "SET": _Subcommand(_set, 1),
    "CLEAR": _Subcommand(_clear),
    "SUB": _Subcommand(_sub, 1, is_for_oneself=True),
    "UNSUB": _Subcommand(_unsub, 1, is_for_oneself=True),
    "SUBS": _Subcommand(_subs, is_for_oneself=True),
    "SYNC": _Subcommand(_sync),
}
