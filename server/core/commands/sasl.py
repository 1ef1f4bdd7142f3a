"""AUTHENTICATE: logging in with SASL PLAIN or EXTERNAL, before registration or after it.

Sources: IRCv3 sasl-3.1 and sasl-3.2; RFC 4616, RFC 4422 appendix A. A password is asked for with an
effect and the answer comes as an event; until then further tries are refused, and registration
waits. A certificate was checked with the handshake: which key is whose is in the settings.
"""

from __future__ import annotations

from dataclasses import replace

from irc import caps, numerics, sasl
from irc.errors import SaslError, SaslTooLong
from irc.message import Message
from irc.names import nick_key
from server.core import nicks
from server.core.commands.identity import change_host, rename
from server.core.commands.leaving import count_attempts
from server.core.commands.metadata_news import tell_differences
from server.core.commands.monitor import tell_of
from server.core.commands.offer import mechanisms
from server.core.commands.opering import drop_operator, make_operator, operator_of_account
from server.core.commands.presence import (
    change_login,
    check_password,
    come_back,
    host_of,
    host_of_account,
)
from server.core.commands.ranks import recognise
from server.core.facts import AccountChanged, AccountSeen
from server.core.turn import Refusal, Turn

PASSWORD_BYTES_MAX = 1000
RESPONSE_BYTES_MAX = PASSWORD_BYTES_MAX + 2 * 128 + 2
"""Two names of 32 characters beyond the basic plane, a password, and what stands between them."""


def authenticate(turn: Turn, message: Message) -> None:
    """AUTHENTICATE <mechanism>, then AUTHENTICATE <chunk of base64>; `*` gives up.

    Who is logged in may do so again, as the same account or as another (sasl-3.2).
    """
    session, word = turn.session, message.params[0]
    if not session.has(caps.SASL):
        raise Refusal(numerics.ERR_SASLFAIL, "Request the sasl capability first")
    if session.login.is_checking:
        raise Refusal(numerics.ERR_SASLFAIL, "A password is being checked: wait for the answer")
    if word == "*":
        _reset(turn)
        raise Refusal(numerics.ERR_SASLABORTED, "SASL authentication aborted")
    offered = mechanisms(session)
    if session.login.sasl_mechanism:
        _take_chunk(turn, word)
    elif word.upper() in offered.split(","):
        change_login(turn, sasl_mechanism=word.upper(), sasl_chunks=())
        turn.reply_plain("AUTHENTICATE", "+")
    else:
        turn.reply(numerics.RPL_SASLMECHS, offered, "are available SASL mechanisms")
        raise Refusal(numerics.ERR_SASLFAIL, "SASL authentication failed: unknown mechanism")


def _take_chunk(turn: Turn, chunk: str) -> None:
    login = turn.session.login
    chunks = (*login.sasl_chunks, chunk)
    try:
        response = _join(chunks)
        if response is None:
            change_login(turn, sasl_chunks=chunks)
            return
        if login.sasl_mechanism == "EXTERNAL":
            _use_certificate(turn, _authzid_of(response))
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
        text = f"SASL authentication failed: not a {login.sasl_mechanism} response"
        raise Refusal(numerics.ERR_SASLFAIL, text) from None
    check_password(turn, given.authcid, given.password)


def _authzid_of(response: bytes) -> str:
    """As whom EXTERNAL wants to log in (RFC 4422, appendix A); "" for whoever the key is."""
    try:
        return response.decode()
    except UnicodeDecodeError:
        raise SaslError("an EXTERNAL response is not UTF-8") from None


def _use_certificate(turn: Turn, authzid: str) -> None:
    """Log in to the account that the key belongs to. TLS has proved that the key is theirs.

    An unknown key, a disabled account and another's name are refused in one sentence.
    """
    settings, login = turn.world.settings, turn.session.login
    account = settings.account_pins.get(turn.session.certificate, "")
    if account and (not authzid or nick_key(authzid) == nick_key(account)):
        log_in(turn, account)
        return
    change_login(turn, sasl_mechanism="", sasl_chunks=(), attempts=login.attempts + 1)
    turn.reply(numerics.ERR_SASLFAIL, "SASL authentication failed: this certificate lets nobody in")
    count_attempts(turn)


def _join(chunks: tuple[str, ...]) -> bytes | None:
    """The response in these chunks, or None when more must follow."""
    reader = sasl.ChunkReader(RESPONSE_BYTES_MAX)
    *before, last = chunks
    for chunk in before:
        reader.feed(chunk)
    return reader.feed(last)


def _reset(turn: Turn) -> None:
    change_login(turn, sasl_mechanism="", sasl_chunks=())


def log_in(turn: Turn, account: str) -> None:
    """Log the session in to `account`, whose owner it has proved to be.

    Raises:
        Refusal: 904 or 907: somebody who is here already cannot become its owner, and stays who
            they are.
    """
    login = turn.session.login
    change_login(turn, sasl_mechanism="", sasl_chunks=())
    if turn.session.user is not None:
        _become(turn, account)
    change_login(turn, account=account)
    turn.reply(numerics.RPL_LOGGEDIN, _source(turn), account, f"You are now logged in as {account}")
    if login.sasl_mechanism:
        turn.reply(numerics.RPL_SASLSUCCESS, "SASL authentication successful")


def _source(turn: Turn) -> str:
    if turn.session.user is not None:
        return turn.user.source
    host = host_of(turn.session, turn.world.settings)
    return f"{turn.name}!{turn.session.login.username or '*'}@{host}"


def _become(turn: Turn, account: str) -> None:
    """Somebody who is here already becomes the owner of an account, in everybody's sight.

    Raises:
        Refusal: The account is here already, somebody has a nick like its name, or others of the
            account's sessions would change along.
    """
    world, user = turn.world, turn.user
    if nick_key(user.account) == nick_key(account):
        return
    if world.find_account(account) is not None:
        text = f"{account} is connected already: connect anew to join in"
        raise Refusal(numerics.ERR_SASLFAIL, text)
    if user.account and len(user.sessions) > 1:
        text = f"You are {user.account} in other connections too: connect anew as {account}"
        raise Refusal(numerics.ERR_SASLALREADY, text)
    is_renamed = world.settings.nick_policy == "account" and user.nick != account
    if is_renamed:
        try:
            nicks.check_nick(world, account, account, user.id)
        except Refusal as refusal:
            raise Refusal(numerics.ERR_SASLFAIL, refusal.params[-1]) from None
    if user.account:
        turn.record(AccountSeen(nick_key(user.account), turn.stamp.at_ms))
        drop_operator(turn, user)
    before, said = user.account, dict(world.metadata_of(user))
    # Made before: its account tag is who they were until now (account-tag, the example).
    line = replace(turn.line(user, "ACCOUNT", account), needs=caps.ACCOUNT_NOTIFY)
    turn.record(AccountChanged(user.id, account))
    tell_of(turn, user, line)
    turn.reply_line(line)
    change_host(turn, user, host_of_account(account))
    if is_renamed:
        rename(turn, account)
    tell_differences(turn, user, said)
    if operator := operator_of_account(world.settings, account):
        make_operator(turn, user, operator)
    recognise(turn, user, before)
    come_back(turn)
