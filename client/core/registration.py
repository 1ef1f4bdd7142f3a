"""Coming in: capabilities, login, nick and welcome.

Theory of operation. CAP LS, NICK and USER go out in one flight. A server that knows CAP holds our
registration until CAP END, so in between we ask for what we know (REQ), and log in (AUTHENTICATE)
where there is a password or a certificate. A server that does not know CAP answers 421 or simply
welcomes us: fine, unless we were to log in, for then we would be somebody else than the person
meant: we leave.
The nick is what 001 says. The welcome ends with the message of the day (376) or its lack (422).

A refused login or name is for the person to mend, so the session then says it may not be retried.
Source: IRCv3 capability-negotiation and sasl-3.2; Modern IRC, "Connection Registration".
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from client.core import account, replies
from client.core.capabilities import WANTED
from client.core.events import (
    AccountChanged,
    LoggedIn,
    LoginFailed,
    NickInUse,
    RegistrationFailed,
)
from client.core.state import Handler, Phase, State, param
from irc import numerics
from irc.errors import SaslError
from irc.message import Message
from irc.sasl import encode_plain, split_chunks

# After a refusal we try these forms of the nick, once each, and then tell.
NICK_VARIANTS: Final = ("{}_", "{}__")

# What servers commonly take; both are only shown by WHOIS.
USER_CHARS_MAX: Final = 10
REALNAME_CHARS_MAX: Final = 100

# Capabilities remembered of one server; real ones have under 100.
TOKENS_MAX: Final = 500

# What says "later", not "never" to a login: standard-reply codes, and words beside 904, which has
# no code for it. After a server's restart everybody logs in at once, and must not give up.
_LATER_WORDS: Final = "try again"
_BUSY_CODES: Final = frozenset({"BUSY", "TRY_LATER", "TEMPORARILY_UNAVAILABLE", "RATE_LIMITED"})


_LOGIN_COMMANDS: Final = ("AUTHENTICATE", "REGISTER", "VERIFY")


def begin(s: State) -> None:
    """Send our side of the first flight."""
    identity = s.identity
    s.connection.phase = Phase.REGISTERING
    s.send("CAP", "LS", "302")
    if not s.send("NICK", identity.nick):
        _registration_failed(s, "bad_nick", "")
        return
    user = "".join(
        char for char in identity.user or identity.nick if char.isascii() and char.isalnum()
    )
    realname = " ".join((identity.realname or identity.nick).split())
    s.send("USER", user[:USER_CHARS_MAX] or "user", "0", "*", realname[:REALNAME_CHARS_MAX])


# --- capabilities ---------------------------------------------------------------------------


def on_cap(s: State, message: Message) -> None:
    """`CAP <us> <LS|ACK|NAK|NEW|DEL> [*] :<names>`"""
    names = message.params[-1].split() if len(message.params) >= 3 else []
    match param(message, 1).upper():
        case "LS":
            s.connection.caps_offered.update(_parse_offer(names))
            if param(message, 2) != "*" or len(message.params) < 4:
                _request_first(s)
        case "ACK":
            _acknowledge(s, names)
        case "NAK":
            _refused(s, names)
        case "NEW":
            offered = _parse_offer(names)
            s.connection.caps_offered.update(offered)
            _request(s, [name for name in offered if _is_wanted(s, name) and name != "sasl"])
        case "DEL":
            for name in names:
                s.connection.caps.discard(name)
                s.connection.caps_offered.pop(name, None)


def _parse_offer(names: list[str]) -> dict[str, str]:
    pairs = (name.partition("=") for name in names[:TOKENS_MAX])
    return {name: value for name, _, value in pairs}


def _is_wanted(s: State, name: str) -> bool:
    if name == account.CAPABILITY:
        return s.identity.is_registering
    if name == "sasl":
        return s.identity.mechanism != ""
    return name in WANTED


def _request_first(s: State) -> None:
    """The list is complete: ask for all we know, or end the negotiation."""
    if s.connection.phase is not Phase.REGISTERING:
        return
    mechanism = s.identity.mechanism
    if mechanism and not _offers(s.connection.caps_offered, mechanism):
        _login_is_impossible(s)
        return
    if s.identity.is_registering and not account.may_register(s):
        _registering_is_impossible(s)
        return
    wanted = [name for name in s.connection.caps_offered if _is_wanted(s, name)]
    if wanted:
        _request(s, wanted)
    else:
        s.send("CAP", "END")


def _offers(offered: Mapping[str, str], mechanism: str) -> bool:
    """Tell whether the server can log us in. Without a value, "sasl" may mean it (sasl-3.1)."""
    if "sasl" not in offered:
        return False
    return not offered["sasl"] or mechanism in offered["sasl"].upper().split(",")


def _request(s: State, names: list[str]) -> None:
    if names:
        s.connection.caps_pending.update(names)
        s.send("CAP", "REQ", " ".join(names))


def _acknowledge(s: State, names: list[str]) -> None:
    for name in names:
        if name.startswith("-"):
            s.connection.caps.discard(name[1:])
        else:
            s.connection.caps.add(name)
        s.connection.caps_pending.discard(name)
    _go_on_when_settled(s)


def _refused(s: State, names: list[str]) -> None:
    """NAK refuses a request as a whole: ask for each alone, so that one does not cost us all."""
    refused = [name for name in names if name in s.connection.caps_pending]
    s.connection.caps_pending.difference_update(refused)
    if len(refused) > 1:
        for name in refused:
            _request(s, [name])
    _go_on_when_settled(s)


def _go_on_when_settled(s: State) -> None:
    connection = s.connection
    if connection.caps_pending or connection.phase is not Phase.REGISTERING:
        return
    if s.identity.is_registering:
        account.register(s)
    elif not s.identity.mechanism:
        s.send("CAP", "END")
    elif not s.has_cap("sasl"):
        _login_is_impossible(s)
    elif not (connection.is_logging_in or connection.is_logged_in):
        connection.is_logging_in = True
        s.send("AUTHENTICATE", s.identity.mechanism)


# --- login ----------------------------------------------------------------------------------


def on_authenticate(s: State, message: Message) -> None:
    """`AUTHENTICATE +`: the server is ready for our name and password, or our name alone."""
    if not s.connection.is_logging_in or param(message, 0) != "+":
        return
    identity = s.identity
    if identity.has_certificate:
        for chunk in split_chunks((identity.account or identity.nick).encode()):
            s.send("AUTHENTICATE", chunk)
        return
    password = unicodedata.normalize("NFC", identity.password)
    try:
        response = encode_plain("", identity.account or identity.nick, password)
    except (SaslError, UnicodeEncodeError):
        _login_failed(s, LoginFailed(text="", code="bad_password"))
        return
    for chunk in split_chunks(response):
        s.send("AUTHENTICATE", chunk)


def on_logged_in(s: State, message: Message) -> None:
    """900: `<us> <prefix> <account> :text`. Also sent when somebody logs in later."""
    s.model.account = param(message, 2)
    s.emit(LoggedIn(account=s.model.account, time_ms=s.time_of(message)))


def on_logged_out(s: State, message: Message) -> None:
    """901"""
    s.model.account = ""
    s.emit(
        AccountChanged(nick=s.model.nick, account="", own=True, time_ms=s.time_of(message)),
    )


def on_sasl_success(s: State, message: Message) -> None:
    """903, or 907: we are logged in already."""
    if not s.connection.is_logging_in:
        return
    s.connection.is_logging_in = False
    s.connection.is_logged_in = True
    if s.connection.nick_refusal:
        # It was refused to a stranger; now we are its owner.
        s.connection.nick_refusal = ""
        s.send("NICK", s.identity.nick)
    s.send("CAP", "END")


def on_sasl_failure(s: State, message: Message) -> None:
    """902, 904, 905, 906; 464 while we register."""
    if s.connection.phase is Phase.REGISTERING:
        text = param(message, -1)
        is_permanent = _LATER_WORDS not in text.lower()
        failed = LoginFailed(text=text, code=message.command, is_permanent=is_permanent)
        _login_failed(s, failed)
    else:
        replies.on_error_numeric(s, message)


def on_fail(s: State, message: Message) -> None:
    """`FAIL AUTHENTICATE code :text`, `FAIL * ACCOUNT_REQUIRED... :text`, and of REGISTER and
    VERIFY; others are not ours."""
    code = param(message, 1)
    is_about_login = param(message, 0) in _LOGIN_COMMANDS or code.startswith("ACCOUNT_REQUIRED")
    if s.connection.phase is Phase.REGISTERING and is_about_login:
        is_permanent = code not in _BUSY_CODES
        _login_failed(s, LoginFailed(text=param(message, -1), code=code, is_permanent=is_permanent))
    else:
        replies.on_fail(s, message)


def on_account_made(s: State, message: Message) -> None:
    """`REGISTER|VERIFY SUCCESS|VERIFICATION_REQUIRED account :text` (draft account-registration)"""
    if not s.identity.is_registering:
        replies.on_other_command(s, message)
    elif param(message, 0) == "SUCCESS":
        account.made(s, message)
    elif not account.show_invitation(s):
        _login_failed(s, LoginFailed(text=param(message, -1), code=param(message, 0)))


def _login_is_impossible(s: State) -> None:
    _login_failed(s, LoginFailed(text="", code="sasl_unavailable"))


def _registering_is_impossible(s: State) -> None:
    _login_failed(s, LoginFailed(text="", code="registration_unavailable"))


def _login_failed(s: State, event: LoginFailed) -> None:
    """Once is enough: a server may say it in two ways."""
    s.connection.is_logging_in = False
    if s.close_reason:
        return
    s.emit(event)
    s.send("QUIT")
    s.close("login failed", may_retry=not event.is_permanent)


# --- nick and welcome -----------------------------------------------------------------------


def on_nick_refused(s: State, message: Message) -> None:
    """433, 436, 437: somebody has that nick. `<us> <nick> :text`"""
    connection = s.connection
    text, wanted = param(message, -1), param(message, 1)
    if s.model.is_room_name(wanted):
        replies.on_error_numeric(s, message)  # 437 is also for rooms
        return
    if connection.phase is not Phase.REGISTERING:
        current = s.model.nick
        s.emit(NickInUse(nick=wanted, text=text, current=current, time_ms=s.time_of(message)))
        return
    if s.identity.is_registering:
        _login_failed(s, LoginFailed(text=text, code="ACCOUNT_EXISTS"))
        return
    connection.nick_refusal = text
    if s.identity.mechanism and not connection.is_logged_in:
        return  # we try again when the server knows who we are
    if connection.nick_tries < len(NICK_VARIANTS):
        variant = NICK_VARIANTS[connection.nick_tries].format(s.identity.nick)
        connection.nick_tries += 1
        s.send("NICK", variant)
        return
    s.emit(NickInUse(nick=s.identity.nick, text=text))
    _registration_failed(s, message.command, text)


def on_registration_refused(s: State, message: Message) -> None:
    """432 (a nick that cannot be), 465, 466 (banned)."""
    if s.connection.phase is Phase.REGISTERING:
        _registration_failed(s, message.command, param(message, -1))
    else:
        replies.on_error_numeric(s, message)


def _registration_failed(s: State, code: str, text: str) -> None:
    s.emit(RegistrationFailed(text=text, code=code, nick=s.identity.nick))
    s.send("QUIT")
    s.close("registration refused", may_retry=False)


def on_welcome(s: State, message: Message) -> None:
    """001: `<us> :Welcome ...`. The nick in it is ours, whatever we asked for."""
    connection = s.connection
    if s.identity.is_registering:
        _registering_is_impossible(s)
        return
    if s.identity.mechanism and not connection.is_logged_in:
        _login_is_impossible(s)
        return
    connection.phase = Phase.WELCOMED
    s.model.nick = param(message, 0) or s.identity.nick
    s.model.server = message.source
    s.model.away = ""
    if connection.nick_refusal and not s.model.is_me(s.identity.nick):
        s.emit(
            NickInUse(nick=s.identity.nick, text=connection.nick_refusal, current=s.model.nick),
        )


HANDLERS: Final[Mapping[str, Handler]] = {
    "CAP": on_cap,
    "AUTHENTICATE": on_authenticate,
    "FAIL": on_fail,
    "REGISTER": on_account_made,
    "VERIFY": on_account_made,
    numerics.RPL_LOGGEDIN: on_logged_in,
    numerics.RPL_LOGGEDOUT: on_logged_out,
    numerics.RPL_SASLSUCCESS: on_sasl_success,
    numerics.ERR_SASLALREADY: on_sasl_success,
    numerics.ERR_NICKLOCKED: on_sasl_failure,
    numerics.ERR_SASLFAIL: on_sasl_failure,
    numerics.ERR_SASLTOOLONG: on_sasl_failure,
    numerics.ERR_SASLABORTED: on_sasl_failure,
    numerics.ERR_PASSWDMISMATCH: on_sasl_failure,
    numerics.ERR_NICKNAMEINUSE: on_nick_refused,
    numerics.ERR_NICKCOLLISION: on_nick_refused,
    numerics.ERR_UNAVAILRESOURCE: on_nick_refused,
    numerics.ERR_ERRONEUSNICKNAME: on_registration_refused,
    numerics.ERR_YOUREBANNEDCREEP: on_registration_refused,
    "466": on_registration_refused,
    numerics.RPL_WELCOME: on_welcome,
}
