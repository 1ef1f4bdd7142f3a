"""REGISTER and VERIFY: making an account from a client. And what the password pool answers.

Source: IRCv3 draft account-registration. Where everybody may register, REGISTER makes the account;
where an invitation is needed, it is answered with VERIFICATION_REQUIRED, and VERIFY takes the
invitation's code: so every client that knows the draft can ask for it. There is no e-mail here; the
parameter is ignored. Nobody gets any other account than the one that was made just now for them.
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message
from irc.names import RESERVED_NICKS, is_valid_nick, nick_key, skeleton
from server.core import nicks
from server.core.commands import nickserv, sasl
from server.core.commands.leaving import NICK_TAKEN, count_attempts, end
from server.core.commands.presence import change_login, try_register, wait_for_pool
from server.core.effects import RedeemInvitation, RegisterAccount
from server.core.events import AccountAnswered, Result
from server.core.turn import Refusal, Turn

_CODES = {
    Result.WEAK: "WEAK_PASSWORD",
    Result.UNACCEPTABLE: "UNACCEPTABLE_PASSWORD",
    Result.EXISTS: "ACCOUNT_EXISTS",
    Result.BAD_NAME: "BAD_ACCOUNT_NAME",
    Result.BAD_CODE: "INVALID_CODE",
}
"""Every other result is TEMPORARILY_UNAVAILABLE."""

_TEXTS = {
    Result.BAD_CODE: "There is no such invitation, or it is used up or too old",
    Result.TOO_MANY: "Too many accounts were made today: try again tomorrow",
    Result.BUSY: "Too many logins at once: try again in a few seconds",
}


def register(turn: Turn, message: Message) -> None:
    """REGISTER <account or *> <email or *> <password>"""
    asked, _, password = message.params[:3]
    account = turn.name if asked == "*" else asked
    _check_state(turn, "REGISTER", account)
    if turn.name == "*":
        raise _fail("REGISTER", "NEED_NICK", "*", "Say NICK first")
    _check_name(turn, account)
    session = turn.session
    wait_for_pool(turn, task="REGISTER", registering=account, registering_hash="")
    turn.effect(RegisterAccount(session.id, account, password, session.address))


def verify(turn: Turn, message: Message) -> None:
    """VERIFY <account> <code>"""
    account, code = message.params[:2]
    _check_state(turn, "VERIFY", account)
    session, login = turn.session, turn.session.login
    if not login.registering_hash or nick_key(login.registering) != nick_key(account):
        text = "Nothing waits to be verified: say REGISTER first"
        raise _fail("VERIFY", "INVALID_CODE", account, text)
    wait_for_pool(turn, task="VERIFY")
    turn.effect(
        RedeemInvitation(
            session.id, login.registering, login.registering_hash, code, session.address
        )
    )


def _check_state(turn: Turn, command: str, account: str) -> None:
    """Return if the session may make an account now.

    Raises:
        Refusal: It may not.
    """
    login = turn.session.login
    if login.account:
        text = f"You are logged in as {login.account}"
        raise _fail(command, "ALREADY_AUTHENTICATED", account, text)
    if turn.world.settings.registration == "closed":
        text = "Accounts are made by the operator here: ask for one"
        raise _fail(command, "TEMPORARILY_UNAVAILABLE", account, text)
    if login.is_checking or login.sasl_mechanism:
        text = "A password is being checked: wait for the answer"
        raise _fail(command, "TEMPORARILY_UNAVAILABLE", account, text)


def _check_name(turn: Turn, account: str) -> None:
    """Return if nothing that we know of is against the name; the password file decides.

    Raises:
        Refusal: It cannot be a name, or is somebody else's.
    """
    world, settings = turn.world, turn.world.settings
    key, look, own = nick_key(account), skeleton(account), turn.session.user
    if not is_valid_nick(account, settings.nick_chars_max):
        text = "This cannot be the name of an account"
    elif key in RESERVED_NICKS or look in RESERVED_NICKS:
        text = "This name is reserved for the server"
    elif key in (settings.account_keys or ()) or key in world.accounts:
        text = "There is an account of this name already"
        raise _fail("REGISTER", "ACCOUNT_EXISTS", account, text)
    elif key in world.last_seen:
        # An account that is no more: its private messages would be the new one's to read.
        text = "Somebody had this name before, and what they said is kept: ask the operator"
    elif look in settings.account_looks:
        text = "This looks like the name of another account"
    elif world.nicks.get(key, own) != own or world.skeletons.get(look, own) != own:
        text = "Somebody else is here by this name, or one that looks like it"
    else:
        return
    raise _fail("REGISTER", "BAD_ACCOUNT_NAME", account, text)


def answered(turn: Turn, event: AccountAnswered) -> None:
    """What came of a new password, or of a new account."""
    login = turn.session.login
    change_login(turn, is_checking=False, task="", label="")
    if login.task.startswith("passwd"):
        nickserv.answered(turn, event, is_kicking=login.task == "passwd kick")
        return
    match event.result:
        case Result.DONE:
            _made(turn, login.task, event.account)
        case Result.NEEDS_CODE:
            change_login(turn, registering_hash=event.hash)
            text = f"Show your invitation: VERIFY {login.registering} and its code"
            turn.reply_plain("REGISTER", "VERIFICATION_REQUIRED", login.registering, text)
        case _:
            _not_made(turn, login.task, login.registering, event)
    if turn.session.id in turn.world.sessions:
        try_register(turn)


def _made(turn: Turn, command: str, account: str) -> None:
    """The account is there: its maker is logged in to it, as with SASL."""
    turn.reply_plain(command, "SUCCESS", account, "Account successfully registered")
    change_login(turn, registering="", registering_hash="")
    try:
        sasl.log_in(turn, account)
    except Refusal as refusal:
        turn.reply(numerics.ERR_SASLFAIL, refusal.params[-1])
        _give_up_nick(turn)


def _not_made(turn: Turn, command: str, account: str, event: AccountAnswered) -> None:
    code = _CODES.get(event.result, "TEMPORARILY_UNAVAILABLE")
    text = event.text or _TEXTS.get(event.result, "This cannot be done now: try again later")
    turn.refuse(_fail(command, code, account, text))
    if event.result is Result.BAD_CODE:
        change_login(turn, attempts=turn.session.login.attempts + 1)
        count_attempts(turn)
    else:
        change_login(turn, registering="", registering_hash="")
    if turn.session.id in turn.world.sessions:
        _give_up_nick(turn)


def _give_up_nick(turn: Turn) -> None:
    """End a guest who is called as an account now, and did not become its owner."""
    is_guest = turn.session.user is not None and not turn.user.account
    if is_guest and nicks.is_account(turn.world, turn.user.nick):
        end(turn, NICK_TAKEN)


def _fail(command: str, code: str, account: str, text: str) -> Refusal:
    return Refusal("FAIL", command, code, account, text)
