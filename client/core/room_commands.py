"""The commands that manage rooms and people: a part of the table of `commands.py`.

The words are those of other clients where these have one. How somebody is banned, by account or by
address, is for the session to find out (`moderating.py`): a person gives a name.
"""

import re
from gettext import gettext as _
from typing import Final

from client.core import verbs
from client.core.spec import (
    MAYBE_REASON,
    MAYBE_ROOM,
    N_,
    NICK,
    TEXT,
    Argument,
    ArgumentKind,
    CommandSpec,
    at_most_one_word,
    is_room,
    optional,
    split,
    split_room,
)
from client.core.verbs import Command, InputError
from irc.sanitise import clean_line

SLOW_S_MAX: Final = 3_600
_DURATION: Final = re.compile(r"([0-9]{1,9}[smhdwy])+", re.IGNORECASE)
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600}


def _bad_time(word: str) -> InputError:
    shown = clean_line(word, 20)
    return InputError(_('How long is "%s"?') % shown, _("Write 30s, 10m, 2h or 7d."))


def _ban(rest: str) -> Command | InputError | None:
    room, tail = split_room(rest)
    name, tail = split(tail)
    word, reason = split(tail)
    if word.isascii() and word.isdigit():
        return _bad_time(word)
    if not _DURATION.fullmatch(word):
        word, reason = "", tail
    return verbs.Ban(name, room, word.lower(), reason) if name else None


def _mute(rest: str) -> Command | InputError | None:
    room, tail = split_room(rest)
    name, word = split(tail)
    if word and not _DURATION.fullmatch(word):
        return _bad_time(word)
    return verbs.Ban(name, room, word.lower(), is_mute=True) if name else None


def _unban(rest: str, *, is_mute: bool = False) -> Command | None:
    room, name = split_room(rest)
    return verbs.Unban(name, room, is_mute) if name and " " not in name else None


def _rank(rest: str, letter: str, *, is_given: bool) -> Command | None:
    room, names = split_room(rest)
    nicks = tuple(names.replace(",", " ").split())
    return verbs.Rank(nicks, letter, is_given, room) if nicks else None


def _slow(rest: str) -> Command | InputError | None:
    room, word = split_room(rest)
    if not word:
        return None
    if word.lower() == "off":
        return verbs.Slow(0, room)
    found = re.fullmatch(r"([0-9]{1,6})([smh]?)", word.lower())
    seconds = int(found[1]) * _UNITS_S[found[2] or "s"] if found else -1
    if not 0 <= seconds <= SLOW_S_MAX:
        most = _("Write a number of seconds up to %d, or off.") % SLOW_S_MAX
        return InputError(_('How slow is "%s"?') % clean_line(word, 20), most)
    return verbs.Slow(seconds, room)


def _invite_only(rest: str) -> Command | None:
    room, word = split_room(rest)
    is_sound = word.lower() in ("on", "off")
    return verbs.InviteOnly(word.lower() == "on", room) if is_sound else None


def _rename(rest: str) -> Command | None:
    words = rest.split()
    if len(words) == 2 and is_room(words[0]):
        return verbs.Rename(words[1], words[0])
    return verbs.Rename(words[0]) if len(words) == 1 else None


def _operators(rest: str) -> Command | None:
    room, text = split_room(rest)
    return verbs.Operators(text, room) if text else None


def _notify(rest: str) -> Command | None:
    return verbs.Notify(tuple(rest.replace(",", " ").split()))


def _realname(rest: str) -> Command | None:
    return verbs.Realname(rest.strip()) if rest.strip() else None


def _password(rest: str) -> Command | InputError:
    if rest.strip():  # an error is not remembered among the typed lines
        hint = _("Type /password alone: it asks for both, unseen.")
        return InputError(_("A password on this line can be read by others."), hint)
    return verbs.Password()


_MAYBE_TIME: Final = optional(N_("TIME"), ArgumentKind.WORD)
_SWITCH: Final = Argument(N_("on|off"), ArgumentKind.WORD)

SPECS: Final = (
    CommandSpec(
        "ban",
        (MAYBE_ROOM, NICK, _MAYBE_TIME, MAYBE_REASON),
        N_("remove somebody and keep them out, for ever or such as 2h"),
        _ban,
        False,
    ),
    CommandSpec(
        "unban", (MAYBE_ROOM, NICK), N_("lift a ban: a name or number of /bans"), _unban, False
    ),
    CommandSpec(
        "bans",
        (MAYBE_ROOM,),
        N_("who is banned or muted here"),
        at_most_one_word(verbs.Bans),
        False,
    ),
    CommandSpec(
        "mute",
        (MAYBE_ROOM, NICK, _MAYBE_TIME),
        N_("let somebody be here and say nothing"),
        _mute,
        False,
    ),
    CommandSpec(
        "unmute",
        (MAYBE_ROOM, NICK),
        N_("let somebody speak again"),
        lambda rest: _unban(rest, is_mute=True),
        False,
    ),
    CommandSpec(
        "op",
        (MAYBE_ROOM, NICK),
        N_("make somebody an operator of the room"),
        lambda rest: _rank(rest, "o", is_given=True),
        False,
    ),
    CommandSpec(
        "deop",
        (MAYBE_ROOM, NICK),
        N_("make an operator a member like others"),
        lambda rest: _rank(rest, "o", is_given=False),
        False,
    ),
    CommandSpec(
        "voice",
        (MAYBE_ROOM, NICK),
        N_("let somebody speak where not all may"),
        lambda rest: _rank(rest, "v", is_given=True),
        False,
    ),
    CommandSpec(
        "devoice",
        (MAYBE_ROOM, NICK),
        N_("take the voice that /voice gave"),
        lambda rest: _rank(rest, "v", is_given=False),
        False,
    ),
    CommandSpec(
        "slow",
        (MAYBE_ROOM, Argument(N_("SECONDS|off"), ArgumentKind.WORD)),
        N_("one message each in so many seconds"),
        _slow,
        False,
    ),
    CommandSpec(
        "inviteonly",
        (MAYBE_ROOM, _SWITCH),
        N_("let in only people who are invited"),
        _invite_only,
        False,
    ),
    CommandSpec(
        "rename",
        (MAYBE_ROOM, Argument(N_("NEWNAME"), ArgumentKind.WORD)),
        N_("give the room another name"),
        _rename,
        False,
    ),
    CommandSpec(
        "ops",
        (MAYBE_ROOM, TEXT),
        N_("say it to the operators of the room alone"),
        _operators,
        False,
    ),
    CommandSpec(
        "notify",
        (optional(N_("NAME"), ArgumentKind.NICK),),
        N_("tell when somebody comes or goes; -NAME: no more"),
        _notify,
        False,
    ),
    CommandSpec(
        "realname",
        (TEXT,),
        N_("change the name that stands beside yours in /whois"),
        _realname,
        False,
    ),
    CommandSpec("password", (), N_("change your password"), _password, False),
)
