"""RPL_ISUPPORT: what a client may rely on. Made from the settings, so that it is always exact.

Source: Modern IRC, "RPL_ISUPPORT Parameters". CASEMAPPING says `ascii`, the nearest name there is:
names beyond ASCII fold as well (irc/names.py), but the server always writes a name in its one
spelling, so no client has to know. `rfc7613` was refused, because clients that do not know it fall
back to rfc1459, which is wrong for ASCII names already.
"""

from __future__ import annotations

from irc.framing import BODY_BYTES_MAX
from irc.message import PARAMS_MAX
from server.core.listing import ELIST
from server.core.masks import ACCOUNT_TYPE, EXTENDED_PREFIX, EXTENDED_TYPES
from server.core.modes import BOT_MODE, CHANMODES, LIST_MODES, PREFIXES
from server.core.settings import Settings

TOKENS_PER_LINE_MAX = PARAMS_MAX - 2
"""Two are the nick and the text."""
MODES_PER_LINE_MAX = PARAMS_MAX - 2
"""With a parameter each; two are the room and the letters."""


def tokens(settings: Settings) -> list[str]:
    """Each promise as `NAME` or `NAME=VALUE`, by the alphabet, then those of history."""
    targets = settings.targets_max
    letters, signs = "".join(PREFIXES), "".join(PREFIXES.values())
    several = ("KICK", "NAMES", "NOTICE", "PRIVMSG", "TAGMSG", "WHOIS", "WHOWAS")
    unbounded = ("JOIN:", "LIST:", "MONITOR:", "PART:")
    history = [f"CHATHISTORY={settings.history_page_max}", "MSGREFTYPES=msgid,timestamp"]
    return [
        f"ACCOUNTEXTBAN={ACCOUNT_TYPE}",
        f"AWAYLEN={settings.away_bytes_max}",
        f"BOT={BOT_MODE}",
        "CASEMAPPING=ascii",
        f"CHANLIMIT=#:{settings.rooms_per_user_max}",
        f"CHANMODES={CHANMODES}",
        f"CHANNELLEN={settings.room_name_bytes_max}",
        "CHANTYPES=#",
        f"ELIST={ELIST}",
        "EXCEPTS=e",
        f"EXTBAN={EXTENDED_PREFIX},{EXTENDED_TYPES}",
        "INVEX=I",
        f"KICKLEN={settings.kick_bytes_max}",
        f"LINELEN={BODY_BYTES_MAX}",
        f"MAXLIST={LIST_MODES}:{settings.masks_per_room_max}",
        f"MAXTARGETS={targets}",
        f"MODES={MODES_PER_LINE_MAX}",
        f"MONITOR={settings.monitored_nicks_max}",
        f"NAMELEN={settings.realname_chars_max}",
        f"NETWORK={_escape(settings.network)}",
        f"NICKLEN={settings.nick_chars_max}",
        f"PREFIX=({letters}){signs}",
        "SAFELIST",
        f"STATUSMSG={signs}",
        "TARGMAX=" + ",".join([*(f"{name}:{targets}" for name in several), "KILL:1", *unbounded]),
        f"TOPICLEN={settings.topic_bytes_max}",
        f"USERLEN={settings.user_chars_max}",
        "UTF8ONLY",
        "WHOX",
        *(history if settings.history_keep else ()),
        *(["draft/ACCOUNTREQUIRED"] if settings.accounts_required else ()),
    ]


def lines(settings: Settings) -> list[tuple[str, ...]]:
    """The tokens as they fill lines."""
    return _fill(tokens(settings))


def changes(before: Settings, now: Settings) -> list[tuple[str, ...]]:
    """What other settings change, as it fills lines: new and other tokens, `-NAME` for lost ones.

    Source: Modern IRC, "RPL_ISUPPORT (005)".
    """
    old, new = tokens(before), tokens(now)
    names = {token.partition("=")[0] for token in new}
    lost = [name for token in old if (name := token.partition("=")[0]) not in names]
    return _fill([token for token in new if token not in old] + [f"-{name}" for name in lost])


def _fill(everything: list[str]) -> list[tuple[str, ...]]:
    return [
        tuple(everything[start : start + TOKENS_PER_LINE_MAX])
        for start in range(0, len(everything), TOKENS_PER_LINE_MAX)
    ]


def _escape(value: str) -> str:
    for char in "\\ =":
        value = value.replace(char, f"\\x{ord(char):02X}")
    return value
