"""Changes of modes as sentences, for people who know no letters. Used by `view_rooms.py`. Pure.

What is not known here, or does not fit (an argument is missing), is shown as letters. A server says
who; what it does by itself, such as ending a timed ban, has a name with a dot, which no nick has.
"""

from dataclasses import dataclass
from gettext import gettext as _
from typing import Final

from client.core import events
from client.core.lines import Style, Token, ViewOptions, nick, sentence, word
from client.core.spec import N_
from irc.names import fold

Tokens = tuple[Token, ...]

_ALWAYS: Final = "beIkqaohv"  # have an argument, set or not
_WHEN_SET: Final = "lS"

# What somebody did, and what is so now when nobody did it. %(what)s is the argument.
_SENTENCES: Final = {
    "+o": (
        N_("%(nick)s made %(what)s an operator"),
        N_("%(what)s is an operator now"),
    ),
    "-o": (
        N_("%(nick)s took the operator's rights from %(what)s"),
        N_("%(what)s is no operator any more"),
    ),
    "+v": (N_("%(nick)s gave %(what)s a voice"), N_("%(what)s has a voice now")),
    "-v": (
        N_("%(nick)s took the voice from %(what)s"),
        N_("%(what)s has no voice any more"),
    ),
    "+q": (
        N_("%(nick)s handed the room over to %(what)s, who is its founder now"),
        N_("%(what)s is the founder: the room is theirs"),
    ),
    "-q": (
        N_("%(what)s is not the founder any more (%(nick)s)"),
        N_("%(what)s is not the founder any more"),
    ),
    "+b": (N_("%(nick)s banned %(what)s"), N_("%(what)s is banned")),
    "-b": (
        N_("%(nick)s lifted the ban of %(what)s"),
        N_("%(what)s is not banned any more"),
    ),
    "+m": (
        N_("%(nick)s lets only people with a voice speak"),
        N_("only people with a voice may speak"),
    ),
    "-m": (N_("%(nick)s lets everybody speak"), N_("everybody may speak")),
    "+i": (
        N_("%(nick)s closed the room: only invited people come in"),
        N_("only invited people come in"),
    ),
    "-i": (
        N_("%(nick)s opened the room: nobody needs an invitation"),
        N_("nobody needs an invitation"),
    ),
    "+k": (
        N_("%(nick)s set a key, which one needs to come in: %(what)s"),
        N_("one needs a key to come in: %(what)s"),
    ),
    "-k": (N_("%(nick)s removed the key"), N_("no key is needed")),
    "+l": (
        N_("%(nick)s lets at most %(what)s people in"),
        N_("at most %(what)s people come in"),
    ),
    "-l": (N_("%(nick)s lets in any number of people"), N_("any number of people come in")),
    "+S": (
        N_("%(nick)s turned on slow mode: one message each in %(what)s s"),
        N_("slow mode: one message each in %(what)s s"),
    ),
    "-S": (N_("%(nick)s turned off slow mode"), N_("slow mode is off")),
    "+t": (
        N_("%(nick)s lets only operators set the topic"),
        N_("only operators set the topic"),
    ),
    "-t": (N_("%(nick)s lets everybody set the topic"), N_("everybody may set the topic")),
    "+s": (
        N_("%(nick)s hid the room from people outside"),
        N_("the room is hidden from people outside"),
    ),
    "-s": (
        N_("%(nick)s lets people outside see the room"),
        N_("people outside see the room"),
    ),
    "+n": (N_("%(nick)s lets only members speak"), N_("only members may speak")),
    "-n": (
        N_("%(nick)s lets people outside speak into the room"),
        N_("people outside may speak into the room"),
    ),
    "+U": (
        N_("%(nick)s lets the muted turn to the operators"),
        N_("the muted may turn to the operators"),
    ),
    "-U": (
        N_("%(nick)s lets the muted turn to nobody"),
        N_("the muted may turn to nobody"),
    ),
    "+e": (N_("%(nick)s excepted %(what)s from bans"), N_("no ban holds for %(what)s")),
    "-e": (
        N_("%(nick)s excepts %(what)s from bans no more"),
        N_("bans hold for %(what)s again"),
    ),
    "+I": (
        N_("%(nick)s lets %(what)s in without an invitation"),
        N_("%(what)s needs no invitation"),
    ),
    "-I": (
        N_("%(nick)s lets %(what)s in with an invitation only"),
        N_("%(what)s needs an invitation again"),
    ),
}
_MUTE: Final = {
    "+": (N_("%(nick)s muted %(what)s"), N_("%(what)s is muted")),
    "-": (N_("%(nick)s lets %(what)s speak again"), N_("%(what)s may speak again")),
}
_OWN: Final = {
    "+o": N_("you are an operator of the server now"),
    "-o": N_("you are no operator of the server any more"),
    "+i": N_("you are not shown to people who share no room with you"),
    "-i": N_("you are shown to everybody"),
    "+w": N_("you hear what the operators say to all"),
    "-w": N_("you do not hear any more what the operators say to all"),
    "+B": N_("you are marked as a bot"),
    "-B": N_("you are not marked as a bot any more"),
}
_MUTE_PREFIX: Final = "~m:"
_ACCOUNT_PREFIX: Final = "~a:"


