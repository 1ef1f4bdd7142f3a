"""NickServ: accounts for clients that know nothing newer, as a name that one can talk to.

There is nobody of that name. What is said to it, as PRIVMSG or with NICKSERV or NS, is taken out
before anything else looks at it: it is kept nowhere, shown to no other session, and not echoed, for
as a rule it is a password. The answers are NOTICEs. Its verbs are those that people know from
Atheme and Anope, as far as there is something to do here.
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message
from irc.names import nick_key
from server.core.commands.leaving import count_attempts, end_session
from server.core.commands.presence import (
    WRONG_LOGIN,
    change_login,
    check_password,
    wait_for_pool,
)
from server.core.effects import ChangePassword, Outgoing
from server.core.events import AccountAnswered, Result
from server.core.turn import Refusal, Turn

NAME = "NickServ"
KEY = nick_key(NAME)

HELP = (
    "I look after accounts. Say these to me, and to nobody else:",
    "IDENTIFY [<account>] <password>: log in",
    "PASSWD <old password> <new password> [KICK]: change your password;"
    " KICK ends your other connections",
    "LOGOUT OTHERS: end your other connections",
    'A password with spaces in it goes between two ", with \\ in front of each " and \\ in it.',
)

_SETTING = frozenset({"PASSWORD", "PASS", "PASSWD"})


def is_meant(message: Message) -> bool:
    """Whether NickServ is among those to whom this is said. Quick: it is asked of every message."""
    targets = message.params[0] if message.params else ""
    if len(targets) < len(NAME) or "serv" not in targets.casefold():
        return False
    # `NickServ@services.example` is how some clients are set up never to tell somebody else.
    return any(nick_key(target.partition("@")[0]) == KEY for target in targets.split(","))


def hear(turn: Turn, message: Message) -> None:
    """PRIVMSG NickServ :<words>"""
    if len(message.params) < 2:
        raise Refusal(numerics.ERR_NOTEXTTOSEND, "No text to send")
    if "," in message.params[0]:
        tell(turn, "Say that to me alone. Nobody else was told.")
        return
    _obey(turn, message.params[1].strip())


def nickserv(turn: Turn, message: Message) -> None:
    """NICKSERV <words>, or NS <words>"""
    *words, last = message.params
    # What was said behind a colon is one word, whatever is in it.
    is_one_word = words and " " in last and '"' not in last
    _obey(turn, " ".join([*words, f'"{last}"' if is_one_word else last]).strip())


def tell(turn: Turn, text: str) -> None:
    """Answer the asker as NickServ."""
    name = turn.world.settings.server_name
    source = f"{NAME}!{NAME}@{name}"
    turn.reply_line(Outgoing(source, "NOTICE", (turn.name, text), turn.stamp.at_ms))


def whois(turn: Turn) -> None:
    """WHOIS NickServ: that it is a part of the server."""
    name = turn.world.settings.server_name
    turn.reply(numerics.RPL_WHOISUSER, NAME, NAME, name, "*", "Accounts")
    turn.reply(numerics.RPL_WHOISSERVER, NAME, name, turn.world.settings.network)


def _obey(turn: Turn, text: str) -> None:
    verb, _, rest = text.partition(" ")
    rest = rest.strip()
    match _bare(verb).upper():
        case "IDENTIFY" | "ID" | "LOGIN":
            _identify(turn, rest)
        case "PASSWD" | "PASSWORD" | "SETPASS":
            _change_password(turn, words_of(rest))
        case "SET" if (words := words_of(rest)) and words[0].upper() in _SETTING:
            _change_password(turn, words[1:])
        case "LOGOUT" if rest.upper() == "OTHERS":
            ended = _end_others(turn)
            tell(turn, f"Other connections ended: {ended}.")
        case "HELP" | "":
            for line in HELP:
                tell(turn, line)
        case _:
            # Not what it was: somebody may have said nothing but the password.
            tell(turn, "I do not know that. Say HELP, and I say what I know.")


def _identify(turn: Turn, rest: str) -> None:
    """IDENTIFY [<account>] <password>: the first word is the account only if there is one."""
    account, password = turn.user.account or turn.user.nick, rest
    if rest.startswith('"'):
        *names, password = words_of(rest) or [""]
        account = names[0] if names else account
    else:
        first, _, others = rest.partition(" ")
        keys = turn.world.settings.account_keys
        if others and (keys is None or nick_key(_bare(first)) in keys):
            account, password = _bare(first), _bare(others.strip())
    if not password:
        tell(turn, "Say: IDENTIFY <account> <password>")
    elif turn.session.login.is_checking:
        tell(turn, "A password is being checked: wait for the answer.")
    else:
        change_login(turn, task="identify")
        check_password(turn, account, password)


def _change_password(turn: Turn, words: list[str]) -> None:
    """PASSWD <old> <new> [KICK]"""
    login = turn.session.login
    is_kicking = len(words) == 3 and words[2].upper() == "KICK"
    if not login.account:
        tell(turn, "Log in first: IDENTIFY <account> <password>")
    elif len(words) != 2 + is_kicking:
        tell(turn, "Say: PASSWD <old password> <new password> [KICK]")
    elif login.is_checking:
        tell(turn, "A password is being checked: wait for the answer.")
    else:
        wait_for_pool(turn, task="passwd kick" if is_kicking else "passwd")
        session, (old, new) = turn.session, words[:2]
        turn.effect(ChangePassword(session.id, login.account, old, new, session.address))


def answered(turn: Turn, event: AccountAnswered, *, is_kicking: bool) -> None:
    """What came of PASSWD."""
    match event.result:
        case Result.DONE:
            tell(turn, "Your password is changed. The old one is good for nothing any more.")
            if is_kicking:
                tell(turn, f"Other connections ended: {_end_others(turn)}.")
        case Result.WRONG:
            tell(turn, f"{WRONG_LOGIN}. Your password is what it was.")
            change_login(turn, attempts=turn.session.login.attempts + 1)
            count_attempts(turn)
        case Result.WEAK | Result.UNACCEPTABLE:
            tell(turn, f"{event.text}. Your password is what it was.")
        case Result.BUSY:
            tell(turn, f"Too many logins at once: try again in {event.retry_after_s:.0f} s.")
        case _:
            tell(turn, "This cannot be done now. Your password is what it was.")


def _end_others(turn: Turn) -> int:
    """End the account's other sessions, registered or not; how many."""
    account, world = turn.user.account, turn.world
    if not account:
        return 0
    others = [each for each in turn.user.sessions.values() if each is not turn.session]
    if world.registered < len(world.sessions):  # all of them are looked at for these few
        coming = (each for each in world.sessions.values() if each.user is None)
        others += [each for each in coming if each.login.account == account]
    for each in others:
        end_session(turn, each, "Ended by another connection of this account")
    return len(others)


def words_of(text: str) -> list[str]:
    """The words of a line. What stands between two `"` is one word; `\\` there spares a sign."""
    words: list[str] = []
    rest = text.strip()
    while rest:
        if not rest.startswith('"'):
            word, _, rest = rest.partition(" ")
        else:
            word, rest = _quotation(rest[1:])
        words.append(word)
        rest = rest.lstrip()
    return words


def _quotation(text: str) -> tuple[str, str]:
    """What stands before the next `"`, and what behind it."""
    word, is_spared = "", False
    for place, char in enumerate(text):
        if is_spared or char not in '"\\':
            word, is_spared = word + char, False
        elif char == "\\":
            is_spared = True
        else:
            return word, text[place + 1 :]
    return word, ""


def _bare(text: str) -> str:
    """A word without its quotation marks."""
    return words_of(text)[0] if text.startswith('"') else text
