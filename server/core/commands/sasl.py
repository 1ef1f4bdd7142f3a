"""AUTHENTICATE: logging in with SASL PLAIN, before registration or, for a guest, after it.

Sources: IRCv3 sasl-3.1 and sasl-3.2; RFC 4616. The password is asked for with an effect and the
answer comes as an event; until then further tries are refused, and registration waits.
"""

from __future__ import annotations

from dataclasses import replace

from irc import caps, numerics, sasl
from irc.errors import SaslError, SaslTooLong
from irc.message import Message
from irc.names import nick_key
from server.core import nicks
from server.core.commands.presence import (
    change_login,
    check_password,
    come_back,
    is_operator_account,
    make_operator,
)
from server.core.commands.users import rename
from server.core.facts import AccountChanged
from server.core.turn import Refusal, Turn

MECHANISMS = "PLAIN"
PASSWORD_BYTES_MAX = 1000
RESPONSE_BYTES_MAX = PASSWORD_BYTES_MAX + 2 * 128 + 2
"""Two names of 32 characters beyond the basic plane, a password, and what stands between them."""


def authenticate(turn: Turn, message: Message) -> None:
    """AUTHENTICATE <mechanism>, then AUTHENTICATE <chunk of base64>; `*` gives up."""
    session, word = turn.session, message.params[0]
    if session.login.account:
        raise Refusal(numerics.ERR_SASLALREADY, "You have already authenticated using SASL")
    if not session.has(caps.SASL):
        raise Refusal(numerics.ERR_SASLFAIL, "Request the sasl capability first")
    if session.login.is_checking:
        raise Refusal(numerics.ERR_SASLFAIL, "A password is being checked: wait for the answer")
    if word == "*":
        _reset(turn)
        raise Refusal(numerics.ERR_SASLABORTED, "SASL authentication aborted")
    if session.login.sasl_mechanism:
        _take_chunk(turn, word)
    elif word.upper() == MECHANISMS:
        change_login(turn, sasl_mechanism=MECHANISMS, sasl_chunks=())
        turn.reply_plain("AUTHENTICATE", "+")
    else:
        turn.reply(numerics.RPL_SASLMECHS, MECHANISMS, "are available SASL mechanisms")
        raise Refusal(numerics.ERR_SASLFAIL, "SASL authentication failed: unknown mechanism")


def _take_chunk(turn: Turn, chunk: str) -> None:
    chunks = (*turn.session.login.sasl_chunks, chunk)
    try:
        response = _join(chunks)
        if response is None:
            change_login(turn, sasl_chunks=chunks)
            return
        given = sasl.decode_plain(response)
        if given.authzid and nick_key(given.authzid) != nick_key(given.authcid):
            raise SaslError("nobody may log in as somebody else")
        if len(given.password.encode()) > PASSWORD_BYTES_MAX:
            raise SaslTooLong(f"a password passes {PASSWORD_BYTES_MAX} bytes")
    except SaslTooLong:
        _reset(turn)
        raise Refusal(numerics.ERR_SASLTOOLONG, "SASL message too long") from None
    except SaslError:
        _reset(turn)
        text = "SASL authentication failed: not a PLAIN response"
        raise Refusal(numerics.ERR_SASLFAIL, text) from None
    check_password(turn, given.authcid, given.password)


def _join(chunks: tuple[str, ...]) -> bytes | None:
    """The response in these chunks, or None when more must follow."""
    reader = sasl.ChunkReader(RESPONSE_BYTES_MAX)
    *before, last = chunks
    for chunk in before:
        reader.feed(chunk)
    return reader.feed(last)


def _reset(turn: Turn) -> None:
    change_login(turn, sasl_mechanism="", sasl_chunks=())


def log_in_guest(turn: Turn, account: str) -> None:
    """A guest who is here already becomes the owner of an account, in everybody's sight.

    Raises:
        Refusal: The account is here already, or somebody has a nick like its name.
    """
    world, user = turn.world, turn.user
    if world.find_account(account) is not None:
        text = f"{account} is connected already: connect anew to join in"
        raise Refusal(numerics.ERR_SASLFAIL, text)
    is_renamed = world.settings.nick_policy == "account" and user.nick != account
    if is_renamed:
        nicks.check_nick(world, account, account, user.id)
    turn.record(AccountChanged(user.id, account))
    line = replace(turn.line(user, "ACCOUNT", account), needs=caps.ACCOUNT_NOTIFY)
    turn.announce(user, line, but=frozenset(user.sessions))
    turn.reply_line(line)
    if is_renamed:
        rename(turn, account)
    if is_operator_account(world.settings, account):
        make_operator(turn)
    come_back(turn)