@dataclass(frozen=True, slots=True)
class Change:
    """One letter with its sign and its argument."""

    sign: str
    letter: str
    argument: str


def mode_changed(options: ViewOptions, event: events.ModeChanged) -> list[Tokens]:
    """What changed, a sentence for each; or what the modes are."""
    changes = _read_changes(event)
    if not event.by:
        return _what_is_set(options, event, changes or [])
    if changes is None:
        return [_letters(options, event, event.by, event.modes, event.arguments)]
    told, unknown = [], []
    for change in _without_consequences(changes, event.by):
        known = _tell(options, event, change)
        if known:
            told.append(known)
        else:
            unknown.append(change)
    if unknown:
        modes = "".join(change.sign + change.letter for change in unknown)
        arguments = tuple(change.argument for change in unknown if change.argument)
        told.append(_letters(options, event, event.by, modes, arguments))
    return told


def _read_changes(event: events.ModeChanged) -> list[Change] | None:
    """The changes one by one; None when letters and arguments do not fit each other."""
    left = list(event.arguments)
    always = _ALWAYS if event.buffer else ""  # the modes of users have none
    changes, sign = [], "+"
    for letter in event.modes:
        if letter in "+-":
            sign = letter
            continue
        argument = ""
        if letter in always or (letter in _WHEN_SET and sign == "+"):
            if not left:
                return None
            argument = left.pop(0)
        changes.append(Change(sign, letter, argument))
    return None if left else changes


def _what_is_set(
    options: ViewOptions, event: events.ModeChanged, changes: list[Change]
) -> list[Tokens]:
    """The modes as they are: letters, and below what we know of them. Ours: without letters."""
    known = [_tell(options, event, change) for change in changes]
    told = [line for line in known if line]
    if not event.buffer and changes and len(told) == len(changes):
        return told
    head = _letters(options, event, "", event.modes, event.arguments)
    return [head, *((Token("  ", Style.SYSTEM), *line) for line in told)]


def _without_consequences(changes: list[Change], by: str) -> list[Change]:
    """Who hands a room over is no founder any more, and who gets it is an operator: of course."""
    heirs = [fold(change.argument) for change in changes if (change.sign + change.letter) == "+q"]
    if not heirs:
        return changes
    implied = {("-", "q", fold(by)), *(("+", "o", heir) for heir in heirs)}
    return [
        change
        for change in changes
        if (change.sign, change.letter, fold(change.argument)) not in implied
    ]


def shown_mask(mask: str) -> str:
    """Who a mask is about, as a person would say it where it says no more than a name."""
    inner = mask.removeprefix(_MUTE_PREFIX).removeprefix(_ACCOUNT_PREFIX)
    name = inner.removesuffix("!*@*")
    return inner if any(char in name for char in "!@*?") else name


def is_mute(mask: str) -> bool:
    """Tell whether a mask in the list of bans is about speaking only."""
    return mask.startswith(_MUTE_PREFIX)


def _tell(options: ViewOptions, event: events.ModeChanged, change: Change) -> Tokens:
    if not event.buffer:
        own = _OWN.get(change.sign + change.letter)
        return sentence(_(own)) if own else ()
    is_list = change.letter in "beI"
    pair = _SENTENCES.get(change.sign + change.letter)
    if change.letter == "b" and is_mute(change.argument):
        pair = _MUTE[change.sign]
    if pair is None:
        return ()
    if is_list:
        what = word(options, shown_mask(change.argument), Style.NICK)
    elif change.letter in "qov":
        what = nick(options, change.argument)
    else:
        what = word(options, change.argument, Style.SYSTEM)
    done, so = pair
    by = nick(options, event.by)
    is_done = event.by != "" and "." not in event.by
    return sentence(_(done) if is_done else _(so), nick=by, what=what)


def _letters(
    options: ViewOptions,
    event: events.ModeChanged,
    by: str,
    modes: str,
    arguments: tuple[str, ...],
) -> Tokens:
    target = word(options, event.target, Style.WINDOW)
    shown = word(options, " ".join((modes, *arguments)), Style.SYSTEM)
    if not by:
        return sentence(_("modes of %(target)s: %(modes)s"), target=target, modes=shown)
    template = _("%(nick)s set modes of %(target)s: %(modes)s")
    return sentence(template, nick=nick(options, by), target=target, modes=shown)
