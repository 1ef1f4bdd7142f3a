"""CAP: which extensions a client understands.

Sources: IRCv3 capability-negotiation (version 302), sasl-3.2 for the value of `sasl`.
"""

from __future__ import annotations

from irc import caps, numerics
from irc.caps import CAP_BITS
from irc.framing import BODY_BYTES_MAX
from irc.message import Message, split_text
from server.core.commands import offer
from server.core.commands.metadata_news import unsubscribe
from server.core.commands.offer import VERSION
from server.core.commands.presence import change_login, try_register
from server.core.effects import SetProfile
from server.core.facts import CapsChanged
from server.core.render import profile_of
from server.core.turn import Refusal, Turn


def cap(turn: Turn, message: Message) -> None:
    """CAP LS [<version>] | LIST | REQ :<capabilities> | END"""
    rest = message.params[1] if len(message.params) > 1 else ""
    match message.params[0].upper():
        case "LS":
            _list_offered(turn, rest)
        case "LIST":
            _list_enabled(turn)
        case "REQ":
            _request(turn, rest)
        case "END":
            _end(turn)
        case other:
            raise Refusal(numerics.ERR_INVALIDCAPCMD, other[:20], "Invalid CAP command")


def _list_offered(turn: Turn, version_text: str) -> None:
    _hold_registration(turn)
    is_number = version_text.isascii() and version_text.isdigit()
    asked = int(version_text) if is_number and len(version_text) < 10 else 0
    version = VERSION if asked >= VERSION else VERSION - 1
    if version > turn.session.login.cap_version:
        change_login(turn, cap_version=version)
    if version == VERSION:
        _set_caps(turn, turn.session.caps | caps.CAP_NOTIFY)
        entries = list(offer.entries(turn.world.settings, turn.session).values())
    else:
        entries = list(offer.offered(turn.world.settings))
    _reply_list(turn, "LS", entries, is_302=version == VERSION)


def _list_enabled(turn: Turn) -> None:
    entries = [name for name, bit in CAP_BITS.items() if turn.session.has(bit)]
    _reply_list(turn, "LIST", entries, is_302=turn.session.login.cap_version == VERSION)


def _reply_list(turn: Turn, subcommand: str, entries: list[str], *, is_302: bool) -> None:
    if not is_302:
        # Such a client does not know that a list may have more lines. If they do not fit into one,
        # it goes without the last of the drafts, which are nothing for old clients.
        in_order = sorted(entries, key=lambda name: "/" in name)
        fitting = set(caps.format_ls(in_order, _bytes_left(turn, subcommand))[0].split(" "))
        told = " ".join(name for name in entries if name in fitting)
        turn.reply_plain("CAP", turn.name, subcommand, told)
        return
    *before, last = caps.format_ls(entries, offer.LIST_BYTES_MAX)
    for line in before:
        turn.reply_plain("CAP", turn.name, subcommand, "*", line)
    turn.reply_plain("CAP", turn.name, subcommand, last)


def _bytes_left(turn: Turn, subcommand: str) -> int:
    """How many bytes of capabilities go into one line of an answer."""
    head = f":{turn.world.settings.server_name} CAP {turn.name} {subcommand} :\r\n"
    return BODY_BYTES_MAX - len(head.encode())


def _request(turn: Turn, text: str) -> None:
    """All of it or none of it, in the order in which it was said."""
    _hold_registration(turn)
    wanted = turn.session.caps
    asked = dict(caps.parse_request(text))
    bits = offer.offered(turn.world.settings)
    for name, on in asked.items():
        # Who negotiates as of 302 has cap-notify, and may not be without it.
        is_locked = name == "cap-notify" and not on and turn.session.login.cap_version == VERSION
        if name not in bits or is_locked:
            refused = split_text(text, offer.LIST_BYTES_MAX)[0]
            turn.reply_plain("CAP", turn.name, "NAK", refused)
            return
        wanted = wanted | bits[name] if on else wanted & ~bits[name]
    accepted = [name if on else f"-{name}" for name, on in asked.items()]
    for line in caps.format_ls(accepted, _bytes_left(turn, "ACK")):
        turn.reply_plain("CAP", turn.name, "ACK", line)
    _set_caps(turn, wanted)


def _set_caps(turn: Turn, wanted: int) -> None:
    """The new profile follows the reply, which still looks as before."""
    if wanted != turn.session.caps:
        if not wanted & caps.METADATA_2:
            unsubscribe(turn, turn.session.subscriptions)
        turn.record(CapsChanged(turn.session.id, wanted))
        turn.effect_after_replies(SetProfile(turn.session.id, profile_of(wanted)))


def _hold_registration(turn: Turn) -> None:
    if turn.session.user is None and not turn.session.login.negotiating:
        change_login(turn, negotiating=True)


def _end(turn: Turn) -> None:
    if turn.session.user is None:
        change_login(turn, negotiating=False)
        try_register(turn)
