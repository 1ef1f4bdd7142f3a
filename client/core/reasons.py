"""Why something did not work, in a sentence of ours where we know one: code to text, translated.

What we do not know is told in the server's own words, cleaned. Used by the view and, for the end
of a run, by the driver. Pure.
"""

from collections.abc import Mapping
from gettext import gettext as _
from typing import Final

from client.core.spec import N_
from irc import numerics
from irc.sanitise import clean_line, strip_format

# %(name)s is what the reply is about: a nick, a room, a command.
_SENTENCES: Final[Mapping[str, str]] = {
    # ours
    "offline": N_("You are not connected."),
    "bad_parameter": N_("This cannot be sent: a name with a space or a line break in it."),
    "bad_target": N_("This is no name of a person or a room."),
    "too_long": N_("This is too long to send."),
    "empty": N_("There is nothing to send."),
    "outbox_full": N_("Too many messages are waiting already."),
    "sasl_unavailable": N_("This server has no way to log in."),
    "no_history": N_("This server keeps no history for us."),
    "no_search": N_("This server has no search."),
    "no_redaction": N_("On this server messages cannot be taken back."),
    "nothing_to_delete": N_("You said nothing here that could be taken back."),
    "bad_password": N_(
        "This password cannot be sent: it is empty or has a character no line holds."
    ),
    "bad_nick": N_("This cannot be a name."),
    "no_mute": N_("On this server nobody can be muted."),
    "no_such_ban": N_('"%(name)s" is not banned here: /bans lists who is.'),
    "no_such_mute": N_('"%(name)s" is not muted here: /bans lists who is.'),
    "no_such_number": N_("There is no number %(name)s: /bans lists them."),
    "no_monitor": N_("This server does not tell who comes and goes."),
    "bad_new_password": N_("This cannot be a password: it is empty, or has a line break in it."),
    # the server's
    "STORAGE_ERROR": N_("The server could not store it, so nobody saw it. Try again later."),
    numerics.ERR_NOSUCHNICK: N_('There is nobody called "%(name)s" here.'),
    numerics.ERR_NOSUCHCHANNEL: N_('There is no room called "%(name)s".'),
    numerics.ERR_CANNOTSENDTOCHAN: N_("You may not speak in %(name)s."),
    numerics.ERR_TOOMANYCHANNELS: N_("You are in too many rooms already."),
    numerics.ERR_INPUTTOOLONG: N_("The server says that this is too long."),
    numerics.ERR_UNKNOWNCOMMAND: N_('The server does not know the command "%(name)s".'),
    numerics.ERR_ERRONEUSNICKNAME: N_('"%(name)s" cannot be a name here.'),
    numerics.ERR_USERNOTINCHANNEL: N_("%(name)s is not in that room."),
    numerics.ERR_NOTONCHANNEL: N_("You are not in %(name)s."),
    numerics.ERR_USERONCHANNEL: N_("%(name)s is in that room already."),
    numerics.ERR_CHANNELISFULL: N_("%(name)s is full."),
    numerics.ERR_INVITEONLYCHAN: N_("%(name)s is only for people who are invited."),
    numerics.ERR_BANNEDFROMCHAN: N_("You are banned from %(name)s."),
    numerics.ERR_BADCHANNELKEY: N_("%(name)s needs a key: /join ROOM KEY"),
    numerics.ERR_BADCHANMASK: N_('"%(name)s" cannot be the name of a room.'),
    numerics.ERR_CHANOPRIVSNEEDED: N_("Only the operators of %(name)s may do that."),
    numerics.ERR_NOPRIVILEGES: N_("Only an operator of the server may do that."),
}


def reason(code: str, text: str, name: str = "") -> str:
    """Why: our sentence for `code`, else the server's `text`, else the code. Safe to draw."""
    known = _SENTENCES.get(code)
    if known is None or _says_more(code, text):
        return strip_format(text) or clean_line(code, 40)
    return _(known) % {"name": clean_line(name, 80)}


def _says_more(code: str, text: str) -> bool:
    """Tell whether the server says when one may speak again, and not only that one may not."""
    return code == numerics.ERR_CANNOTSENDTOCHAN and any(char.isdigit() for char in text)


def closing_reason(text: str) -> str:
    """The reason in an ERROR message, without the "Closing link:" that servers put before it."""
    head, _colon, tail = text.partition(":")
    return tail.strip() if head.casefold() == "closing link" and tail.strip() else text
