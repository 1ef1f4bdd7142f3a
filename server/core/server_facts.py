"""What has happened to the server as a whole, past tense. Part of `facts`, where to import from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActNoted:
    """Somebody used power over others: for whoever asks later who it was.

    `what` is one word in capitals, as a rule the command. `room` and `target` are as shown, "" for
    none. Never a key, never a password. `actor_account` is "" for a guest.
    """

    at_ms: int
    actor_nick: str
    actor_account: str
    what: str
    room: str
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddressBanned:
    """Nobody from this address or network may be here until then; 0 for ever.

    `network` is as `addresses.format_network` writes it. A ban of the same one is replaced.
    """

    network: str
    reason: str
    setter: str
    at_ms: int
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class AddressUnbanned:
    network: str
