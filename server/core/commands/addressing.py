"""To how many people somebody may turn in a minute: whoever writes to many strangers is a nuisance.

Called by messages.py for what is said to one person. Who counts is an account, however often it
leaves and comes back, or the guests of one address. Source: the field's "target change" limit, with
its numeric 439 (ircu, UnrealIRCd); Modern IRC has none.
"""

from __future__ import annotations

from irc import numerics
from irc.names import NickKey, nick_key
from server.core.facts import Addressed
from server.core.turn import Refusal, Turn
from server.core.world import User, World, addressee_key, sender_key

WINDOW_MS = 60_000


def take_target(turn: Turn, target: str, peer: User | None) -> None:
    """See that the asker may turn to this person now, and count it if they are new.

    Not counted is oneself, whoever wrote first, and whoever is in a room with the asker; the
    default rooms are no such rooms, because everybody is in them. `peer` is None for the account
    `target` of somebody who is not here.

    Raises:
        Refusal: These were too many different people.
    """
    world, user, at_ms = turn.world, turn.user, turn.stamp.at_ms
    key = nick_key(target) if peer is None else addressee_key(peer)
    since_ms = at_ms - WINDOW_MS
    recent = world.addressed.get(sender_key(user), {})
    if recent.get(key, 0) > since_ms or _is_free(world, user, peer, key):
        return
    times = [each for each in recent.values() if each > since_ms]
    if len(times) >= world.settings.new_targets_per_minute_max:
        wait_s = -((since_ms - times[0]) // 1000)
        text = f"Message target change too fast. Please wait {wait_s} seconds."
        raise Refusal(numerics.ERR_TARGETTOOFAST, target, text)
    turn.record(Addressed(user.id, key, None if peer is None else peer.id, at_ms, since_ms))


def _is_free(world: World, user: User, peer: User | None, key: NickKey) -> bool:
    if user.is_operator or key in user.heard_from:
        return True
    if peer is None:
        return key == nick_key(user.account)
    return peer.id == user.id or any(
        room in peer.rooms and not world.is_default_room(room) for room in user.rooms
    )
