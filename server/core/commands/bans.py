"""DLINE, UNDLINE: nobody from this address or network. Bans of rooms are modes, not here.

Theory of operation. A ban is a promised fact: it is durable before anybody hears of it, and it is
there after a restart. That it begins is an event of its own behind the commit (`BanBegan`), because
sessions that were ended could not be brought back if the ban could not be kept. One with an end is
taken off by the clock (clock.py). Who connects from there is told why, and closed.

Only operators of the server get here, and only they are ever told an address.
"""

from __future__ import annotations

from irc import numerics
from irc.message import Message
from server.core import addresses
from server.core.commands.leaving import end_session, in_turns
from server.core.commands.rooms import clip
from server.core.durations import format_duration, parse_duration
from server.core.effects import Afterwards, SendText
from server.core.events import BanBegan, Dialect, Stamp
from server.core.facts import AddressBanned, AddressUnbanned
from server.core.turn import Batch, Refusal, Turn
from server.core.world import AddressBan, Session, World

WIDTHS = " and ".join(f"/{length}" for length in addresses.PREFIX_MIN.values())


def dline(turn: Turn, message: Message) -> None:
    """DLINE [<duration>] <address, network or nick> [<reason>]"""
    params = list(message.params)
    duration_ms = parse_duration(params[0])
    if duration_ms:
        del params[0]
    if not params:
        raise Refusal(numerics.ERR_NEEDMOREPARAMS, "DLINE", "Not enough parameters")
    network = _network_to_ban(turn, params[0])
    text = addresses.format_network(network)
    settings, world = turn.world.settings, turn.world
    if len(world.address_bans) >= settings.address_bans_max and not _is_banned(world, text):
        raise _refusal("DLINE", "The list of banned addresses is full")
    reason = clip(params[1] if len(params) > 1 else "", settings.kick_bytes_max)
    at_ms = turn.stamp.at_ms
    until_ms = at_ms + duration_ms if duration_ms else 0
    turn.record(AddressBanned(text, reason, turn.user.nick, at_ms, until_ms))
    turn.act("DLINE", text, reason=reason)
    turn.effect(Afterwards(BanBegan(text)))
    ends = f"for {format_duration(duration_ms)}" if duration_ms else "until somebody takes it back"
    turn.reply_plain("NOTICE", turn.name, f"{text} is banned {ends}")


def undline(turn: Turn, message: Message) -> None:
    """UNDLINE <address or network>"""
    network = addresses.parse_network(message.params[0])
    text = "" if network is None else addresses.format_network(network)
    if not text or not _is_banned(turn.world, text):
        raise _refusal("UNDLINE", f"There is no ban of {message.params[0]}; STATS d shows all")
    turn.record(AddressUnbanned(text))
    turn.act("UNDLINE", text)
    turn.reply_plain("NOTICE", turn.name, f"{text} is no longer banned")


def _is_banned(world: World, text: str) -> bool:
    return addresses.key_of(text) in world.address_bans


def _network_to_ban(turn: Turn, target: str) -> addresses.Network:
    """What to ban, by what the operator said.

    Raises:
        Refusal: 401, it is nothing known; 400, it would hit too many, or who asks for it.
    """
    network = addresses.parse_network(target)
    is_one = network is not None and "/" not in target
    if network is None:
        user = turn.world.find_user(target)
        if user is None:
            raise Refusal(numerics.ERR_NOSUCHNICK, target, "No such nick or address")
        address = next(iter(user.sessions.values())).address
        network = addresses.network_of_person(address)
        assert network is not None, "a session without an address"
    if addresses.is_too_wide(network):
        text = f"That is more of the Internet than one ban may cover: at least {WIDTHS}"
        raise _refusal("DLINE", text)
    if addresses.is_loopback(network) and not is_one:
        text = "That is this machine itself; to ban it all the same, say the address alone"
        raise _refusal("DLINE", text)
    key = addresses.key_of(addresses.format_network(network))
    for session in turn.user.sessions.values():
        if addresses.is_in(session.address, key):
            raise _refusal("DLINE", "You are connected from there yourself")
    return network


def _refusal(command: str, sentence: str) -> Refusal:
    return Refusal(numerics.ERR_UNKNOWNERROR, command, sentence)


# What a ban does.


def began(world: World, event: BanBegan, stamp: Stamp) -> Batch:
    """End every session from there, unless the ban is gone again already."""
    key = addresses.key_of(event.network)
    ban = world.address_bans.get(key)
    if ban is None:
        return Batch((), ())
    sentence = _sentence(ban)
    sessions = [each.id for each in world.sessions.values() if addresses.is_in(each.address, key)]
    return in_turns(world, sessions, stamp, lambda turn: end_session(turn, turn.session, sentence))


def refuse_banned(turn: Turn, session: Session) -> bool:
    """Tell a connection that its address is banned, and close it; whether that was so."""
    ban = addresses.find(turn.world.address_bans, session.address)
    if ban is None or 0 < ban.until_ms <= turn.stamp.at_ms:
        return False
    if session.dialect is Dialect.SIMPLE:
        turn.effect(SendText(session.id, "ERR banned"))
    else:
        turn.reply(numerics.ERR_YOUREBANNEDCREEP, _sentence(ban))
    end_session(turn, session, _sentence(ban))
    return True


def _sentence(ban: AddressBan) -> str:
    return (
        f"You are banned from this server: {ban.reason}"
        if ban.reason
        else ("You are banned from this server")
    )


def ended(turn: Turn, at_ms: int, name: tuple[str, ...]) -> None:
    """A ban's time has come. It may have been taken off, or begun anew, since."""
    ban = turn.world.address_bans.get(addresses.key_of(name[0]))
    if ban is not None and ban.until_ms == at_ms:
        turn.record(AddressUnbanned(name[0]))
