"""What CAP LS offers: the capabilities of this server with their values, as the settings have it,
and who is told when that changes.

Sources: IRCv3 capability-negotiation ("cap-notify", "CAP NEW", "CAP DEL"), sts, sasl-3.2.
"""

from __future__ import annotations

from irc import caps
from irc.caps import CAP_BITS
from server.core.effects import SetProfile
from server.core.events import Stamp
from server.core.facts import CapsChanged
from server.core.render import profile_of
from server.core.settings import Settings
from server.core.turn import Batch, Turn
from server.core.world import Session, World

VERSION = 302
"""From this version of CAP LS on a client understands values, and lists of several lines."""

LIST_BYTES_MAX = 300
"""Of the capabilities in one line: the longest nick and server name fit beside them."""

DAY_S = 86_400

REGISTRATION = "draft/account-registration"
"""Its value: people may register before they are connected, and under another name than their
nick."""

OF_HISTORY = frozenset(
    {
        "draft/chathistory",
        "draft/event-playback",
        "draft/message-redaction",
        "draft/read-marker",
        "soju.im/search",
        "tlschat/once",
    }
)
"""What only a server that keeps messages can offer."""


def offered(settings: Settings) -> dict[str, int]:
    """The capabilities that may be requested, by name, each with its bit."""
    missing: frozenset[str] = frozenset()
    if not settings.history_keep:
        missing |= OF_HISTORY
    if settings.registration == "closed":
        missing |= {REGISTRATION}
    return {name: bit for name, bit in CAP_BITS.items() if name not in missing}


def mechanisms(session: Session) -> str:
    """What a session may log in with: a certificate only where it has shown one."""
    return "PLAIN,EXTERNAL" if session.certificate else "PLAIN"


def values(settings: Settings) -> dict[str, str]:
    """The values of those that have one."""
    size, lines = settings.multiline_bytes_max, settings.multiline_lines_max
    metadata = (
        f"max-subs={settings.metadata_subscriptions_max}",
        f"max-keys={settings.metadata_keys_max}",
        f"max-value-bytes={settings.metadata_value_bytes_max}",
    )
    return {
        "draft/metadata-2": ",".join(metadata),
        "draft/multiline": f"max-bytes={size},max-lines={lines}",
        REGISTRATION: "before-connect,custom-account-name",
    }


def entries(settings: Settings, session: Session) -> dict[str, str]:
    """What a session is offered, in order: each name, and how it is written for that session.

    `sts` is nothing without its value, and means nothing on a connection without TLS.
    """
    names = offered(settings)
    if session.login.cap_version < VERSION:
        return {name: name for name in names}
    written = {name: f"{name}={value}" for name, value in values(settings).items()}
    written["sasl"] = f"sasl={mechanisms(session)}"
    found = {name: written.get(name, name) for name in names}
    if settings.sts_days >= 0 and session.secure:
        found["sts"] = f"sts=duration={settings.sts_days * DAY_S}"
    return dict(sorted(found.items()))


def tell_changes(world: World, before: Settings, stamp: Stamp) -> list[Batch]:
    """Tell those with cap-notify what is offered now and what is no more, and take that away.

    `sts` is never taken away: only a duration of 0 ends it (sts, "The duration key").
    """
    now = world.settings
    if _what_is_offered(before) == _what_is_offered(now):
        return []  # as a rule: only accounts have changed, and there may be 10,000 sessions
    lost = 0
    for name in offered(before).keys() - offered(now).keys():
        lost |= CAP_BITS[name]
    batches = []
    for session in world.sessions.values():
        old, new = entries(before, session), entries(now, session)
        if old == new:
            continue
        turn = Turn(world, session, stamp)
        if session.has(caps.CAP_NOTIFY):
            _tell(turn, "DEL", [name for name in old if name not in new and name != "sts"])
            _tell(turn, "NEW", [entry for name, entry in new.items() if old.get(name) != entry])
        if session.caps & lost:
            kept = session.caps & ~lost
            turn.record(CapsChanged(session.id, kept))
            turn.effect_after_replies(SetProfile(session.id, profile_of(kept)))
        batches.append(turn.finish())
    return batches


def _what_is_offered(settings: Settings) -> tuple[object, ...]:
    """Everything that `entries` knows of the settings."""
    return offered(settings), values(settings), settings.sts_days


def _tell(turn: Turn, subcommand: str, found: list[str]) -> None:
    if found:
        for line in caps.format_ls(found, LIST_BYTES_MAX):
            turn.reply_plain("CAP", turn.name, subcommand, line)
