"""Our account: a new password for it, by NickServ, and making one (REGISTER, VERIFY).

What is said to NickServ here goes by no outbox, so it is never kept, shown or sent again.
Source: docs/protocol.md, "NickServ"; IRCv3 draft account-registration.
"""

import unicodedata
from dataclasses import replace
from typing import Final

from client.core.events import AccountMade, ErrorReply, ServerText, TextKind
from client.core.state import State, nick_of, param
from irc.message import Message
from irc.names import fold

SERVICE: Final = "NickServ"
_CHANGED: Final = "password is changed"


def change_password(s: State, old: str, new: str) -> None:
    """Ask for a new password; the answer comes as `ServerText`."""
    old, new = (unicodedata.normalize("NFC", password) for password in (old, new))
    if not new or any(char in old + new for char in "\r\n\0"):
        s.emit(ErrorReply(code="bad_new_password", text="", command="PASSWD"))
    elif s.send("PRIVMSG", SERVICE, f"PASSWD {_quoted(old)} {_quoted(new)}"):
        s.connection.new_password = new


def _quoted(password: str) -> str:
    return '"' + password.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_answer(s: State, message: Message) -> bool:
    """Take the answer of NickServ to `change_password`; False when `message` is none."""
    new = s.connection.new_password
    is_from_service = fold(nick_of(message.source)) == fold(SERVICE)
    if not new or message.command != "NOTICE" or not is_from_service:
        return False
    s.connection.new_password = ""
    text = param(message, 1)
    if _CHANGED in text:
        # From the next connection on.
        s.identity = replace(s.identity, password=new if s.identity.password else "")
    s.emit(ServerText(text=text, kind=TextKind.INFO, time_ms=s.time_of(message)))
    return True


# --- making one -----------------------------------------------------------------------------

CAPABILITY: Final = "draft/account-registration"


def may_register(s: State) -> bool:
    """Tell whether the server makes accounts for who is not in yet."""
    return "before-connect" in s.connection.caps_offered.get(CAPABILITY, "").split(",")


def register(s: State) -> None:
    """Ask for the account that we are to be."""
    identity = s.identity
    password = unicodedata.normalize("NFC", identity.password)
    if not s.connection.is_logging_in and not s.connection.is_logged_in:
        s.connection.is_logging_in = True
        s.send("REGISTER", identity.account or identity.nick, "*", password)


def show_invitation(s: State) -> bool:
    """Show it, for the server wants one; False when we have none."""
    identity = s.identity
    if not identity.invitation:
        return False
    return s.send("VERIFY", identity.account or identity.nick, identity.invitation)


def made(s: State, message: Message) -> None:
    """`REGISTER|VERIFY SUCCESS account :text`: it is there, and ours, from now on too."""
    s.identity = replace(s.identity, is_registering=False, invitation="")
    s.connection.is_logging_in, s.connection.is_logged_in = False, True
    s.emit(AccountMade(account=param(message, 1), time_ms=s.time_of(message)))
    s.send("CAP", "END")
