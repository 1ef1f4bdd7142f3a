"""A colour for every nick, the same one everywhere and every day. Pure."""

from irc.names import nick_key

# FNV-1a, 32 bits: small, spreads short strings well, and unlike hash() the same in every run.
_FNV_OFFSET = 0x811C9DC5
_FNV_PRIME = 0x01000193


def colour_index(nick: str, count: int) -> int:
    """Which of `count` colours `nick` has, from 0; the same however its case is written."""
    value = _FNV_OFFSET
    for octet in nick_key(nick).encode("utf-8", "surrogatepass"):
        value = ((value ^ octet) * _FNV_PRIME) & 0xFFFFFFFF
    return value % count
